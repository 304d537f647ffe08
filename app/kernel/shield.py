"""What every answer carries, whoever made it: security headers, and what is left of the rates."""

from collections.abc import Iterator

from app.kernel import rates
from app.kernel.intake import App, Message, Receive, Scope, Send
from app.kernel.rates import Header, Rates

POLICY = b"content-security-policy"
CACHING = b"cache-control"
_ALWAYS: list[Header] = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
_CLOSED: Header = (POLICY, b"default-src 'none'; frame-ancestors 'none'")
"""For what isn't a page: a browser that is made to show it anyway loads and runs nothing."""
_SECURE: Header = (b"strict-transport-security", b"max-age=31536000")
UNAUTHORISED = 401


class Shield:
    """The outermost layer. Pages bring a policy of their own (see `docs`)."""

    def __init__(self, app: App, *, counted: Rates, https: bool) -> None:
        self.app = app
        self.rates = counted
        self.always = [*_ALWAYS, _SECURE] if https else _ALWAYS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def stamp(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == UNAUTHORISED and rates.with_credentials(scope):
                    self.rates.failed(scope)
                given = list(message.get("headers", ()))
                message["headers"] = [*given, *self.always, *_missing(given, scope)]
            await send(message)

        await self.app(scope, receive, stamp)


def _missing(given: list[Header], scope: Scope) -> Iterator[Header]:
    """Headers that an answer may bring itself."""
    names = {name for name, _ in given}
    if POLICY not in names:
        yield _CLOSED
    if CACHING not in names:
        # What is said to one caller isn't for another; pages and their assets are for all.
        yield CACHING, b"no-store" if scope["path"].startswith("/v1") else b"no-cache"
    yield from rates.headers(scope)
