"""Search answers alike on both databases: nothing a person types is syntax."""

import pytest
from starlette.testclient import TestClient

from tests.helpers import (
    annotate,
    delete,
    everything,
    ids,
    make_actor,
    make_alliance,
    make_assessor,
    make_claim,
    make_consequence,
    make_evidence,
    make_outcome,
    make_source,
    patch,
    rate,
    read,
)

TEXTS = {
    "ships": "Two cargo ships left the harbour of Rajin.",
    "harbour": "The harbour of Ålesund, in Noé's words, was empty.",
    "words": "AND, OR and NOT are words; so is NEAR. A near miss!",
    "code": "Item KN-23 (Hwasong-11Ga) costs 1,000 dollars_each.",
    "strasse": "Die Straße nach Ångström über İstanbul.",
    "hangul": "북한과 러시아 met; Пётр said: привет.",
}


@pytest.fixture
def claims(client: TestClient) -> dict[str, str]:
    """Claims by name; the ids found are told by the names again."""
    return {
        make_claim(client, statement=statement)["id"]: name for name, statement in TEXTS.items()
    }


def found(client: TestClient, claims: dict[str, str], query: str) -> set[str]:
    items = read(client, "search", q=query, type="claims")["items"]
    listed = {claims[item["id"]] for item in read(client, "claims", q=query)["items"]}
    names = {claims[item["id"]] for item in items}
    assert names == listed, "the list and the search agree"
    return names


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("ships", {"ships"}),
        ("SHIPS", {"ships"}),
        ("ship", set()),
        ("ship*", {"ships"}),
        ("harbour of", {"ships", "harbour"}),
        ("of harbour", {"ships", "harbour"}),
        ('"harbour of"', {"ships", "harbour"}),
        ('"of harbour"', set()),
        ('"harbour of rajin" cargo', {"ships"}),
        ('"harbour" "left the"', {"ships"}),
        ("harb* raj*", {"ships"}),
        ("alesund noe", {"harbour"}),
        ("Ålesund NOÉ'S", {"harbour"}),
        ("A\u030alesund", {"harbour"}),
        ("kn 23", {"code"}),
        ("KN-23", {"code"}),
        ('"kn-23"', {"code"}),
        ("hwasong-11ga", {"code"}),
        ("1,000", {"code"}),
        ("dollars_each", {"code"}),
        ("each", {"code"}),
        ("strasse", {"strasse"}),
        ("STRAßE ANGSTROM istanbul", {"strasse"}),
        ("북한과", {"hangul"}),
        ("петр привет", {"hangul"}),
        ("러시*", {"hangul"}),
    ],
)
def test_words_phrases_and_beginnings_are_found(
    client: TestClient, claims: dict[str, str], query: str, names: set[str]
) -> None:
    assert found(client, claims, query) == names


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("AND", {"words"}),
        ("ships OR harbour", set()),
        ("ships AND harbour", set()),
        ("NOT", {"words"}),
        ("NEAR", {"words"}),
        ("NEAR(a b)", set()),
        ("near miss", {"words"}),
        ("-ships", {"ships"}),
        ("^ships", {"ships"}),
        ("title:ships", set()),
        ("words:near", {"words"}),
        ("ships & harbour", {"ships"}),
        ("ships | nothing", set()),
        ("!ships", {"ships"}),
        ("ships <-> left", {"ships"}),
        ("ships:*", {"ships"}),
        ("(ships)", {"ships"}),
        ("'ships'", {"ships"}),
        ('"ships', {"ships"}),
        ('ships"', {"ships"}),
        ('"ships" "', {"ships"}),
        ("*ships", {"ships"}),
        ("ships**", {"ships"}),
        ("{ships}", {"ships"}),
        ("ships;--", {"ships"}),
        ("shi%", set()),
        ("s_ips", set()),
        ("\\ships", {"ships"}),
    ],
)
def test_nothing_typed_is_syntax(
    client: TestClient, claims: dict[str, str], query: str, names: set[str]
) -> None:
    assert found(client, claims, query) == names


@pytest.mark.parametrize("query", ["*", '"', '""', "---", "!?", "_", "  ", "🛰", "'*'", '"*"'])
def test_a_query_without_words_finds_nothing(
    client: TestClient, claims: dict[str, str], query: str
) -> None:
    assert found(client, claims, query) == set()


def test_a_list_is_asked_for_no_word_in_vain(client: TestClient) -> None:
    make_actor(client)
    assert read(client, "actors", q="!?")["items"] == []


def test_a_query_is_neither_empty_nor_endless(client: TestClient) -> None:
    for query in ("", "x" * 301):
        response = client.get("/v1/search", params={"q": query})
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "?q")
    assert client.get("/v1/search").status_code == 422


def test_only_the_first_eight_terms_count(client: TestClient) -> None:
    made = make_claim(client, statement="a b c d e f g h")["id"]
    query = "a b c d e f g h i j k"
    assert [item["id"] for item in read(client, "search", q=query)["items"]] == [made]
    assert read(client, "search", q="a a a a a a a a i")["items"] == []


def test_no_phrase_crosses_from_one_field_into_another(client: TestClient) -> None:
    make_actor(client, name="Red Army", aliases=["Choir", "Band"], description="Singers.")
    for query, count in (('"red army"', 1), ('"army choir"', 0), ('"choir band"', 0),
                         ('"band singers"', 0), ("army choir singers", 1)):  # fmt: skip
        assert len(read(client, "search", q=query)["items"]) == count, query


