"""A small set of records, one of each kind, the operations on them, and all that is stored."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from typing import Any, TypeVar

from starlette.testclient import TestClient

from app.kernel.db import Database
from app.kernel.tables import Base
from tests import helpers
from tests.hostile.values import NOBODY

T = TypeVar("T")
PARENTS = (
    "alliance", "assessment", "consequence", "indicator", "question", "round", "webhook",
)  # fmt: skip
TEXT = "They agreed on satellites. They denied shells."


@dataclass(frozen=True, slots=True)
class World:
    """Ids of one record of each kind, by noun, and of a second of some (`other_…`)."""

    ids: Mapping[str, str]

    def path(self, template: str, operation: str) -> str:
        """A path of the document with the ids of this world."""
        noun = operation.split("_", 1)[1] if "_" in operation else operation
        for ending in ("_versions", "_text", "_scores"):
            noun = noun.removesuffix(ending)
        path = template.replace("{key}", self.ids.get(noun, ""))
        for parent in PARENTS:
            path = path.replace(f"{{{parent}}}", self.ids[parent])
        return path

    def needed(self, operation: str) -> str:
        """The query that a read can't be asked without, with its `?`; empty where there is none."""
        return NEEDED.get(operation, "").format(**self.ids)


def make_world(client: TestClient, *, closed: bool = False, **marked: Any) -> World:
    """Make the records, marked as is said; in a closed store there are keys among them."""
    actor = helpers.make_actor(client, country_code="KP", aliases=["Pyongyang"], **marked)["id"]
    other_actor = helpers.make_actor(client, **marked)["id"]
    members = [{"actor": actor, "role": "supplier", "since": "2023-09-01"}]
    alliance = helpers.make_alliance(
        client, members=members, statuses=[{"status": "reported", "since": "2023-09-10"}], **marked
    )["id"]
    source = helpers.make_source(
        client, text=TEXT, published={"date": "2023", "precision": "year"}, **marked
    )
    other_source = helpers.make_source(client, derived_from=source["id"], **marked)["id"]
    claim = helpers.make_claim(
        client,
        alliance=alliance,
        ref="C01",
        carriers=[{"source": source["id"], "locator": {"start": 0, "end": 4}}],
        about=[actor],
        **marked,
    )["id"]
    other_claim = helpers.make_claim(
        client, alliance=alliance, relations=[{"kind": "denies", "claim": claim}], **marked
    )["id"]
    item = helpers.make_item(client, alliance, **marked)["id"]
    exchange = helpers.make_exchange(
        client, alliance, givers=[actor], receivers=[other_actor], item=item, **marked
    )["id"]
    made = helpers.make_consequence(client, alliance, affected=[actor], ref="K01", **marked)
    consequence = made["id"]
    other_consequence = helpers.make_consequence(client, alliance, **marked)["id"]
    causes = [{"consequence": consequence, "strength": 0.5}]
    effect = helpers.make_consequence(client, alliance, caused_by=causes, **marked)["id"]
    factor = helpers.make_factor(
        client,
        alliance,
        claims=[claim],
        bears_on=[{"type": "consequence", "id": consequence}],
        **marked,
    )["id"]
    contradiction = helpers.make_contradiction(
        client, alliance, side_a=[claim], side_b=[other_claim], **marked
    )["id"]
    evidence = helpers.make_evidence(client, consequence, claim, **marked)["id"]
    assumption = helpers.make_assumption(client, alliance, **marked)["id"]
    indicator = helpers.make_indicator(client, consequence, **marked)["id"]
    reading = helpers.make_reading(
        client, indicator, status="observed", crosses=True, claims=[claim], **marked
    )["id"]
    outcome = helpers.make_outcome(client, consequence, **marked)["id"]
    cause = helpers.make_cause(client, consequence, **marked)["id"]
    assessor = helpers.make_assessor(client, **marked)
    other_assessor = helpers.make_assessor(client, **marked)["id"]
    rating = helpers.rate(client, consequence, assessor["slug"], 0.3, impact=3, **marked)["id"]
    helpers.rate(client, effect, assessor["slug"], 0.2, **marked)
    asked = helpers.make_question(client, alliance, [claim, other_claim], ref="Q01", **marked)
    question = asked["id"]
    cells = ["I/C", "C/II"]
    evaluation = helpers.evaluate(client, asked, assessor["slug"], cells, **marked)["id"]
    rounds = _make_rounds(client, alliance, consequence, effect, **marked)
    annotation = helpers.annotate(client, "claims", claim, "A note.", **marked)["id"]
    assessment = helpers.make_edition(client, alliance, **marked)["id"]
    signing_key = helpers.read(client, "assessments/keys")["items"][0]["id"]
    matrix = helpers.make_matrix(client, **marked)["id"]
    webhook = helpers.make_webhook(client)["id"]
    delivery = helpers.make(client, f"webhooks/{webhook}/test", {})["id"]
    principal = helpers.make(client, "principals", {"slug": helpers.unique("p"), "name": "P"})["id"]
    key = NOBODY  # the first would close the store
    if closed:
        key = helpers.make(client, "keys", {"principal": principal, "name": "Key"})["id"]
    found = {name: value for name, value in locals().items() if isinstance(value, str)}
    return World({**found, **rounds, "source": source["id"], "assessor": assessor["id"]})


