"""So many requests at a time, a short line behind them, and a refusal at once for the rest."""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.kernel import gate
from app.kernel.access import Principal
from app.kernel.db import Database
from app.kernel.errors import Overloaded
from app.kernel.gate import Gate, Places, Room, heavy
from app.kernel.openapi import operations
from tests.document import document
from tests.kernel.test_problems import assert_problem

Start = Callable[..., TestClient]


def scope(target: str, method: str = "GET", accept: str = "*/*") -> dict[str, Any]:
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"accept", accept.encode())],
    }


@pytest.mark.parametrize(
    "target",
    [
        "/v1/search?q=a", "/v1/search", "/v1/claims?q=a", "/v1/claims?limit=5&total=true",
        "/v1/claims?known_at=2023-01-01", "/v1/alliances/a/consequences?half_life_days=5",
        "/v1/consequences?include_machine=true", "/v1/claims?format=csv",
        "/v1/alliances/a/consequences?format=ndjson&known_at=2023-01-01",
        "/v1/alliances/a/contradictions?computed=true", "/v1/alliances/a/ach?format=csv",
    ],
)  # fmt: skip
def test_a_read_that_may_cost_much_has_to_share(target: str) -> None:
    assert heavy(scope(target))


@pytest.mark.parametrize(
    "target",
    [
        "/v1/claims", "/v1/claims/one?known_at=2023-01-01", "/v1/claims?limit=5&format=csv",
        "/v1/claims?as_of=2023-01-01&sort=-id", "/docs", "/", "/v1/claims?seq=1", "/healthz",
    ],
)  # fmt: skip
def test_a_plain_read_has_not(target: str) -> None:
    assert not heavy(scope(target))


def test_a_question_by_post_is_a_read_that_costs_much_and_no_write() -> None:
    places = Gate(9, 1)
    assert places.share(scope("/v1/alliances/a/what-if", method="POST")) is places.heavy
    assert places.share(scope("/v1/alliances/a/network")) is places.heavy
    assert places.share(scope("/v1/alliances", method="POST")) is places.writes


PLAIN = {
    "get_judgement": "reads what is kept",
    "get_risk_matrix": "reads what is kept",
    "get_review": "is of one consequence",
    "get_source_text": "is of one source",
    "list_changes": "is a page",
    "list_signing_keys": "is short",
    "get_lint_rules": "is fixed",
    "get_me": "is of one person",
    "stream_changes": "takes no place",
}
"""What is neither a record nor a page of records, and yet no analysis, with the reason."""


def test_every_analysis_of_the_document_has_to_share() -> None:
    found = document("none")
    asked = {
        operation["operationId"]: path
        for path, method, operation in operations(found)
        if (method == "get" or "201" not in operation["responses"])
        and method in {"get", "post"}
        and not path.endswith("}")
        and "cursor" not in {one["name"] for one in operation.get("parameters", ())}
    }
    assert set(asked) >= set(PLAIN)
    shared = {key for key, path in asked.items() if heavy(scope(path))}
    assert shared == set(asked) - set(PLAIN)
    assert all(any(path.endswith(end) for path in asked.values()) for end in gate.ANALYSES)


def test_a_table_by_its_header_costs_as_much() -> None:
    assert heavy(scope("/v1/claims", accept="text/csv"))
    assert heavy(scope("/v1/claims?sort=id", accept="application/x-ndjson"))
    assert not heavy(scope("/v1/claims?limit=9", accept="text/csv"))


def test_places_follow_the_cores_and_the_connections() -> None:
    assert Gate.of(7, 200, 1).all.number == 7
    assert Gate.of(0, 1, 1).all.number == 1
    derived = gate.PLACES_A_CORE * (os.cpu_count() or 1) + gate.PLACES_MORE
    assert Gate.of(0, 200, 1).all.number == min(200, derived)
    small = Gate(1, 1)
    assert (small.heavy.number, small.writes.number) == (1, 1)


