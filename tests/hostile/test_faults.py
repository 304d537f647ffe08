"""Whatever statement of a write fails, nothing of it is left; a lost answer is found again."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from app.dataset import loader
from app.kernel.db import Database
from tests.helpers import Body
from tests.hostile.bodies import valid_bodies, valid_patch
from tests.hostile.wire import Wire
from tests.hostile.world import ASKING, World, contents, operations

PROBLEM = "application/problem+json"
SHOWN_ONCE = {"create_webhook", "rotate_webhook"}
"""What answers a secret, which isn't kept with the answer."""
MOST = 200
"""More statements than any one write has."""


class Trouble:
    """Makes the n-th event from now on fail; of statements that only read, `reads` count as one."""

    def __init__(self) -> None:
        self.left = 0
        self.reads = 1
        self.read = 0

    def after(self, number: int, reads: int = 1) -> None:
        """Let the event of a number fail, counted from now on."""
        self.left, self.reads, self.read = number, reads, 0

    def __call__(self, *event: Any) -> None:
        if self.reads > 1 and event[2].startswith(("SELECT", "WITH")):
            self.read += 1
            if self.read % self.reads:
                return
        self.left -= 1
        if self.left == 0:
            raise OperationalError("the statement", {}, Exception("the disk is full"))


@contextmanager
def trouble_in(database: Database, event: str) -> Iterator[Trouble]:
    """Trouble with every event of a kind, once it is told which."""
    trouble = Trouble()
    sa.event.listen(database.engine, event, trouble)
    try:
        yield trouble
    finally:
        sa.event.remove(database.engine, event, trouble)


def writes(document: Body, world: World) -> Iterator[tuple[str, str, str, Body]]:
    """Every write there is: makings, changes, merges, withdrawals, deletions, then redactions."""
    bodies = valid_bodies(world)
    apart = {"slug", "ref", "affiliations", "relations", "derived_from", "part_of", "caused_by"}
    found: dict[str, list[tuple[str, str, str, Body]]] = {}
    for path, method, operation in operations(document, "post", "patch", "delete"):
        name = operation["operationId"]
        if name in ASKING:
            continue
        body = bodies.get(name, {})
        if method == "patch":
            said = valid_patch(name, bodies)
            body = {key: value for key, value in said.items() if key not in apart}
        elif name == "create_consequence":
            body = {**body, "ref": "K10"}
        turn = name.split("_")[0] if name.startswith(("merge", "redact")) else method
        if turn == "redact":
            body = {"reason": "By order."}
        # What stands under others goes before them.
        last = name in {"delete_alliance", "delete_consequence", "delete_actor", "delete_source"}
        found.setdefault(f"{turn} {last}", []).append((name, method, world.path(path, name), body))
    for turn in (
        "post False",
        "patch False",
        "delete False",
        "merge False",
        "delete True",
        "redact False",
    ):
        yield from found[turn]


def test_a_write_that_fails_anywhere_leaves_nothing(
    wire: Wire, world: World, document: Body, database: Database
) -> None:
    """At every statement that writes and every fourth that reads; on PostgreSQL at a third of them.

    What has only read has nothing to leave, whichever of its reads fails. All kinds of records are
    merged and redacted by the same statements: of those a third fails, others for each kind.
    """
    tried = 0
    least = 3 if database.is_postgres else 1
    with trouble_in(database, "before_cursor_execute") as trouble:
        for turn, (name, method, path, body) in enumerate(writes(document, world)):
            if name in {"delete_actor", "delete_source"}:
                continue  # merged by now
            before = contents(database)
            key = {"idempotency_key": name} if method == "post" else {}
            step = 3 * least if name.startswith(("merge", "redact")) else least
            for number in range(1 + turn % step, MOST, step):
                trouble.after(number, reads=4)
                answer = wire.say(method, path, body, **key)
                if trouble.left > 0:
                    break
                tried += 1
                assert answer.status == 503, (name, number, answer.text)
                assert answer.media == PROBLEM
                assert "retry-after" in answer.headers
            trouble.left = 0
            assert answer.status in {200, 201, 204}, (name, answer.text)
            after = contents(database)
            assert after != before, name
            if method == "post":
                # The last of them was answered, and only it had an effect.
                again = wire.say(method, path, body, **key)
                assert again.status == 201, name
                if name in SHOWN_ONCE:
                    assert again.json() == {**answer.json(), "secret": None}
                else:
                    assert again.body == answer.body, name
                assert again.headers["idempotent-replayed"] == "true"
                assert contents(database) == after, name
    assert tried > 300 / least


def test_a_failed_write_leaves_nothing_at_any_statement(
    wire: Wire, world: World, database: Database
) -> None:
    """The same for the write with most effects, and compared after each statement."""
    path = f"/v1/consequences/{world.ids['consequence']}/ratings"
    body = {"assessor": world.ids["assessor"], "probability": 0.7, "rationale": "New."}
    before = contents(database)
    with trouble_in(database, "before_cursor_execute") as trouble:
        for number in range(1, MOST):
            trouble.left = number
            answer = wire.say("POST", path, body, idempotency_key="one")
            if trouble.left > 0:
                break
            trouble.left = 0
            assert contents(database) == before, number
    assert answer.status == 201
    assert number > 12
    assert {name for name, rows in contents(database).items() if rows != before[name]} == {
        "audit", "events", "judgements", "judgements_history", "ratings", "ratings_history",
        "search_entries", "search_entries_history", "stored_answers",
    }  # fmt: skip


