"""Contradictions: the named ones, with their history, and those the claims show by themselves."""

import pytest
from starlette.testclient import TestClient

from tests.helpers import (
    Body,
    everything,
    ids,
    make_alliance,
    make_claim,
    make_contradiction,
    patch,
    read,
)


@pytest.fixture
def alliance(client: TestClient) -> str:
    """An alliance to find contradictions in."""
    return str(make_alliance(client)["id"])


def test_the_state_is_the_one_in_force_at_the_time(client: TestClient, alliance: str) -> None:
    closing = make_claim(client)["id"]
    statuses: list[Body] = [
        {"status": "closed", "since": "2024-06-01"},
        {"status": "open", "since": "2023-06-01", "note": "Found."},
        {"status": "closed_in_part", "since": "2024-01-01", "claims": [closing]},
    ]
    made = make_contradiction(client, alliance, statuses=statuses)
    assert [entry["status"] for entry in made["statuses"]] == ["open", "closed_in_part", "closed"]
    assert made["status"]["status"] == "closed"
    path = f"alliances/{alliance}/contradictions"
    for day, status in (
        ("2023-05-31", None), ("2023-06-01", "open"), ("2024-03-01", "closed_in_part"),
        ("2024-06-01", "closed"),
    ):  # fmt: skip
        found = read(client, f"{path}/{made['id']}", as_of=day)["status"]
        assert (found and found["status"]) == status
        for asked in ("open", "closed_in_part", "closed"):
            listed = ids(read(client, path, status=asked, as_of=day))
            assert listed == ([made["id"]] if asked == status else [])
    part = read(client, f"{path}/{made['id']}", as_of="2024-03-01")["status"]
    assert part["claims"] == [closing]


def test_two_states_do_not_begin_at_once(client: TestClient, alliance: str) -> None:
    claims = [make_claim(client)["id"] for _ in range(2)]
    body = {
        "title": "T", "kind": "direct", "side_a": claims[:1], "side_b": claims[1:],
        "statuses": [{"status": "open", "since": "2023-01-01"},
                     {"status": "closed", "since": "2023-01-01T00:00:00Z"}],
    }  # fmt: skip
    response = client.post(f"/v1/alliances/{alliance}/contradictions", json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"].startswith("/statuses")


@pytest.mark.parametrize(
    ("sides", "place"),
    [
        ({"side_a": [], "side_b": ["c"]}, "/side_a"),
        ({"side_a": ["c"], "side_b": ["c"]}, "/side_b/0"),
        ({"side_a": ["d"], "side_b": ["c", "d"]}, "/side_b/1"),
        ({"side_a": ["c", "c"], "side_b": ["d"]}, "/side_a/1"),
    ],
)
def test_no_side_is_empty_and_no_claim_stands_on_both(
    client: TestClient, alliance: str, sides: dict[str, list[str]], place: str
) -> None:
    claims = {name: make_claim(client)["id"] for name in "cd"}
    body = {side: [claims[name] for name in names] for side, names in sides.items()}
    response = client.post(
        f"/v1/alliances/{alliance}/contradictions", json={"title": "T", "kind": "direct", **body}
    )
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, place)


def test_contradictions_are_found_by_their_claims_and_kind(
    client: TestClient, alliance: str
) -> None:
    one = make_contradiction(client, alliance, kind="degree", ref="X1", title="B")
    two = make_contradiction(client, alliance, kind="framing", title="A")
    path = f"alliances/{alliance}/contradictions"
    assert ids(read(client, path, claim=one["side_b"])) == [one["id"]]
    assert ids(read(client, path, claim=[one["side_a"][0], two["side_b"][0]])) == [
        one["id"], two["id"],
    ]  # fmt: skip
    assert ids(read(client, path, kind=["framing", "tension"])) == [two["id"]]
    assert ids(read(client, path, ref="X1")) == [one["id"]]
    assert ids(read(client, path, sort="title")) == [two["id"], one["id"]]
    found = read(client, path, include="side_a,alliance", ref="X1")["items"][0]["included"]
    assert ids({"items": found["side_a"]}) == one["side_a"]
    changed = patch(client, f"{path}/{one['id']}", note="More.")
    assert changed["version"] == 2