def test_the_best_comes_first(client: TestClient) -> None:
    often = make_actor(client, name="Plain", description="Shell shell shell.")["id"]
    once = make_actor(client, name="Plain", description="A shell and so on and so forth.")["id"]
    title = make_actor(client, name="Shell", description="So.")["id"]
    hits = read(client, "search", q="shell")["items"]
    assert [hit["id"] for hit in hits] == [title, often, once]
    assert [hit["rank"] for hit in hits] == sorted((hit["rank"] for hit in hits), reverse=True)


def test_a_search_is_narrowed_to_kinds(client: TestClient) -> None:
    actor, claim = make_actor(client, name="Shell")["id"], make_claim(client, statement="Shell")
    source = make_source(client, title="Shell")["id"]

    def kinds(*types: str) -> set[str]:
        return {hit["id"] for hit in read(client, "search", q="shell", type=types)["items"]}

    assert kinds("actors", "sources") == {actor, source}
    assert kinds("claims") == {claim["id"]}
    assert kinds("items") == set()
    assert client.get("/v1/search?q=x&type=planets").status_code == 422


def test_pages_of_a_search_are_the_unpaged_order(client: TestClient) -> None:
    for number in range(9):
        make_actor(client, name=f"Shell {'shell ' * (number % 3)}{number}")
    whole = read(client, "search", q="shell", limit=200)
    assert (len(whole["items"]), whole["next"]) == (9, None)
    for limit in (1, 2, 4):
        assert everything(client, "search", q="shell", limit=limit) == whole["items"]
    cursor = read(client, "search", q="shell", limit=2)["next"]
    for other in ({"q": "shells"}, {"q": "shell", "type": "actors"}):
        response = client.get("/v1/search", params={**other, "cursor": cursor})
        assert response.status_code == 400


def test_the_snippet_shows_the_words_in_plain_text(client: TestClient) -> None:
    long = "Before. " * 60 + "The shell <b>burst</b> here. " + "After. " * 60
    make_actor(client, name="Plain", description=long)
    (hit,) = read(client, "search", q="burst")["items"]
    assert "shell <b>burst</b> here" in hit["snippet"]
    assert hit["snippet"].startswith("… ")
    assert hit["snippet"].endswith(" …")
    assert len(hit["snippet"]) < 220
    (hit,) = read(client, "search", q="befo*")["items"]
    assert hit["snippet"].startswith("Before.")
    make_actor(client, name="Onlyname")
    (hit,) = read(client, "search", q="onlyname")["items"]
    assert hit["snippet"] == hit["title"] == "Onlyname"


def test_every_hit_leads_to_its_record(client: TestClient) -> None:
    alliance = make_alliance(client, name="Zebra pact")["id"]
    consequence = make_consequence(client, alliance, title="Zebra")["id"]
    claim = make_claim(client, statement="Zebra")["id"]
    make_evidence(client, consequence, claim, note="Zebra link")
    make_outcome(client, consequence, note="Zebra found")
    rating = rate(client, consequence, make_assessor(client, name="Zebra")["slug"], 0.5,
                  rationale="Zebra reasons")  # fmt: skip
    annotate(client, "ratings", rating["id"], "Zebra note")
    make_source(client, title="Zebra paper")
    hits = read(client, "search", q="zebra", limit=200)["items"]
    kinds = {"alliances", "consequences", "claims", "evidence", "outcomes", "ratings",
             "annotations", "sources", "assessors"}  # fmt: skip
    assert {hit["type"] for hit in hits} == kinds
    for hit in hits:
        assert client.get(hit["path"]).json()["id"] == hit["id"]


def test_search_follows_every_write(client: TestClient) -> None:
    made = make_actor(client, name="Before")

    def hits(query: str) -> int:
        return len(read(client, "search", q=query)["items"])

    patch(client, f"actors/{made['id']}", description="Extra words")
    assert (hits("before"), hits("extra"), hits("before words")) == (1, 1, 1)
    patch(client, f"actors/{made['id']}", name="After", description=None)
    assert (hits("before"), hits("extra"), hits("after")) == (0, 0, 1)
    delete(client, f"actors/{made['id']}")
    assert hits("after") == 0


def test_a_very_long_text_is_searched_from_its_beginning(client: TestClient) -> None:
    words = " ".join(f"w{number}" for number in range(900))
    make_actor(client, name="Long", description=words)
    assert len(read(client, "search", q="w0 w899")["items"]) == 1
    assert len(read(client, "search", q="x" * 65)["items"]) == 0
    make_actor(client, name="y" * 300)
    assert len(read(client, "search", q="y" * 64)["items"]) == 1
    assert len(read(client, "search", q="y" * 299)["items"]) == 1


def test_a_text_whose_words_unfold_is_searched_as_far_as_there_is_room(client: TestClient) -> None:
    # Each of these characters is four when it is folded, of three bytes each.
    text = "Walrus. " + " ".join(["\N{SQUARE APAATO}" * 16] * 8000) + " Quagga."
    source = make_source(client, text=text)["id"]
    assert ids(read(client, "search", q="walrus")) == [source]
    assert ids(read(client, "sources", q="quagga")) == []