def test_a_failed_commit_is_unknown_and_the_key_settles_it(
    wire: Wire, world: World, document: Body, database: Database
) -> None:
    with trouble_in(database, "commit") as trouble:
        for name, method, path, body in writes(document, world):
            if method == "post":
                before = contents(database)
                trouble.left = 1
                lost = wire.say(method, path, body, idempotency_key=name)
                assert lost.status == 503, name
                assert contents(database) == before, name
                settled = wire.say(method, path, body, idempotency_key=name)
                assert settled.status == 201, (name, settled.text)
                assert "idempotent-replayed" not in settled.headers


def test_a_commit_whose_answer_is_lost_happens_once(
    wire: Wire, world: World, document: Body, database: Database
) -> None:
    lose = False

    def committed(connection: sa.Connection) -> None:
        if lose:
            connection.connection.cursor().execute("COMMIT")
            raise OperationalError("COMMIT", {}, Exception("the line went dead"))

    sa.event.listen(database.engine, "commit", committed)
    try:
        for name, method, path, body in writes(document, world):
            if method == "post":
                lose = True
                lost = wire.say(method, path, body, idempotency_key=name)
                lose = False
                assert lost.status == 503, name
                after = contents(database)
                settled = wire.say(method, path, body, idempotency_key=name)
                assert settled.status == 201, (name, settled.text)
                assert settled.headers["idempotent-replayed"] == "true"
                assert contents(database) == after, name
    finally:
        sa.event.remove(database.engine, "commit", committed)


def test_a_read_that_fails_says_so(
    wire: Wire, world: World, document: Body, database: Database
) -> None:
    """At every statement; on PostgreSQL at a third of them, as what says so is the same code."""
    step = 3 if database.is_postgres else 1
    with trouble_in(database, "before_cursor_execute") as trouble:
        for turn, (path, _, operation) in enumerate(operations(document, "get")):
            name = operation["operationId"]
            where = world.path(path, name) + world.needed(name)
            for number in range(1 + turn % step, MOST, step):
                trouble.left = number
                answer = wire.send("GET", where)
                if trouble.left > 0:
                    break
                assert (answer.status, answer.media) == (503, PROBLEM), (name, number)
            assert answer.status == 200, (name, answer.text)


RECORDS: dict[str, list[Body]] = {
    "assessors": [{"slug": "ann", "name": "Ann"}],
    "alliances": [{"slug": "two", "name": "Two", "members": [{"actor": "A01", "role": "one"}]}],
    "actors": [{"slug": "one", "ref": "A01", "alliance": "two", "name": "One", "kind": "state"}],
    "sources": [{"slug": "press", "title": "Press", "text": "It is so."}],
    "claims": [
        {"ref": "C01", "alliance": "two", "statement": "It is so.", "modality": "asserted",
         "carriers": [{"source": "press"}]},
    ],
    "consequences": [{"ref": "K01", "alliance": "two", "title": "War", "category": "military"}],
    "evidence": [{"claim": "C01", "consequence": "K01", "bearing": "supports"}],
    "indicators": [{"ref": "W01", "consequence": "K01", "statement": "Trains", "direction": "up",
                    "threshold": "Ten a day."}],
    "readings": [{"indicator": "W01", "status": "observed", "crosses": True, "claims": ["C01"],
                  "effective_at": "2023-09-20"}],
    "outcomes": [{"consequence": "K01", "status": "open", "since": "2023-09-10"}],
    "ratings": [
        {"consequence": "K01", "assessor": "ann", "probability": 0.3, "effective_at": day}
        for day in ("2023-09-10", "2023-10-10")
    ],
    "annotations": [{"ref": "N01", "target": {"type": "claims", "id": "C01"}, "body": "A note."}],
}  # fmt: skip


@pytest.fixture
def dataset(tmp_path: Path) -> Callable[[], Path]:
    """Write a small data set."""

    def write() -> Path:
        head = {"dataset": "small", "form": "entente-dataset/1"}
        (tmp_path / "dataset.json").write_text(json.dumps(head))
        for kind, records in RECORDS.items():
            (tmp_path / f"{kind}.json").write_text(json.dumps({"records": records}))
        return tmp_path

    return write


def test_a_load_that_fails_anywhere_leaves_nothing(
    database: Database, dataset: Callable[[], Path]
) -> None:
    """At every statement; on PostgreSQL at a third of them."""
    place = dataset()
    before = contents(database)
    tried = 0
    step = 3 if database.is_postgres else 1
    with trouble_in(database, "before_cursor_execute") as trouble:
        for number in range(1, 1000, step):
            trouble.left = number
            try:
                report = loader.load(database, place)
            except OperationalError:
                tried += 1
                trouble.left = 0
                if tried % 10 == 1:
                    assert contents(database) == before, number
            else:
                break
    assert tried > 80 / step
    assert report.created == sum(map(len, RECORDS.values()))
    after = contents(database)
    assert loader.load(database, place).created == 0
    assert contents(database) == after
