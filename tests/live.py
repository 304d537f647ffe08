"""The service behind a real socket, for what can't be asked any other way."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.serving import bound, configuration
from app.main import create_app
from tests.stores import Store

PATIENCE = 20


@contextmanager
def serving(store: Store, template: str, **changes: Any) -> Iterator[str]:
    """The address of a server on a copy of a template, with the settings people begin with."""
    url = store.make(template)
    settings = Settings(**{"database_url": url, "pool_size": 4, **changes})
    database = Database.of(settings)
    config = configuration(settings, create_app(settings, database))
    config.timeout_graceful_shutdown = 1  # no signal reaches this thread, so streams stay open
    server = uvicorn.Server(config)
    socket = bound(settings.host, 0)
    socket.listen()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + PATIENCE
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        assert server.started, "the server doesn't start"
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        socket.close()
        database.close()
        store.drop(url)
