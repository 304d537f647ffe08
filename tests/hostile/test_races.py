"""Many writers at once: what is answered is kept, and no rule is broken between two of them."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest
import sqlalchemy as sa

from app.domain.pooling import pool
from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.tables import table_of
from app.ratings import judgements
from app.ratings.models import Rating
from tests.helpers import Body, unique
from tests.hostile.service import Service, at_once, service_on
from tests.hostile.wire import Answer
from tests.stores import Store

ROUNDS = 5
CROWD = 8


@pytest.fixture(scope="module")
def service(store: Store, empty_template: str) -> Iterator[Service]:
    """A service of this module's own."""
    url = store.make(empty_template)
    with service_on(url) as service:
        yield service
    store.drop(url)


@pytest.fixture(scope="module")
def kept(service: Service) -> Iterator[Database]:
    """The store behind the service."""
    database = Database.of(Settings(database_url=service.database_url, pool_size=1))
    yield database
    database.close()


def count(answers: list[Answer]) -> Counter[int]:
    """How many answers have each status."""
    return Counter(answer.status for answer in answers)


def ratings_of(database: Database, consequence: str) -> list[Body]:
    """The ratings of a consequence as they are stored."""
    t = table_of(Rating)
    statement = sa.select(t).where(t.c.consequence == consequence)
    with database.read() as session:
        return [dict(row) for row in session.execute(statement).mappings()]


def assert_judged_as_from_scratch(database: Database, consequence: str) -> None:
    """The judgements kept are those that follow from the ratings."""
    rows = ratings_of(database, consequence)
    fresh = judgements.stretches(rows, min(row["effective_at"] for row in rows))
    with database.read() as session:
        kept = judgements.kept(session, consequence)
    shown = [{name: row[name] for name in fresh[0]} for row in kept]
    assert shown == fresh


def test_of_two_changes_of_one_version_one_is_kept(service: Service) -> None:
    for _ in range(ROUNDS):
        made = service.actor()
        path = f"actors/{made['id']}"
        tag = service.send("GET", path).headers["etag"]
        asks = [
            partial(service.send, "PATCH", path, {"name": name}, {"If-Match": tag})
            for name in ("One", "Two")
        ]
        answers = at_once(asks)
        assert count(answers) == {200: 1, 412: 1}, [answer.text for answer in answers]
        (won,) = (answer.json() for answer in answers if answer.status == 200)
        assert service.read(path) == won
        assert len(service.read(f"{path}/versions")["items"]) == 2


def test_a_change_and_a_deletion_of_one_version_exclude_each_other(service: Service) -> None:
    for _ in range(ROUNDS):
        path = f"actors/{service.actor()['id']}"
        tag = service.send("GET", path).headers["etag"]
        changed, deleted = at_once(
            [
                partial(service.send, "PATCH", path, {"name": "One"}, {"If-Match": tag}),
                partial(service.send, "DELETE", path, None, {"If-Match": tag}),
            ]
        )
        assert (changed.status, deleted.status) in {(200, 412), (410, 204), (412, 204)}
        after = service.send("GET", path).status
        assert after == (200 if changed.status == 200 else 410)


def test_changes_of_whatever_version_lose_nothing(service: Service) -> None:
    path = f"actors/{service.actor()['id']}"
    answers = at_once(
        [
            partial(service.send, "PATCH", path, {"name": f"Name {number}"}, {"If-Match": "*"})
            for number in range(CROWD)
        ]
    )
    assert set(count(answers)) <= {200, 412}
    versions = service.read(f"{path}/versions")["items"]
    names = {answer.json()["name"] for answer in answers if answer.status == 200}
    assert {version["record"]["name"] for version in versions} == names | {"Actor"}
    assert len(versions) == len(names) + 1


