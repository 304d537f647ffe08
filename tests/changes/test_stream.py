"""The stream, behind a real socket: what comes, in which order, and how it ends."""

import http.client
import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from starlette.testclient import TestClient

from app.changes import hub, routes, stream
from app.kernel.types import instant_text, now
from tests.access.test_oidc import issued, token
from tests.helpers import Body
from tests.hostile.service import Service, service_on
from tests.hostile.wire import Wire
from tests.live import serving
from tests.stores import Store

PATIENCE = 30


class Reader:
    """A client that reads one stream."""

    def __init__(self, address: str, last: str = "", shown: str = "", **params: Any) -> None:
        where = urlsplit(address)
        self.connection = http.client.HTTPConnection(
            where.hostname or "", where.port, timeout=PATIENCE
        )
        headers = {"Last-Event-ID": last} if last else {}
        if shown:
            headers["Authorization"] = f"Bearer {shown}"
        query = urlencode(params, doseq=True)
        self.connection.request("GET", f"/v1/changes/stream?{query}", headers=headers)
        self.response = self.connection.getresponse()
        assert self.response.status == 200
        assert self.response.headers["Content-Type"].startswith("text/event-stream")
        assert self.block() == ["retry: 2000"]

    def block(self) -> list[str]:
        """The lines up to the next empty one; none at the end."""
        lines: list[str] = []
        while line := self.response.readline().decode():
            if line == "\n":
                break
            lines.append(line.rstrip("\n"))
        return lines

    def event(self) -> Body:
        """The next event, passing over comments."""
        while (lines := self.block()) and lines[0].startswith(":"):
            continue
        fields = dict(line.split(": ", 1) for line in lines)
        found: Body = json.loads(fields["data"])
        assert (fields["id"], fields["event"]) == (found["id"], found["type"])
        return found

    def close(self) -> None:
        """Go away."""
        self.response.close()
        self.connection.close()


Connect = Callable[..., Reader]


@pytest.fixture
def streams() -> Iterator[ExitStack]:
    """What is open, and closed at the end: a server that stops would wait for it."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def connect(streams: ExitStack) -> Connect:
    """Open streams."""

    def opened(address: str, last: str = "", shown: str = "", **params: Any) -> Reader:
        reader = Reader(address, last, shown, **params)
        streams.callback(reader.close)
        return reader

    return opened


def call(address: str, method: str, path: str, body: Any = None, shown: str = "") -> Any:
    """Ask the service; with `If-Match: *`, and with a key or token where one is shown."""
    where = urlsplit(address)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE)
    headers = {"Content-Type": "application/json", "If-Match": "*"}
    if shown:
        headers["Authorization"] = f"Bearer {shown}"
    connection.request(method, f"/v1/{path}", body and json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    assert answer.status in {200, 201, 204}, text
    return json.loads(text) if text else None


def actor(address: str, slug: str) -> str:
    """Make an actor; its id."""
    body = {"slug": slug, "name": slug, "kind": "state"}
    made: str = call(address, "POST", "actors", body)["id"]
    return made


@pytest.fixture
def address(store: Store, empty_template: str, streams: ExitStack) -> Iterator[str]:
    """A server on an empty store."""
    with serving(store, empty_template) as address:
        yield address
        streams.close()


def test_a_stream_begins_now_and_brings_what_happens(connect: Connect, address: str) -> None:
    actor(address, "before")
    reader, claims = connect(address), connect(address, kind="claims")
    made = [actor(address, f"actor-{number}") for number in range(3)]
    call(address, "POST", "claims", {"statement": "So.", "modality": "asserted"})
    got = [reader.event() for _ in range(4)]
    assert [event["record"]["id"] for event in got[:3]] == made
    assert claims.event() == got[3]
    assert call(address, "GET", "changes")["items"][1:] == got


def test_a_reader_that_comes_back_misses_nothing(
    connect: Connect, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PAGE", 2)
    made = [actor(address, f"actor-{number}") for number in range(7)]
    every = [event["id"] for event in call(address, "GET", "changes")["items"]]
    back, after = connect(address, last=every[0]), connect(address, after=every[4])
    header_first = connect(address, last=every[5], after=every[0])
    made.append(actor(address, "actor-7"))
    assert [back.event()["record"]["id"] for _ in range(7)] == made[1:]
    assert [after.event()["record"]["id"] for _ in range(3)] == made[5:]
    assert [header_first.event()["record"]["id"] for _ in range(2)] == made[6:]


def test_a_stream_that_has_nothing_to_say_says_so(
    connect: Connect, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT", 0.05)
    reader = connect(address)
    assert [reader.block() for _ in range(2)] == [[": still here"]] * 2


def test_a_stream_keeps_listening_while_nothing_happens(
    connect: Connect,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(hub, "TURN", 0.02)
    monkeypatch.setattr(stream, "HEARTBEAT", 0.2)
    reader = connect(address)
    assert reader.block() == [": still here"]
    made = actor(address, "late")
    assert reader.event()["record"]["id"] == made
    assert not caplog.records


def test_a_stream_has_an_end(connect: Connect, store: Store, empty_template: str) -> None:
    with serving(store, empty_template, stream_seconds=0.2) as address:
        assert connect(address).block() == []


def test_a_stream_ends_with_the_rights_of_its_reader(
    connect: Connect, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "LOOK", 0.1)
    reader = connect(address)
    monkeypatch.setattr(hub, "view_now", lambda _session, _owner: None)
    assert reader.block() == []


def admin(address: str) -> str:
    """Close the service: make its first key."""
    call(address, "POST", "principals", {"slug": "chief", "name": "Chief", "role": "admin"})
    made = call(address, "POST", "keys", {"principal": "chief", "name": "first"})
    return str(made["key"])


def until_the_end(reader: Reader) -> None:
    """Read a stream until it ends, and fail if it doesn't."""
    while reader.block():
        continue


