"""The judgement in full: what is in it beside the pools."""

from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from tests.helpers import (
    make_alliance,
    make_assessor,
    make_consequence,
    patch,
    rate,
    read,
)


@pytest.fixture
def consequence(client: TestClient) -> str:
    """A consequence to be judged."""
    return str(make_consequence(client, make_alliance(client)["id"])["id"])


def test_not_rated_is_nothing_but_a_count_of_nought(client: TestClient, consequence: str) -> None:
    found = read(client, f"consequences/{consequence}/judgement")
    assert found.pop("weights") == []
    assert found.pop("evidence") == dict.fromkeys(
        ("supports", "contradicts", "neutral", "contested", "origins_for", "origins_against"), 0
    )
    assert found.pop("consequence") == consequence
    assert found.pop("as_of")
    assert found.pop("n") == 0
    assert set(found.values()) == {None}
    assert read(client, f"consequences/{consequence}/history")["items"] == []


def test_dissent_is_told_with_its_rationale(client: TestClient, consequence: str) -> None:
    ratings = []
    for probability in (0.6, 0.7, 0.1):
        slug = make_assessor(client)["slug"]
        said = f"Because {probability}."
        ratings.append(rate(client, consequence, slug, probability, rationale=said))
    found = read(client, f"consequences/{consequence}")["judgement"]["dissent"]
    assert found == {
        "rating": ratings[2]["id"],
        "assessor": ratings[2]["assessor"],
        "probability": 0.1,
        "rationale": "Because 0.1.",
    }


def test_one_alone_does_not_dissent(client: TestClient, consequence: str) -> None:
    rate(client, consequence, make_assessor(client)["slug"], 0.6)
    assert read(client, f"consequences/{consequence}")["judgement"]["dissent"] is None


def test_the_domain_document_s_numbers_come_out(client: TestClient, consequence: str) -> None:
    for probability in (0.1, 0.2, 0.4, 0.5):
        rate(client, consequence, make_assessor(client)["slug"], probability)
    path = f"consequences/{consequence}/judgement"

    def point(**way: object) -> float:
        return float(read(client, path, **way)["probability"]["point"])

    assert point() == pytest.approx(0.2694832, abs=1e-7)
    assert point(extremize=2.5) == pytest.approx(0.0763423, abs=1e-7)
    assert point(extremize="auto") == pytest.approx(0.1853440, abs=1e-7)
    assert point(method="linear") == pytest.approx(0.30)
    assert point(method="median") == pytest.approx(0.30)
    assert read(client, path, extremize="auto")["extremize"] == pytest.approx(1.484641, abs=1e-6)
    assert read(client, path)["pools"] == read(client, path, method="median")["pools"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("method", "mean"), ("extremize", "0"), ("extremize", "11"), ("extremize", "1e1"),
        ("extremize", "much"), ("extremize", "-1"), ("extremize", "."), ("half_life_days", "0"),
        ("half_life_days", "1e3"), ("half_life_days", "200000"), ("include_machine", "1"),
        ("matrix", "No Such"), ("oops", "1"),
    ],
)  # fmt: skip
def test_a_way_of_pooling_that_is_not_offered_is_refused(
    client: TestClient, consequence: str, name: str, value: str
) -> None:
    for path in ("judgement", "history"):
        response = client.get(f"/v1/consequences/{consequence}/{path}", params={name: value})
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == f"?{name}"


def test_words_come_in_both_scales_and_tell_a_gap(client: TestClient, consequence: str) -> None:
    assessor = make_assessor(client)["slug"]
    for probability, icd203, phia, exact in (
        (0.62, "likely", "likely or probable", True),
        (0.07, "very unlikely", "remote chance", False),
        (0.005, "almost no chance", "remote chance", True),
        (0.52, "roughly even chance", "realistic possibility", False),
    ):
        rate(client, consequence, assessor, probability)
        words = read(client, f"consequences/{consequence}")["judgement"]["words"]
        assert words == {"icd203": icd203, "phia": phia, "phia_exact": exact}


def test_a_judgement_goes_stale_without_moving(client: TestClient, consequence: str) -> None:
    one, two = (make_assessor(client)["slug"] for _ in "ab")
    rate(client, consequence, one, 0.6, effective_at="2023-01-01", review_by="2023-07-01")
    rate(client, consequence, two, 0.6, effective_at="2023-02-01", review_by="2023-06-01")
    path = f"consequences/{consequence}/judgement"
    fresh, stale = (read(client, path, as_of=day) for day in ("2023-06-01", "2023-06-02"))
    assert (fresh["stale"], stale["stale"]) == (False, True)
    assert fresh["probability"] == stale["probability"]
    assert fresh["review_by"] == "2023-06-01T00:00:00Z"
    assert fresh["last_rated_at"] == "2023-02-01T00:00:00Z"
    assert fresh["days_since_rated"] == pytest.approx(120)
    assert read(client, path)["stale"] is True


def test_confidence_moves_no_number(client: TestClient, consequence: str) -> None:
    assessor = make_assessor(client)["slug"]
    shown = []
    for confidence in ("low", "moderate", "high"):
        rate(client, consequence, assessor, 0.6, impact=4, confidence=confidence)
        found = read(client, f"consequences/{consequence}")["judgement"]
        assert found["confidence"] == confidence
        shown.append((found["probability"], found["risk"]))
    assert shown[0] == shown[1] == shown[2]


def test_recency_weighs_and_is_told(client: TestClient, consequence: str) -> None:
    now = datetime.now(UTC)
    for age, probability in ((20, 0.2), (10, 0.4), (0, 0.8)):
        at = (now - timedelta(days=age)).isoformat()
        slug = make_assessor(client)["slug"]
        rate(client, consequence, slug, probability, effective_at=at)
    found = read(client, f"consequences/{consequence}/judgement", half_life_days=10)
    weights = [weight["weight"] for weight in found["weights"]]
    assert weights == pytest.approx([1 / 7, 2 / 7, 4 / 7], abs=1e-6)
    assert found["pools"]["linear"] == pytest.approx((0.2 + 0.8 + 3.2) / 7, abs=1e-6)


def test_a_renamed_assessor_s_dissent_and_weights_stay_its_own(
    client: TestClient, consequence: str
) -> None:
    assessors = [make_assessor(client) for _ in range(2)]
    for assessor, probability in zip(assessors, (0.2, 0.3), strict=True):
        rate(client, consequence, assessor["slug"], probability)
    patch(client, f"assessors/{assessors[0]['slug']}", name="Another Name")
    found = read(client, f"consequences/{consequence}/judgement")
    assert {weight["assessor"] for weight in found["weights"]} == {
        assessor["slug"] for assessor in assessors
    }


def test_what_is_not_there_is_not_judged(client: TestClient, consequence: str) -> None:
    for path in ("judgement", "history"):
        assert client.get(f"/v1/consequences/F01/{path}").status_code == 404
        missing = "01890000-0000-7000-8000-000000000000"
        assert client.get(f"/v1/consequences/{missing}/{path}").status_code == 404
    client.delete(f"/v1/consequences/{consequence}", headers={"If-Match": "*"})
    for path in ("judgement", "history", "evidence", "ratings"):
        assert client.get(f"/v1/consequences/{consequence}/{path}").status_code == 410
