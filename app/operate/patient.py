"""What the doctor looks at, and how it says what it finds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.config import Settings
from app.kernel.db import Database

FEW = 20
"""How many findings of one check are told; a broken table would otherwise tell of every row."""
BLOCK = 500
AHEAD = timedelta(minutes=1)
"""How far clocks of one installation may differ."""


@dataclass(frozen=True, slots=True)
class Patient:
    """A configured service."""

    settings: Settings
    database: Database


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that isn't as it should be."""

    check: str
    what: str
    where: str = ""
    """The table and the id, the setting, or the file."""
    severity: str = "error"
    """`error`: something is wrong; `warning`: something may go wrong."""

    @property
    def line(self) -> str:
        """As it is told to people."""
        where = f" ({self.where})" if self.where else ""
        return f"{self.severity}: {self.check}: {self.what}{where}"


def few(findings: Iterator[Finding]) -> Iterator[Finding]:
    """The first findings, and that there are more."""
    last = None
    for last in islice(findings, FEW):
        yield last
    if last is not None and next(findings, None) is not None:
        yield Finding(last.check, "there are more findings like these")


def blocks(session: Session, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    """The rows of a table by their ids, some hundred at a time."""
    after: list[sa.ColumnElement[bool]] = []
    while True:
        statement = sa.select(table).where(*after).order_by(table.c.id).limit(BLOCK)
        rows = [dict(row) for row in session.execute(statement).mappings()]
        if rows:
            yield rows
            after = [table.c.id > rows[-1]["id"]]
        if len(rows) < BLOCK:
            return


def by(rows: Iterable[dict[str, Any]], name: str) -> dict[Any, list[dict[str, Any]]]:
    """Rows by the value of a column."""
    found: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row[name], []).append(row)
    return found
