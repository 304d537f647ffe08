"""What a list may be asked: filters declared once, allow-listed sorts, two clocks.

A resource's query model is a subclass of `Listing`; each of its filters is a field whose
annotation carries the predicate, so what is documented, checked and asked of the database is one
declaration. `pages` answers it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from app.kernel import links
from app.kernel.errors import Invalid
from app.kernel.ids import is_id, is_slug
from app.kernel.tables import Record, table_of
from app.kernel.types import Instant, QueryBool, QueryInt
from app.kernel.view import View

PAGE = 50
PAGE_LIMIT = 200
SORT_KEYS = 3
CURSOR_LENGTH = 6000
"""Room for the longest values a list can be sorted by, three of them, in four bytes a letter."""

_NAMES = r"^[a-z_0-9]+(,[a-z_0-9]+)*$"


class Clocks(BaseModel):
    """The two clocks, which every read takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    as_of: Annotated[
        Instant | None, Field(description="The state in force in the world at this instant")
    ] = None
    known_at: Annotated[
        Instant | None, Field(description="What had been recorded here by this instant")
    ] = None

    @property
    def view(self) -> View:
        """The view at the two clocks."""
        return View(as_of=self.as_of, known_at=self.known_at)


class Single(Clocks):
    """The parameters of the read of one record."""

    fields: Annotated[
        str | None,
        Field(max_length=600, pattern=_NAMES, description="Only these fields (and `id`)"),
    ] = None
    include: Annotated[
        str | None,
        Field(max_length=200, pattern=_NAMES, description="Records named here, whole, `included`"),
    ] = None


class Listing(Single):
    """The parameters every list takes."""

    sorts: ClassVar[dict[str, bool]] = {"id": False, "created_at": False}
    """Names a list may be sorted by; True where the value may be null (nulls come last)."""
    default_sort: ClassVar[str] = "id"

    limit: Annotated[
        QueryInt | None,
        Field(ge=1, le=PAGE_LIMIT, description=f"Records a page ({PAGE} where it isn't given)"),
    ] = None
    cursor: Annotated[
        str | None,
        Field(max_length=CURSOR_LENGTH, description="`next` of the page before, unchanged"),
    ] = None
    sort: Annotated[
        str | None,
        Field(
            max_length=120,
            pattern=r"^-?[a-z_]+(,-?[a-z_]+)*$",
            description="Names to sort by, separated by commas; `-` before one for descending",
        ),
    ] = None
    q: Annotated[
        str | None,
        Field(
            max_length=300,
            description='Full text: words, "a phrase", a beginning*; all must be there',
        ),
    ] = None
    total: Annotated[QueryBool, Field(description="Count all that match, in `total`")] = False
    format: Annotated[
        Literal["json", "csv", "ndjson"] | None,
        Field(description="Instead of the Accept header; csv and ndjson without `limit` are whole"),
    ] = None
    bom: Annotated[QueryBool, Field(description="Begin a CSV with a byte order mark")] = False


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list reads: the select, and the named expressions that filters and sorts may use."""

    session: Session
    view: View
    statement: sa.Select[Any]
    columns: Mapping[str, Any]


# --- Filters ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Where:
    """The predicate of a filter, carried in the annotation of its field."""

    predicate: Callable[[Selection, Any], sa.ColumnElement[bool]]


def equals(column: str) -> Where:
    """One of the values given."""
    return Where(lambda s, values: s.columns[column].in_(values))


def matches(column: str) -> Where:
    """Exactly the value given."""
    return Where(lambda s, value: s.columns[column] == value)


def at_least(column: str) -> Where:
    """The value or more."""
    return Where(lambda s, value: s.columns[column] >= value)


def at_most(column: str) -> Where:
    """The value or less."""
    return Where(lambda s, value: s.columns[column] <= value)


def before(column: str) -> Where:
    """Earlier than the instant."""
    return Where(lambda s, value: s.columns[column] < value)


def ids_of(kind: str, keys: Sequence[str], view: View) -> sa.Select[Any] | list[str]:
    """The ids that a mixture of ids and slugs stands for, in the statement that asks."""
    t = view.of(Record.kinds[kind], f"{kind}_named")
    ids = [key for key in keys if is_id(key)]
    slugs = [key for key in keys if is_slug(key) and not is_id(key)]
    if not slugs or "slug" not in t.c:
        return ids
    return sa.select(t.c.id).where(sa.or_(t.c.slug.in_(slugs), t.c.id.in_(ids)))


def the_one(kind: str, key: str, view: View) -> sa.ScalarSelect[Any]:
    """The id of the record that an id or a slug stands for, if it is there for this reader."""
    t = view.of(Record.kinds[kind], f"{kind}_named")
    same = t.c.id == key if is_id(key) else sa.false()
    if is_slug(key) and not is_id(key) and "slug" in t.c:
        same = t.c.slug == key
    return sa.select(t.c.id).where(same).scalar_subquery()


def refers(column: str, kind: str) -> Where:
    """Names one of the records given (by id or slug) in a single reference."""
    return Where(lambda s, keys: s.columns[column].in_(ids_of(kind, keys, s.view)))


def links_to(kind: str, *fields: str) -> Where:
    """Names one of the records given (by id or slug) in a list."""

    def predicate(s: Selection, keys: list[str]) -> sa.ColumnElement[bool]:
        targets = ids_of(kind, keys, s.view)
        if isinstance(targets, sa.Select):
            # The link index keeps its targets as text, whatever they are.
            only = targets.selected_columns[0]
            targets = targets.with_only_columns(sa.cast(only, sa.String(60)))
        return sa.or_(*(links.linked(s.view, field, s.columns["id"], targets) for field in fields))

    return Where(predicate)


def state_is(field: str) -> Where:
    """Is in one of the states given, at the moment of the view."""
    return Where(lambda s, values: links.linked(s.view, field, s.columns["id"], values))


def named(text: str | None, allowed: Sequence[str], parameter: str) -> list[str]:
    """The names in a comma-separated parameter; refuses those that aren't allowed."""
    names = text.split(",") if text else []
    for name in names:
        if name not in allowed:
            raise Invalid.at(f"?{parameter}", f"{name!r} isn't one of {', '.join(allowed)}")
    return list(dict.fromkeys(names))


def columns_of(model: type[Record], t: sa.FromClause) -> dict[str, Any]:
    """The named expressions of a plain record: its own columns."""
    return {column.name: t.c[column.name] for column in table_of(model).columns}
