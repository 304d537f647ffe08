"""All of a text is searched, however long, and what is found can be read."""

import pytest
from starlette.testclient import TestClient

from app.kernel.db import Database
from tests.helpers import (
    delete,
    ids,
    make_actor,
    make_alliance,
    make_claim,
    make_consequence,
    make_evidence,
    make_item,
    make_outcome,
    make_source,
    patch,
    read,
)


def found(client: TestClient, query: str, **params: str) -> list[str]:
    return ids(read(client, "search", q=query, limit=200, **params))


def test_a_claim_is_found_by_the_end_of_its_statement(client: TestClient) -> None:
    statement = "It is said at length. " * 100 + "The walrus signed."
    claim = make_claim(client, statement=statement, note="A quagga.")["id"]
    for query in ("walrus", '"the walrus signed"', "walr*", "walrus quagga"):
        assert found(client, query) == ids(read(client, "claims", q=query)) == [claim], query
    assert found(client, '"signed a quagga"') == []
    (hit,) = read(client, "search", q="walrus")["items"]
    assert (len(hit["title"]), "The walrus signed." in hit["snippet"]) == (500, True)


def test_a_source_is_found_by_its_text(client: TestClient) -> None:
    source = make_source(client, text="Nobody knows. " * 50 + "A walrus came to the summit.")
    assert (
        found(client, '"walrus came"') == ids(read(client, "sources", q="walrus")) == [source["id"]]
    )
    assert "walrus came" in read(client, "search", q="walrus")["items"][0]["snippet"]
    then = source["recorded_at"]
    patch(client, f"sources/{source['id']}", text="A quagga came instead.")
    assert (found(client, "walrus"), found(client, "quagga")) == ([], [source["id"]])
    assert ids(read(client, "sources", q="walrus", known_at=then)) == [source["id"]]


def test_a_text_that_comes_after_its_hash_is_searched(client: TestClient) -> None:
    text = "A walrus came."
    digest = make_source(client, text=text)["text_sha256"]
    source = make_source(client, text_sha256=digest, text_length=len(text))
    assert source["id"] not in found(client, "walrus")
    after = patch(client, f"sources/{source['id']}", text=text)
    assert (after["version"], source["id"] in found(client, "walrus")) == (1, True)


def test_a_phrase_is_found_behind_the_255th_of_its_words(client: TestClient) -> None:
    """PostgreSQL keeps no more places of a word."""
    note = "grey seal " * 300 + "grey walrus"
    actor = make_actor(client, name="Plain", description=note)["id"]
    for query, there in (('"grey walrus"', [actor]), ('"seal grey walrus"', [actor]),
                         ('"walrus grey"', []), ('"seal walrus"', [])):  # fmt: skip
        assert found(client, query) == ids(read(client, "actors", q=query)) == there, query


def test_words_of_four_bytes_a_letter_are_kept_as_far_as_there_is_room(client: TestClient) -> None:
    text = " ".join(chr(0x20000 + number) * 60 for number in range(3200))
    source = make_source(client, title="Signs", text=text)["id"]
    assert found(client, chr(0x20000) * 60) == [source]
    many = " ".join(f"w{number}" for number in range(20_000))
    source = make_source(client, title="Many", text=many)["id"]
    assert (found(client, "w0 w15000"), found(client, "w19999")) == ([source], [])


def test_what_stands_under_a_deleted_record_is_not_found(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    item = make_item(client, alliance, name="Walrus")["id"]
    consequence = make_consequence(client, alliance, title="Walrus")["id"]
    claim = make_claim(client, statement="Walrus")["id"]
    link = make_evidence(client, consequence, claim, note="Walrus")["id"]
    outcome = make_outcome(client, consequence, note="Walrus")["id"]
    assert set(found(client, "walrus")) == {item, consequence, claim, link, outcome}
    delete(client, f"consequences/{consequence}")
    assert set(found(client, "walrus")) == {item, claim}
    other = make_consequence(client, alliance, title="Walrus")["id"]
    delete(client, f"alliances/{alliance}")
    hits = read(client, "search", q="walrus")["items"]
    assert {hit["id"] for hit in hits} == {claim, other}
    assert {client.get(hit["path"]).status_code for hit in hits} == {200}


def test_no_word_of_a_person_is_the_word_of_a_kind(client: TestClient) -> None:
    make_claim(client, statement="Walrus")
    for query in ("\u00b6claims", "claims", "clai*", '"\u00b6claims walrus"'):
        assert found(client, query) == [], query
    assert found(client, "walrus", type="actors") == []


@pytest.mark.parametrize("kind", ["actors", "claims"])
def test_a_rare_kind_is_asked_of_the_index(
    client: TestClient, database: Database, statements: list[str], kind: str
) -> None:
    """Not by going through all that hold a common word."""
    read(client, "search", q="walrus", type=kind)
    (asked,) = (statement for statement in statements if "search_entries" in statement)
    assert "entry.kind IN" not in asked.partition("NOT IN")[0]
    assert ("MATCH" in asked) is not database.is_postgres
