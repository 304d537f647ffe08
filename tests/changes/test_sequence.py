"""The sequence: whatever writers do at once, no reader finds an event behind its back."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa

from app.kernel import events
from app.kernel.access import Principal
from app.kernel.db import Database
from app.kernel.eyes import EVERYTHING
from app.kernel.view import View

WRITERS = 6
ROUNDS = 12
ROW = {"id": "01900000-0000-7000-8000-000000000000", "version": 1, "alliance": None}


def test_a_reader_that_has_seen_an_event_never_finds_a_lower_one(database: Database) -> None:
    """Writers that dawdle before and in their commits; each tells of two things at once."""
    chance = random.Random(7)  # noqa: S311 - no secret
    naps = [chance.random() / 50 for _ in range(WRITERS * ROUNDS * 2)]
    finished = threading.Event()
    committed: list[float] = []

    def dawdle(_connection: Any) -> None:
        time.sleep(naps[len(committed) % len(naps)] / 4)
        committed.append(time.monotonic())

    def write(writer: int) -> None:
        for turn in range(ROUNDS):
            with database.write(Principal.owner(f"writer-{writer}")) as tx:
                for _ in range(2):
                    events.note(tx, "created", "actors", ROW)
                time.sleep(naps[writer * ROUNDS + turn])

    def watch() -> tuple[list[str], int]:
        seen: list[str] = []
        looks = 0
        while True:
            last_look = finished.is_set()
            with database.read() as session:
                everything = session.execute(
                    sa.select(events.Event.id).order_by(events.Event.id)
                ).scalars()
                ids = list(everything)
                behind = events.read(
                    session, View(EVERYTHING), "", events.ALL, seen[-1] if seen else "", 1000
                )
            # All there was is still there, in its place, and all that is new lies behind it.
            assert ids[: len(seen)] == seen
            seen += [row["id"] for row in behind]
            looks += 1
            if last_look:
                return seen, looks

    sa.event.listen(database.engine, "commit", dawdle)
    try:
        with ThreadPoolExecutor(WRITERS + 1) as pool:
            watching = pool.submit(watch)
            writing = [pool.submit(write, writer) for writer in range(WRITERS)]
            for one in writing:
                one.result()
            finished.set()
            seen, looks = watching.result()
    finally:
        sa.event.remove(database.engine, "commit", dawdle)
    assert len(seen) == len(set(seen)) == 2 * WRITERS * ROUNDS
    assert seen == sorted(seen)
    assert looks > 5


def test_a_writer_that_waits_for_the_turn_holds_up_no_reader(database: Database) -> None:
    held, release = threading.Event(), threading.Event()

    def slow(_connection: Any) -> None:
        if not held.is_set():
            held.set()
            release.wait(20)

    def write() -> None:
        with database.write(Principal.owner("slow")) as tx:
            events.note(tx, "created", "actors", ROW)

    sa.event.listen(database.engine, "commit", slow)
    try:
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(write)
            assert held.wait(20)
            with database.read() as session:
                assert events.read(session, View(EVERYTHING), "", events.ALL, "", 10) == []
            release.set()
            writing.result()
            with database.read() as session:
                assert len(events.read(session, View(EVERYTHING), "", events.ALL, "", 10)) == 1
    finally:
        sa.event.remove(database.engine, "commit", slow)
