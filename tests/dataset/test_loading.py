"""Loading a data set: all of it or nothing, once, and what changed."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app import dataset
from app.dataset.files import LoadError
from app.dataset.loader import load, load_if_empty
from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.tables import Base
from tests.conftest import Served
from tests.dataset import tiny
from tests.helpers import everything, make, make_outcome, patch, rate, read

FOLDER = Path(dataset.__file__).parent / "russia-dprk"
ALLIANCE = "alliances/russia-dprk"
REFS = {
    "actors": ("A", 16),
    f"{ALLIANCE}/items": ("T", 18),
    f"{ALLIANCE}/exchanges": ("E", 12),
    f"{ALLIANCE}/factors": ("U", 14),
    f"{ALLIANCE}/contradictions": ("X", 12),
}


def records(kind: str) -> list[dict[str, Any]]:
    """The records of a file of the default data."""
    found: list[dict[str, Any]] = json.loads((FOLDER / f"{kind}.json").read_text())["records"]
    return found


@pytest.fixture
def filled_database(filled_client: TestClient, served: Served) -> Database:
    """The store behind `filled_client`."""
    assert filled_client.app is not None
    return served.database


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A small data set, to be changed."""
    found = tiny.records()
    found["ratings"].append({**found["ratings"][0], "effective_at": "2025-01-01"})
    tiny.write(tmp_path, found)
    return tmp_path


@pytest.fixture
def loaded(database: Database, small: Path) -> Path:
    """A small data set that was loaded, to be changed."""
    load(database, small)
    return small


def edit(place: Path, kind: str, change: Callable[[list[dict[str, Any]]], object]) -> None:
    """Change the records of one file."""
    path = place / f"{kind}.json"
    content = json.loads(path.read_text())
    change(content["records"])
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("path", REFS)
def test_everything_read_has_its_ref(loaded_client: TestClient, path: str) -> None:
    letter, count = REFS[path]
    refs = {item["ref"] for item in everything(loaded_client, path)}
    assert {f"{letter}{number:02}" for number in range(1, count + 1)} <= refs


def test_claims_and_consequences_have_their_refs(loaded_client: TestClient) -> None:
    claims = {item["ref"] for item in everything(loaded_client, "claims", fields="ref")}
    assert {f"C{number:02}" for number in range(1, 58)} <= claims
    assert {f"O{number:02}" for number in range(1, 55)} <= claims
    consequences = read(loaded_client, f"{ALLIANCE}/consequences", fields="ref")["items"]
    assert [item["ref"] for item in consequences] == [
        "F01", "F02", "F03", "F04", "F04a", "F04b", "F05", "F06", "F07", "F08", "F09", "F10", "F11",
    ]  # fmt: skip


def test_the_judgement_can_be_replayed(loaded_client: TestClient) -> None:
    then = read(loaded_client, f"{ALLIANCE}/consequences", as_of="2023-09-10")["items"]
    later = read(loaded_client, f"{ALLIANCE}/consequences", as_of="2026-02-27")["items"]
    assert len(then) == len(later) == 13
    assert all(item["judgement"]["n"] == 3 for item in (*then, *later))
    assert {item["outcome"]["status"] for item in then} == {"open"}
    moved = [
        one["judgement"]["probability"]["point"] != other["judgement"]["probability"]["point"]
        for one, other in zip(then, later, strict=True)
    ]
    assert sum(moved) >= 10
    assert read(loaded_client, f"{ALLIANCE}/consequences", as_of="2023-09-04")["items"] == []


def test_every_rating_rests_on_claims_already_made(loaded_client: TestClient) -> None:
    said = {
        item["ref"]: item["effective_at"]
        for item in everything(loaded_client, "claims", fields="ref,effective_at")
    }
    for rating in records("ratings"):
        named = re.findall(r"\b[CO][0-9]{2}\b", rating["rationale"])
        assert named, rating["rationale"]
        for ref in named:
            assert said[ref] <= rating["effective_at"], (ref, rating["rationale"])


