"""Sending one message to one address, whatever is there: down, slow, endless or hostile."""

import asyncio
import email.utils
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2

from app.webhooks.targets import RESOLVERS, Address, Policy, Refused, Target, resolved

MOST_READ = 64 * 1024
"""Bytes of an answer that are received, so that a well-behaved receiver ends in peace."""
GONE = 410
OK = range(200, 300)
MOVED = range(300, 400)
PATIENT = {429, 503}
"""Statuses whose `Retry-After` is heeded."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an attempt. `reason` is empty where it got through."""

    reason: str
    status: int | None = None
    retry_after: float = 0.0
    took: float = 0.0

    @property
    def delivered(self) -> bool:
        """Whether the receiver has it."""
        return not self.reason


class Sender:
    """Sends; keeps no connection, no cookie and nothing of what is answered."""

    def __init__(
        self, policy: Policy, seconds: float, verify: ssl.SSLContext | None = None
    ) -> None:
        self.policy = policy
        self.seconds = seconds
        # No proxy of the environment: it would connect to what wasn't checked. No connection is
        # kept either: it belongs to an address, and the next name on it may be another's.
        self.transport = httpx2.AsyncHTTPTransport(
            verify=verify or ssl.create_default_context(),
            trust_env=False,
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def close(self) -> None:
        """Let go."""
        await self.transport.aclose()

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Result:
        """Try once, within the time there is for all of it."""
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self.seconds):
                result = await self._try(url, headers, body)
        except TimeoutError:
            result = Result("there was no answer in time")
        except Refused as error:
            result = Result(f"the address {error}")
        except (OSError, UnicodeError):
            result = Result("the name of the host isn't found")
        except httpx2.ConnectError:
            result = Result("can't connect")
        except (httpx2.HTTPError, httpx2.InvalidURL):
            result = Result("the connection broke, or what came wasn't HTTP")
        return Result(result.reason, result.status, result.retry_after, time.monotonic() - begun)

    async def _try(self, url: str, headers: Mapping[str, str], body: bytes) -> Result:
        target = self.policy.target(url)
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(RESOLVERS, resolved, target)
        addresses = self.policy.check(target.host, found)
        for address in addresses[:-1]:
            with suppress(httpx2.ConnectError):
                return await self._post(target, address, headers, body)
        return await self._post(target, addresses[-1], headers, body)

    async def _post(
        self, target: Target, address: Address, headers: Mapping[str, str], body: bytes
    ) -> Result:
        """Connect to the address that was checked; the name stays what is asked for and proven."""
        host = f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004 - as above
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self.seconds)
        request = httpx2.Request(
            "POST",
            f"{target.scheme}://{host}:{target.port}{target.path}",
            headers={"Host": target.authority, **headers},
            content=body,
            extensions={"sni_hostname": target.host, "timeout": limits},
        )
        response = await self.transport.handle_async_request(request)
        try:
            # The status is the answer; a body that drips or never ends changes nothing about it.
            with suppress(httpx2.HTTPError, TimeoutError):
                async with asyncio.timeout(self.seconds / 4):
                    await _read_some(response)
        finally:
            await response.aclose()
        return _result(response)


async def _read_some(response: httpx2.Response) -> None:
    length = 0
    stream = response.stream
    assert isinstance(stream, httpx2.AsyncByteStream)  # noqa: S101 - for the type checker
    async for chunk in stream:
        length += len(chunk)
        if length > MOST_READ:
            break


def _result(response: httpx2.Response) -> Result:
    status = response.status_code
    if status in OK:
        return Result("", status)
    wait = _seconds(response.headers.get("retry-after", "")) if status in PATIENT else 0.0
    redirect = ", which isn't followed" if status in MOVED else ""
    return Result(f"the receiver answered {status}{redirect}", status, wait)


def _seconds(text: str) -> float:
    """The wait that a `Retry-After` asks for; 0 where it can't be read."""
    if text.isascii() and text.isdigit() and len(text) < 10:  # noqa: PLR2004 - no longer than years
        return float(text)
    with suppress(ValueError, TypeError, OverflowError):
        return max(
            0.0, (email.utils.parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        )
    return 0.0
