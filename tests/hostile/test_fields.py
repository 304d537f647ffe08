"""Every field of every write, with every hostile value of its type: refused, named, forgotten."""

from typing import Any

from starlette.testclient import TestClient

from app.kernel.db import Database
from tests import helpers
from tests.helpers import Body
from tests.hostile.fields import ANY_ID, fault, misshapen, writes
from tests.hostile.values import NOBODY, fields_of, hostile, replaced
from tests.hostile.wire import Wire
from tests.hostile.world import ASKING, Dealer, World, contents


def test_the_valid_bodies_are_valid(wire: Wire, world: World, document: Body) -> None:
    """Else the tests below would show nothing."""
    for name, method, path, body, _ in writes(document, world):
        if name in ASKING:
            assert wire.say(method, path, body).status == 200, name
        elif method == "post" and not name.startswith(("merge", "redact")):
            said = {**body, "ref": None} if name == "create_consequence" else body
            answer = wire.say(method, path, said)
            assert answer.status == 201, (name, answer.text)
            there = wire.send("GET", answer.headers["location"])
            assert there.json()["id"] == answer.json()["id"], name
    for name, method, path, body, _ in writes(document, world):
        if method == "patch":
            # What is taken by now, or names the record itself.
            apart = {"slug", "ref", "affiliations", "relations", "derived_from", "part_of"}
            own = {key: value for key, value in body.items() if key not in apart | {"caused_by"}}
            answer = wire.say(method, path, own)
            assert answer.status == 200, (name, answer.text)
    for name, method, path, body, _ in writes(document, world):
        if name.startswith("merge"):
            answer = wire.say(method, path, body)
            assert answer.status == 201, (name, answer.text)


def test_every_hostile_value_is_refused_by_name(
    wire: Wire, world: World, document: Body, database: Database
) -> None:
    before = contents(database)
    faults: list[str] = []
    tried = 0
    dealer = Dealer(database)
    for name, method, path, body, schema in writes(document, world):
        for field in fields_of(schema, document, body):
            for value in dealer.deal(
                (field.pointer, field.nullable, field.options), hostile(field)
            ):
                if method == "patch" and value in (None, {}):
                    continue  # null takes a value away, {} leaves all as it was
                if field.pointer.endswith(("/prefix", "/suffix")) and value == "":
                    continue  # where a text begins or ends there is none
                if field.pointer.startswith(ANY_ID) and value == NOBODY:
                    continue
                tried += 1
                answer = wire.say(method, path, replaced(body, field.steps, value))
                wrong = fault(answer, field.pointer)
                if wrong:
                    faults.append(f"{name} {field.pointer} = {value!r:.60}: {wrong}")
    assert not faults, f"{len(faults)} of {tried}\n" + "\n".join(faults)
    assert tried > 1400
    assert contents(database) == before


def test_every_missing_and_every_unknown_field_is_named(
    wire: Wire, world: World, document: Body, database: Database
) -> None:
    before = contents(database)
    faults: list[str] = []
    for name, method, path, body, schema in writes(document, world):
        for field in fields_of(schema, document, body):
            faults += [
                f"{name} {pointer}: {wrong}"
                for pointer, changed in misshapen(field, body)
                if method == "post" or pointer.endswith("unknown")
                if (wrong := fault(wire.say(method, path, changed), pointer))
            ]
    assert not faults, "\n".join(faults)
    assert contents(database) == before


def test_a_reference_to_nobody_or_to_what_was_deleted_is_refused_by_name(
    client: TestClient, wire: Wire, world: World, document: Body, database: Database
) -> None:
    """On PostgreSQL a third of them for each field: what looks for them is the same code."""
    alliance = world.ids["alliance"]
    gone = {
        "actors": helpers.make_actor(client),
        "sources": helpers.make_source(client),
        "claims": helpers.make_claim(client),
        "assessors": helpers.make_assessor(client),
        "consequences": helpers.make_consequence(client, alliance),
        "annotations": helpers.annotate(client, "claims", world.ids["claim"], "Gone."),
        f"alliances/{alliance}/items": helpers.make_item(client, alliance),
    }
    for path, record in gone.items():
        helpers.delete(client, f"{path}/{record['id']}")
    strangers = [NOBODY, "no-such-slug", *(record["id"] for record in gone.values())]
    strangers += [record["slug"] for record in gone.values() if "slug" in record]
    known = {value: noun for noun, value in world.ids.items()}
    before = contents(database)
    faults: list[str] = []
    tried = 0
    every = 3 if database.is_postgres else 1
    for name, method, path, body, schema in writes(document, world):
        for field in fields_of(schema, document, body):
            here: Any = body
            for step in field.steps:
                here = here[step]
            if field.pointer.startswith(ANY_ID):
                continue
            if isinstance(here, str) and here in known:
                for stranger in strangers[tried % every :: every]:
                    answer = wire.say(method, path, replaced(body, field.steps, stranger))
                    if wrong := fault(answer, field.pointer):
                        faults.append(f"{name} {field.pointer} = {stranger}: {wrong}")
                tried += 1
    assert not faults, "\n".join(faults)
    assert tried > 25
    assert contents(database) == before


def test_names_hold_no_bidirectional_controls(
    wire: Wire, world: World, document: Body, database: Database
) -> None:
    names = {
        "name", "title", "role", "aliases", "creator", "publisher", "author", "licence",
        "horizon", "need", "page", "level_names", "agent", "model", "word", "likelihood_wording",
    }  # fmt: skip
    before = contents(database)
    tried = set[str]()
    for name, method, path, body, schema in writes(document, world):
        for field in fields_of(schema, document, body):
            words = {step for step in field.steps if isinstance(step, str)}
            if words & names and "string" in field.types and name != "create_matrix":
                for control in "\u202e\u2066\u200f\u061c":
                    value = f"a{control}b"
                    answer = wire.say(method, path, replaced(body, field.steps, value))
                    assert not fault(answer, field.pointer), (name, field.pointer)
                    tried |= words
    assert tried >= names - {"level_names"}
    assert contents(database) == before
