"""Annotations on a field, a span, or a text: an exact match or a clear refusal."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.annotations.selectors import check_spans
from app.kernel.errors import Invalid
from tests.annotations.refusals import MISSING, refused
from tests.helpers import (
    Body,
    annotate,
    delete,
    make,
    make_actor,
    make_alliance,
    make_assessor,
    make_claim,
    make_consequence,
    make_source,
    patch,
    rate,
)

# --- Pointers and spans ---------------------------------------------------------------------------


def test_a_pointer_leads_to_a_field_or_is_refused(client: TestClient) -> None:
    actor = make_actor(client, aliases=["A", "B"], external_ids={"stix": "s"})["id"]
    for pointer in ("/name", "/aliases/1", "/external_ids/stix", "/interest", "/aliases"):
        made = annotate(client, "actors", actor, "Hm.", target={"pointer": pointer})
        assert made["target"]["pointer"] == pointer
    for pointer in ("/nme", "/aliases/2", "/aliases/-", "/aliases/\u0660", "/name/0", "/", "/id"):
        body = {"target": {"type": "actors", "id": actor, "pointer": pointer}}
        assert refused(client, body) == ["/target/pointer"], pointer
    for pointer in ("name", "/a~2b", ""):
        body = {"target": {"type": "actors", "id": actor, "pointer": pointer}}
        assert refused(client, body) == ["/target/pointer"], pointer


def test_the_number_of_a_rating_can_be_pointed_at(client: TestClient) -> None:
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    rating = rate(client, consequence, make_assessor(client)["slug"], 0.3)["id"]
    made = annotate(client, "ratings", rating, "Hm.", target={"pointer": "/probability/point"})
    assert made["target"]["pointer"] == "/probability/point"


TEXT = "The ship left. The ship came back, said Zoë 🛰 twice."


def span(client: TestClient, selector: list[Body], status: int = 201, **target: object) -> Body:
    """What comes of a note on a span of a claim's statement."""
    claim = make_claim(client, statement=TEXT)["id"]
    body = {"target": {"type": "claims", "id": claim, "selector": selector, **target}, "body": "x"}
    response = client.post("/v1/annotations", json=body)
    assert response.status_code == status, response.text
    found: Body = response.json()
    return found


def quote(exact: str, **around: str) -> Body:
    return {"type": "TextQuoteSelector", "exact": exact, **around}


def position(start: int, end: int) -> Body:
    return {"type": "TextPositionSelector", "start": start, "end": end}


@pytest.mark.parametrize(
    "selector",
    [
        [quote("left")],
        [quote("ship", prefix="left. The ")],
        [quote("ship", suffix=" left")],
        [quote("ship", prefix="The ", suffix=" came")],
        [position(0, 3)],
        [position(45, len(TEXT))],
        [quote("ship"), position(4, 8)],
        [position(19, 23), quote("ship", prefix="The ")],
        [quote("🛰 twice")],
        [quote(TEXT)],
        # Clients of the W3C's model send what stands around a span, be it nothing or a blank.
        [quote("left", prefix=" ", suffix="")],
        [quote("left", prefix="", suffix=".")],
        [quote("", prefix="left", suffix=". The")],
        [quote(" ", prefix="left.", suffix="The")],
        [position(4, 8), position(4, 8)],
    ],
)
def test_a_span_that_fits_exactly_is_kept_as_it_was_said(
    client: TestClient, selector: list[Body]
) -> None:
    made = span(client, selector)["target"]
    assert made["pointer"] == "/statement"
    assert [
        {key: value for key, value in part.items() if value is not None}
        for part in made["selector"]
    ] == selector


@pytest.mark.parametrize(
    ("selector", "place"),
    [
        ([quote("ship")], "/target/selector/0/exact"),
        ([quote("train")], "/target/selector/0/exact"),
        ([quote("Ship")], "/target/selector/0/exact"),
        ([quote("ship", prefix="A ")], "/target/selector/0/exact"),
        ([quote("ship", suffix=" sank")], "/target/selector/0/exact"),
        ([position(0, len(TEXT) + 1)], "/target/selector/0/end"),
        ([position(5, 5)], "/target/selector/0"),
        ([position(5, 4)], "/target/selector/0"),
        ([quote("ship"), position(5, 9)], "/target/selector/0/exact"),
        ([quote("left"), quote("back"), quote("twice")], "/target/selector"),
        ([{"type": "CssSelector", "value": "p"}], "/target/selector/0"),
        ([quote("")], "/target/selector/0"),
        ([quote(" ")], "/target/selector/0"),
        ([position(0, 3), position(4, 8)], "/target/selector/1"),
        ([quote("left"), quote("back")], "/target/selector/1"),
    ],
)
def test_a_span_that_does_not_fit_is_refused_not_moved(
    client: TestClient, selector: list[Body], place: str
) -> None:
    problem = span(client, selector, 422)
    assert problem["errors"][0]["pointer"].startswith(place)


def test_a_span_needs_a_text(client: TestClient) -> None:
    actor = make_actor(client, aliases=["A"], description="Some words.")["id"]
    target: Body = {"type": "actors", "id": actor, "selector": [quote("Some")]}
    assert refused(client, {"target": target}) == ["/target/selector"]
    assert refused(client, {"target": {**target, "pointer": "/aliases"}}) == ["/target/selector"]
    assert refused(client, {"target": {**target, "pointer": "/interest"}}) == ["/target/selector"]
    made = annotate(client, "actors", actor, "Hm.", target={**target, "pointer": "/description"})
    assert made["target"]["selector"][0]["exact"] == "Some"


