"""The rules of the house that import-linter can't see, kept by reading the source."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import app.api  # noqa: F401 - every table and resource is known once it is imported
from app.annotations.schemas import TargetType
from app.changes.schemas import Kind as ChangedKind
from app.dataset import files
from app.kernel.resource import Resource
from app.kernel.tables import Base, Record
from app.search.routes import Kind

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "app"
FILES = sorted(APP.rglob("*.py"))
LONGEST = 400
FRAMEWORK = ("fastapi", "starlette")
EDGES = {
    "api.py", "main.py",
    "keys/admission.py",
    "kernel/docs.py", "kernel/endings.py", "kernel/formats.py", "kernel/http.py",
    "kernel/openapi.py", "kernel/parents.py", "kernel/reading.py", "kernel/routes.py",
    "kernel/routing.py",
}  # fmt: skip
"""Where HTTP may be spoken, beside each resource's `routes.py`."""

DERIVED_WRITERS = {
    "kernel/events.py",  # the events
    "kernel/audit.py",  # the audit log
    "kernel/history.py",  # copies what is about to be replaced
    "kernel/idempotency.py",  # the answers kept
    "kernel/links.py",  # the link index
    "kernel/records.py",  # the records
    "kernel/redaction.py",  # the records, without their content
    "kernel/search.py",  # the search entries
    "kernel/db.py",  # insert_once: texts, secrets
    "keys/service.py",  # when a key was last used
    "ratings/judgements.py",  # the pools kept
    "assessments/keys.py",  # the signing keys
    "assessments/service.py",  # what an edition holds
    "delivery/store.py",  # what came of sending
    "webhooks/service.py",  # webhooks, which are no records
    "rounds/sealed.py",  # what was answered in a round, until it is revealed
    "sources/service.py",  # the texts of a source that is redacted
}
"""The only modules with an INSERT, UPDATE or DELETE, each of its own tables."""


ADMINISTERED = {"keys", "principals"}
"""What is versioned, and is no record about the world."""


def name_of(path: Path) -> str:
    return path.relative_to(APP).as_posix()


def measured(path: Path) -> bool:
    """Whether it is part of the service rather than a measurement of it."""
    return not name_of(path).startswith("bench")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def called(tree: ast.AST) -> Iterator[str]:
    """The attribute names that are called: `session.commit()` gives `commit`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr


def test_no_file_is_long() -> None:
    every = {str(path): path for path in (*FILES, *Path(__file__).parent.rglob("*.py"))}
    lengths = {name: len(path.read_text("utf-8").splitlines()) for name, path in every.items()}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_nothing_is_imported_inside_a_function() -> None:
    inside = [
        (name_of(path), node.lineno)
        for path in FILES
        for function in ast.walk(tree_of(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


def test_every_module_says_what_it_is_for() -> None:
    assert [name_of(path) for path in FILES if not ast.get_docstring(tree_of(path))] == []


def test_only_the_database_module_commits() -> None:
    committing = {
        name_of(path)
        for path in FILES
        if measured(path) and {"commit", "rollback"} & set(called(tree_of(path)))
    }
    assert committing == {"kernel/db.py"}


def test_http_is_spoken_only_at_the_edges() -> None:
    speaking = {
        name_of(path)
        for path in FILES
        if measured(path)
        and any(module.split(".")[0] in FRAMEWORK for module in imported(tree_of(path)))
    }
    assert {name for name in speaking if not name.endswith("/routes.py")} <= EDGES


def test_routes_and_shapes_know_no_tables() -> None:
    for path in FILES:
        if path.name in {"routes.py", "schemas.py"} and path.parent.name != "kernel":
            for module in imported(tree_of(path)):
                assert not module.startswith("sqlalchemy"), name_of(path)
                assert not module.endswith(".models"), name_of(path)


def test_records_are_written_in_one_place() -> None:
    writing: set[str] = set()
    for path in FILES:
        source = path.read_text(encoding="utf-8")
        if measured(path) and re.search(r"(?:sa|dialect)\.(?:insert|update|delete)\(", source):
            writing.add(name_of(path))
    assert writing <= DERIVED_WRITERS


def test_no_orm_object_is_written_past_the_write_path() -> None:
    for path in FILES:
        if measured(path):
            adding = {"add_all", "merge_all", "bulk_save_objects"}
            assert not adding & set(called(tree_of(path))), name_of(path)


def test_every_record_has_a_twin_that_keeps_its_past() -> None:
    for kind, model in Record.kinds.items():
        twin = Base.twins[kind]
        table = Base.metadata.tables[kind]
        assert [column.name for column in twin.columns] == [
            *(column.name for column in table.columns),
            "superseded_at",
            "sealed",
        ], model
        assert {column.name for column in twin.primary_key} == {"id", "version"}


def test_what_is_derived_from_records_has_a_past_too() -> None:
    assert {"links", "judgements", "search_entries"} <= set(Base.twins)


def test_every_record_is_a_resource_that_can_be_searched_annotated_and_loaded() -> None:
    assert set(Resource.known) == set(Record.kinds) | ADMINISTERED
    assert set(get_args(TargetType)) == set(Record.kinds)
    assert set(get_args(Kind)) == set(Record.kinds)
    assert set(get_args(ChangedKind)) == {*Record.kinds, "webhooks"}
    # A round is opened, answered and closed by people; what it came to is loaded as ratings.
    assert set(files.ORDER) == set(Record.kinds) - {"matrices", "rounds"}


def test_every_reference_names_a_kind_and_a_field() -> None:
    for kind, model in Record.kinds.items():
        columns = Base.metadata.tables[kind].c
        for reference in model.references:
            assert reference.name in columns, (kind, reference.path)
            targets = reference.target
            named = {targets} if isinstance(targets, str) else set(targets.values())
            assert named <= set(Record.kinds), (kind, reference.path)


def test_every_expansion_follows_a_declared_reference() -> None:
    for resource in Resource.known.values():
        for name in resource.expands:
            assert resource.expansion(name).path == resource.expands[name]


def test_the_code_knows_nothing_of_the_default_data() -> None:
    names = re.compile("russia|korea|dprk|pyongyang|moscow|kremlin", re.IGNORECASE)
    telling = []
    for path in FILES:
        source = path.read_text(encoding="utf-8")
        for allowed in ("russia-dprk",):  # the name of the folder, as a setting and in examples
            source = source.replace(allowed, "")
        if names.search(source):
            telling.append(name_of(path))
    assert telling == []


def test_no_folder_of_a_resource_has_other_files_than_the_house_names() -> None:
    known = {"__init__", "models", "schemas", "queries", "service", "routes"}
    more = {
        "annotations": {"selectors"},
        "assessments": {
            "blocks", "brief", "changes", "keys", "markdown", "pdf", "seals", "states", "stored",
            "verifying", "words",
        },
        "consequences": {"judgement", "resolution", "review", "skill"},
        "keys": {"command", "admission", "oidc"},
        "ratings": {"assumptions", "judgements", "pooling", "weights"},
        "rounds": {"sealed"},
    }  # fmt: skip
    for resource in Resource.known.values():
        folder = APP / resource.kind
        found = {path.stem for path in folder.glob("*.py")}
        assert found <= known | more.get(resource.kind, set()), resource.kind


def test_every_migration_says_what_it_does() -> None:
    for path in sorted((ROOT / "migrations" / "versions").glob("*.py")):
        assert ast.get_docstring(tree_of(path)), path
