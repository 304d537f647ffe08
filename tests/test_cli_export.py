"""The command line: export and openapi."""

import csv
import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.kernel.config import Settings
from app.kernel.db import Database
from tests.command import entente, refused, succeeded
from tests.document import document
from tests.helpers import everything

REPLAYED = "as_of=2026-02-27"


@pytest.fixture
def loaded_url(loaded_database: Database) -> str:
    """The URL of the default data, only to be read."""
    return loaded_database.engine.url.render_as_string(hide_password=False)


@pytest.mark.parametrize(
    "path", ["claims", "actors", "sources", "ratings", "alliances/russia-dprk/consequences"]
)
@pytest.mark.parametrize("form", ["csv", "ndjson", "json"])
def test_an_export_is_the_answer_of_the_service(
    loaded_client: TestClient, loaded_url: str, path: str, form: str
) -> None:
    name, _, moment = REPLAYED.partition("=")
    result = entente(loaded_url, "export", path, "--format", form, "--param", REPLAYED)
    if form == "json":
        found = json.loads(succeeded(result))
        items = everything(loaded_client, path, **{name: moment})
        assert found == {"items": items, "next": None}
        assert items
    else:
        answer = loaded_client.get(f"/v1/{path}", params={name: moment, "format": form})
        assert answer.status_code == 200
        succeeded(result)
        assert result.stdout_bytes == answer.content


def test_an_export_is_csv_unless_said_otherwise(loaded_url: str) -> None:
    rows = list(csv.DictReader(succeeded(entente(loaded_url, "export", "actors")).splitlines()))
    assert {row["ref"] for row in rows} >= {"A01", "A02"}


def test_parameters_choose_what_is_exported(loaded_client: TestClient, loaded_url: str) -> None:
    params = ["--param", "kind=state", "--param", "kind=person", "--param", "fields=ref,kind"]
    told = succeeded(entente(loaded_url, "export", "/actors/", "--format", "ndjson", *params))
    found = [json.loads(line) for line in told.splitlines()]
    wanted = everything(loaded_client, "actors", kind=["state", "person"], fields="ref,kind")
    assert found == wanted
    assert {item["kind"] for item in found} <= {"state", "person"}


def test_a_value_may_hold_any_character(loaded_url: str) -> None:
    arguments = ["export", "claims", "--format", "ndjson", "--param", "q=über & ja=nein #1"]
    assert succeeded(entente(loaded_url, *arguments)) == ""


@pytest.mark.parametrize(("form", "lines"), [("csv", 1), ("ndjson", 0), ("json", 2)])
def test_an_empty_list_is_exported_whole(database_url: str, form: str, lines: int) -> None:
    told = succeeded(entente(database_url, "export", "actors", "--format", form))
    assert len(told.splitlines()) == lines
    if form == "json":
        assert json.loads(told) == {"items": [], "next": None}


@pytest.mark.parametrize("form", ["csv", "ndjson", "json"])
def test_a_file_is_written_whole_or_not_at_all(loaded_url: str, tmp_path: Path, form: str) -> None:
    out = tmp_path / "claims"
    wanted = entente(loaded_url, "export", "claims", "--format", form).stdout_bytes
    assert succeeded(entente(loaded_url, "export", "claims", "--format", form, "--out", out)) == ""
    assert out.read_bytes() == wanted
    refused(entente(loaded_url, "export", "nothing", "--format", form, "--out", out))
    assert out.read_bytes() == wanted
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["clams"], "/v1/clams isn't a list.", 1),
        ([""], "/v1/ isn't a list.", 1),
        (["../healthz"], "/v1/../healthz isn't a list.", 1),
        (["actors?kind=state&q=x"], "apart: actors --param kind=state --param q=x", 2),
        (["actors/dprk"], "/v1/actors/dprk isn't a list.", 1),
        (["alliances/unheard-of/items"], "There is no record 'unheard-of' in alliances.", 1),
        (["claims", "--param", "colour=red"], "/v1/claims: ?colour: ", 1),
        (["claims", "--param", "as_of=soon"], "/v1/claims: ?as_of: ", 1),
        (["claims", "--param", "colour"], "must be NAME=VALUE", 2),
        (["claims", "--param", "limit=1"], "format, limit and cursor are the export's own", 2),
        (["claims", "--format", "xml"], "'xml' is not one of 'csv', 'ndjson', 'json'", 2),
        (["claims", "--out", "/nowhere/x.csv"], "There is no folder /nowhere.", 1),
        ([], "Missing argument 'KIND'", 2),
    ],
)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_what_cannot_be_exported_is_told_in_a_line(
    loaded_url: str, arguments: list[str], words: str, code: int
) -> None:
    assert words in refused(entente(loaded_url, "export", *arguments), code)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_document_is_that_of_the_service(loaded_client: TestClient, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/unused.db"
    told = succeeded(entente(url, "openapi"))
    assert json.loads(told) == document(Settings().dataset)
    out = tmp_path / "openapi.json"
    assert succeeded(entente(url, "openapi", "--out", out, dataset="none")) == ""
    assert json.loads(out.read_text()) == loaded_client.get("/openapi.json").json()
    assert not (tmp_path / "unused.db").exists()
