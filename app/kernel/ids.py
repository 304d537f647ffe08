"""Identifiers: UUIDv7 (RFC 9562), made here; slugs, given by people."""

import hashlib
import re
import secrets
import threading
import time
import uuid
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


def new_id() -> str:
    """A UUIDv7 that is greater than any this process made before.

    The twelve bits after the millisecond count fractions of it (RFC 9562 §6.2, method 3), so that
    ids made in one millisecond still sort in the order they were made.
    """
    global _last  # noqa: PLW0603 - one counter a process is the point
    with _lock:
        ticks = time.time_ns() * 4096 // 1_000_000
        _last = max(ticks, _last + 1)
        ticks = _last
    return _compose(ticks >> 12, ticks & 0xFFF, secrets.randbits(62))


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
