"""The README is true: its requests are asked, its answers compared, its table read."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticUndefined
from starlette.testclient import TestClient

from app.cli import main
from app.dataset.loader import load
from app.kernel.config import Settings
from app.kernel.db import Database

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")
HOST = "http://127.0.0.1:8000"
CUT = "…"

ASKED = re.compile(r"```sh\n((?:curl [^\n]+\n)+)```\n\n```json\n(.+?)```", re.DOTALL)
ANSWERS = [
    (re.findall(rf"'{HOST}([^']+)'(?: -d '([^']+)')?", commands), shown)
    for commands, shown in ASKED.findall(README)
]


def whole(shown: str) -> Any:
    """What is shown, parsed; what was cut from it is left out."""
    text = re.sub(rf"{CUT},\s*|(,|(?<=\[))\s*{CUT}(?=\s*[\]}}])", "", shown)
    return json.loads(text)


def assert_shows(shown: Any, found: Any, where: str = "") -> None:
    """Everything shown is in what was found; lists may be shown in part, in their order."""
    if shown == CUT:
        assert found, where
    elif isinstance(shown, dict):
        for key, value in shown.items():
            assert key in found, f"{where}/{key}"
            assert_shows(value, found[key], f"{where}/{key}")
    elif isinstance(shown, list):
        rest = iter(found)
        for index, value in enumerate(shown):
            assert any(shows(value, other) for other in rest), f"{where}/{index}"
    elif isinstance(shown, float):
        assert found == pytest.approx(shown, rel=1e-9), where
    else:
        assert found == shown, where


def shows(shown: Any, found: Any) -> bool:
    """Whether something found is the one that is shown."""
    try:
        assert_shows(shown, found)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize(("paths", "shown"), ANSWERS, ids=range(1, len(ANSWERS) + 1))
def test_an_answer_is_the_one_shown(
    loaded_client: TestClient, paths: list[tuple[str, str]], shown: str
) -> None:
    answers = [
        loaded_client.post(path, json=json.loads(body)) if body else loaded_client.get(path)
        for path, body in paths
    ]
    assert [answer.status_code for answer in answers] == [200] * len(paths)
    assert_shows(whole(shown), answers[-1].json())


def test_every_answer_is_asked_for() -> None:
    assert len(ANSWERS) == 8
    assert len(re.findall(f"^curl .*'{HOST}", README, re.MULTILINE)) == sum(
        len(paths) for paths, _ in ANSWERS
    )


def test_an_id_that_is_shown_is_the_one_found_by_its_label(loaded_client: TestClient) -> None:
    (found, _), (asked, _) = ANSWERS[1][0]
    items = loaded_client.get(found).json()["items"]
    assert [item["id"] in asked for item in items] == [True]


def test_what_is_said_of_the_first_answer_is_so(loaded_client: TestClient) -> None:
    path = "/v1/alliances/russia-dprk/consequences"
    then = loaded_client.get(path, params={"as_of": "2023-09-10"}).json()
    assert f"there are {len(then['items'])}." in README
    later = loaded_client.get(path, params={"as_of": "2026-02-27", "ref": "F01"}).json()
    (first,) = later["items"]
    assert f"F01 stands at {first['judgement']['probability']['point']:.3f}" in README
    assert first["outcome"]["status"] == "occurred"


def test_every_path_below_v1_answers(loaded_client: TestClient) -> None:
    for path in re.findall(r"`(/v1/[^`\s]+)`", README):
        assert loaded_client.get(path).status_code == 200, path


def test_the_table_of_settings_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `ENTENTE_(\w+)` \| (.+?) \| (.+?) \|$", README, re.MULTILINE)
    wanted = []
    for name, field in Settings.model_fields.items():
        assert field.default is not PydanticUndefined
        default = f"`{field.default}`" if field.default != "" else "(empty)"
        wanted.append((name.upper(), default, field.description))
    assert rows == wanted


def test_the_head_of_a_data_set_is_one_that_is_taken(database: Database, tmp_path: Path) -> None:
    (head,) = re.findall(r'`({"form": .+?})`', README)
    (tmp_path / "dataset.json").write_text(head)
    assert load(database, tmp_path).created == 0


def test_the_commands_are_those_there_are() -> None:
    (line,) = re.findall(r"`entente ([a-z| ]+)`, each", README)
    assert sorted(line.split(" | ")) == sorted(main.commands)


def test_files_and_targets_named_are_there() -> None:
    root = Path(__file__).resolve().parent.parent
    for name in re.findall(r"`((?:app|tests|migrations|\.ci)/[\w./-]+)`", README):
        assert (root / name).exists(), name
    targets = re.findall(r"^([a-z]+):.*## ", (root / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(re.findall(r"`?make ([a-z]+)", README)) - {"run"} <= set(targets)
