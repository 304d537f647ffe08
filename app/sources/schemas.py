"""The wire shapes of sources."""

from typing import Annotated, Literal

from pydantic import Field

from app.kernel.forms import form
from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import Name, Note, Reference, Sha256, Shape, Slug, Text, Title, Url, VagueDate

Kind = Literal["article", "press_report", "press_release", "dataset", "speech", "report", "other"]
Reliability = Annotated[
    Literal["A", "B", "C", "D", "E", "F"],
    Field(description="Admiralty: A completely … E unreliable, F cannot be judged"),
]
TEXT_LENGTH = 1_000_000


class SourceFields(Shape):
    """What is said of a source."""

    slug: Slug
    title: Title
    kind: Kind | None = None
    publisher: Name | None = None
    author: Name | None = None
    url: Url | None = None
    published: VagueDate | None = None
    reliability: Reliability = "F"
    reliability_reason: Note | None = None
    derived_from: Annotated[
        Reference | None, Field(description="The source it copies; both count as one origin")
    ] = None
    licence: Name | None = None
    language: Annotated[
        str | None,
        form(
            "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
            "must be a language tag, e.g. en, ko or zh-Hant",
            max_length=35,
        ),
    ] = None
    text_sha256: Annotated[
        Sha256 | None,
        Field(
            description="SHA-256 of the text in UTF-8. Said without `text`, it names one that is"
            " held elsewhere"
        ),
    ] = None
    text_length: Annotated[
        int | None,
        Field(
            ge=1,
            le=TEXT_LENGTH,
            strict=True,
            description="In code points; of a text held elsewhere as well",
        ),
    ] = None


class SourceIn(SourceFields, RecordIn):
    """A source to be added; with `text`, the service keeps the text and hashes it."""

    text: Annotated[
        Annotated[str, Text(TEXT_LENGTH)] | None,
        Field(
            description="The text itself; read it at `/text`. Its hash and length follow from it,"
            " and go with it"
        ),
    ] = None


class Source(SourceFields, RecordOut):
    """A source."""


class SourceText(Shape):
    """The text of a source, at the version it has now or had at `known_at`."""

    source: str
    version: int
    sha256: Sha256
    length: Annotated[int, Field(description="In code points")]
    text: str
