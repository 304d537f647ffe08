"""Claims: one proposition each, with speaker, carriers, grade and what it stands against."""

import pytest
from starlette.testclient import TestClient

from tests.helpers import (
    Body,
    delete,
    everything,
    ids,
    make_actor,
    make_alliance,
    make_claim,
    make_consequence,
    make_evidence,
    make_source,
    patch,
    read,
)

PERIOD = {"from": "2023-01-01", "to": "2023-06-30"}


def refused(client: TestClient, **said: object) -> list[str]:
    body = {"statement": "So.", "modality": "asserted", **said}
    response = client.post("/v1/claims", json=body)
    assert response.status_code == 422, response.text
    return [error["pointer"] for error in response.json()["errors"]]


@pytest.mark.parametrize("said", [{"modality": "not_observed"}, {"basis": "negative_finding"}])
def test_a_negative_finding_names_what_was_searched(client: TestClient, said: Body) -> None:
    assert refused(client, **said)
    assert refused(client, **said, period=PERIOD)
    assert refused(client, **said, corpus="Two newspapers")
    made = make_claim(client, **said, period=PERIOD, corpus="Two newspapers")
    assert (made["period"], made["corpus"]) == (PERIOD, "Two newspapers")
    response = client.patch(
        f"/v1/claims/{made['id']}", json={"corpus": None}, headers={"If-Match": "*"}
    )
    assert response.status_code == 422


def test_a_period_runs_forward(client: TestClient) -> None:
    assert refused(client, period={"from": "2023-02-01", "to": "2023-01-01"})
    assert make_claim(client, period={"from": "2023-02-01", "to": "2023-02-01"})["period"]


def test_an_unknown_credibility_is_six(client: TestClient) -> None:
    assert make_claim(client)["credibility"] == 6
    for value in (0, 7, "2", 2.0, True):
        assert refused(client, credibility=value) == ["/credibility"]


def test_a_claim_is_said_now_unless_it_is_dated(client: TestClient) -> None:
    made = make_claim(client)
    assert made["effective_at"] == made["recorded_at"]
    dated = make_claim(client, effective_at="2023-01-01")
    assert dated["effective_at"] == "2023-01-01T00:00:00Z"
    assert patch(client, f"claims/{made['id']}", note="x")["effective_at"] == made["effective_at"]
    undated = patch(client, f"claims/{dated['id']}", effective_at=None)
    assert undated["effective_at"] == dated["effective_at"]


@pytest.mark.parametrize(
    "locator",
    [
        {"start": 5}, {"end": 5}, {"start": 5, "end": 5}, {"start": 6, "end": 5}, {"start": -1},
        {"paragraph": 1.5}, {"sha256": "x"}, {"chapter": 1},
    ],
)  # fmt: skip
def test_a_locator_that_is_none_is_refused(client: TestClient, locator: Body) -> None:
    source = make_source(client)["id"]
    places = refused(client, carriers=[{"source": source, "locator": locator}])
    assert places[0].startswith("/carriers/0/locator")


def test_a_span_ends_where_the_text_of_its_source_does(client: TestClient) -> None:
    source = make_source(client, text="Ten chars.")
    bare = make_source(client)["id"]

    def said(end: int, source: str, **locator: str) -> Body:
        span = {"start": 1, "end": end, **locator}
        return {"carriers": [{"source": bare}, {"source": source, "locator": span}]}

    claim = make_claim(client, **said(10, source["id"]))["id"]
    make_claim(client, **said(11, bare))  # of which no text is known
    make_claim(client, **said(11, source["id"], sha256="0" * 64))  # of another text
    for known in ({}, {"sha256": source["text_sha256"]}):
        body = {"statement": "So.", "modality": "asserted", **said(11, source["id"], **known)}
        response = client.post("/v1/claims", json=body)
        assert response.status_code == 422, response.text
        (error,) = response.json()["errors"]
        assert error["pointer"] == "/carriers/1/locator/end"
        assert "(10)" in error["detail"]
    # What stood there already may stay there when the text becomes another.
    patch(client, f"sources/{source['id']}", text="Short.")
    assert patch(client, f"claims/{claim}", note="Read again.")["note"] == "Read again."


def test_a_claim_has_no_relation_to_itself_nor_one_twice(client: TestClient) -> None:
    claim, other = make_claim(client)["id"], make_claim(client)["id"]

    def change(*relations: tuple[str, str]) -> tuple[int, str]:
        body = {"relations": [{"kind": kind, "claim": named} for kind, named in relations]}
        response = client.patch(f"/v1/claims/{claim}", json=body, headers={"If-Match": "*"})
        errors = response.json().get("errors") or [{"pointer": ""}]
        return response.status_code, errors[0]["pointer"]

    assert change(("denies", claim)) == (422, "/relations/0/claim")
    assert change(("denies", other), ("denies", other)) == (422, "/relations/1/claim")
    assert change(("denies", other), ("restates", other)) == (200, "")
    assert change(("doubts", other))[1].startswith("/relations/0/kind")


