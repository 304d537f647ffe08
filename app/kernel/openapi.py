"""The OpenAPI document: what FastAPI makes of the routes, put right where it falls short.

FastAPI describes each route; the rules every route obeys stand here once, so that a new resource is
described like the others without a word of its own.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from app.kernel.errors import Problem
from app.kernel.formats import JSON, PROBLEM
from app.kernel.resource import Listed
from app.kernel.schemas import Problem as ProblemShape

MERGE_PATCH = "application/merge-patch+json"
SECURITY: Mapping[str, Any] = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of a principal (`ent_…`), or a token of the configured issuer",
    }
}
METHODS = ("get", "post", "put", "patch", "delete")
REF = "#/components/schemas/"

Node = dict[str, Any]


def document(
    app: FastAPI, tags: Sequence[Mapping[str, str]], examples: Mapping[str, Any]
) -> dict[str, Any]:
    """The document, made once.

    `examples` come with the configured data, so that "Try it out" has something true to try:
    `records` by kind (the keys in paths), `parameters` by `name` or `operation.name`, and by
    operation id the `bodies` of requests and the `answers` of reads, lists cut short.
    """
    if app.openapi_schema:
        return app.openapi_schema
    found = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        summary=app.summary,
        description=app.description.strip(),
        routes=app.routes,
        tags=[dict(tag) for tag in tags],
        license_info=app.license_info,
    )
    problems = _problems()
    for path, method, operation in operations(found):
        for parameter in operation.get("parameters", ()):
            _parameter(parameter)
        if method == "get":
            _names(path, operation)
        _responses(path, operation, problems)
    found["components"] = {**_components(found, problems), "securitySchemes": SECURITY}
    # An open service needs none.
    found["security"] = [*({name: []} for name in SECURITY), {}]
    _plain(found["components"]["schemas"])
    _plain(found["paths"])
    for path, method, operation in operations(found):
        _with_examples(path, method, operation, examples)
        _merge_patch(method, operation)
    app.openapi_schema = found
    return found


def operations(found: Mapping[str, Any]) -> Iterator[tuple[str, str, Node]]:
    """Every operation of a document, with its path and method."""
    for path, item in found["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


Ways = Mapping[str, Mapping[str, str]]
"""The methods of each path, with what they do."""


def ways(app: FastAPI) -> Ways:
    """What the document tells of; to look at the routes takes a thousandth of making it."""
    found: dict[str, dict[str, str]] = {}
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute) and route.include_in_schema:
            methods = found.setdefault(route.path_format or "", {})
            methods.update((method.lower(), route.summary or "") for method in route.methods or ())
    return found


def allowed(known: Ways, path: str) -> str:
    """The methods that a path takes, for `Allow`; what isn't documented is only read."""
    for template in _templates(known, path):
        methods = [method.upper() for method in METHODS if method in known[template]]
        return ", ".join([*methods, "HEAD"] if "GET" in methods else methods)
    return "GET, HEAD"


def beside(known: Ways, path: str) -> str:
    """What may have been meant by a path that isn't there."""
    plain = path.rstrip("/")
    if plain != path and _templates(known, plain):
        return f"; {plain} is there, without the slash at its end."
    return "; /docs lists those there are."


def instead(known: Ways, path: str, method: str) -> str:
    """The methods that a path takes; of a record that is never edited, what can be done with it."""
    methods = allowed(known, path)
    told = re.sub("(PATCH|DELETE)", r"\1 (with If-Match)", methods)
    words = f"This path takes {told}, not {method}."
    template = next(iter(_templates(known, path)), "")
    if not template.endswith("/{key}") or "PATCH" in methods or "DELETE" in methods:
        return words
    posts = {step: does["post"] for step, does in known.items() if "post" in does}
    acts = {
        path + step.removeprefix(template): summary
        for step, summary in posts.items()
        if re.fullmatch(re.escape(template) + "/[a-z_]+", step)
    }
    # Another record takes its place; the content of this one is the last thing to take away.
    base, _, kind = template.removesuffix("/{key}").rpartition("/")
    if f"{base}/{kind}" in posts:
        makers = {path.rpartition("/")[0]: posts[f"{base}/{kind}"]}
    else:
        makers = {step: posts[step] for step in posts if step.endswith(f"/{kind}")}
    every = sorted({**acts, **makers}.items(), key=lambda act: act[0].endswith("/redact"))
    return words + "".join(f" `POST {step}`: {summary}." for step, summary in every)


