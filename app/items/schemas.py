"""The wire shapes of items."""

from typing import Literal

from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import IdText, Name, Note, Ref, Shape

Kind = Literal[
    "materiel", "finance", "goods", "technology", "activity", "regime",
    "diplomacy", "weapon", "information", "event", "other",
]  # fmt: skip


class ItemFields(Shape):
    """What is said of an item."""

    ref: Ref | None = None
    name: Name
    kind: Kind
    description: Note | None = None


class ItemIn(ItemFields, RecordIn):
    """An item to be added to an alliance."""


class Item(ItemFields, RecordOut):
    """An item."""

    alliance: IdText
