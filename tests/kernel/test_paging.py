"""Keyset pages: complete, in order, one statement each, and bound to their query."""

import base64
import random
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.helpers import (
    Body,
    everything,
    ids,
    make_alliance,
    make_consequence,
    make_item,
    make_source,
    read,
)

DATES = [None, None, "2021", "2021", "2022-03", "2022-03-04", "2022-03-04"]
SORTS = ["title", "slug", "reliability", "created_at", "id", "published_from"]


@pytest.fixture
def sources(client: TestClient) -> list[Body]:
    """Sources with ties and nulls in what they are sorted by, made in no order."""
    chance = random.Random(7)  # noqa: S311 - repeatable, nothing to guess
    made: list[Body] = []
    for number, date in enumerate(DATES * 2):
        published = None
        if date:
            published = {"date": date, "precision": {4: "year", 7: "month", 10: "day"}[len(date)]}
        title = chance.choice(["Alpha", "beta", "Gamma", "Éclair", "alpha"])
        made.append(
            make_source(
                client,
                slug=f"s-{chance.randrange(10**6)}-{number}",
                title=title,
                published=published,
                reliability=chance.choice("ABF"),
            )
        )
    return made


def value(source: Body, name: str) -> Any:
    if name == "published_from":
        date = source["published"] and source["published"]["date"]
        return date and date + "-01-01"[len(date) - 10 :] if date and len(date) < 10 else date
    return source[name]


def expected(sources: list[Body], sort: str) -> list[str]:
    """The order of a sort, by sorting in Python: last key first, nulls last, ids break ties."""
    names = sort.split(",")
    rows = list(sources)
    down = names[-1].startswith("-")
    rows.sort(key=lambda source: source["id"], reverse=down)
    for name in reversed(names):
        bare, down = name.removeprefix("-"), name.startswith("-")
        rows.sort(key=lambda source: value(source, bare) or "", reverse=down)
        rows.sort(key=lambda source: value(source, bare) is None)
    return [source["id"] for source in rows]


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("name", SORTS)
def test_pages_of_every_sort_are_the_unpaged_order(
    client: TestClient, sources: list[Body], name: str, sign: str
) -> None:
    whole = expected(sources, sign + name)
    for limit in (1, 3, 14, 200):
        paged = everything(client, "sources", sort=sign + name, limit=limit)
        assert [source["id"] for source in paged] == whole, limit


@pytest.mark.parametrize(
    "sort",
    [
        "reliability,title",
        "reliability,-title",
        "-reliability,published_from",
        "published_from,-title,slug",
        "-published_from,-reliability,-id",
        "-published_from,reliability,id",
    ],
)
def test_several_sort_keys_may_run_in_different_directions(
    client: TestClient, sources: list[Body], sort: str
) -> None:
    paged = everything(client, "sources", sort=sort, limit=2)
    assert [source["id"] for source in paged] == expected(sources, sort)


@pytest.mark.parametrize(
    "sort", ["oops", "title,title", "title,-title", "id,slug,title,created_at"]
)
def test_a_sort_that_is_not_offered_is_refused(client: TestClient, sort: str) -> None:
    response = client.get("/v1/sources", params={"sort": sort})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "?sort"


