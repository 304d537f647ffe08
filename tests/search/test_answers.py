"""Search answers alike on both databases, whatever is typed."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.kernel import search
from tests.helpers import delete, everything, make_claim, patch, read

SAID = {
    "shells": "Artillery shells reached the front by train.",
    "satellite": "The satellite Malligyong-1 reached its orbit in November.",
    "denial": "Both capitals deny that shells were sold; the front is quiet.",
    "cafe": "The envoy spoke at a café about naïve hopes.",
    "mixed": "Ships (three) re-routed via O'Brien's port: 9.5% more.",
}


@pytest.fixture
def said(client: TestClient) -> dict[str, str]:
    """Some claims, by a short name."""
    return {make_claim(client, statement=text)["id"]: name for name, text in SAID.items()}


def found(client: TestClient, said: dict[str, str], query: str) -> set[str]:
    """The short names of the claims found, by search and by the list's own `q` alike."""
    hits = {said[hit["id"]] for hit in read(client, "search", q=query)["items"]}
    assert {said[item["id"]] for item in everything(client, "claims", q=query)} == hits
    return hits


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("shells", {"shells", "denial"}),
        ("SHELLS front", {"shells", "denial"}),
        ("shells orbit", set()),
        ('"the front"', {"shells", "denial"}),
        ('"front the"', set()),
        ('"reached its orbit"', {"satellite"}),
        ("sat*", {"satellite"}),
        ("malligyong", {"satellite"}),
        ("malligyong-1", {"satellite"}),
        ("cafe naive", {"cafe"}),
        ("CAFÉ", {"cafe"}),
        ("o'brien", {"mixed"}),
        ("9.5", {"mixed"}),
        ("re-routed", {"mixed"}),
        ('"unbalanced shells', set()),
        ('shells "', {"shells", "denial"}),
        ("shells AND front", set()),
        ("shells OR orbit", set()),
        ("shells NOT front", set()),
        ("NEAR(shells)", set()),
        ("statement:shells", set()),
        ("^shells", {"shells", "denial"}),
        ("shells & front", {"shells", "denial"}),
        ("shells | ! <-> front", {"shells", "denial"}),
        ("shells'); DROP TABLE claims;--", set()),
        ("***", set()),
        ('""', set()),
        ("%", set()),
    ],
)
def test_words_phrases_and_beginnings_are_found(
    client: TestClient, said: dict[str, str], query: str, names: set[str]
) -> None:
    assert found(client, said, query) == names


def test_no_phrase_crosses_from_one_field_into_another(client: TestClient) -> None:
    make_claim(client, statement="It ends with apple", note="pear it begins with")
    assert read(client, "search", q='"apple pear"')["items"] == []
    assert len(read(client, "search", q="apple pear")["items"]) == 1


def test_search_follows_changes_and_deletions(client: TestClient) -> None:
    path = f"claims/{make_claim(client, statement='About walrus')['id']}"
    patch(client, path, statement="About narwhal")
    assert read(client, "search", q="walrus")["items"] == []
    assert len(read(client, "search", q="narwhal")["items"]) == 1
    delete(client, path)
    assert read(client, "search", q="narwhal")["items"] == []


def test_q_of_a_list_searches_the_past_it_is_asked_about(client: TestClient) -> None:
    claim = make_claim(client, statement="About walrus tusks")
    path = f"claims/{claim['id']}"
    changed = patch(client, path, statement="About narwhal")
    then = {"known_at": claim["recorded_at"]}
    for query, now_found, then_found in (
        ("walrus", 0, 1),
        ('"walrus tusks"', 0, 1),
        ("wal*", 0, 1),
        ("narwhal", 1, 0),
    ):
        assert len(read(client, "claims", q=query)["items"]) == now_found
        assert len(read(client, "claims", q=query, **then)["items"]) == then_found
    delete(client, path)
    later = {"known_at": changed["recorded_at"]}
    assert len(read(client, "claims", q="narwhal", **later)["items"]) == 1


def test_titles_come_first_and_pages_hold_everything_once(client: TestClient) -> None:
    for number in range(5):
        make_claim(client, statement=f"Words number {number}", note="zebra")
    best = make_claim(client, statement="Zebra")["id"]
    whole: list[dict[str, Any]] = read(client, "search", q="zebra")["items"]
    assert whole[0]["id"] == best
    assert [hit["rank"] for hit in whole] == sorted((hit["rank"] for hit in whole), reverse=True)
    paged: list[dict[str, Any]] = []
    page = read(client, "search", q="zebra", limit=2)
    while True:
        paged += page["items"]
        if page["next"] is None:
            break
        page = read(client, "search", q="zebra", limit=2, cursor=page["next"])
    assert paged == whole


def test_a_hit_says_what_it_is_and_where(client: TestClient) -> None:
    claim = make_claim(client, statement="Zebra " * 3, note="filler " * 60 + "quagga at last")
    hit = read(client, "search", q="quagga", type="claims")["items"][0]
    assert (hit["type"], hit["id"]) == ("claims", claim["id"])
    assert "quagga" in hit["snippet"]
    assert len(hit["snippet"]) <= 210
    assert client.get(hit["path"]).json()["id"] == claim["id"]
    assert read(client, "search", q="quagga", type="actors")["items"] == []


def test_every_hit_in_the_default_data_is_where_it_says(loaded_client: TestClient) -> None:
    seen: set[str] = set()
    for query in ("korea*", "satellite", "example*", "treaty", "resolution", "arms"):
        for hit in read(loaded_client, "search", q=query, limit=200)["items"]:
            if hit["type"] not in seen:
                seen.add(hit["type"])
                assert loaded_client.get(hit["path"]).json()["id"] == hit["id"]
    assert len(seen) >= 10


def test_a_query_has_at_most_eight_terms() -> None:
    assert len(search.terms_of(" ".join(f"w{number}" for number in range(50)))) == search.TERMS
    assert search.terms_of("a a A á") == [search.Term(("a",))]
