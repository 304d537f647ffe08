"""Faults of tradecraft: each rule is broken once, and mended."""

import csv
import io
import json
from typing import get_args

import pytest
from starlette.testclient import TestClient

from app.lint.rules import RULES
from app.lint.schemas import RuleId
from tests.helpers import (
    Body,
    break_assumption,
    make,
    make_actor,
    make_alliance,
    make_assessor,
    make_assumption,
    make_claim,
    make_consequence,
    make_evidence,
    make_factor,
    make_outcome,
    make_source,
    patch,
    rate,
    read,
)

SOUND = {"resolution_criteria": "Seen.", "resolves_on": "2030-01-01", "base_rate": 0.1}
CONFIDENT = "We have high confidence that it is likely."


@pytest.fixture
def alliance(client: TestClient) -> str:
    """An alliance without a fault."""
    return str(make_alliance(client)["id"])


def claim(client: TestClient, alliance: str, **said: object) -> str:
    """A claim with a source of its own, unless others are said."""
    if "carriers" not in said:
        said["carriers"] = [{"source": make_source(client)["id"]}]
    return str(make_claim(client, alliance=alliance, **said)["id"])


def sound(client: TestClient, alliance: str, *, rated: bool = True, **said: object) -> str:
    """A consequence that breaks no rule."""
    key = str(make_consequence(client, alliance, **SOUND, **said)["id"])
    for bearing in ("supports", "supports", "contradicts"):
        make_evidence(client, key, claim(client, alliance), bearing=bearing)
    if rated:
        rate(client, key, make_assessor(client)["slug"], 0.6, rationale="It is likely.")
    return key


def broken(client: TestClient, alliance: str, **said: object) -> list[str]:
    found = read(client, f"alliances/{alliance}/lint", **said)
    for item in found["items"]:
        one = RULES[item["rule"]]
        assert (item["standard"], item["severity"]) == (one.standard, one.severity)
        assert item["records"]
        assert item["detail"]
    assert sum(found["counts"].values()) == len(found["items"])
    return [item["rule"] for item in found["items"]]


def only(client: TestClient, alliance: str, rule: str) -> Body:
    (item,) = read(client, f"alliances/{alliance}/lint", rule=rule)["items"]
    found: Body = item
    return found


def test_every_rule_is_told_with_its_standard_and_how_it_is_mended(client: TestClient) -> None:
    assert list(RULES) == list(get_args(RuleId))
    items = read(client, "lint/rules")["items"]
    assert [item["id"] for item in items] == list(RULES)
    assert [item["standard"] for item in items] == sorted(item["standard"] for item in items)
    assert all(item["wrong"].endswith(".") and item["mend"].endswith(".") for item in items)


def test_a_sound_consequence_has_no_fault(client: TestClient, alliance: str) -> None:
    assert broken(client, alliance) == []
    sound(client, alliance)
    assert broken(client, alliance) == []


def test_what_is_not_rated_has_its_form_judged_alone(client: TestClient, alliance: str) -> None:
    key = make_consequence(client, alliance)["id"]
    assert broken(client, alliance) == ["no-base-rate", "no-resolution-criteria", "no-deadline"]
    make_outcome(client, key, status="partly_occurred")
    assert len(broken(client, alliance)) == 3
    make_outcome(client, key, status="occurred", since="2023-10-01")
    assert broken(client, alliance) == []
    assert len(broken(client, alliance, as_of="2023-09-11")) == 3


def test_a_judgement_without_a_source_is_a_fault(client: TestClient, alliance: str) -> None:
    key = make_consequence(client, alliance, ref="K1", **SOUND)["id"]
    rate(client, key, make_assessor(client)["slug"], 0.5)
    bare = claim(client, alliance, ref="C1", carriers=[])
    assert broken(client, alliance) == ["no-source", "no-source", "no-alternative"]
    items = read(client, f"alliances/{alliance}/lint", rule="no-source")["items"]
    assert [item["records"] for item in items] == [
        [{"type": "consequences", "id": key, "ref": "K1"}],
        [{"type": "claims", "id": bare, "ref": "C1"}],
    ]
    # What was taken back bears no more; what bears on the cause alone never did.
    make_evidence(client, key, claim(client, alliance), bears_on="cause")
    gone = claim(client, alliance)
    make_evidence(client, key, gone)
    claim(client, alliance, relations=[{"kind": "retracts", "claim": gone}])
    assert broken(client, alliance, rule="no-source") == ["no-source", "no-source"]
    patch(client, f"claims/{bare}", carriers=[{"source": make_source(client)["id"]}])
    make_evidence(client, key, bare)
    assert broken(client, alliance, rule="no-source") == []


