"""Serving: the socket, the server, and several processes behind one of each.

Several workers share one listening socket, which their parent keeps: a worker that goes leaves
whoever waits there to the others. SIGHUP replaces one worker after another, a new one before an
old one goes; SIGTERM ends all, once the requests under way have been answered.
"""

import gc
import os
import signal
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

import click
import uvicorn
from uvicorn.supervisors import Multiprocess

from app.kernel.config import Settings, listed
from app.kernel.protocol import Config, Patience, Protocol
from app.kernel.stopping import SIGNALS

GRACE_SECONDS = 10
"""How long requests under way may take to end when the service is stopped."""
HEALTH_SECONDS = 60
"""How long a worker may take to start, or say nothing, before it is taken for hung."""


def configuration(settings: Settings, app: Any) -> Config:
    """How the server is to serve an application, or the factory of one that is named."""
    proxies = listed(settings.trusted_proxies)
    config = Config(
        app,
        factory=isinstance(app, str),
        host=settings.host,
        port=settings.port,
        http=Protocol,
        ws="none",
        access_log=False,  # `logs` writes it, without what was asked
        log_config=None,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=HEALTH_SECONDS,
        workers=settings.workers,
    )
    config.patience = Patience(
        head=settings.head_timeout_seconds,
        body=settings.body_timeout_seconds,
        write=settings.write_timeout_seconds,
        head_bytes=settings.max_head_bytes,
    )
    return config


class WhileParentLives:
    """Ends a worker whose parent has gone: nobody would restart or stop it."""

    def __init__(self) -> None:
        self.parent = os.getpid()

    async def __call__(self) -> None:
        """Look, in the worker, every second or so."""
        if os.getppid() != self.parent:
            signal.raise_signal(signal.SIGTERM)


def settle() -> None:
    """Look through what is loaded by now for garbage once, and never again: it stays.

    To look through all of it while serving holds up every answer for a fifth of a second.
    """
    gc.collect()
    gc.freeze()


def run(config: Config, sock: socket.socket, ready: Callable[[], None]) -> None:
    """Listen, say so by `ready`, and serve until told to stop, which may be at once.

    From before it says so a signal is only noted: raised where it comes, it could be lost in what
    is never to fail, such as the end of an object.
    """
    if config.workers > 1:
        config.callback_notify, config.timeout_notify = WhileParentLives(), 1
        serve = Multiprocess(config, sockets=[sock]).run
    else:
        server = uvicorn.Server(config)
        for number in SIGNALS:
            signal.signal(number, server.handle_exit)
        serve = partial(server.run, sockets=[sock])
        settle()
    # Whoever follows the address at once waits, and isn't refused.
    sock.listen(config.backlog)
    ready()
    serve()
    # The end of a process looks through all it has for garbage, several times; it all goes anyway.
    gc.freeze()


def bound(host: str, port: int) -> socket.socket:
    """A socket on an address; port 0 becomes a free one."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except (OSError, UnicodeError) as error:  # the latter for what can't be a name
        sock.close()
        reason = getattr(error, "strerror", None) or error
        raise click.ClickException(f"Can't listen on {host}:{port}: {reason}") from None
    return sock


def address(host: str, port: int) -> str:
    """The address a person on this machine opens."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host)  # noqa: S104 - told apart, not bound
    return f"http://{name or (f'[{host}]' if ':' in host else host)}:{port}"
