"""The wheel holds all that the service needs, far from the checkout it was built from."""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.command import ROOT, environment


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """What a command writes, which has to succeed."""
    result = subprocess.run(  # noqa: S603 - our own command
        command,
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def pip(*arguments: str | Path, cwd: Path) -> None:
    run(sys.executable, "-m", "pip", "--quiet", *arguments, "--no-deps", cwd=cwd)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with what is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-build-isolation", "--wheel-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_file_of_the_service_and_nothing_else(wheel: Path) -> None:
    wanted = {
        target + path.relative_to(ROOT / source).as_posix()
        for source, target in (("app", "app/"), ("migrations", "app/_migrations/"))
        for path in (ROOT / source).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == wanted


def test_the_wheel_migrates_and_loads_where_no_checkout_is(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    pip("install", "--no-index", "--target", site, wheel, cwd=tmp_path)
    # Without `site` (-S) no .pth file is read, and so the checkout isn't found if it is installed.
    paths = sysconfig.get_paths()
    seen = os.pathsep.join((str(site), paths["purelib"], paths["platlib"]))
    variables = {"PYTHONPATH": seen, **environment(f"sqlite:///{tmp_path}/own.db")}

    def entente(*arguments: str) -> str:
        script = site / "bin" / "entente"
        return run(sys.executable, "-S", script, *arguments, cwd=tmp_path, **variables)

    assert entente("migrate").startswith("The database stands at revision ")
    assert " created, 0 changed, 0 unchanged." in entente("load")
    found = json.loads(entente("export", "consequences", "--format", "json"))
    assert len(found["items"]) == 13
