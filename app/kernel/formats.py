"""The formats of answers: which one is wanted, and how a record becomes a row of a table."""

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel

from app.kernel.errors import BadRequest, NotAcceptable

PROBLEM = "application/problem+json"
JSON = "application/json"
CSV = "text/csv"
NDJSON = "application/x-ndjson"
FORMATS = {"json": JSON, "csv": CSV, "ndjson": NDJSON}
BROWSERS = frozenset({"text/html"})
"""What browsers ask for first, and are given JSON for where there is no page."""


def wanted_format(
    accept: str,
    asked: str | None,
    offered: Mapping[str, str] = FORMATS,
    also: Collection[str] = BROWSERS,
) -> str:
    """One of the formats offered: by the parameter, else by the Accept header's order.

    The first one answers who takes any, or one of the media types in `also`.
    """
    if asked is not None:
        return asked
    ranked: list[tuple[float, int, str]] = []
    for position, part in enumerate(accept.split(",")):
        media, *options = (piece.strip().lower() for piece in part.split(";"))
        quality = next((option[2:] for option in options if option.startswith("q=")), "1")
        try:
            ranked.append((-float(quality), position, media))
        except ValueError:
            raise BadRequest("The Accept header can't be read.") from None
    for negative, _, media in sorted(ranked):
        if negative == 0:
            continue
        if media in {"*/*", ""} or media in also:
            return next(iter(offered))
        for name, made in offered.items():
            if media in {made, f"{made.split('/')[0]}/*"}:
                return name
    raise NotAcceptable(f"This comes as {', '.join(offered.values())}.")


_FORMULA = tuple(
    "=+-@\t\r\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
    "\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
)


def cell(value: Any) -> Any:
    """A value as a CSV cell: numbers stay numbers, text can't be taken for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return value
    text = value if isinstance(value, str) else _spelled(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _spelled(value: Any, *, within: bool = False) -> str:
    """A list or an object in a line that a person can read; whole it is in the other formats."""
    if isinstance(value, list):
        return (" / " if within else "; ").join(_spelled(item, within=within) for item in value)
    if isinstance(value, dict):
        said = ((name, _spelled(some, within=True)) for name, some in value.items())
        text = ", ".join(f"{name}: {some}" for name, some in said if some)
        return f"({text})" if within and text else text
    return value if isinstance(value, str) else str(cell(value))


@cache
def csv_columns(shape: type[BaseModel]) -> list[str]:
    """The columns of a shape: nested objects become `outer.inner`, in the order of the schema."""
    schema = shape.model_json_schema(mode="serialization")

    def walk(node: Mapping[str, Any], prefix: str, depth: int) -> Iterator[str]:
        for name, field in node.get("properties", {}).items():
            if name == "included":
                continue
            target = _object_schema(field, schema)
            if target and depth < 4:  # noqa: PLR2004 - deeper objects are spelled in one cell
                yield from walk(target, f"{prefix}{name}.", depth + 1)
            else:
                yield prefix + name

    return list(walk(schema, "", 0))


def _object_schema(field: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any] | None:
    options = [field, *field.get("anyOf", ()), *field.get("allOf", ())]
    for option in options:
        if "$ref" in option:
            found = root["$defs"][option["$ref"].rsplit("/", 1)[1]]
            return found if "properties" in found else None
    return None


def csv_block(columns: Sequence[str], items: Sequence[Mapping[str, Any]], *, head: bool) -> str:
    """Rows of a CSV (RFC 4180: CRLF, quotes doubled)."""
    out = io.StringIO()
    writer = csv.writer(out)
    if head:
        writer.writerow(columns)
    paths = [column.split(".") for column in columns]
    for item in items:
        writer.writerow([cell(_dig(item, path)) for path in paths])
    return out.getvalue()


def _dig(item: Any, path: Sequence[str]) -> Any:
    for step in path:
        if item is None:
            return None
        item = item.get(step)
    return item