def test_no_span_of_the_article_lies_outside_it(loaded_client: TestClient) -> None:
    article = read(loaded_client, "sources/article-2023-09")
    for claim in everything(loaded_client, "claims", source=article["id"], limit=200):
        for carrier in claim["carriers"]:
            locator = carrier["locator"]
            if carrier["source"] == article["id"]:
                assert locator["sha256"] == article["text_sha256"]
                assert 0 <= locator["start"] < locator["end"] <= article["text_length"]
    answer = loaded_client.get("/v1/sources/article-2023-09/text")
    assert answer.status_code == 404


def test_loading_twice_changes_nothing(
    filled_client: TestClient, filled_database: Database
) -> None:
    before = everything(filled_client, "claims")
    report = load(filled_database, FOLDER)
    assert (report.created, report.changed) == (0, [])
    assert everything(filled_client, "claims") == before


def test_a_change_of_a_file_changes_that_record_alone(
    client: TestClient, database: Database, loaded: Path
) -> None:
    edit(loaded, "items", lambda rows: rows[0].update(name="Another name"))
    edit(
        loaded,
        "items",
        lambda rows: rows.append({**rows[0], "ref": "T99", "name": "One more"}),
    )
    report = load(database, loaded)
    assert (report.created, len(report.changed)) == (1, 1)
    first, last = (
        read(client, "alliances/pact/items", ref=ref)["items"][0] for ref in ("T01", "T99")
    )
    assert (first["name"], first["version"]) == ("Another name", 2)
    assert (last["name"], last["version"]) == ("One more", 1)


def test_what_a_person_changed_is_put_back_as_a_version(
    client: TestClient, database: Database, loaded: Path
) -> None:
    item = read(client, "alliances/pact/items", ref="T01")["items"][0]
    patch(client, f"alliances/pact/items/{item['id']}", name="Mine")
    assert len(load(database, loaded).changed) == 1
    versions = read(client, f"alliances/pact/items/{item['id']}/versions")["items"]
    assert [version["record"]["name"] for version in versions] == [
        item["name"], "Mine", item["name"],
    ]  # fmt: skip


EDITS: dict[str, tuple[dict[str, Any], str]] = {
    "ratings": (
        {"probability": 0.6},
        "(probability): a rating is never edited; supersede or withdraw it",
    ),
    "outcomes": (
        {"status": "occurred"},
        "(status): an outcome is never edited; add one that follows it",
    ),
    "causes": ({"note": "Else."}, "(note)"),
    "evaluations": ({"items": []}, "(items)"),
    "assessments": ({"title": "Second"}, "(title)"),
    "annotations": ({"target": {"type": "claims", "id": "C02"}}, "N01: differs"),
}


@pytest.mark.parametrize("kind", EDITS)
def test_what_is_never_edited_is_refused_where_its_file_differs(
    client: TestClient, database: Database, tmp_path: Path, kind: str
) -> None:
    found = tiny.records()
    tiny.write(tmp_path, found)
    created = load(database, tmp_path).created
    assert load(database, tmp_path).unchanged == created
    change, words = EDITS[kind]
    found[kind][0].update(change)
    found["items"][0]["name"] = "Rockets"
    tiny.write(tmp_path, found)
    for keep in (True, False):
        with pytest.raises(LoadError, match=re.escape(words)) as problem:
            load(database, tmp_path, keep=keep)
        assert str(problem.value).startswith(f"{kind}.json, ")
    assert read(client, "alliances/pact/items")["items"][0]["name"] == "Shells"