def test_whoever_is_named_is_there_and_named_once(client: TestClient) -> None:
    actor = make_actor(client)
    assert refused(client, speaker="nobody") == ["/speaker"]
    assert refused(client, about=[actor["id"], actor["slug"]]) == ["/about/1"]
    assert refused(client, carriers=[{"source": "none"}]) == ["/carriers/0/source"]
    assert refused(client, alliance="none") == ["/alliance"]
    source = make_source(client)["slug"]
    carriers = [{"source": source, "locator": {"paragraph": number}} for number in (1, 2)]
    assert len(make_claim(client, carriers=carriers)["carriers"]) == 2


# --- Contested, retracted ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["denies", "contradicts"])
def test_a_claim_is_contested_while_an_unretracted_one_stands_against_it(
    client: TestClient, kind: str
) -> None:
    claim = make_claim(client, effective_at="2023-01-01")["id"]
    relations = [{"kind": kind, "claim": claim}]
    against = make_claim(client, relations=relations, effective_at="2023-02-01")["id"]
    relations = [{"kind": "retracts", "claim": against}]
    make_claim(client, relations=relations, effective_at="2023-03-01")
    for day, contested, retracted in (
        ("2023-01-31", False, False), ("2023-02-01", True, False), ("2023-03-01", False, True),
    ):  # fmt: skip
        assert read(client, f"claims/{claim}", as_of=day)["contested"] is contested
        assert ids(read(client, "claims", as_of=day, contested="true")) == (
            [claim] if contested else []
        )
        assert ids(read(client, "claims", as_of=day, retracted="true")) == (
            [against] if retracted else []
        )


@pytest.mark.parametrize("kind", ["supports", "restates"])
def test_what_supports_a_claim_does_not_contest_it(client: TestClient, kind: str) -> None:
    claim = make_claim(client)["id"]
    make_claim(client, relations=[{"kind": kind, "claim": claim}])
    assert read(client, f"claims/{claim}")["contested"] is False


def test_a_denial_that_is_deleted_or_changed_contests_no_more(client: TestClient) -> None:
    claim = make_claim(client)["id"]
    first, second = (
        make_claim(client, relations=[{"kind": "denies", "claim": claim}])["id"] for _ in "ab"
    )
    delete(client, f"claims/{first}")
    assert read(client, f"claims/{claim}")["contested"] is True
    patch(client, f"claims/{second}", relations=[])
    assert read(client, f"claims/{claim}")["contested"] is False


# --- Lists ----------------------------------------------------------------------------------------


def test_claims_are_found_by_what_they_are(client: TestClient) -> None:
    alliance = make_alliance(client)
    source = make_source(client, reliability="A")
    one = make_claim(
        client, alliance=alliance["id"], ref="C1", modality="denied", basis="denial",
        credibility=2, carriers=[{"source": source["id"]}], effective_at="2023-01-01",
    )["id"]  # fmt: skip
    two = make_claim(client, credibility=4, effective_at="2023-02-01")["id"]
    for params, found in (
        ({}, [two, one]),
        ({"sort": "effective_at"}, [one, two]),
        ({"sort": "-credibility"}, [two, one]),
        ({"alliance": alliance["slug"]}, [one]),
        ({"ref": "C1"}, [one]),
        ({"modality": ["denied", "predicted"]}, [one]),
        ({"basis": "denial"}, [one]),
        ({"source": source["slug"]}, [one]),
        ({"reliability": "A"}, [one]),
        ({"reliability": ["B", "C"]}, []),
        ({"credibility": [2, 3]}, [one]),
        ({"credibility_min": 3}, [two]),
        ({"credibility_max": 3}, [one]),
        ({"effective_from": "2023-01-02"}, [two]),
        ({"effective_to": "2023-02-01"}, [one]),
        ({"as_of": "2023-01-31"}, [one]),
    ):
        assert ids(read(client, "claims", **params)) == found, params


def test_the_claims_about_an_actor_are_the_same_by_every_plan(client: TestClient) -> None:
    """One actor at present is read from the link index; several, or the past, are not."""
    actors = [make_actor(client) for _ in range(2)]
    for number in range(7):
        about = [actor["id"] for index, actor in enumerate(actors) if number % (index + 2) == 0]
        make_claim(client, about=about, effective_at=f"2023-01-{1 + number // 2:02}",
                   credibility=1 + number % 3)  # fmt: skip
    for actor in actors:
        whole = [
            claim for claim in everything(client, "claims", limit=200)
            if actor["id"] in claim["about"]
        ]  # fmt: skip
        for params in (
            {"about": actor["id"]},
            {"about": actor["slug"]},
            {"about": [actor["id"], actor["slug"]]},
            {"about": actor["id"], "as_of": "2030-01-01"},
            {"about": actor["slug"], "known_at": "2030-01-01"},
        ):
            assert everything(client, "claims", limit=2, **params) == whole, params
        by_grade = sorted(whole, key=lambda claim: claim["id"])
        by_grade.sort(key=lambda claim: claim["credibility"])
        found = everything(client, "claims", about=actor["id"], sort="credibility", limit=2)
        assert found == by_grade
        counted = read(client, "claims", about=actor["id"], total="true", limit=1)
        assert counted["total"] == len(whole)
    assert everything(client, "claims", about="nobody") == []
    later = everything(
        client, "claims", about=actors[0]["id"], effective_from="2023-01-03", limit=1
    )
    assert all(claim["effective_at"] >= "2023-01-03" for claim in later)


