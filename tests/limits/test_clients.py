"""Slow and oversized clients, by raw sockets: they are cut off, and the others served on."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from tests.live import serving
from tests.stores import Store

PATIENCE = 20.0
LARGE = b"GET /docs/assets/redoc/redoc.standalone.js HTTP/1.1\r\nhost: test\r\n\r\n"
GET = b"GET /v1/actors HTTP/1.1\r\nhost: test\r\n\r\n"

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def port(store: Store, empty_template: str) -> Iterator[int]:
    """A service of little patience."""
    changes = {
        "dataset": "none",
        "head_timeout_seconds": 0.6,
        "body_timeout_seconds": 0.6,
        "write_timeout_seconds": 0.6,
        "keep_alive_seconds": 1,
        "max_head_bytes": 4096,
        "trusted_proxies": "127.0.0.1",
        "rate_per_address_per_minute": 200,
    }
    with serving(store, empty_template, **changes) as address:
        found = urlsplit(address).port
        assert found is not None
        yield found


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        yield line


def rest(line: socket.socket) -> bytes:
    """What comes until the other side closes."""
    found = b""
    try:
        while piece := line.recv(1 << 20):
            found += piece
    except ConnectionResetError:
        pass
    return found


def drip(line: socket.socket, content: bytes) -> bytes:
    """Send a byte now and a byte then; what is answered."""
    try:
        for byte in content:
            line.sendall(bytes([byte]))
            time.sleep(0.05)
    except OSError:
        pass
    return rest(line)


def answers(port: int) -> None:
    """Somebody else is served meanwhile."""
    begun = time.monotonic()
    with connected(port) as line:
        line.sendall(GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
        assert rest(line).startswith(b"HTTP/1.1 200 ")
    assert time.monotonic() - begun < 5


def test_a_head_that_comes_by_the_byte_is_cut_off(port: int) -> None:
    begun = time.monotonic()
    with connected(port) as line:
        found = drip(line, b"GET /v1/actors HTTP/1.1\r\nhost: " + b"x" * 200)
    assert time.monotonic() - begun < 5
    head, _, body = found.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"application/problem+json" in head
    assert b'"/problems/request-timeout"' in body


def test_who_says_nothing_is_cut_off_without_a_word(port: int) -> None:
    with connected(port) as line:
        begun = time.monotonic()
        assert rest(line) == b""
        assert 0.4 < time.monotonic() - begun < 5


def test_a_second_head_has_no_more_time_than_the_first(port: int) -> None:
    with connected(port) as line:
        line.sendall(GET)
        time.sleep(0.3)
        assert line.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
        assert drip(line, GET[:40]).startswith(b"HTTP/1.1 408 ")


def test_an_idle_connection_is_kept_for_its_time(port: int) -> None:
    with connected(port) as line:
        line.sendall(GET)
        begun = time.monotonic()
        assert rest(line).startswith(b"HTTP/1.1 200 ")
        assert 0.8 < time.monotonic() - begun < 5


def test_a_body_that_comes_by_the_byte_is_cut_off(port: int) -> None:
    head = (b"POST /v1/actors HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n"
            b"content-length: 400\r\n\r\n")  # fmt: skip
    begun = time.monotonic()
    with connected(port) as line:
        line.sendall(head)
        assert drip(line, b'{"a": "' + b"x" * 100).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("ending", [b"", b"\r\n\r\n"])
@pytest.mark.parametrize("head", [b"/" + b"x" * 5000, b"/ HTTP/1.1\r\na: " + b"x" * 5000])
def test_a_head_that_is_too_long_is_refused(port: int, head: bytes, ending: bytes) -> None:
    version = b" HTTP/1.1" if b"HTTP" not in head else b""
    with connected(port) as line:
        line.sendall(b"GET " + head + (version + ending if ending else b""))
        found = rest(line)
    assert found.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert b'"/problems/head-too-large"' in found


def test_many_half_open_requests_stall_nobody(port: int) -> None:
    lines = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) for _ in range(100)]
    try:
        for number, line in enumerate(lines):
            part = GET[:20] if number % 2 else GET.replace(b"GET", b"POST")[:-2]
            line.sendall(part + b"content-length: 9\r\n\r\n" * (number % 3))
        for _ in range(5):
            answers(port)
        begun = time.monotonic()
        for line in lines:
            rest(line)
        assert time.monotonic() - begun < 10
    finally:
        for line in lines:
            line.close()


def test_requests_sent_together_are_answered_in_turn(port: int) -> None:
    with connected(port) as line:
        line.sendall(GET * 3 + GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
        assert rest(line).count(b"HTTP/1.1 200 ") == 4


@pytest.mark.parametrize("other", [b"websocket", b"h2c"])
def test_who_offers_another_protocol_is_answered_in_this_one(port: int, other: bytes) -> None:
    offer = b"\r\nconnection: upgrade, close\r\nupgrade: " + other + b"\r\n\r\n"
    with connected(port) as line:
        line.sendall(GET.replace(b"\r\n\r\n", offer))
        assert rest(line).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("cut", [0, 20])
def test_an_address_that_is_not_ascii_is_refused_as_a_problem(port: int, cut: int) -> None:
    asked = "GET /v1/search?q=Türkiye HTTP/1.1\r\nhost: test\r\n\r\n".encode()
    with connected(port) as line:
        line.sendall(asked[:cut])
        line.sendall(asked[cut:])
        head, _, body = rest(line).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"\r\ncontent-type: application/problem+json\r\n" in head
    found = json.loads(body)
    assert (found["status"], found["type"]) == (400, "/problems/bad-request")
    assert f"x-request-id: {found['request_id']}" in head.decode()
    assert "percent-encoded" in found["detail"]
    with connected(port) as line:
        sent = found["detail"].split("`")[1].encode()
        line.sendall(
            asked.replace("Türkiye".encode(), sent).replace(b"host", b"connection: close\r\nhost")
        )
        assert rest(line).startswith(b"HTTP/1.1 200 ")


def test_who_does_not_read_is_cut_off(port: int) -> None:
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(PATIENCE)
        line.connect(("127.0.0.1", port))
        line.sendall(LARGE * 30)
        for _ in range(4):
            time.sleep(0.5)
            answers(port)
        assert rest(line).count(b"HTTP/1.1 200 ") < 30


def test_only_a_trusted_proxy_says_who_it_speaks_for(
    port: int, store: Store, empty_template: str
) -> None:
    def left(port: int, address: str) -> int:
        with connected(port) as line:
            line.sendall(
                b"GET /v1/actors HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-forwarded-for: "
                + address.encode() + b"\r\n\r\n"
            )  # fmt: skip
            head = rest(line).decode().lower()
        return int(head.split('"address";r=')[1].split(";")[0])

    assert [left(port, "198.51.100.1"), left(port, "198.51.100.1")] == [199, 198]
    assert left(port, "203.0.113.9, 198.51.100.2") == 199
    with serving(store, empty_template, dataset="none", rate_per_address_per_minute=9) as address:
        other = urlsplit(address).port
        assert other is not None
        assert [left(other, f"198.51.100.{number}") for number in range(3)] == [8, 7, 6]
