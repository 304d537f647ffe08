"""Reading a data set: a folder of JSON files, one a kind, each record under the id it will have."""

import difflib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.kernel.errors import BadRequest
from app.kernel.ids import derived_id
from app.kernel.intake import check_json
from app.kernel.references import Reference
from app.kernel.resource import Resource

FORM = "entente-dataset/1"
ORDER = (
    "assessors", "alliances", "actors", "sources", "items", "claims", "exchanges", "consequences",
    "factors", "contradictions", "questions", "evidence", "indicators", "readings", "outcomes",
    "causes", "ratings", "evaluations", "assessments", "annotations",
)  # fmt: skip
KEYS = {
    "evidence": ("claim", "consequence", "bears_on"),
    "readings": ("indicator", "effective_at"),
    "outcomes": ("consequence", "since"),
    "causes": ("consequence", "since"),
    "ratings": ("assessor", "consequence", "effective_at"),
    "assessments": ("alliance", "tlp", "as_of"),
    "evaluations": ("assessor", "question", "effective_at"),
}
"""What tells records apart that have neither ref nor slug."""
LABELS = ("ref", "slug")
"""What records name each other by."""
FILES = ("dataset.json", "examples.json", *(f"{kind}.json" for kind in ORDER))
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class LoadError(Exception):
    """A file of a data set can't be loaded; says which record of which file, and why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of a file, with the id it has or will have."""

    kind: str
    key: str
    id: str
    data: dict[str, Any]

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"{self.kind}.json, {self.key}"


def read(place: Path) -> Iterator[Entry]:
    """The records of a data set, in an order in which each finds what it rests on."""
    head = _json(place / "dataset.json")
    if not isinstance(head, dict) or head.get("form") != FORM:
        raise LoadError(f"{place}: dataset.json doesn't say that its form is {FORM}")
    _refuse_others(place)
    name = str(head.get("dataset", place.name))
    entries: dict[str, list[Entry]] = {}
    ids: dict[str, dict[str, str]] = {}
    for kind in ORDER:
        entries[kind] = [_entry(name, kind, record) for record in _records(place, kind)]
        known = ids.setdefault(kind, {})
        seen: set[str] = set()
        for entry in entries[kind]:
            if entry.id in seen:
                raise LoadError(f"{entry.place}: the key stands there twice")
            seen.add(entry.id)
            labels = {str(entry.data.get(name) or "") for name in LABELS} - {""}
            for key in {entry.key} | labels:
                if known.setdefault(key, entry.id) != entry.id:
                    raise LoadError(f"{entry.place}: the key stands there twice")
    for kind in ORDER:
        yield from _in_order(kind, entries[kind], ids)


def _refuse_others(place: Path) -> None:
    """A file by a name that isn't read would be left out, and nobody would know."""
    for path in sorted(place.iterdir()):
        if path.suffix.lower() == ".json" and path.name not in FILES:
            stems = [name.removesuffix(".json") for name in FILES]
            near = difflib.get_close_matches(path.stem.lower(), stems, 1)
            meant = f"; {near[0]}.json is" if near else f"; {', '.join(FILES)} are"
            raise LoadError(f"{path}: isn't a file of a data set{meant}")


def _json(path: Path) -> Any:
    """A file as strictly read as a body that comes over HTTP."""
    try:
        found = check_json(path.read_bytes())
        json.dumps(found, ensure_ascii=False).encode()
    except OSError as error:
        raise LoadError(f"{path}: {error.strerror}") from None
    except BadRequest as problem:
        raise LoadError(f"{path}: {problem.detail.replace('body', 'file')}") from None
    except UnicodeEncodeError:
        raise LoadError(f"{path}: holds a lone surrogate, which is half a character") from None
    return found


def _records(place: Path, kind: str) -> list[dict[str, Any]]:
    path = place / f"{kind}.json"
    if not os.path.lexists(path):  # a link that leads nowhere is a file that can't be read
        return []
    found = _json(path)
    rows = found.get("records") if isinstance(found, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise LoadError(f"{path}: has no list of objects called records")
    return rows


def _entry(name: str, kind: str, data: dict[str, Any]) -> Entry:
    fields = KEYS.get(kind)
    key = (
        " ".join(str(data.get(field, "")) for field in fields)
        if fields
        else str(data.get("ref") or data.get("slug") or "")
    )
    if not key.strip():
        raise LoadError(f"{kind}.json: a record has neither ref nor slug")
    number = re.search(r"([0-9]{1,6})([a-z]?)$", key)
    order = int(number[1]) * 32 + (ord(number[2]) - 96 if number[2] else 0) if number else 0
    # Ids sort like the keys they are made from: F04 before F04a before F05.
    return Entry(
        kind, key, derived_id(EPOCH + timedelta(milliseconds=order), name, kind, key), dict(data)
    )


def _in_order(
    kind: str, entries: list[Entry], ids: Mapping[str, Mapping[str, str]]
) -> Iterator[Entry]:
    """Records of a kind with their references as ids, what they rest on first."""
    resource = Resource.known[kind]
    own = [ref for ref in resource.named_in_files if ref.target == kind and not ref.is_list]
    waiting = {entry.id: entry for entry in entries}
    needs: dict[str, set[str]] = {}
    for entry in entries:
        _name(entry, resource.named_in_files, ids)
        needs[entry.id] = {place.value for ref in own for place in ref.places(entry.data)}
    while waiting:
        ready = [entry for key, entry in waiting.items() if not needs[key] & waiting.keys()]
        if not ready:
            first = next(iter(waiting.values()))
            raise LoadError(f"{first.place}: rests on itself in a circle")
        for entry in ready:
            del waiting[entry.id]
        if kind in {"ratings", "evaluations"}:
            ready.sort(key=lambda entry: str(entry.data.get("effective_at")))
        yield from ready


def _name(
    entry: Entry, references: tuple[Reference, ...], ids: Mapping[str, Mapping[str, str]]
) -> None:
    for reference in references:
        try:
            for place in reference.places(entry.data):
                known = ids.get(place.target, {})
                place.holder[place.key] = known.get(place.value, place.value)
        except (KeyError, TypeError, AttributeError):
            raise LoadError(
                f"{entry.place}: {reference.name} isn't of the form it must have"
            ) from None
