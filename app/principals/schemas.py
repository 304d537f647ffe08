"""The wire shapes of principals."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from app.kernel.access import Permission, Role
from app.kernel.schemas import VersionedOut
from app.kernel.types import Name, Note, Shape, Slug, Tlp

Judging = Literal["rate", "resolve"]


class PrincipalFields(Shape):
    """What is said of a principal."""

    slug: Annotated[Slug, Field(description="What their records say in `created_by`")]
    name: Name
    role: Annotated[
        Role,
        Field(
            description="reader: reads. analyst: adds records and rates, changes their own."
            " editor: changes and resolves all. admin: principals, keys and the audit log as well"
        ),
    ] = "reader"
    clearance: Annotated[Tlp, Field(description="The narrowest level they may see")] = "CLEAR"
    groups: Annotated[
        list[Slug], Field(max_length=100, description="Audiences of AMBER and AMBER+STRICT")
    ] = []
    machine: Annotated[
        bool, Field(strict=True, description="Its ratings say so and stay out of usual pools")
    ] = False
    allowed: Annotated[
        list[Judging],
        Field(max_length=2, description="What a machine may do though it judges"),
    ] = []
    assessor: Annotated[
        Slug | None, Field(description="The assessor they rate as, where not of their own slug")
    ] = None
    note: Note | None = None


class PrincipalIn(PrincipalFields):
    """A principal to be added."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "slug": "example-analyst",
                    "name": "Example: an analyst",
                    "role": "analyst",
                    "clearance": "AMBER",
                    "groups": ["example-desk"],
                }
            ]
        }
    )


class Principal(PrincipalFields, VersionedOut):
    """Someone, or a machine, that may ask."""


class Me(Shape):
    """The caller, as the service sees it."""

    name: str
    permissions: list[Permission]
    clearance: Tlp
    groups: list[str]
    machine: bool
    assessor: Annotated[str, Field(description="The slug of the assessor their ratings are by")]
    open: Annotated[
        bool, Field(description="No key is needed: the service is open on this machine alone")
    ]
