"""Competing hypotheses: what speaks against each, for whom, and as of when."""

import csv
import io
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.kernel.db import Database
from tests.access.people import People
from tests.helpers import (
    Body,
    counting,
    delete,
    evaluate,
    make,
    make_alliance,
    make_assessor,
    make_claim,
    make_consequence,
    make_question,
    patch,
    read,
)

THREE = [{"key": key, "text": f"It is {key}"} for key in ("H1", "H2", "H3")]
GRADES, RELEVANCE = (1, 3, 5), ("high", "low", "medium")
REFERENCE = ["I/C/II", "C/I/I", "II/N/C"]
"""The worked example of the design: its inconsistencies are 3.4142, 0.7071 and 4.7071."""


def reference(client: TestClient, **said: Any) -> tuple[str, Body]:
    """The alliance and the question of the worked example."""
    alliance = make_alliance(client)["id"]
    claims = [
        make_claim(client, alliance=alliance, ref=f"e{n}", credibility=grade,
                   effective_at=f"2023-0{n}-01")["id"]
        for n, grade in enumerate(GRADES, start=1)
    ]  # fmt: skip
    items = [
        {"claim": claim, "relevance": relevance}
        for claim, relevance in zip(claims, RELEVANCE, strict=True)
    ]
    body = {"hypotheses": THREE, "items": items, "ref": "Q01", **said}
    return alliance, make_question(client, alliance, [], **body)


def ach(client: TestClient, alliance: str, **params: Any) -> Body:
    return read(client, f"alliances/{alliance}/ach", **params)


def sums(found: Body, name: str = "weighted_inconsistency") -> dict[str, float | None]:
    return {hypothesis["key"]: hypothesis[name] for hypothesis in found["hypotheses"]}


def cell(found: Body, item: int, key: str) -> Body:
    one: Body = next(c for c in found["items"][item]["cells"] if c["hypothesis"] == key)
    return one


def refusal(client: TestClient, path: str, body: Body) -> tuple[int, str]:
    answer = client.post(f"/v1/{path}", json=body)
    return answer.status_code, answer.json()["errors"][0]["pointer"]


def test_the_reference_example_comes_out_of_the_api(client: TestClient) -> None:
    alliance, question = reference(client)
    nothing = ach(client, alliance)
    assert (nothing["n"], nothing["leaders"], nothing["sensitivity"]) == (0, [], [])
    assert sums(nothing) == dict.fromkeys(("H1", "H2", "H3"))

    evaluate(client, question, make_assessor(client)["slug"], REFERENCE)
    found = ach(client, alliance)
    expected = {"H1": 3.4142, "H2": 0.7071, "H3": 4.7071}
    assert sums(found) == pytest.approx(expected, abs=5e-5)
    assert sums(found, "inconsistency") == {"H1": 3, "H2": 1, "H3": 3}
    assert sums(found, "rank") == {"H1": 2, "H2": 1, "H3": 3}
    assert found["leaders"] == ["H2"]
    assert [h["leads"] for h in found["hypotheses"]] == [False, True, False]
    assert found["sensitivity"] == [
        {"claim": question["items"][0]["claim"], "claim_ref": "e1", "leaders": ["H2", "H3"]}
    ]
    assert [item["credibility"] for item in found["items"]] == ["high", "medium", "low"]
    assert [item["weight"] for item in found["items"]] == pytest.approx([2, 0.5**0.5, 0.5**0.5])
    assert found["items"][0]["diagnosticity"] == pytest.approx(1.2472, abs=5e-5)
    assert "not probabilities" in found["reading_aid"]


