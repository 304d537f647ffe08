"""The matrix of competing hypotheses as a reader may see it, weighed when it is asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.ach.models import Evaluation, Question
from app.assessors.models import Assessor
from app.claims.models import Claim
from app.claims.queries import opposed, taken_back
from app.consequences.models import Consequence
from app.domain.ach import CELLS, Analysis, Cell, Item, Level, analyse
from app.evidence.service import evidence
from app.kernel.errors import Invalid
from app.kernel.filters import ids_of
from app.kernel.records import Row
from app.kernel.view import View
from app.ratings.judgements import latest

CREDIBILITY: Mapping[int, Level] = {1: "high", 2: "high", 3: "medium", 4: "low", 5: "low"}
"""What the grade of a claim weighs as; 6 cannot be judged, and isn't weighed.

The reliability of its source is shown beside it and goes into nothing: the two are independent.
"""
READING_AID = (
    "Hypotheses are compared by what speaks against them: what is consistent with one is often "
    "consistent with others as well. The one that leads has the least against it. It is not "
    "therefore likely, the sums are not probabilities, and none of the hypotheses need be true. "
    "A hypothesis of which fewer items say something (rated) has had less chance to be spoken "
    "against. An item that fits all hypotheses alike (diagnosticity 0) decides nothing; one that "
    "alone keeps the leader ahead (sensitivity) deserves a second look before the sums do. "
    "Credibility and relevance weigh an item; where either is null it isn't weighed by it."
)


def evaluations_with_assessors(view: View) -> tuple[sa.Subquery, sa.Select[Any]]:
    """Evaluations with the slug of their assessor, or its id where that isn't in sight."""
    t, assessor = view.of(Evaluation), view.of(Assessor)
    name = sa.func.coalesce(assessor.c.slug, sa.cast(t.c.assessor, sa.String(80)))
    statement = sa.select(t, name.label("assessor_slug"))
    return t, statement.select_from(t.outerjoin(assessor, assessor.c.id == t.c.assessor))


def hypotheses_in_sight(session: Session, view: View, question: Row) -> list[Row]:
    """The hypotheses of a question, each with its text; of consequences those that are there."""
    t = view.of(Consequence)
    named = sorted({h["consequence"] for h in question["hypotheses"] if h["consequence"]})
    statement = sa.select(t.c.id, t.c.title).where(t.c.id.in_(named), view.begun(t.c.effective_at))
    titles = {row.id: row.title for row in session.execute(statement)}
    return [
        {**found, "text": found["text"] or titles[found["consequence"]]}
        for found in question["hypotheses"]
        if found["consequence"] is None or found["consequence"] in titles
    ]


def matrix(
    session: Session,
    view: View,
    alliance: str,
    asked: str | None = None,
    assessors: Sequence[str] = (),
    *,
    include_machine: bool = False,
) -> Row:
    """The matrix of one question of an alliance: all that follows from what a reader may see.

    `asked` is its id or its ref, and may be left out where there is but one; `assessors` are those
    counted, all where none is named. An alliance without questions has an empty matrix. Raises
    Invalid for a question that isn't there or has to be named.
    """
    question = _chosen(session, view, alliance, asked)
    if question is None:
        lists = ("assessors", "hypotheses", "leaders", "items", "sensitivity", "disagreements")
        nothing: Row = {name: [] for name in lists}
        return {
            "as_of": view.moment, "question": None, "reading_aid": READING_AID, "n": 0, **nothing,
        }  # fmt: skip
    hypotheses = hypotheses_in_sight(session, view, question)
    held = [
        row
        for row in _in_force(session, view, question["id"], assessors)
        if include_machine or not row["machine"]
    ]
    items = _items(session, view, question, hypotheses, held)
    found = analyse(
        [hypothesis["key"] for hypothesis in hypotheses],
        [row["item"] for row in items if not row["retracted"]],
    )
    refs = {row["id"]: row["ref"] for row in items}
    # Thousands of cells say the same few things: each is made once.
    said = {
        row["assessor_slug"]: {
            cell: {"assessor": row["assessor_slug"], "cell": cell} for cell in CELLS
        }
        for row in held
    }
    return {
        "as_of": view.moment,
        "question": {name: question[name] for name in ("id", "ref", "title")},
        "reading_aid": READING_AID,
        "n": len(held),
        "assessors": [
            {
                "assessor": row["assessor_slug"],
                "evaluation": row["id"],
                **{name: row[name] for name in ("effective_at", "machine", "rationale")},
            }
            for row in held
        ],
        "hypotheses": _standings(hypotheses, found),
        "leaders": list(found.leaders),
        "items": [_shown(row, hypotheses, held, said) for row in items],
        "sensitivity": [
            {"claim": flip.item, "claim_ref": refs[flip.item], "leaders": list(flip.leaders)}
            for flip in found.flips
        ],
        "disagreements": [
            {
                "claim": cell.item,
                "claim_ref": refs[cell.item],
                "hypothesis": cell.hypothesis,
                "n": cell.n,
                "spread": cell.spread,
                "lowest": cell.lowest,
                "highest": cell.highest,
            }
            for cell in found.disagreements
        ],
    }