def _make_rounds(
    client: TestClient, alliance: str, consequence: str, effect: str, **marked: Any
) -> dict[str, str]:
    """A round that was revealed, and an open one after it with an answer of the caller's.

    By the names of the operations: `round_results` has results, `round_answer` is one's own.
    """
    first = helpers.open_round(client, alliance, [consequence, effect], **marked)["id"]
    said = helpers.answer(client, first, effect, 0.4, **marked)["id"]
    helpers.reveal(client, first)
    who = helpers.read(client, f"ratings/{said}")["assessor"]
    second = helpers.open_round(client, alliance, [consequence], after=first, **marked)["id"]
    return {
        "round": second,
        "round_results": first,
        "round_answer": helpers.answer(client, second, consequence, 0.3, **marked)["id"],
        "own_assessor": helpers.read(client, f"assessors/{who}")["id"],
    }


ASKING = {"ask_what_if"}
"""What is asked by POST, as it has a body: it answers 200 and writes nothing."""
KEYED = {"keys", "principals"}
"""The tags of operations that are tried in a closed store."""
NEEDED = {
    "search": "?q=note",
    "get_diff": "?from=2023-09-10",
    "get_edition_diff": "?against={assessment}",
}
"""What a read can't be asked without, by operation."""
CLOSING = "keys"
"""The tag of those that are tried there alone: the first key closes the store to everybody."""


def operations(
    document: Mapping[str, Any], *methods: str, closed: bool = False
) -> Iterator[tuple[str, str, Any]]:
    """(path, method, operation) of the operations of a document with these methods.

    Of an open store they are all but those on keys; of a closed one, those on who may ask.
    """
    for path, offered in document["paths"].items():
        for method, operation in offered.items():
            tags = set(operation["tags"])
            if method in methods and (tags & KEYED if closed else CLOSING not in tags):
                yield path, method, operation


def turns(database: Database, of: int = 1) -> Iterator[bool]:
    """Whether the next of many alike is tried: one of so many on SQLite, a third on PostgreSQL.

    For what is the same code on both, and what shapes refuse before a database is asked.
    """
    every = of if database.engine.name == "sqlite" else 3 * of
    return cycle([True] + [False] * (every - 1))


class Dealer:
    """Deals out what shapes refuse before a database is asked: each case to one kind of database.

    Two of three go to SQLite, the third to PostgreSQL. Of a shape that was met before every third
    value is tried, another one each time it is met again.
    """

    def __init__(self, database: Database) -> None:
        self.mine = {2} if database.is_postgres else {0, 1}
        self.met = Counter[str]()
        self.dealt = 0

    def deal(self, shape: object, values: Iterable[T]) -> Iterator[T]:
        """Those of the hostile values of a shape that this database tries."""
        before = self.met[repr(shape)]
        self.met[repr(shape)] += 1
        for number, value in enumerate(values):
            if before == 0 or (number + before) % 3 == 0:
                self.dealt += 1
                if self.dealt % 3 in self.mine:
                    yield value


@cache
def _everything() -> dict[str, str]:
    """The columns of each table, but when keys were used."""
    return {
        table.name: ", ".join(names)
        for table in Base.metadata.sorted_tables
        if (names := [f'"{c.name}"' for c in table.columns if c.name != "last_used_at"])
    }


@cache
def _as_text() -> str:
    """The statement that reads all rows at once, as PostgreSQL writes them."""
    return " UNION ALL ".join(
        f"SELECT '{name}', ROW({columns})::text FROM \"{name}\""  # noqa: S608 - our own tables
        for name, columns in _everything().items()
    )


def contents(database: Database) -> dict[str, list[str]]:
    """Everything in the store, table by table, but when keys were used.

    Rows are taken from the driver as they are stored: to make values of them takes most of the
    time, and here they are only compared.
    """
    found: dict[str, list[str]] = {name: [] for name in _everything()}
    with database.read() as session:
        cursor = session.connection().connection.cursor()
        if database.is_postgres:
            cursor.execute("SET LOCAL bytea_output = 'escape'")  # words in it can be looked for
            cursor.execute(_as_text())
            for name, row in cursor.fetchall():
                found[name].append(row)
        else:
            for name, columns in _everything().items():
                cursor.execute(f'SELECT {columns} FROM "{name}"')  # noqa: S608 - our own tables
                found[name] += map(repr, cursor.fetchall())
    return {name: sorted(rows) for name, rows in found.items()}
