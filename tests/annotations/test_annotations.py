"""Annotations: notes that stay on the version they were made on, safe to show, easy to find."""

import pytest
from starlette.testclient import TestClient

from tests.annotations.refusals import MISSING, refused
from tests.helpers import (
    annotate,
    delete,
    ids,
    make,
    make_actor,
    make_alliance,
    make_claim,
    make_consequence,
    make_source,
    patch,
    read,
    unique,
)

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
