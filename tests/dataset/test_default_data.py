"""The default data, asked as a dashboard asks: whole, and at one with itself."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.kernel.config import Settings
from app.kernel.ids import is_id
from app.kernel.openapi import operations
from app.kernel.tables import Record
from tests.document import document
from tests.helpers import Body, everything, ids, make_edition, read
from tests.ratings.pools import Held, assert_same, in_force, pooled

ALLIANCE = "alliances/russia-dprk"
THEN, LATER = "2023-09-10", "2026-02-27"
DAYS = (THEN, "2024-07-01", "2025-05-01", LATER)
OBSERVATION = re.compile(r"\bO[0-9]{2}\b")
YEAR = re.compile(r"\b20[0-9]{2}\b")
STAMPS = {"created_at", "recorded_at", "known_at"}
"""When something was written down here, of which the other clock speaks."""
DEADLINES = {"resolves_on", "review_by", "resolution_criteria"}
OF_SOURCES = {"slug", "title", "date", "url"}
"""Sources have no beginning here; these say of each when it was published."""
OF_A_BRIEF = re.compile(r"(published|settled by|review was due on) [0-9]{1,2} \w+ 20[0-9]{2}")
"""When it was made, and deadlines."""


def test_the_alliance_tells_what_stands_under_it(loaded_client: TestClient) -> None:
    then = read(loaded_client, ALLIANCE, as_of=THEN)
    now = read(loaded_client, ALLIANCE, include="members")
    first = read(loaded_client, ALLIANCE, as_of="2023-09-04")
    assert [found["status"]["status"] for found in (first, then)] == ["reported", "denied"]
    assert now["status"]["status"] == "in_force"
    assert {actor["ref"] for actor in now["included"]["members"]} == {"A01", "A02"}
    for kind in ("exchanges", "items", "factors", "contradictions", "consequences"):
        assert now["counts"][kind] == len(everything(loaded_client, f"{ALLIANCE}/{kind}"))
    assert now["counts"]["claims"] == len(everything(loaded_client, "claims")) == 111
    assert then["counts"]["claims"] == len(everything(loaded_client, "claims", as_of=THEN))
    assert len(now["exchanges"]) == 12
    assert then["counts"]["claims"] < now["counts"]["claims"]


@pytest.mark.parametrize("moment", [THEN, "2024-06-20", LATER])
def test_every_judgement_is_the_pool_of_the_ratings_in_force(
    loaded_client: TestClient, moment: str
) -> None:
    ratings = everything(loaded_client, "ratings", limit=200, sort="created_at")
    held = [Held(body, order) for order, body in enumerate(ratings)]
    page = read(loaded_client, f"{ALLIANCE}/consequences", as_of=moment)["items"]
    for item in page:
        at = item["judgement"]["as_of"]
        active = in_force(held, item["id"], Held({"effective_at": at}, 0).begins)
        assert_same(item["judgement"], pooled(active))


def test_a_dashboard_can_be_drawn_for_any_day(loaded_client: TestClient) -> None:
    for day in (THEN, "2024-11-01", "2025-05-01", LATER):
        matrix = read(loaded_client, f"{ALLIANCE}/risk-matrix", as_of=day)
        listed = read(loaded_client, f"{ALLIANCE}/consequences", as_of=day, sort="-risk")["items"]
        levels = {item["consequence"]: item["level"] for item in matrix["items"]}
        assert {item["id"]: item["judgement"]["risk"]["level"] for item in listed} == levels
        order = [item["judgement"]["risk"]["level"] for item in listed]
        assert order == sorted(order, reverse=True)
        severe = read(loaded_client, f"{ALLIANCE}/consequences", as_of=day, risk_level_min=3)
        assert set(ids(severe)) == {key for key, level in levels.items() if level >= 3}


def test_every_consequence_has_a_history_that_ends_in_its_judgement(
    loaded_client: TestClient,
) -> None:
    for item in read(loaded_client, f"{ALLIANCE}/consequences")["items"]:
        points = read(loaded_client, f"consequences/{item['id']}/history")["items"]
        assert points
        assert points[-1]["until"] is None
        assert points[-1]["probability"] == pytest.approx(item["judgement"]["probability"]["point"])
        assert all(point["n"] <= 3 for point in points)


def test_every_consequence_has_evidence_with_origins(loaded_client: TestClient) -> None:
    for item in read(loaded_client, f"{ALLIANCE}/consequences")["items"]:
        page = read(loaded_client, f"consequences/{item['id']}/evidence", limit=200)
        balance = page["balance"]
        counted = [link for link in page["items"]
                   if link["bears_on"] == "outcome" and not link["retracted"]]  # fmt: skip
        for bearing, origins in (("supports", "origins_for"), ("contradicts", "origins_against")):
            links = [link for link in counted if link["bearing"] == bearing]
            assert balance[bearing] == len(links)
            assert balance[origins] == len({one for link in links for one in link["origins"]})


def test_contradictions_close_over_time(loaded_client: TestClient) -> None:
    path = f"{ALLIANCE}/contradictions"
    assert {
        item["status"]["status"] for item in read(loaded_client, path, as_of=THEN)["items"]
    } == {"open"}
    now = {item["status"]["status"] for item in read(loaded_client, path)["items"]}
    assert "closed_in_part" in now
    assert everything(loaded_client, path, computed="true", limit=200)


def test_indicators_and_assumptions_ask_for_reviews_on_their_days(
    loaded_client: TestClient,
) -> None:
    indicators = everything(loaded_client, "indicators")
    readings = everything(loaded_client, "readings")
    assert (len(indicators), len(readings)) == (13, 26)
    assert len({indicator["consequence"] for indicator in indicators}) >= 6
    assert {reading["indicator"] for reading in readings} == set(ids({"items": indicators}))
    assert {reading["status"] for reading in readings} == {"observed", "not_observed", "absent"}
    assert all(reading["claims"] for reading in readings)
    path = f"{ALLIANCE}/factors"
    assumed = everything(loaded_client, path, kind="key_assumption")
    broken = everything(loaded_client, path, status="broken", as_of=LATER)
    assert (len(assumed), len(broken)) == (3, 2)
    assert all(everything(loaded_client, "ratings", assumption=one["id"]) for one in assumed)
    # By November that had occurred of which ratings rest on a broken assumption still.
    for day, kinds, shakes in (
        ("2024-04-10", {"indicator_crossed", "assumption_broken", "stale"}, True),
        ("2024-11-01", {"indicator_crossed", "stale"}, True),
        (LATER, {"stale"}, False),
    ):
        due = everything(loaded_client, "consequences", review_due="true", as_of=day)
        found: set[str] = set()
        for one in due:
            answer = read(loaded_client, f"consequences/{one['id']}/review", as_of=day)
            found |= {reason["kind"] for reason in answer["reasons"]}
        assert found == kinds
        shaken = everything(loaded_client, "ratings", needs_review="true", as_of=day)
        assert bool(shaken) == shakes


def test_the_worked_matrix_hangs_on_one_report(loaded_client: TestClient) -> None:
    found = read(loaded_client, f"{ALLIANCE}/ach")
    assert (found["n"], len(found["hypotheses"]), len(found["items"])) == (3, 5, 12)
    assert found["leaders"] == ["H2"]
    assert [(flip["claim_ref"], flip["leaders"]) for flip in found["sensitivity"]] == [
        ("O42", ["H4"])
    ]
    assert not any(cell["by"] == [] for item in found["items"] for cell in item["cells"])
    question = read(loaded_client, f"questions/{found['question']['id']}")
    assert [item["claim"] for item in question["items"]] == [i["claim"] for i in found["items"]]
    before = read(loaded_client, f"{ALLIANCE}/ach", as_of="2024-03-01")
    assert (before["n"], len(before["items"])) == (0, 5)


def test_every_record_can_be_read_alone_and_has_versions(
    loaded_client: TestClient, seed: int
) -> None:
    """Ten of each kind on each database."""
    under = {"items", "exchanges", "factors", "contradictions"}
    beside = {"evidence", "outcomes", "causes", "questions", "evaluations"}
    for kind in sorted(set(Record.kinds) - beside):
        path = f"{ALLIANCE}/{kind}" if kind in under else kind
        for item in everything(loaded_client, path, limit=200)[seed % 2 : 20 : 2]:
            one = read(loaded_client, f"{path}/{item['id']}")
            moving = ("judgement",)
            assert {key: one[key] for key in item if key not in moving} == {
                key: item[key] for key in item if key not in moving
            }
            versions = read(loaded_client, f"{path}/{item['id']}/versions")["items"]
            assert versions[0]["version"] == item["version"]


def test_annotations_stand_on_the_standing_versions(loaded_client: TestClient) -> None:
    notes = everything(loaded_client, "annotations", limit=200)
    assert len(notes) == 17
    assert not any(note["outdated"] for note in notes)


def test_everything_named_is_there(loaded_client: TestClient) -> None:
    """Expansions bring exactly as many records as are named."""
    claims = everything(loaded_client, "claims", include="about,sources,relations", limit=200)
    for claim in claims:
        named: Any = claim["included"]
        assert ids({"items": named["about"]}) == claim["about"]
        assert set(ids({"items": named["relations"]})) == {
            relation["claim"] for relation in claim["relations"]
        }
        assert {carrier["source"] for carrier in claim["carriers"]} == set(
            ids({"items": named["sources"]})
        )


def test_search_finds_across_kinds(loaded_client: TestClient) -> None:
    found: list[Body] = read(loaded_client, "search", q="satellite", limit=200)["items"]
    assert {"claims", "consequences"} <= {hit["type"] for hit in found}
    for hit in found[:30]:
        assert loaded_client.get(hit["path"]).status_code == 200


def test_nothing_is_there_before_the_first_report(loaded_client: TestClient) -> None:
    for path in (f"{ALLIANCE}/consequences", "claims", "ratings"):
        assert read(loaded_client, path, as_of="1990-01-01")["items"] == []


def strings(answer: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every string of an answer but ids, with the name of the field it stands in."""
    if isinstance(answer, dict):
        for key, value in answer.items():
            yield from strings(value, key)
    elif isinstance(answer, list):
        for value in answer:
            yield from strings(value, name)
    elif isinstance(answer, str) and not is_id(answer):
        yield name, answer


