"""Reading what the network is made of: consequences with their pools, and the causes they name."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.assessors.models import Assessor
from app.claims.models import Claim
from app.consequences.models import Consequence
from app.consequences.queries import selection
from app.kernel.ids import is_id
from app.kernel.links import Link
from app.kernel.records import Row
from app.kernel.view import View
from app.ratings.pooling import Weighing

_READ = (
    "id", "ref", "title", "part_of", "caused_by", "resolves_on", "leak", "outcome", "n",
    "probability",
)  # fmt: skip
_CAUSES = "consequences.caused_by.consequence"


@dataclass(frozen=True, slots=True)
class Pooled:
    """How to pool, and what each assessor weighs by their scores, where that was asked for."""

    pooling: Weighing
    worth: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Named:
    """A cause that a consequence names, with its strength if one was said."""

    parent: str
    child: str
    strength: float | None


@dataclass(frozen=True, slots=True)
class Graph:
    """Consequences of an alliance by id, in order; the causes in sight that they name."""

    nodes: Mapping[str, Row]
    causes: tuple[Named, ...]


def graph(session: Session, view: View, alliance: str, pooled: Pooled) -> Graph:
    """What of an alliance a reader sees at the moment, in two statements at most.

    A cause that isn't in sight is none. One of another alliance is told, and is no node.
    """
    chosen = selection(session, view, pooled.pooling, worth=pooled.worth)
    chosen = chosen.within("alliance", [alliance])
    columns = [chosen.columns[name].label(name) for name in _READ]
    statement = chosen.begun.with_only_columns(*columns)
    rows = session.execute(statement.order_by(chosen.columns["id"])).mappings()
    nodes = {row["id"]: dict(row) for row in rows}
    named = [
        Named(cause["consequence"], child, cause["strength"])
        for child, row in nodes.items()
        for cause in row["caused_by"]
    ]
    known: Collection[str] = nodes
    if any(cause.parent not in nodes for cause in named):
        known = {*nodes, *_elsewhere(session, view, alliance)}
    return Graph(nodes, tuple(cause for cause in named if cause.parent in known))


def _elsewhere(session: Session, view: View, alliance: str) -> list[str]:
    """The consequences of other alliances that are named as causes in this one."""
    parent, child = view.of(Consequence, "parent"), view.of(Consequence, "child")
    link = view.of(Link, "causing")
    here = sa.select(child.c.id).where(child.c.alliance == alliance)
    causes = sa.select(link.c.target).where(link.c.field == _CAUSES, link.c.owner.in_(here))
    statement = sa.select(parent.c.id).where(
        parent.c.alliance != alliance,
        sa.cast(parent.c.id, sa.String(60)).in_(causes),
        view.begun(parent.c.effective_at),
    )
    return list(session.execute(statement).scalars())


def claims_there(session: Session, view: View, ids: Collection[str]) -> set[str]:
    """Those of some claims that are in sight and had been said by the moment."""
    t = view.of(Claim)
    statement = sa.select(t.c.id).where(t.c.id.in_(sorted(ids)), view.begun(t.c.effective_at))
    return set(session.execute(statement).scalars())


def assessors_there(session: Session, view: View, keys: Collection[str]) -> dict[str, str]:
    """The ids of assessors in sight by the id or the slug they were named by.

    Of several with one slug, which only differently marked ones can have, the oldest.
    """
    t = view.of(Assessor)
    ids = sorted(key for key in keys if is_id(key))
    named: Any = sa.or_(t.c.id.in_(ids), t.c.slug.in_(sorted(set(keys) - set(ids))))
    found: dict[str, str] = {}
    for row in session.execute(sa.select(t.c.id, t.c.slug).where(named).order_by(t.c.id)):
        for key in (row.id, row.slug):
            if key in keys:
                found.setdefault(key, row.id)
    return found
