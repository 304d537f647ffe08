"""When what records name is deleted, the records stay readable, and can still be changed."""

import pytest
from starlette.testclient import TestClient

from app.kernel.db import Database
from tests import helpers
from tests.helpers import Body, read
from tests.hostile.bodies import valid_bodies
from tests.hostile.wire import Wire
from tests.hostile.world import World, operations


def test_everything_is_read_when_anything_is_deleted(
    wire: Wire, world: World, document: Body, database: Database
) -> None:
    """One record after another goes; whatever is left is read and listed, at the end exported.

    Each read has its turn after every second deletion, on PostgreSQL after every sixth.
    """
    gone: list[str] = []
    every = 6 if database.is_postgres else 2
    reads = [
        (where, world.path(where, name) + (world.needed(name) or "?"), reading)
        for where, _, reading in operations(document, "get")
        for name in [reading["operationId"]]
    ]
    for path, _, operation in operations(document, "delete"):
        name = operation["operationId"]
        if name in {
            "delete_alliance", "delete_consequence", "delete_indicator", "delete_question",
            "delete_round",
        }:  # fmt: skip
            continue  # what stands under them goes with them
        deleted = wire.say("DELETE", world.path(path, name), None)
        assert deleted.status == 204, deleted.text
        gone.append(name.removeprefix("delete_"))
        for where, asked, _ in reads[len(gone) % every :: every]:
            answer = wire.send("GET", asked)
            assert answer.status in {200, 410}, (gone, asked, answer.text)
            if "{key}" not in where and "{webhook}" not in where:
                assert answer.status == 200, (gone, asked)
    for _, asked, reading in reads:
        formats = [p for p in reading.get("parameters", ()) if p["name"] == "format"]
        if any("csv" in str(one["schema"]) for one in formats):
            for form in ("csv", "ndjson"):
                assert wire.send("GET", f"{asked}&format={form}").status in {200, 410}, asked


def test_a_record_that_names_what_was_deleted_can_be_changed(
    client: TestClient, world: World
) -> None:
    i = world.ids
    for path in (f"actors/{i['actor']}", f"sources/{i['source']}", f"claims/{i['claim']}"):
        helpers.delete(client, path)
    alliance = f"alliances/{i['alliance']}"
    for path, field in (
        (f"claims/{i['other_claim']}", "note"),
        (f"sources/{i['other_source']}", "reliability_reason"),
        (alliance, "description"),
        (f"consequences/{i['consequence']}", "note"),
        (f"{alliance}/exchanges/{i['exchange']}", "note"),
        (f"{alliance}/factors/{i['factor']}", "description"),
        (f"{alliance}/contradictions/{i['contradiction']}", "note"),
        (f"questions/{i['question']}", "note"),
        (f"rounds/{i['round']}", "note"),
    ):
        assert helpers.patch(client, path, **{field: "Changed."})[field] == "Changed."


def test_a_record_can_not_begin_to_name_what_was_deleted(client: TestClient, world: World) -> None:
    """Nor may it name, in another role, what it names already."""
    i = world.ids
    helpers.delete(client, f"claims/{i['claim']}")
    path = f"/v1/alliances/{i['alliance']}/contradictions/{i['contradiction']}"
    refused = client.patch(path, json={"side_b": [i["claim"]]}, headers={"If-Match": "*"})
    assert refused.status_code == 422
    fresh = helpers.make_claim(client)["id"]
    refused = client.patch(
        f"/v1/claims/{fresh}",
        json={"relations": [{"kind": "denies", "claim": i["claim"]}]},
        headers={"If-Match": "*"},
    )
    assert refused.json()["errors"][0]["pointer"] == "/relations/0/claim"


@pytest.mark.parametrize("parent", ["alliance", "consequence", "question", "round"])
def test_nothing_is_written_under_what_was_deleted(
    wire: Wire, world: World, document: Body, parent: str
) -> None:
    wire.say("DELETE", f"/v1/{parent}s/{world.ids[parent]}", None)
    bodies = valid_bodies(world)
    tried = 0
    for path, method, operation in operations(document, "post", "patch", "delete"):
        name = operation["operationId"]
        # What stands under it may be redacted all the same: there may be a law.
        if f"{{{parent}}}" in path and not name.startswith("redact"):
            answer = wire.say(method, world.path(path, name), bodies.get(name, {}))
            assert answer.status == 410, (name, answer.text)
            tried += 1
    assert tried


def test_the_caller_rates_again_after_their_assessor_was_deleted(client: TestClient) -> None:
    consequence = helpers.make_consequence(client, helpers.make_alliance(client)["id"])["id"]
    path = f"consequences/{consequence}/ratings"
    first = helpers.make(client, path, {"probability": 0.3})
    helpers.delete(client, f"assessors/{read(client, 'assessors/local')['id']}")
    assert helpers.make(client, path, {"probability": 0.4})["assessor"] == first["assessor"]
    assert read(client, f"consequences/{consequence}/judgement")["n"] == 2


def test_a_rating_after_a_withdrawal_supersedes_nothing(client: TestClient) -> None:
    consequence = helpers.make_consequence(client, helpers.make_alliance(client)["id"])["id"]
    assessor = helpers.make_assessor(client)["id"]
    first = helpers.rate(client, consequence, assessor, 0.3)
    helpers.make(client, f"ratings/{first['id']}/withdraw", {"reason": "No."})
    body = {"assessor": assessor, "probability": 0.4, "supersedes": first["id"]}
    refused = client.post(f"/v1/consequences/{consequence}/ratings", json=body)
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["pointer"] == "/supersedes"
    again = client.post(f"/v1/ratings/{first['id']}/withdraw", json={"reason": "No."})
    assert again.status_code == 409
    assert helpers.rate(client, consequence, assessor, 0.4)["supersedes"] is None


def test_nothing_is_a_part_or_a_cause_or_a_copy_of_itself(client: TestClient) -> None:
    alliance = helpers.make_alliance(client)["id"]
    keys = [helpers.make_consequence(client, alliance)["id"] for _ in range(3)]
    for field in ("part_of", "caused_by"):
        for one, other in ((keys[0], keys[1]), (keys[1], keys[2])):
            value = other if field == "part_of" else [{"consequence": other}]
            helpers.patch(client, f"consequences/{one}", **{field: value})
        for goal in (keys[0], keys[2]):
            value = goal if field == "part_of" else [{"consequence": goal}]
            refused = client.patch(
                f"/v1/consequences/{keys[2] if goal == keys[0] else goal}",
                json={field: value},
                headers={"If-Match": "*"},
            )
            assert refused.status_code == 422, field
            assert refused.json()["errors"][0]["pointer"].startswith(f"/{field}")
    actor = helpers.make_actor(client)["id"]
    source = helpers.make_source(client)["id"]
    claim = helpers.make_claim(client)["id"]
    for path, body, pointer in (
        (f"actors/{actor}", {"affiliations": [{"actor": actor, "role": "x"}]}, "/affiliations/0"),
        (f"sources/{source}", {"derived_from": source}, "/derived_from"),
        (f"claims/{claim}", {"relations": [{"kind": "denies", "claim": claim}]}, "/relations/0"),
    ):
        refused = client.patch(f"/v1/{path}", json=body, headers={"If-Match": "*"})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"].startswith(pointer)
