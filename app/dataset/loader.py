"""Loading a data set: a folder of JSON files, one a kind, in one transaction.

In the files a record names another by its `ref` or `slug`. A record's id follows from the data set,
its kind and its key, so that loading twice changes nothing, and loading a file that has grown or
changed writes just that (ratings, outcomes and causes are never edited, only added).
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from app.dataset import folder
from app.kernel import records
from app.kernel.config import Settings
from app.kernel.db import Database, Tx, insert_once, take_turn
from app.kernel.errors import Gone, Moved, NotFound, Problem
from app.kernel.ids import derived_id, is_id
from app.kernel.references import Reference
from app.kernel.resource import Resource
from app.kernel.tables import Base, Record, table_of

FORM = "entente-dataset/1"
ORDER = (
    "assessors", "alliances", "actors", "sources", "items", "claims", "exchanges", "consequences",
    "factors", "contradictions", "evidence", "outcomes", "causes", "ratings", "annotations",
)  # fmt: skip
KEYS = {
    "evidence": ("claim", "consequence", "bears_on"),
    "outcomes": ("consequence", "since"),
    "causes": ("consequence", "since"),
    "ratings": ("assessor", "consequence", "effective_at"),
}
"""What tells records apart that have neither ref nor slug."""
LABELS = ("ref", "slug")
"""What records name each other by."""
NEVER_EDITED = {"outcomes", "causes", "ratings", "annotations"}
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
LOADER = "loader"


class LoadError(Exception):
    """A file of a data set can't be loaded; says which record of which file, and why."""


@dataclass(slots=True)
class Report:
    """What loading did."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0


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


def load_if_empty(settings: Settings, database: Database) -> Report | None:
    """Load the configured data set unless the database has records or none is configured."""
    place = folder(settings.dataset)
    if place is None or not is_empty(database):
        return None
    return load(database, place)


def is_empty(database: Database) -> bool:
    """Whether the database holds no record but the matrices that come with it."""
    tables = [table_of(model) for kind, model in Record.kinds.items() if kind != "matrices"]
    with database.read() as session:
        return not any(session.execute(sa.select(table.c.id).limit(1)).first() for table in tables)


def load(
    database: Database,
    place: Path,
    article: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Report:
    """Load a data set, and with it the text of a source for who has it.

    `progress` is told how many of how many records are done. Raises LoadError; nothing is kept
    then.
    """
    entries = list(read(place))
    report = Report()
    with database.write(LOADER) as tx:
        take_turn(tx.session, LOADER)  # two services may start at once on an empty database
        tx.promised.update(entry.id for entry in entries)
        for done, entry in enumerate(entries, start=1):
            try:
                _write(tx, entry, report)
            except ValidationError as error:
                found = error.errors()[0]
                where = "/".join(map(str, found["loc"]))
                raise LoadError(f"{entry.place}: {where}: {found['msg']}") from None
            except Problem as problem:
                raise LoadError(f"{entry.place}: {problem.detail}") from None
            progress(done, len(entries))
        if article is not None:
            _attach(tx, article)
    return report


def read(place: Path) -> Iterator[Entry]:
    """The records of a data set, in an order in which each finds what it rests on."""
    head = _json(place / "dataset.json")
    if not isinstance(head, dict) or head.get("form") != FORM:
        raise LoadError(f"{place}: dataset.json doesn't say that its form is {FORM}")
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


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LoadError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise LoadError(f"{path}: isn't JSON in UTF-8: {error}") from None


def _records(place: Path, kind: str) -> list[dict[str, Any]]:
    path = place / f"{kind}.json"
    if not path.exists():
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
        if kind == "ratings":
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


def _write(tx: Tx, entry: Entry, report: Report) -> None:
    resource = Resource.known[entry.kind]
    shape_type = resource.made_from
    data = dict(entry.data)
    if "ref" in data and "ref" not in shape_type.model_fields:
        del data["ref"]
    columns = table_of(resource.model).c
    fixed = {
        name: data.pop(name, None)
        for name in ("alliance", "consequence")
        if name in columns and name not in shape_type.model_fields
    }
    for name, value in fixed.items():
        if not isinstance(value, str) or not is_id(value):
            raise LoadError(f"{entry.place}: {name}: names no record that is there")
    shape = shape_type.model_validate_json(json.dumps(data))
    try:
        before = records.find(tx.session, resource.model, entry.id)
    except (Gone, Moved):
        report.unchanged += 1
        return
    except NotFound:
        resource.create(tx, shape, entry.id, **fixed)
        report.created += 1
        return
    if entry.kind in NEVER_EDITED:
        report.unchanged += 1
        return
    after = resource.change(tx, before, shape)
    if after["version"] == before["version"]:
        report.unchanged += 1
    else:
        report.changed += 1


def _attach(tx: Tx, path: Path) -> None:
    """Keep the text of a source whose hash the data set names."""
    try:
        raw = path.read_bytes()
        content = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise LoadError(f"{path}: can't be read as UTF-8 text") from None
    digest = hashlib.sha256(raw).hexdigest()
    sources = table_of(Record.kinds["sources"])
    if not tx.session.execute(
        sa.select(sources.c.id).where(sources.c.text_sha256 == digest)
    ).first():
        raise LoadError(f"{path}: no source in the data has the text with SHA-256 {digest}")
    texts = Base.metadata.tables["source_texts"]
    insert_once(tx.session, texts, {"sha256": digest, "content": content})
