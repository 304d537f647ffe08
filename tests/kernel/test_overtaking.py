"""A writer that comes while another is writing sees what that one did, or isn't in its way."""

from functools import partial
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.kernel.db import Database
from tests.helpers import (
    make_actor,
    make_alliance,
    make_assessor,
    make_claim,
    make_consequence,
    patch,
    rate,
    read,
)
from tests.overtaking import overtaken

ANY = {"If-Match": "*"}


def status(client: TestClient, path: str) -> int:
    return client.get(f"/v1/{path}", follow_redirects=False).status_code


def test_of_crossing_merges_one_happens(client: TestClient, database: Database) -> None:
    one, two = make_actor(client)["id"], make_actor(client)["id"]
    first, second = overtaken(
        database,
        partial(client.post, f"/v1/actors/{one}/merge", json={"into": two}),
        partial(client.post, f"/v1/actors/{two}/merge", json={"into": one}),
    )
    assert (first.status_code, second.status_code) == (201, 422)
    assert second.json()["errors"][0]["pointer"] == "/into"
    assert (status(client, f"actors/{one}"), status(client, f"actors/{two}")) == (308, 200)


def test_a_merge_takes_along_what_is_being_written(client: TestClient, database: Database) -> None:
    """Whether it names the merged record since just now, or is changed in another place."""
    one, two = make_actor(client)["id"], make_actor(client)["id"]
    merge = partial(client.post, f"/v1/actors/{one}/merge", json={"into": two})
    claim = {"statement": "It is so.", "modality": "asserted", "about": [one]}
    made, merged = overtaken(database, partial(client.post, "/v1/claims", json=claim), merge)
    assert (made.status_code, merged.status_code) == (201, 201), merged.text
    assert read(client, f"claims/{made.json()['id']}")["about"] == [two]

    three = make_actor(client)["id"]
    key = made.json()["id"]
    changed, merged = overtaken(
        database,
        partial(client.patch, f"/v1/claims/{key}", json={"note": "New."}, headers=ANY),
        partial(client.post, f"/v1/actors/{two}/merge", json={"into": three}),
    )
    assert (changed.status_code, merged.status_code) == (200, 201), merged.text
    found = read(client, f"claims/{key}")
    assert (found["about"], found["note"]) == ([three], "New.")


def test_a_merge_leaves_alone_what_is_being_deleted(client: TestClient, database: Database) -> None:
    one, two = make_actor(client)["id"], make_actor(client)["id"]
    claim = make_claim(client, about=[one], speaker=one)["id"]
    deleted, merged = overtaken(
        database,
        partial(client.delete, f"/v1/claims/{claim}", headers=ANY),
        partial(client.post, f"/v1/actors/{one}/merge", json={"into": two}),
    )
    assert (deleted.status_code, merged.status_code) == (204, 201), merged.text
    assert status(client, f"claims/{claim}") == 410


def test_nothing_comes_to_name_what_is_being_deleted(
    client: TestClient, database: Database
) -> None:
    actor = make_actor(client)["id"]
    claim = {"statement": "It is so.", "modality": "asserted", "about": [actor], "speaker": actor}
    deleted, made = overtaken(
        database,
        partial(client.delete, f"/v1/actors/{actor}", headers=ANY),
        partial(client.post, "/v1/claims", json=claim),
    )
    assert (deleted.status_code, made.status_code) == (204, 422)
    assert {error["pointer"] for error in made.json()["errors"]} == {"/about/0", "/speaker"}


def test_nothing_comes_to_name_what_is_being_merged(client: TestClient, database: Database) -> None:
    one, two, claim = make_actor(client)["id"], make_actor(client)["id"], make_claim(client)["id"]
    merged, changed = overtaken(
        database,
        partial(client.post, f"/v1/actors/{one}/merge", json={"into": two}),
        partial(client.patch, f"/v1/claims/{claim}", json={"about": [one]}, headers=ANY),
    )
    assert (merged.status_code, changed.status_code) == (201, 422)


def test_what_is_named_meanwhile_is_deleted_after_it(
    client: TestClient, database: Database
) -> None:
    actor = make_actor(client)["id"]
    claim = {"statement": "It is so.", "modality": "asserted", "about": [actor]}
    made, deleted = overtaken(
        database,
        partial(client.post, "/v1/claims", json=claim),
        partial(client.delete, f"/v1/actors/{actor}", headers=ANY),
    )
    assert (made.status_code, deleted.status_code) == (201, 204)
    assert _deleted_at(client, "actors", actor) > made.json()["recorded_at"]


def test_what_is_being_deleted_takes_no_rating(client: TestClient, database: Database) -> None:
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    deleted, rated = overtaken(
        database,
        partial(client.delete, f"/v1/consequences/{consequence}", headers=ANY),
        partial(client.post, f"/v1/consequences/{consequence}/ratings", json={"probability": 0.3}),
    )
    assert (deleted.status_code, rated.status_code) == (204, 410)


