"""What is wrong is said in words, once, and with what would be right."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.kernel.config import Settings
from app.kernel.forms import FORMS
from app.kernel.types import ESTIMATE, SLUG_FORM
from app.kernel.wording import DERIVED
from tests.document import document
from tests.helpers import (
    Body,
    make_alliance,
    make_claim,
    make_consequence,
    make_indicator,
    make_source,
    open_round,
)

BETWEEN = "must lie from low to high, 0.2 to 0.4"
NUMBER = f"{ESTIMATE}, or {{point, low, high}}"


def faults(response: Any) -> list[tuple[str, str]]:
    """What a refusal names, place by place; its detail leads with the first."""
    assert response.status_code == 422, response.text
    found: Body = response.json()
    errors = [(error["pointer"], error["detail"]) for error in found["errors"]]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    assert found["detail"] == f"{errors[0][0]}: {errors[0][1]}{more}"
    return errors


@pytest.fixture
def ratings(client: TestClient) -> str:
    """Where ratings of a consequence are made."""
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    return f"/v1/consequences/{consequence}/ratings"


@pytest.mark.parametrize(
    ("probability", "pointer", "words"),
    [
        *((odd, "", NUMBER) for odd in (60, "60%", "much", 0, 1, 1.5, -0.2, True, [0.6], 1e-15)),
        ({"point": 0.6, "low": 0.2}, "/high", "is needed"),
        ({"low": 0.2, "high": 0.4}, "/point", "is needed"),
        ({"point": 60, "low": 0.2, "high": 0.4}, "/point", ESTIMATE),
        ({"point": 0.6, "low": 0.7, "high": 0.4}, "/low", "is above high, which is 0.4"),
        ({"point": 0.6, "low": 0, "high": 0.9}, "/low", ESTIMATE),
        ({"point": 0.6, "low": 0.2, "high": 0.4}, "/point", BETWEEN),
        ({"point": 0.6, "low": 0.2, "high": 0.7, "mid": 1}, "/mid", "there is no such field"),
    ],
)  # fmt: skip
def test_a_probability_is_refused_for_one_reason(
    client: TestClient, ratings: str, probability: Any, pointer: str, words: str
) -> None:
    response = client.post(ratings, json={"probability": probability})
    assert faults(response) == [(f"/probability{pointer}", words)]


def test_a_factor_is_refused_for_one_reason(client: TestClient) -> None:
    words = "must be auto, or a number from 0.01 to 10"
    for value in ("much", "0", "11", "1.2.3", ""):
        response = client.get("/v1/consequences", params={"extremize": value})
        assert faults(response) == [("?extremize", words)], value


def test_a_label_in_the_place_of_an_id_leads_to_the_id(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    consequence = make_consequence(client, alliance)["id"]
    path = f"/v1/consequences/{consequence}/evidence"
    claim = make_claim(client, ref="C1", alliance=alliance)["id"]
    (fault,) = faults(client.post(path, json={"claim": "C1", "bearing": "supports"}))
    assert fault == ("/claim", "must be the id of a record; `GET /v1/claims?ref=C1` finds it")
    assert client.get("/v1/claims?ref=C1").json()["items"][0]["id"] == claim
    (fault,) = faults(client.get(path, params={"claim": "C1"}))
    assert "`GET /v1/claims?ref=C1`" in fault[1]


@pytest.mark.parametrize(
    ("path", "said", "pointer", "finds"),
    [
        ("consequences", {"part_of": "F01"}, "/part_of", "consequences?ref=F01"),
        ("contradictions", {"side_a": ["C1"]}, "/side_a/0", "claims?ref=C1"),
        ("exchanges", {"item": "T01"}, "/item", "alliances/{alliance}/items?ref=T01"),
        ("consequences", {"affected": ["A01"]}, "/affected/0", "actors?ref=A01"),
        ("consequences", {"part_of": "No ref!"}, "/part_of", ""),
        ("consequences", {"part_of": "F" * 41}, "/part_of", ""),
    ],
)
def test_where_an_id_is_found_goes_by_what_is_named(
    client: TestClient, path: str, said: Body, pointer: str, finds: str
) -> None:
    alliance = make_alliance(client)["id"]
    found = dict(faults(client.post(f"/v1/alliances/{alliance}/{path}", json=said)))
    assert f"`GET /v1/{finds}`" in found[pointer] if finds else "a UUID" in found[pointer]


OBJECTS: list[tuple[str, Body, str, str]] = [
    ("alliances", {"members": ["turkey"]}, "/members/0", '{"actor": …}'),
    ("claims", {"carriers": ["wire-1"]}, "/carriers/0", '{"source": …}'),
    ("sources", {"published": "2026-05-02"}, "/published", '{"date": …, "precision": …}'),
    ("alliances/{alliance}/questions", {"hypotheses": ["deter"]}, "/hypotheses/0", '{"key": …}'),
    ("annotations", {"target": "turkey"}, "/target", '{"type": …, "id": …}'),
]


@pytest.mark.parametrize(("path", "said", "place", "shape"), OBJECTS)
def test_what_is_no_object_is_told_what_one_holds(
    client: TestClient, path: str, said: Body, place: str, shape: str
) -> None:
    at = path.format(alliance=make_alliance(client)["id"])
    found = dict(faults(client.post(f"/v1/{at}", json=said)))
    assert found[place] == f"must be an object such as {shape}"


def test_a_change_is_told_the_same(client: TestClient) -> None:
    path = f"/v1/sources/{make_source(client)['slug']}"
    for said, words in (
        ({"published": "2026-05-02"}, 'must be an object such as {"date": …, "precision": …}'),
        ({"published": {"date": "2026-05"}}, "is needed"),
    ):
        response = client.patch(path, json=said, headers={"If-Match": "*"})
        assert words in [detail for _, detail in faults(response)]


def test_what_an_answer_shows_and_nobody_writes_is_told_so(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    consequence = make_consequence(client, alliance)
    path = f"/v1/consequences/{consequence['id']}"
    asked = client.get(f"{path}").json()
    patched = document("none")["components"]["schemas"]["ConsequencePatch"]
    derived = asked.keys() - patched["properties"].keys()
    assert {"judgement", "outcome", "review_due", "version"} <= derived
    for name in derived:
        response = client.patch(path, json={name: asked[name]}, headers={"If-Match": "*"})
        assert faults(response) == [(f"/{name}", DERIVED)], name
    response = client.patch(path, json={"judgment": 1}, headers={"If-Match": "*"})
    assert faults(response) == [("/judgment", "there is no such field")]


@pytest.mark.parametrize(
    ("path", "query", "words"),
    [
        ("consequences", "risk_min=3", "near it: risk_level_min, n_min"),
        ("consequences", "status=open", "/docs lists those there are"),
        ("changes", "typ=created", "near it: type"),
        ("alliances/{alliance}/timeline", "form=2023-09-10", "near it: format, from"),
    ],
)
def test_an_unknown_parameter_is_told_with_those_near_it(
    client: TestClient, path: str, query: str, words: str
) -> None:
    at = path.format(alliance=make_alliance(client)["id"])
    (fault,) = faults(client.get(f"/v1/{at}?{query}"))
    assert fault == (f"?{query.partition('=')[0]}", f"there is no such parameter; {words}")


def test_a_path_without_parameters_says_so(client: TestClient) -> None:
    (fault,) = faults(client.get("/v1/me?fields=name"))
    assert fault == ("?fields", "there is no such parameter: this path takes none")


def test_what_is_missing_is_said_to_be_needed(client: TestClient, ratings: str) -> None:
    alliance = make_alliance(client)["id"]
    consequence = make_consequence(client, alliance)["id"]
    indicator = make_indicator(client, consequence)["id"]
    broken = [{"status": "broken", "since": "2023-09-10"}]
    factor = {"title": "F", "kind": "key_assumption", "effect": "lowers", "statuses": broken}
    claim = {"statement": "Not so.", "modality": "not_observed"}
    locator = {"source": make_source(client)["slug"], "locator": {"end": 4}}
    told = {"statement": "So.", "modality": "asserted", "carriers": [locator]}
    for path, said, place in (
        (f"/v1/alliances/{alliance}/factors", factor, "/statuses/0/note"),
        (f"/v1/indicators/{indicator}/readings", {"status": "absent"}, "/period"),
        (f"/v1/indicators/{indicator}/readings", {"status": "observed"}, "/claims"),
        ("/v1/claims", claim, "/period"),
        ("/v1/claims", told, "/carriers/0/locator/start"),
        (ratings, {}, "/probability"),
    ):
        (fault,) = faults(client.post(path, json=said))
        assert fault[0] == place
        assert fault[1].startswith("is needed"), fault


def test_a_word_without_its_scale_is_told_the_scales(client: TestClient, ratings: str) -> None:
    (fault,) = faults(client.post(ratings, json={"word": "likely"}))
    assert fault == ("/scale", "is needed with a word: icd203 or phia")
    (fault,) = faults(client.post(ratings, json={"scale": "phia", "probability": 0.5}))
    assert fault[0] == "/word"
    assert "realistic possibility" in fault[1]


def test_a_number_in_the_place_of_an_entity_tag_is_told_what_one_is(client: TestClient) -> None:
    path = f"/v1/sources/{make_source(client)['slug']}"
    response = client.patch(path, json={}, headers={"If-Match": "1"})
    assert response.status_code == 400
    assert "ETag header" in response.json()["detail"]
    assert "quotes" in response.json()["detail"]


def test_no_body_is_told_what_to_send(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    asked = make_consequence(client, alliance)["id"]
    path = f"/v1/rounds/{open_round(client, alliance, [asked])['id']}/close"
    for media in ({}, {"Content-Type": "application/json"}):
        response = client.post(path, headers=media)
        assert response.status_code == 400
        assert response.json()["detail"] == (
            "The body is empty: send application/json, {} where there is nothing to say."
        )
    assert client.post(path, json={}).status_code == 201


def patterns(node: Any) -> Iterator[str]:
    """Every pattern in a document."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if key == "pattern" and isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            yield from patterns(value)


def test_every_form_that_is_asked_for_is_told_in_words() -> None:
    settings = Settings.model_json_schema()
    asked = {*patterns(document("none")), *patterns(settings)}
    assert asked <= FORMS.keys()
    assert len(asked) > 10
    for words in FORMS.values():
        assert words.startswith("must be ")
        assert not set("^$[]\\") & set(words)


def test_a_text_that_grows_as_it_is_made_plain_is_measured_again(client: TestClient) -> None:
    # One letter in the form people type, two in the one that is stored (NFC leaves it apart).
    body = {"slug": "long", "name": "\u0958" * 300, "kind": "state"}
    ((pointer, detail),) = faults(client.post("/v1/actors", json=body))
    assert (pointer, detail) == ("/name", "is longer than 300 code points")


def test_a_slug_is_told_by_an_example(client: TestClient) -> None:
    body = {"slug": "Big Name", "name": "Big name", "kind": "state"}
    assert faults(client.post("/v1/actors", json=body)) == [("/slug", SLUG_FORM)]
    assert client.post("/v1/actors", json={**body, "slug": "big-name"}).status_code == 201
