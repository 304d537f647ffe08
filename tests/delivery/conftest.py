"""A service that delivers, and receivers on this machine."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from starlette.testclient import TestClient

from tests.delivery.receivers import Receiver, receiver

Deliver = Callable[..., TestClient]


@pytest.fixture
def hook() -> Iterator[Receiver]:
    """A receiver."""
    with receiver() as one:
        yield one


@pytest.fixture
def other_hook() -> Iterator[Receiver]:
    """Another receiver."""
    with receiver() as one:
        yield one


@pytest.fixture
def deliver(start: Callable[..., TestClient]) -> Iterator[Deliver]:
    """Start a service that delivers to ports of this machine."""
    with ExitStack():

        def started(*ports: int, **changes: object) -> TestClient:
            usual: dict[str, object] = {
                "deliver": True,
                "webhook_allow": "127.0.0.0/8",
                "webhook_ports": ",".join(map(str, ports)),
                "webhook_timeout_seconds": 2,
                "webhook_retry_seconds": 0.05,
            }
            return start(**{**usual, **changes})

        yield started
