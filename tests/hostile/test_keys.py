"""Operations on keys and on who has them, in a store that is closed: refused, named, forgotten."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.kernel.db import Database
from app.kernel.tables import table_of
from app.kernel.types import now
from app.keys.models import Key
from tests.access.people import People, bearer
from tests.helpers import Body, delete, make, read
from tests.hostile.bodies import valid_bodies
from tests.hostile.fields import fault, misshapen, writes
from tests.hostile.test_parameters import FREE, KEYS, hostile_texts, refused
from tests.hostile.values import NOBODY, Field, fields_of, hostile, replaced
from tests.hostile.wire import Answer, Wire, wire_to
from tests.hostile.world import World, contents, make_world, operations


@pytest.fixture
def people(client: TestClient) -> People:
    """Who is in the store; the client is the administrator."""
    people = People(client)
    client.headers.update(people.admin)
    return people


@pytest.fixture
def closed_world(client: TestClient, people: People) -> World:
    """One record of each kind, a key among them."""
    del people
    return make_world(client, closed=True)


@pytest.fixture
def closed_wire(client: TestClient, people: People) -> Iterator[Wire]:
    """The closed store, asked by the administrator."""
    with wire_to(client.app, **people.admin) as wire:
        yield wire


def test_every_bad_field_is_refused_by_name(
    client: TestClient, closed_wire: Wire, closed_world: World, document: Body, database: Database
) -> None:
    gone = make(client, "principals", {"slug": "gone", "name": "Gone"})
    delete(client, "principals/gone")
    strangers = [NOBODY, "no-such-slug", gone["id"], gone["slug"], closed_world.ids["actor"]]
    before = contents(database)
    faults: list[str] = []
    tried = set[str]()
    for name, method, path, body, schema in writes(document, closed_world, closed=True):
        for field in fields_of(schema, document, body):
            for pointer, changed in spoilt(field, body, strangers, patch=method == "patch"):
                tried.add(f"{name} {pointer}")
                if wrong := fault(closed_wire.say(method, path, changed), pointer):
                    faults.append(f"{name} {pointer}: {wrong}")
    assert not faults, "\n".join(faults)
    assert tried >= {"create_key /scopes/0", "update_key /expires_at", "rotate_key /overlap_hours"}
    assert contents(database) == before


def spoilt(
    field: Field, body: Body, strangers: list[str], *, patch: bool
) -> Iterator[tuple[str, Body]]:
    """Pointers and bodies with something wrong there."""
    values = list(hostile(field))
    values += {
        "/principal": strangers,
        "/expires_at": ["2020-01-01T00:00:00Z", now().isoformat()],
        "/name": ["a\u202eb"],
    }.get(field.pointer, [])
    for value in values:
        if not patch or value not in (None, {}):
            yield field.pointer, replaced(body, field.steps, value)
    for pointer, changed in misshapen(field, body):
        if not patch or pointer.endswith("unknown"):
            yield pointer, changed


def test_every_bad_key_of_a_path_and_parameter_is_refused(
    closed_wire: Wire, closed_world: World, document: Body, database: Database
) -> None:
    def kept() -> Body:
        return {name: rows for name, rows in contents(database).items() if name != "audit"}

    before = kept()
    bodies = valid_bodies(closed_world)
    faults: list[str] = []
    for path, method, operation in operations(
        document, "get", "post", "patch", "delete", closed=True
    ):
        name = operation["operationId"]
        body = bodies.get(name, {})
        where = closed_world.path(path, name)
        asked = [(f"{where}?sorted=yes", "?sorted")]
        asked += [
            (f"{where}?{parameter['name']}={value}", f"?{parameter['name']}")
            for parameter in operation.get("parameters", ())
            if parameter["in"] == "query"
            for value in hostile_texts(parameter["schema"], document)
        ]
        for target, pointer in asked:
            answer = closed_wire.say(method, target, body)
            if pointer[1:] in FREE and answer.status == 200:
                continue
            named = {error["pointer"] for error in answer.json().get("errors", ())}
            if not (refused(answer) and pointer in named) and not (
                pointer == "?cursor" and refused(answer, 400)
            ):
                faults.append(f"{name} {target:.120}: {answer.status} {answer.text:.150}")
        for key in KEYS if "{key}" in path else ():
            answer = closed_wire.say(
                method, closed_world.path(path.replace("{key}", key), name), body
            )
            if not refused(answer, 404, 422):
                faults.append(f"{method} {path} {key:.60}: {answer.status} {answer.text:.150}")
    assert not faults, "\n".join(faults)
    assert kept() == before


def test_nothing_comes_of_a_key_that_has_ended(
    client: TestClient, people: People, closed_wire: Wire, database: Database
) -> None:
    for slug in ("revoked", "expired", "orphaned"):
        people.join(slug, "reader")
    keys = {
        slug: read(client, "keys", principal=slug)["items"][0]["id"]
        for slug in ("revoked", "expired", "orphaned")
    }
    delete(client, f"keys/{keys['revoked']}")
    delete(client, "principals/orphaned")
    table = table_of(Key)
    with database.engine.begin() as connection:
        past = sa.update(table).values(expires_at=now() - timedelta(seconds=1))
        connection.execute(past.where(table.c.id == keys["expired"]))

    def rotated(slug: str) -> Answer:
        return closed_wire.say("POST", f"/v1/keys/{keys[slug]}/rotate", {"overlap_hours": 0})

    before = contents(database)
    for slug, status in (("revoked", 410), ("expired", 409), ("orphaned", 409)):
        assert refused(rotated(slug), status), (slug, rotated(slug).text)
    for method, said in (("GET", None), ("PATCH", {"name": "New"}), ("DELETE", None)):
        answer = closed_wire.say(method, f"/v1/keys/{keys['revoked']}", said)
        assert refused(answer, 410), (method, answer.text)
    assert contents(database) == before
    # Nor is it good for longer because it gets another name.
    path = f"keys/{keys['expired']}"
    assert client.patch(f"/v1/{path}", json={"name": "Late"}, headers={"If-Match": "*"}).is_success
    assert read(client, path)["name"] == "Late"


def test_who_is_deleted_or_loses_a_role_keeps_no_key(client: TestClient, people: People) -> None:
    helper = people.join("helper", "admin")
    assert people.status("keys", helper) == 200
    people.patch("principals/helper", role="reader")
    assert client.post("/v1/keys", json={}, headers=helper).status_code == 403
    delete(client, "principals/helper")
    body = {"principal": "helper", "name": "again"}
    assert client.post("/v1/keys", json=body, headers=helper).status_code == 401
    # The same slug is somebody else now.
    make(client, "principals", {"slug": "helper", "name": "Another"})
    assert people.status("me", helper) == 401
    fresh = make(client, "keys", body)
    assert people.status("me", bearer(fresh["key"])) == 200


def test_the_first_key_can_make_others(client: TestClient, database: Database) -> None:
    """Else it would close the store, and nobody could open it."""
    make(client, "principals", {"slug": "chief", "name": "Chief", "role": "admin"})
    before = contents(database)
    body = {"principal": "chief", "name": "first", "scopes": ["read"]}
    answer = client.post("/v1/keys", json=body)
    assert (answer.status_code, "admin" in answer.json()["detail"]) == (409, True)
    assert contents(database) == before
    make(client, "keys", {**body, "scopes": ["read", "admin"]})
    assert client.get("/v1/keys").status_code == 401
