"""The ratings of the synthetic set, each assessor's in succession, and the judgements kept of them.

Each rating is written at the instant it begins to hold. It ends the one before it by the same
assessor, which is thereby written a second time, and so do the stretches of the judgement.
"""

import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from random import Random

from app.bench.world import RATED, World, moments, row_of
from app.domain.matrix import DEFAULT
from app.domain.probability import logit
from app.kernel.eyes import CLEAR, SPECIAL, pool_level
from app.kernel.records import Row
from app.ratings.judgements import stretches
from app.ratings.models import RANKS, Rating

WORTH_PROCESSES = 20_000
"""From so many ratings on, pooling is spread over the processors."""


class Opinions:
    """Ratings and judgements as they stand, and as they stood before."""

    def __init__(self, world: World) -> None:
        self.ratings = _ratings(world)
        groups: dict[str, list[Row]] = {row["id"]: [] for row in world.consequences}
        for row in self.ratings:
            if not row["machine"]:
                groups[row["consequence"]].append(row)
        self.judgements = [row for rows in _judged(list(groups.values())) for row in rows]

    def replaced_ratings(self) -> Iterator[Row]:
        """The first version of each rating that was superseded."""
        return (
            first_version(row) | {"superseded_at": row["ended_at"], "sealed": None}
            for row in self.ratings
            if row["ended_at"] is not None
        )

    def replaced_judgements(self) -> Iterator[Row]:
        """Each stretch that ended, as it was while it went on."""
        return (
            row | {"ended_at": None, "recorded_at": row["effective_at"], "superseded_at": until}
            for row in self.judgements
            if (until := row["ended_at"]) is not None
        )


def first_version(row: Row) -> Row:
    """A rating as it was written."""
    return row | {
        "version": 1,
        "recorded_at": row["effective_at"],
        "ended_at": None,
        "status": "in_force",
    }


def _ratings(world: World) -> list[Row]:
    random = Random(f"{world.sizes.seed} ratings")  # noqa: S311 - no secret
    rows: list[Row] = []
    held: dict[tuple[str, str], Row] = {}
    for number, at in enumerate(moments(RATED, world.sizes.ratings)):
        consequence, assessor = random.choice(world.consequences), random.choice(world.assessors)
        series = (consequence["id"], assessor["id"])
        before = held.get(series)
        point, impact = _drift(random, before), random.randint(1, 5)
        low, high = round(point * 0.8, 4), round(1 - (1 - point) * 0.8, 4)
        confidence = random.choice(RANKS)
        row = row_of(
            Rating,
            at,
            number,
            consequence=series[0],
            assessor=series[1],
            point=point,
            low=low,
            high=high,
            logit_point=logit(point),
            logit_low=logit(low),
            logit_high=logit(high),
            impact=impact,
            confidence=confidence,
            confidence_rank=RANKS.index(confidence),
            rationale=world.prose.sentence(random),
            assumptions=[],
            round=None,
            effective_at=at,
            review_by=at + timedelta(days=180),
            supersedes=before["id"] if before else None,
            change_reason=world.prose.sentence(random, 4, 8) if before else None,
            status="in_force",
            machine=assessor["machine"],
            agent=assessor["agent"],
            model=assessor["model"],
            risk_level=DEFAULT.level(point, impact),
            matrix=DEFAULT.name,
            matrix_version=DEFAULT.version,
        )
        if before is not None:
            before |= {
                "version": 2, "recorded_at": at, "ended_at": at, "status": "superseded",
            }  # fmt: skip
        held[series] = row
        rows.append(row)
    return rows


def _drift(random: Random, before: Row | None) -> float:
    """A probability near the last one in log-odds."""
    centre = before["logit_point"] if before else random.gauss(0, 1.5)
    point = 1 / (1 + math.exp(-random.gauss(centre * 0.95, 0.4)))
    return min(max(round(point, 3), 0.01), 0.99)


def _judged(groups: Sequence[list[Row]]) -> list[list[Row]]:
    if sum(map(len, groups)) < WORTH_PROCESSES:
        return [_judgements(rows) for rows in groups]
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        return list(pool.map(_judgements, groups, chunksize=5))


def _judgements(rows: list[Row]) -> list[Row]:
    """What the judgement of one consequence was from each of its ratings to the next."""
    return [
        step
        | {
            "consequence": rows[0]["consequence"],
            "from_level": pool_level(CLEAR),
            "to_level": SPECIAL + 1,
            "recorded_at": step["ended_at"] or step["effective_at"],
        }
        for step in (stretches(rows, rows[0]["effective_at"]) if rows else ())
    ]