def test_a_deletion_comes_after_the_rating_it_waited_for(
    client: TestClient, database: Database
) -> None:
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    rated, deleted = overtaken(
        database,
        partial(client.post, f"/v1/consequences/{consequence}/ratings", json={"probability": 0.3}),
        partial(client.delete, f"/v1/consequences/{consequence}", headers=ANY),
    )
    assert (rated.status_code, deleted.status_code) == (201, 204)
    made = read(client, f"ratings/{rated.json()['id']}")
    assert _deleted_at(client, "consequences", consequence) > made["recorded_at"]


def test_a_record_is_marked_no_lower_than_what_is_being_raised(
    client: TestClient, database: Database
) -> None:
    alliance = make_alliance(client)["id"]
    consequence, claim = make_consequence(client, alliance)["id"], make_claim(client)["id"]
    link = {"claim": claim, "bearing": "supports"}
    path = f"/v1/consequences/{consequence}"
    raised, made = overtaken(
        database,
        partial(client.patch, path, json={"tlp": "AMBER"}, headers=ANY),
        partial(client.post, f"{path}/evidence", json=link),
    )
    assert (raised.status_code, made.status_code) == (200, 201)
    assert made.json()["tlp"] == "AMBER"


def test_a_change_of_any_version_waits_for_the_one_before(
    client: TestClient, database: Database
) -> None:
    path = f"/v1/actors/{make_actor(client)['id']}"
    for second in (
        partial(client.patch, path, json={"description": "New."}, headers=ANY),
        partial(client.delete, path, headers=ANY),
    ):
        name = partial(client.patch, path, json={"name": str(second.func)}, headers=ANY)
        answers = overtaken(database, name, second)
        assert answers[0].status_code == 200
        assert answers[1].status_code in {200, 204}, answers[1].text


def test_a_name_keeps_no_writer_waiting(client: TestClient, database: Database) -> None:
    """What names a record, and what changes it, aren't in each other's way."""
    actor = make_actor(client)["id"]
    body: dict[str, Any] = {"statement": "It is so.", "modality": "asserted", "about": [actor]}
    make = partial(client.post, "/v1/claims", json=body)
    change = partial(client.patch, f"/v1/actors/{actor}", json={"name": "New"}, headers=ANY)
    assert [answer.status_code for answer in overtaken(database, make, change)] == [201, 200]
    assert [answer.status_code for answer in overtaken(database, change, make)] == [200, 201]


def test_a_withdrawal_and_a_rating_follow_each_other(
    client: TestClient, database: Database
) -> None:
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    assessor = make_assessor(client)["slug"]
    rating = rate(client, consequence, assessor, 0.3)["id"]
    withdrawn, rated = overtaken(
        database,
        partial(client.post, f"/v1/ratings/{rating}/withdraw", json={"reason": "No."}),
        partial(
            client.post,
            f"/v1/consequences/{consequence}/ratings",
            json={"assessor": assessor, "probability": 0.4},
        ),
    )
    assert (withdrawn.status_code, rated.status_code) == (201, 201)
    assert rated.json()["supersedes"] is None


def _deleted_at(client: TestClient, kind: str, key: str) -> str:
    versions = read(client, f"{kind}/{key}/versions")["items"]
    assert versions[0]["action"] == "deleted"
    moment: str = versions[0]["recorded_at"]
    return moment


def test_a_change_is_dated_after_what_it_waited_for(client: TestClient, database: Database) -> None:
    actor = make_actor(client)["id"]
    patch(client, f"actors/{actor}", name="Before")
    path = f"/v1/actors/{actor}"
    first, second = overtaken(
        database,
        partial(client.patch, path, json={"name": "One"}, headers=ANY),
        partial(client.patch, path, json={"name": "Two"}, headers=ANY),
    )
    assert first.json()["recorded_at"] < second.json()["recorded_at"]


@pytest.mark.parametrize("label", ["slug", "ref", "ref in an alliance", "claim"])
def test_who_comes_second_with_a_label_is_told_which(
    client: TestClient, database: Database, label: str
) -> None:
    alliance = make_alliance(client)["id"]
    consequence = make_consequence(client, alliance)["id"]
    said = {"statement": "It is so.", "modality": "asserted", "ref": "C1"}
    path, body = {
        "slug": ("actors", {"slug": "same", "name": "Same", "kind": "state"}),
        "ref": ("claims", said),
        "ref in an alliance": ("claims", {**said, "alliance": alliance}),
        "claim": (
            f"consequences/{consequence}/evidence",
            {"claim": make_claim(client)["id"], "bearing": "supports"},
        ),
    }[label]
    make = partial(client.post, f"/v1/{path}", json=body)
    first, second = overtaken(database, make, make)
    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["errors"][0]["pointer"] == f"/{label.split(maxsplit=1)[0]}"
