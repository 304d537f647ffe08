"""How often one caller and one address may ask, in any minute.

The rule is the sliding window of `limits`. Its own storage in memory starts a thread a request and
looks through every key each time; ours keeps two windows and a bounded number of keys. The numbers
are those of one process: several workers let through as many times more.
"""

import ipaddress
import threading
import time
from math import floor
from typing import Any

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import SlidingWindowCounterSupport, Storage
from limits.strategies import SlidingWindowCounterRateLimiter

from app.kernel.errors import RateLimited
from app.kernel.intake import Scope

MINUTE = 60
KEYS = 100_000
"""Keys that are counted apart in a window; those beyond share one count."""
FAILURES_PER_MINUTE = 20
"""Keys and tokens that an address may get wrong before none of its own is looked at."""
SPENT = "rates"
"""Where a request's state holds what it was counted under."""
Header = tuple[bytes, bytes]


class Windows(Storage, SlidingWindowCounterSupport):
    """Counts of this window and the one before, in memory. All windows are of one length."""

    STORAGE_SCHEME = None
    base_exceptions = ()

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()
        self.index = 0
        self.before: dict[str, int] = {}
        self.counts: dict[str, int] = {}

    def _at(self, now: float, expiry: int) -> float:
        """Move on to the window of an instant; the seconds that are left of it."""
        index = int(now // expiry)
        if index != self.index:
            self.before = self.counts if index == self.index + 1 else {}
            self.counts, self.index = {}, index
        return expiry - now % expiry

    def _key(self, key: str) -> str:
        known = key in self.counts or key in self.before or len(self.counts) < KEYS
        return key if known else key.partition("/")[0]

    def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        """Count a request unless that would be more than the limit."""
        with self.lock:
            left = self._at(time.time(), expiry)
            key = self._key(key)
            count = self.counts.get(key, 0)
            if floor(self.before.get(key, 0) * left / expiry + count) + amount > limit:
                return False
            self.counts[key] = count + amount
            return True

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """The count before and the seconds it weighs on; the count now and its seconds."""
        with self.lock:
            left = self._at(time.time(), expiry)
            key = self._key(key)
            return self.before.get(key, 0), left, self.counts.get(key, 0), left + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forget a key."""
        del expiry
        self.clear(key)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count a request."""
        with self.lock:
            self._at(time.time(), expiry)
            key = self._key(key)
            self.counts[key] = self.counts.get(key, 0) + amount
            return self.counts[key]

    def get(self, key: str) -> int:
        """The count of this window."""
        return self.counts.get(self._key(key), 0)

    def get_expiry(self, key: str) -> float:
        """When the window of a key ends."""
        del key
        return float((self.index + 1) * MINUTE)

    def check(self) -> bool:
        """Whether the storage is there."""
        return True

    def reset(self) -> int:
        """Forget all keys."""
        with self.lock:
            forgotten = len(self.counts)
            self.before, self.counts = {}, {}
            return forgotten

    def clear(self, key: str) -> None:
        """Forget a key."""
        with self.lock:
            self.before.pop(key, None)
            self.counts.pop(key, None)


class Rates:
    """The limits of a process, and what is left of them."""

    def __init__(self, per_caller: int, per_address: int) -> None:
        self.windows = Windows()
        self.rule = SlidingWindowCounterRateLimiter(self.windows)
        self.callers = _item(per_caller)
        self.addresses = _item(per_address)
        self.failures = RateLimitItemPerMinute(FAILURES_PER_MINUTE)

    def admit(self, scope: Scope) -> None:
        """Count a request under the address it comes from. Raises RateLimited."""
        if scope["path"] == "/healthz":
            return
        address = address_of(scope)
        if with_credentials(scope) and not self.rule.test(self.failures, "failures", address):
            raise self._refusal(self.failures, "failures", address)
        self._count(scope, self.addresses, "address", address)

    def spend(self, scope: Scope, caller: str) -> None:
        """Count a request under the name of its caller. Raises RateLimited."""
        self._count(scope, self.callers, "caller", caller)

    def failed(self, scope: Scope) -> None:
        """Count a key or token that was refused; `admit` takes no more of them after some."""
        self.rule.hit(self.failures, "failures", address_of(scope))

    def _count(self, scope: Scope, item: RateLimitItem | None, kind: str, name: str) -> None:
        if item is None:
            return
        if not self.rule.hit(item, kind, name):
            _note(scope, kind, item.amount, 0, self._wait(item, kind, name))
            raise self._refusal(item, kind, name)
        before, left, count, _ = self.windows.get_sliding_window(item.key_for(kind, name), MINUTE)
        remaining = max(0, item.amount - floor(before * left / MINUTE + count))
        _note(scope, kind, item.amount, remaining, floor(left) + 1)

    def _refusal(self, item: RateLimitItem, kind: str, name: str) -> RateLimited:
        wait = self._wait(item, kind, name)
        what = {"failures": "refused keys from one address"}.get(kind, f"requests from one {kind}")
        told = f"No more than {item.amount} {what} in a minute; ask again in {wait} s."
        return RateLimited(told, headers={"Retry-After": str(wait)})

    def _wait(self, item: RateLimitItem, kind: str, name: str) -> int:
        """Seconds until one more request is taken."""
        before, left, count, _ = self.windows.get_sliding_window(item.key_for(kind, name), MINUTE)
        if count < item.amount:
            wait = left - (item.amount - count) * MINUTE / max(before, 1)
        else:
            wait = left + MINUTE - item.amount * MINUTE / count
        return max(1, floor(wait) + 1)


def _item(amount: int) -> RateLimitItem | None:
    return RateLimitItemPerMinute(amount) if amount else None


def _note(scope: Scope, kind: str, limit: int, remaining: int, seconds: int) -> None:
    noted: list[Any] = scope.setdefault("state", {}).setdefault(SPENT, [])
    noted.append((kind, limit, remaining, seconds))


def headers(scope: Scope) -> list[Header]:
    """What is left, as draft-ietf-httpapi-ratelimit-headers says it."""
    noted = scope.get("state", {}).get(SPENT)
    if not noted:
        return []
    policy = ", ".join(f'"{kind}";q={limit};w={MINUTE}' for kind, limit, _, _ in noted)
    left = ", ".join(f'"{kind}";r={left};t={seconds}' for kind, _, left, seconds in noted)
    return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())]


def with_credentials(scope: Scope) -> bool:
    """Whether a request says who it is from."""
    return any(name == b"authorization" for name, _ in scope["headers"])


def address_of(scope: Scope) -> str:
    """The address a request is counted under: of IPv6 the network, which one client has whole."""
    client = scope.get("client")
    host: str = client[0] if client else ""
    if ":" not in host:
        return host
    try:
        return str(ipaddress.ip_network((host.partition("%")[0], 64), strict=False))
    except ValueError:
        return host
