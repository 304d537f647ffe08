"""The wire shapes of actors."""

from typing import Annotated, Literal

import iso3166
from pydantic import AfterValidator, Field

from app.kernel.forms import form
from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import Label, Name, Note, Ref, Reference, Shape, Slug

Kind = Literal["state", "body", "organisation", "person", "group", "source"]
Interest = Literal["party", "affected", "observer"]


def _country(code: str) -> str:
    if code not in iso3166.countries_by_alpha2:
        raise ValueError("isn't a country of ISO 3166-1; its codes are like KR, and GB, not UK")
    return code


CountryCode = Annotated[
    str,
    form("^[A-Z]{2}$", "must be the two capital letters of ISO 3166-1, e.g. KR"),
    AfterValidator(_country),
]
Scheme = Annotated[
    str,
    form(
        "^[a-z0-9_-]{1,40}$",
        "must be named by 1 to 40 lower-case letters, digits and any of _ -, e.g. wikidata",
    ),
]


class Affiliation(Shape):
    """That an actor belongs to, leads or serves another."""

    actor: Reference
    role: Annotated[Label, Field(examples=["leader"])]


class ActorFields(Shape):
    """What is said of an actor."""

    slug: Slug
    ref: Annotated[Ref | None, Field(description="The analyst's own label")] = None
    alliance: Annotated[
        Reference | None, Field(description="The alliance whose file the actor stands in")
    ] = None
    name: Name
    kind: Kind
    aliases: Annotated[list[Name], Field(max_length=100)] = []
    country_code: Annotated[
        CountryCode | None, Field(description="ISO 3166-1 alpha-2; never required")
    ] = None
    external_ids: Annotated[
        dict[Scheme, Name],
        Field(max_length=40, description="Ids elsewhere, by scheme: wikidata, opensanctions, stix"),
    ] = {}
    affiliations: Annotated[list[Affiliation], Field(max_length=100)] = []
    interest: Annotated[
        Interest | None, Field(description="A denial by a party weighs as a party's")
    ] = None
    description: Note | None = None


class ActorIn(ActorFields, RecordIn):
    """An actor to be added."""


class Actor(ActorFields, RecordOut):
    """An actor."""
