"""So many requests a minute, of a caller and from an address; 429 beyond, and told beforehand."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from limits import RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter, SlidingWindowCounterRateLimiter
from starlette.testclient import TestClient

from app.kernel import rates
from app.kernel.errors import RateLimited
from app.kernel.rates import Rates, address_of
from tests.helpers import make_actor
from tests.kernel.test_problems import assert_problem

Start = Callable[..., TestClient]


def seconds(header: str) -> int:
    (found,) = re.findall(r";t=(\d+)", header)
    return int(found)


@pytest.mark.parametrize(
    ("setting", "kind"),
    [("rate_per_minute", "caller"), ("rate_per_address_per_minute", "address")],
)
def test_who_asks_too_often_is_told_when_to_ask_again(
    start: Start, setting: str, kind: str
) -> None:
    client = start(**{setting: 5})
    for left in range(4, -1, -1):
        answer = client.get("/v1/actors")
        assert answer.status_code == 200
        assert answer.headers["RateLimit-Policy"] == f'"{kind}";q=5;w=60'
        assert answer.headers["RateLimit"].startswith(f'"{kind}";r={left};t=')
        assert 0 < seconds(answer.headers["RateLimit"]) <= 60
    refused = client.get("/v1/actors")
    assert_problem(refused, 429, "rate-limited")
    wait = int(refused.headers["Retry-After"])
    assert 0 < wait <= 120
    assert refused.headers["RateLimit"] == f'"{kind}";r=0;t={wait}'
    # Whatever it asks, though never whether the service lives.
    assert client.get("/v1/alliances").status_code == 429
    assert client.post("/v1/actors", json={}).status_code == 429
    assert client.get("/healthz").status_code == 200


def test_both_limits_are_told(start: Start) -> None:
    client = start(rate_per_minute=50, rate_per_address_per_minute=90)
    make_actor(client)
    answer = client.get("/v1/actors/missing")
    assert answer.status_code == 404
    assert answer.headers["RateLimit-Policy"] == '"address";q=90;w=60, "caller";q=50;w=60'
    assert re.fullmatch(
        r'"address";r=88;t=\d+, "caller";r=48;t=\d+', answer.headers["RateLimit"]
    ), answer.headers["RateLimit"]


def test_without_limits_nothing_is_told(client: TestClient) -> None:
    assert not {"ratelimit", "ratelimit-policy"} & set(client.get("/v1/actors").headers)


def test_a_wait_that_is_told_is_enough_and_no_longer_than_it_must_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever was asked before: one second earlier the answer would still be no."""
    now = 1_700_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    for before, amount in ((0, 7), (3, 7), (7, 7), (7, 3), (1, 1), (500, 600)):
        counted = Rates(0, amount)
        now = (now // 60 + 2) * 60 + 20
        for _ in range(before):
            if not _asks(counted):
                break
        now += 60.5
        while _asks(counted):
            pass
        (wait,) = {_refused(counted) for _ in range(3)}
        now += wait - 1.01
        assert wait == 1 or not _asks(counted), (before, amount)
        now += 1.01
        assert _asks(counted), (before, amount)


def scope(host: str, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"path": "/v1/actors", "client": (host, 1), "headers": list(headers)}


def _asks(counted: Rates, host: str = "192.0.2.1") -> bool:
    try:
        counted.admit(scope(host))
    except RateLimited:
        return False
    return True


def _refused(counted: Rates) -> int:
    with pytest.raises(RateLimited) as refusal:
        counted.admit(scope("192.0.2.1"))
    return int(refusal.value.headers["Retry-After"])


def test_one_address_does_not_pay_for_another_and_a_network_of_ipv6_is_one() -> None:
    counted = Rates(0, 2)
    assert [_asks(counted, "192.0.2.1") for _ in range(3)] == [True, True, False]
    assert [_asks(counted, "192.0.2.2") for _ in range(3)] == [True, True, False]
    ours = ["2001:db8::1", "2001:db8::2:1", "2001:db8::3"]
    assert [_asks(counted, host) for host in ours] == [True, True, False]
    assert _asks(counted, "2001:db8:0:1::1")
    assert address_of(scope("fe80::1%eth0")) == "fe80::/64"
    assert address_of(scope("not:an:address")) == "not:an:address"
    assert address_of({}) == ""


def test_memory_is_bounded_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "KEYS", 10)
    counted = Rates(0, 5)
    for number in range(200):
        _asks(counted, f"192.0.2.{number}")
    assert len(counted.windows.counts) <= 11
    # Those who were known before are still counted apart.
    assert _asks(counted, "192.0.2.0")
    assert not _asks(counted, "192.0.2.199")


def test_the_storage_serves_every_rule_of_the_library() -> None:
    windows = rates.Windows()
    rule, item = FixedWindowRateLimiter(windows), RateLimitItemPerMinute(2)
    assert [rule.hit(item, "one") for _ in range(3)] == [True, True, False]
    assert 0 < rule.get_window_stats(item, "one").reset_time - time.time() <= 60
    rule.clear(item, "one")
    assert rule.test(item, "one")
    sliding = SlidingWindowCounterRateLimiter(windows)
    assert sliding.hit(item, "two", cost=2)
    assert sliding.get_window_stats(item, "two").remaining == 0
    sliding.clear(item, "two")
    assert sliding.hit(item, "two")
    assert windows.check()
    assert windows.reset() == 1
    assert windows.get("two") == 0


def test_keys_that_are_refused_too_often_are_no_longer_looked_at() -> None:
    counted = Rates(0, 0)
    guess = scope("192.0.2.1", (b"authorization", b"Bearer guess"))
    for _ in range(rates.FAILURES_PER_MINUTE):
        counted.admit(guess)
        counted.failed(guess)
    with pytest.raises(RateLimited) as refusal:
        counted.admit(guess)
    assert int(refusal.value.headers["Retry-After"]) > 0
    counted.admit(scope("192.0.2.1"))  # without a key nothing is guessed
    counted.admit(scope("192.0.2.2", (b"authorization", b"Bearer another")))
