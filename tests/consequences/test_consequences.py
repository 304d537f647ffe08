"""Consequences: what may be said of one, what they are parts and causes of, how they are found."""

import pytest
from starlette.testclient import TestClient

from tests.helpers import (
    Body,
    everything,
    ids,
    make,
    make_actor,
    make_alliance,
    make_assessor,
    make_consequence,
    patch,
    rate,
    read,
)

MISSING = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
def alliance(client: TestClient) -> str:
    """An alliance to put consequences in."""
    return str(make_alliance(client)["id"])


def refused(client: TestClient, path: str, body: Body) -> list[str]:
    response = client.patch(f"/v1/{path}", json=body, headers={"If-Match": "*"})
    assert response.status_code == 422, response.text
    return [error["pointer"] for error in response.json()["errors"]]


def test_a_consequence_stands_in_the_alliance_of_its_path(client: TestClient) -> None:
    alliance = make_alliance(client)
    made = make_consequence(client, alliance["slug"])
    assert made["alliance"] == alliance["id"]
    assert made["judgement"]["n"] == 0
    assert read(client, f"consequences/{made['id']}")["id"] == made["id"]
    other = make(
        client, "consequences",
        {"alliance": alliance["slug"], "title": "Other", "category": "economic"},
    )  # fmt: skip
    assert ids(read(client, "consequences", alliance=alliance["slug"])) == [made["id"], other["id"]]
    assert client.get(f"/v1/alliances/{alliance['id']}/consequences?alliance=x").status_code == 422


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"category": "Military"}, "/category"),
        ({"base_rate": 0}, "/base_rate"),
        ({"base_rate": 1}, "/base_rate"),
        ({"resolves_on": "2024-13-01"}, "/resolves_on"),
        ({"resolves_on": "20240101"}, "/resolves_on"),
        ({"affected": ["nobody"]}, "/affected/0"),
        ({"part_of": MISSING}, "/part_of"),
        ({"caused_by": [{"consequence": MISSING}]}, "/caused_by/0/consequence"),
        ({"caused_by": [{"consequence": MISSING, "strength": 1.5}]}, "/caused_by/0/strength"),
        ({"title": " "}, "/title"),
        ({"title": None}, "/title"),
    ],
)
def test_a_wrong_value_is_told_by_its_place(
    client: TestClient, alliance: str, said: Body, place: str
) -> None:
    body = {"title": "T", "category": "military", **said}
    response = client.post(f"/v1/alliances/{alliance}/consequences", json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == place


# --- Parts and causes -----------------------------------------------------------------------------


def test_nothing_is_a_part_of_itself_however_long_the_way_round(
    client: TestClient, alliance: str
) -> None:
    whole = make_consequence(client, alliance)["id"]
    part = make_consequence(client, alliance, part_of=whole)["id"]
    detail = make_consequence(client, alliance, part_of=part)["id"]
    assert refused(client, f"consequences/{whole}", {"part_of": whole}) == ["/part_of"]
    assert refused(client, f"consequences/{whole}", {"part_of": detail}) == ["/part_of"]
    assert patch(client, f"consequences/{detail}", part_of=whole)["part_of"] == whole
    assert ids(read(client, "consequences", part_of=whole)) == [part, detail]


def test_nothing_is_its_own_cause_however_long_the_way_round(
    client: TestClient, alliance: str
) -> None:
    first, side = (make_consequence(client, alliance)["id"] for _ in "ab")
    second = make_consequence(
        client, alliance, caused_by=[{"consequence": first, "strength": 0.3}]
    )["id"]
    causes = [{"consequence": side}, {"consequence": second}]
    third = make_consequence(client, alliance, caused_by=causes)["id"]
    place = ["/caused_by/1/consequence"]
    for here, cause in ((first, third), (second, third), (first, first)):
        body = {"caused_by": [{"consequence": side}, {"consequence": cause}]}
        assert refused(client, f"consequences/{here}", body) == place
    body = {"caused_by": [{"consequence": side}, {"consequence": side}]}
    assert refused(client, f"consequences/{first}", body) == place
    assert ids(read(client, "consequences", caused_by=second)) == [third]
    # A diamond is no circle, and a part may be caused by what its whole is caused by.
    patch(client, f"consequences/{third}", caused_by=[{"consequence": first}, *causes])
    patch(client, f"consequences/{third}", part_of=second)
    page = read(client, "consequences", include="caused_by,part_of", caused_by=second)
    included = page["items"][0]["included"]
    assert ids({"items": included["caused_by"]}) == [first, side, second]
    assert ids({"items": included["part_of"]}) == [second]


def test_a_circle_may_not_be_closed_when_the_record_is_changed_otherwise(
    client: TestClient, alliance: str
) -> None:
    first = make_consequence(client, alliance)["id"]
    second = make_consequence(client, alliance, caused_by=[{"consequence": first}])["id"]
    assert patch(client, f"consequences/{second}", title="New")["caused_by"] == [
        {"consequence": first, "strength": None}
    ]


def test_a_circle_is_looked_for_along_the_way_and_not_in_all_of_the_alliance(
    client: TestClient, alliance: str, statements: list[str]
) -> None:
    for _ in range(3):
        make_consequence(client, alliance)
    whole = make_consequence(client, alliance)["id"]
    part = make_consequence(client, alliance, part_of=whole)["id"]
    statements.clear()
    make_consequence(client, alliance, part_of=part)
    asked = [line for line in statements if line.startswith("SELECT consequences.part_of")]
    assert len(asked) == 2  # of the part, and of its whole
    assert all("consequences.id IN (" in " ".join(line.split()) for line in asked)
    assert refused(client, f"consequences/{whole}", {"part_of": part}) == ["/part_of"]


# --- Lists ----------------------------------------------------------------------------------------


def test_consequences_are_found_by_what_they_are(client: TestClient, alliance: str) -> None:
    actor = make_actor(client)
    one = make_consequence(
        client, alliance, ref="F01", category="sanctions", affected=[actor["slug"]],
        resolves_on="2024-06-01", effective_at="2023-06-01",
    )["id"]  # fmt: skip
    two = make_consequence(client, alliance, ref="F02", resolves_on="2025-06-01")["id"]
    three = make_consequence(client, alliance)["id"]
    path = f"alliances/{alliance}/consequences"
    assert ids(read(client, path, ref=["F01", "F03"])) == [one]
    assert ids(read(client, path, category="sanctions")) == [one]
    assert ids(read(client, path, affected=actor["id"])) == [one]
    assert ids(read(client, path, resolves_from="2025-01-01")) == [two]
    assert ids(read(client, path, resolves_to="2025-06-01")) == [one]
    assert ids(read(client, path, sort="resolves_on")) == [one, two, three]
    assert ids(read(client, path, sort="-resolves_on")) == [two, one, three]
    assert ids(read(client, path, sort="-ref", limit=1)) == [two]
    assert ids(read(client, path, as_of="2023-05-31")) == [two, three]
    assert ids(read(client, path, as_of="2023-06-01")) == [one, two, three]


def test_days_of_resolution_that_meet_or_miss_are_paged_through(
    client: TestClient, alliance: str
) -> None:
    for day in ("2024-06-01", None, "2024-06-01", None, "2023-01-01"):
        make_consequence(client, alliance, resolves_on=day)
    path = f"alliances/{alliance}/consequences"
    for sort in ("resolves_on", "-resolves_on"):
        whole = ids(read(client, path, sort=sort))
        assert ids({"items": everything(client, path, sort=sort, limit=1)}) == whole


# --- The risk matrix ------------------------------------------------------------------------------


def test_the_risk_matrix_places_what_is_rated(client: TestClient, alliance: str) -> None:
    one, two = (make_assessor(client)["slug"] for _ in "ab")
    high = make_consequence(client, alliance, ref="F01")["id"]
    low, bare, unrated = (make_consequence(client, alliance)["id"] for _ in "abc")
    interval = {"point": 0.85, "low": 0.5, "high": 0.9}
    rate(client, high, one, interval, impact=5, effective_at="2023-01-01")
    rate(client, low, one, 0.1, impact=1, effective_at="2023-01-01")
    rate(client, low, two, 0.1, impact=2, effective_at="2023-01-01")
    rate(client, bare, one, 0.5, effective_at="2023-01-01")
    found = read(client, f"alliances/{alliance}/risk-matrix")
    placed = {item["consequence"]: item for item in found["items"]}
    assert found["cells"][4][4] == [high]
    assert found["cells"][0][1] == [low]
    assert sum(len(cell) for row in found["cells"] for cell in row) == 2
    assert found["unplaced"] == [bare, unrated]
    assert (placed[high]["row_low"], placed[high]["row_high"]) == (2, 4)
    assert (placed[high]["level"], placed[high]["level_name"]) == (4, "very high")
    assert placed[high]["expected_impact"] == pytest.approx(4.25)
    assert (placed[high]["ref"], placed[low]["n"], placed[low]["impact"]) == ("F01", 2, 2)
    assert (placed[bare]["likelihood_row"], placed[bare]["level"]) == (2, None)
    assert placed[unrated]["likelihood_row"] is placed[unrated]["probability"] is None
    assert (found["matrix"]["name"], found["matrix"]["matrix_version"]) == ("iso27005-5x5", 1)
    past = read(client, f"alliances/{alliance}/risk-matrix", as_of="2022-12-31")
    assert past["unplaced"] == [high, low, bare, unrated]


@pytest.mark.parametrize("edge", [0.2, 0.45, 0.55, 0.8])
def test_the_lower_edge_of_a_row_belongs_to_it(
    client: TestClient, alliance: str, edge: float
) -> None:
    assessor = make_assessor(client)["slug"]
    at, below = (make_consequence(client, alliance)["id"] for _ in "ab")
    made = rate(client, at, assessor, edge, impact=3)
    under = rate(client, below, assessor, edge - 1e-9, impact=3)
    found = {
        item["consequence"]: item
        for item in read(client, f"alliances/{alliance}/risk-matrix")["items"]
    }
    assert found[at]["likelihood_row"] == found[below]["likelihood_row"] + 1
    assert found[at]["level"] == made["risk_level"]
    assert found[below]["level"] == under["risk_level"]
    listed = read(client, f"consequences/{at}")["judgement"]["risk"]
    assert listed["level"] == made["risk_level"]


def test_another_matrix_may_be_asked_for(client: TestClient, alliance: str) -> None:
    body = {"name": "flat", "cuts": [0.1, 0.2, 0.3, 0.4], "grid": [[2] * 5] * 5}
    make(client, "matrices", body)
    consequence = make_consequence(client, alliance)["id"]
    rate(client, consequence, make_assessor(client)["slug"], 0.05, impact=1)
    path = f"alliances/{alliance}/risk-matrix"
    assert read(client, path)["items"][0]["level"] == 0
    assert read(client, path, matrix="flat")["items"][0]["level"] == 2
    assert ids(read(client, "consequences", matrix="flat", risk_level=2)) == [consequence]
    judged = read(client, f"consequences/{consequence}", matrix="flat")["judgement"]["risk"]
    assert (judged["matrix"], judged["name"]) == ("flat", "medium")
    judged = f"consequences/{consequence}"
    for asked in (path, "consequences", judged, f"{judged}/judgement", f"{judged}/history"):
        for query in ("matrix=none-such", "matrix=flat&as_of=1900-01-01T00:00:00Z"):
            refused = client.get(f"/v1/{asked}?{query}")
            assert refused.status_code == 422, asked
            assert refused.json()["errors"][0]["pointer"] == "?matrix"
    assert client.get("/v1/alliances/nowhere/risk-matrix").status_code == 404