def test_a_stream_ends_with_the_key_it_was_opened_with_and_with_no_other(
    connect: Connect, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "LOOK", 0.1)
    chief = admin(address)
    call(address, "POST", "principals", {"slug": "ann", "name": "Ann", "role": "reader"}, chief)
    said = {"principal": "ann", "name": "x"}
    soon = instant_text(now() + timedelta(seconds=1))
    keys = {
        name: call(address, "POST", "keys", {**said, **more}, chief)
        for name, more in {
            "kept": {},
            "revoked": {},
            "narrowed": {},
            "expiring": {"expires_at": soon},
        }.items()
    }
    readers = {name: connect(address, shown=key["key"]) for name, key in keys.items()}
    call(address, "DELETE", f"keys/{keys['revoked']['id']}", None, chief)
    call(address, "PATCH", f"keys/{keys['narrowed']['id']}", {"scopes": ["write"]}, chief)
    for name in ("revoked", "narrowed", "expiring"):
        until_the_end(readers[name])
    body = {"slug": "after", "name": "After", "kind": "state"}
    made = call(address, "POST", "actors", body, chief)
    event = readers["kept"].event()
    while event["record"]["type"] != "actors":
        event = readers["kept"].event()
    assert event["record"]["id"] == made["id"]


def test_a_stream_opened_with_a_token_goes_on_until_it_expires(
    connect: Connect,
    store: Store,
    empty_template: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub, "LOOK", 0.1)
    with serving(store, empty_template, **issued(tmp_path)) as address:
        long = token(sub="long", roles=["risk-leads"])
        short = token(sub="short", exp=now() + timedelta(seconds=2))
        lasting, ending = (connect(address, shown=text) for text in (long, short))
        body = {"slug": "one", "name": "One", "kind": "state"}
        made = call(address, "POST", "actors", body, long)
        assert {reader.event()["record"]["id"] for reader in (lasting, ending)} == {made["id"]}
        until_the_end(ending)
        again = call(address, "POST", "actors", {**body, "slug": "two"}, long)
        assert lasting.event()["record"]["id"] == again["id"]
        lasting.close()


def test_a_reader_that_reads_nothing_is_dropped_and_others_go_on(
    connect: Connect, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "ROOM", 20)
    monkeypatch.setattr(hub, "piece", lambda row: b": %b\n\n" % (b"x" * 400_000 + _id(row)))
    monkeypatch.setattr(routes, "PATIENCE", 0.5)
    where = urlsplit(address)
    with socket.socket() as idle:
        idle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        idle.connect((where.hostname, where.port))
        idle.sendall(b"GET /v1/changes/stream HTTP/1.1\r\nHost: a\r\n\r\n")
        assert idle.recv(12) == b"HTTP/1.1 200"
        reader = connect(address)
        for number in range(15):
            actor(address, f"actor-{number}")
            assert reader.block()
        time.sleep(1)
        idle.settimeout(PATIENCE)
        length = 0
        while some := idle.recv(1 << 20):
            length += len(some)
        assert length < 15 * 400_000  # it was cut off before the end


def _id(row: Any) -> bytes:
    return str(row["id"]).encode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_streams_do_not_keep_the_service_from_stopping(
    connect: Connect, database_url: str, number: signal.Signals
) -> None:
    with service_on(database_url) as service:
        reader = connect(f"http://127.0.0.1:{service.port}")
        begun = time.monotonic()
        service.process.send_signal(number)
        assert reader.block() == []
        service.process.communicate()
        assert time.monotonic() - begun < 5


@contextmanager
def two_services(database_url: str) -> Iterator[tuple[Service, Service]]:
    """Two processes on one store."""
    with service_on(database_url) as one, service_on(database_url) as other:
        yield one, other


def test_a_stream_brings_what_another_process_writes(connect: Connect, database_url: str) -> None:
    with two_services(database_url) as (one, other):
        reader = connect(f"http://127.0.0.1:{one.port}")
        made = other.actor()["id"]
        begun = time.monotonic()
        assert reader.event()["record"]["id"] == made
        assert time.monotonic() - begun < 3


def test_the_head_of_a_stream_has_an_end(client: TestClient) -> None:
    answer = client.head("/v1/changes/stream")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_stream_whose_client_has_gone_ends(wire: Wire) -> None:
    answer = wire.send("GET", "/v1/changes/stream")
    assert answer.status == 200


def test_there_are_so_many_streams_and_no_more(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "MOST", 0)
    answer = client.get("/v1/changes/stream")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
