"""What is redacted is gone from everything the store keeps; that it was there, and who, stays."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from starlette.testclient import TestClient

from app.dataset import loader
from app.kernel import audit
from app.kernel.db import Database
from app.kernel.tables import Base, Record
from tests.access.people import People
from tests.conftest import begin_with
from tests.helpers import (
    Body,
    annotate,
    delete,
    everything,
    ids,
    make,
    make_actor,
    make_alliance,
    make_assessor,
    make_consequence,
    make_evidence,
    make_outcome,
    make_source,
    patch,
    rate,
    read,
)
from tests.hostile.world import contents, make_world, operations

WHY = "By order of the court"
WORD, OTHER = "Xyzzyquux", "Plughplover"
"""What those records are full of, and what others are."""


def redact(client: TestClient, path: str, **more: Any) -> Body:
    return make(client, f"{path}/redact", {"reason": WHY, **more})


def found_in(database: Database, word: str) -> list[str]:
    """The tables, and of SQLite the files too, that hold a word, however it is written."""
    low = word.lower()
    found = [name for name, rows in contents(database).items() if low in "\n".join(rows).lower()]
    if not database.is_postgres:
        with database.read() as session:
            (_, _, name), *_ = session.execute(sa.text("PRAGMA database_list"))
        files = [file for file in (Path(name), Path(f"{name}-wal")) if file.exists()]
        found += [file.name for file in files if low.encode() in file.read_bytes().lower()]
    return found


def make_secrets(client: TestClient) -> dict[str, str]:
    """Records full of a word, in several versions, with all that is derived from them."""
    slug = WORD.lower()
    actor = make_actor(client, slug=slug, name=f"{WORD} One", aliases=[WORD])["id"]
    alliance = make_alliance(client)["id"]
    source = make_source(client, slug=slug, title=WORD, text=f"He said {WORD} and went.")["id"]
    body = {"statement": f"It is {WORD}.", "modality": "asserted", "note": WORD}
    claim = client.post(
        "/v1/claims",
        json={**body, "carriers": [{"source": source}], "about": [actor]},
        headers={"Idempotency-Key": "claim"},
    ).json()["id"]
    quote = {"type": "TextQuoteSelector", "exact": WORD, "prefix": "It is "}
    quoting = annotate(client, "claims", claim, f"Is it {WORD}?", target={
        "type": "claims", "id": claim, "selector": [quote],
    })["id"]  # fmt: skip
    plain = annotate(client, "claims", claim, "A note on it.")["id"]
    consequence = make_consequence(client, alliance, title=WORD)["id"]
    make_evidence(client, consequence, claim)
    assessor = client.post(
        "/v1/assessors", json={"slug": slug, "name": WORD}, headers={"Idempotency-Key": "a"}
    ).json()["id"]
    rating = client.post(
        f"/v1/consequences/{consequence}/ratings",
        json={"assessor": slug, "probability": 0.3, "rationale": WORD},
        headers={"Idempotency-Key": "r"},
    ).json()["id"]
    for path in (f"actors/{actor}", f"sources/{source}", f"claims/{claim}"):
        patch(client, path, tlp="GREEN")
    patch(client, f"actors/{actor}", description=f"{WORD} again", slug="other-slug")
    patch(client, f"claims/{claim}", statement="It is not.")
    return {
        "actors": actor, "sources": source, "claims": claim, "consequences": consequence,
        "ratings": rating, "assessors": assessor, "quoting": quoting, "plain": plain,
    }  # fmt: skip


prepared, secrets = begin_with(make_secrets)


KINDS = ("actors", "sources", "claims", "consequences", "ratings", "assessors")


def test_nothing_of_it_is_left_anywhere(
    client: TestClient, database: Database, secrets: dict[str, str]
) -> None:
    assert len(found_in(database, WORD)) > 10
    for kind in KINDS:
        redact(client, f"{kind}/{secrets[kind]}")
    assert found_in(database, WORD) == []
    assert found_in(database, WHY) == []
    assert read(client, "search", q=WORD)["items"] == []
    for kind in KINDS:
        answer = client.get(f"/v1/{kind}/{secrets[kind]}")
        assert answer.status_code == 410
        assert "redacted" in answer.json()["detail"]


def test_the_tombstone_tells_who_and_when_and_versions_have_no_content(
    client: TestClient, secrets: dict[str, str]
) -> None:
    path = f"actors/{secrets['actors']}"
    before = read(client, f"{path}/versions")["items"]
    left = redact(client, path)
    after = read(client, f"{path}/versions")["items"]
    assert (left["type"], left["redacted_by"], left["version"]) == ("actors", "local", 4)
    assert [v["version"] for v in after] == [4, 3, 2, 1]
    assert all((v["action"], v["changes"], v["record"]) == ("redacted", [], {}) for v in after)
    stays = ("version", "recorded_by", "recorded_at")
    assert [[v[name] for name in stays] for v in after[1:]] == [
        [v[name] for name in stays] for v in before
    ]
    assert after[0]["recorded_at"] == left["redacted_at"]


def test_it_is_in_no_past_but_it_was_there(client: TestClient, secrets: dict[str, str]) -> None:
    made = read(client, f"claims/{secrets['claims']}")["created_at"]
    path = f"claims/{secrets['claims']}"
    redact(client, path)
    for moment, status in ((made, 410), ("2020-01-01", 404)):
        assert client.get(f"/v1/{path}", params={"known_at": moment}).status_code == status
    assert read(client, "claims", known_at=made)["items"] == []


def test_redacting_twice_is_redacting_once(client: TestClient, secrets: dict[str, str]) -> None:
    path = f"claims/{secrets['claims']}"
    first = redact(client, path)
    entries = everything(client, "audit")
    assert redact(client, path, reason="Another.") == first
    assert everything(client, "audit") == entries


def test_the_log_keeps_hashes_of_the_reason_and_of_what_was_there(
    client: TestClient, secrets: dict[str, str]
) -> None:
    path = f"claims/{secrets['claims']}"
    redact(client, path)
    entries = everything(client, "audit", action="redacted", sort="id")
    assert [entry["record"] for entry in entries] == [secrets["claims"], secrets["quoting"]]
    assert {entry["reason"] for entry in entries} == {audit.text_hash(WHY)}
    (last,) = everything(client, "audit", record=secrets["claims"], action="updated", limit=1)[:1]
    assert entries[0]["before"] == last["after"]
    assert read(client, "audit/verify")["intact"]


def test_annotations_that_quote_it_go_with_it_and_others_stay(
    client: TestClient, secrets: dict[str, str]
) -> None:
    redact(client, f"claims/{secrets['claims']}")
    assert client.get(f"/v1/annotations/{secrets['quoting']}").status_code == 410
    assert read(client, f"annotations/{secrets['plain']}")["body"] == "A note on it."


def test_a_request_sent_again_does_not_bring_it_back(
    client: TestClient, secrets: dict[str, str]
) -> None:
    redact(client, f"claims/{secrets['claims']}")
    body = {
        "statement": f"It is {WORD}.", "modality": "asserted", "note": WORD,
        "carriers": [{"source": secrets["sources"]}], "about": [secrets["actors"]],
    }  # fmt: skip
    answer = client.post("/v1/claims", json=body, headers={"Idempotency-Key": "claim"})
    assert answer.status_code == 410
    assert "redacted" in answer.json()["detail"]
    key = {"Idempotency-Key": "once"}
    path = f"/v1/sources/{secrets['sources']}/redact"
    first, second = (client.post(path, json={"reason": WHY}, headers=key) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert second.headers["idempotent-replayed"] == "true"


def test_what_was_deleted_or_merged_can_be_redacted_too(
    client: TestClient, database: Database
) -> None:
    gone = make_actor(client, name=OTHER)["id"]
    delete(client, f"actors/{gone}")
    merged, into = make_actor(client, name=OTHER)["id"], make_actor(client)["id"]
    make(client, f"actors/{merged}/merge", {"into": into})
    for actor in (gone, merged):
        redact(client, f"actors/{actor}")
        answer = client.get(f"/v1/actors/{actor}", follow_redirects=False)
        assert answer.status_code == 410
    assert found_in(database, OTHER) == []
    assert read(client, f"actors/{into}")["id"] == into


def test_who_names_it_goes_on_naming_its_id(client: TestClient, secrets: dict[str, str]) -> None:
    redact(client, f"actors/{secrets['actors']}")
    claim = read(client, f"claims/{secrets['claims']}", include="about")
    assert claim["about"] == [secrets["actors"]]
    assert claim["included"]["about"] == []


def test_what_stood_under_a_record_that_has_gone_can_be_redacted(
    client: TestClient, database: Database
) -> None:
    one, other = (make_consequence(client, make_alliance(client)["id"])["id"] for _ in range(2))
    outcome = make_outcome(client, one, note=OTHER)["id"]
    delete(client, f"consequences/{one}")
    path = f"/v1/consequences/{other}/outcomes/{outcome}/redact"
    assert client.post(path, json={"reason": WHY}).status_code == 404
    redact(client, f"consequences/{one}/outcomes/{outcome}")
    assert found_in(database, OTHER) == []


# --- Pools --------------------------------------------------------------------------------------


def judged(client: TestClient, consequence: str, **at: Any) -> tuple[int, float | None]:
    found = read(client, f"consequences/{consequence}/judgement", **at)
    return found["n"], found["probability"] and found["probability"]["point"]


def test_the_pool_is_that_of_the_other_ratings_at_every_time(client: TestClient, seed: int) -> None:
    """As it was known at half of the times, at the other half on the other database."""
    alliance = make_alliance(client)["id"]
    one, other = (make_consequence(client, alliance)["id"] for _ in range(2))
    ann, bob = make_assessor(client)["slug"], make_assessor(client)["slug"]
    told: list[tuple[str, str]] = []
    gone = ""
    for who, probability, day in (
        (ann, 0.2, "2023-01-01"), (bob, 0.9, "2023-02-01"), (ann, 0.3, "2023-03-01"),
        (bob, 0.4, "2023-04-01"), (ann, 0.25, "2023-02-15"),
    ):  # fmt: skip
        made = rate(client, one, who, probability, effective_at=day)
        if probability == 0.9:
            gone = made["id"]
        else:
            like = rate(client, other, who, probability, effective_at=day)
            told.append((made["recorded_at"], like["recorded_at"]))
    assert judged(client, one, as_of="2023-02-10")[0] == 2
    redact(client, f"ratings/{gone}")
    days = ("2023-01-10", "2023-02-10", "2023-02-20", "2023-03-10", "2023-05-01")
    for turn, day in enumerate(days, start=seed):
        assert judged(client, one, as_of=day) == judged(client, other, as_of=day), day
        for mine, theirs in told[turn % 2 :: 2]:
            found = judged(client, one, as_of=day, known_at=mine)
            assert found == judged(client, other, as_of=day, known_at=theirs), (day, mine)
    history = [
        [point["n"] for point in read(client, f"consequences/{key}/history")["items"]]
        for key in (one, other)
    ]
    assert history[0] == history[1]


def test_the_only_rating_leaves_no_pool_and_no_event_with_it(
    client: TestClient, database: Database
) -> None:
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    rating = rate(client, consequence, make_assessor(client)["slug"], 0.123)
    redact(client, f"ratings/{rating['id']}")
    assert judged(client, consequence) == (0, None)
    assert judged(client, consequence, known_at=rating["recorded_at"]) == (0, None)
    told = everything(client, "changes", record=consequence)
    moves = [event["data"] for event in told if event["type"] == "judgement.moved"]
    assert moves == [{"before": None, "after": None, "log_odds_move": None}] * 2
    assert "redacted" in {event["type"] for event in everything(client, "changes")}
    assert found_in(database, "0.123") == []


def test_what_was_told_of_an_outcome_says_no_more_than_that_there_was_one(
    client: TestClient,
) -> None:
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    outcome = make_outcome(client, consequence, status="occurred")["id"]
    redact(client, f"consequences/{consequence}/outcomes/{outcome}")
    told = everything(client, "changes", record=consequence)
    (data,) = [event["data"] for event in told if event["type"] == "consequence.resolved"]
    assert data == {"outcome": outcome, "status": None, "since": None}


def test_pools_made_anew_without_anything_gone_are_those_there_were(
    client: TestClient, database: Database
) -> None:
    """A machine's rating is in no pool: redacting it makes them anew, and changes nothing."""
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    ann, bob = make_assessor(client)["slug"], make_assessor(client)["slug"]
    rate(client, consequence, ann, 0.2, effective_at="2023-01-01")
    rate(client, consequence, bob, 0.7, effective_at="2023-02-01", tlp="GREEN", impact=4)
    second = rate(client, consequence, ann, 0.3, effective_at="2023-03-01", confidence="low")
    make(client, f"ratings/{second['id']}/withdraw", {"reason": "A mistake."})
    machine = make_assessor(client, machine=True)["slug"]
    rating = rate(client, consequence, machine, 0.5)["id"]
    kept = ("judgements", "judgements_history")
    before = {name: rows for name, rows in contents(database).items() if name in kept}
    redact(client, f"ratings/{rating}")
    after = {name: rows for name, rows in contents(database).items() if name in kept}
    assert after == before