# --- Texts of sources -----------------------------------------------------------------------------


def test_a_span_of_a_source_stands_in_its_text(client: TestClient) -> None:
    source = make_source(client, text=TEXT)
    made = annotate(client, "sources", source["id"], "x", target={"selector": [quote("left")]})
    assert made["target"]["sha256"] == source["text_sha256"]
    assert made["target"]["pointer"] is None
    target = {"selector": [position(0, 3)], "sha256": source["text_sha256"]}
    annotate(client, "sources", source["id"], "x", target=target)
    wrong: Body = {"type": "sources", "id": source["id"], "sha256": "0" * 64}
    assert refused(client, {"target": wrong}) == ["/target/sha256"]
    on_title = {"type": "sources", "id": source["id"], "pointer": "/title", "sha256": "0" * 64}
    assert refused(client, {"target": on_title}) == ["/target/sha256"]
    patch(client, f"sources/{source['id']}", text="Other words altogether.")
    body = {"target": {"type": "sources", "id": source["id"], "selector": [quote("left")]}}
    assert refused(client, body) == ["/target/selector/0/exact"]
    body["target"]["version"] = 1
    pinned = {**target, "version": 1, "selector": [quote("left")]}
    again = annotate(client, "sources", source["id"], "x", target=pinned)
    assert again["target"]["sha256"] == source["text_sha256"]


def test_a_quote_is_looked_for_in_one_pass_whatever_the_text(client: TestClient) -> None:
    """A text of one letter begins a quote at every letter of it."""
    text = "a" * 1000 + "b" + "a" * 1000
    source = make_source(client, text=text)["id"]

    def target(**quote: str) -> Body:
        part = {"type": "TextQuoteSelector", **quote}
        return {"target": {"type": "sources", "id": source, "selector": [part]}}

    for there in ({"exact": "aa", "suffix": "b"}, {"exact": "aa", "prefix": "b"}):
        make(client, "annotations", {"motivation": "commenting", "body": "Hm.", **target(**there)})
    for nowhere in (
        {"exact": "aa", "prefix": "c"},
        {"exact": "aa"},
        {"exact": "aab", "suffix": "b"},
    ):
        assert refused(client, target(**nowhere)) == ["/target/selector/0/exact"]

    class Counted(str):
        """A text that counts how often it is gone through, and how much of it is copied."""

        __slots__ = ("copied", "searched")
        searched: int
        copied: int

        def find(self, *args: Any) -> int:
            self.searched += 1
            return super().find(*args)

        def __getitem__(self, key: Any) -> str:
            piece = super().__getitem__(key)
            self.copied += len(piece)
            return piece

    counted = Counted(text)
    counted.searched = counted.copied = 0
    with pytest.raises(Invalid):
        check_spans([{"type": "TextQuoteSelector", "exact": "aa", "prefix": "c"}], counted)
    check_spans([{"type": "TextQuoteSelector", "exact": "aa", "suffix": "b"}], counted)
    assert (counted.searched, counted.copied) == (3, 2)


def test_the_text_of_a_source_needs_no_pointer(client: TestClient) -> None:
    target = {"type": "sources", "id": make_source(client, text=TEXT)["id"], "pointer": "/text"}
    response = client.post("/v1/annotations", json={"target": target, "body": "x"})
    assert (response.status_code, "leave it out" in response.json()["detail"]) == (422, True)


def test_of_a_text_not_held_only_positions_can_be_told(client: TestClient) -> None:
    source = make_source(client, text_sha256="a" * 64, text_length=100)["id"]
    target = {"selector": [position(10, 100)], "sha256": "a" * 64}
    made = annotate(client, "sources", source, "x", target=target)
    assert made["target"]["sha256"] == "a" * 64
    base: Body = {"type": "sources", "id": source}
    far = {**base, "selector": [position(10, 101)]}
    assert refused(client, {"target": far}) == ["/target/selector/0/end"]
    for selector in ([quote("word")], [quote("word"), position(1, 5)]):
        assert refused(client, {"target": {**base, "selector": selector}}) == ["/target/selector"]
    bare = make_source(client)["id"]
    body = {"target": {"type": "sources", "id": bare, "selector": [position(0, 1)]}}
    assert refused(client, body) == ["/target/selector"]
    other = {**base, "selector": [position(0, 4), position(1, 4)]}
    assert refused(client, {"target": other}) == ["/target/selector/1"]
    other["selector"][1] = position(0, 101)
    assert refused(client, {"target": other}) == ["/target/selector/1/end"]
    unmeasured = make_source(client, text_sha256="b" * 64)["id"]
    body = {"target": {"type": "sources", "id": unmeasured, "selector": [position(0, 1)]}}
    assert refused(client, body) == ["/target/selector/0/end"]


@pytest.mark.parametrize("gone", [True, False])
def test_what_is_not_there_is_not_annotated(client: TestClient, gone: bool) -> None:  # noqa: FBT001 - a parameter
    claim = make_claim(client)["id"] if gone else MISSING
    if gone:
        delete(client, f"claims/{claim}")
    assert refused(client, {"target": {"type": "claims", "id": claim}}) == ["/target/id"]
    assert refused(client, {"target": {"type": "planets", "id": claim}}) == ["/target/type"]
