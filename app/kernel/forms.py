"""Forms that texts and objects must have, with the words for who gives another."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field
from pydantic_core import PydanticCustomError

FORMS: dict[str, str] = {}
"""By pattern, what it asks for in words: nobody should have to read a regular expression."""


def form(pattern: str, words: str, **said: Any) -> Any:
    """A field of a form. `words` end the sentence that begins with the field's name."""
    FORMS[pattern] = words
    return Field(pattern=pattern, **said)


def an_object(shape: type[BaseModel], value: Any) -> Any:
    """A value for a shape; where it is no object at all, what one of that shape holds is said."""
    if isinstance(value, Mapping | BaseModel):
        return value
    needed = ", ".join(
        f'"{field.alias or name}": …'
        for name, field in shape.model_fields.items()
        if field.is_required()
    )
    such = f" such as {{{needed}}}" if needed else ""
    raise PydanticCustomError("object", "{detail}", {"detail": f"must be an object{such}"})