def test_those_in_line_are_served_in_turn_and_the_rest_is_refused_at_once() -> None:
    async def run() -> list[int]:
        places = Places(2, 5)
        order: list[int] = []

        async def one(number: int) -> None:
            await places.enter()
            order.append(number)
            await asyncio.sleep(0)
            places.leave()

        crowd = 2 + gate.LINE * 2 + 5
        results = await asyncio.gather(*map(one, range(crowd)), return_exceptions=True)
        assert [isinstance(found, Overloaded) for found in results] == [
            number >= crowd - 5 for number in range(crowd)
        ]
        assert (places.free, len(places.line)) == (2, 0)
        return order

    order = asyncio.run(run())
    assert order == sorted(order)


def test_who_gives_up_or_goes_leaves_the_place_to_the_next() -> None:
    async def run() -> None:
        places = Places(1, 0.05)
        await places.enter()
        with pytest.raises(Overloaded):
            await places.enter()
        waiting = asyncio.create_task(places.enter())
        gone = asyncio.create_task(places.enter())
        await asyncio.sleep(0)
        gone.cancel()
        places.leave()
        await waiting
        assert (places.free, len(places.line)) == (0, 0)
        # Gone at the moment the place is given.
        late = asyncio.create_task(places.enter())
        await asyncio.sleep(0)
        places.leave()
        late.cancel()
        await asyncio.gather(late, gone, return_exceptions=True)
        assert (places.free, len(places.line)) == (1, 0)

    asyncio.run(run())


def test_streams_and_the_sign_of_life_take_no_place() -> None:
    async def run() -> None:
        counted = Gate(1, 0.01)
        hold = asyncio.Event()

        async def app(_scope: Any, _receive: Any, _send: Any) -> None:
            await hold.wait()

        room = Room(app, gate=counted)

        def ask(path: str) -> asyncio.Task[None]:
            return asyncio.create_task(room(scope(path), app, app))  # type: ignore[arg-type]  # neither is called

        streams = [ask("/v1/changes/stream") for _ in range(50)]
        await asyncio.sleep(0)
        assert counted.in_flight == 0
        plain = ask("/v1/claims")
        await asyncio.sleep(0)
        assert counted.in_flight == 1
        for _ in range(gate.LINE):
            ask("/v1/claims")
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            counted.door(scope("/v1/claims"))
        counted.door(scope("/healthz"))
        counted.door(scope("/v1/changes/stream"))
        hold.set()
        await asyncio.gather(plain, *streams)

    asyncio.run(run())


def test_writes_that_wait_for_their_turn_keep_no_read_waiting(
    start: Start, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    client = start(in_flight=3, queue_seconds=0.3, busy_timeout_seconds=20)
    answers: list[Any] = []

    def write(number: int) -> None:
        body = {"slug": f"a-{number}", "name": "A", "kind": "state"}
        answers.append(client.post("/v1/actors", json=body))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    with database.write(Principal.owner("another")) as tx:
        if database.is_postgres:
            tx.session.execute(sa.text("LOCK TABLE actors IN EXCLUSIVE MODE"))
        for writer in writers:
            writer.start()
        while len(answers) < 3:
            begun = time.monotonic()
            assert client.get("/v1/actors").status_code == 200
            assert client.get("/healthz").status_code == 200
            assert time.monotonic() - begun < 5
    for writer in writers:
        writer.join()
    refused = [answer for answer in answers if answer.status_code != 201]
    assert len(refused) == 3
    for answer in refused:
        assert_problem(answer, 503, "overloaded")
        assert answer.headers["Retry-After"] == "1"
        assert answer.headers["cache-control"] == "no-store"
    assert "entente_requests_overloaded_total 3.0" in client.get("/metrics").text
    told = [line for line in caplog.records if line.msg == "too much at once"]
    assert [line.__dict__["refused"] for line in told] == [1]  # one line for all of a while
