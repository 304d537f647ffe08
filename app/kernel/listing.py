"""What a list may be asked: filters declared once, allow-listed sorts, two clocks.

A resource's query model is a subclass of `Listing`; each of its filters is a field whose
annotation carries the predicate, so what is documented, checked and asked of the database is one
declaration (`filters`). `pages` answers it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from app.kernel.errors import Invalid
from app.kernel.forms import form
from app.kernel.tables import Versioned, table_of
from app.kernel.types import IdText, Instant, QueryBool, QueryInt, broken
from app.kernel.view import View

PAGE = 50
PAGE_LIMIT = 200
SORT_KEYS = 3
CURSOR_LENGTH = 6000
"""Room for the longest values a list can be sorted by, three of them, in four bytes a letter."""

NAMES_PATTERN = r"^[A-Za-z_0-9.]+(,[A-Za-z_0-9.]+)*$"
SORT_PATTERN = r"^-?[A-Za-z_0-9.]+(,-?[A-Za-z_0-9.]+)*$"
"""More than there are names: of one that isn't there it is said which there are."""
NAMES_FORM = "must be names separated by commas"


class Clocks(BaseModel):
    """The two clocks, which every read takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    as_of: Annotated[
        Instant | None, Field(description="The state in force in the world at this instant")
    ] = None
    known_at: Annotated[
        Instant | None, Field(description="What had been recorded here by this instant")
    ] = None


class Span(BaseModel):
    """The parameters `from` and `to` of what is asked of a stretch of time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_: Annotated[Instant | None, Field(alias="from", description="From this instant on")] = None
    to: Annotated[Instant | None, Field(description="Earlier than this instant")] = None

    @model_validator(mode="after")
    def _in_order(self) -> "Span":
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise broken("from", "is later than `to`")
        return self


class Tabular(BaseModel):
    """The parameter of an answer that can be a table, and isn't a list of records."""

    format: Annotated[
        Literal["json", "csv", "ndjson"] | None, Field(description="Instead of the Accept header")
    ] = None


class Single(Clocks):
    """The parameters of the read of one record."""

    fields: Annotated[
        str | None,
        form(NAMES_PATTERN, NAMES_FORM, max_length=600, description="Only these fields (and `id`)"),
    ] = None
    include: Annotated[
        str | None,
        form(
            NAMES_PATTERN,
            NAMES_FORM,
            max_length=200,
            description="Records named here, whole, `included`, but for those that were deleted or"
            " aren't in sight, which look alike; in CSV a column of names each",
        ),
    ] = None


class PageQuery(BaseModel):
    """Which page of a list of what are no records."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[QueryInt, Field(ge=1, le=PAGE_LIMIT, description="Entries a page")] = PAGE
    cursor: Annotated[IdText | None, Field(description="`next` of the page before")] = None


class Rows(Single):
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
        form(
            SORT_PATTERN,
            f"{NAMES_FORM}, with - before one for descending",
            max_length=120,
            description="Names to sort by, separated by commas; `-` before one for descending",
        ),
    ] = None
    total: Annotated[QueryBool, Field(description="Count all that match, in `total`")] = False
    format: Annotated[
        Literal["json", "csv", "ndjson"] | None,
        Field(description="Instead of the Accept header; csv and ndjson without `limit` are whole"),
    ] = None
    bom: Annotated[QueryBool, Field(description="Begin a CSV with a byte order mark")] = False


class Listing(Rows):
    """The parameters of a list of records, which have text to be searched."""

    q: Annotated[
        str | None,
        Field(
            max_length=300,
            description='Full text: words, "a phrase", a beginning*; all must be there',
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list reads: the select, and the named expressions that filters and sorts may use."""

    session: Session
    view: View
    statement: sa.Select[Any]
    columns: Mapping[str, Any]
    later: Mapping[str, Callable[[Any], sa.ColumnElement[Any]]] = field(default_factory=dict)
    """What is shown and not sorted by: made from the columns of a page, and for its rows alone.

    In the select itself, PostgreSQL would prepare it for every row there is, to show fifty.
    """

    narrowed: Callable[[str, Any], "Selection"] | None = None
    """Makes the selection for some values of a column, where that is less work than to choose."""

    asked: Mapping[str, Any] = field(default_factory=dict)
    """What the select is asked with: the instants, where it was made for a view that is `timeless`,
    and what of a query is a parameter of it."""

    def within(
        self, name: str, values: list[Any] | sa.BindParameter[Any] | sa.ScalarSelect[Any]
    ) -> "Selection":
        """The selection where a column has one of the values, or the one that a select finds."""
        found = self.narrowed(name, values) if self.narrowed is not None else self
        column = found.columns[name]
        same = column == values if isinstance(values, sa.ScalarSelect) else column.in_(values)
        statement = found.statement.where(same)
        return replace(found, session=self.session, statement=statement, asked=self.asked)

    def among(self, name: str, *, in_force: bool = False, bare: bool = False) -> sa.Select[Any]:
        """The select of what was there at the moment and has one of `keys` in a column, by id.

        Of successions all their entries, or only those `in_force`. A `bare` one leaves out what is
        made `later`.
        """
        keys = sa.bindparam("keys", type_=self.columns[name].type, expanding=True)
        found = self.within(name, keys)
        statement = found.begun.order_by(found.columns["id"])
        if in_force and "ended_at" in found.columns:
            ended = found.view.passed(found.columns["ended_at"])
            statement = statement.where(sa.not_(sa.func.coalesce(ended, sa.false())))
        return statement if bare else found.shown(statement, "id")

    def rows(self, statement: sa.Select[Any], **asked: Any) -> list[dict[str, Any]]:
        """The rows of a statement made from this selection."""
        found = self.session.execute(statement, {**self.asked, **asked})
        return [dict(row) for row in found.mappings()]

    @property
    def begun(self) -> sa.Select[Any]:
        """The select of what was there at the moment: every read of records goes through it."""
        if "effective_at" not in self.columns or self.view.as_of is None:
            return self.statement
        return self.statement.where(self.view.begun(self.columns["effective_at"]))

    def shown(self, statement: sa.Select[Any], *order: str) -> sa.Select[Any]:
        """A select of this selection's rows with all they show, in an order (see `in_order`)."""
        if not self.later:
            return statement
        found = statement.subquery("found")
        made = (make(found.c).label(name) for name, make in self.later.items())
        return in_order(sa.select(found, *made), found, order)


def in_order(
    statement: sa.Select[Any], found: sa.FromClause, order: Sequence[str]
) -> sa.Select[Any]:
    """A select in the order of named columns; a name with `-` before it is descending."""
    columns = ((found.c[name.removeprefix("-")], name[0] == "-") for name in order)
    return statement.order_by(*(c.desc() if down else c.asc() for c, down in columns))


def named(text: str | None, allowed: Sequence[str], parameter: str) -> list[str]:
    """The names in a comma-separated parameter; refuses those that aren't allowed."""
    names = text.split(",") if text else []
    for name in names:
        if name not in allowed:
            raise Invalid.at(f"?{parameter}", f"{name!r} isn't one of {', '.join(allowed)}")
    return list(dict.fromkeys(names))


def columns_of(model: type[Versioned], t: sa.FromClause) -> dict[str, Any]:
    """The named expressions of a plain record: its own columns."""
    return {column.name: t.c[column.name] for column in table_of(model).columns}