def test_copies_are_one_origin_and_parties_are_one_side(client: TestClient, alliance: str) -> None:
    key = make_consequence(client, alliance, **SOUND)["id"]
    rate(client, key, make_assessor(client)["slug"], 0.5)
    party = make_actor(client, interest="party")["id"]
    first = make_source(client)["id"]
    copy = make_source(client, derived_from=first)["id"]
    for source in (first, copy):
        said = claim(client, alliance, speaker=party, carriers=[{"source": source}])
        make_evidence(client, key, said)
    make_evidence(client, key, claim(client, alliance), bearing="contradicts")
    assert broken(client, alliance) == ["single-origin", "interested-party-only"]
    assert only(client, alliance, "single-origin")["detail"] == "2 claims for it, from one origin."
    other = make_actor(client, interest="observer")["id"]
    make_evidence(client, key, claim(client, alliance, speaker=other))
    assert broken(client, alliance) == []


def test_a_contested_claim_that_is_relied_on_is_named(client: TestClient, alliance: str) -> None:
    key = sound(client, alliance)
    one = claim(client, alliance, ref="C7")
    make_evidence(client, key, one)
    denial = claim(client, alliance, relations=[{"kind": "denies", "claim": one}])
    item = only(client, alliance, "contested-claim-relied-on")
    assert [record["id"] for record in item["records"]] == [one, key]
    claim(client, alliance, relations=[{"kind": "retracts", "claim": denial}])
    assert broken(client, alliance) == []


def test_an_alternative_is_a_claim_or_a_factor_against_it(
    client: TestClient, alliance: str
) -> None:
    keys = [make_consequence(client, alliance, **SOUND)["id"] for _ in range(3)]
    for key in keys:
        for _ in range(2):
            make_evidence(client, key, claim(client, alliance))
        rate(client, key, make_assessor(client)["slug"], 0.5)
    assert broken(client, alliance) == ["no-alternative"] * 3
    for key, said in zip(keys, ({"kind": "brake"}, {"effect": "lowers"}, {}), strict=True):
        place = [{"type": "consequence", "id": key}]
        make_factor(client, alliance, bears_on=place, **said)
    assert only(client, alliance, "no-alternative")["records"][0]["id"] == keys[2]


def test_words_are_looked_at_in_all_that_analysts_write(client: TestClient, alliance: str) -> None:
    key = sound(client, alliance, rated=False, description="Likely at first, probable later.")
    assessor = make_assessor(client)["slug"]
    rating = rate(client, key, assessor, 0.6, rationale=f"So it is. {CONFIDENT}")
    factor = make_factor(client, alliance, description="Highly likely and nearly certain.")
    rules = ["likelihood-and-confidence-in-one-sentence", *["words-of-two-scales"] * 2]
    assert broken(client, alliance) == rules
    item = only(client, alliance, rules[0])
    assert item["records"][0] == {"type": "ratings", "id": rating["id"], "ref": None}
    assert item["detail"] == f"rationale: {CONFIDENT}"
    items = read(client, f"alliances/{alliance}/lint", rule=rules[1])["items"]
    assert [item["records"][0]["id"] for item in items] == [key, factor["id"]]
    assert items[0]["detail"] == "description: “likely” beside “probable”"
    # What is no longer in force is looked at no more; a long sentence is cut.
    reason = f"{'So ' * 100}with high confidence it is likely"
    rate(client, key, assessor, 0.6, rationale="Better said.", change_reason=reason)
    assert only(client, alliance, rules[0])["detail"].endswith("…")


def test_a_machine_alone_is_no_analyst(client: TestClient, alliance: str) -> None:
    key = sound(client, alliance, rated=False)
    machine = make_assessor(client, machine=True, agent="a", model="m")["slug"]
    rate(client, key, machine, 0.5)
    assert broken(client, alliance) == ["machine-only"]
    rate(client, key, make_assessor(client)["slug"], 0.5)
    assert broken(client, alliance) == []


