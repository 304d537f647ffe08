"""Security headers on every answer, and other origins only where they are named."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from tests.helpers import make_actor

Start = Callable[..., TestClient]
CLOSED = "default-src 'none'; frame-ancestors 'none'"
ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
PAGES = ["/", "/docs", "/redoc", "/problems/not-found"]
REST = ["/v1/actors", "/v1/actors?format=csv", "/v1/actors?limit=0", "/v1/nothing", "/healthz",
        "/readyz", "/openapi.json", "/docs/assets/swagger/swagger-ui.css",
        "/docs/assets/none"]  # fmt: skip


@pytest.mark.parametrize("path", [*PAGES, *REST])
def test_every_answer_is_guarded(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert ALWAYS.items() <= dict(answer.headers).items()
    assert not {"server", "set-cookie", "strict-transport-security", "x-powered-by"} & set(
        answer.headers
    )
    policy = answer.headers["content-security-policy"]
    if path in PAGES:
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        scripts = [part for part in policy.split("; ") if part.startswith("script-src")]
        assert not any("unsafe" in part for part in scripts)
    else:
        assert policy == CLOSED
    assert len(answer.headers.get_list("cache-control")) == 1


def test_nothing_of_the_api_is_kept_for_others(client: TestClient) -> None:
    actor = make_actor(client)
    body = {"slug": "one", "name": "One", "kind": "state"}
    for answer in (
        client.post("/v1/actors", json=body),
        client.post("/v1/actors", json=body),
        client.post("/v1/actors", content="{"),
        client.get("/v1/actors?format=csv"),
        client.get("/v1/actors/missing"),
        client.delete(f"/v1/actors/{actor['id']}", headers={"If-Match": "*"}),
    ):
        assert answer.headers["cache-control"] == "no-store", answer.status_code
    # What has an ETag may be kept by who asked, and is asked about each time.
    assert client.get("/v1/actors").headers["cache-control"] == "private, no-cache"


def test_only_a_service_behind_https_asks_for_it(start: Start) -> None:
    secure = start(public_url="https://entente.example")
    answer = secure.get("/v1/actors")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


ORIGIN = "https://dashboard.example"


def preflight(client: TestClient, origin: str) -> dict[str, str]:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "if-match, content-type",
    }
    return dict(client.options("/v1/actors/one", headers=asked).headers)


def test_no_other_origin_may_ask_unless_it_is_named(client: TestClient, start: Start) -> None:
    allow = "access-control-allow-origin"
    assert allow not in client.get("/v1/actors", headers={"Origin": ORIGIN}).headers
    assert allow not in preflight(client, ORIGIN)
    named = start(cors_origins=f"{ORIGIN}, http://localhost:3000")
    for path, status in (("/v1/actors", 200), ("/v1/actors/none", 404), ("/v1/actors?x=1", 422)):
        answer = named.get(path, headers={"Origin": ORIGIN})
        assert answer.status_code == status
        assert answer.headers[allow] == ORIGIN
        assert "origin" in answer.headers["vary"].lower()
        shown = answer.headers["access-control-expose-headers"]
        assert {"ETag", "Link", "RateLimit", "Retry-After"} <= set(shown.split(", "))
        assert "access-control-allow-credentials" not in answer.headers
    found = preflight(named, ORIGIN)
    assert found[allow] == ORIGIN
    assert "PATCH" in found["access-control-allow-methods"]
    for other in ("https://dashboard.example.evil", "http://dashboard.example", "null"):
        assert allow not in named.get("/v1/actors", headers={"Origin": other}).headers
        assert allow not in preflight(named, other)


def test_a_page_of_a_named_origin_can_read_why_it_is_refused(start: Start) -> None:
    client = start(cors_origins=ORIGIN, rate_per_address_per_minute=1)
    client.get("/v1/actors")
    answer = client.get("/v1/actors", headers={"Origin": ORIGIN})
    assert answer.status_code == 429
    assert answer.headers["access-control-allow-origin"] == ORIGIN
