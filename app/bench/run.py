"""The run: make the sets, serve each beside the bare application, ask all of them in turn.

Every case goes through all sets before the next one, and through all servers in each round, so that
what else the machine does falls on all of them alike.
"""

import os
import platform
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from app.bench import place, plain, report
from app.bench.cases import EXPORTED, VARIETY, Case, cases_of
from app.bench.fill import fill
from app.bench.load import GOOD, Answer, LoadError, Request, ask, press, stream
from app.bench.opinions import Opinions
from app.bench.report import Result
from app.bench.server import Server, serving
from app.bench.world import Sizes, World
from app.claims.models import Claim
from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.migrations import migrate
from app.kernel.tables import table_of

ROUNDS = 3
"""Turns of each server in a case."""

UNLIMITED = {
    "ENTENTE_DATASET": "none",
    "ENTENTE_RATE_PER_MINUTE": "0",
    "ENTENTE_RATE_PER_ADDRESS_PER_MINUTE": "0",
    "ENTENTE_QUEUE_SECONDS": "60",
    "ENTENTE_LOG_LEVEL": "warning",
}
"""The load comes from one caller at one address, which would soon be told to wait; and a line for
each request would stand among the figures."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure, and for how long."""

    claims: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    ratings: int = 100_000
    annotations: int = 50_000
    seconds: float = 3.0
    connections: int = 4
    seed: int = 1
    database_url: str | None = None
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Set:
    """A set that is served, and its questions."""

    sizes: Sizes
    service: Server
    bare: Server
    cases: list[Case]


@dataclass(slots=True)
class Tally:
    """What the rounds of a case with a set gave so far."""

    rates: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    cpu: float | None = 0.0


def run(options: Options, say: Say) -> dict[str, dict[int, Result]]:
    """Measure; returns the results by case and number of claims."""
    first = Sizes(0, options.ratings, options.annotations, options.seed)
    found: dict[str, dict[int, Result]] = {}
    with ExitStack() as stack:
        folder = stack.enter_context(place.folder(keep=options.keep))
        opinions = Opinions(World(first))
        say(
            f"{first.ratings:,} ratings of {first.consequences} consequences, "
            f"{first.annotations:,} annotations; {options.connections} connections, "
            f"{os.cpu_count()} processors, Python {platform.python_version()}"
        )
        sets = [
            _set(stack, options, replace(first, claims=claims), opinions, folder, say)
            for claims in sorted(set(options.claims))
        ]
        del opinions
        for line in report.heading():
            say(line)
        for number, case in enumerate(sets[0].cases):
            measured = _exported if case.export else _pressed
            found[case.name] = measured(sets, number, options)
            for one in sets:
                say(report.row(case.name, one.sizes.claims, found[case.name].get(one.sizes.claims)))
        if options.keep:
            say(f"Kept in {options.database_url or folder}")
    for line in report.growth(found):
        say(line)
    return found


def _set(
    stack: ExitStack, options: Options, sizes: Sizes, opinions: Opinions, folder: Path, say: Say
) -> Set:
    """Make a set and serve it until the stack ends."""
    name = f"claims_{sizes.claims}"
    url = stack.enter_context(place.made(options.database_url, name, folder, keep=options.keep))
    database = Database.of(Settings(database_url=url, dataset="none", query_timeout_seconds=0))
    try:
        begun = time.perf_counter()
        migrate(database.engine)
        fill(database, World(sizes), opinions)
        took = time.perf_counter() - begun
        say(f"{sizes.claims:,} claims made in {took:.0f} s, {place.version(database)}")
        ids, newest = _landmarks(database)
    finally:
        database.close()
    service = stack.enter_context(
        serving("app.main:worker", {"ENTENTE_DATABASE_URL": url, **UNLIMITED})
    )
    cases = list(cases_of(service.port, sizes, ids, newest))
    answers = folder / name
    answers.mkdir()
    plain.keep(answers, [(q, _good(service.port, q)) for case in cases for q in case.requests])
    bare = stack.enter_context(serving("app.bench.plain:create", {plain.ANSWERS: str(answers)}))
    return Set(sizes, service, bare, cases)


def _landmarks(database: Database) -> tuple[list[str], datetime]:
    """Some claims from everywhere in the set, and since when the claims to export were said."""
    t = table_of(Claim)
    with database.read() as session:
        ids = list(session.execute(sa.select(t.c.id).order_by(t.c.id)).scalars())
        places = [len(ids) * (2 * number + 1) // (2 * VARIETY) for number in range(VARIETY)]
        said = sa.select(t.c.effective_at).order_by(t.c.effective_at.desc())
        newest = session.execute(said.offset(min(EXPORTED, len(ids)) - 1).limit(1)).scalar_one()
    return [ids[at] for at in places], newest


def _good(port: int, request: Request) -> Answer:
    answer = ask(port, request)
    if str(answer.status).encode() not in GOOD:
        raise LoadError(f"{request.target}: {answer.status} {answer.body[:600].decode()}")
    return answer


def _pressed(sets: list[Set], number: int, options: Options) -> dict[int, Result]:
    """A case under load."""
    tallies = {one.sizes.claims: Tally() for one in sets if one.cases[number].requests}
    seconds = options.seconds / ROUNDS
    for _ in range(ROUNDS):
        for one in sets:
            tally = tallies.get(one.sizes.claims)
            if tally is None:
                continue
            requests = one.cases[number].requests
            before = one.service.processor_seconds()
            found = press(one.service.port, requests, seconds, options.connections)
            after = one.service.processor_seconds()
            tally.cpu = (
                None if before is None or after is None else (tally.cpu or 0) + after - before
            )
            tally.rates.append(len(found.times) / found.seconds)
            tally.times += found.times
            found = press(one.bare.port, requests, seconds, options.connections)
            tally.bare.append(len(found.times) / found.seconds)
    return {
        claims: report.result(tally.rates, tally.times, tally.cpu, tally.bare)
        for claims, tally in tallies.items()
    }


def _exported(sets: list[Set], number: int, options: Options) -> dict[int, Result]:
    """Rows a second of a whole export, and what the service took for it."""
    del options
    results: dict[int, Result] = {}
    for one in sets:
        request = one.cases[number].requests[0]
        before = one.service.memory("VmRSS")
        one.service.forget_peak()
        seconds, lines = stream(one.service.port, request)
        note = report.memory(before, one.service.memory("VmHWM"))
        bare, same = stream(one.bare.port, request)
        results[one.sizes.claims] = report.result(
            [lines / seconds], [seconds], None, [same / bare], note
        )
    return results
