"""Hostile values for a field, by what the OpenAPI document says of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NUL = "a\x00b"
SURROGATE = "a\ud800b"
NOBODY = "01890000-0000-7000-8000-000000000000"
"""The form of an id, and nobody's."""

_BY_TYPE: dict[str, Any] = {
    "string": "text",
    "integer": 5,
    "number": 0.5,
    "boolean": True,
    "array": [],
    "object": {},
}
_STRINGS = ("", " \u2060 ", NUL, SURROGATE, "\x7f", "\x1b[2J", "\ufffe", "\U0001ffff")
_DAYS = (
    "2023-02-30", "2023-13-01", "0000-01-01", "0001-01-01", "9999-12-31", "1799-12-31",
    "2201-01-01", "20230910", "2023-W10-1", "2023-9-1", "now", "infinity", "２０２３-01-01",
    "2023-09-10\n", " 2023-09-10",
)  # fmt: skip
_INSTANTS = (
    *_DAYS, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2023-09-10T25:00:00Z",
    "2023-09-10T00:00:00", "2023-09-10T00:00:00+99:00", "2023-09-10T00:00:60Z",
    "1799-12-31T23:59:59Z", "2200-12-31T23:59:59-14:00", "1694304000",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """A place in a valid body: its JSON pointer, and what the document says of it."""

    pointer: str
    steps: tuple[str | int, ...]
    options: tuple[Mapping[str, Any], ...]
    """The schemas it may have, less null."""
    nullable: bool
    required: bool

    @property
    def types(self) -> set[str]:
        """The JSON types it may have."""
        found = {option.get("type", "object") for option in self.options}
        return found | ({"integer"} if "number" in found else set())


def options_of(schema: Mapping[str, Any], document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The alternatives of a schema, references followed."""
    if "$ref" in schema:
        return options_of(
            document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], document
        )
    choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    if choices:
        return [option for choice in choices for option in options_of(choice, document)]
    if "const" in schema:
        return [{"type": "string", "enum": [schema["const"]]}]
    return [schema]


def fields_of(
    schema: Mapping[str, Any],
    document: Mapping[str, Any],
    body: Any,
    steps: tuple[str | int, ...] = (),
    *,
    required: bool = True,
) -> Iterator[Field]:
    """Every place of a valid body, the whole of it first."""
    options = options_of(schema, document)
    real = tuple(option for option in options if option.get("type") != "null")
    pointer = "".join(f"/{step}" for step in steps)
    yield Field(pointer, steps, real, len(real) < len(options), required)
    if isinstance(body, dict):
        for option in real:
            known = option.get("properties", {})
            if not (body.keys() <= known.keys() or "additionalProperties" in option):
                continue
            for name, value in body.items():
                inner = known.get(name, option.get("additionalProperties"))
                if isinstance(inner, Mapping):
                    must = name in option.get("required", ())
                    yield from fields_of(inner, document, value, (*steps, name), required=must)
            break
    elif isinstance(body, list):
        for option in real:
            if "items" in option:
                for index, value in enumerate(body):
                    yield from fields_of(option["items"], document, value, (*steps, index))


def replaced(body: Any, steps: tuple[str | int, ...], value: Any) -> Any:
    """A copy of a body with another value in one place."""
    if not steps:
        return value
    step, *rest = steps
    if isinstance(step, int):
        return [
            replaced(old, tuple(rest), value) if index == step else old
            for index, old in enumerate(body)
        ]
    return {**body, step: replaced(body[step], tuple(rest), value)}


def hostile(field: Field) -> Iterator[Any]:
    """Values that a field must refuse, whatever else the record says."""
    for kind, value in _BY_TYPE.items():
        if kind not in field.types:
            yield value
    if not field.nullable:
        yield None
    for option in field.options:
        yield from _of_type(option, field)


def _of_type(option: Mapping[str, Any], field: Field) -> Iterator[Any]:
    match option.get("type", "object"):
        case "string":
            yield from _strings(option)
        case "integer":
            yield from (1.5, 10**18, -(10**18))
            yield from ("1", " 5", "1_0", "5.0")
            yield option.get("minimum", -(2**31)) - 1
            yield option.get("maximum", 2**31 - 1) + 1
        case "number":
            yield from ("0.5", -0.1, 1e308, -1e308, 10**18)
            if option.get("maximum", 1) <= 1:
                yield 1.1  # no probability, nor are 0 and 1 where they aren't said to be
                yield from (edge for edge in (0, 1) if edge not in _bounds(option))
        case "array":
            yield [None]
            yield [[]]
            if option.get("minItems"):
                yield []
            yield ["x"] * (option.get("maxItems", 10_000) + 1)
        case "object":
            if field.pointer.startswith("/external_ids"):
                yield from ({"": "x"}, {"A b": "x"}, {NUL: "x"}, {"k" * 41: "x"}, {SURROGATE: "x"})
                yield {f"k{number}": "x" for number in range(41)}
            else:
                yield {"unknown_field": 1}


def _bounds(option: Mapping[str, Any]) -> tuple[Any, Any]:
    return option.get("minimum"), option.get("maximum")


def _strings(option: Mapping[str, Any]) -> Iterator[str]:
    if "enum" in option:
        yield from ("unknown", option["enum"][0].swapcase(), f"{option['enum'][0]} ", NUL)
        return
    form = option.get("format")
    if form == "date":
        yield from _DAYS
        yield "2023-09-10T00:00:00Z"
    elif form == "date-time":
        yield from _INSTANTS
    else:
        yield from _STRINGS
    yield "x" * (option.get("maxLength", 100_000) + 1)
    if "pattern" in option and form is None:
        yield from ("Ünïcödé", "a b", "'; DROP TABLE actors; --", "\u202ea", "a\n")
        if "[0-9a-f]{8}-" in option["pattern"]:
            yield from (NOBODY, NOBODY.upper(), NOBODY.replace("-", ""))
