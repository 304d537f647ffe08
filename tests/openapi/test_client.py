"""A client generated from the document works against the service."""

import json
import subprocess
from pathlib import Path

import pytest

from app.dataset import examples
from app.kernel.config import Settings
from app.kernel.openapi import operations
from tests.document import document
from tests.live import serving
from tests.stores import Store

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv-client" / "bin"
GENERATOR = VENV / "openapi-python-client"
SESSION = Path(__file__).with_name("session.py")

pytestmark = [
    pytest.mark.parametrize("store", ["sqlite"], indirect=True),
    pytest.mark.skipif(
        not GENERATOR.exists(), reason="`make .venv-client/.made` installs the generator"
    ),
]


def run(*command: object) -> str:
    """The output of a command; its errors are shown where it fails."""
    done = subprocess.run(  # noqa: S603 - programs and arguments are this test's own
        [str(part) for part in command], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_generated_client_works(store: Store, loaded_template: str, tmp_path: Path) -> None:
    dataset = Settings().dataset
    told = document(dataset)
    (tmp_path / "document.json").write_text(json.dumps(told), encoding="utf-8")
    (tmp_path / "config.yml").write_text("post_hooks: []\n", encoding="utf-8")
    output = run(
        GENERATOR, "generate", "--path", tmp_path / "document.json", "--meta", "none",
        "--config", tmp_path / "config.yml", "--output-path", tmp_path / "client",
        "--fail-on-warning",
    )  # fmt: skip
    assert "warning" not in output.lower(), output

    records = examples(dataset)["records"]
    with serving(store, loaded_template) as address:
        seen = json.loads(
            run(
                VENV / "python", SESSION, tmp_path, address,
                records["alliances"], records["consequences"],
            )
        )  # fmt: skip

    assert seen["operations"] == len(list(operations(told)))
    assert seen["page"] == ["ConsequencePage", 13, 13, "Consequence"]
    kind, n, point, word, method, aware = seen["judgement"]
    assert (kind, n, method, aware) == ("JudgementDetail", 3, "log_odds", True)
    assert 0 < point < 1
    assert word
    assert seen["annotation"] == ["Annotation", 201, 1, True]
    assert seen["change"] == [200, "Seven years", 2]
    assert seen["problem"] == ["Problem", 404, "/problems/not-found", []]
