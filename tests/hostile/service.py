"""The service as a process of its own, which can be asked by many at once, and killed."""

import http.client
import json
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from tests.command import started
from tests.helpers import Body, unique
from tests.hostile.wire import JSON, MERGE_PATCH, Answer

T = TypeVar("T")
PATIENCE = 60
UNLIMITED = {
    "port": "0",
    "log_level": "warning",  # the log of a test is its own
    "dataset": "none",
    "rate_per_minute": "0",
    "rate_per_address_per_minute": "0",
    "queue_seconds": "30",
}


class Service:
    """A running service. Each request has a connection of its own."""

    def __init__(self, database_url: str, **settings: str) -> None:
        self.database_url = database_url
        self.settings = {**UNLIMITED, **settings}
        self._start()

    def _start(self) -> None:
        self.process = started(self.database_url, "serve", cwd=None, **self.settings)
        self.port = self.process.port()

    def kill(self) -> None:
        """End it as a power cut would: nothing of it runs on."""
        self.process.end(signal.SIGKILL)

    def restart(self) -> None:
        """Start it again on the same store."""
        self._start()

    def send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask. Raises OSError or HTTPException where no whole answer comes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        media = MERGE_PATCH if method == "PATCH" else JSON
        content = None if body is None else json.dumps(body)
        try:
            connection.request(
                method, f"/v1/{path}", content, {"Content-Type": media, **(headers or {})}
            )
            response = connection.getresponse()
            found = response.read()
        finally:
            connection.close()
        given = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, given, found)

    def make(self, path: str, body: Body) -> Body:
        """Make a record."""
        answer = self.send("POST", path, body)
        assert answer.status == 201, answer.text
        made: Body = answer.json()
        return made

    def read(self, path: str) -> Body:
        """Read a record or a page."""
        answer = self.send("GET", path)
        assert answer.status == 200, answer.text
        found: Body = answer.json()
        return found

    # --- Records ----------------------------------------------------------------------------------

    def actor(self) -> Body:
        """An actor."""
        return self.make("actors", {"slug": unique("a"), "name": "Actor", "kind": "state"})

    def alliance(self) -> str:
        """The id of an alliance."""
        made: str = self.make("alliances", {"slug": unique("two"), "name": "Two"})["id"]
        return made

    def consequence(self, alliance: str = "") -> str:
        """The id of a consequence."""
        path = f"alliances/{alliance or self.alliance()}/consequences"
        made: str = self.make(path, {"title": "War", "category": "military"})["id"]
        return made

    def assessor(self) -> str:
        """The id of an assessor."""
        made: str = self.make("assessors", {"slug": unique("ann"), "name": "Ann"})["id"]
        return made


def at_once(asks: Sequence[Callable[[], T]]) -> list[T]:
    """Do several things at the same moment, each in a thread; their results in order."""
    gate = threading.Barrier(len(asks))

    def one(ask: Callable[[], T]) -> T:
        gate.wait()
        return ask()

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(one, asks))


@contextmanager
def service_on(database_url: str, **settings: str) -> Iterator[Service]:
    """A service that is gone at the end, however it went."""
    service = Service(database_url, **settings)
    try:
        yield service
    finally:
        service.kill()
