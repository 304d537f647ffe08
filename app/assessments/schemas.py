"""The wire shapes of editions, of what verifying one finds, and of the keys that sign them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from app.kernel.forms import form
from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import IdText, Instant, Note, Sha256, Shape, Slug, Title, Tlp

Signature = Annotated[
    str,
    form(
        "^[0-9a-f]{128}$",
        "must be 128 hexadecimal digits in lower case",
        description="Ed25519 (RFC 8032), in hexadecimal",
    ),
]


class AssessmentIn(RecordIn):
    """An edition to be published: as of when, and at which level. It holds nothing above that."""

    title: Annotated[Title, Field(examples=["What the pact may lead to, September 2023"])]
    note: Annotated[Note | None, Field(description="What its readers are told first")] = None
    as_of: Annotated[Instant, Field(description="The judgement in force then; not in the future")]


class Assessment(RecordOut):
    """An edition, without what it holds."""

    alliance: IdText
    number: Annotated[
        int, Field(description="From 1 without gaps, in its alliance and under its marking")
    ]
    title: str
    note: str | None
    as_of: Annotated[Instant, Field(description="The judgement in force then")]
    known_at: Annotated[Instant, Field(description="As recorded here by then: when it was made")]
    previous: Annotated[Sha256 | None, Field(description="`hash` of the edition before; null: 1st")]
    hash: Annotated[Sha256, Field(description="SHA-256 of `statement` as canonical JSON")]
    key: IdText
    signature: Annotated[Signature, Field(description="Of `statement` as canonical JSON")]


class Statement(Shape):
    """What is hashed and signed, as canonical JSON (RFC 8785)."""

    form: Annotated[str, Field(examples=["entente-edition/1"])]
    id: IdText
    alliance: IdText
    number: int
    tlp: Tlp
    audience: list[Slug]
    as_of: Instant
    known_at: Instant
    published_by: str
    previous: Sha256 | None
    key: IdText
    content: Annotated[Sha256, Field(description="SHA-256 of `content` as canonical JSON")]


class AssessmentDetail(Assessment):
    """An edition with all it rests on."""

    statement: Statement
    content: Annotated[
        dict[str, Any],
        Field(
            description="Title, note and, in `records`, every record it rests on as it was answered"
            " then, by kind; without who wrote it down when"
        ),
    ]


class Checks(Shape):
    """What was looked at; null: it is gone, and can't be."""

    content: Annotated[bool | None, Field(description="What it holds has the hash in `statement`")]
    record: Annotated[bool, Field(description="Its fields are those in `statement` and `content`")]
    hash: Annotated[bool, Field(description="`hash` is that of `statement`")]
    signature: Annotated[bool, Field(description="`signature` is its key's, of `statement`")]
    key: Annotated[bool, Field(description="The key is this service's, and signed at that time")]
    chain: Annotated[bool, Field(description="Each edition up to the next names the one before")]


class EditionChain(Shape):
    """The editions of the alliance under the same marking, from the first on."""

    editions: Annotated[int, Field(description="How many there are")]
    first_broken: Annotated[
        int | None, Field(description="The number of the first that doesn't fit; null if all do")
    ]
    head: Annotated[
        Sha256 | None,
        Field(
            description="`hash` of the last that fits; keep it elsewhere, and it can't be undone"
        ),
    ]


class Verdict(Shape):
    """Whether an edition is what was published."""

    id: IdText
    number: int
    hash: Sha256
    status: Annotated[
        Literal["intact", "broken", "redacted"],
        Field(description="`redacted`: intact, but for what it held, which is gone"),
    ]
    checks: Checks
    chain: EditionChain


class Jwk(Shape):
    """A public key as RFC 8037 writes it."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: Annotated[str, Field(description="The public key, base64url without padding")]
    kid: IdText


class SigningKey(Shape):
    """A key that editions are or were signed with."""

    id: Annotated[IdText, Field(description="It follows from the public key and `made_at`")]
    version: Annotated[int, Field(description="2 once it is retired")]
    jwk: Jwk
    made_at: Instant
    retired_at: Annotated[Instant | None, Field(description="Null: it signs")]
    endorsed_by: Annotated[IdText | None, Field(description="The key before it")]
    endorsement: Annotated[
        Signature | None,
        Field(description="Of that key, under `entente-signing-key/1 ` and the public key's bytes"),
    ]


class SigningKeys(Shape):
    """Every key there has been, the one that signs first."""

    items: list[SigningKey]


class SigningKeyIn(Shape):
    """A key to be made; there is nothing to be said of it."""
