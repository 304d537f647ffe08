"""The synthetic set but for its ratings: rows as the write path makes them, the same for a seed.

Skewed like the world: of the actors, sources and words a few are everywhere (Zipf). The first actor
stands in a fifth of all claims, and three in ten claims have grade 2, so that a million claims hold
more than a thousand pages of 50 by that actor and grade.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from random import Random
from typing import Any

from app.actors.models import Actor
from app.alliances.models import Alliance
from app.annotations.models import Annotation
from app.assessors.models import Assessor
from app.bench.words import Prose, Zipf
from app.claims.models import Claim
from app.consequences.models import Cause, Consequence, Outcome
from app.evidence.models import Evidence
from app.kernel.eyes import CLEAR, LEVELS
from app.kernel.ids import derived_id
from app.kernel.records import Row
from app.kernel.tables import Record, table_of
from app.sources.models import Source

BY = "bench"
ALLIANCE = "bench"
COMMON = "actor-0"
"""The slug of the actor that stands in the most claims."""
GRADE = 2
"""The credibility the lists ask for."""
GRADES = (1, *3 * (GRADE, 3), 4, 5, 6)
"""The credibility of claims, each as often as it stands here."""

NETWORK, CAUSES = 40, 3
"""How many consequences are causes of each other, and how many causes each of them has."""

FOUNDED = datetime(2020, 1, 1, tzinfo=UTC)
CLAIMED = datetime(2021, 1, 1, tzinfo=UTC)
RATED = datetime(2023, 1, 1, tzinfo=UTC)
ANNOTATED = datetime(2024, 1, 1, tzinfo=UTC)
"""When the records of a kind begin to be written; they are spread over the `PERIOD` after it."""
PERIOD = timedelta(days=360)
MACHINES = 10
"""One assessor of so many is a machine."""
SAID = datetime(2012, 1, 1, tzinfo=UTC)
YEARS = 9 * 365 * 86_400
"""Claims were said in the seconds after `SAID`."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is of each kind."""

    claims: int
    ratings: int = 100_000
    annotations: int = 50_000
    evidence: int = 5_000
    seed: int = 1
    actors: int = 2000
    sources: int = 5000
    consequences: int = 200
    assessors: int = 20


@cache
def _blank(model: type[Record]) -> Row:
    blank: Row = dict.fromkeys(column.name for column in table_of(model).columns)
    said = {"version": 1, "created_by": BY, "recorded_by": BY}
    return blank | said | {"tlp": LEVELS[0], "audience": [], "marking": CLEAR}


def row_of(model: type[Record], at: datetime, key: int, /, **said: Any) -> Row:
    """The first version of a record, written at an instant."""
    kind = model.__tablename__
    own = {"id": derived_id(at, BY, kind, str(key)), "created_at": at, "recorded_at": at}
    return _blank(model) | own | said


def moments(start: datetime, count: int) -> Iterator[datetime]:
    """So many instants, one after another, over the period from the start on."""
    step = PERIOD / max(count, 1)
    return (start + step * number for number in range(count))


