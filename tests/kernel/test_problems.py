"""Problems (RFC 9457): every refusal has the one form, and leads to its explanation."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.kernel.access import Principal
from app.kernel.db import Database
from app.kernel.errors import Problem, taken
from app.kernel.types import SLUG_FORM
from tests.helpers import Body, delete, make_actor, make_alliance, make_consequence, make_item

MISSING = "01890000-0000-7000-8000-000000000000"
MEMBERS = {"type", "title", "status", "detail", "instance", "request_id", "errors"}


def assert_problem(response: Any, status: int, slug: str) -> Body:
    found: Body = response.json()
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["X-Request-Id"] == found["request_id"]
    assert set(found) >= MEMBERS
    assert (found["status"], found["type"]) == (status, f"/problems/{slug}")
    assert found["title"] == Problem.known[slug].title
    assert found["detail"]
    return found


def test_every_refusal_has_the_one_form(client: TestClient) -> None:
    actor = make_actor(client)
    path = f"/v1/actors/{actor['id']}"
    assert_problem(client.get("/nowhere"), 404, "not-found")
    assert_problem(client.get("/v1/nowhere"), 404, "not-found")
    assert_problem(client.get(f"/v1/actors/{MISSING}"), 404, "not-found")
    assert_problem(client.put(path, json={}), 405, "method-not-allowed")
    assert_problem(client.get("/v1/actors", headers={"Accept": "image/png"}), 406, "not-acceptable")
    assert_problem(client.post("/v1/actors", json=actor), 422, "invalid")
    body = {"slug": actor["slug"], "name": "N", "kind": "state"}
    assert_problem(client.post("/v1/actors", json=body), 409, "conflict")
    assert_problem(client.post("/v1/actors", content=b"{}"), 415, "unsupported-media-type")
    media = {"Content-Type": "application/json"}
    cut = client.post("/v1/actors", content=b"{", headers=media)
    assert_problem(cut, 400, "bad-request")
    assert_problem(client.patch(path, json={"name": "N"}), 428, "precondition-required")
    stale = {"If-Match": '"9-x-y"'}
    assert_problem(
        client.patch(path, json={"name": "N"}, headers=stale), 412, "precondition-failed"
    )
    assert_problem(client.get("/v1/actors?cursor=" + "A" * 40), 400, "bad-cursor")
    assert_problem(client.get("/v1/actors?limit=x"), 422, "invalid")
    client.delete(path, headers={"If-Match": "*"})
    assert_problem(client.get(path), 410, "gone")


def test_what_is_not_there_is_told_for_what_it_is(client: TestClient) -> None:
    alliance, other = (make_alliance(client)["id"] for _ in range(2))
    item = make_item(client, alliance)["id"]
    slash = "There is no such path; /v1/actors is there, without the slash at its end."
    elsewhere = f"There is no record '{item}' under this alliance."
    for path, words in (
        ("/nowhere", "There is no such path; /docs lists those there are."),
        ("/v1/actors/", slash),
        ("/v1/nowhere/", "There is no such path; /docs lists those there are."),
        (f"/v1/actors/{MISSING}", f"There is no record '{MISSING}' in actors."),
        (f"/v1/actors/{MISSING}?as_of=2023-01-01", f"There is no record '{MISSING}' in actors."),
        (f"/v1/actors/{MISSING}?known_at=2023-01-01", f"There is no record '{MISSING}' in actors."),
        (f"/v1/alliances/{other}/items/{item}", elsewhere),
    ):  # fmt: skip
        assert assert_problem(client.get(path), 404, "not-found")["detail"] == words


def test_what_is_there_now_and_was_not_then_says_so(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    later = make_consequence(client, alliance, effective_at="2024-01-01")["id"]
    slug = make_actor(client)["slug"]
    for path, key, kind in (
        (f"/v1/actors/{slug}?known_at=2023-01-01", slug, "actors"),
        (f"/v1/alliances/{alliance}/items?known_at=2023-01-01", alliance, "alliances"),
        (f"/v1/consequences/{later}?as_of=2023-12-31", later, "consequences"),
        (f"/v1/consequences/{later}/judgement?as_of=2023-12-31", later, "consequences"),
        (f"/v1/consequences/{later}/history?known_at=2023-12-31", later, "consequences"),
    ):
        found = assert_problem(client.get(path), 404, "not-found")["detail"]
        assert found == (
            f"There is no record '{key}' in {kind} at the moment that is asked for; there is one"
            " now."
        )
    delete(client, f"actors/{slug}")
    gone = client.get(f"/v1/actors/{slug}?known_at=2023-01-01")
    assert assert_problem(gone, 404, "not-found")["detail"].endswith("in actors.")


def test_who_may_not_change_a_record_is_told_what_can_be_done_with_it(client: TestClient) -> None:
    path = f"/v1/ratings/{MISSING}"
    words = f"`POST {path}/withdraw`: Take a rating back, with the reason."
    for answer in (client.patch(path, json={}), client.delete(path)):
        assert words in assert_problem(answer, 405, "method-not-allowed")["detail"]
    found = assert_problem(client.delete("/v1/actors"), 405, "method-not-allowed")
    assert found["detail"] == "This path takes GET, POST, HEAD, not DELETE."


def test_a_record_is_changed_rather_than_destroyed(client: TestClient) -> None:
    found = assert_problem(client.put(f"/v1/consequences/{MISSING}"), 405, "method-not-allowed")
    assert found["detail"] == (
        "This path takes GET, PATCH (with If-Match), DELETE (with If-Match), HEAD, not PUT."
    )
    for kind, before in (
        ("ratings", ["{}/withdraw", "/v1/ratings"]),
        ("assessments", ["/v1/alliances/{{alliance}}/assessments"]),
    ):
        path = f"/v1/{kind}/{MISSING}"
        found = assert_problem(client.delete(path), 405, "method-not-allowed")
        offered = re.findall("`POST ([^`]+)`", found["detail"])
        assert offered == [step.format(path) for step in [*before, "{}/redact"]]


def test_a_problem_names_the_path_it_is_about(client: TestClient) -> None:
    found = assert_problem(
        client.get(f"/v1/actors/{MISSING}?known_at=2023-01-01"), 404, "not-found"
    )
    assert found["instance"] == f"/v1/actors/{MISSING}"
    assert found["errors"] == []


def test_several_faults_are_told_at_once(client: TestClient) -> None:
    body = {"slug": "A", "kind": "x", "aliases": ["", 5], "external_ids": {"a": 5}, "oops~/": 1}
    found = assert_problem(client.post("/v1/actors", json=body), 422, "invalid")
    places = [error["pointer"] for error in found["errors"]]
    for place in ("/slug", "/name", "/kind", "/aliases/0", "/aliases/1", "/external_ids/a",
                  "/oops~0~1"):  # fmt: skip
        assert place in places
    assert f"and {len(places) - 1} more" in found["detail"]
    assert all(set(error) == {"pointer", "detail"} for error in found["errors"])


FAULTS: dict[str, Any] = {
    "/oops": (1, "there is no such field"),
    "/slug": ("No Slug", SLUG_FORM),
    "/ref": (
        "?",
        "must be letters, digits and any of . _ : - and begin with a letter or a digit, e.g. F04a",
    ),
    "/alliance": (5, "must be text"),
    "/name": ("", "is empty"),
    "/aliases": ("one", "must be a list"),
    "/external_ids": (["Q1"], "must be an object"),
    "/interest": ("much", "must be 'party', 'affected' or 'observer'"),
    "/country_code": ("xx", "must be the two capital letters of ISO 3166-1, e.g. KR"),
    "/description": ("x" * 5001, "must have 5000 characters at most"),
    "/affiliations/0/actor": (None, "is needed"),
    "/tlp": ("BLUE", "must be 'CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT' or 'RED'"),
}


def test_faults_are_told_in_words_a_person_can_use(client: TestClient) -> None:
    body = {pointer[1:]: value for pointer, (value, _) in FAULTS.items() if "/0" not in pointer}
    body["affiliations"] = [{}]
    found = assert_problem(client.post("/v1/actors", json=body), 422, "invalid")
    said = {error["pointer"]: error["detail"] for error in found["errors"]}
    for pointer, (_, words) in FAULTS.items():
        assert said[pointer] == words


NAMES = "must be names separated by commas"
REF = "must be letters, digits and any of . _ : - and begin with a letter or a digit, e.g. F04a"
BARE = "2023-09-10T12:00:00"
PLUS = "a + in an address stands for a blank: write + as %2B"
NO_PARAMETER = "there is no such parameter"
ZONE = "the zone is missing: add Z, or an offset like +09:00"
TIME = "2023-09-10T00:00:00Z"


@pytest.mark.parametrize(
    ("path", "name", "value", "words"),
    [
        ("actors", "sorted", "yes", f"{NO_PARAMETER}; near it: sort"),
        ("assessors", "nmae", "x", f"{NO_PARAMETER}; /docs lists those there are"),
        ("actors", "limit", "0", "must be 1 or more"),
        ("actors", "limit", "201", "must be 200 or less"),
        ("actors", "limit", "x", "must be a whole number"),
        ("actors", "total", "yes", "must be true or false"),
        ("actors", "format", "xlsx", "must be 'json', 'csv' or 'ndjson'"),
        ("actors", "sort", "+name", f"{NAMES}, with - before one for descending"),
        ("actors", "sort", "name,kind.x", "'kind.x' isn't one of created_at, id, name, slug"),
        ("actors", "sort", "name,-name", "'name' is there twice"),
        ("actors", "sort", "created_at,name,slug,id", "takes 3 names at most; 'id' is one more"),
        ("actors", "fields", "a b", NAMES),
        ("actors", "ref", "A01,A02", f"{REF}; repeat the parameter for several"),
        ("actors", "ref", "A 01", REF),
        ("changes", "after", "1", "must be the id of an event, as `next` and each event tell it"),
        ("actors", "as_of", "soon", f"must be an RFC 3339 time like {TIME}, or a date"),
        ("actors", "as_of", f"{BARE} 02:00", PLUS),
        ("actors", "as_of", BARE, ZONE),
        ("claims", "id", "x", f"{NO_PARAMETER}; /docs lists those there are"),
        ("search", "kind", "x", "is needed"),
    ],
)  # fmt: skip
def test_faults_of_parameters_are_told_in_words_a_person_can_use(
    client: TestClient, path: str, name: str, value: str, words: str
) -> None:
    response = client.get(f"/v1/{path}", params={name: value})
    found = assert_problem(response, 422, "invalid")
    assert words in [error["detail"] for error in found["errors"]]


def test_who_asks_for_a_part_of_a_field_is_told_the_fields_there_are(client: TestClient) -> None:
    response = client.get("/v1/consequences", params={"fields": "ref,judgement.probability"})
    (error,) = assert_problem(response, 422, "invalid")["errors"]
    assert error["detail"].startswith("'judgement.probability' isn't one of id, ")
    assert ", judgement, " in error["detail"]


def test_a_label_in_the_place_of_a_key_in_a_path_is_told_what_finds_it(client: TestClient) -> None:
    for path in ("consequences/F04a", "consequences/F04a/judgement", "claims/C24", "actors/A01"):
        kind, key = path.split("/")[:2]
        found = assert_problem(client.get(f"/v1/{path}"), 404, "not-found")
        finds = f"If that is its ref, a list finds it: `?ref={key}`."
        assert found["detail"] == f"There is no record {key!r} in {kind}. {finds}"


def test_faults_of_ratings_are_told_in_words_a_person_can_use(client: TestClient) -> None:
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    for body, pointer, words in (
        ({"probability": 0.5, "impact": 2.5}, "/impact", "must be a whole number"),
        ({"probability": 0.5, "impact": 6}, "/impact", "must be 5 or less"),
        ({"probability": 0.5, "machine": "no"}, "/machine", "must be true or false"),
        ({}, "/probability", "is needed, or a scale and a word"),
    ):
        response = client.post(f"/v1/consequences/{consequence}/ratings", json=body)
        found = assert_problem(response, 422, "invalid")
        assert {"pointer": pointer, "detail": words} in found["errors"], body


def test_faults_of_annotations_are_told_in_words_a_person_can_use(client: TestClient) -> None:
    actor = make_actor(client)["id"]
    for selector, words in (
        ([{"type": "Other"}], "type must be one of 'TextQuoteSelector', 'TextPositionSelector'"),
        ([{}], "type is needed"),
        ([{"type": "TextPositionSelector", "start": 0, "end": 1}] * 9, "entries at most"),
    ):
        target = {"type": "actors", "id": actor, "selector": selector}
        body = {"target": target, "motivation": "commenting", "body": "So."}
        found = assert_problem(client.post("/v1/annotations", json=body), 422, "invalid")
        assert words in found["errors"][0]["detail"]


def test_a_body_of_another_form_is_refused_at_its_root(client: TestClient) -> None:
    bodies: list[Any] = [[], "text", 5, True]
    for body in bodies:
        found = assert_problem(client.post("/v1/actors", json=body), 422, "invalid")
        assert found["errors"][0]["pointer"] == ""


@pytest.mark.parametrize("slug", sorted(Problem.known))
def test_every_type_leads_to_a_page_that_explains_it(client: TestClient, slug: str) -> None:
    response = client.get(f"/problems/{slug}")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert f"<title>{Problem.known[slug].title.replace(chr(39), '&#x27;')}</title>" in response.text
    assert str(Problem.known[slug].status) in response.text


def test_what_is_taken_is_named_where_its_index_says_it() -> None:
    assert taken("uq_actors_slug").errors[0]["pointer"] == "/slug"
    assert taken("some_other_index").errors == taken("uq_links_place").errors == []


def test_a_kind_of_problem_that_is_none_is_not_found(client: TestClient) -> None:
    assert_problem(client.get("/problems/<script>"), 404, "not-found")


def test_types_stand_below_the_public_address(start: Callable[..., TestClient]) -> None:
    client = start(public_url="https://example.org/entente")
    found = client.get("/v1/nowhere").json()
    assert found["type"] == "https://example.org/entente/problems/not-found"
    refused = client.post("/v1/actors", content=b"{", headers={"Content-Type": "application/json"})
    assert refused.json()["type"] == "https://example.org/entente/problems/bad-request"


@pytest.mark.parametrize("given", ["abc-123_X.9", "x" * 128])
def test_a_request_keeps_the_id_it_comes_with(client: TestClient, given: str) -> None:
    for path in ("/v1/actors", "/v1/nowhere", "/healthz"):
        assert client.get(path, headers={"X-Request-Id": given}).headers["X-Request-Id"] == given
    assert client.get("/v1/nowhere", headers={"X-Request-Id": given}).json()["request_id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "a\tb", "<script>", "ä"])
def test_an_id_without_form_is_replaced(client: TestClient, given: str) -> None:
    headers = {b"X-Request-Id": given.encode("latin-1")}
    found = client.get("/v1/actors", headers=headers).headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{32}", found)
    assert client.get("/v1/actors").headers["X-Request-Id"] != found


def test_two_ids_are_never_the_same(client: TestClient) -> None:
    found = {client.get("/healthz").headers["X-Request-Id"] for _ in range(20)}
    assert len(found) == 20


def test_a_failure_says_nothing_of_the_inside(
    client: TestClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with database.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE actors RENAME TO hidden_actors"))
    database.engine.dispose()
    response = client.get("/v1/actors")
    assert response.status_code in {500, 503}
    found = response.json()
    for inside in ("hidden", "SELECT", "Traceback", "sqlite", "psycopg", "site-packages"):
        assert inside not in response.text
    assert found["request_id"] == response.headers["X-Request-Id"]
    if response.status_code == 500:
        ids = {vars(record).get("request_id") for record in caplog.records}
        assert found["request_id"] in ids


def test_a_store_that_was_not_migrated_is_not_ready(client: TestClient, database: Database) -> None:
    assert client.get("/readyz").json()["status"] == "ready"
    with database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'older'"))
    assert_problem(client.get("/readyz"), 503, "unavailable")
    assert client.get("/healthz").json() == {"status": "alive"}


def test_a_writer_who_waits_too_long_is_told_to_come_again(
    start: Callable[..., TestClient], database: Database
) -> None:
    client = start(busy_timeout_seconds=0.2)
    alliance = make_alliance(client)["id"]
    item = make_item(client, alliance)["id"]
    path = f"/v1/alliances/{alliance}/items/{item}"
    with database.write(Principal.owner("another")) as tx:
        tx.session.execute(sa.text("UPDATE items SET name = 'Held'"))
        response = client.patch(path, json={"name": "New"}, headers={"If-Match": "*"})
        found = assert_problem(response, 503, "unavailable")
        assert int(response.headers["Retry-After"]) > 0
        assert found["errors"] == []
        assert client.get(path).status_code == 200
    assert client.patch(path, json={"name": "New"}, headers={"If-Match": "*"}).status_code == 200
