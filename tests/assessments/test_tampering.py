"""Whatever is changed past the service is found by verifying, and elsewhere is a clear problem."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.assessments.seals import sha256
from app.kernel.db import Database
from app.kernel.tables import Base
from tests import helpers
from tests.assessments.pact import LATER, THEN, make_pact, stored, tamper, verdict, write_over
from tests.conftest import begin_with
from tests.helpers import Body, make, make_edition, read
from tests.hostile.world import turns

ROW = Base.metadata.tables["assessments"]
FAILS = {
    "statement": {"content", "record", "hash", "signature", "chain"},
    "hash": {"hash", "chain"},
    "signature": {"signature", "chain"},
    "key": {"record", "signature", "chain"},
    **{name: {"record"} for name in ("title", "note", "downgrade")},
}
"""The checks that fail where a column was changed; of the others it is the record and the chain."""
NO_DOCUMENT = (
    "", "null", "[]", "0", '""', "{}", "{", "no JSON", "[" * 60_000,
    '{"a":' * 500 + "0" + "}" * 500,
    '{"records": null}', '{"records": {"alliances": null, "consequences": 7}}', "NaN", "9" * 5000,
    '{"title": "\\ud800", "records": {}}',
)  # fmt: skip


def make_editions(client: TestClient) -> Body:
    """An alliance with three editions, of which the second is to be changed."""
    pact = make_pact(client)
    helpers.make_factor(client, pact["alliance"], kind="caveat", title="It may be otherwise")
    said: Body = {"tlp": "GREEN", "note": "A note.", "title": "The edition"}
    days = (THEN, LATER, "2024-07-01")
    made = [make_edition(client, pact["alliance"], day, **said) for day in days]
    return {**pact, "made": made, "second": made[1]}


prepared, editions = begin_with(make_editions)


@pytest.fixture
def pact(editions: Body) -> Body:
    """The alliance and its editions, and which third of the other reads is next."""
    return {**editions, "third": cycle(range(3))}


def asked(edition: Body, other: Body, alliance: str) -> list[str]:
    """Every way to read an edition, those that show it whole first."""
    every = "/v1/assessments"
    path, against = f"{every}/{edition['id']}", f"{every}/{other['id']}"
    return [
        path, f"{path}?fields=title", f"{path}/brief", f"{path}/brief?format=html&scale=phia",
        f"{path}/diff?against={other['id']}", f"{against}/diff?against={edition['id']}",
        f"{path}/verify", f"{path}/versions", f"{every}/keys", every, f"{every}?format=csv",
        f"{every}?format=ndjson&sort=-as_of", f"/v1/alliances/{alliance}/assessments?q=edition",
    ]  # fmt: skip


TABLES = {"statement": "assessments", "content": "edition_contents"}
"""Where each of the two documents of an edition is stored."""
WHOLE = 6
"""How many of them show what an edition holds."""


def some(edition: Body, pact: Body) -> list[str]:
    """The ways that show an edition whole, and a third of the others in turn."""
    paths = asked(edition, pact["made"][0], pact["alliance"])
    return [*paths[:WHOLE], *paths[WHOLE + next(pact["third"]) :: 3]]


def reads(client: TestClient, pact: Body) -> list[Body]:
    """Ask of the changed edition: nothing fails, and what holds it is refused."""
    first, second, last = pact["made"]
    answers = [client.get(path) for path in some(second, pact)]
    for answer in answers:
        assert answer.status_code < 500, (answer.url, answer.text)
    for answer in answers[:WHOLE]:
        assert answer.status_code in {404, 410}, (answer.url, answer.text)
        if answer.json()["type"].endswith("/broken"):
            assert "verify" in answer.json()["detail"]
    # Those that weren't touched are read as ever, and what changed since a broken one is left out.
    for path in ("", "/brief", f"/diff?against={last['id']}"):
        assert client.get(f"/v1/assessments/{first['id']}{path}").status_code == 200
    after = client.get(f"/v1/assessments/{last['id']}/brief")
    assert after.status_code == 200
    return [answer.json() for answer in answers[:WHOLE]]


def values(database: Database, column: sa.Column[Any], value: Any) -> Iterator[Any]:
    """Other values that a column can hold."""
    if column.name in {"id", "key", "alliance", "merged_into"}:
        return  # what is named has to be there
    if column.nullable and value is not None:
        yield None
    if column.name == "audience":
        yield from (["desk"], {}, "desk", 0, [0], [["desk"]], [None, "desk"])
    elif isinstance(column.type, sa.Integer):
        taken = 3 if column.name == "number" else 0  # by the next edition
        yield from (value + 1 + taken, value - 1 - taken, -(2**31))
    elif hasattr(column.type, "process_bind_param") and column.name.endswith(("_at", "as_of")):
        at = value or stored_time(database)
        yield from (at + timedelta(microseconds=1), at - timedelta(days=1))
    elif value is None:
        yield from ("", "x", "0" * 64)
    else:
        yield from (value.swapcase(), value[:-1], f" {value}"[: len(value)], "", value[::-1])


def stored_time(database: Database) -> Any:
    with database.read() as session:
        return session.execute(sa.select(ROW.c.known_at).limit(1)).scalar_one()


def test_every_column_is_held_against_what_was_signed(
    client: TestClient, database: Database, pact: Body
) -> None:
    edition = pact["second"]
    row = stored(database, "assessments", edition["id"])
    tried = 0
    turn = turns(database, of=3)
    for column in ROW.columns:
        for changed in values(database, column, row[column.name]):
            if changed == row[column.name]:
                continue
            tried += 1
            tamper(database, "assessments", edition["id"], {column.name: changed})
            found = verdict(client, edition)
            assert found["status"] == "broken", (column.name, changed)
            failed = {name for name, whole in found["checks"].items() if whole is False}
            assert failed <= FAILS.get(column.name, {"record", "chain"}), (column.name, failed)
            if next(turn):
                reads(client, pact)
                others = [verdict(client, one)["status"] for one in pact["made"]]
                chained = column.name not in {"title", "note", "downgrade"}
                assert others == (["broken"] * 3 if chained else ["intact", "broken", "intact"])
            tamper(database, "assessments", edition["id"], {column.name: row[column.name]})
    assert tried > 50
    assert [verdict(client, one)["status"] for one in pact["made"]] == ["intact"] * 3


def test_what_an_edition_names_is_held_against_it_too(
    client: TestClient, database: Database, pact: Body
) -> None:
    edition, other = pact["second"], make_pact(client)
    fresh = make(client, "assessments/keys", {})["id"]
    row = stored(database, "assessments", edition["id"])
    changes = {
        "alliance": other["ids"]["alliances"],
        "key": fresh,
        "merged_into": pact["made"][0]["id"],
    }
    for column, changed in changes.items():
        tamper(database, "assessments", edition["id"], {column: changed})
        assert verdict(client, edition)["status"] == "broken", column
        reads(client, pact)
        tamper(database, "assessments", edition["id"], {column: row[column]})
    assert verdict(client, edition)["status"] == "intact"
    away = "00000000-0000-7000-8000-00000000000a"
    tamper(database, "assessments", edition["id"], {"id": away})
    assert client.get(f"/v1/assessments/{edition['id']}/verify").status_code == 404
    moved = verdict(client, {"id": away})
    assert (moved["status"], moved["checks"]["record"]) == ("broken", False)
    assert client.get(f"/v1/assessments/{away}").status_code == 410


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of everything that stands in a document and holds nothing."""
    steps: Any = node.items() if isinstance(node, dict) else enumerate(node)
    for step, below in steps:
        if isinstance(below, dict | list) and below:
            yield from leaves(below, (*path, step))
        else:
            yield (*path, step)


