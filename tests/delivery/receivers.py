"""Receivers of webhooks on this machine, of every kind."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

PATIENCE = 30


class Receiver:
    """Keeps what it gets, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], str]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        """What to answer next, and 204 when nothing is left."""
        self.pause = 0.0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, headers = receiver.answers.pop(0) if receiver.answers else (204, {})
                time.sleep(receiver.pause)
                receiver.got.append((dict(self.headers.items()), body))
                self.send_response(status)
                for name, value in {"Content-Length": "0", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_rest: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def bodies(self, secret: str) -> list[Any]:
        """What it got, each with a signature that the standard's own library takes."""
        return [Webhook(secret).verify(body, headers) for headers, body in self.got]

    def wait(self, number: int) -> None:
        """Wait until it has got so many, and see that no more come at once."""
        until(lambda: len(self.got) >= number)
        time.sleep(0.1)
        assert len(self.got) == number


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver that listens."""
    one = Receiver()
    thread = threading.Thread(target=one.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.server.shutdown()
        one.server.server_close()
        thread.join()


@contextmanager
def hostile(act: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a receiver that does something of its own with each connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(PATIENCE)
            connection.recv(65536)
            act(connection)

    def accept() -> None:
        with suppress(OSError):
            while not ended.is_set():
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        ended.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def until(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it doesn't happen"
        time.sleep(0.02)


def port_of(url: str) -> int:
    """The port in an address."""
    return int(url.rsplit(":", 1)[1].split("/", maxsplit=1)[0])
