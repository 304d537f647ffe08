"""The wire shapes of annotations (after the W3C Web Annotation Data Model)."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from app.kernel.forms import form
from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import IdText, Label, Prose, Reference, Sha256, Shape, Text, broken

TargetType = Literal[
    "actors", "alliances", "annotations", "assessments", "assessors", "causes", "claims",
    "consequences", "contradictions", "evaluations", "evidence", "exchanges", "factors",
    "indicators", "items", "matrices", "outcomes", "questions", "ratings", "readings",
    "rounds", "sources",
]  # fmt: skip
Motivation = Literal[
    "assessing", "bookmarking", "classifying", "commenting", "describing", "editing",
    "highlighting", "identifying", "linking", "moderating", "questioning", "replying", "tagging",
]  # fmt: skip
Status = Literal["open", "resolved"]
OFFSET = 1_000_000


class TextQuoteSelector(Shape):
    """A span by what it says. It must occur once, or be told apart by what stands around it."""

    type: Literal["TextQuoteSelector"]
    exact: Annotated[str, Text(5000, blank=True)]
    prefix: Annotated[str, Text(500, blank=True)] | None = None
    suffix: Annotated[str, Text(500, blank=True)] | None = None


class TextPositionSelector(Shape):
    """A span by where it stands, in code points: `start` included, `end` not."""

    type: Literal["TextPositionSelector"]
    start: Annotated[int, Field(ge=0, le=OFFSET, strict=True)]
    end: Annotated[int, Field(ge=1, le=OFFSET, strict=True)]

    @model_validator(mode="after")
    def _in_order(self) -> "TextPositionSelector":
        if self.end <= self.start:
            raise broken("end", "must be greater than start")
        return self


Selector = Annotated[TextQuoteSelector | TextPositionSelector, Field(discriminator="type")]


class TargetIn(Shape):
    """What an annotation is about: a record, a field of it, or a span of a text of it."""

    type: TargetType
    id: Reference
    version: Annotated[
        int | None,
        Field(ge=1, le=2**31 - 1, strict=True, description="The standing one by default"),
    ] = None
    pointer: Annotated[
        str | None,
        form(
            r"^(/([^~/]|~[01])*)+$",
            "must be a JSON pointer, e.g. /statement",
            max_length=300,
            description="JSON pointer to a field; none for the text of a source",
            examples=["/statement"],
        ),
    ] = None
    selector: Annotated[
        list[Selector],
        Field(max_length=2, description="A quote, a position, or both (they must agree)"),
    ] = []
    sha256: Annotated[
        Sha256 | None, Field(description="Of the text selected in; refused if it is another")
    ] = None


class Target(TargetIn):
    """What an annotation is about, pinned to a version."""

    id: IdText
    version: int


class AnnotationFields(Shape):
    """What is said in an annotation."""

    motivation: Motivation = "commenting"
    body: Annotated[Prose, Field(description="Markdown (CommonMark, without HTML)")]
    status: Status = "open"


class AnnotationNote(AnnotationFields, RecordIn):
    """An annotation of the consequence in the path."""

    creator: Annotated[Label | None, Field(description="Who says it; defaults to the caller")] = (
        None
    )


class AnnotationIn(AnnotationNote):
    """An annotation to be added: of a target, or as a reply (on the same target by default)."""

    target: TargetIn | None = None
    reply_to: IdText | None = None

    @model_validator(mode="after")
    def _is_about_something(self) -> "AnnotationIn":
        if self.target is None and self.reply_to is None:
            raise broken("target", "is needed, or a reply_to")
        return self


class AnnotationChange(AnnotationFields, RecordIn):
    """What of an annotation may change: not what it is about, nor who made it."""


class Annotation(AnnotationFields, RecordOut):
    """An annotation; it stays on the version it was made on."""

    target: Target
    creator: str
    reply_to: IdText | None
    body_html: Annotated[str, Field(description="The body, rendered safely")]
    outdated: Annotated[bool, Field(description="The target has changed (or gone) since")]