def changed_at(document: Body, path: tuple[Any, ...]) -> str:
    """A document with another value at one place."""
    whole: Any = deepcopy(document)
    node = whole
    for step in path[:-1]:
        node = node[step]
    value = node[path[-1]]
    node[path[-1]] = value + 1 if isinstance(value, int | float) else f"{value or ''}x"
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False)


def pieces(text: str, step: int) -> Iterator[str]:
    """A text with one letter changed, again and again all along; cut off; with a blank behind."""
    for at in range(0, len(text), step):
        yield text[:at] + ("~" if text[at] != "~" else "!") + text[at + 1 :]
        yield text[:at]
    yield f"{text} "


@pytest.mark.parametrize("column", TABLES)
def test_every_leaf_and_every_stretch_of_a_document_is_found(
    client: TestClient, database: Database, pact: Body, column: str
) -> None:
    edition = pact["second"]
    table = TABLES[column]
    text = stored(database, table, edition["id"])[column]
    document = json.loads(text)
    found = [changed_at(document, path) for path in leaves(document)]
    assert len(found) > (10 if column == "statement" else 150)
    # Each is verified; every third is read, too.
    turn, read_too = turns(database), cycle([True, False, False])
    for changed in (*found, *pieces(text, len(text) // 25)):
        if not next(turn):
            continue
        tamper(database, table, edition["id"], {column: changed})
        checks = verdict(client, edition)["checks"]
        assert checks["content" if column == "content" else "hash"] is False, changed[:200]
        if next(read_too):
            path = f"/v1/assessments/{edition['id']}"
            assert client.get(path).json()["type"].endswith("/broken")
    others = [verdict(client, one)["status"] for one in pact["made"]]
    # What an edition holds is no part of the chain; what was signed is.
    whole = "intact" if column == "content" else "broken"
    assert others == [whole, "broken", whole]
    tamper(database, table, edition["id"], {column: text})
    assert verdict(client, edition)["status"] == "intact"


@pytest.mark.parametrize("column", TABLES)
def test_what_is_no_document_is_a_problem_that_says_so(
    client: TestClient, database: Database, pact: Body, column: str
) -> None:
    edition = pact["second"]
    table = TABLES[column]
    text = stored(database, table, edition["id"])[column]
    turn = turns(database)
    for changed in NO_DOCUMENT:
        if not next(turn):
            continue
        tamper(database, table, edition["id"], {column: changed})
        assert verdict(client, edition)["status"] == "broken", changed[:60]
        for problem in reads(client, pact):
            assert problem["type"].endswith("/broken"), changed[:60]
            assert edition["id"] in problem["detail"]
    tamper(database, table, edition["id"], {column: text})
    assert verdict(client, edition)["status"] == "intact"


def test_who_changes_all_of_it_alike_lacks_the_key(
    client: TestClient, database: Database, pact: Body
) -> None:
    edition = pact["second"]
    sealed = json.loads(stored(database, "assessments", edition["id"])["statement"])
    for held in ('{"records":{"alliances":[]},"title":"The edition","note":"A note."}', "null"):
        statement = json.dumps({**sealed, "content": sha256(held.encode())}, separators=(",", ":"))
        said = {"statement": statement, "hash": sha256(statement.encode())}
        tamper(database, "assessments", edition["id"], said)
        tamper(database, "edition_contents", edition["id"], {"content": held})
        found = verdict(client, edition)["checks"]
        assert (found["content"], found["hash"], found["signature"]) == (True, True, False)
        reads(client, pact)


SQLITE = {
    column.name: literals
    for column in ROW.columns
    if (
        literals := ["'soon'", "'2024'", "x'fffe'", "1e300"]
        if column.name.endswith(("_at", "as_of"))
        else ["'no JSON'", "5", "x'ff'", "'" + "[" * 20_000 + "'"]
        if column.name == "audience"
        else ["'one'", "x'ff'", "1.5"]
        if column.name in {"version", "marking", "chain", "number"}
        else ["CAST(x'c3' AS TEXT)", "x'00ff'", "17"]
        if column.name not in {"id", "alliance", "key", "merged_into"}
        else []
    )
}
"""What SQLite takes, whatever the type of a column."""
INSTANTS = ("'infinity'", "'-infinity'", "'0044-03-15 00:00:00+00 BC'", "'12024-01-01'")
POSTGRES = {
    **{
        column.name: [*INSTANTS] for column in ROW.columns if column.name.endswith(("_at", "as_of"))
    },
    "audience": ["'null'", "'7'", "'\"desk\"'", "'[[[[{}]]]]'", "'[1,\"desk\"]'"],
}


def test_what_no_column_should_hold_is_found_and_fails_nothing(
    client: TestClient, database: Database, pact: Body
) -> None:
    """Of what can be asked then, a third is asked in turn."""
    edition = pact["second"]
    row = stored(database, "assessments", edition["id"])
    paths = list(enumerate(asked(edition, pact["made"][0], pact["alliance"])))
    turn = cycle(range(3))
    for column, literals in (POSTGRES if database.is_postgres else SQLITE).items():
        for literal in literals:
            write_over(database, "assessments", edition["id"], column, literal)
            found = verdict(client, edition)
            assert found["status"] == "broken", (column, literal[:60])
            for place, path in paths[next(turn) :: 3]:
                status = client.get(path).status_code
                assert status in ({404, 410} if place < WHOLE else {200, 404, 410}), (
                    column, literal[:60], path, status,
                )  # fmt: skip
            tamper(database, "assessments", edition["id"], {column: row[column]})
    assert verdict(client, edition)["status"] == "intact"


def test_a_key_that_was_changed_vouches_for_nothing(
    client: TestClient, database: Database, pact: Body
) -> None:
    make(client, "assessments/keys", {})
    edition = make_edition(client, pact["alliance"], "2024-08-01", tlp="GREEN")
    first, second = pact["second"]["key"], edition["key"]
    kept = {key: stored(database, "signing_keys", key) for key in (first, second)}
    at = kept[first]["made_at"]
    changes: list[tuple[str, Body]] = [
        (first, {"public": kept[second]["public"]}),
        (first, {"public": kept[first]["public"].upper()}),
        (first, {"public": ""}),
        (first, {"public": "zz"}),
        (first, {"made_at": at + timedelta(milliseconds=1)}),
        (first, {"made_at": kept[second]["made_at"] + timedelta(days=1)}),
        (first, {"retired_at": at}),
        (first, {"endorsed_by": second}),
        (first, {"endorsement": kept[second]["endorsement"]}),
        (second, {"endorsement": kept[second]["endorsement"].upper()}),
        (second, {"endorsement": None}),
        (second, {"endorsement": ""}),
        (second, {"endorsed_by": None}),
        (second, {"endorsed_by": second}),
        (second, {"public": "00" * 32}),
        (second, {"retired_at": at}),
    ]
    for key, changed in changes:
        tamper(database, "signing_keys", key, changed)
        mine = pact["second"] if key == first else edition
        checks = verdict(client, mine)["checks"]
        assert checks["key"] is False, changed
        assert checks["record"] is True
        assert client.get(f"/v1/assessments/{mine['id']}").status_code == 410
        for path in some(mine, pact):
            assert client.get(path).status_code < 500, (changed, path)
        tamper(database, "signing_keys", key, {name: kept[key][name] for name in changed})
    for literal in ("'infinity'",) if database.is_postgres else ("'soon'", "x'ff'"):
        for column in ("made_at", "retired_at"):
            write_over(database, "signing_keys", first, column, literal)
            assert verdict(client, pact["second"])["checks"]["key"] is False
            for path in asked(pact["second"], edition, pact["alliance"]):
                assert client.get(path).status_code < 500, (column, path)
            tamper(database, "signing_keys", first, {column: kept[first][column]})
    assert verdict(client, edition)["status"] == "intact"
    assert verdict(client, pact["second"])["status"] == "intact"


def test_a_key_that_is_none_is_told_as_broken(client: TestClient, database: Database) -> None:
    key = read(client, "assessments/keys")["items"][0]["id"]
    tamper(database, "signing_keys", key, {"public": "zz"})
    for path in ("", f"/{key}"):
        answer = client.get(f"/v1/assessments/keys{path}")
        assert (answer.status_code, answer.json()["title"]) == (410, "The edition is broken")


def test_a_redacted_edition_says_nothing_and_is_found_if_it_does(
    client: TestClient, database: Database, pact: Body
) -> None:
    edition = pact["second"]
    make(client, f"assessments/{edition['id']}/redact", {"reason": "By order."})
    row = stored(database, "assessments", edition["id"])
    assert verdict(client, edition)["status"] == "redacted"
    for changed in ({"title": "It says"}, {"note": "More"}, {"deleted_at": None}, {"version": 1}):
        tamper(database, "assessments", edition["id"], changed)
        assert verdict(client, edition)["checks"]["record"] is False, changed
        for path in asked(edition, pact["made"][0], pact["alliance"]):
            assert client.get(path).status_code < 500, (changed, path)
        tamper(database, "assessments", edition["id"], {name: row[name] for name in changed})
    assert verdict(client, edition)["status"] == "redacted"


def test_a_brief_says_that_the_edition_before_is_not_to_be_compared_with(
    client: TestClient, database: Database, pact: Body
) -> None:
    tamper(database, "edition_contents", pact["second"]["id"], {"content": "{}"})
    text = client.get(f"/v1/assessments/{pact['made'][2]['id']}/brief").text
    assert "Edition 2 isn't what was published any more" in text
    tamper(
        database, "edition_contents", pact["second"]["id"], {"assessment": pact["second"]["key"]}
    )
    text = client.get(f"/v1/assessments/{pact['made'][2]['id']}/brief").text
    assert "Edition 2 isn't what was published any more" in text
