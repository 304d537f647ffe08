"""Hearing that the server is told to stop, before it waits for its requests to end.

A server ends the lifespan of an application only once every request has been answered, and a stream
has no end of its own.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def on_stop(act: Callable[[], None]) -> Iterator[None]:
    """Call `act` on the event loop when the process is told to stop, then do what is usual."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread alone
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def told(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(act)
        then: Any = before[signal.Signals(number)]
        if callable(then):
            then(number, frame)

    for number, then in before.items():
        if callable(then):
            signal.signal(number, told)
    try:
        yield
    finally:
        for number, then in before.items():
            if signal.getsignal(number) is told:
                signal.signal(number, then)
