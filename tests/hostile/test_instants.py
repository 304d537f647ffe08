"""Every read that takes a clock, at both ends of the calendar."""

import itertools
from collections.abc import Iterator
from typing import Any

from starlette.testclient import TestClient

from app.kernel.db import Database
from app.kernel.types import FIRST_YEAR, LAST_YEAR
from tests.helpers import Body, make, make_consequence, read
from tests.hostile.wire import Wire
from tests.hostile.world import World, operations

FIRST = f"{FIRST_YEAR}-01-01T00:00:00Z"
LAST = f"{LAST_YEAR}-12-31T23:59:59.999999Z"
ENDS = (None, FIRST, LAST)


def clocked(document: Body) -> Iterator[tuple[str, str]]:
    """(path, operation id) of every read that takes both clocks."""
    for path, _, operation in operations(document, "get"):
        named = {parameter["name"] for parameter in operation.get("parameters", ())}
        if "from" in named and "as_of" not in named:
            continue  # it is asked about two instants, and has tests of its own
        if named & {"as_of", "known_at"}:
            assert named >= {"as_of", "known_at"}, path
            yield path, operation["operationId"]


def test_every_read_answers_at_both_ends_of_the_calendar(
    wire: Wire, world: World, document: Body, database: Database
) -> None:
    """At each pair of ends; on PostgreSQL at three of the nine, in which each clock has each."""
    every = 3 if database.is_postgres else 1
    ends = list(enumerate(ENDS))
    faults: list[str] = []
    tried = 0
    for number, (path, name) in enumerate(clocked(document)):
        for (one, as_of), (other, known_at) in itertools.product(ends, ends):
            if (one + other + number) % every:
                continue
            clocks = {"as_of": as_of, "known_at": known_at}
            query = "&".join(f"{clock}={at}" for clock, at in clocks.items() if at)
            where = f"{world.path(path, name)}?{query}{'&q=a' if name == 'search' else ''}"
            answer = wire.send("GET", where)
            tried += 1
            # Before anything was recorded there was no record, and none to stand under.
            unknown = known_at == FIRST and "{" in path
            begun = 404 if as_of == FIRST and "{key}" in path else 200
            if answer.status not in {404 if unknown else 200, 404 if unknown else begun}:
                faults.append(f"{where}: {answer.status} {answer.text:.200}")
            elif known_at == FIRST and not unknown:
                assert answer.json()["items"] == [], where
    assert not faults, "\n".join(faults)
    assert tried > 200 / every


def test_the_matrix_is_there_whenever_it_is_asked_for(client: TestClient, world: World) -> None:
    consequence = world.ids["consequence"]
    path = f"alliances/{world.ids['alliance']}/risk-matrix"
    for as_of in (FIRST, "1950-01-01", LAST):
        found = read(client, path, as_of=as_of)
        assert found["matrix"]["name"] == "iso27005-5x5"
        placed = {item["consequence"]: item["n"] for item in found["items"]}
        assert placed[consequence] == (1 if as_of == LAST else 0)


def test_what_was_held_in_an_early_year_is_placed_too(client: TestClient, world: World) -> None:
    alliance = world.ids["alliance"]
    consequence = make_consequence(client, alliance)["id"]
    rating: dict[str, Any] = {"probability": 0.5, "impact": 4, "effective_at": FIRST}
    make(client, f"consequences/{consequence}/ratings", rating)
    for as_of in (FIRST, "1950-01-01", LAST):
        found = read(client, f"consequences/{consequence}/judgement", as_of=as_of)
        assert found["risk"]["level"] == 3, as_of
        (point,) = read(client, f"consequences/{consequence}/history", as_of=as_of)["items"]
        assert (point["time"], point["risk_level"]) == (FIRST, 3)
        page = read(client, f"alliances/{alliance}/consequences", as_of=as_of, risk_level=3)
        assert consequence in {item["id"] for item in page["items"]}
