"""The examples of the default data: all of them work when they are tried."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app import dataset
from app.kernel.config import Settings
from app.kernel.ids import is_id
from app.kernel.openapi import operations
from tests.document import document
from tests.helpers import everything
from tests.hostile.world import ASKING

NAME = Settings().dataset
EXAMPLES = dataset.examples(NAME)
FOLDER = Path(dataset.__file__).parent / NAME
DOCUMENT = document(NAME)
OWN = {
    "get_webhook", "update_webhook", "rotate_webhook", "test_webhook", "list_deliveries",
    "get_delivery", "replay_delivery", "get_signing_key",
    "get_round", "update_round", "list_round_versions", "answer_round", "list_round_answers",
    "get_round_answer", "close_round", "reveal_round", "get_round_results",
}  # fmt: skip
"""Of what is made here: nobody has a webhook or a round before, and each service its own key."""
EMPTY = {
    "list_alliance_rounds", "list_consequence_annotations", "list_rounds", "list_webhooks",
}  # fmt: skip
NOT_HELD = {"get_source_text": "the data set has the hashes of texts, not the texts"}
"""What can't be answered has no example to press."""


APART = ("_versions", "_changes", "_webhooks", "_keys")
"""Lists of what isn't in the files."""
ANSWERED = "2026-02-27T00:00:00Z"
"""The day of which the answers are shown."""
ADMINISTRATION = {"audit", "keys", "principals"}
"""Tags of operations on what no data set brings."""


def made() -> list[str]:
    """The operations by which something is made, and not only asked."""
    return [name for name in named("post") if name not in ASKING]


def named(method: str) -> list[str]:
    """The operations of a method that can be tried at once, in the order of the document."""
    return [
        found["operationId"]
        for _, way, found in operations(DOCUMENT)
        if way == method
        and not ADMINISTRATION & set(found["tags"])
        and found["operationId"] not in OWN
        and not found["operationId"].startswith("redact")  # who redacts says what
    ]


def call(client: TestClient, name: str) -> Any:
    """Call an operation as it stands when "Try it out" is pressed."""
    (path, method, operation), = (
        found for found in operations(DOCUMENT) if found[2]["operationId"] == name
    )  # fmt: skip
    sent: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
    for parameter in operation.get("parameters", ()):
        if "example" in parameter:
            sent[parameter["in"]][parameter["name"]] = parameter["example"]
        elif parameter["in"] == "query" and "default" in parameter["schema"]:
            sent["query"][parameter["name"]] = plain(parameter["schema"]["default"])
    body = operation.get("requestBody", {}).get("content", {})
    media, content = next(iter(body.items())) if body else ("", {})
    return client.request(
        method.upper(),
        re.sub(r"\{(\w+)\}", lambda found: sent["path"][found[1]], path),
        params=sent["query"],
        headers={**sent["header"], **({"Content-Type": media} if media else {})},
        content=json.dumps(content["example"]) if content else None,
    )


def plain(value: Any) -> Any:
    """A value as it stands in an address."""
    return str(value).lower() if isinstance(value, bool) else value


@pytest.mark.parametrize("name", named("get"))
def test_a_read_answers(loaded_client: TestClient, name: str) -> None:
    if name in NOT_HELD:
        (found,) = (o for _, _, o in operations(DOCUMENT) if o["operationId"] == name)
        assert not any("example" in parameter for parameter in found["parameters"])
        return
    answer = call(loaded_client, name)
    assert answer.status_code == 200, answer.text
    if answer.headers["content-type"].startswith(("text/event-stream", "text/markdown")):
        return
    assert answer.json().get("items") != [] or name in EMPTY


@pytest.mark.parametrize("name", sorted(ASKING))
def test_a_question_is_answered(loaded_client: TestClient, name: str) -> None:
    answer = call(loaded_client, name)
    assert answer.status_code == 200, answer.text
    assert answer.json()["moves"]


@pytest.mark.parametrize("name", made())
def test_an_addition_is_made(filled_client: TestClient, name: str) -> None:
    answer = call(filled_client, name)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("name", named("patch"))
def test_a_change_is_made(filled_client: TestClient, name: str) -> None:
    answer = call(filled_client, name)
    assert answer.status_code == 200, answer.text
    assert answer.json()["version"] == 2


def test_additions_do_not_stand_in_each_others_way(filled_client: TestClient) -> None:
    for name in made():
        answer = call(filled_client, name)
        assert answer.status_code == 201, f"{name}: {answer.text}"


def undated(node: Any) -> Any:
    """An answer without the times at which its records were written down."""
    if isinstance(node, dict):
        times = {"created_at", "recorded_at"}
        return {name: undated(value) for name, value in node.items() if name not in times}
    return [undated(value) for value in node] if isinstance(node, list) else node


@pytest.mark.parametrize("name", EXAMPLES["answers"])
def test_an_answer_that_is_shown_is_the_one_given(loaded_client: TestClient, name: str) -> None:
    shown = EXAMPLES["answers"][name]
    (path,) = (path for path, _, found in operations(DOCUMENT) if found["operationId"] == name)
    path = re.sub(r"\{\w+\}", EXAMPLES["records"]["consequences"], path)
    answer = loaded_client.get(path, params={"as_of": ANSWERED}).json()
    if "items" in shown:
        assert len(shown["items"]) == 2
        answer["items"] = answer["items"][:2]
    assert undated(answer) == undated(shown)


def test_a_deletion_has_no_example() -> None:
    for path, method, operation in operations(DOCUMENT):
        if method == "delete":
            shown = {p["name"]: "example" in p for p in operation["parameters"]}
            assert not shown["key"], path


def test_every_example_is_of_an_operation_there_is() -> None:
    every = {operation["operationId"] for _, _, operation in operations(DOCUMENT)}
    own = {name for name in OWN if not name.startswith(("get_", "list_"))}
    assert EXAMPLES["bodies"].keys() == {*named("post"), *named("patch"), *own}
    assert {name.split(".")[0] for name in EXAMPLES["parameters"] if "." in name} <= every


def texts(node: Any) -> Iterator[str]:
    """Every text inside the examples."""
    if isinstance(node, str):
        yield node
    for child in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from texts(child)


def test_every_id_and_slug_is_in_the_data(loaded_client: TestClient) -> None:
    keys: dict[str, set[str]] = {}
    for name in named("get"):
        if name.startswith("list_") and not name.endswith(APART):
            path = next(path for path, _, o in operations(DOCUMENT) if o["operationId"] == name)
            path = re.sub(r"\{(\w+)\}", lambda found: EXAMPLES["records"][f"{found[1]}s"], path)
            rows = everything(loaded_client, path.removeprefix("/v1/"), limit=200)
            found = {row[key] for row in rows for key in ("id", "slug") if key in row}
            keys.setdefault(path.rsplit("/", 1)[1], set()).update(found)
    for kind, key in EXAMPLES["records"].items():
        assert key in keys[kind], kind
    ids = {text for text in texts(EXAMPLES) if is_id(text)}
    assert ids <= set().union(*keys.values())
