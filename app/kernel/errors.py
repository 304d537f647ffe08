"""What can go wrong, each with a status and a stable type (RFC 9457).

The classes are data: `title` and `explanation` also make the page that each `type` leads to.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

NO_PATH = "There is no such path"


class Problem(Exception):  # noqa: N818 - a problem is what RFC 9457 calls it
    """An answer other than the one asked for.

    `detail` says what happened this time; `errors` are `{"pointer", "detail"}` objects, where the
    pointer is a JSON pointer into the body, or `?name` for a query parameter.
    """

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"
    explanation: ClassVar[str] = "The service failed. The request id finds the cause in its log."
    known: ClassVar[dict[str, "type[Problem]"]] = {}

    def __init_subclass__(cls) -> None:
        """Every problem is known by its slug: the pages and the document are made from this."""
        Problem.known[cls.slug] = cls

    def __init__(
        self,
        detail: str = "",
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.explanation
        self.errors = list(errors)
        self.headers = dict(headers or {})


Problem.known[Problem.slug] = Problem


class BadRequest(Problem):
    """The request can't be read at all."""

    status = 400
    slug = "bad-request"
    title = "The request can't be read"
    explanation = (
        "The body isn't JSON as RFC 8259 has it, holds a duplicate key, NaN, a number of more than "
        "19 digits or more than 32 levels, or a header has no valid form."
    )


class BadCursor(Problem):
    """The cursor was not made by this service for this query."""

    status = 400
    slug = "bad-cursor"
    title = "The cursor doesn't belong to this query"
    explanation = (
        "A cursor is good only for the query that answered it: same path, filters and sort. Ask "
        "the first page again."
    )


class Unauthorized(Problem):
    """Nobody is known by these credentials, or there are none."""

    status = 401
    slug = "unauthorized"
    title = "Who asks?"
    explanation = (
        "The service needs a key or a token: `Authorization: Bearer ent_…`. A key that has "
        "expired, was revoked or belongs to nobody any more is no key; `entente key create` "
        "makes one."
    )

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="entente"'})


class Forbidden(Problem):
    """The caller is known, and may not do this."""

    status = 403
    slug = "forbidden"
    title = "Not allowed"
    explanation = (
        "The caller's role, or the scope of the key, doesn't reach to this. What a reader may not "
        "see answers 404 instead, as if it weren't there."
    )


class NotFound(Problem):
    """There is no such thing here."""

    status = 404
    slug = "not-found"
    title = "Not found"
    explanation = (
        "There is no such path, or no such record; with `known_at` or `as_of`, it may not have "
        "been recorded or begun by then."
    )


class MethodNotAllowed(Problem):
    """The path exists, the method doesn't."""

    status = 405
    slug = "method-not-allowed"
    title = "Method not allowed"
    explanation = "This path doesn't take this method; the `Allow` header names those it takes."


class NotAcceptable(Problem):
    """None of the formats asked for is made here."""

    status = 406
    slug = "not-acceptable"
    title = "No such format"
    explanation = "Lists come as application/json, text/csv and application/x-ndjson."


class Conflict(Problem):
    """The request contradicts what is stored."""

    status = 409
    slug = "conflict"
    title = "Conflict with what is stored"
    explanation = (
        "A slug or ref is taken, a link exists already, or the step isn't possible from the state "
        "the record is in."
    )


class InProgress(Problem):
    """The first request with this Idempotency-Key still runs."""

    status = 409
    slug = "idempotency-in-progress"
    title = "The first request with this key still runs"
    explanation = "Ask again shortly with the same key and body; the answer will be the same."


class Gone(Problem):
    """The record was deleted."""

    status = 410
    slug = "gone"
    title = "Deleted"
    explanation = "The record was deleted. Its versions remain, and `known_at` still answers it."


class Broken(Problem):
    """What is stored of an edition isn't what this service sealed."""

    status = 410
    slug = "broken"
    title = "The edition is broken"
    explanation = (
        "What is stored isn't what was published: it was changed past the service, or the store is "
        "damaged. `/v1/assessments/{id}/verify` says what was changed; a backup has what it was."
    )


class UnreadableError(ValueError):
    """What is stored is no value of its column: no problem of the request, and 500 as it stands."""


TAKEN = {"slug": "slug", "ref": "ref", "alone": "ref", "name": "name", "link": "claim"}
"""By the last word of a unique index, the field that has to differ."""


