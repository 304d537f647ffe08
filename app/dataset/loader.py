"""Loading a data set: a folder of JSON files, one a kind, in one transaction.

In the files a record names another by its `ref` or `slug`. A record's id follows from the data set,
its kind and its key, so that loading twice changes nothing, and loading a file that has grown or
changed writes just that. What is never edited is only added: a file that says another thing of such
a record is refused.
"""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from pydantic import ValidationError

from app.dataset import absence, folder
from app.dataset.files import Entry, LoadError, read
from app.kernel import audit, history, records, search
from app.kernel.access import Origin, Principal
from app.kernel.config import Settings
from app.kernel.db import Database, Tx, insert_once, take_turn
from app.kernel.errors import Gone, Moved, NotFound, Problem
from app.kernel.ids import is_id
from app.kernel.resource import Resource
from app.kernel.tables import Base, Record, table_of
from app.kernel.wording import pointer, told

FOLLOWED = "is never edited; add one that follows it"
NEVER_EDITED = {
    "outcomes": f"an outcome {FOLLOWED}",
    "causes": f"a cause {FOLLOWED}",
    "ratings": "a rating is never edited; supersede or withdraw it",
    "evaluations": f"an evaluation {FOLLOWED}",
    "assessments": "an edition is never edited; publish another",
    "annotations": "an annotation is only edited over HTTP",
}
"""What loading doesn't change, and what is to be done instead."""
PARENTS = ("alliance", "consequence", "question")
"""What a path says of a record that is made over HTTP, and its file says of it here."""
LOADER = "loader"
BLOCK = 500


@dataclass(slots=True)
class Report:
    """What loading did."""

    created: int = 0
    changed: list[str] = field(default_factory=list)
    """The records that were another way before, each by its kind and key."""
    unchanged: int = 0
    attached: list[str] = field(default_factory=list)
    """The sources, by slug, that a text was found to be of."""


class _Undone(Exception):  # noqa: N818 - nothing went wrong
    """Ends a transaction of which nothing is to be kept."""


def load_if_empty(settings: Settings, database: Database) -> Report | None:
    """Load the configured data set unless the database has records or none is configured."""
    place = folder(settings.dataset)
    if place is None or not is_empty(database):
        return None
    if not place.is_dir():
        raise LoadError(absence(settings.dataset))
    report = load(database, place)
    database.analyze()
    return report


def is_there(database: Database, place: Path) -> bool:
    """Whether any record of a data set is, or was, in the database."""
    ids: dict[str, list[str]] = {}
    for entry in read(place):
        ids.setdefault(entry.kind, []).append(entry.id)
    with database.read() as session:
        for kind, own in ids.items():
            t = table_of(Record.kinds[kind])
            # In parts: a statement takes only so many parameters.
            for start in range(0, len(own), BLOCK):
                some = sa.select(t.c.id).where(t.c.id.in_(own[start : start + BLOCK]))
                if session.execute(some.limit(1)).first():
                    return True
    return False


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
    *,
    keep: bool = True,
) -> Report:
    """Load a data set, and with it the text of a source for who has it.

    `progress` is told how many of how many records are done. Unless it is to `keep` what it does,
    all of it is done, reported and taken back. Raises LoadError; nothing is kept then.
    """
    entries = list(read(place))
    report = Report()
    with (
        suppress(_Undone),
        database.write(Principal.owner(LOADER), Origin(route="entente load")) as tx,
    ):
        take_turn(tx.session, LOADER)  # two services may start at once on an empty database
        tx.begin()
        tx.promised.update(entry.id for entry in entries)
        for done, entry in enumerate(entries, start=1):
            try:
                _write(tx, entry, report)
            except ValidationError as error:
                found = error.errors()[0]
                where = pointer(found, found["loc"], entry.data).removeprefix("/")
                raise LoadError(f"{entry.place}: {where}: {told(found)}") from None
            except Problem as problem:
                raise LoadError(f"{entry.place}: {problem.detail}") from None
            progress(done, len(entries))
        if article is not None:
            report.attached = _attach(tx, article)
        if report.created or report.changed or report.attached:
            audit.note(tx, "loaded")
        if not keep:
            raise _Undone
    return report


def attach(database: Database, article: Path, *, keep: bool = True) -> Report:
    """Keep a text for the sources here that have its hash, and touch nothing else."""
    report = Report()
    with suppress(_Undone), database.write(Principal.owner(LOADER)) as tx:
        report.attached = _attach(tx, article)
        if not keep:
            raise _Undone
    return report


def _write(tx: Tx, entry: Entry, report: Report) -> None:
    resource = Resource.known[entry.kind]
    shape_type = resource.made_from
    data = dict(entry.data)
    if "ref" in data and "ref" not in shape_type.model_fields:
        del data["ref"]
    columns = table_of(resource.model).c
    fixed = {
        name: data.pop(name, None)
        for name in PARENTS
        if name not in shape_type.model_fields
        and (f"{{{name}}}" in resource.path or (name in columns and name in data))
    }
    for name, value in fixed.items():
        if not isinstance(value, str) or not is_id(value):
            raise LoadError(f"{entry.place}: {name}: names no record that is there")
    shape = shape_type.model_validate_json(json.dumps(data))
    try:
        before = records.find(tx.session, resource.model, entry.id, tx.view)
    except (Gone, Moved):
        report.unchanged += 1
        return
    except NotFound:
        resource.create(tx, shape, entry.id, **fixed)
        report.created += 1
        return
    if entry.kind in NEVER_EDITED:
        # As it was made: what became of it since, no file says.
        made = history.versions(tx.session, resource.model, entry.id, tx.eyes, 2, 1)[0]
        if differing := resource.differing(tx, shape, made):
            raise LoadError(
                f"{entry.place}: differs from what is stored ({', '.join(differing)}):"
                f" {NEVER_EDITED[entry.kind]}"
            )
        report.unchanged += 1
        return
    after = resource.change(tx, before, shape)
    if after["version"] == before["version"]:
        report.unchanged += 1
    else:
        report.changed.append(f"{entry.kind} {entry.key}")


def _attach(tx: Tx, path: Path) -> list[str]:
    """Keep the text of a source whose hash the data name; answers the slugs."""
    try:
        raw = path.read_bytes()
        content = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise LoadError(f"{path}: can't be read as UTF-8 text") from None
    digest = hashlib.sha256(raw).hexdigest()
    sources = table_of(Record.kinds["sources"])
    named = sa.select(sources).where(sources.c.text_sha256 == digest)
    found = tx.session.execute(named).mappings().all()
    if not found:
        raise LoadError(f"{path}: no source in the data has the text with SHA-256 {digest}")
    texts = Base.metadata.tables["source_texts"]
    for source in found:
        kept = {"source": source["id"], "sha256": digest, "content": content}
        insert_once(tx.session, texts, kept)
        if source["deleted_at"] is None:
            search.renew(tx.session, Record.kinds["sources"], dict(source))
    return [source["slug"] for source in found]