def _templates(known: Ways, path: str) -> list[str]:
    """The documented paths that a path is one of."""
    return [
        template for template in known if re.fullmatch(re.sub(r"{[^}]+}", "[^/]+", template), path)
    ]


# --- Parameters ---------------------------------------------------------------------------------


def _parameter(parameter: Node) -> None:
    """One parameter as it is sent: never null, and described even where it explains itself."""
    schema = parameter["schema"]
    outer = schema.pop("description", "")
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        del schema["anyOf"]
        schema.update(options[0])
    if schema.get("default") == []:
        # A filter that isn't given; viewers show it as an empty text.
        del schema["default"]
    inner = schema.pop("description", "")
    text = outer or inner or _filter(parameter["name"], schema)
    parameter["description"] = f"{text} ({inner})" if outer and inner else text
    if parameter["name"] == "If-Match":
        # The service says 428 rather than 422 where it is missing; nobody should find out.
        parameter["required"] = True


_BOUNDS = {
    "_min": "`{}` is this or more",
    "_max": "`{}` is this or less",
    "_from": "`{}` is on this day or later",
    "_to": "`{}` is earlier than this",
}
_BOUNDED = {"effective": "effective_at", "resolves": "resolves_on"}
"""Fields that bounds are put to, where they are called otherwise."""


def _filter(name: str, schema: Mapping[str, Any]) -> str:
    """What a filter does, from its name and its type: lists follow one rule (see `listing`)."""
    for ending, text in _BOUNDS.items():
        if name.endswith(ending):
            field = name.removesuffix(ending)
            return "Only where " + text.format(_BOUNDED.get(field, field))
    if schema.get("type") == "array":
        return f"Only where `{name}` is this; repeat it for any of several"
    return f"Only where `{name}` is this"


def _names(path: str, operation: Node) -> None:
    """Say which names `sort` and `include` take; drop `include` where it takes none."""
    kind = path.removesuffix("/{key}").rsplit("/", 1)[1]
    resource = Listed.every.get(kind)
    if resource is None:
        return
    parameters = operation.get("parameters", [])
    for parameter in list(parameters):
        if parameter["name"] == "sort":
            parameter["description"] += f": {_listed(resource.query.sorts)}"
        elif parameter["name"] == "include" and resource.expands:
            parameter["description"] += f": {_listed(resource.expands)}"
        elif parameter["name"] == "include":
            parameters.remove(parameter)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


# --- Answers ------------------------------------------------------------------------------------

_DONE = {"200": "What was asked for", "201": "Made", "204": "Deleted"}


def _problems() -> dict[str, Node]:
    """The problem answers, one a status, each under the name of its commonest problem."""
    kinds: dict[int, type[Problem]] = {}
    for kind in Problem.known.values():
        kinds.setdefault(kind.status, kind)
    content = {PROBLEM: {"schema": {"$ref": f"{REF}Problem"}}}
    found: dict[str, Node] = {
        f"{status}": {"description": kinds[status].title, "content": content}
        for status in sorted(kinds)
    }
    for status in ("429", "503"):
        found[status]["headers"] = {
            "Retry-After": {
                "description": "In how many seconds to ask again",
                "schema": {"type": "integer", "minimum": 1},
            }
        }
    return found


def _responses(path: str, operation: Node, problems: Mapping[str, Node]) -> None:
    """Answers as they are: problems as problems, and none that can't occur."""
    responses = operation["responses"]
    for status, response in responses.items():
        if status in problems:
            responses[status] = {"$ref": f"#/components/responses/{status}"}
        elif status == "304":
            response.pop("content", None)
        elif response["description"] == "Successful Response":
            response["description"] = _DONE[status]
    if "{" not in path:
        # Nothing in such a path can be missing or deleted.
        for status in ("308", "404", "410"):
            responses.pop(status, None)
    operation["responses"] = {status: responses[status] for status in sorted(responses)}


