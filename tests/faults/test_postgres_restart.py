"""PostgreSQL restarted under load: refusals meanwhile, nothing lost, and no restart of ours."""

import time

import pytest

from tests.faults.load import SECONDS, assert_healthy, assert_kept, at_work, crew, total, work
from tests.hostile.service import service_on
from tests.operate.postgres import TOOLS, own_server

pytestmark = pytest.mark.skipif(TOOLS is None, reason="PostgreSQL's tools aren't here")


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_restart_of_the_database_loses_nothing(how: str) -> None:
    with own_server() as server, service_on(server.url) as service:
        writers = crew(service)
        with at_work(writers):
            work(writers, SECONDS / 2)
            server.stop(how)
            time.sleep(0.3)
            away = service.send("GET", "claims")
            assert away.status == 503
            assert away.headers["retry-after"]
            server.start()
            work(writers, SECONDS / 2)
        found = total(writers)
        assert set(found) <= {201, 503}
        assert found[503] > 0
        assert service.actor()["id"]
        assert_kept(service, writers)
        assert_healthy(server.url)
