"""The bulk rows of the bench are those the write path leaves; the API answers from them alike."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.bench.fill import fill
from app.bench.opinions import Opinions
from app.bench.run import Options, run
from app.bench.world import ALLIANCE, BY, COMMON, GRADE, Sizes, World
from app.kernel import db
from app.kernel.access import Principal
from app.kernel.config import Settings
from app.kernel.db import Database, Tx
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.tables import Base, Record, table_of
from app.ratings.judgements import pooled
from app.ratings.models import Rating
from tests.helpers import everything, read

SIZES = Sizes(
    claims=60, ratings=60, annotations=10, evidence=20, actors=8, sources=6, consequences=4,
    assessors=10,
)  # fmt: skip
NUMBERED = {"search_entries", "search_entries_history"}
FULL = {"audit", "events", "meta", "matrices", "markings", "signing_keys"}
"""Tables that hold something before any record is made, or tell of acts."""


@pytest.fixture
def world() -> World:
    return World(SIZES)


@pytest.fixture
def filler(settings: Settings) -> Iterator[Database]:
    """The store of the test by connections of the bench's own, which are set up for speed."""
    database = Database.of(settings)
    yield database
    database.close()


@pytest.fixture
def bench(client: TestClient, filler: Database, world: World) -> TestClient:
    """HTTP against the tiny set."""
    fill(filler, world, Opinions(world))
    return client


def content(database: Database) -> dict[str, list[str]]:
    """Every row of every table, less the order in which texts were taken into the index."""
    found: dict[str, list[str]] = {}
    with database.read() as session:
        for name in Base.metadata.tables.keys() - FULL:
            table = Base.metadata.tables[name]
            columns = [c for c in table.c if name not in NUMBERED or c.name != "number"]
            found[name] = sorted(map(repr, session.execute(sa.select(*columns)).all()))
    return found


def empty(database: Database) -> None:
    with database.write(Principal.owner(BY)) as tx:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name not in FULL:
                tx.session.execute(sa.delete(table))


def write(tx: Tx, resource: Resource, row: Mapping[str, Any]) -> None:
    """Make a record as a request would have made it."""
    said = {name: row[name] for name in resource.made_from.model_fields if name in row}
    said.pop("supersedes", None)  # found by the service
    fixed: dict[str, Any] = {}
    match resource.kind:
        case "ratings":
            said["probability"] = {name: row[name] for name in ("point", "low", "high")}
        case "outcomes" | "causes":
            said["since"] = row["effective_at"]
            fixed["consequence"] = row["consequence"]
        case "evidence":
            fixed["consequence"] = row["consequence"]
        case "annotations":
            said["target"] = {"type": row["target_type"], "id": row["target"]}
    resource.create(tx, resource.made_from.model_validate(said), row["id"], **fixed)


def test_bulk_rows_are_those_of_the_write_path(
    database: Database, filler: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    opinions = Opinions(world)
    kinds: list[tuple[type[Record], Iterable[Row]]] = [
        *world.records(),
        (Rating, opinions.ratings),
    ]
    for model, rows in kinds:
        for row in rows:
            with database.write(Principal.owner(BY)) as tx:
                tx.now = row["created_at"]
                # Who waits for others reads the clock once more.
                monkeypatch.setattr(db, "now", partial(row.get, "created_at"))
                write(tx, Resource.known[table_of(model).name], row)
    written = content(database)
    empty(database)
    fill(filler, world, opinions)
    bulk = content(database)
    for name, rows_written in written.items():
        assert bulk[name] == rows_written, name
    assert all(bulk[name] for name in ("links", "ratings_history", "judgements_history"))


def test_the_list_by_actor_and_grade_is_what_brute_force_finds(bench: TestClient) -> None:
    claims = everything(bench, "claims", limit=200)
    actor = read(bench, f"actors/{COMMON}")["id"]
    wanted = [one for one in claims if actor in one["about"] and one["credibility"] == GRADE]
    wanted.sort(key=lambda claim: (claim["effective_at"], claim["id"]), reverse=True)
    query = {"about": COMMON, "credibility": GRADE, "sort": "-effective_at", "limit": 3}
    found = everything(bench, "claims", **query)
    assert [claim["id"] for claim in found] == [claim["id"] for claim in wanted]
    assert len(wanted) > 3


def test_judgements_are_the_pools_from_scratch(bench: TestClient, world: World) -> None:
    ratings = Opinions(world).ratings
    items = read(bench, f"alliances/{ALLIANCE}/consequences", limit=200)["items"]
    assert len(items) == SIZES.consequences
    for item in items:
        judgement = item["judgement"]
        of_it = (row for row in ratings if row["consequence"] == item["id"])
        held = [row for row in of_it if row["ended_at"] is None and not row["machine"]]
        expected = pooled(held)
        assert judgement["n"] == expected["n"]
        assert judgement["probability"]["point"] == pytest.approx(expected["log_odds"])
        assert judgement["impact"] == expected["impact"]


def test_the_same_seed_makes_the_same_set(world: World) -> None:
    again = World(SIZES)
    assert Opinions(world).ratings == Opinions(again).ratings
    for (_, rows), (_, same) in zip(world.records(), again.records(), strict=True):
        assert list(rows) == list(same)


def test_a_run_measures_every_case_and_prints_growth(capfd: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []
    sizes: dict[str, Any] = {"claims": (60, 120), "ratings": 40, "annotations": 5}
    found = run(Options(**sizes, seconds=0.001, connections=2), lines.append)
    assert all(result.rate > 0 and result.bare > 0 for result in found["risk matrix"].values())
    assert set(found["risk matrix"]) == {60, 120}
    text = "\n".join(lines)
    assert "page 1000" in text
    assert "With 120 claims, as a multiple of the time with 60" in text
    # The servers write nothing among the figures.
    assert capfd.readouterr() == ("", "")
