"""The wire shapes of keys."""

from typing import Annotated

from pydantic import ConfigDict, Field

from app.kernel.access import Permission
from app.kernel.schemas import VersionedOut
from app.kernel.types import IdText, Instant, Name, Reference, Shape


class KeyFields(Shape):
    """What is said of a key."""

    name: Annotated[Name, Field(description="What it is for")]
    scopes: Annotated[
        list[Permission] | None,
        Field(max_length=10, description="Only these of its principal's permissions; null: all"),
    ] = None
    expires_at: Annotated[Instant | None, Field(description="Null: never")] = None


class KeyIn(KeyFields):
    """A key to be made."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"principal": "example-analyst", "name": "Notebook", "scopes": ["read"]}]
        }
    )

    principal: Annotated[Reference, Field(description="Whose it is, by slug or id")]


class KeyChange(KeyFields):
    """What of a key may change: not whose it is."""


class RotationIn(Shape):
    """How long the old key stays good beside the new one."""

    overlap_hours: Annotated[int, Field(ge=0, le=720, strict=True)] = 24


class Key(KeyFields, VersionedOut):
    """A key, without its secret."""

    principal: IdText
    prefix: Annotated[str, Field(description="How the key begins, to tell it by")]
    last_used_at: Annotated[Instant | None, Field(description="To the minute")]


class NewKey(Key):
    """A key that has just been made."""

    key: Annotated[
        str | None,
        Field(description="The whole of it, shown this once; null in a repeated answer"),
    ]
