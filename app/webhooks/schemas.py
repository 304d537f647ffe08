"""The wire shapes of webhooks and deliveries."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from app.changes.schemas import EventType, Kind
from app.kernel.listing import PageQuery
from app.kernel.types import IdText, Instant, Name, Reference, Shape, Url

State = Literal["waiting", "delivered", "failed", "dead"]


class WebhookIn(Shape):
    """Where to send which events. A filter that is empty lets everything through."""

    url: Annotated[Url, Field(description="http or https, to a public address")]
    description: Name | None = None
    types: Annotated[list[EventType], Field(max_length=50)] = []
    kinds: Annotated[list[Kind], Field(max_length=50)] = []
    alliances: Annotated[list[Reference], Field(max_length=100)] = []
    records: Annotated[list[IdText], Field(max_length=500)] = []
    threshold: Annotated[
        float | None,
        Field(
            ge=0,
            le=100,
            strict=True,
            allow_inf_nan=False,
            description="Of `judgement.moved` only moves of at least so much in log-odds, and"
            " first and last ratings",
        ),
    ] = None


class WebhookChange(WebhookIn):
    """What of a webhook may be changed."""

    status: Annotated[
        Literal["active", "paused"],
        Field(description="A paused or disabled webhook goes on where it stopped"),
    ] = "active"


class Webhook(WebhookIn):
    """A webhook of the caller's."""

    model_config = ConfigDict(extra="ignore")

    id: IdText
    version: int
    created_at: Instant
    updated_at: Instant
    alliances: list[IdText]
    status: Literal["active", "paused", "disabled"]
    reason: Annotated[str | None, Field(description="Why it is disabled")]
    failing_since: Annotated[Instant | None, Field(description="Since when nothing gets through")]
    last_event: Annotated[IdText | None, Field(description="Everything up to it is done with")]
    secret: Annotated[
        str | None, Field(description="Signs what is sent; shown when it is made, and never again")
    ]
    previous_secret_until: Annotated[
        Instant | None, Field(description="Until then the secret before signs as well")
    ]


class WebhookPage(Shape):
    """A page of the caller's webhooks."""

    items: list[Webhook]
    next: str | None


class RotateIn(Shape):
    """How long the secret before goes on signing beside the new one."""

    overlap_hours: Annotated[int, Field(ge=0, le=720, strict=True)] = 24


class Delivery(Shape):
    """One event on its way to one webhook. What the receiver answered isn't kept."""

    model_config = ConfigDict(extra="ignore")

    id: IdText
    version: Annotated[int, Field(description="Adds one with each attempt")]
    event: Annotated[IdText | None, Field(description="Null for a test")]
    type: str
    state: Annotated[
        State,
        Field(description="`failed` is tried again, `dead` no more until it is replayed"),
    ]
    attempts: int
    status: Annotated[int | None, Field(description="The status of the last answer")]
    reason: Annotated[str | None, Field(description="Why the last attempt failed")]
    took_ms: int | None
    created_at: Instant
    tried_at: Instant | None


class DeliveryPage(Shape):
    """A page of deliveries, newest first."""

    items: list[Delivery]
    next: str | None


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    state: Annotated[list[State], Field(description="Only in these states")] = []