def answers(client: TestClient, day: str, part: int) -> Iterator[tuple[str, Any]]:
    """What every list and every view says that takes `as_of`; below every second consequence."""
    own = {"alliances": ["russia-dprk"]}
    for kind, path in (
        ("consequences", "consequences"),
        ("indicators", "indicators"),
        ("questions", f"{ALLIANCE}/questions"),
        ("assessments", "assessments"),
    ):
        own[kind] = ids({"items": everything(client, path, as_of=day)})
    own["consequences"] = own["consequences"][part::2]
    for path, method, operation in operations(document(Settings().dataset)):
        taken = {parameter["name"] for parameter in operation.get("parameters", ())}
        # One record says what its list says; only these two say more.
        more = path in {"/v1/alliances/{key}", "/v1/assessments/{key}"}
        if method != "get" or "as_of" not in taken or ("{key}" in path and not more):
            continue
        start, _, rest = path.removeprefix("/v1/").partition("/{")
        for key in own[start] if rest else [""]:
            asked = f"{start}/{key}{rest.partition('}')[2]}" if rest else start
            found = everything if "cursor" in taken else read
            yield asked, found(client, asked, as_of=day)


@pytest.mark.parametrize("day", DAYS)
def test_no_text_tells_of_what_came_after_the_day(
    loaded_client: TestClient, day: str, seed: int
) -> None:
    begun = {claim["ref"] for claim in everything(loaded_client, "claims", as_of=day)}
    paths = set()
    for path, answer in answers(loaded_client, day, seed % 2):
        paths.add(path.partition("/")[0])
        allowed = STAMPS | DEADLINES | (OF_SOURCES if path == "sources" else set())
        for name, text in strings(answer):
            assert set(OBSERVATION.findall(text)) <= begun, (path, name, text)
            if name not in allowed:
                assert all(year <= day[:4] for year in YEAR.findall(text)), (path, name, text)
    assert {"actors", "alliances", "annotations", "consequences", "questions"} <= paths


