"""The wire shapes of events, and what of them one may ask for."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import WithJsonSchema

from app.kernel.events import TYPES
from app.kernel.ids import is_id
from app.kernel.listing import PAGE, PAGE_LIMIT
from app.kernel.types import IdText, Instant, QueryInt, Reference, Shape

Kind = Literal[
    "actors", "alliances", "annotations", "assessments", "assessors", "causes", "claims",
    "consequences", "contradictions", "evaluations", "evidence", "exchanges", "factors",
    "indicators", "items", "matrices", "outcomes", "questions", "ratings", "readings",
    "rounds", "sources", "webhooks",
]  # fmt: skip


def _known(value: str) -> str:
    if value not in TYPES:
        raise ValueError(f"is none of {', '.join(TYPES)}")
    return value


EventType = Annotated[
    str,
    AfterValidator(_known),
    WithJsonSchema({"type": "string", "enum": list(TYPES)}),
]
DESCRIPTION = "; ".join(f"`{name}`: {text}" for name, text in TYPES.items())


class EventRecord(Shape):
    """What an event is about: the record, in the version that it had then."""

    type: Annotated[str, Field(description="The plural of its kind, as in paths")]
    id: IdText
    version: int


class Event(Shape):
    """Something that happened. Read the record for more: an event holds no name and no text."""

    id: Annotated[IdText, Field(description="Its place in the sequence; ids only ever grow")]
    type: Annotated[EventType, Field(description=DESCRIPTION)]
    time: Instant
    record: EventRecord
    alliance: IdText | None
    by: Annotated[str, Field(description="Who did it")]
    data: Annotated[dict[str, Any] | None, Field(description="What the type adds")]


class ChangesPage(Shape):
    """Events in the order they became true."""

    items: list[Event]
    next: Annotated[
        IdText | None, Field(description="For `after`, while there are more; null at the newest")
    ]


def _of_an_event(value: Any) -> Any:
    """An id, before it is taken for that of a record."""
    if isinstance(value, str) and not is_id(value):
        raise ValueError("must be the id of an event, as `next` and each event tell it")
    return value


class ChangesFilter(BaseModel):
    """Which events one wants."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after: Annotated[
        IdText | None,
        BeforeValidator(_of_an_event),
        Field(description="The id of the last event seen; those behind it follow"),
    ] = None
    type: Annotated[list[EventType], Field(description="Only events of these types")] = []
    kind: Annotated[list[Kind], Field(description="Only about records of these kinds")] = []
    alliance: Annotated[list[Reference], Field(description="Only of these, by id or slug")] = []
    record: Annotated[list[IdText], Field(description="Only about these records")] = []


class ChangesQuery(ChangesFilter):
    """Which events one wants, and how many of them."""

    limit: Annotated[QueryInt, Field(ge=1, le=PAGE_LIMIT, description="Events a page")] = PAGE
