"""A bare application: it has the answers already, and sends them.

What a server, a client and a machine cost by themselves: nothing that answers the same bytes on the
same server is faster.
"""

import json
import os
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

from app.bench.load import Answer, Request

Scope = MutableMapping[str, Any]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]

ANSWERS = "BENCH_ANSWERS"
"""The folder of the answers."""
INDEX, BODIES = "answers.json", "answers.bin"
PIECE = 1 << 19
"""Bytes a piece of an answer that is streamed; the service sends about as many in one."""
_OWN = {"date", "server", "connection", "transfer-encoding"}
"""Headers the server adds by itself."""


def keep(folder: Path, answers: Sequence[tuple[Request, Answer]]) -> None:
    """Write answers down for `create`."""
    index: list[dict[str, Any]] = []
    with (folder / BODIES).open("wb") as file:
        for request, answer in answers:
            index.append(
                {
                    "method": request.method,
                    "target": request.target,
                    "status": answer.status,
                    "headers": [pair for pair in answer.headers if pair[0] not in _OWN],
                    "length": file.write(answer.body),
                }
            )
    (folder / INDEX).write_text(json.dumps(index))


def create() -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The application."""
    folder = Path(os.environ[ANSWERS])
    known: dict[tuple[str, bytes], list[dict[str, Any]]] = {}
    with (folder / BODIES).open("rb") as file:
        for entry in json.loads((folder / INDEX).read_text()):
            known[entry["method"], entry["target"].encode()] = _messages(
                entry, file.read(entry["length"])
            )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        query = scope["query_string"]
        target = scope["raw_path"] + (b"?" + query if query else b"")
        more = scope["method"] == "POST"
        while more:
            more = (await receive()).get("more_body", False)
        for message in known[scope["method"], target]:
            await send(message)

    return app


def _messages(entry: Mapping[str, Any], body: bytes) -> list[dict[str, Any]]:
    """What the service sent: in pieces, where it didn't tell the length."""
    headers = [(name.encode(), value.encode("latin-1")) for name, value in entry["headers"]]
    whole = any(name == b"content-length" for name, _ in headers)
    step = len(body) if whole else PIECE
    pieces = [body[at : at + step] for at in range(0, len(body), max(step, 1))] or [b""]
    start = {"type": "http.response.start", "status": entry["status"], "headers": headers}
    parts = [{"type": "http.response.body", "body": piece, "more_body": True} for piece in pieces]
    parts[-1]["more_body"] = False
    return [start, *parts]
