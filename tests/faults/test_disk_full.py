"""A full disk refuses writes with a problem, keeps what is there, and is forgotten once it isn't.

The disk is full for the service alone: a limit on the size of its files, set from outside.
"""

import resource
import time

import pytest

from tests.faults.load import SECONDS, assert_healthy, assert_kept, at_work, crew, total, work
from tests.hostile.service import Service, service_on
from tests.stores import Store

FOREVER = resource.RLIM_INFINITY
PAGE = 4096
"""Beyond its first page nothing of any file can be written, neither journal nor database."""


def limited(service: Service, size: int) -> None:
    """Let no file of the service grow beyond a size, or again any."""
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (size, FOREVER))


def test_a_full_disk_loses_nothing(store: Store, empty_template: str) -> None:
    if store.name != "sqlite":
        pytest.skip("PostgreSQL writes its files itself; the service sees an error of its")
    url = store.make(empty_template)
    with service_on(url) as service:
        writers = crew(service)
        with at_work(writers):
            work(writers, SECONDS / 2)
            limited(service, PAGE)
            time.sleep(SECONDS / 2)
            full = service.send("POST", "actors", {"slug": "full", "name": "F", "kind": "state"})
            assert full.status == 503
            assert full.json()["type"].endswith("/problems/unavailable")
            # A new connection of SQLite writes too, so that a read may be refused as well.
            assert service.send("GET", "claims?limit=1").status in {200, 503}
            limited(service, FOREVER)
            work(writers, SECONDS / 2)
        assert set(total(writers)) <= {201, 503}
        assert total(writers)[503] > 0
        # Right away, not after a restart.
        assert service.actor()["id"]
        assert_kept(service, writers)
    assert_healthy(url)
    store.drop(url)


def test_a_disk_that_was_full_when_the_service_was_killed_loses_nothing(
    store: Store, empty_template: str
) -> None:
    if store.name != "sqlite":
        pytest.skip("as above")
    url = store.make(empty_template)
    with service_on(url) as service:
        writers = crew(service)
        with at_work(writers, until_gone=True):
            work(writers, SECONDS / 2)
            limited(service, PAGE)
            time.sleep(SECONDS / 4)
            service.kill()
        service.restart()
        assert_kept(service, writers)
    assert_healthy(url)
    store.drop(url)