# --- Computed -------------------------------------------------------------------------------------


def computed(client: TestClient, alliance: str, **params: object) -> list[tuple[str, str, str]]:
    items = everything(client, f"alliances/{alliance}/contradictions", computed="true", **params)
    return [(item["claim"], item["against"], item["relation"]) for item in items]


def test_every_claim_that_stands_against_another_is_found(
    client: TestClient, alliance: str
) -> None:
    said = make_claim(client, alliance=alliance, effective_at="2023-01-01")["id"]
    denies = make_claim(
        client, alliance=alliance, relations=[{"kind": "denies", "claim": said}],
        effective_at="2023-02-01",
    )["id"]  # fmt: skip
    contradicts = make_claim(
        client, alliance=alliance, effective_at="2023-03-01",
        relations=[{"kind": "contradicts", "claim": said}, {"kind": "supports", "claim": denies}],
    )["id"]  # fmt: skip
    elsewhere = make_alliance(client)["id"]
    make_claim(client, alliance=elsewhere, relations=[{"kind": "denies", "claim": said}])
    both = [(contradicts, said, "contradicts"), (denies, said, "denies")]
    assert computed(client, alliance) == both
    assert computed(client, alliance, as_of="2023-02-15") == both[1:]
    assert computed(client, alliance, as_of="2023-01-15") == []


def test_the_computed_ones_come_in_pages(client: TestClient, alliance: str) -> None:
    said = [make_claim(client, alliance=alliance)["id"] for _ in range(3)]
    for day in ("2023-01-01", "2023-01-01", "2023-02-01"):
        relations = [
            {"kind": kind, "claim": claim} for claim in said for kind in ("denies", "contradicts")
        ]
        make_claim(client, alliance=alliance, relations=relations, effective_at=day)
    whole = computed(client, alliance)
    assert len(set(whole)) == 18
    for limit in (1, 4, 18):
        assert computed(client, alliance, limit=limit) == whole
    path = f"/v1/alliances/{alliance}/contradictions"
    cursor = client.get(path, params={"computed": "true", "limit": 1}).json()["next"]
    assert client.get(path, params={"cursor": cursor}).status_code == 400


def test_a_retracted_opposition_says_so(client: TestClient, alliance: str) -> None:
    said = make_claim(client, alliance=alliance)["id"]
    denies = make_claim(
        client, alliance=alliance, relations=[{"kind": "denies", "claim": said}],
        effective_at="2023-01-01",
    )["id"]  # fmt: skip
    make_claim(client, relations=[{"kind": "retracts", "claim": denies}], effective_at="2023-06-01")
    path = f"alliances/{alliance}/contradictions"
    for day, retracted in (("2023-05-01", False), ("2023-07-01", True)):
        (found,) = read(client, path, computed="true", as_of=day)["items"]
        assert found["retracted"] is retracted
        assert found["since"] == "2023-01-01T00:00:00Z"


def test_a_missing_alliance_has_no_contradictions(client: TestClient) -> None:
    for computed in ("true", "false"):
        response = client.get("/v1/alliances/nowhere/contradictions", params={"computed": computed})
        assert response.status_code == 404


@pytest.mark.parametrize(
    "more",
    [
        {"kind": "direct"},
        {"sort": "title"},
        {"q": "x"},
        {"fields": "id"},
        {"format": "csv"},
        {"total": "true"},
        {"include": "alliance"},
    ],
)
def test_what_the_computed_ones_cannot_be_asked_is_refused(
    client: TestClient, alliance: str, more: Body
) -> None:
    response = client.get(
        f"/v1/alliances/{alliance}/contradictions", params={"computed": "true", **more}
    )
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == f"?{next(iter(more))}"
