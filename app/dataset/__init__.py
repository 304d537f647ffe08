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


def known() -> list[str]:
    """The names of the data sets that come with the service."""
    return sorted(path.parent.name for path in HERE.glob("*/dataset.json"))


def absence(name: str) -> str:
    """What to say of a data set that isn't there."""
    return f"There is no data set {name!r}; name a folder, or one that is here: {listed()}."


def listed() -> str:
    """The names, as a person reads them."""
    return ", ".join(known())


@cache
def examples(name: str) -> dict[str, Any]:
    """The examples that a data set offers to the documentation; none where it has no such file."""
    place = folder(name)
    path = place / "examples.json" if place else None
    if path is None or not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
