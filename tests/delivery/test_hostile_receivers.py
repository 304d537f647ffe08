"""Receivers that are down, slow, endless or hostile: they stall nothing else."""

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import helpers
from tests.delivery.receivers import Receiver, hostile, port_of, until
from tests.delivery.test_delivery import deliveries
from tests.helpers import Body

Deliver = Callable[..., TestClient]


def silent(_connection: socket.socket) -> None:
    time.sleep(5)


def dripping(connection: socket.socket) -> None:
    for letter in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1000:
        connection.sendall(bytes([letter]))
        time.sleep(0.05)


def closing(_connection: socket.socket) -> None:
    """It has heard enough."""


def babbling(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\x00\xff" * 100)


def heading(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: %b\r\n" % (b"x" * 4000))


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1000\r\n%b\r\n" % (b"x" * 4096))


def slow_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        connection.sendall(b"x")
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (silent, "in time"),
        (dripping, "in time"),
        (closing, "broke"),
        (babbling, "broke"),
        (heading, "broke"),
    ],
)
def test_a_hostile_receiver_fails_and_stalls_nobody(
    deliver: Deliver, hook: Receiver, act: Callable[[Any], None], reason: str
) -> None:
    with hostile(act) as url:
        client = deliver(
            port_of(url), hook.port, webhook_timeout_seconds=1, webhook_retry_seconds=60
        )
        bad, good = helpers.make_webhook(client, url), helpers.make_webhook(client, hook.url)
        helpers.make_actor(client)
        until(lambda: hook.got)
        until(lambda: deliveries(client, bad, state="failed"))
        (failed,) = deliveries(client, bad)
        assert reason in failed["reason"]
        assert failed["took_ms"] < 1900
        # It was got before the answer to it was written down.
        until(lambda: deliveries(client, good, state="delivered"))
        assert len(deliveries(client, good)) == 1


@pytest.mark.parametrize("act", [endless, slow_body])
def test_the_status_is_the_answer_whatever_follows(
    deliver: Deliver, act: Callable[[Any], None]
) -> None:
    with hostile(act) as url:
        client = deliver(port_of(url))
        webhook = helpers.make_webhook(client, url)
        helpers.make_actor(client)
        until(lambda: deliveries(client, webhook, state="delivered"))
        assert deliveries(client, webhook)[0]["took_ms"] < 1900


def test_a_receiver_that_is_down_is_tried_until_it_is_up(deliver: Deliver, hook: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = deliver(port, hook.port, webhook_retry_seconds=0.05)
    webhook = helpers.make_webhook(client, f"http://127.0.0.1:{port}/")
    helpers.make_actor(client)
    until(lambda: deliveries(client, webhook, state="failed"))
    assert deliveries(client, webhook)[0]["reason"] == "can't connect"
    helpers.patch(client, f"webhooks/{webhook['id']}", url=hook.url, status="active")
    hook.wait(1)


def test_many_slow_receivers_hold_up_no_one(deliver: Deliver, hook: Receiver) -> None:
    with hostile(silent) as url:
        client = deliver(
            port_of(url), hook.port, webhook_timeout_seconds=3, webhook_retry_seconds=60
        )
        for _ in range(20):
            helpers.make_webhook(client, url)
        helpers.make_webhook(client, hook.url)
        begun = time.monotonic()
        helpers.make_actor(client)
        until(lambda: hook.got)
        assert time.monotonic() - begun < 3


# --- Where names lead ---------------------------------------------------------------------------


class Names:
    """A name server of the test's own: what a name leads to, time after time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self.find)

    def find(self, host: Any, port: Any, *rest: Any, **named: Any) -> list[Any]:
        """As the system's, for names that are known here."""
        name = host.decode() if isinstance(host, bytes) else host
        if name not in self.answers:
            return self.real(host, port, *rest, **named)  # type: ignore[no-any-return,arg-type,unused-ignore]  # as it was
        known = self.answers[name]
        found = known.pop(0) if len(known) > 1 else known[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]


def attempt(client: TestClient, webhook: Body) -> Body:
    """The first attempt to send to a webhook."""
    helpers.make_actor(client)
    until(lambda: deliveries(client, webhook))
    return deliveries(client, webhook)[-1]


def test_a_name_that_turns_inwards_is_refused_when_it_is_sent_to(
    deliver: Deliver, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(monkeypatch)
    names.answers["rebound.example"] = [["8.8.8.8"], ["127.0.0.1"]]
    client = deliver(hook.port, webhook_allow="", webhook_retry_seconds=60)
    webhook = helpers.make_webhook(client, f"http://rebound.example:{hook.port}/")
    failed = attempt(client, webhook)
    assert failed["state"] == "failed"
    assert "isn't public" in failed["reason"]
    assert hook.got == []


def test_a_name_is_looked_up_once_and_the_connection_goes_where_it_led(
    deliver: Deliver, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second answer would be reached by whoever asks again to connect."""
    names = Names(monkeypatch)
    port = hook.port
    names.answers["twice.example"] = [["127.0.0.1"], ["127.0.0.1"], ["127.0.0.9"]]
    client = deliver(port, webhook_retry_seconds=60)
    webhook = helpers.make_webhook(client, f"http://twice.example:{port}/x")
    assert attempt(client, webhook)["state"] == "delivered"
    assert hook.got[0][0]["Host"] == f"twice.example:{port}"
    assert names.answers["twice.example"] == [["127.0.0.9"]]


def test_one_private_address_among_several_spoils_them_all(
    deliver: Deliver, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(monkeypatch)
    names.answers["mixed.example"] = [["8.8.8.8"], ["127.0.0.1", "10.0.0.1"]]
    client = deliver(hook.port, webhook_allow="127.0.0.0/8", webhook_retry_seconds=60)
    webhook = helpers.make_webhook(client, f"http://mixed.example:{hook.port}/")
    assert "isn't public" in attempt(client, webhook)["reason"]
    assert hook.got == []


def test_the_next_address_is_tried_where_the_first_is_down(
    deliver: Deliver, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(monkeypatch)
    names.answers["two.example"] = [["127.0.0.7", "127.0.0.1"]]
    client = deliver(hook.port)
    webhook = helpers.make_webhook(client, f"http://two.example:{hook.port}/")
    assert attempt(client, webhook)["state"] == "delivered"


def test_a_name_that_is_not_found_is_a_failure(deliver: Deliver, hook: Receiver) -> None:
    client = deliver(hook.port, webhook_retry_seconds=60)
    webhook = helpers.make_webhook(client, f"http://nobody.invalid:{hook.port}/")
    assert "isn't found" in attempt(client, webhook)["reason"]


def test_a_proxy_of_the_environment_is_not_asked(
    deliver: Deliver, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9/")
    client = deliver(hook.port)
    helpers.make_webhook(client, hook.url)
    helpers.make_actor(client)
    hook.wait(1)
