"""The judgement of one consequence in full, its history, and the risk matrix of an alliance."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.consequences import queries
from app.consequences.models import Consequence
from app.consequences.service import consequences
from app.domain.averages import recency_weight
from app.domain.pooling import pool
from app.domain.series import segments
from app.domain.staleness import days_since
from app.evidence.service import balance
from app.kernel import records
from app.kernel.errors import NotFound
from app.kernel.ids import is_id
from app.kernel.links import ALWAYS
from app.kernel.records import Row
from app.kernel.view import View
from app.matrices.service import in_use, required
from app.ratings.judgements import latest, opinion
from app.ratings.pooling import Pooling, Weighing
from app.ratings.service import in_force, of_consequence
from app.ratings.weights import HALVINGS

DAY = 86_400.0


def detail(session: Session, key: str, view: View, pooling: Weighing) -> Row:
    """The judgement of a consequence: every pool, every weight, the dissent and the evidence."""
    worth = queries.skill_asked(session, view, pooling)
    if pooling.skill:
        weighed = queries.selection(session, view, pooling, worth=worth)
        record = consequences.read_from(weighed, key)
    else:
        record = consequences.read(session, key, view, pooling)
    found: Row = record["judgement"]
    rows = [row for row in in_force(session, view, record["id"]) if counts(row, pooling)]
    recent = zip(rows, weights_of(rows, pooling), strict=True)
    weights = [weight * worth.get(row["assessor"], 1.0) for row, weight in recent]
    total = sum(weights)
    opinions = [opinion(row, weight) for row, weight in zip(rows, weights, strict=True)]
    pooled = pool(opinions, pooling.method, pooling.extremize)
    return {
        **found,
        "consequence": record["id"],
        "extremize": pooled.extremize if pooled else None,
        "days_since_rated": days_since(found["last_rated_at"], view.moment) if rows else None,
        "weights": [
            {
                "rating": row["id"],
                "assessor": row["assessor_slug"],
                "probability": {name: row[name] for name in ("point", "low", "high")},
                "impact": row["impact"],
                "confidence": row["confidence"],
                "effective_at": row["effective_at"],
                "machine": row["machine"],
                "weight": weight / total,
            }
            for row, weight in zip(rows, weights, strict=True)
        ],
        "evidence": balance(session, view, record["id"]).model_dump(),
    }


def counts(row: Mapping[str, Any], pooling: Pooling) -> bool:
    """Whether a rating is one of those that are pooled."""
    return pooling.include_machine or not row["machine"]


def weights_of(rows: Sequence[Row], pooling: Pooling) -> list[float]:
    """2^(-age/h), ages counted from the newest: the moment itself cancels out of every pool."""
    if pooling.half_life_days is None or not rows:
        return [1.0] * len(rows)
    newest = max(row["effective_at"] for row in rows)
    ages = [(newest - row["effective_at"]).total_seconds() / DAY for row in rows]
    bound = HALVINGS * pooling.half_life_days
    return [recency_weight(min(age, bound), pooling.half_life_days) for age in ages]


def history(session: Session, key: str, view: View, pooling: Pooling) -> list[Row]:
    """The judgement of a consequence as a series of stretches, oldest first, up to the moment.

    It begins when the consequence does: before, there is no judgement of it.
    """
    if not is_id(key):
        raise NotFound(f"There is no record {key!r} in consequences.")
    stored = records.find(session, Consequence, key, view)
    rows = [row for row in of_consequence(session, view, stored["id"]) if counts(row, pooling)]
    matrix = queries.matrix_asked(session, view, pooling) or _matrix(session, view, pooling)
    opens = stored["effective_at"] or ALWAYS
    intervals = [
        (max(row["effective_at"], opens), row["ended_at"], row)
        for row in rows
        if row["effective_at"] <= view.moment
    ]
    points: list[Row] = []
    for step in segments(intervals):
        if step.start > view.moment:
            break
        active = latest(step.active)
        end = step.end if step.end is None or step.end <= view.moment else None
        points.append({"time": step.start, "until": end, **_point(active, pooling, matrix)})
    return points


_NOTHING = (
    "probability", "low", "high", "log_odds", "linear", "median", "min", "max",
    "impact", "confidence", "risk_level", "word_icd203", "word_phia",
)  # fmt: skip


def _point(active: list[Row], pooling: Pooling, matrix: Row | None) -> Row:
    weights = weights_of(active, pooling)
    opinions = [opinion(row, weight) for row, weight in zip(active, weights, strict=True)]
    found = pool(opinions, pooling.method, pooling.extremize)
    if found is None:
        return {"n": 0, **dict.fromkeys(_NOTHING)}
    words = queries.words(found.point)
    level = None
    if matrix is not None and found.impact is not None:
        level = matrix["grid"][bisect_right(matrix["cuts"], found.point)][found.impact - 1]
    return {
        "n": found.n,
        "probability": found.point,
        "low": found.low,
        "high": found.high,
        "log_odds": found.log_odds,
        "linear": found.linear,
        "median": found.median,
        "min": found.min,
        "max": found.max,
        "impact": found.impact,
        "confidence": found.confidence,
        "risk_level": level,
        "word_icd203": words["icd203"],
        "word_phia": words["phia"],
    }


def _matrix(session: Session, view: View, pooling: Pooling) -> Row | None:
    found = session.execute(sa.select(in_use(view, pooling.matrix))).mappings().one_or_none()
    return dict(found) if found else None


def risk_matrix(session: Session, alliance: str, view: View, pooling: Weighing) -> Row:
    """Every consequence of an alliance placed in the grid, with its interval."""
    matrix = required(session, view, pooling.matrix)
    cells: list[list[list[str]]] = [[[] for _ in range(5)] for _ in range(5)]
    unplaced: list[str] = []
    items: list[Row] = []
    for row in consequences.among(session, view, "alliance", [alliance], pooling, bare=True):
        shown = queries.judgement(row, view, pooling.method)
        placed = _placed(row, shown, matrix["cuts"])
        items.append(placed)
        if placed["level"] is None:
            unplaced.append(row["id"])
        else:
            cells[placed["likelihood_row"]][placed["impact"] - 1].append(row["id"])
    return {
        "as_of": view.moment,
        "method": pooling.method,
        "matrix": {
            name: matrix[name] for name in ("name", "matrix_version", "cuts", "grid", "level_names")
        },
        "cells": cells,
        "unplaced": unplaced,
        "items": items,
    }


def _placed(row: Row, shown: Row, cuts: list[float]) -> Row:
    estimate, risk = shown["probability"], shown["risk"]
    rows = {name: bisect_right(cuts, estimate[name]) for name in estimate} if estimate else {}
    return {
        "consequence": row["id"],
        **{name: row[name] for name in ("ref", "title", "category")},
        "probability": estimate,
        "impact": shown["impact"],
        "n": shown["n"],
        "likelihood_row": rows.get("point"),
        "row_low": rows.get("low"),
        "row_high": rows.get("high"),
        "level": risk["level"] if risk else None,
        "level_name": risk["name"] if risk else None,
        "expected_impact": risk["expected_impact"] if risk else None,
    }