class World:
    """Everything but the ratings."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self.prose = Prose()
        self.actors = [self._actor(number) for number in range(sizes.actors)]
        self.sources = [self._source(number) for number in range(sizes.sources)]
        self.alliance = row_of(
            Alliance,
            FOUNDED,
            0,
            slug=ALLIANCE,
            name="Bench",
            members=[
                {"actor": actor["id"], "role": None, "since": None, "until": None}
                for actor in self.actors[:2]
            ],
            statuses=[{"status": "reported", "since": "2021-01-01T00:00:00Z", "note": None}],
        )
        self.assessors = [self._assessor(number) for number in range(sizes.assessors)]
        self.consequences: list[Row] = []
        for number in range(sizes.consequences):
            self.consequences.append(self._consequence(number))

    def _random(self, kind: str) -> Random:
        """Numbers of a kind's own, so that more of one kind changes no other."""
        return Random(f"{self.sizes.seed} {kind}")  # noqa: S311 - no secret

    def records(self) -> Iterator[tuple[type[Record], Iterator[Row]]]:
        """The rows of each kind, in an order in which each finds what it names."""
        yield Actor, iter(self.actors)
        yield Source, iter(self.sources)
        yield Alliance, iter([self.alliance])
        yield Assessor, iter(self.assessors)
        yield Consequence, iter(self.consequences)
        yield Outcome, self._findings(Outcome)
        yield Cause, self._findings(Cause)
        yield Claim, self._claims()
        yield Evidence, self._evidence()
        yield Annotation, self._annotations()

    # --- The few ----------------------------------------------------------------------------------

    def _actor(self, number: int) -> Row:
        random = self._random(f"actor {number}")
        return row_of(
            Actor,
            FOUNDED,
            number,
            slug=f"actor-{number}",
            name=self.prose.sentence(random, 1, 3),
            kind=random.choice(("state", "body", "organisation", "person", "group")),
            aliases=[],
            external_ids={},
            affiliations=[],
            description=self.prose.sentence(random),
        )

    def _source(self, number: int) -> Row:
        random = self._random(f"source {number}")
        return row_of(
            Source,
            FOUNDED,
            number,
            slug=f"source-{number}",
            title=self.prose.sentence(random, 4, 9),
            kind=random.choice(("article", "press_report", "press_release", "report")),
            publisher=self.prose.sentence(random, 1, 2),
            url=f"https://example.org/{number}",
            reliability=random.choice("ABCDEF"),
            language="en",
        )

    def _assessor(self, number: int) -> Row:
        machine = number % MACHINES == MACHINES - 1
        return row_of(
            Assessor,
            FOUNDED,
            number,
            slug=f"assessor-{number}",
            name=f"Assessor {number}",
            machine=machine,
            agent="bench" if machine else None,
            model="none" if machine else None,
        )

    def _consequence(self, number: int) -> Row:
        random = self._random(f"consequence {number}")
        return row_of(
            Consequence,
            FOUNDED,
            number,
            alliance=self.alliance["id"],
            ref=f"K{number}",
            title=self.prose.sentence(random, 4, 9),
            description=self.prose.sentence(random, 20, 40),
            category=random.choice(("military", "economic", "diplomatic", "proliferation")),
            affected=[actor["id"] for actor in random.sample(self.actors, 2)],
            horizon="two years",
            resolution_criteria=self.prose.sentence(random),
            leak=0.05 if number < NETWORK else None,
            caused_by=self._causes(number) if number < NETWORK else [],
        )

    def _causes(self, number: int) -> list[Row]:
        """Some of the consequences before this one, near it: what hangs together lies together."""
        random = self._random(f"causes {number}")
        near = self.consequences[max(0, number - CAUSES - 2) : number]
        some = random.sample(near, min(CAUSES, len(near)))
        return [{"consequence": one["id"], "strength": random.randint(5, 60) / 100} for one in some]

    def _findings(self, model: type[Outcome | Cause]) -> Iterator[Row]:
        for number, consequence in enumerate(self.consequences):
            if number % 2:
                settled = model is Outcome
                at = RATED + PERIOD if settled else FOUNDED
                yield row_of(
                    model,
                    at,
                    number,
                    consequence=consequence["id"],
                    status=("occurred", "did_not_occur")[number // 2 % 2] if settled else "open",
                    confidence="low",
                    claims=[],
                    effective_at=at,
                )

    # --- The many ---------------------------------------------------------------------------------

    def _claims(self) -> Iterator[Row]:
        random = self._random("claims")
        actors = Zipf([actor["id"] for actor in self.actors], "actors")
        sources = Zipf([source["id"] for source in self.sources], "sources")
        alliance = self.alliance["id"]
        earlier: list[str] = []
        for number, at in enumerate(moments(CLAIMED, self.sizes.claims)):
            row = row_of(
                Claim,
                at,
                number,
                alliance=alliance,
                ref=f"F{number}",
                statement=self.prose.sentence(random),
                speaker=actors.draw(random, 1)[0],
                carriers=[
                    {"source": source, "locator": None} for source in sources.several(random, 2)
                ],
                about=actors.several(random, 3),
                modality=random.choice(("asserted", "asserted", "denied", "suggested")),
                basis=random.choice(("press_report", "official_act", "dataset", None)),
                credibility=random.choice(GRADES),
                polarity=random.choice(("positive", "negative", None)),
                effective_at=SAID + timedelta(seconds=int(random.random() * YEARS)),
                relations=_relations(random, earlier),
                note=self.prose.sentence(random) if number % 5 == 0 else None,
            )
            earlier.append(row["id"])
            yield row

    def _evidence(self) -> Iterator[Row]:
        """Links from the first claims, each to one consequence."""
        random = self._random("evidence")
        claims = self._first_claims(self.sizes.evidence)
        for number, at in enumerate(moments(RATED, len(claims))):
            yield row_of(
                Evidence,
                at,
                number,
                claim=claims[number],
                consequence=random.choice(self.consequences)["id"],
                bears_on=random.choice(("outcome", "outcome", "cause")),
                bearing=random.choice(("supports", "contradicts", "neutral")),
                diagnosticity=random.choice(("low", "medium", "high", None)),
                relevance=random.choice(("low", "medium", "high", None)),
            )

    def _annotations(self) -> Iterator[Row]:
        """Notes on some of the claims."""
        random = self._random("annotations")
        claims = self._first_claims(self.sizes.annotations)
        for number, at in enumerate(moments(ANNOTATED, self.sizes.annotations)):
            yield row_of(
                Annotation,
                at,
                number,
                target_type="claims",
                target=random.choice(claims),
                target_version=1,
                selector=[],
                motivation="commenting",
                body=self.prose.sentence(random, 10, 40),
                creator=BY,
                status="open",
            )

    def _first_claims(self, count: int) -> list[str]:
        """The ids of the claims that were written first: they follow from when that was."""
        written = islice(moments(CLAIMED, self.sizes.claims), count)
        return [derived_id(at, BY, "claims", str(number)) for number, at in enumerate(written)]


def _relations(random: Random, earlier: list[str]) -> list[dict[str, str]]:
    """One claim in twenty stands to an earlier one."""
    if not earlier or random.random() > 0.05:  # noqa: PLR2004 - said above
        return []
    kind = random.choice(("supports", "contradicts", "denies", "retracts", "restates"))
    return [{"kind": kind, "claim": random.choice(earlier)}]
