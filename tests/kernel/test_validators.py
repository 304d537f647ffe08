"""Entity tags: what spares a transfer, and what keeps one writer from undoing another."""

import pytest
from starlette.testclient import TestClient

from tests.helpers import (
    make_actor,
    make_alliance,
    make_consequence,
    make_source,
    patch,
    read,
)


def tag_of(client: TestClient, path: str) -> str:
    return str(client.get(path).headers["ETag"])


def status(client: TestClient, path: str, tag: str) -> int:
    return client.get(path, headers={"If-None-Match": tag}).status_code


@pytest.mark.parametrize("path", ["/v1/actors", "/v1/actors/{id}", "/v1/actors/{id}/versions"])
def test_an_answer_the_caller_has_is_not_sent_again(client: TestClient, path: str) -> None:
    made = make_actor(client)
    path = path.format(id=made["id"])
    tag = tag_of(client, path)
    response = client.get(path, headers={"If-None-Match": tag})
    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["ETag"] == tag
    assert response.headers["Vary"] == "Accept, Authorization"
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert response.headers["X-Request-Id"]
    patch(client, f"actors/{made['id']}", name="Another")
    assert status(client, path, tag) == 200


def test_if_none_match_takes_lists_weak_tags_and_the_star(client: TestClient) -> None:
    path = f"/v1/actors/{make_actor(client)['id']}"
    tag = tag_of(client, path)
    assert status(client, path, f'"other", {tag}') == 304
    assert status(client, path, f"W/{tag}") == 304
    assert status(client, path, "*") == 304
    assert status(client, path, '"other", W/"more"') == 200
    assert status(client, path, tag.strip('"')) == 200
    assert status(client, path, f"{tag} and more") == 200


def test_answers_about_the_present_keep_their_tag_while_nothing_is_written(
    client: TestClient,
) -> None:
    alliance = make_alliance(client)["id"]
    rated, unrated = make_consequence(client, alliance)["id"], make_consequence(client, alliance)
    client.post(f"/v1/consequences/{rated}/ratings", json={"probability": 0.3, "impact": 3})
    paths = [
        f"/v1/consequences/{rated}",
        f"/v1/consequences/{unrated['id']}",
        f"/v1/consequences/{rated}/judgement",
        f"/v1/consequences/{rated}/history",
        f"/v1/alliances/{alliance}/consequences",
        f"/v1/alliances/{alliance}/risk-matrix",
        f"/v1/alliances/{alliance}",
        "/v1/consequences?format=csv&limit=9",
    ]
    tags = {path: tag_of(client, path) for path in paths}
    for path, tag in tags.items():
        assert status(client, path, tag) == 304, path
    client.post(f"/v1/consequences/{rated}/ratings", json={"probability": 0.4, "impact": 3})
    for path in paths:
        if unrated["id"] not in path and path != f"/v1/alliances/{alliance}":
            assert status(client, path, tags[path]) == 200, path


def test_a_record_that_is_the_same_at_another_moment_has_the_tag_of_its_answer(
    client: TestClient,
) -> None:
    alliance = make_alliance(client)["id"]
    path = f"/v1/consequences/{make_consequence(client, alliance)['id']}"
    past = tag_of(client, f"{path}?as_of=2023-01-01")
    assert status(client, f"{path}?as_of=2023-01-02", past) == 200
    assert status(client, f"{path}?as_of=2023-01-01", past) == 304


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_write_needs_the_version_it_means(client: TestClient, method: str) -> None:
    made = make_actor(client)
    path = f"/v1/actors/{made['id']}"
    first = tag_of(client, path)
    patch(client, f"actors/{made['id']}", name="Second")
    second = tag_of(client, path)

    def send(if_match: str | None) -> tuple[int, str]:
        headers = {} if if_match is None else {"If-Match": if_match}
        body = {"name": "Third"} if method == "PATCH" else None
        response = client.request(method, path, json=body, headers=headers)
        return response.status_code, response.json().get("type", "") if response.content else ""

    assert send(None) == (428, "/problems/precondition-required")
    assert send(first) == (412, "/problems/precondition-failed")
    assert send(f"W/{second}") == (412, "/problems/precondition-failed")
    assert send('"nothing", "else"') == (412, "/problems/precondition-failed")
    for junk in ("nonsense", f"{second} and more", f"{second} {first}", f"*, {second}", "", ","):
        assert send(junk) == (400, "/problems/bad-request"), junk
    for other in ('"2"', '"2-nonsense"', '"2-"', tag_of(client, "/v1/actors")):
        assert send(other) == (412, "/problems/precondition-failed"), other
    assert read(client, f"actors/{made['id']}")["version"] == 2
    assert send(f" {first},, {second} ,")[0] in {200, 204}


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_the_tag_of_another_record_does_not_match(client: TestClient, method: str) -> None:
    mine, other = (f"/v1/actors/{make_actor(client)['id']}" for _ in range(2))
    body = {"name": "Third"} if method == "PATCH" else None
    refused = client.request(method, mine, json=body, headers={"If-Match": tag_of(client, other)})
    assert refused.status_code == 412


def test_a_version_matches_whatever_is_shown_beside_it(client: TestClient) -> None:
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    path = f"/v1/consequences/{consequence}"
    tag = tag_of(client, f"{path}?fields=title")
    client.post(f"{path}/ratings", json={"probability": 0.3, "impact": 3})
    assert tag != tag_of(client, path)
    changed = client.patch(path, json={"title": "New"}, headers={"If-Match": tag})
    assert changed.status_code == 200


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_the_star_matches_any_version(client: TestClient, method: str) -> None:
    made = make_actor(client)
    body = {"name": "Other"} if method == "PATCH" else None
    path = f"/v1/actors/{made['id']}"
    response = client.request(method, path, json=body, headers={"If-Match": " * "})
    assert response.status_code in {200, 204}


def test_an_answer_to_a_write_has_the_tag_to_go_on_with(client: TestClient) -> None:
    body = {"slug": "one", "title": "One"}
    made = client.post("/v1/sources", json=body)
    path = f"/v1/sources/{made.json()['id']}"
    assert made.headers["Location"] == path
    assert made.headers["ETag"] == tag_of(client, path)
    changed = client.patch(path, json={"title": "Two"}, headers={"If-Match": made.headers["ETag"]})
    assert changed.headers["ETag"] == tag_of(client, path)
    gone = client.delete(path, headers={"If-Match": changed.headers["ETag"]})
    assert (gone.status_code, gone.content) == (204, b"")


def test_the_tag_of_a_deleted_record_says_gone(client: TestClient) -> None:
    path = f"/v1/sources/{make_source(client)['id']}"
    tag = tag_of(client, path)
    assert client.delete(path, headers={"If-Match": tag}).status_code == 204
    assert status(client, path, tag) == 410
    assert client.delete(path, headers={"If-Match": tag}).status_code == 410
    assert client.patch(path, json={"title": "x"}, headers={"If-Match": tag}).status_code == 410