def test_rows_added_in_between_neither_repeat_nor_hide_others(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    path = f"alliances/{alliance}/items"
    for name in ("b", "d", "f", "h"):
        make_item(client, alliance, name=name)
    first = read(client, path, sort="name", limit=2)
    make_item(client, alliance, name="a")
    make_item(client, alliance, name="e")
    second = read(client, path, sort="name", limit=9, cursor=first["next"])
    assert [item["name"] for item in first["items"] + second["items"]] == ["b", "d", "e", "f", "h"]


def test_the_row_a_cursor_stands_on_may_be_gone(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    for name in "abc":
        make_item(client, alliance, name=name)
    path = f"alliances/{alliance}/items"
    first = read(client, path, sort="name", limit=2)
    client.delete(f"/v1/{path}/{first['items'][1]['id']}", headers={"If-Match": "*"})
    rest = read(client, path, sort="name", cursor=first["next"])
    assert [item["name"] for item in rest["items"]] == ["c"]


@pytest.mark.parametrize("size", [1, 5, 14])
def test_a_page_is_one_statement_whatever_its_size_and_depth(
    client: TestClient, sources: list[Body], statements: list[str], size: int
) -> None:
    del sources
    page = read(client, "sources", limit=size, sort="-published_from")
    while page["next"]:
        statements.clear()
        page = read(client, "sources", limit=size, sort="-published_from", cursor=page["next"])
        assert len(statements) == 1


def test_a_counted_page_is_one_statement_too(
    client: TestClient, sources: list[Body], statements: list[str]
) -> None:
    statements.clear()
    assert read(client, "sources", limit=3, total=True)["total"] == len(sources)
    assert len(statements) == 1


def test_a_page_of_consequences_with_their_judgements_is_one_statement(
    client: TestClient, statements: list[str]
) -> None:
    alliance = make_alliance(client)["id"]
    for _ in range(4):
        make_consequence(client, alliance)
    for params in ({}, {"half_life_days": 30}, {"include_machine": True}, {"as_of": "2024-01-01"}):
        statements.clear()
        read(client, f"alliances/{alliance}/consequences", **params)
        assert len(statements) == 1, params


def test_the_total_counts_all_that_match_on_every_page(
    client: TestClient, sources: list[Body]
) -> None:
    graded = [source for source in sources if source["reliability"] in "AB"]
    params: Body = {"reliability": ["A", "B"], "total": "true", "limit": 2}
    page = read(client, "sources", **params)
    assert page["total"] == len(graded)
    assert read(client, "sources", **params, cursor=page["next"])["total"] == len(graded)
    assert "total" not in read(client, "sources", limit=2)


def test_the_total_of_nothing_is_nought(client: TestClient) -> None:
    assert read(client, "sources", total="true") == {"items": [], "next": None, "total": 0}


def test_the_total_holds_on_a_page_whose_rows_are_gone(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    path = f"alliances/{alliance}/items"
    for name in "abc":
        make_item(client, alliance, name=name)
    first = read(client, path, sort="name", limit=2)
    last = read(client, path, sort="-name", limit=1)["items"][0]
    client.delete(f"/v1/{path}/{last['id']}", headers={"If-Match": "*"})
    rest = read(client, path, sort="name", cursor=first["next"], total="true")
    assert rest == {"items": [], "next": None, "total": 2}


def test_the_link_header_leads_to_the_next_page(client: TestClient, sources: list[Body]) -> None:
    del sources
    response = client.get(
        "/v1/sources", params={"limit": 4, "reliability": ["A", "F"], "sort": "title"}
    )
    link = response.headers["Link"]
    assert link.endswith('>; rel="next"')
    followed = client.get(link[1 : link.index(">")])
    again = read(
        client, "sources", limit=4, reliability=["A", "F"], sort="title",
        cursor=response.json()["next"],
    )  # fmt: skip
    assert followed.json() == again
    assert not set(ids(again)) & set(ids(response.json()))


def test_the_last_page_has_no_link(client: TestClient, sources: list[Body]) -> None:
    response = client.get("/v1/sources", params={"limit": len(sources)})
    assert response.json()["next"] is None
    assert "Link" not in response.headers


def test_a_cursor_is_good_for_its_own_query_only(client: TestClient, sources: list[Body]) -> None:
    del sources
    cursor = read(client, "sources", limit=2, sort="title")["next"]
    assert read(client, "sources", sort="title", cursor=cursor, limit=9)["items"]
    for other in (
        {"sort": "-title"},
        {},
        {"sort": "title", "reliability": "A"},
        {"sort": "title", "q": "alpha"},
    ):
        response = client.get("/v1/sources", params={**other, "cursor": cursor})
        assert response.status_code == 400, other
        assert response.json()["type"].endswith("/problems/bad-cursor")
    assert client.get("/v1/assessors", params={"cursor": cursor}).status_code == 400


def test_an_altered_cursor_is_refused(client: TestClient, sources: list[Body]) -> None:
    del sources
    cursor = read(client, "sources", limit=2)["next"]
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[-3] ^= 1
    forged = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    for bad in (forged, cursor[:-1], cursor + "A", "A" * 25, "A" * 40, "short", "ä" * 30, "=" * 30):
        response = client.get("/v1/sources", params={"cursor": bad})
        assert response.status_code == 400, bad


def test_a_cursor_outlives_a_restart(client: TestClient, start: Any, sources: list[Body]) -> None:
    del sources
    first = read(client, "sources", limit=5)
    again = start()
    assert read(again, "sources", limit=5, cursor=first["next"])["items"]


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1.0", " 5", "1_0"])
def test_a_limit_out_of_bounds_is_refused(client: TestClient, limit: str) -> None:
    response = client.get("/v1/sources", params={"limit": limit})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "?limit"
