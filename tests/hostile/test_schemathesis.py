"""Schemathesis over the whole document: no 5xx, no answer the document doesn't name.

The store is closed, and each role asks with a key of its own. To make a case costs three times what
its answer does; so each is made once, asked by one of the roles in turn, and sent to both kinds of
database, which must answer alike. Most are asked by those who may; every sixth by somebody who may
not, or shows no key. Paths get ids of records that exist wherever the case doesn't want a bad one,
by turns of records that everybody, some and one may see.

The suite takes a fixed share of what it tries; TEST_SCHEMATHESIS=all takes everything.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from httpx2 import InvalidURL, Request, Response
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks
from schemathesis.checks import CheckFunction
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi import checks as openapi
from starlette.testclient import TestClient

from app.kernel.access import ROLES
from app.permissions import PERMISSIONS
from tests.access.people import Headers, People
from tests.helpers import Body
from tests.hostile.wire import Wire, wire_to
from tests.hostile.world import make_world

PARTS = 2
"""Tests that the operations are dealt out to, so that several workers may have some each."""

SHARE = 1 if os.environ.get("TEST_SCHEMATHESIS") == "all" else 10
"""One in so many of the cases that Schemathesis derives from the schemas."""
EXAMPLES = 40 if SHARE == 1 else 2
"""Random cases an operation, of what the schema takes or of what it doesn't."""
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)

CONFORMANCE: list[CheckFunction] = [
    checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
    openapi.unsupported_method,
    openapi.allow_header_conformance,
]
"""What holds of every answer."""
CHECKS: list[CheckFunction] = [
    *CONFORMANCE,
    openapi.negative_data_rejection,
    openapi.positive_data_acceptance,
    openapi.missing_required_header,
]
"""What holds of the answers to who may ask."""
LEFT_OUT = {
    "use_after_free": "needs its stateful mode; deletion has tests of its own",
    "ensure_resource_availability": "needs its stateful mode; every Location is followed elsewhere",
    "ignored_auth": "asks again by itself; here every operation is asked without a key as well",
    "object_level_authorization": "needs its stateful mode; who sees what is in tests/access",
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


STRANGER = "a stranger"
CLEARANCES = {"reader": "CLEAR", "analyst": "AMBER", "editor": "AMBER+STRICT"}
"""Who is let in by the administrator, who sees everything."""
MARKINGS: list[Body] = [{}, {"tlp": "AMBER"}, {"tlp": "RED", "audience": ["chief"]}]
"""Of the records there are: for everybody, for some, for the administrator alone."""
UNDECIDED = "to be filled in"
MET = {
    (STRANGER, 401), ("reader", 200), ("reader", 403), ("reader", 404), ("analyst", 200),
    ("analyst", 404), ("editor", 200), ("editor", 404), ("admin", 200),
}  # fmt: skip
"""What each part of the cases leads to, among much else."""
REFUSE_EVERY = 6
"""One in so many cases is asked by who may not."""


# --- Cases ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tried:
    """A case, and the keys of its path that are to be of records that are there."""

    case: Any
    keys: Sequence[str]


def cases_of(schema: Any, operation: Any, number: int) -> list[Tried]:
    """What is tried of an operation: derived cases of one mode and random ones of the other."""
    names = [parameter.name for parameter in operation.path_parameters]
    turn = number % 2
    some, others = (MODES, MODES) if SHARE == 1 else ((MODES[turn],), (MODES[1 - turn],))
    found = list(derived(schema, operation, some, names))
    for mode in others:
        found += [Tried(case, names) for case in at_random(operation, mode, names)]
    return found


def derived(
    schema: Any, operation: Any, modes: Sequence[GenerationMode], names: Sequence[str]
) -> Iterator[Tried]:
    """A share of the cases that follow from the schemas: bounds, types, what is missing."""
    cases = schema.iter_coverage_cases(
        operation,
        generation_modes=list(modes),
        generation_config=schema.config.generation,
    )
    for number, case in enumerate(cases):
        if number % SHARE:
            continue
        path = case.meta.components.get(ParameterLocation.PATH)
        there = path is None or path.mode is GenerationMode.POSITIVE
        yield Tried(case, names if there else ())


def at_random(operation: Any, mode: GenerationMode, names: Sequence[str]) -> list[Any]:
    """Cases made at random, though the same in every run."""
    found: list[Any] = []
    keys = dict.fromkeys(names, UNDECIDED)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=keys or None))
    def keep(case: Any) -> None:
        found.append(case)

    try:
        keep()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # nothing there could be wrong
    return found


def turn_of(operation: Any) -> int:
    """When an operation has its turn: what takes records away comes last, the widest at the end."""
    away = operation.method == "delete" or operation.path.endswith("/merge")
    widest = ("/consequences/{key}", "/alliances/{key}")
    return away + (operation.method == "delete" and operation.path.endswith(widest))


# --- Who asks, and where --------------------------------------------------------------------------