def test_what_became_of_what_is_never_edited_is_no_difference(
    client: TestClient, database: Database, tmp_path: Path
) -> None:
    found = tiny.records()
    found["assessors"].append({"slug": "bot", "name": "Bot", "machine": True, "agent": "bot 1"})
    rating = {"consequence": "F01", "effective_at": "2023-01-01", "tlp": "CLEAR"}
    for slug, said in (
        ("ann", {"scale": "icd203", "word": "likely", "confidence": "low", "impact": 3}),
        ("bot", {"probability": {"point": 0.5, "low": 0.4, "high": 0.6}}),
    ):
        found["ratings"].append({**rating, "assessor": slug, **said})
        found["ratings"].append(
            {**rating, "assessor": slug, "effective_at": "2023-02-01", "probability": 0.2}
        )
    found["ratings"] = found["ratings"][1:]
    tiny.write(tmp_path, found)
    created = load(database, tmp_path).created
    consequence = read(client, "consequences")["items"][0]["id"]
    ratings = read(client, "ratings", sort="effective_at")["items"]
    rate(client, consequence, "ann", 0.9, effective_at="2023-01-15T00:00:00Z")
    make(client, f"ratings/{ratings[-1]['id']}/withdraw", {"reason": "Wrong."})
    patch(client, f"consequences/{consequence}", tlp="GREEN")
    note = read(client, "annotations")["items"][0]
    patch(client, f"annotations/{note['id']}", body="Hm!", status="resolved")
    make_outcome(client, consequence, status="occurred", since="2023-03-01T00:00:00Z")
    found["consequences"][0]["tlp"] = "GREEN"
    tiny.write(tmp_path, found)
    report = load(database, tmp_path)
    assert (report.created, report.unchanged + len(report.changed)) == (0, created)
    # What stands under the consequence went up with it; the rest of that is put back.
    assert {name.split()[0] for name in report.changed} == {"evidence", "indicators", "readings"}


def _drop(name: str) -> Callable[[list[dict[str, Any]]], object]:
    return lambda rows: rows[-1].pop(name)


def _set(name: str, value: object) -> Callable[[list[dict[str, Any]]], object]:
    return lambda rows: rows[-1].update({name: value})


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        ("claims", _drop("statement"), "claims.json, C02: statement"),
        ("claims", _set("modality", "sung"), "claims.json, C02: modality"),
        ("claims", _set("unheard_of", 1), "claims.json, C02: unheard_of"),
        ("claims", _set("speaker", "A99"), "claims.json, C02: speaker"),
        ("claims", _set("about", "A01"), "claims.json, C02"),
        ("claims", _set("ref", "C01"), "the key stands there twice"),
        ("items", _drop("ref"), "neither ref nor slug"),
        ("consequences", _set("part_of", "F01"), "in a circle"),
    ],
)
def test_a_broken_file_names_the_place_and_leaves_nothing(
    client: TestClient,
    database: Database,
    small: Path,
    kind: str,
    change: Callable[[list[dict[str, Any]]], object],
    words: str,
) -> None:
    edit(small, kind, change)
    with pytest.raises(LoadError, match=re.escape(words)):
        load(database, small)
    for path in ("actors", "alliances", "claims", "sources", "assessors"):
        assert read(client, path)["items"] == []


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "is empty"), ("[]", "no list of objects"), ('{"records": [1]}', "no list of objects")],
)
def test_a_file_of_another_form_is_refused(
    database: Database, small: Path, content: str, words: str
) -> None:
    (small / "actors.json").write_text(content)
    with pytest.raises(LoadError, match=words):
        load(database, small)


def test_a_folder_that_is_no_data_set_is_refused(database: Database, tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"dataset\.json"):
        load(database, tmp_path)
    (tmp_path / "dataset.json").write_text('{"form": "another/1"}')
    with pytest.raises(LoadError, match="form"):
        load(database, tmp_path)