def test_no_brief_tells_of_what_came_after_its_day(filled_client: TestClient) -> None:
    for day in DAYS:
        begun = {claim["ref"] for claim in everything(filled_client, "claims", as_of=day)}
        made = make_edition(filled_client, "russia-dprk", as_of=day)
        brief = filled_client.get(f"/v1/assessments/{made['id']}/brief?format=md").text
        assert "## Assumptions and uncertainties" in brief
        for line in OF_A_BRIEF.sub("", brief).splitlines():
            assert set(OBSERVATION.findall(line)) <= begun, (day, line)
            assert all(year <= day[:4] for year in YEAR.findall(line)), (day, line)


def test_what_is_dated_rests_on_what_had_been_said_by_then(loaded_client: TestClient) -> None:
    claims = everything(loaded_client, "claims", limit=200)
    said = {claim[name]: claim["effective_at"] for claim in claims for name in ("id", "ref")}
    entries = everything(loaded_client, "readings", limit=200)
    for path in ("alliances", f"{ALLIANCE}/factors", f"{ALLIANCE}/contradictions"):
        for record in everything(loaded_client, path):
            entries += record["statuses"]
    for consequence in ids(read(loaded_client, f"{ALLIANCE}/consequences")):
        for kind in ("outcomes", "causes"):
            entries += everything(loaded_client, f"consequences/{consequence}/{kind}")
    for entry in entries:
        since = entry.get("since") or entry["effective_at"]
        named = [*entry.get("claims", ()), *OBSERVATION.findall(entry["note"])]
        assert all(said[claim] <= since for claim in named), (since, entry["note"])