class Closed:
    """A closed store, with who may ask in it, and records for the cases."""

    def __init__(self, client: TestClient, wire: Wire) -> None:
        self.client, self.wire = client, wire
        people = People(client)
        self.who: dict[str, Headers] = {STRANGER: {}, "admin": people.admin}
        for role, clearance in CLEARANCES.items():
            self.who[role] = people.join(role, role, clearance=clearance)
        client.headers.update(people.admin)
        self.worlds = [make_world(client, closed=True, **marked) for marked in MARKINGS]

    def ids(self, operation: Any, turn: int) -> dict[str, str]:
        """The keys of a path, of records that are there."""
        world = self.worlds[turn % len(self.worlds)]
        noun = operation.definition.raw["operationId"].partition("_")[2]
        for ending in ("_versions", "_text"):
            noun = noun.removesuffix(ending)
        names = [parameter.name for parameter in operation.path_parameters]
        return {name: world.ids.get(noun if name == "key" else name, "") for name in names}

    def answer(self, who: str, request: Request) -> Response:
        """What somebody is answered."""
        headers = {
            name: value for name, value in request.headers.items() if name != "authorization"
        }
        headers |= self.who[who]
        sent = {name: value.encode("latin-1", "replace") for name, value in headers.items()}
        answer = self.wire.send(request.method, request.url.raw_path, request.read(), sent)
        found = Response(answer.status, headers=answer.headers, content=answer.body)
        found.request, found.elapsed = request, timedelta(0)
        return found


class Probe:
    """Sends cases to the stores, and notes what the checks say of the answers."""

    def __init__(self, stores: list[Closed]) -> None:
        self.stores = stores
        self.tried = 0
        self.met = set[tuple[str, int]]()
        self.faults: dict[str, str] = {}

    def send_all(self, operation: Any, cases: Sequence[Tried]) -> None:
        """Send the cases of an operation, by the roles in turn."""
        needed = PERMISSIONS[f"{operation.method.upper()} {operation.path.removeprefix('/v1')}"]
        able = [role for role in ROLES if needed in ROLES[role]]
        unable = [STRANGER, *(role for role in ROLES if needed not in ROLES[role])]
        for number, tried in enumerate(cases):
            turn, place = divmod(number, REFUSE_EVERY)
            may = place < REFUSE_EVERY - 1
            asking = able[number % len(able)] if may else unable[turn % len(unable)]
            self.send(operation, tried, asking, number // len(able), may=may)

    def send(self, operation: Any, tried: Tried, asking: str, turn: int, *, may: bool) -> None:
        """Send a case as somebody."""
        case = tried.case
        answers: list[Response] = []
        for store in self.stores:
            if tried.keys:
                case.path_parameters.update(store.ids(operation, turn))
            said = case.as_transport_kwargs(base_url="http://testserver")
            assert not said.pop("cookies")
            if "data" in said:
                said["content"] = said.pop("data")
            try:
                request = store.client.build_request(**said)
            except InvalidURL:
                return  # longer than any client sends
            steps = request.url.raw_path.partition(b"?")[0].count(b"/")
            if steps != case.operation.path.count("/"):
                return  # a key of dots, which the client takes for a way through the path
            answers.append(store.answer(asking, request))
        self.tried += 1
        self.met |= {(asking, answer.status_code) for answer in answers}
        told = {(answer.status_code, answer.headers.get("content-type")) for answer in answers}
        if len(told) > 1:
            self.note(case, asking, f"the databases answer differently: {told}")
        self.judge(case, asking, answers[-1], may=may)

    def judge(self, case: Any, asking: str, answer: Response, *, may: bool) -> None:
        """Note what is wrong with an answer."""
        refused = answer.status_code == (401 if asking == STRANGER else 403)
        if not may and case.method.lower() == case.operation.method and not refused:
            self.note(case, asking, f"may not, and is answered {answer.status_code}")
        if asking == "admin" and answer.status_code in {401, 403}:
            self.note(case, asking, f"may, and is answered {answer.status_code}")
        try:
            case.validate_response(answer, checks=CONFORMANCE if refused else CHECKS)
        except (Failure, FailureGroup) as failure:
            self.note(case, asking, str(failure))

    def note(self, case: Any, asking: str, fault: str) -> None:
        """Note a fault, once."""
        fault = f"{case.operation.label}, {asking}: {fault}"[:2000]
        self.faults.setdefault(fault, case.as_curl_command())


@pytest.mark.parametrize("part", range(PARTS))
def test_schemathesis_finds_nothing(both_clients: list[TestClient], part: int) -> None:
    document = both_clients[0].get("/openapi.json").json()
    config = schemathesis.Config.from_dict(CONFIG)
    schema = schemathesis.openapi.from_dict(document, config=config)
    offered: Iterator[Any] = schema.get_all_operations()
    operations = [found.ok() for found in offered]
    assert len(operations) == sum(map(len, document["paths"].values()))
    # Each part has its share of every method: bodies cost most.
    operations.sort(key=lambda operation: (turn_of(operation), operation.method))
    with ExitStack() as stack:
        wires = [stack.enter_context(wire_to(client.app)) for client in both_clients]
        stores = [Closed(*both) for both in zip(both_clients, wires, strict=True)]
        probe = Probe(stores)
        for number, operation in enumerate(operations[part::PARTS]):
            probe.send_all(operation, cases_of(schema, operation, number))
    assert not probe.faults, "\n".join(f"{fault}\n{curl}" for fault, curl in probe.faults.items())
    assert probe.tried > 1000 / PARTS
    assert probe.met >= MET
    assert 201 in {status for _, status in probe.met}