def test_the_text_of_a_source_is_attached_for_who_has_it(
    client: TestClient, database: Database, tmp_path: Path
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("A text that somebody has.\n", encoding="utf-8")
    found = tiny.records()
    tiny.write(tmp_path, found)
    with pytest.raises(LoadError, match="no source in the data has the text"):
        load(database, tmp_path, text)
    assert read(client, "sources")["items"] == []
    digest = hashlib.sha256(text.read_bytes()).hexdigest()
    known = {"text_sha256": digest, "text_length": len(text.read_text())}
    found["sources"].append({"slug": "held", "title": "A text", **known})
    tiny.write(tmp_path, found)
    load(database, tmp_path, text)
    assert read(client, "sources/held/text")["text"] == text.read_text()
    with pytest.raises(LoadError, match="can't be read"):
        load(database, tmp_path, tmp_path / "missing.txt")


def test_only_an_empty_database_is_filled(database: Database, client: TestClient) -> None:
    settings = Settings(database_url="sqlite:///unused.db")
    client.post("/v1/actors", json={"slug": "a", "name": "A", "kind": "state"})
    assert load_if_empty(settings, database) is None
    none = Settings(database_url="sqlite:///unused.db", dataset="none")
    assert load_if_empty(none, database) is None


def test_loaded_records_were_written_down_today(loaded_client: TestClient) -> None:
    claim = read(loaded_client, "claims", ref="C01")["items"][0]
    assert claim["created_by"] == "loader"
    assert datetime.fromisoformat(claim["recorded_at"]).date() <= datetime.now(UTC).date()
    assert read(loaded_client, "claims", known_at="2024-01-01")["items"] == []


LISTS = [
    "actors", "alliances", "assessors", "sources", "claims", "consequences", "ratings",
    "annotations", "indicators", "readings", *(f"{ALLIANCE}/{name}" for name in (
        "items", "exchanges", "factors", "contradictions", "consequences", "risk-matrix",
    )),
    *(f"consequences/{{}}/{name}" for name in (
        "evidence", "ratings", "outcomes", "causes", "history", "review",
    )),
]  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_the_instant_of_loading_shows_what_was_loaded(
    loaded_client: TestClient, path: str, seed: int
) -> None:
    """Nobody has seen the states in between, so they never were."""
    consequences = everything(loaded_client, "consequences", sort="ref")
    loaded = consequences[0]["created_at"]
    # Half of the consequences on each database.
    for consequence in consequences[seed % 2 :: 2] if "{}" in path else consequences[:1]:
        asked = path.format(consequence["id"])
        now = read(loaded_client, asked, as_of="2026-06-01")
        then = read(loaded_client, asked, as_of="2026-06-01", known_at=loaded)
        # A cursor is bound to its query.
        assert {**then, "next": None} == {**now, "next": None}, asked


def test_loading_leaves_no_history(loaded_database: Database) -> None:
    for name, twin in Base.twins.items():
        statement = sa.select(sa.func.count()).select_from(twin)
        with loaded_database.read() as session:
            assert session.execute(statement).scalar() == 0, name


def test_loading_again_keeps_one_version_of_what_it_changes(
    database: Database, client: TestClient, loaded: Path
) -> None:
    """A rating in between is three writes of its neighbours, and one version of each."""
    before = {row["id"]: row for row in everything(client, "ratings")}
    first = min(before.values(), key=lambda row: (row["effective_at"], row["id"]))
    (consequence,) = [
        row["ref"]
        for row in everything(client, "consequences")
        if row["id"] == first["consequence"]
    ]

    def squeeze(rows: list[dict[str, Any]]) -> None:
        made = {"assessor": first["assessor"], "consequence": consequence, "probability": 0.5}
        rows += [{**made, "effective_at": f"2024-03-0{day}T00:00:00Z"} for day in (1, 2, 3)]

    edit(loaded, "ratings", squeeze)
    assert load(database, loaded).created == 3
    after = {row["id"]: row for row in everything(client, "ratings")}
    assert {row["version"] for row in after.values()} == {1, 2}
    assert {after[key]["version"] for key in after.keys() - before.keys()} == {1}
    known = before[first["id"]]["recorded_at"]
    path = f"consequences/{first['consequence']}/history"
    then = read(client, path, known_at=known)["items"]
    assert len(read(client, path)["items"]) > len(then)
