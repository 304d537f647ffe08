"""Writers that remember what they were answered, and what must be true of it afterwards."""

import http.client
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.kernel.config import Settings
from app.kernel.db import Database
from app.operate import doctor
from app.operate.patient import Patient
from tests.helpers import Body, unique
from tests.hostile.service import PATIENCE, Service

SECONDS = float(os.environ.get("TEST_FAULT_SECONDS", "2"))
WRITERS = 4
FATE = {"status", "ended_at", "version", "recorded_at"}
"""What becomes of a rating when the next arrives."""


@dataclass
class Writer:
    """Writes claims and ratings in turn, as fast as it can, whatever becomes of the service."""

    service: Service
    consequence: str
    assessor: str
    answered: list[Body] = field(default_factory=list)
    unknown: list[tuple[str, Body, str]] = field(default_factory=list)
    """Requests that were refused for now or not answered: the key settles what became of them."""
    statuses: Counter[int] = field(default_factory=Counter)

    def run(self, over: threading.Event, *, until_gone: bool = False) -> None:
        """Write until it is over, or until the service is gone."""
        number = 0
        while not over.is_set():
            number += 1
            key = unique("key").replace("-", "")
            path, body = self._write(number, key)
            try:
                answer = self.service.send("POST", path, body, {"Idempotency-Key": key})
            except (OSError, http.client.HTTPException):
                self.unknown.append((path, body, key))
                self.statuses[0] += 1
                if until_gone:
                    return
                time.sleep(0.02)
                continue
            self.statuses[answer.status] += 1
            if answer.status == 201:
                self.answered.append(answer.json())
            else:
                self.unknown.append((path, body, key))
                time.sleep(0.02)

    def _write(self, number: int, key: str) -> tuple[str, Body]:
        if number % 2:
            return "claims", {"statement": f"It is {key}.", "modality": "asserted", "note": "N."}
        body = {"assessor": self.assessor, "probability": (number % 97 + 1) / 99}
        return f"consequences/{self.consequence}/ratings", body


def crew(service: Service) -> list[Writer]:
    """Writers of one consequence, each an assessor."""
    consequence = service.consequence(service.alliance())
    return [Writer(service, consequence, service.assessor()) for _ in range(WRITERS)]


@contextmanager
def at_work(writers: list[Writer], *, until_gone: bool = False) -> Iterator[None]:
    """Let them write meanwhile."""
    over = threading.Event()
    threads = [
        threading.Thread(target=writer.run, args=(over,), kwargs={"until_gone": until_gone})
        for writer in writers
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def work(writers: list[Writer], seconds: float) -> None:
    """Wait for a time, and until each has written something in it, however slow the machine is."""
    before = [len(writer.answered) for writer in writers]
    time.sleep(seconds)
    deadline = time.monotonic() + PATIENCE
    while any(len(w.answered) < n + 3 for w, n in zip(writers, before, strict=True)):
        assert time.monotonic() < deadline, "nobody can write"
        time.sleep(0.05)


def assert_kept(service: Service, writers: list[Writer]) -> None:
    """Everything answered is there as it was answered; the keys settle what wasn't."""
    there = everything(service)
    for writer in writers:
        for body in writer.answered:
            found = there[body["id"]]
            assert {name: found[name] for name in body if name not in FATE} == {
                name: value for name, value in body.items() if name not in FATE
            }
        for path, body, key in writer.unknown[:20]:
            once = service.send("POST", path, body, {"Idempotency-Key": key})
            twice = service.send("POST", path, body, {"Idempotency-Key": key})
            assert (once.status, twice.status) == (201, 201), once.text
            assert once.body == twice.body
            if path == "claims":
                page = service.read(f"claims?q={key}")
                assert [item["id"] for item in page["items"]] == [once.json()["id"]]


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


def assert_healthy(url: str) -> None:
    """No half of a write is there: index, history and judgements agree with the records."""
    settings = Settings(database_url=url, pool_size=1, dataset="none")
    database = Database.of(settings)
    found = doctor.examine(Patient(settings, database))
    database.close()
    # The servers of the tests have nothing to keep through a power cut.
    assert [one for one in found if one.check != "postgres_durability"] == []


def total(writers: list[Writer]) -> Counter[int]:
    """How often each status was answered; 0 is no answer."""
    return sum((writer.statuses for writer in writers), Counter())
