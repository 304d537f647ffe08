"""What is wrong with a value, in words a person can use rather than in those of pydantic."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from app.kernel.forms import FORMS
from app.kernel.ids import SLUG_PATTERN, UUID_PATTERN
from app.kernel.resource import Resource
from app.kernel.types import BROKEN, REF_LENGTH, REF_PATTERN

Context = Mapping[str, Any]


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


_FAULTS: dict[str, str | Callable[[Context], str]] = {
    "missing": "is needed",
    "extra_forbidden": "there is no such field",
    "literal_error": lambda context: f"must be {context['expected']}",
    "union_tag_invalid": lambda c: (
        f"{c['discriminator'].strip(chr(39))} must be one of {c['expected_tags']}"
    ),
    "union_tag_not_found": lambda c: f"{c['discriminator'].strip(chr(39))} is needed",
    "string_type": "must be text",
    "string_unicode": "holds a lone surrogate",
    "string_too_short": lambda context: (
        "is empty"
        if context["min_length"] == 1
        else f"must have {_count(context['min_length'], 'character')} or more"
    ),
    "string_too_long": lambda c: f"must have {_count(c['max_length'], 'character')} at most",
    "string_pattern_mismatch": lambda context: FORMS[context["pattern"]],
    "too_short": lambda c: f"must have {c['min_length']} entries or more",
    "too_long": lambda c: f"must have {c['max_length']} entries at most",
    "greater_than": lambda context: f"must be more than {context['gt']}",
    "greater_than_equal": lambda context: f"must be {context['ge']} or more",
    "less_than_equal": lambda context: f"must be {context['le']} or less",
    "finite_number": "must be a finite number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}
"""By pydantic's name of the fault. What isn't here says it well enough itself, as our own do."""


def told(fault: Mapping[str, Any]) -> str:
    """What pydantic found, of a field of a body or of a parameter."""
    kind = fault["type"]
    words = _FAULTS.get(kind)
    if words is None:
        return str(fault["msg"]).removeprefix("Value error, ")
    if kind == "string_pattern_mismatch" and (finds := _finding(fault)):
        return finds
    said = words if isinstance(words, str) else words(fault.get("ctx", {}))
    return f"{said}; repeat the parameter for several" if _is_several(fault) else said


def _is_several(fault: Mapping[str, Any]) -> bool:
    """Whether values of a parameter that can be repeated were joined by commas."""
    place, given = fault["loc"], fault.get("input")
    return place[0] == "query" and len(place) > 2 and isinstance(given, str) and "," in given  # noqa: PLR2004 - query, name, index


def no_parameter(name: str, known: Iterable[str]) -> str:
    """What is said of a parameter that isn't there, beside those that are."""
    near = ", ".join(get_close_matches(name, list(known), 3))
    those = f"near it: {near}" if near else "/docs lists those there are"
    return f"there is no such parameter; {those}"


DERIVED = "can't be written: it is derived, or fixed when the record is made"
"""Of a field that an answer shows, and that the body it answers doesn't have."""


def pointer(fault: Mapping[str, Any], steps: Sequence[str | int], body: Any) -> str:
    """Where in a body a fault is. Steps that aren't in it name a check or one of several shapes."""
    here, found, missing = body, "", fault["type"] == "missing"
    for index, step in enumerate(steps):
        within: Any = range(len(here)) if isinstance(here, list) else here
        if isinstance(within, Mapping | range) and step in within:
            here = here[step]
        elif not missing or index < len(steps) - 1:
            continue
        found += "/" + str(step).replace("~", "~0").replace("/", "~1")
    # A rule about several fields names the one that breaks it.
    broken = fault.get("ctx", {}).get(BROKEN)
    return f"{found}/{broken}" if broken else found


def _finding(fault: Mapping[str, Any]) -> str:
    """What to do with the analyst's own label where an id or a slug must stand: it finds them."""
    key = {UUID_PATTERN: "id", SLUG_PATTERN: "id or the slug"}.get(fault["ctx"]["pattern"])
    field = next((step for step in reversed(fault["loc"]) if isinstance(step, str)), "")
    kind, given = _meant().get(field), fault["input"]
    if not key or kind is None or len(given) > REF_LENGTH or not re.fullmatch(REF_PATTERN, given):
        return ""
    key = key if "slug" in kind.query.model_fields else "id"
    return f"must be the {key} of a record; `GET /v1{kind.path}?ref={given}` finds it"


def _meant() -> dict[str, Resource]:
    """The kinds that have refs, by the fields and parameters in which their ids stand."""
    found = {resource.noun: resource for resource in Resource.known.values()}
    for resource in Resource.known.values():
        for reference in resource.model.references:
            if isinstance(reference.target, str):
                field = reference.path.removesuffix("/*").rsplit("/", 1)[-1]
                found[field] = Resource.known[reference.target]
    return {name: kind for name, kind in found.items() if "ref" in kind.query.model_fields}