@pytest.mark.parametrize("at", [None, "2023-09-10T00:00:00Z"])
def test_ratings_by_many_at_once_are_all_kept_and_pooled(
    service: Service, kept: Database, at: str | None
) -> None:
    for _ in range(2):
        consequence = service.consequence()
        chances = {service.assessor(): (number + 1) / (CROWD + 2) for number in range(CROWD)}
        path = f"consequences/{consequence}/ratings"
        answers = at_once(
            [
                partial(
                    service.send,
                    "POST",
                    path,
                    {"assessor": assessor, "probability": chance, "impact": 3, "effective_at": at},
                )
                for assessor, chance in chances.items()
            ]
        )
        assert count(answers) == {201: CROWD}, [answer.text for answer in answers]
        assert_judged_as_from_scratch(kept, consequence)
        judged = service.read(f"consequences/{consequence}/judgement")
        scratch = pool([judgements.opinion(row) for row in ratings_of(kept, consequence)])
        assert scratch is not None
        assert judged["n"] == CROWD
        assert judged["pools"]["log_odds"] == pytest.approx(scratch.log_odds, rel=1e-12)
        assert judged["pools"]["linear"] == pytest.approx(scratch.linear, rel=1e-12)
        assert judged["pools"]["median"] == pytest.approx(scratch.median, rel=1e-12)


@pytest.mark.parametrize("at", [None, "2023-09-10T00:00:00Z"])
def test_ratings_by_one_at_once_follow_each_other(
    service: Service, kept: Database, at: str | None
) -> None:
    for _ in range(3):
        consequence, assessor = service.consequence(), service.assessor()
        path = f"consequences/{consequence}/ratings"
        answers = at_once(
            [
                partial(
                    service.send,
                    "POST",
                    path,
                    {"assessor": assessor, "probability": 0.1 * number, "effective_at": at},
                )
                for number in range(1, CROWD + 1)
            ]
        )
        assert count(answers) == {201: CROWD}, [answer.text for answer in answers]
        rows = {row["id"]: row for row in ratings_of(kept, consequence)}
        (newest,) = (row for row in rows.values() if row["ended_at"] is None)
        assert [row["status"] for row in rows.values()].count("in_force") == 1
        chain = [newest]
        while chain[-1]["supersedes"] is not None:
            earlier = rows[chain[-1]["supersedes"]]
            assert earlier["ended_at"] == chain[-1]["effective_at"]
            assert earlier["status"] == "superseded"
            chain.append(earlier)
        assert len(chain) == CROWD
        assert service.read(f"consequences/{consequence}/judgement")["n"] == 1
        assert_judged_as_from_scratch(kept, consequence)


def test_first_ratings_by_the_caller_at_once_make_one_assessor(service: Service) -> None:
    consequences = [service.consequence() for _ in range(CROWD)]
    answers = at_once(
        [
            partial(service.send, "POST", f"consequences/{key}/ratings", {"probability": 0.3})
            for key in consequences
        ]
    )
    assert count(answers) == {201: CROWD}, [answer.text for answer in answers]
    assert {answer.json()["assessor"] for answer in answers} == {"local"}


def test_withdrawals_at_once_happen_once(service: Service, kept: Database) -> None:
    consequence = service.consequence()
    rating = service.make(f"consequences/{consequence}/ratings", {"probability": 0.3})["id"]
    path = f"ratings/{rating}/withdraw"
    answers = at_once([partial(service.send, "POST", path, {"reason": "No."})] * CROWD)
    assert count(answers) == {201: 1, 409: CROWD - 1}
    assert service.read(f"consequences/{consequence}/judgement")["n"] == 0
    assert_judged_as_from_scratch(kept, consequence)


@pytest.mark.parametrize("kind", ["outcomes", "causes"])
def test_of_findings_at_once_one_is_in_force(service: Service, kind: str) -> None:
    consequence = service.consequence()
    path = f"consequences/{consequence}/{kind}"
    body = {"status": "open", "since": "2023-09-10"}
    answers = at_once([partial(service.send, "POST", path, body)] * CROWD)
    assert count(answers) == {201: CROWD}
    found = service.read(path)["items"]
    assert [item["ended_at"] for item in found].count(None) == 1
    assert len(service.read("consequences?limit=200")["items"]) == len(
        {item["id"] for item in service.read("consequences?limit=200")["items"]}
    )


