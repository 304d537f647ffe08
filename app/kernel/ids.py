"""Identifiers: UUIDv7 (RFC 9562), made here; slugs, given by people."""

import hashlib
import re
import secrets
import threading
import time
import uuid
from collections.abc import Hashable, Sequence
from datetime import datetime

UUID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
SLUG_PATTERN = "^[a-z0-9]+(-[a-z0-9]+)*$"
SLUG_LENGTH = 80

_UUID = re.compile(UUID_PATTERN)
_SLUG = re.compile(SLUG_PATTERN)
_lock = threading.Lock()
_last = 0


def _compose(milliseconds: int, rand_a: int, rand_b: int) -> str:
    value = (milliseconds & (1 << 48) - 1) << 80 | 7 << 76 | (rand_a & 0xFFF) << 64
    return str(uuid.UUID(int=value | 0b10 << 62 | rand_b & (1 << 62) - 1))


def _clock() -> int:
    """The present in the ticks of an id: 4,096 a millisecond."""
    return time.time_ns() * 4096 // 1_000_000


def new_id() -> str:
    """A UUIDv7 that is greater than any this process made before.

    The twelve bits after the millisecond count fractions of it (RFC 9562 §6.2, method 3), so that
    ids made in one millisecond still sort in the order they were made.
    """
    global _last  # noqa: PLW0603 - one counter a process is the point
    with _lock:
        ticks = _clock()
        _last = max(ticks, _last + 1)
        ticks = _last
    return _compose(ticks >> 12, ticks & 0xFFF, secrets.randbits(62))


def ids_behind(last: str, groups: Sequence[Hashable]) -> list[str]:
    """UUIDv7s of things that come to be together, one for each entry of `groups`.

    All of them are greater than `last`, whatever the clock says. They share one instant, and the
    random rest orders the members of a group as they are given; it is drawn for each group by
    itself, so that who sees one group alone can't tell how many members others have.
    """
    known = uuid.UUID(last).int if last else 0
    ticks = max(_clock(), (known >> 80 << 12 | known >> 64 & 0xFFF) + 1)
    waiting: dict[Hashable, list[int]] = {}
    for group in groups:
        waiting.setdefault(group, []).append(secrets.randbits(62))
    for drawn in waiting.values():
        drawn.sort(reverse=True)
    return [_compose(ticks >> 12, ticks & 0xFFF, waiting[group].pop()) for group in groups]


def derived_id(at: datetime, *parts: str) -> str:
    """A UUIDv7 that is the same for the same instant and parts, for records loaded from files."""
    digest = int.from_bytes(hashlib.sha256("\x00".join(parts).encode()).digest()[:12], "big")
    return _compose(int(at.timestamp() * 1000), digest & 0xFFF, digest >> 12)


def is_id(text: str) -> bool:
    """Whether the text has the form of an id (lower case, with hyphens)."""
    return _UUID.fullmatch(text) is not None


def is_slug(text: str) -> bool:
    """Whether the text has the form of a slug."""
    return len(text) <= SLUG_LENGTH and _SLUG.fullmatch(text) is not None
