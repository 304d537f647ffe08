"""The OpenAPI document: valid, told in one voice, and reviewed when it changes."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from app import api
from app.kernel.config import Settings
from app.kernel.errors import Problem
from app.kernel.openapi import operations, ways
from app.main import create_app
from tests.document import document
from tests.hostile.world import ASKING

SNAPSHOT = Path(__file__).with_name("snapshot.json")
ADDRESS = "urn:document"
Node = dict[str, Any]


BARE = document("none")
FULL = document(Settings().dataset)
OPERATIONS = {operation["operationId"]: (path, method, operation)
              for path, method, operation in operations(FULL)}  # fmt: skip


def resolved(node: Node) -> Node:
    """A node, or what its reference leads to."""
    while "$ref" in node:
        _, *steps = node["$ref"].split("/")
        node = FULL
        for step in steps:
            node = node[step]
    return node


def validator(schema: Node) -> Draft202012Validator:
    """A validator of a schema that stands in the document."""
    registry: Any = Registry().with_resource(ADDRESS, DRAFT202012.create_resource(FULL))
    absolute = json.loads(json.dumps(schema).replace('"$ref": "#', f'"$ref": "{ADDRESS}#'))
    return Draft202012Validator(absolute, registry=registry)


def nodes(node: Any) -> Iterator[Node]:
    """Every object of the document."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    for child in node if isinstance(node, list) else ():
        yield from nodes(child)


# --- The whole ----------------------------------------------------------------------------------


