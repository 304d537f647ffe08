"""Briefs: what an edition says, in the order it is needed, and nothing else than it says."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.assessments import pdf
from app.assessments.blocks import Span
from app.assessments.brief import Brief
from app.assessments.markdown import escaped, written
from app.assessments.states import State
from app.domain.yardstick import SCALES
from app.kernel.types import parse_instant
from tests import helpers
from tests.assessments.pact import LATER, THEN, make_pact
from tests.helpers import Body, make, make_edition

HOSTILE = "# *F* <script>alert(1)</script> | [a](javascript:b) ![c](http://d) &amp; `e` ~~f~~ \\"
FEBRUARY = "/v1/assessments/00dc6acf-af60-7bfc-a55b-6ef185a2b756/brief"


def brief(client: TestClient, edition: dict[str, str], **asked: str) -> str:
    """A brief as text."""
    answer = client.get(f"/v1/assessments/{edition['id']}/brief", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.text


def sections(text: str) -> list[str]:
    return re.findall("^## (.+)$", text, re.MULTILINE)


def test_a_brief_says_first_what_is_judged_and_then_why_and_on_what(client: TestClient) -> None:
    pact = make_pact(client)
    first = make_edition(client, pact["alliance"], title="First", note="Read this.")
    factor = {"kind": "key_assumption", "title": "Trade goes on", "ref": "U01"}
    helpers.make_factor(client, pact["alliance"], **factor)
    other = helpers.make_assessor(client)["slug"]
    said = {"effective_at": "2024-04-01", "rationale": "Nobody has seen it."}
    helpers.rate(client, pact["ids"]["consequences"], other, 0.2, **said)
    found = {"status": "partly_occurred", "since": "2024-05-01", "note": "One of two."}
    helpers.make_outcome(client, pact["ids"]["consequences"], **found)
    new = helpers.make_consequence(client, pact["alliance"], effective_at="2024-02-01")
    second = make_edition(client, pact["alliance"], LATER, title="Second")
    text = brief(client, first)
    assert "This is the first edition." in text
    assert "**Likelihood: unlikely** (30 %; 1 assessor). Confidence" in text
    text = brief(client, second)
    assert sections(text) == [
        "Key judgements", "What changed since edition 1", "Dissent", "Evidence",
        "Assumptions and uncertainties", "Indicators", "Sources", "Seal",
    ]  # fmt: skip
    changed = text.split("## What changed")[1].split("## Dissent")[0]
    assert "Went up from 30 % to 43 % (unlikely).\n" in changed
    # The other rates it lower than it stood: they moved nothing up.
    assert f"> “The second report.” — {pact['assessor']}\n" in changed
    assert "Nobody has seen it." not in changed
    assert "Found since 1 May 2024: partly occurred.\n\n> “One of two.”\n" in changed
    assert f"### {new['title']}\n\nIs new.\n" in changed
    assert "Not rated." in text
    assert f"{pact['assessor']} stands furthest" in text or f"{other} stands furthest" in text
    assert "| F01 | C01 | supports the outcome | B2 | 1 |" in text
    assert "- **U01 Trade goes on** (key assumption)." in text
    assert "](<https://example.org/a(b)>): reliability B." in text
    assert second["hash"] in text
    assert brief(client, first) == brief(client, first)


def test_a_brief_tells_what_came_and_what_went(client: TestClient) -> None:
    pact = make_pact(client)
    new = helpers.make_consequence(client, pact["alliance"], effective_at="2023-09-01")
    bare = {"probability": 0.004, "effective_at": "2023-10-01", "review_by": "2023-11-01"}
    assessor = helpers.make_assessor(client)["slug"]
    helpers.rate(client, new["id"], assessor, **bare)
    back = {"relations": [{"kind": "retracts", "claim": pact["ids"]["claims"]}]}
    helpers.make_claim(client, alliance=pact["alliance"], effective_at="2023-03-01", **back)
    days = ("2023-01-15", "2023-07-01", THEN)
    text = [brief(client, make_edition(client, pact["alliance"], day)) for day in days]
    assert "(below 1 %; 1 assessor). A review was due" in text[2]
    assert ["(retracted)" in each for each in text] == [False, True, True]
    assert f"Is rated for the first time.\n\n> “A look.” — {pact['assessor']}\n" in text[1]
    assert f"### {new['title']}\n\nIs new.\n" in text[2]
    make_edition(client, pact["alliance"], "2024-03-15")
    helpers.delete(client, f"consequences/{new['id']}")
    gone = {"effective_at": "2024-04-01", "reason": "It was a mistake."}
    make(client, f"ratings/{pact['second']}/withdraw", gone)
    last = brief(client, make_edition(client, pact["alliance"], "2024-05-01"))
    assert f"### {new['title']}\n\nIs judged no more.\n" in last
    assert "Is rated by nobody any more.\n" in last


def test_what_changed_is_told_forwards_whatever_was_published_first(client: TestClient) -> None:
    pact = make_pact(client)
    later = make_edition(client, pact["alliance"], as_of=LATER)
    between = make_edition(client, pact["alliance"], as_of=THEN)
    last = make_edition(client, pact["alliance"], as_of="2024-07-01")
    assert "no edition of an earlier day to compare it with" in brief(client, between)
    assert f"What changed since edition {later['number']}" in sections(brief(client, last))


def test_a_brief_tells_what_no_longer_holds_and_what_has_shown(client: TestClient) -> None:
    pact = make_pact(client)
    alliance, consequence = pact["alliance"], pact["ids"]["consequences"]
    holds = helpers.make_assumption(client, alliance, ref="U01", title="The pass stays open")
    gone = helpers.make_assumption(client, alliance, ref="U02", title="Trade goes on")
    named = {"assumptions": [holds["id"], gone["id"]], "effective_at": "2024-03-02"}
    helpers.rate(client, consequence, pact["assessor"], 0.7, **named)
    helpers.break_assumption(client, gone, "2024-04-02", note="The port closed.")
    watched = [
        helpers.make_indicator(client, consequence, ref=f"I{number}", statement=sign)
        for number, sign in enumerate(("Trains cross", "Ships call", "Planes land", "Mail comes"))
    ]
    seen: Body = {"status": "observed", "claims": [pact["ids"]["claims"]]}
    helpers.make_reading(client, watched[0]["id"], **seen, crosses=True, effective_at="2024-05-01")
    helpers.make_reading(client, watched[1]["id"], **seen, crosses=True, effective_at="2024-02-01")
    searched = {"period": {"from": "2024-01-01", "to": "2024-02-01"}, "corpus": "The harbour."}
    helpers.make_reading(client, watched[2]["id"], status="absent", **searched)
    text = brief(client, make_edition(client, alliance, LATER))
    judged = text.split("## Key judgements")[1].split("## What changed")[0]
    assert "It is judged on an assumption that is broken: U02 Trade goes on." in judged
    assert "An indicator crossed its threshold since: I0 Trains cross." in judged
    assert "U01" not in judged
    assert "I1" not in judged  # it had crossed before the newest rating
    assumed = text.split("## Assumptions and uncertainties")[1].split("## Sources")[0]
    broken, rest = assumed.split("- **U01")
    assert broken.startswith(
        "\n\n- **U02 Trade goes on** (key assumption). **Broken since 2 April 2024:**"
        " “The port closed.”"
    )
    assert "Broken" not in rest
    assert "**I0 Trains cross**: observed since 1 May 2024, which crosses the threshold." in rest
    assert "**I2 Planes land**: looked for, and absent since 1 February 2024. Threshold" in rest
    assert "**I3 Mail comes**: not read yet." in rest


def test_a_brief_of_a_few_says_who_they_are() -> None:
    edition = {
        "title": "E", "tlp": "AMBER", "audience": ["desk"], "number": 2, "note": None, "id": "i",
        "previous": "0" * 64, "hash": "1" * 64, "key": "k",
    }  # fmt: skip
    at = parse_instant(THEN)
    told = Brief(State(edition, at, at, {"alliances": [{"name": "Pact"}]}), None)
    assert told.marking == "TLP:AMBER (desk)"
    assert "**TLP:AMBER (desk)**" in written(told.blocks())


def sentences(text: str) -> Iterator[str]:
    return iter(re.split(r"(?<=[.!?])\s+", text))


@pytest.mark.parametrize("scale", SCALES)
def test_a_brief_keeps_to_one_scale_and_keeps_confidence_apart(
    loaded_client: TestClient, scale: str
) -> None:
    text = loaded_client.get(FEBRUARY, params={"scale": scale}).text
    judged = text.split("## Key judgements")[1].split("## What changed")[0]
    words = {word for band in SCALES[scale] for word in (band.word,)}
    told = re.findall(r"\*\*Likelihood: ([a-z ]+?)(?:, the nearest band)?\*\*", judged)
    assert len(told) == 13
    assert set(told) <= {word.replace(",", "") for word in words}
    other = ({band.word for name in SCALES for band in SCALES[name]} - words) - {"unlikely"}
    assert not {word for word in other if f"({word})" in text or f": {word}*" in text}
    for sentence in sentences(judged):
        assert not ("Likelihood" in sentence and "onfidence" in sentence), sentence


def test_what_people_wrote_is_text_and_nothing_else(client: TestClient) -> None:
    alliance = helpers.make_alliance(client, name=HOSTILE)["slug"]
    helpers.make_consequence(client, alliance, title=HOSTILE)
    helpers.make_factor(client, alliance, title="1. First", kind="caveat", description=HOSTILE)
    url = "https://example.org/a>b"
    assert (
        client.post("/v1/sources", json={"slug": "s", "title": "S", "url": url}).status_code == 422
    )
    source = helpers.make_source(client, title=HOSTILE, url="https://example.org/(a)%3E")
    helpers.make_claim(client, alliance=alliance, carriers=[{"source": source["id"]}])
    edition = make_edition(client, alliance, title=HOSTILE, note=f"{HOSTILE}\n\n{HOSTILE}")
    page = brief(client, edition, format="html")
    shown = page.split("<main>")[1]
    assert "<script" not in page
    assert not re.search(r"<(?:img|code|em|s)\b|href=\"(?!https://example.org/\(a\)%3E\")", shown)
    assert shown.count("# *F* &lt;script&gt;alert(1)&lt;/script&gt; | [a](javascript:b)") >= 5
    assert page.count("<h1>") == 1
    assert "<table>" in shown


@pytest.mark.parametrize("text", ["- a", "+ a", "1. a", "12) a", "=== a", "> a", "#a", "a\n- b"])
def test_no_text_begins_a_block(text: str) -> None:
    assert re.match(r"\\|\d+\\|a -", escaped(text))
    assert "\n" not in escaped(text)
    assert Span(text).href == ""


def test_a_brief_comes_as_it_is_asked_for(loaded_client: TestClient) -> None:
    plain = loaded_client.get(FEBRUARY)
    assert plain.headers["content-type"] == "text/markdown; charset=utf-8"
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = loaded_client.get(FEBRUARY, headers=browser)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "style-src 'sha256-" in page.headers["content-security-policy"]
    assert "@media print" in page.text
    for part in ("thead", "tfoot"):  # which come again on each page
        assert f'<{part}><tr><td class="marking">TLP:CLEAR</td></tr></{part}>' in page.text
    assert "https://" in page.text
    assert not re.search("src=|<link|@import", page.text)
    tag = {"If-None-Match": page.headers["etag"], **browser}
    assert loaded_client.get(FEBRUARY, headers=tag).status_code == 304
    other = {"If-None-Match": page.headers["etag"]}
    assert loaded_client.get(FEBRUARY, headers=other).status_code == 200
    refused = loaded_client.get(FEBRUARY, headers={"Accept": "image/png"})
    assert refused.status_code == 406
    assert "text/markdown" in refused.json()["detail"]
    assert loaded_client.get(FEBRUARY, params={"scale": "mine"}).status_code == 422


def test_a_brief_is_typeset_the_same_each_time(loaded_client: TestClient) -> None:
    first, second = (loaded_client.get(FEBRUARY, params={"format": "pdf"}) for _ in range(2))
    assert first.headers["content-type"] == "application/pdf"
    assert first.content.startswith(b"%PDF-")
    assert first.content == second.content
    tag = {"If-None-Match": first.headers["etag"]}
    again = loaded_client.get(FEBRUARY, params={"format": "pdf"}, headers=tag)
    assert again.status_code == 304


def test_without_the_extra_a_pdf_is_refused_by_its_name(
    loaded_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "_typst", None)
    answer = loaded_client.get(FEBRUARY, headers={"Accept": "application/pdf"})
    assert answer.status_code == 406
    assert "extra `pdf`" in answer.json()["detail"]


def test_an_edition_of_nothing_is_a_short_brief(client: TestClient) -> None:
    alliance = make(client, "alliances", {"slug": "empty", "name": "Empty"})["slug"]
    make_edition(client, alliance, tlp="GREEN")
    text = brief(client, make_edition(client, alliance, tlp="GREEN"))
    assert text.count("Nothing is recorded.") == 5
    assert "No judgement moved." in text
    assert "Nobody stands far apart from the others." in text
