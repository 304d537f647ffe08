"""Ratings and the key assumptions they name: which need review because one of those is broken."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.factors import queries as factors
from app.factors.schemas import ASSUMPTION
from app.kernel.db import Tx
from app.kernel.errors import Invalid
from app.kernel.links import Link
from app.kernel.records import Row
from app.kernel.view import View
from app.ratings.models import Rating

FIELD = "ratings.assumptions"


def check(tx: Tx, named: Sequence[str]) -> None:
    """Refuse a factor that isn't assumed."""
    found = factors.of(tx.session, tx.view, list(named)) if named else {}
    for index, key in enumerate(named):
        if key in found and found[key]["kind"] != ASSUMPTION:
            detail = f"is a factor of the kind {found[key]['kind']}, and no {ASSUMPTION}"
            raise Invalid.at(f"/assumptions/{index}", detail)


def _naming(view: View) -> tuple[sa.FromClause, sa.ColumnElement[bool]]:
    """The links from ratings to assumptions that are broken at the moment; those few lead."""
    link = view.of(Link, "naming")
    named = sa.and_(
        link.c.field == FIELD,
        link.c.target.in_(factors.broken(view)),
        link.c.at <= view.moment,
    )
    return link, named


def naming_broken(view: View) -> sa.Select[Any]:
    """The ids of the ratings that name a broken assumption, in force or not."""
    link, named = _naming(view)
    return sa.select(link.c.owner).where(named)


def resting_on_broken(view: View, *, machines: bool) -> sa.Select[Any]:
    """The ids of the consequences of which a rating in force names a broken assumption."""
    link, named = _naming(view)
    r = view.of(Rating, "resting")
    return (
        sa.select(r.c.consequence)
        .join(link, r.c.id == link.c.owner)
        .where(named, _counts(view, r, machines=machines))
    )


def _counts(view: View, r: sa.FromClause, *, machines: bool) -> sa.ColumnElement[bool]:
    return view.holds(r) if machines else sa.and_(view.holds(r), r.c.machine.is_(False))


def broken_of(session: Session, view: View, consequence: str, *, machines: bool) -> list[Row]:
    """The broken assumptions of a consequence's ratings, each with those ratings' ids, by date."""
    link, named = _naming(view)
    r = view.of(Rating, "resting")
    counts = _counts(view, r, machines=machines)
    statement = (
        sa.select(link.c.target, r.c.id)
        .join(r, r.c.id == link.c.owner)
        .where(named, counts, r.c.consequence == consequence)
        .order_by(r.c.id)
    )
    ratings: dict[str, list[str]] = {}
    for target, rating in session.execute(statement):
        ratings.setdefault(target, []).append(rating)
    found = factors.of(session, view, sorted(ratings)).values()
    rows = [{**row, "ratings": ratings[row["id"]]} for row in found]
    return sorted(rows, key=lambda row: (row["status"]["since"], row["id"]))
