"""What was answered 201 is there after `kill -9`, on both databases."""

from tests.faults.load import (
    SECONDS,
    WRITERS,
    assert_healthy,
    assert_kept,
    at_work,
    crew,
    total,
    work,
)
from tests.hostile.service import service_on
from tests.stores import Store

ROUND = 1.0


def test_what_was_answered_is_there_after_a_kill(store: Store, empty_template: str) -> None:
    url = store.make(empty_template)
    answered = 0
    with service_on(url) as service:
        for _ in range(max(2, round(SECONDS / ROUND))):
            writers = crew(service)
            with at_work(writers, until_gone=True):
                work(writers, ROUND)
                service.kill()
            service.restart()
            assert set(total(writers)) <= {0, 201, 503}
            answered += total(writers)[201]
            assert_kept(service, writers)
            assert_healthy(url)
    assert answered > 3 * WRITERS
    store.drop(url)
