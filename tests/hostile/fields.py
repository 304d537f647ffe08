"""What is tried of the fields of every write, and what is wrong with the answers."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.helpers import Body
from tests.hostile.bodies import valid_bodies, valid_patch
from tests.hostile.values import Field, replaced
from tests.hostile.wire import PEDANTRY, Answer
from tests.hostile.world import World, operations

PROBLEM = "application/problem+json"
ANY_ID = "/records/"
"""The filter of a webhook by records, which need not be there: it may wait for their end."""

Write = tuple[str, str, str, Body, Mapping[str, Any]]
"""Operation, method, path, valid body and its schema."""


def writes(document: Mapping[str, Any], world: World, *, closed: bool = False) -> Iterator[Write]:
    """Every POST and PATCH of the document (see `operations`), each with a body it takes."""
    bodies = valid_bodies(world)
    for path, method, operation in operations(document, "post", "patch", closed=closed):
        name = operation["operationId"]
        body = bodies[name] if method == "post" else valid_patch(name, bodies)
        (media,) = operation["requestBody"]["content"].values()
        yield name, method, world.path(path, name), body, media["schema"]


def fault(answer: Answer, pointer: str) -> str:
    """What is wrong with a refusal; empty where it is as it must be."""
    if answer.status != 422:
        return f"answered {answer.status}: {answer.text[:200]}"
    if answer.media != PROBLEM:
        return f"isn't a problem: {answer.media}"
    if PEDANTRY.search(answer.text):
        return f"says {answer.text[:200]}"
    named = [error["pointer"] for error in answer.json()["errors"]]
    if not any(name == pointer or name.startswith(f"{pointer}/") for name in named):
        # A rule about an object as a whole names the object, or the field that breaks it.
        parent = pointer.rsplit("/", 1)[0]
        if not any((name and name.rsplit("/", 1)[0] == parent) or name == parent for name in named):
            return f"names {named}"
    return ""


def misshapen(field: Field, body: Body) -> Iterator[tuple[str, Body]]:
    """Pointers and bodies: without a field that must be said, and with one that there isn't."""
    here: Any = body
    for step in field.steps:
        here = here[step]
    if field.required and field.steps and isinstance(field.steps[-1], str):
        parent: Any = body
        for step in field.steps[:-1]:
            parent = parent[step]
        rest = {key: value for key, value in parent.items() if key != field.steps[-1]}
        yield field.pointer, replaced(body, field.steps[:-1], rest)
    if isinstance(here, dict) and not field.pointer.startswith("/external_ids"):
        yield f"{field.pointer}/unknown", replaced(body, field.steps, {**here, "unknown": 1})