def test_change_is_explained_and_review_kept(client: TestClient, alliance: str) -> None:
    key = sound(client, alliance, rated=False)
    slug = make_assessor(client)["slug"]
    rate(client, key, slug, 0.5, effective_at="2023-01-01", review_by="2023-06-01")
    assert broken(client, alliance) == ["stale"]
    assert only(client, alliance, "stale")["detail"] == "It was to be reviewed by 2023-06-01."
    rate(client, key, slug, 0.7, effective_at="2023-07-01")
    assert broken(client, alliance) == ["changed-without-reason"]
    rate(client, key, slug, 0.8, effective_at="2023-08-01", change_reason="It was seen.")
    assert broken(client, alliance) == []


def test_a_rating_that_rests_on_what_broke_is_named_until_there_is_another(
    client: TestClient, alliance: str
) -> None:
    key = sound(client, alliance, rated=False)
    assumed, slug = make_assumption(client, alliance), make_assessor(client)["slug"]
    said = {"rationale": "It is likely.", "effective_at": "2023-09-05T00:00:00Z"}
    rating = rate(client, key, slug, 0.6, assumptions=[assumed["id"]], **said)
    assert broken(client, alliance) == []
    break_assumption(client, assumed, since="2023-10-01T00:00:00Z")
    path = f"alliances/{alliance}/lint"
    then = {"as_of": "2023-09-20", "rule": "assumption-broken"}
    assert read(client, path, **then)["items"] == []
    (found,) = read(client, path)["items"]
    assert found["rule"] == "assumption-broken"
    assert [one["id"] for one in found["records"]] == [rating["id"], key, assumed["id"]]
    rate(client, key, slug, 0.4, rationale="It is unlikely.", change_reason="It broke.")
    assert broken(client, alliance) == []


def test_both_clocks_ask_the_past(client: TestClient, alliance: str) -> None:
    first = make_consequence(client, alliance, effective_at="2023-02-01", **SOUND)
    rate(client, first["id"], make_assessor(client)["slug"], 0.5, effective_at="2023-03-01")
    assert broken(client, alliance, rule="no-source", as_of="2023-02-15") == []
    assert broken(client, alliance, rule="no-source", as_of="2023-03-15") == ["no-source"]
    assert broken(client, alliance, known_at=first["recorded_at"]) == []
    assert len(broken(client, alliance)) == 2


def test_rules_are_switched_by_name_and_gravity(client: TestClient, alliance: str) -> None:
    make_consequence(client, alliance)
    every = ["no-base-rate", "no-resolution-criteria", "no-deadline"]
    assert broken(client, alliance, rule=every[::2]) == every[::2]
    assert broken(client, alliance, not_rule=every[0]) == every[1:]
    assert broken(client, alliance, rule=every, not_rule=every[1:]) == every[:1]
    assert broken(client, alliance, severity=["error", "info"]) == every[:2]
    for name, value in (("rule", "none"), ("not_rule", "No-Source"), ("severity", "grave")):
        answer = client.get(f"/v1/alliances/{alliance}/lint", params={name: value})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == f"?{name}"
    assert client.get("/v1/alliances/nowhere/lint").status_code == 404


def test_lint_is_eight_statements_whatever_its_size(
    client: TestClient, alliance: str, statements: list[str]
) -> None:
    path = f"alliances/{alliance}/lint"
    read(client, path)
    assert len(statements) == 8
    for _ in range(3):
        sound(client, alliance)
        make_claim(client, alliance=alliance)
        make_factor(client, alliance)
    statements.clear()
    assert len(read(client, path)["items"]) == 3
    assert len(statements) == 8


def test_tables_have_a_row_a_fault(client: TestClient, alliance: str) -> None:
    make(client, f"alliances/{alliance}/consequences", {"title": "A", "category": "other"})
    path = f"/v1/alliances/{alliance}/lint"
    items = client.get(path).json()["items"]
    lines = client.get(f"{path}?format=ndjson").text.splitlines()
    assert [json.loads(line) for line in lines] == items
    rows = list(csv.DictReader(io.StringIO(client.get(f"{path}?format=csv").text)))
    assert [row["rule"] for row in rows] == [item["rule"] for item in items]
    first = items[0]["records"][0]
    assert rows[0]["records"].startswith(f"type: {first['type']}, id: {first['id']}")
