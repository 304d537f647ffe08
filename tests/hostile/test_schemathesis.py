"""Schemathesis over the whole document: no 5xx, no answer the document doesn't name.

The suite takes a fixed share of what it tries; TEST_SCHEMATHESIS=all takes everything. Paths get
ids of records that exist wherever the case doesn't want a bad one.
"""

import os
from collections.abc import Iterator
from typing import Any

import schemathesis
from httpx2 import InvalidURL
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks
from schemathesis.checks import CheckFunction
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi import checks as openapi
from starlette.testclient import TestClient

from tests.helpers import Body
from tests.hostile.world import World, make_world

SHARE = 1 if os.environ.get("TEST_SCHEMATHESIS") == "all" else 10
"""One in so many of the cases that Schemathesis derives from the schemas."""
EXAMPLES = 40 // SHARE
"""Random cases an operation, of what the schema takes and of what it doesn't."""

CHECKS: list[CheckFunction] = [
    checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
    openapi.negative_data_rejection,
    openapi.positive_data_acceptance,
    openapi.missing_required_header,
    openapi.unsupported_method,
    openapi.allow_header_conformance,
]
LEFT_OUT = {
    "use_after_free": "needs its stateful mode; deletion has tests of its own",
    "ensure_resource_availability": "needs its stateful mode; every Location is followed elsewhere",
    "ignored_auth": "the service has no keys",
    "object_level_authorization": "the service has no keys",
}
CONFIG: Body = {
    "checks": {
        # What no schema can say: a cursor is the service's own (400), records must exist (404, 409,
        # 410, 422), versions must match (412), years lie between 1800 and 2200 (422).
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", "3xx", "400", "404", "409", "410", "412", "422"]
        },
        # A change of what has gone is refused for that; If-Match is asked for by 428 (RFC 6585),
        # once the change itself is one.
        "negative_data_rejection": {
            "expected-statuses": ["400", "404", "405", "406", "410", "412", "415", "422", "428"]
        },
        "missing_required_header": {"expected-statuses": ["404", "410", "422", "428"]},
    }
}


def test_no_check_is_left_out_silently() -> None:
    checks.load_all_checks()
    known = {check.__name__ for check in checks.CHECKS.get_all()}
    assert {check.__name__ for check in CHECKS} | LEFT_OUT.keys() == known


def ids_for(operation: Any, world: World) -> dict[str, str]:
    """The keys of a path, of records that are there."""
    noun = operation.definition.raw["operationId"].partition("_")[2]
    for ending in ("_versions", "_text"):
        noun = noun.removesuffix(ending)
    names = [parameter.name for parameter in operation.path_parameters]
    return {name: world.ids.get(noun if name == "key" else name, "") for name in names}


def derived(schema: Any, operation: Any, world: World) -> Iterator[Any]:
    """A share of the cases that follow from the schemas: bounds, types, what is missing."""
    cases = schema.iter_coverage_cases(
        operation,
        generation_modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
        generation_config=schema.config.generation,
    )
    for number, case in enumerate(cases):
        if number % SHARE:
            continue
        path = case.meta.components.get(ParameterLocation.PATH)
        if path is None or path.mode is GenerationMode.POSITIVE:
            case.path_parameters.update(ids_for(operation, world))
        yield case


class Probe:
    """Sends cases, and notes what the checks say of the answers."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.tried = 0
        self.faults: dict[str, str] = {}

    def send(self, case: Any) -> None:
        """Send a case."""
        request = case.as_transport_kwargs(base_url="http://testserver")
        assert not request.pop("cookies")
        if "data" in request:
            request["content"] = request.pop("data")
        try:
            response = self.client.request(**request)
        except InvalidURL:
            return  # longer than any client sends
        self.tried += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except (Failure, FailureGroup) as failure:
            fault = f"{case.operation.label}: {failure}"[:2000]
            self.faults.setdefault(fault, case.as_curl_command())

    def send_random(self, operation: Any, mode: GenerationMode, keys: dict[str, str]) -> None:
        """Send cases made at random, though the same in every run."""

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode, path_parameters=keys or None))
        def send(case: Any) -> None:
            self.send(case)

        try:
            send()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE  # nothing there could be wrong


def test_schemathesis_finds_nothing(client: TestClient, document: Body) -> None:
    config = schemathesis.Config.from_dict(CONFIG)
    schema = schemathesis.openapi.from_dict(document, config=config)
    offered: Iterator[Any] = schema.get_all_operations()
    operations = [found.ok() for found in offered]
    assert len(operations) == sum(map(len, document["paths"].values()))
    # What takes records away comes last, and takes them from a world of its own.
    operations.sort(key=takes_away)
    probe = Probe(client)
    world = make_world(client)
    for operation in operations:
        if takes_away(operation):
            world = make_world(client)
        for case in derived(schema, operation, world):
            probe.send(case)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            probe.send_random(operation, mode, ids_for(operation, world))
    assert not probe.faults, "\n".join(f"{fault}\n{curl}" for fault, curl in probe.faults.items())
    assert probe.tried > 1500


def takes_away(operation: Any) -> bool:
    """Whether an operation ends the life of a record."""
    return operation.method == "delete" or operation.path.endswith("/merge")
