"""Search after an upgrade: words in order, the whole of long statements, and kinds."""

import sqlalchemy as sa
from alembic import command

from app.kernel.db import WRITING
from app.kernel.migrations import configuration, migrate
from tests.migrations.catalog import opened

LONG = "01890000-0000-7000-8000-000000000001"
SHORT = "01890000-0000-7000-8000-000000000002"


def test_entries_are_searched_as_if_they_had_been_written_since(blank_url: str) -> None:
    statement = "so " * 300 + "the walrus"
    with opened(blank_url) as engine:
        with engine.connect() as plain:
            connection = plain.execution_options(**{WRITING: True})
            with connection.begin():
                command.upgrade(configuration(connection), "0001")
                tables = sa.MetaData()
                tables.reflect(connection, only=["claims", "search_entries"])
                claims, entries = tables.tables["claims"], tables.tables["search_entries"]
                at = sa.text("'2023-01-01 00:00:00'")
                stamped = dict.fromkeys(("created_at", "recorded_at", "effective_at"), at)
                said = {"version": 1, "tlp": "CLEAR", "created_by": "x", "recorded_by": "x",
                        "modality": "asserted", "credibility": 6}  # fmt: skip
                lists = dict.fromkeys(("carriers", "about", "relations"), sa.text("'[]'"))
                words = {LONG: ("so so", "'so':1,2"),
                         SHORT: ("seal so seal", "'seal':1,3 'so':2")}  # fmt: skip
                for claim, text in ((LONG, statement), (SHORT, "Seal so seal")):
                    row = {"id": claim, "statement": text, **said, **stamped, **lists}
                    connection.execute(sa.insert(claims).values(**row))
                    kept = words[claim][engine.dialect.name == "postgresql"]
                    entry = {"record": claim, "kind": "claims", "tlp": "CLEAR", "title": text[:500],
                             "body": "", "words": kept, "recorded_at": at}  # fmt: skip
                    connection.execute(sa.insert(entries).values(**entry))
        migrate(engine)
        with engine.connect() as connection:
            asked = "SELECT words, body FROM search_entries ORDER BY record"
            (long, body), (short, nothing) = connection.exec_driver_sql(asked).all()
    assert (short, nothing) == ("\N{PILCROW SIGN}claims seal so seal", "")
    assert long == f"\N{PILCROW SIGN}claims {statement}"
    assert body == statement
