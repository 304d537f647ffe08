"""The wire shapes of indicators and readings."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from app.claims.schemas import Period
from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import IdText, Instant, Note, Ref, Shape, Title, VagueDate, broken

Direction = Literal["up", "down"]
Status = Literal["observed", "not_observed", "absent"]


class IndicatorFields(Shape):
    """What is said of an indicator."""

    ref: Ref | None = None
    statement: Annotated[Title, Field(description="What to watch for")]
    direction: Annotated[
        Direction,
        Field(description="What it says if it is observed: `up`: more likely, `down`: less likely"),
    ]
    threshold: Annotated[
        Note, Field(description="In words: from where on the consequence is to be judged anew")
    ]
    collection: Annotated[
        Note | None, Field(description="Where and how often to look, and what may hide it")
    ] = None
    effective_at: Annotated[
        Instant | None,
        Field(description="From when it was watched, now at the latest; null: always"),
    ] = None


class IndicatorIn(IndicatorFields, RecordIn):
    """An indicator to be added to the consequence of the path."""


class IndicatorOf(IndicatorIn):
    """An indicator of the consequence it names."""

    consequence: IdText


class ReadingHeld(Shape):
    """The latest reading of an indicator at the moment asked for."""

    id: IdText
    status: Status
    crosses: Annotated[bool, Field(description="Whether it crosses the threshold")]
    effective_at: Annotated[Instant, Field(description="From when it holds")]


class Indicator(IndicatorFields, RecordOut):
    """An indicator, with its latest reading at the moment asked for."""

    consequence: IdText
    alliance: Annotated[IdText, Field(description="The id of its consequence's alliance")]
    reading: Annotated[ReadingHeld | None, Field(description="Null: nobody has read it yet")]


class ReadingFields(Shape):
    """What is said of a reading."""

    status: Annotated[
        Status,
        Field(
            description="`observed`; `not_observed`: nothing came to notice; `absent`: it was"
            " looked for and wasn't there"
        ),
    ]
    crosses: Annotated[
        bool, Field(strict=True, description="Whether it crosses the threshold of its indicator")
    ] = False
    date: Annotated[
        VagueDate | None, Field(description="When it was so, as precisely as that is known")
    ] = None
    period: Annotated[
        Period | None, Field(description="What was searched: the days; `absent` needs it")
    ] = None
    corpus: Annotated[
        Note | None, Field(description="What was searched: where; `absent` needs it")
    ] = None
    claims: Annotated[
        list[IdText],
        Field(max_length=200, description="The claims it rests on; `observed` needs one"),
    ] = []
    note: Note | None = None

    @model_validator(mode="after")
    def _says_what_it_rests_on(self) -> "ReadingFields":
        if self.status == "absent" and (self.period is None or self.corpus is None):
            missing = "period" if self.period is None else "corpus"
            raise broken(
                missing, "is needed: what is absent names the period and the corpus searched"
            )
        if self.status == "observed" and not self.claims:
            raise broken("claims", "is needed: what is observed rests on one claim at least")
        return self


class ReadingIn(ReadingFields, RecordIn):
    """A reading to be added to the indicator of the path."""

    effective_at: Annotated[
        Instant | None,
        Field(
            description="From when it holds, now at the latest; where it isn't given the first day"
            " of `date`, else the last of `period`, else now"
        ),
    ] = None


class ReadingOf(ReadingIn):
    """A reading of the indicator it names."""

    indicator: IdText


class Reading(ReadingFields, RecordOut):
    """A reading."""

    indicator: IdText
    consequence: Annotated[IdText, Field(description="The id of its indicator's consequence")]
    effective_at: Instant
