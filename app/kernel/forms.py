"""Forms that texts must have, each with the words for who gives one of another form."""

from typing import Any

from pydantic import Field

FORMS: dict[str, str] = {}
"""By pattern, what it asks for in words: nobody should have to read a regular expression."""


def form(pattern: str, words: str, **said: Any) -> Any:
    """A field of a form. `words` end the sentence that begins with the field's name."""
    FORMS[pattern] = words
    return Field(pattern=pattern, **said)
