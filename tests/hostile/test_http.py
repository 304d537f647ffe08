"""Odd methods, odd paths, and search terms that would be syntax elsewhere."""

import pytest
from starlette.testclient import TestClient

from app.kernel.db import Database
from tests.helpers import Body, make_claim
from tests.hostile.wire import Wire
from tests.hostile.world import World, contents, operations

PROBLEM = "application/problem+json"


def test_every_other_method_is_refused_and_told_which_there_are(
    wire: Wire, world: World, document: Body, database: Database
) -> None:
    before = contents(database)
    for path, offered in document["paths"].items():
        takes = {
            method.upper() for method in offered if method in {"get", "post", "patch", "delete"}
        }
        takes |= {"HEAD"} if "GET" in takes else set()
        where = world.path(path, offered[next(iter(offered))]["operationId"])
        for method in ("PUT", "OPTIONS", "TRACE", "PROPFIND", "QUERY", "X" * 200):
            answer = wire.send(method, where)
            assert answer.status == 405, (method, where, answer.text)
            assert answer.media == PROBLEM
            assert set(answer.headers["allow"].split(", ")) == takes, where
    assert contents(database) == before


def test_head_answers_as_get_without_the_body(wire: Wire, world: World, document: Body) -> None:
    for path, _, operation in operations(document, "get"):
        where = world.path(path, operation["operationId"])
        where += world.needed(operation["operationId"])
        got, head = wire.send("GET", where), wire.send("HEAD", where)
        assert (head.status, head.body) == (got.status, b""), where
        assert head.headers.get("etag") == got.headers.get("etag"), where


MISSING = (
        "/v1", "/v1/", "/v1/actors/", "/v1//actors", "//v1/actors", "/V1/actors", "/v1/Actors",
        "/v2/actors", "/v1/actors%2f", "/v1/actors;x=1", "/v1/%61ctors/..%2f..%2fhealthz",
        "/v1/actors/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/v1/%00", "/%ff",
        "/v1/actors\\x",
        "/docs/assets/", "/docs/assets/..%2f..%2f__init__.py", "/docs/assets/%00",
        "/docs/assets/" + "x" * 5000, "/problems/", "/problems/..%2f", "/problems/<script>",
        "/" + "x" * 10_000, "/.git/config", "/openapi.yaml",
)  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_path_that_is_not_there_is_a_problem(wire: Wire, method: str) -> None:
    for path in MISSING:
        answer = wire.send(method, path)
        assert answer.status in {404, 405}, (path, answer.status)
        assert answer.media == PROBLEM, path
        assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_a_page_beside_the_api_refuses_what_it_does_not_know(wire: Wire) -> None:
    for path in ("/healthz", "/readyz", "/openapi.json", "/docs", "/redoc", "/"):
        assert wire.send("GET", path).status == 200
        answer = wire.send("POST", path)
        assert answer.status in {405, 415}, path
        assert answer.media == PROBLEM, path


SYNTAX = (
    "'", '"', '""', '"open', "*", "**", "a*", "*a", "^a", "a:b", "title:a", "a NEAR b", "NEAR(a b)",
    "a AND", "OR", "NOT a", "(", "a)", "a & b", "!a", "a <-> b", "a:*", "a | b", "\\", "%", "_",
    "'; DROP TABLE claims; --", "' UNION SELECT 1 --", "{a}", "+a -b", "{- a b}: c", "\x00",
    "\u202e",
    "a" * 300, "𝕊𝕥𝕒𝕥𝕖", "ß", "İ", "ﷺ", "😀", "١٢", "a\u0301", "' OR '1'='1", "--",
    "/*", ";", "$1", ":x",
    "?", "%s", "%(x)s", '"a" "b" "c" "d" "e" "f" "g" "h" "i" "j"', "a b c d e f g h i j k l",
)  # fmt: skip


def test_no_search_term_is_syntax(client: TestClient, database: Database) -> None:
    make_claim(client, statement="The statement is a title, near b.")
    before = contents(database)
    for term in SYNTAX:
        for path in ("/v1/search", "/v1/claims", "/v1/sources"):
            response = client.get(path, params={"q": term})
            assert response.status_code == 200, (term, response.text)
        past = client.get("/v1/claims", params={"q": term, "known_at": "2200-01-01"})
        assert past.status_code == 200, (term, past.text)
        now = client.get("/v1/claims", params={"q": term})
        assert [item["id"] for item in past.json()["items"]] == [
            item["id"] for item in now.json()["items"]
        ], term
    assert contents(database) == before


def test_no_name_in_a_parameter_is_syntax(wire: Wire) -> None:
    values = (
        "id;", "id--", "id%20desc", "(select%201)", "-", "--id", ",", "id,", "id%00",
        "__class__", "words", "deleted_at", "search_index", "%27", "%22id%22", "j_probability",
    )  # fmt: skip
    for name in ("sort", "fields", "include", "cursor", "format"):
        for value in values:
            answer = wire.send("GET", f"/v1/claims?{name}={value}")
            assert answer.status in {400, 422}, (name, value, answer.text)
            assert answer.media == PROBLEM
