"""Alliances: who is in them when, what is said of them when, and what stands under them."""

import pytest
from starlette.testclient import TestClient

from tests.helpers import (
    Body,
    delete,
    ids,
    make_actor,
    make_alliance,
    make_claim,
    make_consequence,
    make_contradiction,
    make_exchange,
    make_factor,
    make_item,
    read,
)


def test_a_member_is_one_from_its_date_to_its_date(client: TestClient) -> None:
    actors = [make_actor(client) for _ in range(3)]
    members: list[Body] = [
        {"actor": actors[0]["slug"], "since": "2023-01-01", "until": "2023-06-01"},
        {"actor": actors[1]["id"], "since": "2023-03-01"},
        {"actor": actors[2]["id"]},
    ]
    made = make_alliance(client, members=members)
    assert made["members"][0]["actor"] == actors[0]["id"]

    def member(number: int, day: str) -> bool:
        found = ids(read(client, "alliances", member=actors[number]["slug"], as_of=day))
        assert found in ([], [made["id"]])
        return bool(found)

    days = ("2022-12-31", "2023-01-01", "2023-05-31", "2023-06-01")
    assert [member(0, day) for day in days] == [False, True, True, False]
    assert [member(1, day) for day in days] == [False, False, True, True]
    assert [member(2, day) for day in days] == [True] * 4
    assert ids(read(client, "alliances", member=actors[0]["id"])) == []
    assert ids(read(client, "alliances", member=[actors[0]["id"], actors[1]["id"]])) == [made["id"]]
    both = read(client, f"alliances/{made['slug']}", include="members")["included"]["members"]
    assert ids({"items": both}) == [actor["id"] for actor in actors]
    delete(client, f"actors/{actors[0]['id']}")
    left = read(client, f"alliances/{made['slug']}", include="members")
    assert ids({"items": left["included"]["members"]}) == [actor["id"] for actor in actors[1:]]
    assert len(left["members"]) == 3


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"members": [{"actor": "nobody"}]}, "/members/0/actor"),
        ({"members": [{"actor": "a", "since": "2023-02-01", "until": "2023-02-01"}]}, "/members/0"),
        ({"statuses": [{"status": "rumoured", "since": "2023-01-01"}]}, "/statuses/0/status"),
        ({"statuses": [{"status": "reported"}]}, "/statuses/0/since"),
        ({"statuses": [{"status": "reported", "since": "2023-01-01"},
                       {"status": "denied", "since": "2023-01-01"}]}, "/statuses"),
        ({"slug": "No Slug"}, "/slug"),
        ({"name": "Bidi \u202e"}, "/name"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_by_its_place(client: TestClient, said: Body, place: str) -> None:
    body = {"slug": "a", "name": "A", **said}
    response = client.post("/v1/alliances", json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"].startswith(place)


def test_the_status_is_the_one_in_force_at_the_time(client: TestClient) -> None:
    statuses = [
        {"status": "in_force", "since": "2024-12-04"},
        {"status": "reported", "since": "2023-09-04", "note": "First."},
    ]
    made = make_alliance(client, statuses=statuses)
    assert [entry["status"] for entry in made["statuses"]] == ["reported", "in_force"]
    assert made["status"]["status"] == "in_force"
    path = f"alliances/{made['id']}"
    for day, status in (
        ("2023-09-03", None),
        ("2023-09-04", "reported"),
        ("2025-01-01", "in_force"),
    ):
        found = read(client, path, as_of=day)["status"]
        assert (found and found["status"]) == status
        for asked in ("reported", "in_force"):
            listed = ids(read(client, "alliances", status=asked, as_of=day))
            assert listed == ([made["id"]] if asked == status else [])
    assert make_alliance(client)["status"] is None


def test_an_alliance_counts_what_stands_under_it(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    exchange = make_exchange(client, alliance)
    make_item(client, alliance)
    make_factor(client, alliance)
    make_contradiction(client, alliance)
    make_consequence(client, alliance, effective_at="2023-06-01")
    claim = make_claim(client, alliance=alliance, effective_at="2023-06-01")
    make_item(client, make_alliance(client)["id"])
    found = read(client, f"alliances/{alliance}")
    assert found["counts"] == {
        "exchanges": 1, "items": 2, "factors": 1, "contradictions": 1, "consequences": 1,
        "claims": 3,
    }  # fmt: skip
    assert found["exchanges"] == [exchange]
    before = read(client, f"alliances/{alliance}", as_of="2023-01-01")["counts"]
    assert (before["consequences"], before["claims"]) == (0, 0)
    delete(client, f"claims/{claim['id']}")
    assert read(client, f"alliances/{alliance}")["counts"]["claims"] == 2
    known = read(client, f"alliances/{alliance}", known_at=claim["recorded_at"])["counts"]
    assert known["claims"] == 3


def test_alliances_are_sorted_by_name(client: TestClient) -> None:
    b, a = make_alliance(client, name="B")["id"], make_alliance(client, name="A")["id"]
    assert ids(read(client, "alliances", sort="name")) == [a, b]
    assert ids(read(client, "alliances", sort="-slug", limit=1)) in ([a], [b])