def _chosen(session: Session, view: View, alliance: str, asked: str | None) -> Row | None:
    t = view.of(Question)
    statement = sa.select(t).where(t.c.alliance == alliance).order_by(t.c.id)
    there = [dict(row) for row in session.execute(statement).mappings()]
    if asked is None and len(there) <= 1:
        return there[0] if there else None
    for row in there:
        if asked is not None and asked in {row["id"], row["ref"]}:
            return row
    names = [row["ref"] or row["id"] for row in there]
    shown = ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "") or "none"
    what = "names which question" if asked is None else "is no question of this alliance"
    raise Invalid.at("?question", f"{what}; there are: {shown}")


NAMED = 20
"""How many questions a problem names to choose from."""


def _in_force(session: Session, view: View, question: str, assessors: Sequence[str]) -> list[Row]:
    """The evaluations in force at the moment, the last of each assessor, in the order made."""
    t, statement = evaluations_with_assessors(view)
    statement = statement.where(t.c.question == question, view.holds(t)).order_by(t.c.id)
    if assessors:
        named = ids_of("assessors", list(assessors), view)
        statement = statement.where(t.c.assessor.in_(named))
    return latest([dict(row) for row in session.execute(statement).mappings()])


def _items(
    session: Session, view: View, question: Row, hypotheses: list[Row], held: list[Row]
) -> list[Row]:
    """The claims among the items that are there by then, graded, each as the domain takes it."""
    t = view.of(Claim)
    statement = sa.select(
        t.c.id,
        t.c.ref,
        t.c.statement,
        t.c.credibility,
        t.c.carriers,
        opposed(view, t.c.id, each=True).label("contested"),
        taken_back(view, t.c.id, each=True).label("retracted"),
    ).where(
        t.c.id.in_(sorted(item["claim"] for item in question["items"])),
        view.begun(t.c.effective_at),
    )
    claims = {row["id"]: dict(row) for row in session.execute(statement).mappings()}
    evidence.complete(session, list(claims.values()), view)
    filled = [{item["claim"]: item for item in row["items"]} for row in held]
    rows: list[Row] = []
    for asked in question["items"]:
        claim = claims.get(asked["claim"])
        if claim is not None:
            own = [found.get(claim["id"], {"cells": {}, "note": None}) for found in filled]
            item = Item(
                claim["id"],
                {
                    key: [row["cells"][key] for row in own if key in row["cells"]]
                    for key in (hypothesis["key"] for hypothesis in hypotheses)
                },
                CREDIBILITY.get(claim["credibility"]),
                asked["relevance"],
            )
            rows.append({**claim, "note": asked["note"], "item": item, "own": own})
    return rows


def _standings(hypotheses: list[Row], found: Analysis) -> list[Row]:
    by_key = {standing.hypothesis: standing for standing in found.standings}
    return [
        {
            **hypothesis,
            "rank": by_key[hypothesis["key"]].rank,
            "leads": hypothesis["key"] in found.leaders,
            "weighted_inconsistency": by_key[hypothesis["key"]].weighted,
            "inconsistency": by_key[hypothesis["key"]].plain,
            "rated": by_key[hypothesis["key"]].rated,
        }
        for hypothesis in hypotheses
    ]


def _shown(
    row: Row, hypotheses: list[Row], held: list[Row], said: Mapping[str, Mapping[Cell, Row]]
) -> Row:
    """A row of the matrix, with each cell as the group and as each assessor fills it."""
    item: Item = row["item"]
    own = [
        (held_row["assessor_slug"], found) for held_row, found in zip(held, row["own"], strict=True)
    ]
    filled = [(said[slug], found["cells"]) for slug, found in own]
    cells = [
        {
            "hypothesis": key,
            "consistency": seen and seen.consistency,
            "inconsistency": seen and seen.inconsistency,
            "disagreement": seen.spread if seen and seen.n > 1 else None,
            "by": [known[by[key]] for known, by in filled if key in by],
        }
        for key, seen in ((h["key"], item.seen(h["key"])) for h in hypotheses)
    ]
    return {
        "claim": row["id"],
        "claim_ref": row["ref"],
        "statement": row["statement"],
        "grade": row["grade"],
        "credibility": item.credibility,
        "relevance": item.relevance,
        "weight": item.weight,
        "contested": bool(row["contested"]),
        "retracted": bool(row["retracted"]),
        "diagnosticity": item.diagnosticity,
        "note": row["note"],
        "cells": cells,
        "notes": [
            {"assessor": slug, "note": found["note"]} for slug, found in own if found["note"]
        ],
    }
