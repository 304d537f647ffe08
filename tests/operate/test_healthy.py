"""Stores that were worked on, of which the doctor finds nothing."""

import random
from datetime import UTC, datetime

import sqlalchemy as sa
from starlette.testclient import TestClient

from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.tables import table_of
from app.operate import records
from app.operate.patient import Patient
from app.ratings.models import Judgement
from tests.helpers import (
    Body,
    delete,
    make,
    make_alliance,
    make_assessor,
    make_claim,
    make_consequence,
    make_webhook,
    patch,
    rate,
)
from tests.operate.found import found


def test_a_store_that_was_worked_on_is_healthy(
    client: TestClient, database: Database, settings: Settings
) -> None:
    alliance = make_alliance(client)["id"]
    consequence = make_consequence(client, alliance)["id"]
    ann, bob = (make_assessor(client)["id"] for _ in range(2))
    for assessor, p, tlp in ((ann, 0.2, "CLEAR"), (bob, 0.7, "GREEN"), (ann, 0.9, "AMBER")):
        rate(client, consequence, assessor, p, tlp=tlp)
    claim = make_claim(client, statement='Ein Bär "quotes" and ümlauts\'.')
    patch(client, f"claims/{claim['id']}", note="Changed.")
    patch(client, f"claims/{claim['id']}", tlp="RED")
    gone = make_claim(client)
    delete(client, f"claims/{gone['id']}")
    make_webhook(client)
    assert found(Patient(settings, database)) == []


def test_a_rating_that_some_do_not_see_leaves_their_judgements_as_they_were(
    client: TestClient, database: Database, settings: Settings
) -> None:
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    people = [make_assessor(client)["slug"] for _ in range(3)]
    for month, (person, tlp) in enumerate(zip(people, ("CLEAR", "AMBER", "AMBER"), strict=True), 1):
        at = f"2024-0{month}-01T00:00:00Z"
        rate(client, consequence, person, 0.2 * month, tlp=tlp, effective_at=at)
    assert found(Patient(settings, database)) == []
    table = table_of(Judgement)
    with database.read() as session:
        clear = sa.select(table.c.effective_at, table.c.ended_at).where(table.c.from_level == 0)
        assert [tuple(row) for row in session.execute(clear)] == [
            (datetime(2024, 1, 1, tzinfo=UTC), None)
        ]


def test_a_rating_that_is_taken_back_at_once_leaves_no_trace_in_the_judgement(
    client: TestClient, database: Database, settings: Settings
) -> None:
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    ann, bob = (make_assessor(client)["slug"] for _ in range(2))
    rate(client, consequence, ann, 0.2, effective_at="2024-01-01T00:00:00Z")
    at = "2024-02-01T00:00:00Z"
    other = rate(client, consequence, bob, 0.7, effective_at=at)
    make(client, f"ratings/{other['id']}/withdraw", {"reason": "Wrong.", "effective_at": at})
    assert found(Patient(settings, database)) == []


def test_what_machines_alone_have_rated_is_healthy(
    client: TestClient, database: Database, settings: Settings
) -> None:
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    rate(client, consequence, make_assessor(client, machine=True, agent="bot")["slug"], 0.4)
    assert found(Patient(settings, database)) == []


def test_however_marked_ratings_come_and_go_the_judgements_are_their_pools(
    client: TestClient, database: Database, settings: Settings, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, nothing to guess
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    people = [make_assessor(client) for _ in range(4)]
    people += [make_assessor(client, machine=True, agent="bot")]
    made: list[Body] = []
    for step in range(60):
        if made and chance.random() < 0.3:
            rating = chance.choice(made)
            day = min(28, int(rating["effective_at"][8:10]) + chance.randrange(3))
            taken = {"reason": "Wrong.", "effective_at": f"2024-01-{day:02}T00:00:00Z"}
            client.post(f"/v1/ratings/{rating['id']}/withdraw", json=taken)
        else:
            at = f"2024-01-{chance.randrange(1, 28):02}T00:00:00Z"
            tlp = chance.choice(["CLEAR", "GREEN", "AMBER", "AMBER", "RED"][step > 40 :])
            who, p = chance.choice(people)["slug"], chance.choice([0.1, 0.4, 0.8])
            made.append(rate(client, consequence, who, p, tlp=tlp, effective_at=at))
        if step == 40:
            patch(client, f"consequences/{consequence}", tlp="GREEN")  # which raises the ratings
        if step % 3 == 0:
            assert list(records.kept_judgements(Patient(settings, database))) == [], step
    assert found(Patient(settings, database)) == []
