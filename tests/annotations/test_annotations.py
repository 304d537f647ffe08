"""Annotations: notes that stay on the version they were made on, safe to show, easy to find."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.annotations.selectors import check_spans
from app.kernel.errors import Invalid
from tests.helpers import (
    Body,
    annotate,
    delete,
    ids,
    make,
    make_actor,
    make_alliance,
    make_assessor,
    make_claim,
    make_consequence,
    make_source,
    patch,
    rate,
    read,
    unique,
)

MISSING = "01890000-0000-7000-8000-000000000000"


def refused(client: TestClient, body: Body) -> list[str]:
    said = {"motivation": "commenting", "body": "Hm.", **body}
    response = client.post("/v1/annotations", json=said)
    assert response.status_code == 422, response.text
    return [error["pointer"] for error in response.json()["errors"]]


# --- Life -----------------------------------------------------------------------------------------


def test_a_note_is_pinned_to_the_version_it_is_made_on(client: TestClient) -> None:
    claim = make_claim(client)["id"]
    patch(client, f"claims/{claim}", note="Changed.")
    made = annotate(client, "claims", claim, "Is this so?", motivation="questioning")
    assert made["target"] == {
        "type": "claims", "id": claim, "version": 2, "pointer": None, "selector": [],
        "sha256": None,
    }  # fmt: skip
    assert (made["status"], made["creator"], made["outdated"]) == ("open", "local", False)
    assert read(client, f"annotations/{made['id']}") == made


def test_a_target_may_be_named_by_its_slug(client: TestClient) -> None:
    actor = make_actor(client)
    made = annotate(client, "actors", actor["slug"], "Hm.")
    assert made["target"]["id"] == actor["id"]


def test_notes_are_found_by_the_slug_of_their_target(client: TestClient) -> None:
    slug = unique("wire")
    source, other = make_source(client, slug=slug), make_source(client)
    actor = make_actor(client, slug=slug)
    claim = make_claim(client)["id"]
    notes = {
        kind: annotate(client, kind, record, "Hm.")["id"]
        for kind, record in (("sources", source["id"]), ("actors", actor["id"]), ("claims", claim))
    }
    annotate(client, "sources", other["id"], "Hm.")
    for asked, wanted in (
        ({"target": slug}, ["actors", "sources"]),
        ({"target": slug, "target_type": "sources"}, ["sources"]),
        ({"target": [slug, claim]}, ["claims", "actors", "sources"]),
        ({"target": "nobody"}, []),
    ):
        found = read(client, "annotations", **asked)
        assert ids(found) == [notes[kind] for kind in wanted], asked


def test_a_note_is_not_there_before_what_it_is_about(client: TestClient) -> None:
    claim = make_claim(client, effective_at="2024-03-05")["id"]
    source = make_source(client)["id"]
    of_claim, of_source = (
        annotate(client, kind, record, "Hm.")["id"]
        for kind, record in (("claims", claim), ("sources", source))
    )
    asked = {"sort": "id"}
    assert ids(read(client, "annotations", as_of="2024-03-04", **asked)) == [of_source]
    for later in ({"as_of": "2024-03-05"}, {}):
        assert ids(read(client, "annotations", **later, **asked)) == [of_claim, of_source]
    alone = f"/v1/annotations/{of_claim}"
    assert client.get(alone, params={"as_of": "2024-03-04"}).status_code == 404
    assert client.get(alone, params={"as_of": "2024-03-05"}).status_code == 200


def test_a_note_is_outdated_when_its_target_changes_or_goes(client: TestClient) -> None:
    claim = make_claim(client)["id"]
    made = annotate(client, "claims", claim, "Hm.")
    path = f"annotations/{made['id']}"
    patch(client, f"claims/{claim}", note="New.")
    found = read(client, path)
    assert (found["outdated"], found["target"]["version"], found["version"]) == (True, 1, 1)
    assert read(client, path, known_at=made["recorded_at"])["outdated"] is False
    fresh = annotate(client, "claims", claim, "Still.")
    assert ids(read(client, "annotations", outdated="true")) == [made["id"]]
    assert ids(read(client, "annotations", outdated="false")) == [fresh["id"]]
    delete(client, f"claims/{claim}")
    assert ids(read(client, "annotations", outdated="true", sort="id")) == [made["id"], fresh["id"]]


def test_a_note_can_be_made_on_a_version_of_before(client: TestClient) -> None:
    claim = make_claim(client, statement="The first word.")["id"]
    patch(client, f"claims/{claim}", statement="Another sentence.")
    quote = {"type": "TextQuoteSelector", "exact": "first"}
    target = {"version": 1, "selector": [quote]}
    made = annotate(client, "claims", claim, "Hm.", target=target)
    assert (made["target"]["version"], made["outdated"]) == (1, True)
    for version in (3, 99):
        body = {"target": {"type": "claims", "id": claim, "version": version}}
        assert refused(client, body) == ["/target/version"]
    body = {"target": {"type": "claims", "id": claim, "version": 2, "selector": [quote]}}
    assert refused(client, body) == ["/target/selector/0/exact"]


def test_what_a_note_says_may_change_not_what_it_is_about(client: TestClient) -> None:
    made = annotate(client, "claims", make_claim(client)["id"], "Hm.")
    path = f"annotations/{made['id']}"
    changed = patch(client, path, body="Clear now.", status="resolved", motivation="assessing")
    assert (changed["status"], changed["body"], changed["version"]) == ("resolved", "Clear now.", 2)
    assert changed["target"] == made["target"]
    for field in ("target", "creator", "reply_to"):
        response = client.patch(f"/v1/{path}", json={field: None}, headers={"If-Match": "*"})
        assert response.status_code == 422, field
    delete(client, path)
    assert client.get(f"/v1/{path}").status_code == 410


def test_a_reply_shares_its_target(client: TestClient) -> None:
    claim = make_claim(client)["id"]
    first = annotate(client, "claims", claim, "Hm.", target={"pointer": "/statement"})
    patch(client, f"claims/{claim}", note="New.")
    body = {"reply_to": first["id"], "motivation": "replying", "body": "Yes."}
    reply = make(client, "annotations", body)
    assert reply["target"] == first["target"]
    assert ids(read(client, "annotations", reply_to=first["id"])) == [reply["id"]]
    elsewhere = annotate(client, "actors", make_actor(client)["id"], "No.", reply_to=first["id"])
    assert elsewhere["target"]["type"] == "actors"
    page = read(client, "annotations", reply_to=first["id"], include="reply_to")
    assert all(ids({"items": item["included"]["reply_to"]}) == [first["id"]]
               for item in page["items"])  # fmt: skip
    assert refused(client, {"reply_to": MISSING}) == ["/reply_to"]
    delete(client, f"annotations/{first['id']}")
    assert refused(client, {"reply_to": first["id"]}) == ["/reply_to"]
    assert len(refused(client, {})) == 1


def test_a_note_on_the_consequence_of_the_path(client: TestClient) -> None:
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    path = f"consequences/{consequence}/annotations"
    made = make(client, path, {"body": "Hm.", "motivation": "commenting", "creator": "Ann"})
    assert made["target"]["id"] == consequence
    assert made["creator"] == "Ann"
    assert ids(read(client, path)) == [made["id"]]
    assert read(client, f"annotations/{made['id']}") == made
    assert (
        client.post(f"/v1/consequences/{MISSING}/annotations", json={"body": "x"}).status_code
        == 404
    )


def test_notes_are_found_by_what_they_are_about(client: TestClient) -> None:
    claim, actor = make_claim(client)["id"], make_actor(client)["id"]
    one = annotate(client, "claims", claim, "Shells.", creator="Ann")["id"]
    two = annotate(client, "actors", actor, "Ships.", motivation="tagging", creator="Bo")["id"]
    three = annotate(client, "annotations", one, "Trains.", status="resolved")["id"]
    for params, found in (
        ({}, [three, two, one]),
        ({"target": claim}, [one]),
        ({"target": [claim, actor]}, [two, one]),
        ({"target_type": "annotations"}, [three]),
        ({"motivation": "tagging"}, [two]),
        ({"creator": ["Ann", "local"]}, [three, one]),
        ({"status": "resolved"}, [three]),
        ({"q": "shells"}, [one]),
        ({"sort": "creator,id"}, [one, two, three]),
    ):
        assert ids(read(client, "annotations", **params)) == found, params


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


# --- Markdown -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("**bold** and `code`", "<p><strong>bold</strong> and <code>code</code></p>\n"),
        ("[a](https://example.org)", '<p><a href="https://example.org">a</a></p>\n'),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("<b onclick=x>hm</b>", "<p>&lt;b onclick=x&gt;hm&lt;/b&gt;</p>\n"),
    ],
)
def test_markdown_is_rendered(client: TestClient, body: str, shown: str) -> None:
    made = annotate(client, "actors", make_actor(client)["id"], body)
    assert (made["body"], made["body_html"]) == (body, shown)


@pytest.mark.parametrize(
    "body",
    [
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](vbscript:x)",
        "[x](data:text/html,<script>alert(1)</script>)",
        "<javascript:alert(1)>",
        "![x](https://example.org/pixel.png)",
        "![x](javascript:alert(1))",
        "<img src=x onerror=alert(1)>",
        "<iframe src=//example.org></iframe>",
        '[x](https://example.org"onmouseover="alert(1))',
        "[x]: javascript:alert(1)\n\n[x]",
        "<!-- comment --> <style>*{}</style>",
    ],
)
def test_nothing_in_a_note_can_run_or_call_elsewhere(client: TestClient, body: str) -> None:
    shown = annotate(client, "actors", make_actor(client)["id"], body)["body_html"]
    for tag in ("<script", "<img", "<iframe", "<style", "<b ", "<!--"):
        assert tag not in shown.lower()
    assert 'href="javascript' not in shown.lower()
    assert 'href="vbscript' not in shown.lower()
    assert 'href="data:' not in shown.lower()
    assert '" onmouseover' not in shown
    assert '"onmouseover' not in shown


def test_notes_and_their_replies_are_raised_with_what_they_are_about(client: TestClient) -> None:
    claim = make_claim(client)["id"]
    note = annotate(client, "claims", claim, "Is this so?")
    reply = annotate(client, "claims", claim, "It is.", reply_to=note["id"])
    again = annotate(client, "claims", claim, "It isn't.", reply_to=reply["id"])
    patch(client, f"claims/{claim}", tlp="AMBER")
    for made in (note, reply, again):
        found = read(client, f"annotations/{made['id']}")
        assert (found["tlp"], found["version"]) == ("AMBER", 2)
