"""The questions that are measured, asked of a set through its own API."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random
from urllib.parse import urlencode

from app.bench.load import Request, ask
from app.bench.words import WORDS
from app.bench.world import (
    ALLIANCE,
    CAUSES,
    CLAIMED,
    COMMON,
    GRADE,
    NETWORK,
    PERIOD,
    RATED,
    Sizes,
)  # fmt: skip

PAGE = 50
STEP = 200
"""Records a page on the way down, where nothing is measured."""
DEPTHS = (1, 100, 1000)
VARIETY = 16
"""Different requests a case, so that no answer is measured that was only repeated."""
EXPORTED = 100_000

LIST = f"/v1/claims?about={COMMON}&credibility={GRADE}&sort=-effective_at"
MATRIX = f"/v1/alliances/{ALLIANCE}/risk-matrix"


@dataclass(frozen=True, slots=True)
class Case:
    """Requests that are measured together; none where the set is too small."""

    name: str
    requests: tuple[Request, ...]
    export: bool = False


def cases_of(port: int, sizes: Sizes, claims: list[str], newest: datetime) -> Iterator[Case]:
    """Every case. `claims` are ids to ask for; the exports begin at the instant `newest`."""
    some = [claims[place % len(claims)] for place in range(VARIETY)]
    yield Case(
        "one claim with its actors and sources",
        tuple(Request(f"/v1/claims/{claim}?include=actors,sources") for claim in some),
    )
    for depth, cursors in _depths(port).items():
        yield Case(
            depth_name(depth),
            tuple(Request(_with(f"{LIST}&limit={PAGE}", cursor)) for cursor in cursors),
        )
    yield Case(f"{PAGE} claims, newest first", (Request(f"/v1/claims?limit={PAGE}"),))
    then = urlencode({"known_at": (CLAIMED + PERIOD / 2).isoformat()})
    past = f"/v1/claims?limit={PAGE}&{then}"
    yield Case(f"{PAGE} claims as they were known", (Request(past),))
    random = Random(f"{sizes.seed} words")  # noqa: S311 - no secret
    pairs = [" ".join(random.sample(WORDS[20:120], 2)) for _ in range(VARIETY)]
    yield Case("full text, two words, top 20", tuple(map(_search, pairs)))
    yield Case("full text, a word of most claims", tuple(map(_search, WORDS[:4])))
    yield Case(
        f"{sizes.consequences} consequences, judged",
        (Request(f"/v1/alliances/{ALLIANCE}/consequences?limit=200"),),
    )
    yield Case("risk matrix", (Request(MATRIX),))
    yield Case("risk matrix, weighed by skill", (Request(f"{MATRIX}?skill=true"),))
    questions = tuple(_what_ifs(port))
    yield Case(f"what-if on a network of {NETWORK}, {CAUSES} causes each", questions)
    yield Case("scores of the pool", (Request(f"/v1/alliances/{ALLIANCE}/scores"),))
    yield Case("scores of an assessor", (Request("/v1/assessors/assessor-1/scores"),))
    yield from _alliance_cases()
    yield Case("one annotation written", tuple(_annotation(claim) for claim in some))
    since = newest.strftime("%Y-%m-%dT%H:%M:%SZ")
    for form in ("csv", "ndjson"):
        query = urlencode({"format": form, "effective_from": since})
        name = f"export of the newest {EXPORTED:,}, {form}"
        yield Case(name, (Request(f"/v1/claims?{query}"),), export=True)


def _alliance_cases() -> Iterator[Case]:
    """What is asked of a whole alliance: its faults, its time, what has changed."""
    path = f"/v1/alliances/{ALLIANCE}"
    yield Case("lint", (Request(f"{path}/lint"),))
    yield Case("timeline, newest 50", (Request(f"{path}/timeline?limit=50&sort=-effective_at"),))
    days = [RATED + PERIOD * part / VARIETY for part in range(VARIETY)]
    spans = [urlencode({"from": day.date(), "to": (day + PERIOD / 12).date()}) for day in days]
    yield Case("what changed in a month", tuple(Request(f"{path}/diff?{span}") for span in spans))


def _what_ifs(port: int) -> Iterator[Request]:
    """Questions with all that can be asked, each of another consequence that is rated."""
    path = f"/v1/alliances/{ALLIANCE}"
    found = json.loads(ask(port, Request(f"{path}/network")).body)
    edges = [edge for edge in found["edges"] if edge["left_out"] is None]
    headline = edges[-1]["child"] if edges else None
    for edge in edges[:VARIETY]:
        body = {
            "assume": [{"consequence": edge["parent"], "occurred": True}],
            "strengths": [{**_pair(edges[-1]), "strength": 0.5}],
            "drop_claims": [],
            "drop_assessors": ["assessor-1"],
            "headline": headline,
        }
        yield Request(f"{path}/what-if", "POST", json.dumps(body).encode())


def _pair(edge: dict[str, str]) -> dict[str, str]:
    return {end: edge[end] for end in ("parent", "child")}


def depth_name(depth: int) -> str:
    """The name of a case by how many pages deep it reads."""
    return f"{PAGE} claims by actor and grade, page {depth}"


def _depths(port: int) -> dict[int, list[str | None]]:
    """For each depth the cursors of some pages from it on."""
    found: dict[int, list[str | None]] = {}
    behind = 0
    cursor: str | None = None
    for depth in DEPTHS:
        while behind < depth - 1 and (behind == 0 or cursor):
            step = min(STEP, (depth - 1 - behind) * PAGE)
            cursor = _next(port, cursor, step)
            behind += step // PAGE
        cursors: list[str | None] = []
        while len(cursors) < VARIETY and (behind == 0 or cursor):
            cursors.append(cursor)
            cursor = _next(port, cursor, PAGE)
            behind += 1
        found[depth] = cursors
    return found


def _next(port: int, cursor: str | None, size: int) -> str | None:
    answer = ask(port, Request(_with(f"{LIST}&fields=id&limit={size}", cursor)))
    following: str | None = json.loads(answer.body)["next"]
    return following


def _with(target: str, cursor: str | None) -> str:
    return f"{target}&cursor={cursor}" if cursor else target


def _search(words: str) -> Request:
    return Request(f"/v1/search?{urlencode({'q': words})}")


def _annotation(claim: str) -> Request:
    body = {
        "target": {"type": "claims", "id": claim},
        "motivation": "questioning",
        "body": "Who says so, and *when* was it said?",
    }
    return Request("/v1/annotations", "POST", json.dumps(body).encode())
