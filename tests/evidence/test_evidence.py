"""Evidence: claims for and against, counted by where they come from."""

import pytest
from starlette.testclient import TestClient

from tests.helpers import (
    Body,
    delete,
    ids,
    make_alliance,
    make_claim,
    make_consequence,
    make_evidence,
    make_source,
    patch,
    read,
)


@pytest.fixture
def consequence(client: TestClient) -> str:
    """A consequence without evidence."""
    return str(make_consequence(client, make_alliance(client)["id"])["id"])


def carried(client: TestClient, *sources: str, **said: object) -> str:
    """A claim carried by sources."""
    carriers = [{"source": source} for source in sources]
    return str(make_claim(client, carriers=carriers, **said)["id"])


def evidence(client: TestClient, consequence: str, **params: object) -> list[Body]:
    items: list[Body] = read(client, f"consequences/{consequence}/evidence", **params)["items"]
    return items


def balance(client: TestClient, consequence: str, **params: object) -> Body:
    found: Body = read(client, f"consequences/{consequence}/evidence", **params)["balance"]
    judged = read(client, f"consequences/{consequence}/judgement", **params)["evidence"]
    assert judged == found
    return found


def test_a_link_shows_what_its_claim_says(client: TestClient, consequence: str) -> None:
    source = make_source(client, reliability="B")["id"]
    claim = carried(client, source, credibility=2, ref="C1", basis="press_report")
    made = make_evidence(
        client, consequence, claim, bearing="contradicts", diagnosticity="high", relevance="low",
        note="Weak.",
    )  # fmt: skip
    assert made["grade"] == "B2"
    assert (made["reliability"], made["credibility"]) == ("B", 2)
    assert (made["claim_ref"], made["basis"], made["modality"]) == (
        "C1",
        "press_report",
        "asserted",
    )
    assert made["origins"] == [source]
    assert made["contested"] is made["retracted"] is False
    assert read(client, f"consequences/{consequence}/evidence/{made['id']}") == made


