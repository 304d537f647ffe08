"""The OpenAPI document, which is made once a run: that takes a process seconds."""

import json
from functools import cache
from typing import Any

from app.kernel.config import Settings
from app.main import create_app
from tests.stores import locked, place


@cache
def document(dataset: str) -> dict[str, Any]:
    """What a service with that data set documents; not to be changed."""
    kept = place() / f"document-{dataset}.json"
    with locked(kept.stem):
        if not kept.exists():
            made = create_app(Settings(database_url="sqlite:///nowhere.db", dataset=dataset))
            assert made.openapi() is made.openapi()
            kept.write_text(json.dumps(made.openapi()), encoding="utf-8")
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return found
