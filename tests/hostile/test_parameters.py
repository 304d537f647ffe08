"""Every query parameter, key of a path and header, with hostile values."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from app.kernel.db import Database
from tests import helpers
from tests.helpers import Body
from tests.hostile.bodies import valid_bodies
from tests.hostile.values import NOBODY, options_of
from tests.hostile.wire import JSON, PEDANTRY, Answer, Wire
from tests.hostile.world import Dealer, World, contents, operations

PROBLEM = "application/problem+json"

FREE = {
    "q",
    "creator",
    "principal",
    "prefix",
    "kind",
    "path",
    "route",
    "address",
    "request_id",
    "action",
}
"""Parameters that take any text."""

_STRINGS = ("%00", "a%00b", "%ED%A0%80", "%FF", "%E2%80%AEa", "'%20OR%201=1--", "*", "..%2f..%2f")
_NUMBERS = (
    "", "x", "1.5x", "1_0", "%205", "5%20", "0x10", "1e400", "NaN", "Infinity", "-Infinity",
    "%D9%A3", "9999999999999999999", "-9999999999999999999", "99999999999999999999999999",
    "2147483648", "-2147483649", "true", "%00",
)  # fmt: skip
_DATES = (
    "", "now", "infinity", "2023-02-30", "0000-01-01", "9999-12-31", "20230910", "2023-W10-1",
    "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "2023-09-10T00:00:00%20",
    "%EF%BC%92023-01-01", "1694304000", "%00", "2023-09-10T00:00:00",
)  # fmt: skip


def refused(answer: Answer, *statuses: int) -> bool:
    """Whether an answer is a problem with one of the statuses, in plain words."""
    plain = not PEDANTRY.search(answer.text)
    return answer.status in (statuses or (422,)) and answer.media == PROBLEM and plain


def hostile_texts(schema: Mapping[str, Any], document: Body) -> Iterator[str]:
    """Percent-encoded values that a parameter must refuse."""
    for option in options_of(schema, document):
        kind = option.get("type")
        if kind == "array":
            yield from hostile_texts(option["items"], document)
        elif "enum" in option:
            yield from ("unknown", "", quote(option["enum"][0].swapcase()), "%00")
        elif kind == "boolean":
            yield from ("", "yes", "1", "TRUE", "%00")
        elif kind in {"integer", "number"}:
            yield from _NUMBERS
        elif option.get("format") in {"date", "date-time"}:
            yield from _DATES
        elif kind == "string":
            yield from _STRINGS
            yield "x" * (option.get("maxLength", 10_000) + 1)


def test_every_hostile_parameter_is_refused_by_name(
    wire: Wire, world: World, document: Body, database: Database
) -> None:
    before = contents(database)
    faults: list[str] = []
    tried = 0
    dealer = Dealer(database)
    for path, _, operation in operations(document, "get"):
        where = world.path(path, operation["operationId"])
        for parameter in operation.get("parameters", ()):
            name = parameter["name"]
            if parameter["in"] != "query":
                continue
            values = hostile_texts(parameter["schema"], document)
            for value in dealer.deal((name, parameter["schema"]), values):
                tried += 1
                answer = wire.send("GET", f"{where}?{name}={value}")
                if name in FREE and len(value) < 300 and answer.status == 200:
                    continue
                if name == "cursor" and refused(answer, 400, 422):
                    continue
                named = [error["pointer"] for error in answer.json().get("errors", ())]
                if not refused(answer) or f"?{name}" not in named:
                    faults.append(f"{where}?{name}={value:.60}: {answer.status} {answer.text:.150}")
    assert not faults, f"{len(faults)} of {tried}\n" + "\n".join(faults)
    assert dealer.dealt > 3500
    assert contents(database) == before


def test_every_operation_refuses_a_parameter_it_does_not_know(
    wire: Wire, world: World, document: Body, database: Database
) -> None:
    before = contents(database)
    bodies = valid_bodies(world)
    for path, method, operation in operations(document, "get", "post", "patch", "delete"):
        name = operation["operationId"]
        body = bodies.get(name, {})
        asked = f"{world.needed(name) or '?'}&sorted=yes"
        answer = wire.say(method, f"{world.path(path, name)}{asked}", body)
        assert refused(answer), (name, answer.text)
        assert [error["pointer"] for error in answer.json()["errors"]] == ["?sorted"], name
    assert contents(database) == before


KEYS = (
    "%00", "a%00b", "x" * 80, "x" * 81, "x" * 5000, "%ED%A0%80", "%FF%FE", "..%2f", "..", ".",
    "%2e%2e%2f%2e%2e", "';--", "%25", "%", "%zz", "%E2%80%AE", "%EF%BC%A1", " ", "*", "null",
    NOBODY, NOBODY.upper(), f"{NOBODY}%0A", "%7B%7D", "-", "a--b",
)  # fmt: skip


def apart_from_the_log(database: Database) -> Body:
    """Everything in the store but the audit log, which keeps what was refused to be written."""
    return {name: rows for name, rows in contents(database).items() if name != "audit"}


def test_every_hostile_key_is_not_found(
    wire: Wire, world: World, document: Body, database: Database
) -> None:
    before = apart_from_the_log(database)
    bodies = valid_bodies(world)
    faults: list[str] = []
    dealer = Dealer(database)
    for path, method, operation in operations(document, "get", "post", "patch", "delete"):
        name = operation["operationId"]
        body = bodies.get(name, {})
        for place in ("{key}", "{alliance}", "{assessment}", "{consequence}", "{webhook}"):
            for key in dealer.deal((place, method), KEYS) if place in path else ():
                where = world.path(path.replace(place, key, 1), name) + world.needed(name)
                answer = wire.say(method, where, body)
                if not refused(answer, 404, 422):
                    faults.append(f"{method} {where:.120}: {answer.status} {answer.text:.150}")
    assert not faults, "\n".join(faults)
    assert apart_from_the_log(database) == before


HEADERS: tuple[tuple[str, str | bytes, set[int]], ...] = (
    ("Accept", "text/plain", {406}),
    ("Accept", "application/json;q=x", {400}),
    ("Accept", "application/json;q=0", {406}),
    ("Accept", "," * 5000, {200, 400, 406}),
    ("Accept", "*/*;q=1e999", {200, 400}),
    ("Accept", b"\xff\xfe", {400, 406}),
    ("If-None-Match", "nonsense", {200}),
    ("If-None-Match", '"' * 5000, {200}),
    ("If-None-Match", b'"\xff"', {200}),
    ("X-Request-Id", "a b\tc", {200}),
    ("X-Request-Id", "x" * 5000, {200}),
    ("X-Request-Id", b"\xff\x00", {200}),
    ("Host", "[", {200}),
    ("Host", "a/b?c#d", {200}),
    ("Host", "", {200}),
    ("Host", b"\xff", {200}),
    ("X-Forwarded-Host", "evil.example", {200}),
    ("Range", "bytes=0-1", {200}),
    ("Expect", "200-ok", {200}),
)


def test_a_hostile_header_of_a_read_does_no_harm(wire: Wire) -> None:
    for name, value, statuses in HEADERS:
        answer = wire.send("GET", "/v1/claims?limit=1", headers={name: value})
        assert answer.status in statuses, (name, value, answer.text)
        assert answer.headers["x-request-id"].isascii()
        assert len(answer.headers["x-request-id"]) <= 128
        assert "evil" not in str(answer.headers)


def test_a_hostile_header_of_a_write_is_refused(wire: Wire, database: Database) -> None:
    before = contents(database)
    cases: list[tuple[str, str | bytes, int]] = [
        ("Content-Type", "", 415),
        ("Content-Type", "text/plain", 415),
        ("Content-Type", "application/x-www-form-urlencoded", 415),
        ("Content-Type", "multipart/form-data; boundary=x", 415),
        ("Content-Type", "application/json; charset=utf-16", 415),
        ("Content-Type", "application/json; charset=latin-1", 415),
        ("Content-Type", "application/merge-patch+json", 415),
        ("Content-Type", b"\xff", 415),
        ("Content-Encoding", "gzip", 415),
        ("Content-Encoding", "br, identity", 415),
        ("Content-Length", "99999999999999999999", 413),
        ("Idempotency-Key", "", 422),
        ("Idempotency-Key", "x" * 256, 422),
        ("Idempotency-Key", "a b", 400),
        ("Idempotency-Key", b"\xff", 400),
        ("Idempotency-Key", b"a\x00", 400),
    ]
    body = b'{"slug": "new", "name": "New", "kind": "state"}'
    for name, value, status in cases:
        answer = wire.send("POST", "/v1/actors", body, {"Content-Type": JSON, name: value})
        assert refused(answer, status), (name, value, answer.text)
    assert contents(database) == before
    for number, media in enumerate(("application/json; charset=UTF-8", "APPLICATION/JSON")):
        fresh = body.replace(b"new", f"new-{number}".encode())
        headers = {"Content-Type": media, "Content-Encoding": "identity"}
        assert wire.send("POST", "/v1/actors", fresh, headers).status == 201, media


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_change_names_its_version_or_is_refused(
    client: TestClient, wire: Wire, database: Database, method: str
) -> None:
    path = f"/v1/actors/{helpers.make_actor(client)['id']}"
    before = contents(database)
    media = {"Content-Type": "application/merge-patch+json"}
    body = b'{"name": "Other"}'
    assert refused(wire.send(method, path, body, media), 428)
    cases: list[tuple[str | bytes, int]] = [
        ("", 400),
        ("1", 400),
        ("nonsense", 400),
        ('W/"1"', 412),
        ('W/"1", W/"2"', 412),
        ('""', 412),
        ('"0"', 412),
        ('"2"', 412),
        ('"1.0"', 412),
        ('"01"', 412),
        ('"-1"', 412),
        ('"99999999999999999999"', 412),
        ("x" * 5000, 422),
        (b"\xff", 400),
    ]
    for value, status in cases:
        answer = wire.send(method, path, body, {**media, "If-Match": value})
        assert refused(answer, status), (value, answer.text)
    assert contents(database) == before
    mine = f'"9", {wire.send("GET", path).headers["etag"]}'
    assert wire.send(method, path, body, {**media, "If-Match": mine}).status in {200, 204}
