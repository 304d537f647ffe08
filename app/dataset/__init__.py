"""Data sets: folders of files in the form `entente-dataset/1`, and what reads them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def folder(name: str) -> Path | None:
    """The folder of a data set: one that comes with the service, or a path; None for `none`."""
    if name == "none":
        return None
    packaged = HERE / name
    return packaged if "/" not in name and packaged.is_dir() else Path(name)


@cache
def examples(name: str) -> dict[str, Any]:
    """The examples that a data set offers to the documentation; none where it has no such file."""
    place = folder(name)
    path = place / "examples.json" if place else None
    if path is None or not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
