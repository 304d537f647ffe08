"""Several processes behind one socket: one service still, and restarted without a request lost.

A short form; TEST_RESTARTS asks for more restarts.
"""

import http.client
import os
import signal
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.helpers import unique
from tests.hostile.service import Service, at_once, service_on
from tests.stores import Store

RESTARTS = int(os.environ.get("TEST_RESTARTS", "1"))
CROWD = 8
WORKERS = 2
PATIENCE = 120


@pytest.fixture(scope="module")
def service(store: Store, empty_template: str) -> Iterator[Service]:
    """A service of two workers."""
    url = store.make(empty_template)
    with service_on(url, workers=str(WORKERS), pool_size="6") as service:
        until = time.monotonic() + PATIENCE
        while len(workers(service)) < WORKERS and time.monotonic() < until:
            time.sleep(0.1)
        yield service
        stop(service)
    store.drop(url)


def stop(service: Service) -> None:
    before = workers(service)
    service.process.end(signal.SIGTERM)
    assert service.process.returncode == 0
    assert not [pid for pid in before if alive(pid)]


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def workers(service: Service) -> set[int]:
    """The processes that serve, without the one that counts what they share."""
    pid = service.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {
        int(child)
        for child in children
        if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes()
    }


def test_each_key_has_one_effect_whoever_takes_it(service: Service) -> None:
    assert len(workers(service)) == WORKERS
    for _ in range(4):
        word = unique("key").replace("-", "")
        body = {"statement": f"It is {word}.", "modality": "asserted"}
        ask = partial(service.send, "POST", "claims", body, {"Idempotency-Key": word})
        answers = at_once([ask] * CROWD)
        assert {answer.status for answer in answers} <= {201, 409}
        settled = [ask() if answer.status == 409 else answer for answer in answers]
        assert len({answer.body for answer in settled}) == 1
        assert len(service.read(f"claims?q={word}")["items"]) == 1


def test_a_cursor_of_one_is_good_for_the_other(service: Service) -> None:
    made = [service.actor()["id"] for _ in range(12)]
    for _ in range(3):
        found: list[str] = []
        page = service.read("actors?limit=1")
        while page["next"]:
            found += [item["id"] for item in page["items"]]
            page = service.read(f"actors?limit=1&cursor={page['next']}")
        found += [item["id"] for item in page["items"]]
        assert found == sorted(set(found))
        assert set(made) <= set(found)


def test_ratings_that_both_take_are_all_pooled(service: Service) -> None:
    consequence = service.consequence()
    path = f"consequences/{consequence}/ratings"
    assessors = [service.assessor() for _ in range(CROWD)]
    answers = at_once(
        [
            partial(service.send, "POST", path, {"assessor": assessor, "probability": 0.3})
            for assessor in assessors
        ]
    )
    assert [answer.status for answer in answers] == [201] * CROWD
    assert len({answer.json()["id"] for answer in answers}) == CROWD
    assert service.read(f"consequences/{consequence}/judgement")["n"] == CROWD


def test_a_slug_is_given_once_and_a_version_replaced_once(service: Service) -> None:
    actor = service.actor()
    path = f"actors/{actor['slug']}"
    tag = service.send("GET", path).headers["etag"]
    changes = [
        partial(service.send, "PATCH", path, {"name": f"N{number}"}, {"If-Match": tag})
        for number in range(CROWD)
    ]
    statuses = sorted(answer.status for answer in at_once(changes))
    assert statuses == [200, *[412] * (CROWD - 1)]
    body = {"slug": unique("same"), "name": "Same", "kind": "state"}
    same = partial(service.send, "POST", "actors", body)
    statuses = sorted(answer.status for answer in at_once([same] * CROWD))
    assert statuses == [201, *[409] * (CROWD - 1)]


def test_a_restart_under_load_loses_no_request(service: Service) -> None:
    ended = threading.Event()
    faults: list[object] = []
    asked = 0

    def press(number: int) -> None:
        nonlocal asked
        while not ended.is_set():
            try:
                if number % 2:
                    answer = service.send("GET", "actors?limit=5")
                else:
                    body = {"slug": unique(f"w{number}"), "name": "W", "kind": "state"}
                    answer = service.send("POST", "actors", body)
                if answer.status not in {200, 201}:
                    faults.append((answer.status, answer.text))
            except Exception as error:  # noqa: BLE001 - a lost request is whatever isn't an answer
                faults.append(error)
            asked += 1
            time.sleep(0.02)  # a load, and still a machine's time for the restart

    clients = [threading.Thread(target=press, args=(number,)) for number in range(4)]
    for client in clients:
        client.start()
    for _ in range(RESTARTS):
        old = workers(service)
        service.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + PATIENCE
        while workers(service) & old and time.monotonic() < until:
            time.sleep(0.2)
        assert not workers(service) & old
    ended.set()
    for client in clients:
        client.join()
    assert len(workers(service)) == WORKERS
    assert faults == []
    assert asked > 20


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_worker_does_not_outlive_its_parent(store: Store, empty_template: str) -> None:
    url = store.make(empty_template)
    with service_on(url, workers="2") as service:
        service.actor()
        left = workers(service)
        service.kill()
        until = time.monotonic() + PATIENCE
        while any(map(alive, left)) and time.monotonic() < until:
            time.sleep(0.2)
        assert not any(map(alive, left))
    store.drop(url)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_request_that_meets_the_end_is_answered(store: Store, empty_template: str) -> None:
    url = store.make(empty_template)
    with service_on(url) as service:
        line = http.client.HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE)
        line.request("GET", "/v1/actors")
        assert line.getresponse().read()
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.4)  # it has begun to stop, and the idle connection still stands
        line.request("GET", "/v1/actors")
        answer = line.getresponse()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        line.close()
        service.process.communicate()
        assert service.process.returncode == 0
    store.drop(url)


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_hosts_that_start_at_once_on_an_empty_database_fill_it_once(store: Store) -> None:
    url = store.make(None)
    several = at_once([partial(Service, url, dataset="russia-dprk") for _ in range(2)])
    try:
        for service in several:
            assert len(service.read("consequences")["items"]) == 13
            assert len(service.read("alliances")["items"]) == 1
            assert {item["version"] for item in service.read("claims?limit=200")["items"]} == {1}
    finally:
        for service in several:
            service.kill()
        store.drop(url)
