"""Bodies that aren't the JSON they pretend to be."""

import json
import time
from collections.abc import Iterator

from starlette.testclient import TestClient

from app.kernel.config import Settings
from app.kernel.db import Database
from tests import helpers
from tests.hostile.wire import JSON, MERGE_PATCH, Answer, Wire
from tests.hostile.world import contents

PROBLEM = "application/problem+json"
ACTOR = b'{"slug": "new", "name": "New", "kind": "state"}'


def with_name(text: bytes) -> bytes:
    """An actor with some JSON for a name."""
    return ACTOR.replace(b'"New"', text)


UNREADABLE = {
    "empty": b"",
    "blank": b" \t\r\n ",
    "truncated": ACTOR[:-5],
    "truncated in a string": ACTOR[:12],
    "two values": ACTOR + ACTOR,
    "trailing comma": ACTOR[:-1] + b",}",
    "comment": b"/* */" + ACTOR,
    "single quotes": ACTOR.replace(b'"', b"'"),
    "byte order mark": b"\xef\xbb\xbf" + ACTOR,
    "UTF-16": ACTOR.decode().encode("utf-16"),
    "latin-1": with_name('"é"'.encode("latin-1")),
    "overlong UTF-8": with_name(b'"\xc0\x80"'),
    "a surrogate in UTF-8": with_name(b'"\xed\xa0\x80"'),
    "beyond Unicode": with_name(b'"\xf4\x90\x80\x80"'),
    "a raw NUL": with_name(b'"a\x00b"'),
    "a raw line break": with_name(b'"a\nb"'),
    "a bad escape": with_name(b'"\\x41"'),
    "a broken escape": with_name(b'"\\u12"'),
    "NaN": with_name(b"NaN"),
    "Infinity": with_name(b"Infinity"),
    "-Infinity": with_name(b"-Infinity"),
    "1e400": with_name(b"1e400"),
    "-1e400": with_name(b"-1e400"),
    "20 digits": with_name(b"12345678901234567890"),
    "5,000 digits": with_name(b"1" * 5000),
    "a leading zero": with_name(b"01"),
    "a leading plus": with_name(b"+1"),
    "hexadecimal": with_name(b"0x10"),
    "a key twice": ACTOR[:-1] + b', "name": "Newer"}',
    "a key twice, once escaped": ACTOR[:-1] + b', "n\\u0061me": "Newer"}',
    "a key twice within": ACTOR[:-1] + b', "external_ids": {"a": "1", "a": "2"}}',
    "33 levels": b"[" * 33 + b"]" * 33,
    "33 levels of objects": b'{"a":' * 33 + b"1" + b"}" * 33,
    "100,000 levels": b"[" * 100_000,
    "a million levels, closed": b"[" * 1_000_000 + b"]" * 1_000_000,
}


OF_ANOTHER_KIND = (
    b"[]", b"null", b"5", b'"x"', b"true", b"[" + ACTOR + b"]", b"1.5e3", b"[" * 32 + b"]" * 32,
)  # fmt: skip


def sent_both_ways(client: TestClient, wire: Wire, body: bytes) -> Iterator[Answer]:
    """The answers to a body that is to make a record, and to one that is to change one."""
    yield wire.send("POST", "/v1/actors", body, {"Content-Type": JSON})
    actors = client.get("/v1/actors?limit=1").json()["items"]
    headers = {"Content-Type": MERGE_PATCH, "If-Match": "*"}
    yield wire.send("PATCH", f"/v1/actors/{actors[0]['id']}", body, headers)


def test_what_is_no_json_cannot_be_read(client: TestClient, wire: Wire, database: Database) -> None:
    helpers.make_actor(client)
    before = contents(database)
    for name, body in UNREADABLE.items():
        for answer in sent_both_ways(client, wire, body):
            assert answer.status == 400, (name, answer.text)
            assert answer.media == PROBLEM, name
    assert contents(database) == before


def test_json_of_another_kind_breaks_a_rule(
    client: TestClient, wire: Wire, database: Database
) -> None:
    helpers.make_actor(client)
    before = contents(database)
    for body in OF_ANOTHER_KIND:
        for answer in sent_both_ways(client, wire, body):
            assert answer.status == 422, (body, answer.text)
            assert answer.media == PROBLEM, body
    assert contents(database) == before


def test_an_odd_number_is_read_and_refused_where_it_stands(wire: Wire) -> None:
    for body in (b"1" * 19, b"-" + b"9" * 19, b"1e308", b"-0", b"1E-400"):
        answer = wire.send("POST", "/v1/actors", with_name(body), {"Content-Type": JSON})
        assert answer.status == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/name"]


def test_a_body_over_the_limit_is_refused_declared_or_not(
    wire: Wire, database: Database, settings: Settings
) -> None:
    before = contents(database)
    longest = settings.max_body_bytes
    headers = {"Content-Type": JSON, "Content-Length": str(longest + 1)}
    declared = wire.send("POST", "/v1/actors", b"{", headers)
    chunks = [b"[" + b" " * 65_535, *[b" " * 65_536] * (longest // 65_536), b"]"]
    chunked = wire.send("POST", "/v1/actors", chunks, {"Content-Type": JSON})
    for answer in (declared, chunked):
        assert answer.status == 413
        assert answer.media == PROBLEM
    fits = [b"[", b" " * (longest - 2), b"]"]
    assert wire.send("POST", "/v1/actors", fits, {"Content-Type": JSON}).status == 422
    assert contents(database) == before


def test_a_body_that_is_cut_off_leaves_nothing(wire: Wire, database: Database) -> None:
    before = contents(database)
    for body in (ACTOR, ACTOR[:20]):
        answer = wire.send("POST", "/v1/actors", body, {"Content-Type": JSON}, cut=True)
        assert answer.status == 400
    assert contents(database) == before


def test_no_body_takes_long_to_refuse(wire: Wire, seed: int) -> None:
    """Half of them on each kind of database, which neither is asked about."""
    bodies = (
        b'"' + b'\\"' * 2_000_000,
        b'"' + b"\\\\" * 2_000_000,
        b'"' + b"x" * 4_000_000,
        b'["' + b'","' * 1_000_000,
        b"{" * 4_000_000,
        b'{"a":' * 30 + b"[" + b"1," * 1_900_000,
        b"-" * 4_000_000,
        b"0." + b"1" * 4_000_000,
        b"1" * 4_000_000,
        b"[" + b"1e5," * 900_000 + b"1]",
    )
    for body in bodies[seed % 2 :: 2]:
        began = time.perf_counter()
        answer = wire.send("POST", "/v1/actors", body, {"Content-Type": JSON})
        assert answer.status in {400, 422}, answer.status
        # Seconds are for the slowest machine: what grows with the square would take hours.
        assert time.perf_counter() - began < 60, body[:10]


def test_a_refusal_never_repeats_what_cannot_be_written(wire: Wire) -> None:
    body = json.dumps({"\ud800": 1, "slug": "\udfff", "name": "a\x00b", "kind": "\u202e"})
    answer = wire.send("POST", "/v1/actors", body.encode(), {"Content-Type": JSON})
    assert answer.status == 422
    assert answer.json()["errors"]
