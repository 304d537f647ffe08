"""What had not begun by `as_of` isn't there: in a list, alone, or named by another."""

from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from tests.helpers import (
    ids,
    make_alliance,
    make_claim,
    make_consequence,
    make_evidence,
    make_outcome,
    patch,
    read,
)

BEFORE, AFTER = "2023-01-01", "2023-03-01"


@pytest.mark.parametrize("kind", ["claims", "consequences", "outcomes", "evidence"])
def test_a_record_alone_is_there_when_its_list_has_it(client: TestClient, kind: str) -> None:
    alliance = make_alliance(client)["id"]
    claim = make_claim(client, effective_at="2023-02-01")["id"]
    held = make_consequence(client, alliance)["id"]
    later = make_consequence(client, alliance, effective_at="2023-02-01")["id"]
    outcome = make_outcome(client, held, since="2023-02-01")["id"]
    link = make_evidence(client, held, claim)["id"]
    path, key = {
        "claims": ("claims", claim),
        "consequences": ("consequences", later),
        "outcomes": (f"consequences/{held}/outcomes", outcome),
        "evidence": (f"consequences/{held}/evidence", link),
    }[kind]
    assert key not in ids(read(client, path, as_of=BEFORE))
    refused = client.get(f"/v1/{path}/{key}", params={"as_of": BEFORE})
    assert (refused.status_code, refused.json()["type"]) == (404, "/problems/not-found")
    assert key in ids(read(client, path, as_of=AFTER))
    assert read(client, f"{path}/{key}", as_of=AFTER)["id"] == key
    assert read(client, f"{path}/{key}")["id"] == key


def test_what_is_included_had_begun(client: TestClient) -> None:
    other = make_claim(client, effective_at="2023-02-01")["id"]
    relations = [{"kind": "supports", "claim": other}]
    claim = make_claim(client, effective_at="2022-01-01", relations=relations)["id"]
    found = read(client, f"claims/{claim}", include="relations", as_of=BEFORE)
    assert found["included"] == {"relations": []}
    found = read(client, f"claims/{claim}", include="relations", as_of=AFTER)
    assert [row["id"] for row in found["included"]["relations"]] == [other]


def test_an_end_that_came_later_does_not_show(client: TestClient) -> None:
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    first = make_outcome(client, consequence, since="2023-01-01")["id"]
    make_outcome(client, consequence, status="occurred", since="2023-02-01")
    path = f"consequences/{consequence}/outcomes/{first}"
    assert read(client, path, as_of="2023-01-15")["ended_at"] is None
    assert read(client, path, as_of=AFTER)["ended_at"] == "2023-02-01T00:00:00Z"


def test_nothing_is_dated_ahead(client: TestClient) -> None:
    """The present would change by the mere passing of time."""
    alliance = make_alliance(client)["id"]
    claim, held = make_claim(client)["id"], make_consequence(client, alliance)["id"]
    ahead = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    said = {"statement": "It is so.", "modality": "asserted", "effective_at": ahead}
    feared = {"title": "War", "category": "military", "effective_at": ahead}
    change, star = {"effective_at": ahead}, {"If-Match": "*"}
    for answer in (
        client.post("/v1/claims", json=said),
        client.post(f"/v1/alliances/{alliance}/consequences", json=feared),
        client.patch(f"/v1/claims/{claim}", json=change, headers=star),
        client.patch(f"/v1/consequences/{held}", json=change, headers=star),
    ):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/effective_at"
    soon = (datetime.now(UTC) + timedelta(seconds=30)).isoformat()
    made = make_claim(client, effective_at=soon)
    assert made["effective_at"] == made["created_at"]
    assert patch(client, f"claims/{claim}", note="Kept its date.")["version"] == 2