def test_a_change_of_date_moves_a_claim_in_the_list_of_its_actor(client: TestClient) -> None:
    actor = make_actor(client)["id"]
    one = make_claim(client, about=[actor], effective_at="2023-01-01")["id"]
    two = make_claim(client, about=[actor], effective_at="2023-02-01")["id"]
    assert ids(read(client, "claims", about=actor)) == [two, one]
    patch(client, f"claims/{one}", effective_at="2023-03-01")
    assert ids(read(client, "claims", about=actor)) == [one, two]


def test_what_cannot_be_judged_is_no_worse_than_the_worst(client: TestClient) -> None:
    """6 is null: within no bounds, and last however it is sorted."""
    alliance = make_alliance(client)["id"]
    consequence = make_consequence(client, alliance)["id"]
    keys = {n: make_claim(client, alliance=alliance, credibility=n)["id"] for n in (5, 6, 1)}
    links = {n: make_evidence(client, consequence, key)["id"] for n, key in keys.items()}
    for path, made in (("claims", keys), (f"consequences/{consequence}/evidence", links)):
        assert ids(read(client, path, sort="credibility")) == [made[1], made[5], made[6]]
        assert ids(read(client, path, sort="-credibility")) == [made[5], made[1], made[6]]
        assert set(ids(read(client, path, credibility_max=6))) == {made[1], made[5]}
        assert len(everything(client, path, sort="-credibility", limit=1)) == 3
    assert ids(read(client, "claims", credibility_min=2)) == [keys[5]]
    assert ids(read(client, "claims", credibility=6)) == [keys[6]]


def test_a_claim_that_a_source_carries_twice_is_listed_once(client: TestClient) -> None:
    source, other = make_source(client), make_source(client)["id"]
    carriers = [{"source": source["id"], "locator": {"paragraph": number}} for number in (1, 2)]
    claim = make_claim(client, carriers=carriers, effective_at="2020-01-01T00:00:00Z")["id"]
    later = make_claim(client, carriers=[{"source": other}, carriers[0]])["id"]
    for key in (source["id"], source["slug"]):
        assert ids(read(client, "claims", source=key)) == [later, claim]
        assert ids(read(client, "claims", source=[key, other])) == [later, claim]
        assert ids(read(client, "claims", source=key, as_of="2021-01-01T00:00:00Z")) == [claim]
    assert ids(read(client, "claims", source=other)) == [later]
    assert (
        everything(client, "claims", source=source["id"], limit=1, sort="effective_at")
        == (read(client, "claims", source=source["id"], sort="effective_at")["items"])
    )


def test_a_list_of_the_past_is_one_of_what_stands_and_what_was_replaced(client: TestClient) -> None:
    actor = make_actor(client)["id"]
    made = [
        make_claim(client, about=[actor], effective_at=f"2020-01-{day:02}T00:00:00Z")
        for day in range(1, 10)
    ]
    then = made[-1]["recorded_at"]
    for number in (1, 4, 8):
        patch(client, f"claims/{made[number]['id']}", effective_at="2021-01-01T00:00:00Z")
    delete(client, f"claims/{made[5]['id']}")
    make_claim(client, about=[actor])
    for params in ({}, {"about": actor}, {"speaker": actor}, {"sort": "effective_at"}):
        asked = {**params, "known_at": then}
        whole = read(client, "claims", **asked, total="true", limit=200)
        wanted = [] if "speaker" in params else [claim["id"] for claim in made]
        assert ids(whole) == (wanted if "sort" in params else wanted[::-1]), params
        assert whole["total"] == len(wanted)
        for limit in (1, 2, 4):
            assert everything(client, "claims", **asked, limit=limit) == whole["items"], params


def test_flags_are_asked_for_the_claims_of_a_page_alone(
    client: TestClient, statements: list[str]
) -> None:
    """PostgreSQL would go through all relations of the store to show one."""
    make_claim(client, relations=[{"kind": "denies", "claim": make_claim(client)["id"]}])
    for query in ({}, {"known_at": "2200-01-01T00:00:00Z"}, {"about": "nobody"}):
        statements.clear()
        read(client, "claims", **query)
        (asked,) = statements
        # Each stands in the select around the page.
        shown = asked[: asked.index("FROM (SELECT ", asked.index(" AS retracted"))]
        page = asked[len(shown) :]
        assert ("LIMIT" in page, "relations.claim" in page) == (True, False)
        assert "EXISTS" not in shown