def _merge_patch(method: str, operation: Node) -> None:
    """A change is documented under its own media type alone.

    Client generators make nothing that works of one shape under two types.
    """
    if method == "patch":
        body = operation["requestBody"]
        body["content"] = {MERGE_PATCH: body["content"][JSON]}
        body["description"] = f"Sent as {JSON} it is taken the same way"


# --- Schemas ------------------------------------------------------------------------------------


def _components(found: Mapping[str, Any], problems: Mapping[str, Node]) -> Node:
    """The schemas and the problems in use, the schemas under names a person would give them.

    A shape that is both sent and answered has two schemas, since an answer leaves nothing out:
    the one that is sent is called `…In`, as the shapes that are only sent are.
    """
    shape = ProblemShape.model_json_schema(ref_template=REF + "{model}")
    schemas = {**found["components"]["schemas"], **shape.pop("$defs"), "Problem": shape}
    names = {name: name.replace("-Input", "In").replace("-Output", "") for name in schemas}
    for schema in schemas.values():
        # Both are there only where they were asked for.
        for name in {"included", "total"} & set(schema.get("required", ())):
            schema["required"].remove(name)
    _rename(found, {REF + old: REF + new for old, new in names.items()})
    components = {
        "schemas": {names[name]: schema for name, schema in schemas.items()},
        "responses": problems,
    }
    used = _reached(found["paths"], components)
    return {
        section: {name: entries[name] for name in sorted(entries) if (section, name) in used}
        for section, entries in components.items()
    }


def _rename(node: Any, names: Mapping[str, str]) -> None:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            node["$ref"] = names.get(node["$ref"], node["$ref"])
        mapping = node.get("mapping")
        if isinstance(mapping, dict):
            node["mapping"] = {key: names.get(ref, ref) for key, ref in mapping.items()}
    for child in _children(node):
        _rename(child, names)


def _reached(node: Any, components: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The components that a part of the document leads to, as sections and names."""
    reached: set[tuple[str, str]] = set()
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict) and isinstance(here.get("$ref"), str):
            section, name = here["$ref"].split("/")[-2:]
            if (section, name) not in reached:
                reached.add((section, name))
                waiting.append(components[section][name])
        waiting.extend(_children(here))
    return reached


_KEYWORDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def _plain(node: Any) -> None:
    """Drop the titles made from names, which say nothing, and put bounds into JSON Schema's words.

    Pydantic writes the bound of a nullable number under Python's name.
    """
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        for python, keyword in _KEYWORDS.items():
            if isinstance(node.get(python), int | float):
                bound = node.pop(python)
                for option in node.get("anyOf", [node]):
                    if option.get("type") in {"integer", "number"}:
                        option[keyword] = bound
    for child in _children(node):
        _plain(child)


def _children(node: Any) -> Iterator[Any]:
    """What is inside a node, less what is data and no schema."""
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key not in {"examples", "default"})
    elif isinstance(node, list):
        yield from node


# --- Examples -----------------------------------------------------------------------------------


def _with_examples(path: str, method: str, operation: Node, examples: Mapping[str, Any]) -> None:
    records, parameters = examples.get("records", {}), examples.get("parameters", {})
    name = operation["operationId"]
    for parameter in operation.get("parameters", ()):
        own = parameter["name"]
        example = parameters.get(f"{name}.{own}", parameters.get(own))
        # Who deletes or redacts says what: no example stands ready; nor where the data say null.
        ends = (method, own) == ("delete", "key") or path.endswith("/redact")
        none = ends or f"{name}.{own}" in parameters
        if example is None and parameter["in"] == "path" and not none:
            kind = re.search(rf"/([a-z_]+)/{{{own}}}", path)
            example = records.get(kind[1]) if kind else None
        if example is not None:
            parameter["example"] = example
    body = examples.get("bodies", {}).get(name)
    if body is not None:
        for media in operation.get("requestBody", {}).get("content", {}).values():
            media["example"] = body
    answer = examples.get("answers", {}).get(name)
    if answer is not None:
        operation["responses"]["200"]["content"][JSON]["example"] = answer