def test_the_document_is_valid_openapi() -> None:
    assert FULL["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(FULL).validate()


def test_the_document_is_the_reviewed_one() -> None:
    assert json.loads(SNAPSHOT.read_text(encoding="utf-8")) == BARE, (
        "The API has changed. Where that is meant, run `make openapi` and review the difference."
    )


def test_the_data_brings_examples_and_nothing_else() -> None:
    stripped = deepcopy(FULL)
    for node in nodes(stripped["paths"]):
        node.pop("example", None)
    assert stripped == BARE


def test_no_example_stands_in_the_document_without_data() -> None:
    assert not [node for node in nodes(BARE["paths"]) if "example" in node]


# --- Operations ---------------------------------------------------------------------------------


def test_tags_come_in_the_order_a_newcomer_reads() -> None:
    assert [tag["name"] for tag in FULL["tags"]] == [name for name, _, _ in api.TAGS]
    assert [tag["name"] for tag in FULL["tags"]][:3] == ["alliances", "consequences", "judgement"]
    assert all(tag["description"] for tag in FULL["tags"])


def test_operation_ids_are_unique_words() -> None:
    ids = [operation["operationId"] for _, _, operation in operations(FULL)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", name) for name in ids)


def test_no_two_operations_have_the_same_summary() -> None:
    summaries = [operation["summary"] for _, _, operation in operations(FULL)]
    assert len(set(summaries)) == len(summaries)


def test_what_is_told_of_a_wrong_path_or_method_is_what_the_document_has() -> None:
    app = create_app(Settings(database_url="sqlite:///nowhere.db"))
    told: dict[str, dict[str, str]] = {}
    for path, method, operation in operations(FULL):
        told.setdefault(path, {})[method] = operation["summary"]
    assert ways(app) == told


def test_an_operation_says_what_it_is() -> None:
    for name, (_, _, operation) in OPERATIONS.items():
        assert len(operation["tags"]) == 1, name
        assert re.fullmatch(r"[A-Z][^\n]{3,90}[^.\n]", operation["summary"]), name
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], parameter["name"]
            assert {"type": "null"} not in parameter["schema"].get("anyOf", ()), parameter["name"]


def test_an_operation_answers_problems_as_problems() -> None:
    for name, (path, method, operation) in OPERATIONS.items():
        responses = operation["responses"]
        wanted = {"422", "429", "500", "503"}
        if "{" in path:
            wanted |= {"404", "410"}
        if method in {"post", "patch"}:
            wanted |= {"400", "409", "413", "415"}
        if method in {"patch", "delete"}:
            wanted |= {"412", "428"}
        assert wanted <= responses.keys(), name
        for status, response in responses.items():
            if status >= "400":
                content = resolved(response)["content"]
                assert list(content) == ["application/problem+json"], name
                schema = content["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, name


def test_an_operation_documents_its_headers_and_bodies() -> None:
    for name, (_, method, operation) in OPERATIONS.items():
        headers = {p["name"]: p for p in operation.get("parameters", ()) if p["in"] == "header"}
        body = operation.get("requestBody", {}).get("content", {})
        if name in ASKING:
            assert list(body) == ["application/json"], name
            assert "201" not in operation["responses"], name
        elif method == "post":
            assert "Idempotency-Key" in headers, name
            assert list(body) == ["application/json"], name
            assert {"ETag", "Location"} <= operation["responses"]["201"]["headers"].keys(), name
        elif method == "patch":
            assert headers["If-Match"]["required"], name
            assert list(body) == ["application/merge-patch+json"], name
        elif method == "delete":
            assert headers["If-Match"]["required"], name
        elif "text/event-stream" in operation["responses"]["200"]["content"]:
            assert "Last-Event-ID" in headers, name
        else:
            assert "304" in operation["responses"], name
            assert "ETag" in operation["responses"]["200"].get("headers", {}), name


def taking(parameter: str) -> list[str]:
    """The operations that have a parameter."""
    return [
        name
        for name, (_, _, operation) in OPERATIONS.items()
        if parameter in {found["name"] for found in operation.get("parameters", ())}
    ]


@pytest.mark.parametrize("name", taking("format"))
def test_what_can_be_a_table_documents_its_formats(name: str) -> None:
    operation = OPERATIONS[name][2]
    content = operation["responses"]["200"]["content"]
    table = ["application/json", "text/csv", "application/x-ndjson"]
    page = ["text/markdown", "text/html", "application/pdf"]
    assert list(content) == (page if name == "get_brief" else table)
    assert "406" in operation["responses"]


@pytest.mark.parametrize("name", taking("bom"))
def test_a_list_documents_its_names(name: str) -> None:
    operation = OPERATIONS[name][2]
    parameters = {p["name"]: p["description"] for p in operation["parameters"]}
    assert "`id`" in parameters["sort"]
    assert "`" in parameters.get("include", "`")


# --- Components ---------------------------------------------------------------------------------


def test_component_names_are_words() -> None:
    assert all(re.fullmatch("[A-Z][A-Za-z]+", name) for name in FULL["components"]["schemas"])
    assert "Problem" in FULL["components"]["schemas"]


def test_a_filter_that_is_not_given_has_no_default() -> None:
    for _, _, operation in OPERATIONS.values():
        for parameter in operation.get("parameters", ()):
            assert parameter["schema"].get("default") != [], parameter["name"]


def test_the_sample_of_a_problem_is_a_real_one() -> None:
    sample = FULL["components"]["schemas"]["Problem"]["examples"][0]
    assert sample["type"] == f"/problems/{Problem.known['invalid'].slug}"
    assert (sample["title"], sample["status"]) == (Problem.known["invalid"].title, 422)
    assert sample["errors"]


def test_every_component_is_used() -> None:
    used = {node["$ref"] for node in nodes(FULL) if isinstance(node.get("$ref"), str)}
    used |= {f"#/components/securitySchemes/{name}" for way in FULL["security"] for name in way}
    for section, entries in FULL["components"].items():
        for name in entries:
            assert f"#/components/{section}/{name}" in used


@pytest.mark.parametrize("name", ["JudgementDetail", "HistoryPage", "RiskMatrix", "Diff", "Lint"])
def test_every_field_of_what_is_judged_is_described(name: str) -> None:
    """Numbers above all: what they count or measure, and in which range."""
    schemas = FULL["components"]["schemas"]
    waiting, seen = [name], set[str]()
    while waiting:
        here = waiting.pop()
        seen.add(here)
        for field, schema in schemas[here]["properties"].items():
            assert schema.get("description"), f"{here}.{field}"
            referred = {node["$ref"].rsplit("/", 1)[1] for node in nodes(schema) if "$ref" in node}
            waiting += referred - seen
    assert len(seen) > 1


def test_schemas_use_the_words_of_json_schema() -> None:
    assert not [node for node in nodes(FULL) if {"ge", "gt", "le", "lt"} & node.keys()]


def test_nothing_python_shows() -> None:
    assert "app." not in SNAPSHOT.read_text(encoding="utf-8")


# --- Examples -----------------------------------------------------------------------------------


def test_every_example_is_valid() -> None:
    for name, (_, _, operation) in OPERATIONS.items():
        for parameter in operation.get("parameters", ()):
            if "example" in parameter:
                validator(parameter["schema"]).validate(parameter["example"])
        for media in operation.get("requestBody", {}).get("content", {}).values():
            # No data set brings those; and who redacts says what.
            bare = {"keys", "principals"} & set(operation["tags"]) or name.startswith("redact_")
            if not bare:
                validator(media["schema"]).validate(media["example"])
        answer = (
            operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
        )
        if "example" in answer:
            validator(answer["schema"]).validate(answer["example"])


def test_every_example_of_a_schema_is_valid() -> None:
    checked = 0
    for node in nodes(FULL):
        for example in node.get("examples", ()) if isinstance(node.get("examples"), list) else ():
            validator({key: node[key] for key in node if key != "examples"}).validate(example)
            checked += 1
    assert checked
