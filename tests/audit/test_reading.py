"""The audit log as admins read it: listed, exported, and checked."""

import csv
import io
import json
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from starlette.testclient import TestClient

from app.cli import main
from app.kernel import audit
from app.kernel.audit import Verdict, verify
from app.kernel.db import WRITING, Database
from tests.access.people import People
from tests.helpers import delete, everything, make_actor, patch, read


@pytest.fixture
def actor(client: TestClient) -> str:
    """The id of an actor that was made, changed and deleted; another one was made after it."""
    actor = make_actor(client)["id"]
    patch(client, f"actors/{actor}", name="Another")
    delete(client, f"actors/{actor}")
    make_actor(client)
    return str(actor)


def test_the_newest_come_first_and_pages_follow_each_other(client: TestClient, actor: str) -> None:
    del actor
    assert [e["id"] for e in read(client, "audit")["items"]] == [4, 3, 2, 1]
    assert [e["id"] for e in everything(client, "audit", limit=1, sort="id")] == [1, 2, 3, 4]
    page = read(client, "audit", limit=2, total="true", fields="action")
    assert page["total"] == 4
    assert page["items"][0] == {"id": 4, "action": "created"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"action": "created"}, [1, 4]),
        ({"action": ["updated", "deleted"]}, [2, 3]),
        ({"kind": "actors"}, [1, 2, 3, 4]),
        ({"principal": "local"}, [1, 2, 3, 4]),
        ({"principal": "nobody"}, []),
        ({"status": 201}, [1, 4]),
        ({"status": [200, 204]}, [2, 3]),
        ({"path": "/v1/actors"}, [1, 4]),
        ({"route": "/v1/actors/{key}"}, [2, 3]),
        ({"address": "testclient"}, [1, 2, 3, 4]),
        ({"time_to": "2020-01-01"}, []),
        ({"time_from": "2020-01-01"}, [1, 2, 3, 4]),
        ({"known_at": "2020-01-01"}, []),
        ({"as_of": "2020-01-01"}, []),
    ],
)
def test_the_log_is_filtered(
    client: TestClient, actor: str, asked: dict[str, Any], found: list[int]
) -> None:
    del actor
    answer = client.get("/v1/audit", params={"sort": "id", **asked})
    assert [entry["id"] for entry in answer.json()["items"]] == found


def test_the_log_of_one_record_and_of_one_request(client: TestClient, actor: str) -> None:
    found = everything(client, "audit", record=actor)
    assert [entry["id"] for entry in found] == [3, 2, 1]
    (one,) = everything(client, "audit", request_id=found[0]["request_id"])
    assert one == found[0]


def test_the_log_is_exported_like_every_list(client: TestClient, actor: str) -> None:
    del actor
    rows = list(csv.DictReader(io.StringIO(client.get("/v1/audit?format=csv&sort=id").text)))
    assert [row["id"] for row in rows] == ["1", "2", "3", "4"]
    lines = client.get("/v1/audit", headers={"Accept": "application/x-ndjson"}).text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [4, 3, 2, 1]


def test_what_an_entry_shows_is_what_its_hash_covers(client: TestClient, actor: str) -> None:
    """Who has an export can check it without the service."""
    del actor
    for entry in everything(client, "audit"):
        number = entry.pop("id")
        told = entry.pop("hash")
        time = entry["time"] if "." in entry["time"] else entry["time"].replace("Z", ".000000Z")
        assert audit.digest({**entry, "number": number, "time": time}) == told


def test_only_admins_read_it(client: TestClient) -> None:
    people = People(client)
    editor = people.join("editor", "editor")
    for path in ("audit", "audit/verify"):
        assert people.status(path, editor) == 403
        assert people.status(path, people.admin) == 200


# --- Checking -----------------------------------------------------------------------------------


def test_an_empty_log_is_whole(client: TestClient) -> None:
    assert read(client, "audit/verify") == {
        "checked": 0, "intact": True, "first_broken": None, "head": audit.BEGINNING,
    }  # fmt: skip


def test_a_whole_log_is_whole(client: TestClient, actor: str) -> None:
    del actor
    found = read(client, "audit/verify")
    newest = read(client, "audit", limit=1)["items"][0]
    assert found == {"checked": 4, "intact": True, "first_broken": None, "head": newest["hash"]}


@pytest.mark.parametrize("block", [1, 2, 3, 4, 5])
def test_the_walk_is_the_same_in_blocks_of_any_size(
    client: TestClient, database: Database, actor: str, block: int
) -> None:
    del actor, client
    assert verify(database, block).checked == 4
    tampered(database, "UPDATE audit SET principal = 'nobody' WHERE number = 3")
    assert verify(database, block) == Verdict(2, 3, verify(database, 2).head)


def tampered(database: Database, *statements: str) -> None:
    """Change the log as only who has the database itself can."""
    with database.engine.connect() as plain:
        connection = plain.execution_options(**{WRITING: True})
        with connection.begin():
            if connection.dialect.name == "sqlite":
                for name in ("unchanged", "whole", "in_place"):
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS audit_stays_{name}")
            else:
                connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_stays ON audit")
            for statement in statements:
                connection.execute(sa.text(statement))


@pytest.mark.parametrize(
    ("statements", "broken"),
    [
        (["UPDATE audit SET action = 'updated' WHERE number = 1"], 1),
        (["UPDATE audit SET version = version + 1 WHERE number = 4"], 4),
        (["UPDATE audit SET after = before WHERE number = 2"], 2),
        (["DELETE FROM audit WHERE number = 1"], 1),
        (["DELETE FROM audit WHERE number = 2"], 2),
        (["DELETE FROM audit WHERE number = 2",
          "UPDATE audit SET number = number - 1 WHERE number = 3",
          "UPDATE audit SET number = number - 1 WHERE number = 4"], 2),
        (["UPDATE audit SET number = 9 WHERE number = 2",
          "UPDATE audit SET number = 2 WHERE number = 3",
          "UPDATE audit SET number = 3 WHERE number = 9"], 2),
    ],
)  # fmt: skip
def test_what_was_tampered_with_is_found(
    client: TestClient, database: Database, actor: str, statements: list[str], broken: int
) -> None:
    del actor
    head = read(client, "audit/verify")["head"]
    tampered(database, *statements)
    found = read(client, "audit/verify")
    assert (found["intact"], found["first_broken"]) == (False, broken)
    assert found["checked"] == broken - 1
    assert found["head"] != head


def test_the_command_says_the_same(
    client: TestClient,
    database: Database,
    database_url: str,
    actor: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del actor
    head = read(client, "audit/verify")["head"]
    monkeypatch.setenv("ENTENTE_DATABASE_URL", database_url)
    done = CliRunner().invoke(main, ["audit", "verify"])
    assert (done.exit_code, done.output) == (0, f"4 entries fit, up to {head}.\n")
    tampered(database, "UPDATE audit SET status = 200 WHERE number = 1")
    done = CliRunner().invoke(main, ["audit", "verify"])
    assert done.exit_code == 1
    assert "Entry 1 doesn't fit; the 0 before it do" in done.output