# --- Every kind, and who may --------------------------------------------------------------------


def redactions(document: Body) -> Iterator[tuple[str, str]]:
    for path, _, operation in operations(document, "post"):
        if path.endswith("/redact"):
            yield operation["operationId"].removeprefix("redact_"), path


def test_every_kind_of_record_can_be_redacted(client: TestClient, database: Database) -> None:
    world = make_world(client)
    document = client.get("/openapi.json").json()
    every = list(redactions(document))
    assert len(every) == len(Record.kinds)
    # What others stand under goes last.
    order = ("question", "alliance", "consequence")
    for noun, template in sorted(
        every, key=lambda one: order.index(one[0]) if one[0] in order else -1
    ):
        where = world.path(template, f"redact_{noun}")
        left = client.post(where, json={"reason": WHY})
        assert left.status_code == 201, (noun, left.text)
        answer = client.get(where.removesuffix("/redact"))
        assert answer.status_code == 410, (noun, answer.text)
        versions = client.get(left.headers["location"])
        if noun not in {"evaluation", "evidence", "outcome", "cause"}:
            assert {v["action"] for v in versions.json()["items"]} == {"redacted"}, noun
        twin = Base.twins[left.json()["type"]]
        with database.read() as session:
            rows = session.execute(sa.select(twin).where(twin.c.id == left.json()["id"])).all()
        assert rows
        assert all(row.deleted_at is not None for row in rows)


def test_only_admins_redact_and_only_what_they_see(client: TestClient) -> None:
    people = People(client)
    editor = people.join("editor", "editor", clearance="RED")
    low = people.join("low", "admin", clearance="GREEN")
    said = {"slug": "one", "name": "One", "kind": "state", "tlp": "AMBER"}
    path = f"/v1/actors/{people.post('actors', said)['id']}/redact"
    for headers, status in ((editor, 403), (low, 404), (people.admin, 201)):
        assert client.post(path, json={"reason": WHY}, headers=headers).status_code == status
    assert people.status(path.removeprefix("/v1/").removesuffix("/redact"), low) == 404


def test_loading_the_data_again_does_not_bring_it_back(filled_client: TestClient) -> None:
    place = Path(loader.__file__).parent / "russia-dprk"
    claim = read(filled_client, "claims", limit=1)["items"][0]
    redact(filled_client, f"claims/{claim['id']}")
    database: Database = filled_client.app.state.database  # type: ignore[attr-defined]  # Starlette's
    report = loader.load(database, place)
    assert (report.created, report.changed) == (0, [])
    assert filled_client.get(f"/v1/claims/{claim['id']}").status_code == 410
    assert claim["id"] not in ids(read(filled_client, "claims", limit=200))
