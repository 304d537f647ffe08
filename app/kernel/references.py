"""References from record to record, declared once by each model, used by everything.

A reference says where in a record another record is named. From the declaration come: the check
that the target exists (with a pointer to the place), slugs turned into ids, the rows of the link
index that filters search, the expansions of `include`, and the refs of a loaded file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from app.kernel.types import parse_instant

EACH = "*"


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a record names another.

    `path` is a slash-separated way through the record; `*` stands for each element of a list:
    `speaker`, `about/*`, `carriers/*/source`. `target` is the kind named there, or, where a field
    beside it says which (`by`), a mapping from that field's values to kinds. `tag` names
    a field beside it whose value tells such links apart (`claims.relations.claim:denies`); `since`
    and `until` those that bound the time the link holds. `apart` names a field with which a list
    may name a record more than once: a source carries a claim in two places, an actor leads and
    serves another.
    """

    path: str
    target: str | Mapping[str, str]
    by: str = ""
    tag: str = ""
    since: str = ""
    until: str = ""
    tells: bool = True
    """Whether who names it tells of it, and is to be marked no lower."""
    apart: str = ""

    @property
    def name(self) -> str:
        """The first step of the path: the record's own field."""
        return self.path.split("/", 1)[0]

    @property
    def is_list(self) -> bool:
        """Whether the record may name several."""
        return EACH in self.path

    def places(self, record: Mapping[str, Any]) -> Iterator["Place"]:
        """Every place in a record where this reference stands."""
        for holder, key, pointer in _walk(record, self.path.split("/"), ""):
            if holder[key] is not None:
                yield Place(self, holder, key, pointer)


@dataclass(frozen=True, slots=True)
class Place:
    """One occurrence of a reference: the value is `holder[key]`."""

    reference: Reference
    holder: Any
    key: Any
    pointer: str

    @property
    def value(self) -> str:
        """What is written there: an id, a slug or a file's ref."""
        return str(self.holder[self.key])

    @property
    def list(self) -> str:
        """Where the list is that it stands in."""
        behind = self.reference.path.rsplit(EACH, 1)[1].count("/")
        return self.pointer.rsplit("/", behind + 1)[0]

    def repeats(self, other: "Place") -> bool:
        """Whether it says what another place of its list says already.

        The same of the same record; where links have their time, in one that overlaps the other's.
        """
        mine = self.reference
        if (self.list, self.value) != (other.list, other.value) or any(
            self.beside(name) != other.beside(name) for name in (mine.tag, mine.apart, mine.by)
        ):
            return False
        return not mine.since or (
            _earlier(self.beside(mine.since), other.beside(mine.until))
            and _earlier(other.beside(mine.since), self.beside(mine.until))
        )

    @property
    def target(self) -> str:
        """The kind of record named there."""
        target = self.reference.target
        return target if isinstance(target, str) else target[self.holder[self.reference.by]]

    def beside(self, name: str) -> Any:
        """The value of a field beside it, or None."""
        return self.holder.get(name) if name else None


def _earlier(since: str | None, until: str | None) -> bool:
    """Whether a beginning lies before an end; none is before every end, and no end after all."""
    return since is None or until is None or parse_instant(since) < parse_instant(until)


def _walk(holder: Any, steps: list[str], pointer: str) -> Iterator[tuple[Any, Any, str]]:
    step, rest = steps[0], steps[1:]
    keys: Any = range(len(holder)) if step == EACH else [step] if step in holder else []
    for key in keys:
        here = f"{pointer}/{key}"
        if not rest:
            yield holder, key, here
        elif holder[key] is not None:
            yield from _walk(holder[key], rest, here)


@dataclass(frozen=True, slots=True)
class States:
    """A history of states inside a record: a list of objects with a value and its `since`.

    Each state holds until the next begins. The link index keeps the periods, so that a filter by
    state asks for the state at any instant.
    """

    path: str
    value: str = "status"
    since: str = "since"

    def periods(self, record: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
        """(value, since, until) of each state; the last has no end."""
        entries = self._in_order(record)
        ends: list[datetime | None] = [begin for begin, _ in entries[1:]]
        # Not strict: without entries the last end has none to stand beside.
        for (begin, entry), end in zip(entries, [*ends, None], strict=False):
            yield entry[self.value], begin, end

    def begun(self, record: Mapping[str, Any], moment: datetime) -> list[Mapping[str, Any]]:
        """The entries begun by an instant, in order; the last is the one in force."""
        return [entry for begin, entry in self._in_order(record) if begin <= moment]

    def _in_order(self, record: Mapping[str, Any]) -> list[tuple[datetime, Mapping[str, Any]]]:
        dated = [(parse_instant(entry[self.since]), entry) for entry in record[self.path] or ()]
        return sorted(dated, key=itemgetter(0))
