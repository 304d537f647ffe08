"""The wire shapes of the audit log."""

from typing import Annotated, Literal

from pydantic import Field

from app.kernel.types import IdText, Instant, Sha256, Shape

Action = Literal[
    "created", "updated", "deleted", "merged", "withdrawn", "published", "answered",
    "closed", "revealed", "raised", "lowered", "downgraded", "redacted", "key_made", "key_rotated",
    "key_revoked", "loaded", "refused", "refused_more",
]  # fmt: skip


class AuditEntry(Shape):
    """One act, or one refusal, as it stands in the chain."""

    id: Annotated[int, Field(description="Its number: from 1, each one more than that before")]
    time: Annotated[Instant, Field(description="When the transaction of the act began")]
    principal: Annotated[str | None, Field(description="Who; null where nobody was known")]
    address: Annotated[str | None, Field(description="From where; null of a command")]
    request_id: Annotated[str | None, Field(description="The `X-Request-Id` of the answer")]
    method: str | None
    route: Annotated[
        str | None,
        Field(description="The path's template, or what ran", examples=["/v1/actors/{key}"]),
    ]
    path: Annotated[str | None, Field(description="Percent-encoded, without its query")]
    action: Annotated[Action, Field(description="What was done")]
    kind: Annotated[str | None, Field(description="The kind of the record, in the plural")]
    record: IdText | None
    version: Annotated[int | None, Field(description="The version that the act made")]
    before: Annotated[Sha256 | None, Field(description="Hash of the version before")]
    after: Annotated[Sha256 | None, Field(description="Hash of the version that the act made")]
    reason: Annotated[
        Sha256 | None, Field(description="Hash of the reason given, which is itself not kept here")
    ]
    status: Annotated[int | None, Field(description="What the request was answered with")]
    previous: Annotated[Sha256, Field(description="`hash` of the entry before; zeros of the first")]
    hash: Annotated[Sha256, Field(description="Hash of the entry, `previous` included")]


class Chain(Shape):
    """Whether the chain is whole."""

    checked: Annotated[int, Field(description="How many entries fit, from the first on")]
    intact: Annotated[bool, Field(description="Whether all do")]
    first_broken: Annotated[
        int | None, Field(description="The number of the first that doesn't; null if all do")
    ]
    head: Annotated[
        Sha256,
        Field(
            description="`hash` of the last that fits. Kept elsewhere together with `checked`, it"
            " shows whether the log was ever written anew"
        ),
    ]