def test_ten_reprints_of_one_communique_are_one_origin(
    client: TestClient, consequence: str
) -> None:
    first = make_source(client)["id"]
    chain = [first]
    for number in range(10):
        # Some copy the first, some copy a copy.
        chain.append(make_source(client, derived_from=chain[number // 2])["id"])
    for source in chain[1:]:
        make_evidence(client, consequence, carried(client, source))
    assert balance(client, consequence) == {
        "supports": 10, "contradicts": 0, "neutral": 0, "contested": 0,
        "origins_for": 1, "origins_against": 0,
    }  # fmt: skip
    assert {tuple(item["origins"]) for item in evidence(client, consequence)} == {(first,)}
    other = make_source(client)["id"]
    make_evidence(client, consequence, carried(client, other, chain[4]))
    make_evidence(client, consequence, carried(client, other), bearing="contradicts")
    found = balance(client, consequence)
    assert (found["supports"], found["contradicts"]) == (11, 1)
    assert (found["origins_for"], found["origins_against"]) == (2, 1)


def test_origins_are_those_that_were_known_then(client: TestClient, consequence: str) -> None:
    one, two = make_source(client)["id"], make_source(client)["id"]
    claims = [carried(client, source, effective_at="2023-01-01") for source in (one, two)]
    made = [make_evidence(client, consequence, claim) for claim in claims]
    assert balance(client, consequence)["origins_for"] == 2
    patch(client, f"sources/{two}", derived_from=one)
    assert balance(client, consequence)["origins_for"] == 1
    assert balance(client, consequence, known_at=made[1]["recorded_at"])["origins_for"] == 2


def test_the_best_known_grade_of_the_carriers_counts(client: TestClient, consequence: str) -> None:
    grades = [make_source(client, reliability=grade)["id"] for grade in "FCD"]
    made = make_evidence(client, consequence, carried(client, *grades, credibility=3))
    assert made["grade"] == "C3"
    bare = make_evidence(client, consequence, make_claim(client)["id"])
    assert bare["grade"] is bare["reliability"] is None
    assert bare["origins"] == []


def test_a_reprint_does_not_lift_the_grade_of_what_it_copies(
    client: TestClient, consequence: str
) -> None:
    first = make_source(client, reliability="C")["id"]
    agency = make_source(client, reliability="B", derived_from=first)["id"]
    for carriers in ([agency], [first, agency]):
        made = make_evidence(client, consequence, carried(client, *carriers, credibility=2))
        assert (made["grade"], made["origins"]) == ("C2", [first])
    other = make_source(client, reliability="A")["id"]
    assert make_evidence(client, consequence, carried(client, agency, other))["grade"] == "A6"
    # Without its original in sight a copy is all that is known of where the claim comes from.
    delete(client, f"sources/{first}")
    found = evidence(client, consequence)
    assert [(item["reliability"], item["origins"]) for item in found[:2]] == [("B", [agency])] * 2


def test_a_claim_that_is_denied_is_contested_until_the_denial_is_retracted(
    client: TestClient, consequence: str
) -> None:
    claim = make_claim(client, effective_at="2023-01-01")["id"]
    make_evidence(client, consequence, claim)
    denial = make_claim(
        client, modality="denied", relations=[{"kind": "denies", "claim": claim}],
        effective_at="2023-02-01",
    )["id"]  # fmt: skip
    make_claim(client, relations=[{"kind": "retracts", "claim": denial}], effective_at="2023-03-01")
    for day, contested in (("2023-01-15", False), ("2023-02-15", True), ("2023-03-15", False)):
        (item,) = evidence(client, consequence, as_of=day)
        assert item["contested"] is contested, day
        assert balance(client, consequence, as_of=day)["contested"] == int(contested)
        assert len(evidence(client, consequence, as_of=day, contested="true")) == int(contested)
        assert read(client, f"claims/{claim}", as_of=day)["contested"] is contested


def test_a_retracted_claim_counts_no_more(client: TestClient, consequence: str) -> None:
    source = make_source(client)["id"]
    claim = carried(client, source, effective_at="2023-01-01")
    made = make_evidence(client, consequence, claim)
    make_claim(client, relations=[{"kind": "retracts", "claim": claim}], effective_at="2023-02-01")
    assert balance(client, consequence, as_of="2023-01-15")["origins_for"] == 1
    after = balance(client, consequence)
    assert (after["supports"], after["origins_for"]) == (0, 0)
    assert ids({"items": evidence(client, consequence, retracted="true")}) == [made["id"]]
    assert evidence(client, consequence, retracted="false") == []


def test_what_had_not_been_said_yet_is_no_evidence(client: TestClient, consequence: str) -> None:
    claim = make_claim(client, effective_at="2023-06-01")["id"]
    make_evidence(client, consequence, claim)
    assert evidence(client, consequence, as_of="2023-05-31") == []
    assert balance(client, consequence, as_of="2023-05-31")["supports"] == 0
    assert len(evidence(client, consequence, as_of="2023-06-01")) == 1


def test_evidence_goes_with_its_claim(client: TestClient, consequence: str) -> None:
    claim = make_claim(client)["id"]
    made = make_evidence(client, consequence, claim)
    delete(client, f"claims/{claim}")
    assert evidence(client, consequence) == []
    assert balance(client, consequence)["supports"] == 0
    past = evidence(client, consequence, known_at=made["recorded_at"])
    assert ids({"items": past}) == [made["id"]]


def test_a_claim_bears_once_on_the_outcome_and_once_on_the_cause(
    client: TestClient, consequence: str
) -> None:
    claim = make_claim(client)["id"]
    first = make_evidence(client, consequence, claim)
    second = make_evidence(client, consequence, claim, bears_on="cause")
    path = f"consequences/{consequence}/evidence"
    body = {"claim": claim, "bears_on": "outcome", "bearing": "neutral"}
    response = client.post(f"/v1/{path}", json=body)
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (409, "/claim")
    response = client.patch(
        f"/v1/{path}/{second['id']}", json={"bears_on": "outcome"}, headers={"If-Match": "*"}
    )
    assert response.status_code == 409
    assert patch(client, f"{path}/{second['id']}", bearing="neutral")["bearing"] == "neutral"
    delete(client, f"{path}/{first['id']}")
    assert client.post(f"/v1/{path}", json=body).status_code == 201


def test_evidence_on_the_cause_is_not_in_the_balance_of_the_outcome(
    client: TestClient, consequence: str
) -> None:
    make_evidence(client, consequence, make_claim(client)["id"], bears_on="cause")
    assert balance(client, consequence)["supports"] == 0


def test_the_claim_of_a_link_is_said_once(client: TestClient, consequence: str) -> None:
    made = make_evidence(client, consequence, make_claim(client)["id"])
    path = f"/v1/consequences/{consequence}/evidence/{made['id']}"
    other = make_claim(client)["id"]
    response = client.patch(path, json={"claim": other}, headers={"If-Match": "*"})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/claim")


def test_evidence_is_filtered_and_sorted_by_its_claim(client: TestClient, consequence: str) -> None:
    made: list[str] = []
    for credibility, day, bearing, degree in (
        (5, "2023-01-01", "supports", "high"),
        (1, "2023-03-01", "contradicts", "low"),
        (3, "2023-02-01", "neutral", None),
    ):
        claim = make_claim(client, credibility=credibility, effective_at=day)["id"]
        link = make_evidence(
            client, consequence, claim, bearing=bearing, diagnosticity=degree, relevance=degree
        )
        made.append(link["id"])
    one, two, three = made

    def found(**params: object) -> list[str]:
        return ids({"items": evidence(client, consequence, **params)})

    assert found() == [one, three, two]
    assert found(sort="credibility") == [two, three, one]
    assert found(credibility_max=3, sort="id") == [two, three]
    assert found(bearing=["supports", "neutral"]) == [one, three]
    assert found(diagnosticity="high") == found(relevance="high") == [one]
    paged = evidence(client, consequence, limit=1)
    assert ids({"items": paged}) == [one]
    table = client.get(f"/v1/consequences/{consequence}/evidence?format=csv").text
    assert len(table.splitlines()) == 4


def test_a_page_of_evidence_costs_the_same_however_long(
    client: TestClient, consequence: str, statements: list[str]
) -> None:
    path = f"consequences/{consequence}/evidence"
    counts = []
    for _ in range(3):
        make_evidence(client, consequence, carried(client, make_source(client)["id"]))
        statements.clear()
        read(client, path)
        counts.append(len(statements))
    assert len(set(counts)) == 1
