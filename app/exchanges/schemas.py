"""The wire shapes of exchanges."""

from typing import Annotated, Literal

from pydantic import Field

from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import IdText, Note, Ref, Reference, Shape, Title

Kind = Literal["core", "feared", "existing", "implied"]
Status = Literal["possible", "implied", "ongoing", "confirmed", "denied", "ended"]
Strength = Literal["acute", "long_standing", "moderate", "low"]


class ExchangeFields(Shape):
    """What is said of an exchange."""

    ref: Ref | None = None
    givers: Annotated[list[Reference], Field(min_length=1, max_length=50)]
    receivers: Annotated[list[Reference], Field(min_length=1, max_length=50)]
    item: Reference
    need: Annotated[Title | None, Field(description="The need it meets")] = None
    need_strength: Strength | None = None
    kind: Kind
    status: Status
    note: Note | None = None


class ExchangeIn(ExchangeFields, RecordIn):
    """An exchange to be added to an alliance."""


class Exchange(ExchangeFields, RecordOut):
    """An exchange."""

    alliance: IdText
