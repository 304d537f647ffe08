"""Comparing two editions by what they hold: no record is read, so the answer is as frozen as they.

It is told forwards, from the edition of the earlier day to that of the later one, whichever of them
is asked against the other: what came in between can't be told backwards.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.assessments.states import State, state_of
from app.comparison import sides
from app.comparison.queries import Between, EditionDiffQuery
from app.comparison.schemas import EditionAct
from app.comparison.sides import FOUND, Side
from app.consequences.schemas import ConsequenceOf
from app.kernel.errors import Invalid
from app.kernel.records import Row
from app.kernel.types import parse_instant
from app.kernel.view import View
from app.ratings.pooling import Pooling

Doc = Mapping[str, Any]
FINDINGS = {"outcomes": "outcome", "causes": "cause"}
BEGINNING = datetime.min.replace(tzinfo=UTC)


def diff(session: Session, assessment: str, view: View, query: EditionDiffQuery) -> Row:
    """What differs between two editions in sight of a reader, filtered.

    Raises NotFound where one isn't there or not in sight, Gone where it was redacted, Broken where
    it isn't what was published, and Invalid where they are of two alliances.
    """
    pair = [state_of(session, key, view) for key in (assessment, query.against)]
    if pair[0].edition["alliance"] != pair[1].edition["alliance"]:
        raise Invalid.at("?against", "is an edition of another alliance")
    before, after = sorted(pair, key=_place)
    found = sides.compared(_sides(before), _sides(after), query)
    old, new = (_by_id(state, "consequences") for state in (before, after))
    acts, claims = _acts(before, after), _claims(before, after)
    for item in found["items"]:
        key = item["consequence"]
        for name, rows in (("before", old), ("after", new)):
            item[f"version_{name}"] = rows[key]["version"] if key in rows else None
        item.update(sides.between(key, acts, claims, EditionAct))
    return {
        "from": before.as_of,
        "to": after.as_of,
        "known_from": before.known_at,
        "known_to": after.known_at,
        "method": Pooling().method,
        "scale": query.scale,
        **found,
        "from_edition": before.edition["id"],
        "to_edition": after.edition["id"],
    }


def _place(state: State) -> tuple[Any, ...]:
    """Where an edition stands in time: by the day it judges, then by when it was published."""
    return state.as_of, state.known_at, state.edition["id"]


def _of(state: State, kind: str) -> Sequence[Doc]:
    return state.records.get(kind, ())


def _by_id(state: State, kind: str) -> dict[str, Doc]:
    return {row["id"]: row for row in _of(state, kind)}


def _sides(state: State) -> dict[str, Side]:
    return {
        row["id"]: Side(
            record=dict(row),
            judgement=row["judgement"],
            found={name: row[name] for name in FOUND},
            said={name: row[name] for name in ConsequenceOf.model_fields if name in row},
        )
        for row in _of(state, "consequences")
    }


def _fresh(before: State, after: State, kind: str) -> list[Doc]:
    """What the later of two editions holds of a kind, and the earlier doesn't."""
    known = _by_id(before, kind)
    return [row for row in _of(after, kind) if row["id"] not in known]


def _acts(before: State, after: State) -> dict[str, Between]:
    """Ratings, outcomes and causes that the later holds and the earlier doesn't, and ended ratings.

    An edition holds what is in force: what came in between and was superseded again is in neither.
    """
    found = [*_ended(before, after), *_rated(before, after)]
    for kind, name in FINDINGS.items():
        for row in _fresh(before, after, kind):
            told = _told(name, row, effective_at=row["since"], reason=row["note"])
            found.append({**told, "status": row["status"]})
    return _grouped(found)


def _rated(before: State, after: State) -> Iterator[Row]:
    for row in _fresh(before, after, "ratings"):
        reason = row["change_reason"] or row["rationale"]
        told = _told("rating", row, effective_at=row["effective_at"], reason=reason)
        yield {**told, **_judged(row)}


def _ended(before: State, after: State) -> Iterator[Row]:
    """Ratings that the earlier holds, of which the later holds neither them nor a successor."""
    there = _by_id(after, "consequences")
    held = {(row["consequence"], row["assessor"]) for row in _of(after, "ratings")}
    for row in _of(before, "ratings"):
        if row["consequence"] in there and (row["consequence"], row["assessor"]) not in held:
            yield {**_told("ended", row), **_judged(row)}


def _told(kind: str, row: Doc, **said: Any) -> Row:
    """An act as it is told; what isn't said of it is null."""
    nothing = dict.fromkeys(EditionAct.model_fields)
    told = {"kind": kind, "record": row["id"], "consequence": row["consequence"]}
    return {**nothing, **told, "id": f"{kind}:{row['id']}", **said}


def _judged(row: Doc) -> Row:
    point = row["probability"]["point"]
    return {"by": row["assessor"], "probability": point, "machine": row["machine"]}


def _claims(before: State, after: State) -> dict[str, Between]:
    """Claims that bear on a consequence in the later edition, and didn't in the earlier."""
    slugs = {row["id"]: row["slug"] for row in _of(after, "actors")}
    return _grouped(
        {
            **{name: row[name] for name in ("id", "consequence", "claim", "statement")},
            **{name: row[name] for name in ("bears_on", "bearing")},
            "ref": row["claim_ref"],
            "speaker": slugs.get(row["speaker"]),
            "effective_at": row["said_at"],
        }
        for row in _fresh(before, after, "evidence")
    )


def _grouped(rows: Iterable[Row]) -> dict[str, Between]:
    """The newest of each consequence, oldest first; what has no time comes first."""

    def place(row: Row) -> tuple[datetime, str]:
        at = row["effective_at"]
        return parse_instant(at) if at else BEGINNING, row["id"]

    by_consequence: dict[str, list[Row]] = {}
    for row in sorted(rows, key=place):
        by_consequence.setdefault(row["consequence"], []).append(row)
    return {key: sides.newest(found) for key, found in by_consequence.items()}
