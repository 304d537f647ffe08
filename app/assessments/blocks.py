"""What a brief is written in: blocks of plain text, which `markdown` and `pdf` show."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

NOTHING = "Nothing is recorded."


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text; `href` is where it leads."""

    text: str
    bold: bool = False
    href: str = ""


Line = list[Span]


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph, a quotation, a list (its `lines`), or a table of texts."""

    kind: Literal["heading", "text", "quote", "list", "table"]
    lines: Sequence[Line] = ()
    level: int = 0
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def heading(text: str, level: int = 2) -> Block:
    """A heading; level 1 is that of the whole."""
    return Block("heading", [[Span(text)]], level)


def text(*spans: Span | str) -> Block:
    """A paragraph."""
    return Block("text", [line(*spans)])


def item(*spans: Span | str) -> Block:
    """An entry of a list."""
    return Block("list", [line(*spans)])


def quote(words: str, whose: str = "") -> Block:
    """What somebody said, in their words, and who that was."""
    return Block("quote", [line(quoted(words), f" — {whose}" if whose else "")])


def line(*spans: Span | str) -> Line:
    """Spans in a row; what is empty is left out."""
    return [Span(span) if isinstance(span, str) else span for span in spans if span != ""]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Block]:
    """A table, or that there is nothing for one."""
    yield Block("table", head=head, rows=rows) if rows else text(NOTHING)


_INNER = {"“": "‘", "”": "’", "„": "‚", "«": "‹", "»": "›"}  # noqa: RUF001 - inner quotation marks
_STRAIGHT = re.compile(r'(^|[\s(\[—–/])"')  # noqa: RUF001 - a dash of some length


def quoted(words: str) -> str:
    """Somebody's words between quotation marks; marks inside them become inner ones."""
    inner = _STRAIGHT.sub(r"\1‘", words.strip()).replace('"', "’")  # noqa: RUF001 - as above
    return f"“{''.join(_INNER.get(letter, letter) for letter in inner)}”"
