"""What assessors weigh in a pool by their scores, as far as these were known at the time."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.consequences.models import Consequence
from app.consequences.resolution import fates, opinions, resolved
from app.domain.scoring import skill_weight
from app.domain.track import Held, of_assessor, scored
from app.kernel.view import View


def weights(session: Session, view: View) -> dict[str, float]:
    """The weight of each assessor who was scored by the moment; whoever isn't here weighs 1.

    From all consequences in sight that were resolved, machines included: they are weighed where
    they are pooled. Both clocks stand at the moment: what happened earlier and was found out later
    says nothing yet. Three statements.
    """
    if view.as_of is not None:
        known_at = view.as_of if view.known_at is None else min(view.known_at, view.as_of)
        view = replace(view, known_at=known_at)
    t = view.of(Consequence, "scored")
    ids: sa.Select[Any] = sa.select(t.c.id)
    settled = list(resolved(fates(session, view, ids)))
    if not settled:
        return {}
    held = opinions(session, view, ids, machines=True)
    briers: defaultdict[str, list[float]] = defaultdict(list)
    for fate, closes, happened in settled:
        mine: defaultdict[str, list[Held]] = defaultdict(list)
        for rating in held[fate.id].every if fate.id in held else ():
            mine[rating.assessor].append(rating)
        for assessor, ratings in mine.items():
            found = scored(of_assessor(assessor, ratings, (), closes, happened), happened)
            if found is not None:
                briers[assessor].append(found.scores.brier)
    return {assessor: skill_weight(some) for assessor, some in briers.items()}