def test_an_unknown_grade_and_relevance_are_null_and_not_weighed(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    claims = [make_claim(client, alliance=alliance, credibility=n)["id"] for n in (6, 2, 4)]
    question = make_question(client, alliance, claims)
    evaluate(client, question, make_assessor(client)["slug"], ["I/C", "II/NA", "C/-"])
    found = ach(client, alliance)
    levels = [(item["credibility"], item["relevance"]) for item in found["items"]]
    assert levels == [(None, None), ("high", None), ("low", None)]
    assert [item["weight"] for item in found["items"]] == pytest.approx([1, 2**0.5, 0.5**0.5])
    assert sums(found, "rated") == {"H1": 3, "H2": 1}
    assert cell(found, 1, "H2")["by"][0]["cell"] == "NA"
    assert cell(found, 1, "H2")["consistency"] is None
    assert cell(found, 2, "H2")["by"] == []


def test_a_group_shows_its_mean_and_where_it_disagrees(client: TestClient) -> None:
    alliance, question = reference(client)
    ann, bob = (make_assessor(client)["slug"] for _ in range(2))
    evaluate(client, question, ann, REFERENCE, rationale="By the ships.")
    evaluate(client, question, bob, ["I/CC/CC", "C/I/I", "II/N/C"])
    found = ach(client, alliance)
    assert found["n"] == 2
    assert [row["assessor"] for row in found["assessors"]] == [ann, bob]
    split = cell(found, 0, "H3")
    assert (split["consistency"], split["inconsistency"], split["disagreement"]) == (0, 1, 2)
    assert split["by"] == [{"assessor": ann, "cell": "II"}, {"assessor": bob, "cell": "CC"}]
    first = found["disagreements"][0]
    assert (first["hypothesis"], first["spread"], first["lowest"], first["highest"]) == (
        "H3", 2, -2, 2,
    )  # fmt: skip
    alone = ach(client, alliance, assessor=bob)
    assert (alone["n"], alone["disagreements"]) == (1, [])
    assert sums(alone)["H3"] == pytest.approx(0.5**0.5)
    assert ach(client, alliance, assessor="nobody-here")["n"] == 0
    assert ach(client, alliance, assessor=[ann, bob])["n"] == 2


def test_the_next_evaluation_takes_the_place_of_the_last(client: TestClient) -> None:
    alliance, question = reference(client)
    ann = make_assessor(client)["slug"]
    first = evaluate(client, question, ann, REFERENCE, effective_at="2023-04-01")
    evaluate(client, question, ann, ["C/I/C", "C/I/C", "C/I/C"], effective_at="2023-06-01")
    path = f"questions/{question['id']}/evaluations"
    page = read(client, path, assessor=ann, sort="effective_at")
    assert [row["ended_at"] for row in page["items"]] == ["2023-06-01T00:00:00Z", None]
    assert read(client, f"{path}/{first['id']}", as_of="2023-05-01")["ended_at"] is None
    assert ach(client, alliance)["leaders"] == ["H1", "H3"]
    assert ach(client, alliance, as_of="2023-05-01")["leaders"] == ["H2"]
    # Before March the third claim hadn't been made, and nobody had evaluated anything.
    early = ach(client, alliance, as_of="2023-02-15")
    assert (early["n"], [item["claim_ref"] for item in early["items"]]) == (0, ["e1", "e2"])
    # What holds nothing any more says so with no items.
    before = read(client, "changes")["items"][-1]["time"]
    make(client, path, {"assessor": ann, "items": []})
    assert ach(client, alliance)["leaders"] == []
    assert ach(client, alliance, known_at=before)["leaders"] == ["H1", "H3"]


def test_machines_count_where_they_are_asked_for(client: TestClient) -> None:
    alliance, question = reference(client)
    robot = make_assessor(client, machine=True, agent="reader")
    made = evaluate(client, question, robot["slug"], REFERENCE)
    assert (made["machine"], made["agent"]) == (True, "reader")
    assert ach(client, alliance)["n"] == 0
    assert ach(client, alliance, include_machine="true")["n"] == 1


def test_a_retracted_claim_is_shown_and_does_not_count(client: TestClient) -> None:
    alliance, question = reference(client)
    evaluate(client, question, make_assessor(client)["slug"], REFERENCE)
    first = question["items"][0]["claim"]
    make_claim(client, alliance=alliance, relations=[{"kind": "retracts", "claim": first}])
    found = ach(client, alliance)
    assert [item["retracted"] for item in found["items"]] == [True, False, False]
    assert found["leaders"] == ["H2", "H3"]


def test_as_csv_a_row_is_an_item_and_a_column_a_hypothesis(client: TestClient) -> None:
    alliance, question = reference(client)
    ann, bob = (make_assessor(client)["slug"] for _ in range(2))
    evaluate(client, question, ann, REFERENCE)
    evaluate(client, question, bob, ["C/C/-", "C/NA/I", "II/N/C"])

    def rows(**params: str) -> list[list[str]]:
        answer = client.get(f"/v1/alliances/{alliance}/ach", params={"format": "csv", **params})
        assert answer.headers["content-type"].startswith("text/csv")
        table = list(csv.DictReader(io.StringIO(answer.text)))
        return [[row["claim_ref"], *(row[key] for key in ("H1", "H2", "H3"))] for row in table]

    assert rows() == [
        ["e1", "0.0", "1.0", "-2.0"],
        ["e2", "1.0", "-1.0", "-1.0"],
        ["e3", "-2.0", "0.0", "1.0"],
    ]
    assert rows(assessor=bob) == [
        ["e1", "C", "C", ""], ["e2", "C", "NA", "I"], ["e3", "II", "N", "C"],
    ]  # fmt: skip
    lines = client.get(f"/v1/alliances/{alliance}/ach?format=ndjson").text.splitlines()
    assert len(lines) == 3


def test_the_question_is_named_where_there_are_several(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    path = f"/v1/alliances/{alliance}/ach"
    nothing = ach(client, alliance)
    assert (nothing["question"], nothing["items"], nothing["n"]) == (None, [], 0)
    assert client.get(path, params={"question": "Q01"}).status_code == 422
    one = make_question(client, alliance, [], ref="Q01")
    assert ach(client, alliance)["question"]["id"] == one["id"]
    other = make_question(client, alliance, [])
    answer = client.get(path)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "?question"
    assert f"Q01, {other['id']}" in answer.json()["detail"]
    answer = client.get(path, params={"question": "Q77"}).json()
    assert f"is no question of this alliance; there are: Q01, {other['id']}" in answer["detail"]
    for asked in ("Q01", one["id"]):
        assert ach(client, alliance, question=asked)["question"]["id"] == one["id"]


def test_a_hypothesis_may_be_a_consequence(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    consequence = make_consequence(client, alliance, title="Shells arrive")["id"]
    claim = make_claim(client, alliance=alliance)["id"]
    both = [{"key": "H1", "consequence": consequence}, {"key": "H2", "text": "Nothing comes"}]
    question = make_question(client, alliance, [claim], hypotheses=both)
    evaluate(client, question, make_assessor(client)["slug"], ["C/II"])
    assert [h["text"] for h in ach(client, alliance)["hypotheses"]] == [
        "Shells arrive", "Nothing comes",
    ]  # fmt: skip
    path = f"alliances/{alliance}/questions"
    assert read(client, path, consequence=consequence, claim=claim)["items"] == [question]
    assert read(client, f"questions/{question['id']}", include="claims,consequences")["included"]
    delete(client, f"consequences/{consequence}")
    assert [h["key"] for h in ach(client, alliance)["hypotheses"]] == ["H2"]
    assert patch(client, f"questions/{question['id']}", note="Half of it.")["version"] == 2


def test_what_is_wrong_with_a_question_is_named(client: TestClient) -> None:
    alliance, elsewhere = (make_alliance(client)["id"] for _ in range(2))
    own, foreign, alone = (
        make_claim(client, **said)["id"]
        for said in ({"alliance": alliance}, {"alliance": elsewhere}, {})
    )
    far = make_consequence(client, elsewhere)["id"]
    path = f"alliances/{alliance}/questions"
    nobody = "00000000-0000-7000-8000-000000000000"
    two = THREE[:2]
    faults: list[tuple[Body, str]] = [
        ({"hypotheses": THREE[:1]}, "/hypotheses"),
        ({"hypotheses": [*two, two[0]]}, "/hypotheses"),
        ({"hypotheses": [*two, {"key": "H9"}]}, "/hypotheses/2/text"),
        ({"hypotheses": [*two, {"key": "H9", "text": "a", "consequence": far}]},
         "/hypotheses/2/text"),
        ({"hypotheses": [*two, {"key": "h-9", "text": "a"}]}, "/hypotheses/2/key"),
        ({"hypotheses": [*two, {"key": "H9", "consequence": far}]}, "/hypotheses/2/consequence"),
        ({"items": [{"claim": nobody}]}, "/items/0/claim"),
        ({"items": [{"claim": own}, {"claim": foreign}]}, "/items/1/claim"),
        ({"items": [{"claim": alone}]}, "/items/0/claim"),
        ({"items": [{"claim": own}, {"claim": own}]}, "/items/1/claim"),
        ({"items": [{"claim": own, "relevance": "huge"}]}, "/items/0/relevance"),
    ]  # fmt: skip
    for said, pointer in faults:
        body = {"title": "Why?", "hypotheses": two, **said}
        assert refusal(client, path, body) == (422, pointer), said
    assert read(client, path)["items"] == []


def test_what_is_wrong_with_an_evaluation_is_named(client: TestClient) -> None:
    alliance, question = reference(client)
    other = make_claim(client, alliance=alliance)["id"]
    mine = question["items"][0]["claim"]
    path = f"questions/{question['id']}/evaluations"
    faults: list[tuple[Body, str]] = [
        ({"claim": mine, "cells": {"H9": "C"}}, "/items/0/cells/H9"),
        ({"claim": mine, "cells": {"H1": "X"}}, "/items/0/cells/H1"),
        ({"claim": mine, "cells": {"H1": None}}, "/items/0/cells/H1"),
        ({"claim": other, "cells": {"H1": "C"}}, "/items/0/claim"),
        ({"claim": "00000000-0000-7000-8000-000000000000"}, "/items/0/claim"),
    ]
    for item, pointer in faults:
        assert refusal(client, path, {"items": [item]}) == (422, pointer), item
    twice = {"items": [{"claim": mine}, {"claim": mine}]}
    assert refusal(client, path, twice) == (422, "/items/1/claim")
    ahead = {"items": [], "effective_at": "2199-01-01"}
    assert refusal(client, path, ahead) == (422, "/effective_at")
    assert read(client, path)["items"] == []


def test_who_may_not_see_a_claim_gets_the_numbers_without_it(client: TestClient) -> None:
    alliance, question = reference(client)
    consequence = make_consequence(client, alliance)["id"]
    hypotheses = [*THREE, {"key": "H4", "consequence": consequence}]
    patch(client, f"questions/{question['id']}", hypotheses=hypotheses)
    cells = [f"{row}/C" for row in REFERENCE]
    question["hypotheses"] = hypotheses
    evaluate(client, question, make_assessor(client)["slug"], cells)
    people = People(client)
    ann = people.join("ann", clearance="GREEN")
    path, own = f"alliances/{alliance}/ach", f"questions/{question['id']}/evaluations"
    assert people.read(path, ann)["leaders"] == ["H4"]
    first = question["items"][0]["claim"]
    people.patch(f"claims/{first}", tlp="RED")
    people.patch(f"consequences/{consequence}", tlp="RED")
    seen = people.read(path, ann)
    assert [item["claim_ref"] for item in seen["items"]] == ["e2", "e3"]
    assert sums(seen) == pytest.approx({"H1": 2**0.5, "H2": 0.5**0.5, "H3": 0.5**0.5})
    assert seen["leaders"] == ["H2", "H3"]
    assert first not in str(seen)
    assert len(people.read(path, people.admin)["items"]) == 3
    # The hidden row and column are refused as those that aren't there.
    visible = question["items"][1]["claim"]
    for item, pointer in (
        ({"claim": first}, "/items/0/claim"),
        ({"claim": visible, "cells": {"H4": "C"}}, "/items/0/cells/H4"),
    ):
        answer = client.post(f"/v1/{own}", json={"items": [item]}, headers=ann)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    # A hidden question and a hidden evaluation change nothing.
    before = people.read(path, ann)
    secret = {"title": "Why?", "hypotheses": THREE, "tlp": "RED"}
    people.post(f"alliances/{alliance}/questions", secret)
    people.post(own, {"items": [], "tlp": "RED"})
    after = people.read(path, ann)
    assert {**after, "as_of": ""} == {**before, "as_of": ""}


def test_an_analyst_evaluates_as_themselves_alone(client: TestClient) -> None:
    alliance, question = reference(client)
    people = People(client)
    ann = people.join("ann")
    people.join("bob")
    path = f"questions/{question['id']}/evaluations"
    assert people.post(path, {"items": []}, ann)["assessor"] == "ann"
    people.post("assessors", {"slug": "bob", "name": "Bob"})
    answer = client.post(f"/v1/{path}", json={"items": [], "assessor": "bob"}, headers=ann)
    assert answer.status_code == 403
    reader = people.join("carl", "reader")
    assert client.post(f"/v1/{path}", json={"items": []}, headers=reader).status_code == 403
    assert people.read(f"alliances/{alliance}/ach", reader)["n"] == 1


def test_a_matrix_takes_the_same_statements_whatever_its_size(
    client: TestClient, database: Database
) -> None:
    alliance, question = reference(client)
    path = f"alliances/{alliance}/ach"
    counts = []
    for _ in range(3):
        evaluate(client, question, make_assessor(client)["slug"], REFERENCE)
        with counting(database) as seen:
            read(client, path)
        counts.append(len(seen))
    assert len(set(counts)) == 1
    tag = client.get(f"/v1/{path}").headers["etag"]
    again = client.get(f"/v1/{path}", headers={"If-None-Match": tag})
    assert again.status_code == 304
