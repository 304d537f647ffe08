"""What was answered 201 is there after `kill -9`, on both databases.

A short form; TEST_KILL_SECONDS asks for a longer one.
"""

import http.client
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import sqlalchemy as sa

from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.tables import Base
from app.ratings import judgements
from tests.helpers import Body, unique
from tests.hostile.service import Service, service_on
from tests.stores import Store

SECONDS = float(os.environ.get("TEST_KILL_SECONDS", "2"))
ROUND = 1.0
WRITERS = 4


@dataclass
class Writer:
    """Writes as fast as it can until the service goes, and remembers what was answered."""

    service: Service
    consequence: str
    assessor: str
    answered: list[Body] = field(default_factory=list)
    unknown: tuple[str, Body, str] | None = None

    def run(self) -> None:
        """Write claims, ratings and changes in turn."""
        number = 0
        while True:
            number += 1
            key = unique("key").replace("-", "")
            path, body = self._write(number, key)
            try:
                answer = self.service.send("POST", path, body, {"Idempotency-Key": key})
            except (OSError, http.client.HTTPException):
                self.unknown = (path, body, key)
                return
            assert answer.status in {201, 503}, answer.text
            if answer.status == 201:
                self.answered.append(answer.json())

    def _write(self, number: int, key: str) -> tuple[str, Body]:
        if number % 2:
            return "claims", {"statement": f"It is {key}.", "modality": "asserted", "note": "N."}
        body = {"assessor": self.assessor, "probability": (number % 97 + 1) / 99}
        return f"consequences/{self.consequence}/ratings", body


def test_what_was_answered_is_there_after_a_kill(store: Store, empty_template: str) -> None:
    url = store.make(empty_template)
    with service_on(url) as service:
        alliance = service.alliance()
        consequence = service.consequence(alliance)
        assessors = [service.assessor() for _ in range(WRITERS)]
        answered = 0
        for _ in range(max(2, round(SECONDS / ROUND))):
            writers = [Writer(service, consequence, assessor) for assessor in assessors]
            threads = [threading.Thread(target=writer.run) for writer in writers]
            for thread in threads:
                thread.start()
            time.sleep(ROUND)
            service.kill()
            for thread in threads:
                thread.join()
            service.restart()
            found = everything(service)
            for writer in writers:
                answered += len(writer.answered)
                assert_kept(service, writer, found)
            assert_whole(url, consequence)
    assert answered > 20 * WRITERS
    store.drop(url)


FATE = {"status", "ended_at", "version", "recorded_at"}
"""What becomes of a rating when the next arrives."""


def everything(service: Service) -> dict[str, Body]:
    """All claims and ratings, by id."""
    found: dict[str, Body] = {}
    for kind in ("claims", "ratings"):
        cursor = ""
        while True:
            page = service.read(f"{kind}?limit=200{cursor}")
            found |= {record["id"]: record for record in page["items"]}
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
    return found


def assert_kept(service: Service, writer: Writer, there: dict[str, Body]) -> None:
    """Everything answered is there as it was answered; the key settles what wasn't answered."""
    for body in writer.answered:
        found = there[body["id"]]
        assert {name: found[name] for name in body if name not in FATE} == {
            name: value for name, value in body.items() if name not in FATE
        }
    if writer.unknown is not None:
        path, body, key = writer.unknown
        once = service.send("POST", path, body, {"Idempotency-Key": key})
        twice = service.send("POST", path, body, {"Idempotency-Key": key})
        assert (once.status, twice.status) == (201, 201)
        assert once.body == twice.body
        if path == "claims":
            found = service.read(f"claims?q={key}")
            assert [item["id"] for item in found["items"]] == [once.json()["id"]]


def assert_whole(url: str, consequence: str) -> None:
    """No half of a write is there: index, history and judgements agree with the records."""
    database = Database.of(Settings(database_url=url, pool_size=1))
    tables = Base.metadata.tables
    with database.read() as session:
        if not database.is_postgres:
            assert session.execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"
        t = tables["ratings"]
        rows = [
            dict(row)
            for row in session.execute(
                sa.select(t).where(t.c.consequence == consequence)
            ).mappings()
        ]
        since = min(row["effective_at"] for row in rows)
        kept = judgements.kept(session, consequence)
        fresh = judgements.stretches(rows, since)
        assert [{name: row[name] for name in fresh[0]} for row in kept] == fresh
        for kind in ("claims", "ratings"):
            entries, twin = tables["search_entries"], tables[f"{kind}_history"]
            records = Counter(session.execute(sa.select(tables[kind].c.id)).scalars())
            indexed = session.execute(
                sa.select(entries.c.record).where(entries.c.kind == kind)
            ).scalars()
            assert Counter(indexed) == records
            versions = sa.select(sa.func.sum(tables[kind].c.version - 1))
            replaced = sa.select(sa.func.count()).select_from(twin)
            assert session.execute(versions).scalar() == session.execute(replaced).scalar()
    database.close()