def test_one_key_at_once_has_one_effect(service: Service) -> None:
    for _ in range(ROUNDS):
        word = unique("key").replace("-", "")
        body = {"statement": f"It is {word}.", "modality": "asserted"}
        ask = partial(service.send, "POST", "claims", body, {"Idempotency-Key": word})
        answers = at_once([ask] * CROWD)
        assert set(count(answers)) <= {201, 409}, [answer.text for answer in answers]
        settled = [ask() if answer.status == 409 else answer for answer in answers]
        assert {answer.status for answer in settled} == {201}
        assert len({answer.body for answer in settled}) == 1
        assert len(service.read(f"claims?q={word}")["items"]) == 1


def test_of_one_slug_at_once_one_is_made(service: Service) -> None:
    for kind, more in (("actors", {"kind": "state"}), ("alliances", {}), ("assessors", {})):
        body = {"slug": unique("same"), "name": "Same", **more}
        answers = at_once([partial(service.send, "POST", kind, body)] * CROWD)
        assert count(answers) == {201: 1, 409: CROWD - 1}, [answer.text for answer in answers]


def test_of_one_link_at_once_one_is_made(service: Service) -> None:
    claim = service.make("claims", {"statement": "It is so.", "modality": "asserted"})["id"]
    path = f"consequences/{service.consequence()}/evidence"
    body = {"claim": claim, "bearing": "supports"}
    answers = at_once([partial(service.send, "POST", path, body)] * CROWD)
    assert count(answers) == {201: 1, 409: CROWD - 1}, [answer.text for answer in answers]


def test_editions_of_a_matrix_at_once_are_all_numbered(service: Service) -> None:
    body = {
        "name": unique("grid"),
        "cuts": [0.2, 0.4, 0.6, 0.8],
        "grid": [[0, 0, 1, 1, 1], [0, 1, 1, 2, 2], [1, 1, 2, 3, 3], [1, 2, 3, 3, 4],
                 [2, 3, 3, 4, 4]],
    }  # fmt: skip
    answers = at_once([partial(service.send, "POST", "matrices", body)] * CROWD)
    assert count(answers) == {201: CROWD}, [answer.text for answer in answers]
    numbers = sorted(answer.json()["matrix_version"] for answer in answers)
    assert numbers == list(range(1, CROWD + 1))


@pytest.mark.parametrize("field", ["part_of", "caused_by", "derived_from"])
def test_no_two_writers_close_a_cycle(service: Service, field: str) -> None:
    for size in (2, 3, 2, 3):
        if field == "derived_from":
            kind = "sources"
            made = [service.make(kind, {"slug": unique("s"), "title": "S"}) for _ in range(size)]
            keys = [record["id"] for record in made]
        else:
            # Each of another alliance: the cycle has no one parent to lock.
            kind = "consequences"
            keys = [service.consequence() for _ in range(size)]
        asks = []
        for key, other in zip(keys, [*keys[1:], keys[0]], strict=True):
            value = [{"consequence": other}] if field == "caused_by" else other
            asks.append(
                partial(service.send, "PATCH", f"{kind}/{key}", {field: value}, {"If-Match": "*"})
            )
        answers = at_once(asks)
        assert count(answers) == {200: size - 1, 422: 1}, [answer.text for answer in answers]


def test_a_record_and_its_deletion_at_once_agree(service: Service) -> None:
    """A claim that names an actor who is being deleted: either it is refused, or it was first."""
    for _ in range(ROUNDS):
        actor = service.actor()["id"]
        body = {"statement": "It is so.", "modality": "asserted", "about": [actor]}
        made, deleted = at_once(
            [
                partial(service.send, "POST", "claims", body),
                partial(service.send, "DELETE", f"actors/{actor}", None, {"If-Match": "*"}),
            ]
        )
        assert made.status in {201, 422}
        assert deleted.status == 204
