"""Selectors, checked against the version they are pinned to: an exact match or a refusal."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.kernel.errors import Invalid

AMBIGUOUS = 2
"""So many places are too many for a quote that is to have one."""


def value_at(record: Mapping[str, Any], pointer: str) -> Any:
    """The value a JSON pointer (RFC 6901) leads to. Raises Invalid where it leads nowhere."""
    here: Any = record
    for step in pointer.removeprefix("/").split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(here, Mapping) and name in here:
            here = here[name]
        elif (
            isinstance(here, list) and name.isdecimal() and name.isascii() and int(name) < len(here)
        ):
            here = here[int(name)]
        else:
            raise Invalid.at("/target/pointer", f"leads nowhere in that version: {pointer}")
    return here


def check_spans(selectors: Sequence[Mapping[str, Any]], text: str) -> None:
    """Refuse a selector that doesn't fit the text exactly. Never moves it to where it would."""
    spans: list[tuple[int, int]] = []
    for index, selector in enumerate(selectors):
        at = f"/target/selector/{index}"
        if selector["type"] == "TextPositionSelector":
            if selector["end"] > len(text):
                raise Invalid.at(f"{at}/end", f"lies behind the end of the text ({len(text)})")
            spans.append((selector["start"], selector["end"]))
            agree(spans, index)
        elif not any(other["type"] == "TextPositionSelector" for other in selectors):
            spans.append(_only_place(selector, text, at))
    for index, selector in enumerate(selectors):
        if selector["type"] == "TextQuoteSelector" and not _stands_at(selector, text, spans[0]):
            raise Invalid.at(f"/target/selector/{index}/exact", "isn't what stands there")


def agree(spans: Sequence[tuple[int, int]], index: int) -> None:
    """Refuse a second position that isn't the first."""
    if len(set(spans)) > 1:
        start, end = spans[0]
        raise Invalid.at(
            f"/target/selector/{index}", f"isn't the span of the other selector, {start} to {end}"
        )


def _places(selector: Mapping[str, Any], text: str) -> list[tuple[int, int]]:
    """The first two places of a quote, looked for together with what stands around it.

    Each search is one pass over the text: a candidate at every letter of it, as in a text of one
    letter, costs no more than none.
    """
    before, exact = selector.get("prefix") or "", selector["exact"]
    around = before + exact + (selector.get("suffix") or "")
    found: list[tuple[int, int]] = []
    at = text.find(around)
    while at >= 0 and len(found) < AMBIGUOUS:
        start = at + len(before)
        found.append((start, start + len(exact)))
        at = text.find(around, at + 1)
    return found


def _stands_at(selector: Mapping[str, Any], text: str, span: tuple[int, int]) -> bool:
    start, end = span
    before, after = selector.get("prefix") or "", selector.get("suffix") or ""
    return (
        text[start:end] == selector["exact"]
        and text.endswith(before, 0, start)
        and text.startswith(after, end)
    )


def _only_place(selector: Mapping[str, Any], text: str, at: str) -> tuple[int, int]:
    found = _places(selector, text)
    if not found:
        raise Invalid.at(f"{at}/exact", "doesn't stand in that version of the text")
    if len(found) == AMBIGUOUS:
        raise Invalid.at(
            f"{at}/exact", "stands there more than once; add prefix, suffix or position"
        )
    return found[0]
