"""What the handlers of all resources are made with: concrete annotations, answers, words."""

import inspect
from collections.abc import Callable
from typing import Any

from app.kernel import records
from app.kernel.db import Tx
from app.kernel.parents import Parent
from app.kernel.resource import Resource


def typed(
    handler: Callable[..., Any], parent: Parent | None = None, **shapes: Any
) -> Callable[..., Any]:
    """A handler with concrete annotations, and its parent's key in the place of `**under`."""
    signature = inspect.signature(handler)
    parameters = [
        parameter.replace(
            kind=inspect.Parameter.KEYWORD_ONLY,
            annotation=shapes.get(name, parameter.annotation),
            default=inspect.Parameter.empty if name in shapes else parameter.default,
        )
        for name, parameter in signature.parameters.items()
        if name != "under"
    ]
    if parent is not None:
        kind = inspect.Parameter.KEYWORD_ONLY
        parameters.append(inspect.Parameter(parent.noun, kind, annotation=parent.key))
    handler.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # inspect reads it
    return handler


def answer_of(resource: Resource, tx: Tx, row: records.Row) -> records.Row:
    """A record as it stands inside the transaction that writes it."""
    return resource.read(tx.session, row["id"], tx.view)


def article(noun: str) -> str:
    """A noun with its article, as a person reads it."""
    words = noun.replace("_", " ")
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def one(resource: Resource) -> str:
    """One record of a resource, as a person reads it."""
    return resource.called or article(resource.noun)
