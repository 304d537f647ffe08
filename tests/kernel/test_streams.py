"""Lists that are sent whole, longer than what is read of them at once."""

import csv
import io
import json

import pytest
from starlette.testclient import TestClient

from app.dataset import loader
from app.dataset.files import FORM
from tests.conftest import Prepare, Prepared
from tests.helpers import everything

LONG = 1203
"""Records; a block of an export has fewer."""
MANY = "alliances/long/items"


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def lines(text: str) -> list[object]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def prepared(prepare: Prepare, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A long list."""
    folder = tmp_path_factory.mktemp("long")
    alliance = {"slug": "long", "name": "Long"}
    items = [
        {"ref": f"T{number:04}", "alliance": "long", "name": f"Item {number % 7}", "kind": "goods"}
        for number in range(LONG)
    ]
    files = {"alliances": [alliance], "items": items}
    for kind, found in files.items():
        (folder / f"{kind}.json").write_text(json.dumps({"records": found}))
    head = {"dataset": "long", "form": FORM}
    (folder / "dataset.json").write_text(json.dumps(head))

    def fill(client: TestClient) -> None:
        loader.load(client.app.state.database, folder)  # type: ignore[attr-defined]  # a Starlette application has it

    return prepare(fill)


@pytest.mark.parametrize("sort", ["id", "name,-ref"])
def test_a_stream_holds_what_the_pages_hold(client: TestClient, sort: str) -> None:
    pages = everything(client, MANY, sort=sort, limit=200)
    assert len(pages) == LONG
    streamed = client.get(f"/v1/{MANY}", params={"format": "ndjson", "sort": sort})
    assert streamed.headers["content-type"].startswith("application/x-ndjson")
    assert lines(streamed.text) == pages
    rows = table(client.get(f"/v1/{MANY}", params={"format": "csv", "sort": sort}).text)
    assert [row["id"] for row in rows] == [item["id"] for item in pages]


def test_a_stream_obeys_the_filters(client: TestClient) -> None:
    params = {"q": "3", "format": "ndjson"}
    found = everything(client, MANY, q="3")
    assert found
    assert lines(client.get(f"/v1/{MANY}", params=params).text) == found
