"""Problems (RFC 9457): every refusal has the one form, and leads to its explanation."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.kernel.db import Database
from app.kernel.errors import Problem
from tests.helpers import Body, make_actor, make_alliance, make_item

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
    stale = {"If-Match": '"9-x"'}
    assert_problem(
        client.patch(path, json={"name": "N"}, headers=stale), 412, "precondition-failed"
    )
    assert_problem(client.get("/v1/actors?cursor=" + "A" * 40), 400, "bad-cursor")
    assert_problem(client.get("/v1/actors?limit=x"), 422, "invalid")
    client.delete(path, headers={"If-Match": "*"})
    assert_problem(client.get(path), 410, "gone")


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
    for inside in ("hidden", "SELECT", "Traceback", "sqlite", "psycopg", "/work"):
        assert inside not in response.text
    assert found["request_id"] == response.headers["X-Request-Id"]
    if response.status_code == 500:
        assert found["request_id"] in caplog.text


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
    with database.write("another") as tx:
        tx.session.execute(sa.text("UPDATE items SET name = 'Held'"))
        response = client.patch(path, json={"name": "New"}, headers={"If-Match": "*"})
        found = assert_problem(response, 503, "unavailable")
        assert int(response.headers["Retry-After"]) > 0
        assert found["errors"] == []
        assert client.get(path).status_code == 200
    assert client.patch(path, json={"name": "New"}, headers={"If-Match": "*"}).status_code == 200