def taken(index: str) -> Conflict:
    """The problem of who comes second with a label: which field of theirs is taken."""
    field = TAKEN.get(index.rpartition("_")[2]) if index.startswith("uq_") else None
    if field is None:
        return Conflict()
    detail = "is taken by another record"
    return Conflict(f"/{field}: {detail}", errors=[{"pointer": f"/{field}", "detail": detail}])


class Moved(Problem):
    """The record was merged into another, which stands for both."""

    status = 308
    slug = "merged"
    title = "Merged into another record"
    explanation = "The `Location` header leads to the record that stands for both."

    def __init__(self, key: str, into: str) -> None:
        super().__init__(f"The record was merged into {into}.")
        self.key, self.into = key, into

    def location(self, path: str) -> str:
        """The path of the same request to the record that stands."""
        root, version, kind, *steps = path.split("/")
        steps = [self.into if step == self.key else step for step in steps]
        return "/".join((root, version, kind, *steps))


class PreconditionFailed(Problem):
    """The record is no longer at the version named in If-Match."""

    status = 412
    slug = "precondition-failed"
    title = "The record has changed"
    explanation = "Read the record again, apply the change to what it is now, send its new ETag."


class RequestTimeout(Problem):
    """The request came too slowly."""

    status = 408
    slug = "request-timeout"
    title = "The request took too long to arrive"
    explanation = (
        "The head or the body of the request wasn't whole in time. ENTENTE_HEAD_TIMEOUT_SECONDS "
        "and ENTENTE_BODY_TIMEOUT_SECONDS are the limits."
    )


class TooLarge(Problem):
    """The body is longer than this service reads."""

    status = 413
    slug = "too-large"
    title = "The body is too long"
    explanation = "ENTENTE_MAX_BODY_BYTES is the limit."


class UnsupportedMedia(Problem):
    """The body has another type than the path takes."""

    status = 415
    slug = "unsupported-media-type"
    title = "Media type not taken"
    explanation = (
        "Bodies are application/json in UTF-8 (PATCH also application/merge-patch+json), without a "
        "Content-Encoding."
    )


class Invalid(Problem):
    """The request is readable, and breaks a rule of the record."""

    status = 422
    slug = "invalid"
    title = "The request breaks a rule"
    explanation = "`errors` names each field or parameter and the rule it breaks."

    @classmethod
    def at(cls, pointer: str, detail: str) -> "Invalid":
        """One rule broken in one place."""
        return cls(f"{pointer}: {detail}", errors=[{"pointer": pointer, "detail": detail}])


class KeyReused(Problem):
    """The Idempotency-Key was used for another request."""

    status = 422
    slug = "idempotency-key-reused"
    title = "The key was used with another body"
    explanation = "An Idempotency-Key stands for one request. Take a new key for a new request."


class PreconditionRequired(Problem):
    """A change must say which version it changes."""

    status = 428
    slug = "precondition-required"
    title = "If-Match is missing"
    explanation = "PATCH and DELETE need the record's ETag in If-Match (or `*`)."


class RateLimited(Problem):
    """The caller or its address asks too often."""

    status = 429
    slug = "rate-limited"
    title = "Too many requests"
    explanation = (
        "`RateLimit-Policy` names the limits, `RateLimit` what is left of them, `Retry-After` when "
        "to ask again."
    )


class HeadTooLarge(Problem):
    """The head of the request is longer than this service reads."""

    status = 431
    slug = "head-too-large"
    title = "The head of the request is too long"
    explanation = "ENTENTE_MAX_HEAD_BYTES is the limit, for the path, its query and all headers."


class Unavailable(Problem):
    """The database doesn't answer, or could not say whether it kept the change."""

    status = 503
    slug = "unavailable"
    title = "The store doesn't answer"
    explanation = (
        "Nothing is known to be wrong with the request. After a POST, send it again with the same "
        "Idempotency-Key: if the change was kept, the first answer comes back."
    )


class Overloaded(Problem):
    """There is no place for one more request, and none comes free in time."""

    status = 503
    slug = "overloaded"
    title = "Too much at once"
    explanation = (
        "As many requests are under way as the service can answer in time. Nothing was done for "
        "this one; `Retry-After` says when to send it again."
    )

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class TooSlow(Problem):
    """The store would have taken too long for the answer."""

    status = 503
    slug = "too-slow"
    title = "The query took too long"
    explanation = (
        "ENTENTE_QUERY_TIMEOUT_SECONDS is the limit of each statement. Nothing was changed. Ask "
        "for less: a filter, a smaller `limit`, no `total`, the present instead of `known_at`."
    )
