"""The wire shapes every resource shares."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from types import UnionType
from typing import Annotated, Any, Optional, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model, model_validator
from pydantic.fields import FieldInfo

from app.kernel.eyes import ADDRESSED
from app.kernel.forms import an_object
from app.kernel.types import IdText, Instant, Note, Reference, Shape, Slug, Tlp, broken


def _left_out(schema: dict[str, Any]) -> None:
    """A field left out has no default that could be shown."""
    schema.pop("default", None)


class RecordIn(Shape):
    """What may be said of any record when it is made."""

    tlp: Annotated[
        Tlp,
        Field(
            description="Traffic Light Protocol 2.0 marking; left out, that of what it names",
            json_schema_extra=_left_out,
        ),
    ] = "CLEAR"
    audience: Annotated[
        list[Slug],
        Field(
            max_length=100,
            description="Of AMBER and AMBER+STRICT the groups it is for (none: all who are cleared"
            " for the level), of RED the principals",
        ),
    ] = []
    downgrade: Annotated[
        Note | None,
        Field(
            description="Why it may be marked below what it names; shown to who may read the audit"
            " log, which keeps a hash of it"
        ),
    ] = None

    @model_validator(mode="after")
    def _has_an_audience(self) -> "RecordIn":
        if self.audience and self.tlp not in ADDRESSED:
            raise broken("audience", f"isn't named by {self.tlp}, which is for everyone cleared")
        return self


class VersionedOut(Shape):
    """What is answered of anything versioned beside its own fields."""

    model_config = ConfigDict(extra="ignore")

    id: IdText
    version: Annotated[int, Field(description="1 for the first; each change adds one")]
    created_by: str
    created_at: Instant
    recorded_by: Annotated[str, Field(description="Who wrote this version")]
    recorded_at: Annotated[Instant, Field(description="When this version was written down")]
    included: Annotated[
        dict[str, list[dict[str, Any]]] | None,
        Field(description="The records asked for by `include`", exclude_if=lambda value: not value),
    ] = None


class RecordOut(VersionedOut):
    """What is answered of any record beside its own fields."""

    tlp: Tlp
    audience: Annotated[list[Slug], Field(description="Who may see it, where `tlp` leaves it open")]
    downgrade: Annotated[
        Note | None,
        Field(
            description="Why it is marked below what it names; for who may read the audit log",
            exclude_if=lambda value: value is None,
        ),
    ] = None


class Nothing(Shape):
    """There is nothing to be said."""


class MergeIn(Shape):
    """The record that stands for both from now on."""

    into: Reference


class RedactIn(Shape):
    """Why the content of a record is removed."""

    reason: Annotated[
        Note,
        Field(
            description="Kept as its hash alone, in the audit log: it may repeat what is removed",
            examples=["Order 2024/17 of the court"],
        ),
    ]


class Redacted(Shape):
    """What is left of a record whose content was removed."""

    id: IdText
    type: Annotated[str, Field(description="Its kind, in the plural")]
    version: Annotated[int, Field(description="The last, without content like those before it")]
    redacted_by: str
    redacted_at: Instant


class Change(Shape):
    """One field that a version changed."""

    pointer: Annotated[str, Field(description="JSON pointer to the field")]
    before: Annotated[Any, Field(description="What stood there; null where nothing did")]
    after: Annotated[Any, Field(description="What stands there instead")]


class Version(Shape):
    """One version of a record: who wrote it, when, what it changed, and all of it."""

    version: int
    action: Annotated[str, Field(description="created, updated, deleted, merged or redacted")]
    recorded_by: str
    recorded_at: Instant
    superseded_at: Annotated[Instant | None, Field(description="Null for the standing version")]
    changes: list[Change]
    record: dict[str, Any]


class FieldError(Shape):
    """One thing wrong with a request."""

    pointer: Annotated[
        str, Field(description="JSON pointer into the body, or `?name` of a parameter")
    ]
    detail: str


class Problem(Shape):
    """A problem, as RFC 9457 describes them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/invalid",
                    "title": "The request breaks a rule",
                    "status": 422,
                    "detail": "?limit: must be 200 or less",
                    "instance": "/v1/claims",
                    "request_id": "5f0c9a4e2b7d4d0f8c1e6a3b9d2f7e10",
                    "errors": [{"pointer": "?limit", "detail": "must be 200 or less"}],
                }
            ]
        }
    )

    type: Annotated[str, Field(description="Leads to a page that explains this kind of problem")]
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[FieldError]


@cache
def page_of(item: type[BaseModel]) -> type[BaseModel]:
    """The shape of a page of items."""
    items: Any = list[item]  # type: ignore[valid-type]  # the item is a class made elsewhere
    total: Any = Annotated[int | None, Field(description="With `total=true`: how many match")]
    return create_model(
        f"{item.__name__}Page",
        __base__=Shape,
        __doc__="A page; `next` is the cursor of the one after it, null on the last.",
        items=(items, ...),
        next=(str | None, ...),
        total=(total, None),
    )


KEPT = ("tlp", "audience")
"""What no patch takes away: what nobody says the marking of is for everybody."""


def patch_of(shape: type[BaseModel], name: str) -> type[BaseModel]:
    """The shape of a JSON Merge Patch (RFC 7396) of a shape: the same fields, none required."""
    fields: dict[str, Any] = {
        field: (
            # What a record must have can't be taken away.
            _constrained(info)
            if info.is_required() or field in KEPT
            else Optional[_constrained(info)],  # noqa: UP045 - made at run time
            Field(default=None, description=info.description, json_schema_extra=_left_out),
        )
        for field, info in shape.model_fields.items()
    }
    return create_model(
        name,
        __base__=Shape,
        __doc__="A JSON Merge Patch: fields left out stay, null takes a value away.",
        **fields,
    )


def _constrained(info: FieldInfo) -> Any:
    loose = _loose(info.annotation)
    return Annotated[(loose, *info.metadata)] if info.metadata else loose


def _loose(annotation: Any) -> Any:
    """An annotation in which an object may be given in part, as a merge patch may."""
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        return Annotated[dict[str, Any], BeforeValidator(partial(an_object, annotation))]
    if get_origin(annotation) is dict:
        key, value = get_args(annotation)
        return dict[key, Optional[_loose(value)]]  # type: ignore[misc, valid-type]  # noqa: UP045 - made at run time
    if get_origin(annotation) in {Union, UnionType}:
        return Union[tuple(_loose(option) for option in get_args(annotation))]  # noqa: UP007 - made at run time
    return annotation


def merge(current: Any, patch: Any) -> Any:
    """JSON Merge Patch, RFC 7396 §2."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(current) if isinstance(current, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs between two versions, field by field."""
    return [
        Change(pointer=f"/{name}", before=before.get(name), after=after.get(name))
        for name in dict.fromkeys((*before, *after))
        if _canonical(before.get(name)) != _canonical(after.get(name))
    ]


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=_plain)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
