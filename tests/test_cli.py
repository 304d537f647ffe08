"""The command line: help, migrate, load. `test_cli_export` and `test_cli_serve` have the rest."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app import dataset
from app.cli import main
from app.dataset.files import FORM, ORDER
from app.kernel.db import Database
from app.kernel.migrations import head
from app.kernel.tables import Record, table_of
from tests.command import entente, refused, succeeded
from tests.dataset import tiny
from tests.document import document
from tests.helpers import everything, patch, read

NOWHERE = "sqlite:////nowhere/at/all.db"
DEFAULT = Path(dataset.__file__).parent / "russia-dprk"
SOURCE: dict[str, Any] = {"slug": "paper", "title": "Paper"}
CLAIM: dict[str, Any] = {"ref": "C01", "statement": "So.", "modality": "asserted"}


def write(folder: Path, **files: list[dict[str, Any]]) -> Path:
    """A data set."""
    folder.mkdir(exist_ok=True)
    (folder / "dataset.json").write_text(json.dumps({"dataset": "own", "form": FORM}))
    for kind, records in files.items():
        (folder / f"{kind}.json").write_text(json.dumps({"records": records}))
    return folder


def count(database: Database, kind: str) -> int:
    table = table_of(Record.kinds[kind])
    with database.read() as session:
        return session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


# --- Help ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", *main.commands])
def test_help_says_what_a_command_does_in_lines_a_terminal_holds(name: str) -> None:
    said = succeeded(entente(NOWHERE, *filter(None, [name]), "--help"))
    assert said.startswith(f"Usage: entente {name}".rstrip())
    assert all(len(line) <= 80 for line in said.splitlines())
    command = main.commands[name] if name else main
    assert command.help is not None
    assert " ".join(command.help.split()) in " ".join(said.split())
    for parameter in command.params:
        for option in parameter.opts:
            assert option in said or option.upper() in said


def test_help_lists_every_command_with_its_line() -> None:
    said = succeeded(entente(NOWHERE, "-h"))
    for name, command in main.commands.items():
        assert f"  {name} " in said
        assert command.get_short_help_str(20).split()[0] in said


def test_no_command_is_answered_by_the_help() -> None:
    result = entente(NOWHERE)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: entente")


def test_an_unknown_command_is_refused_with_the_one_that_was_meant() -> None:
    assert refused(entente(NOWHERE, "nothing"), 2) == "No such command 'nothing'."
    assert "'migrate'" in refused(entente(NOWHERE, "migrat"), 2)


def test_the_version_is_that_of_the_document() -> None:
    said = succeeded(entente(NOWHERE, "--version"))
    assert said == f"entente, version {document('none')['info']['version']}\n"


# --- migrate ------------------------------------------------------------------------------------


def test_migrating_again_changes_nothing(blank_url: str) -> None:
    told = f"The database stands at revision {head()}.\n"
    assert [succeeded(entente(blank_url, "migrate")) for _ in range(2)] == [told, told]


@pytest.mark.parametrize("arguments", [["load"], ["export", "actors"]])
def test_a_database_without_tables_is_refused(blank_url: str, arguments: list[str]) -> None:
    told = refused(entente(blank_url, *arguments))
    where = sa.make_url(blank_url).render_as_string(hide_password=True)
    assert where in told
    assert "`entente migrate`" in told


@pytest.mark.parametrize(
    "arguments", [["load"], ["export", "actors"], ["key", "list"], ["key", "create", "me"]]
)
def test_only_what_makes_a_database_makes_its_file(tmp_path: Path, arguments: list[str]) -> None:
    url = f"sqlite:///{tmp_path}/entente.db"
    told = refused(entente(url, *arguments))
    assert told.startswith(f"There is no database at {url}; `entente migrate` makes one")
    assert list(tmp_path.iterdir()) == []
    succeeded(entente(url, "migrate"))
    assert (tmp_path / "entente.db").exists()
    if arguments == ["load"]:
        assert "0 changed" in succeeded(entente(url, *arguments))


def test_a_variable_that_is_no_setting_is_doubted(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/entente.db"
    result = entente(url, "migrate", prot="1", quite_another="1")
    assert succeeded(result)
    assert result.stderr == (
        "Warning: there is no setting ENTENTE_PROT; is ENTENTE_PORT meant?\n"
        "Warning: there is no setting ENTENTE_QUITE_ANOTHER.\n"
    )


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (NOWHERE, f"Can't open {NOWHERE}: unable to open database file"),
        ("sqlite:////", "Can't open sqlite:////: unable to open database file"),
        ("postgresql://me:secret@127.0.0.1:1/x", "postgresql://me:***@127.0.0.1:1/x: connection"),
    ],
)
@pytest.mark.parametrize("command", ["migrate", "load"])
def test_a_database_out_of_reach_is_told_without_its_password(
    url: str, words: str, command: str
) -> None:
    told = refused(entente(url, command))
    if command == "load" and url == NOWHERE:
        words = f"There is no database at {NOWHERE}"
    assert words in told
    assert "secret" not in told


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("This is no database. " * 100)
    told = refused(entente(f"sqlite:///{tmp_path}/text.db", "migrate"))
    assert told.endswith("text.db: file is not a database")


# --- load ---------------------------------------------------------------------------------------


def test_the_default_data_is_loaded_once(database_url: str) -> None:
    size = sum(len(json.loads((DEFAULT / f"{kind}.json").read_text())["records"]) for kind in ORDER)
    result = entente(database_url, "load")
    assert succeeded(result) == f"{size} created, 0 changed, 0 unchanged.\n"
    assert result.stderr.startswith("Loading russia-dprk")
    again = succeeded(entente(database_url, "load"))
    assert again == f"0 created, 0 changed, {size} unchanged.\n"


def test_a_folder_is_loaded_by_its_path_or_as_configured(
    database_url: str, client: TestClient, tmp_path: Path
) -> None:
    folder = write(tmp_path / "own", sources=[SOURCE], claims=[CLAIM])
    told = succeeded(entente(database_url, "load", folder))
    assert told == "2 created, 0 changed, 0 unchanged.\n"
    assert read(client, "sources/paper")["created_by"] == "loader"
    write(folder, sources=[{**SOURCE, "title": "Other"}])
    told = succeeded(entente(database_url, "load", dataset=str(folder)))
    assert told == "0 created, 1 changed, 1 unchanged.\nchanged: sources paper\n"
    assert read(client, "sources/paper")["title"] == "Other"


def test_what_loading_changes_is_named_up_to_twenty(
    database_url: str, client: TestClient, tmp_path: Path
) -> None:
    claims = [{**CLAIM, "ref": f"C{number:02}"} for number in range(1, 23)]
    folder = write(tmp_path / "own", claims=claims)
    succeeded(entente(database_url, "load", folder))
    for claim in everything(client, "claims", limit=200):
        patch(client, f"claims/{claim['id']}", note="By hand.")
    for options in (["--dry-run"], []):
        told = succeeded(entente(database_url, "load", folder, *options)).splitlines()
        assert told[0] == "0 created, 22 changed, 0 unchanged."
        assert told[1:21] == [f"changed: claims C{number:02}" for number in range(1, 21)]
        assert told[21] == "… and 2 more"
        notes = {claim["note"] for claim in everything(client, "claims", limit=200)}
        dry = bool(options)
        assert notes == ({"By hand."} if dry else {None})
        assert told[22:] == (["Nothing of it was kept: a dry run."] if dry else [])


def test_a_rating_whose_file_was_edited_is_refused_by_name(
    database_url: str, tmp_path: Path
) -> None:
    found = tiny.records()
    tiny.write(tmp_path, found)
    succeeded(entente(database_url, "load", tmp_path))
    found["ratings"][0]["probability"] = 0.6
    tiny.write(tmp_path, found)
    assert refused(entente(database_url, "load", tmp_path)) == (
        "ratings.json, ann F01 2023-01-01: differs from what is stored (probability): a rating is"
        " never edited; supersede or withdraw it"
    )


def test_a_dry_run_refuses_what_loading_would(database_url: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "own", claims=[{**CLAIM, "modality": "sung"}])
    assert "modality" in refused(entente(database_url, "load", folder, "--dry-run"))


def test_the_text_of_an_article_is_attached(
    database_url: str, client: TestClient, tmp_path: Path
) -> None:
    article = tmp_path / "article.txt"
    article.write_text("Two states draw together.\n", encoding="utf-8")
    folder = write(tmp_path / "own", sources=[SOURCE])
    told = refused(entente(database_url, "load", folder, "--article", article))
    assert told.startswith(f"{article}: no source in the data has the text")
    digest = hashlib.sha256(article.read_bytes()).hexdigest()
    length = len(article.read_text())
    write(folder, sources=[{**SOURCE, "text_sha256": digest, "text_length": length}])
    succeeded(entente(database_url, "load", folder, "--article", article))
    assert read(client, "sources/paper/text")["text"] == article.read_text()


def test_a_text_alone_is_attached_without_loading_anything_again(
    database_url: str, client: TestClient, tmp_path: Path
) -> None:
    article = tmp_path / "article.txt"
    article.write_text("Two states draw together.\n", encoding="utf-8")
    digest = hashlib.sha256(article.read_bytes()).hexdigest()
    own = str(write(tmp_path / "own", sources=[{**SOURCE, "text_sha256": digest}]))
    command: list[str | Path] = ["load", "--article", article]
    told = succeeded(entente(database_url, *command, "--dry-run", dataset=own))
    assert told.startswith("1 created, 0 changed, 0 unchanged.\ntext: paper\nNothing")
    # Where the set isn't there yet it is loaded, and only then.
    told = succeeded(entente(database_url, *command, dataset=own))
    assert told == "1 created, 0 changed, 0 unchanged.\ntext: paper\n"
    patch(client, "sources/paper", title="By hand")
    for name in (own, "none"):
        told = succeeded(entente(database_url, *command, dataset=name))
        assert told == "text: paper\n"
    assert read(client, "sources/paper")["title"] == "By hand"
    assert read(client, "sources/paper/text")["text"] == article.read_text()


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"statement": None}, "claims.json, C02: statement: "),
        ({"modality": "sung"}, "claims.json, C02: modality: "),
        ({"speaker": "A99"}, "claims.json, C02: "),
        ({"unheard_of": 1}, "claims.json, C02: unheard_of: "),
        ({"ref": "C01"}, "claims.json, C01: the key stands there twice"),
        ({"ref": None}, "claims.json: a record has neither ref nor slug"),
    ],
)
def test_a_broken_record_is_told_by_its_file_and_nothing_is_kept(
    database_url: str, database: Database, tmp_path: Path, record: dict[str, Any], words: str
) -> None:
    broken = {**CLAIM, "ref": "C02", **record}
    folder = write(tmp_path / "own", sources=[SOURCE], claims=[CLAIM, broken])
    assert words in refused(entente(database_url, "load", folder))
    assert count(database, "sources") == count(database, "claims") == 0


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"\xff\xfe", b"[]", b'{"records": 1}', b"[" * 100_000),
        b'{"records": [{"ref": "C1", "ref": "C2", "statement": "So.", "modality": "asserted"}]}',
        b'{"records": [{"ref": "\\ud800", "statement": "So.", "modality": "asserted"}]}',
        b'{"records": [{"ref": "C1", "statement": "\\udfff", "modality": "asserted"}]}',
        b'{"records": [], "size": NaN}',
    ],
)
def test_a_file_of_another_form_is_told_and_nothing_is_kept(
    database_url: str, database: Database, tmp_path: Path, content: bytes
) -> None:
    folder = write(tmp_path / "own", sources=[SOURCE])
    (folder / "claims.json").write_bytes(content)
    assert refused(entente(database_url, "load", folder)).startswith(f"{folder}/claims.json: ")
    assert count(database, "sources") == 0


@pytest.mark.parametrize(
    ("name", "meant"),
    [("rating", "ratings"), ("Claims", "claims"), ("evidences", "evidence"), ("zzz", "dataset")],
)
def test_a_file_that_nobody_reads_is_refused(
    database_url: str, database: Database, tmp_path: Path, name: str, meant: str
) -> None:
    folder = write(tmp_path / "own", sources=[SOURCE])
    (folder / "README.md").write_text("What it is.")
    (folder / f"{name}.json").write_text("{}")
    told = refused(entente(database_url, "load", folder))
    assert told.startswith(f"{folder}/{name}.json: isn't a file of a data set; {meant}.json")
    assert count(database, "sources") == 0


def test_what_is_no_data_set_is_told(database_url: str, tmp_path: Path) -> None:
    told = refused(entente(database_url, "load", tmp_path))
    assert told == f"{tmp_path}/dataset.json: No such file or directory"
    missing = tmp_path / "missing"
    assert f"'{missing}' does not exist" in refused(entente(database_url, "load", missing), 2)
    for name in ("none", "unheard-of"):
        told = refused(entente(database_url, "load", dataset=name))
        assert told.startswith(f"There is no data set '{name}'; name a folder, or one")
        assert "russia-dprk" in told
