"""Sources: graded, dated as precisely as they are known, with the text where it is held."""

import hashlib

import pytest
from starlette.testclient import TestClient

from app.sources.service import DERIVATIONS
from tests.helpers import Body, ids, make_source, patch, read

TEXT = "Ein Schiff 🛰 sank.\nZoë saw it.\n"


def refused(client: TestClient, status: int = 422, **said: object) -> list[str]:
    response = client.post("/v1/sources", json={"slug": "s", "title": "S", **said})
    assert response.status_code == status, response.text
    return [error["pointer"] for error in response.json()["errors"]]


def test_an_unknown_grade_is_f_not_a_middle_one(client: TestClient) -> None:
    made = make_source(client)
    assert made["reliability"] == "F"
    assert made["published"] is made["text_sha256"] is made["text_length"] is None
    assert refused(client, reliability="G") == ["/reliability"]


def test_a_text_is_kept_under_its_hash_and_counted_in_code_points(client: TestClient) -> None:
    made = make_source(client, text=TEXT)
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    assert (made["text_sha256"], made["text_length"]) == (digest, len(TEXT))
    assert "text" not in made
    found = read(client, f"sources/{made['slug']}/text")
    assert found == {
        "source": made["id"], "version": 1, "sha256": digest, "length": len(TEXT), "text": TEXT,
    }  # fmt: skip
    path = f"/v1/sources/{made['id']}/text"
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_a_new_text_is_a_new_version_and_the_old_one_stays(client: TestClient) -> None:
    made = make_source(client, text=TEXT)
    path = f"sources/{made['id']}"
    changed = patch(client, path, text="Another.")
    assert (changed["version"], changed["text_length"]) == (2, 8)
    assert read(client, f"{path}/text")["text"] == "Another."
    assert read(client, f"{path}/text", known_at=made["recorded_at"])["text"] == TEXT
    assert patch(client, path, title="Other")["text_sha256"] == changed["text_sha256"]
    gone = patch(client, path, text_sha256=None, text_length=None)
    assert gone["text_sha256"] is None
    assert client.get(f"/v1/{path}/text").status_code == 404
    patch(client, path, text=TEXT)
    gone = patch(client, path, text=None)
    assert gone["text_sha256"] is gone["text_length"] is None
    assert client.get(f"/v1/{path}/text").status_code == 404
    elsewhere = patch(client, path, text=None, text_sha256="0" * 64, text_length=9)
    assert (elsewhere["text_sha256"], elsewhere["text_length"]) == ("0" * 64, 9)
    again = patch(client, path, text=TEXT)
    assert again["text_sha256"] == made["text_sha256"]


def test_two_sources_may_hold_one_text(client: TestClient) -> None:
    first, second = make_source(client, text=TEXT), make_source(client, text=TEXT)
    assert first["text_sha256"] == second["text_sha256"]
    assert read(client, f"sources/{second['id']}/text")["text"] == TEXT


def test_a_hash_or_length_that_is_not_the_text_s_is_refused(client: TestClient) -> None:
    assert refused(client, text=TEXT, text_sha256="0" * 64) == ["/text_sha256"]
    assert refused(client, text=TEXT, text_length=1) == ["/text_length"]
    assert refused(client, text=" ") == ["/text"]
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    made = make_source(client, text=TEXT, text_sha256=digest, text_length=len(TEXT))
    assert made["text_length"] == len(TEXT)


def test_a_text_that_is_not_held_is_not_found(client: TestClient) -> None:
    made = make_source(client, text_sha256="a" * 64, text_length=5)
    response = client.get(f"/v1/sources/{made['id']}/text")
    assert (response.status_code, response.json()["type"]) == (404, "/problems/not-found")
    assert client.get("/v1/sources/no-such/text").status_code == 404


def test_a_source_is_no_copy_of_itself_however_long_the_way_round(client: TestClient) -> None:
    first = make_source(client)
    second = make_source(client, derived_from=first["slug"])
    third = make_source(client, derived_from=second["id"])
    for source, origin in ((first, third), (first, first), (second, third)):
        response = client.patch(
            f"/v1/sources/{source['id']}", json={"derived_from": origin["id"]},
            headers={"If-Match": "*"},
        )  # fmt: skip
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (
            422, "/derived_from",
        )  # fmt: skip
    assert ids(read(client, "sources", derived_from=first["slug"])) == [second["id"]]
    included = read(client, f"sources/{third['id']}", include="derived_from")["included"]
    assert included["derived_from"] == [read(client, f"sources/{second['id']}")]


def test_a_chain_of_copies_has_an_end(client: TestClient) -> None:
    last = make_source(client)["id"]
    for _ in range(DERIVATIONS - 1):
        last = make_source(client, derived_from=last)["id"]
    assert refused(client, derived_from=last) == ["/derived_from"]


@pytest.mark.parametrize(
    ("published", "place"),
    [
        ({"date": "2023", "precision": "month"}, "/published"),
        ({"date": "2023-13", "precision": "month"}, "/published"),
        ({"date": "2023-02-30", "precision": "day"}, "/published"),
        ({"date": "2023-1", "precision": "month"}, "/published"),
        ({"date": "0001", "precision": "year"}, "/published"),
        ({"date": "2023", "precision": "decade"}, "/published"),
        ({"date": "2023", "precision": "year", "inferred": "no"}, "/published"),
        ("2023", "/published"),
    ],
)
def test_a_date_says_how_precise_it_is(client: TestClient, published: object, place: str) -> None:
    assert refused(client, published=published)[0].startswith(place)


def test_sources_are_found_by_date_grade_and_kind(client: TestClient) -> None:
    dates: list[Body] = [
        {"date": "2023", "precision": "year"},
        {"date": "2023-06", "precision": "month"},
        {"date": "2023-06-15", "precision": "day"},
    ]
    made = [
        make_source(client, published=date, reliability=grade, kind=kind)["id"]
        for date, grade, kind in zip(dates, "ABC", ("article", "speech", "report"), strict=True)
    ]
    made.append(make_source(client)["id"])
    assert ids(read(client, "sources", published_from="2023-06-01")) == made[1:3]
    assert ids(read(client, "sources", published_to="2023-06-01")) == made[:1]
    assert ids(read(client, "sources", sort="-published_from")) == [*made[2::-1], made[3]]
    assert ids(read(client, "sources", reliability=["A", "F"])) == [made[0], made[3]]
    assert ids(read(client, "sources", kind="speech")) == [made[1]]


@pytest.mark.parametrize(
    "url", ["ftp://x.org", "javascript:alert(1)", "https://x y", "http://", "https://x\n.org", "x"]
)
def test_an_address_is_http_and_nothing_else(client: TestClient, url: str) -> None:
    assert refused(client, url=url) == ["/url"]
