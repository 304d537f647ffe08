"""The JSON Schema of data set files, made from the shapes the API takes.

`schema.json` beside this file is what `document()` returns; a test keeps them equal.
"""

from typing import Any

from app.dataset.files import ORDER
from app.kernel.ids import SLUG_PATTERN, UUID_PATTERN
from app.kernel.resource import Resource

NAMED = {"type": "string", "minLength": 1, "description": "The ref or slug of a record"}


def document() -> dict[str, Any]:
    """One schema for all files: `#/$defs/<kind>` is that of `<kind>.json`."""
    definitions: dict[str, Any] = {}
    for kind in ORDER:
        record = Resource.known[kind].made_from.model_json_schema()
        definitions |= {
            f"{kind}.{name}": _by_name(part, kind) for name, part in record.pop("$defs", {}).items()
        }
        record = _by_name(record, kind)
        parents = ("question",) if kind == "evaluations" else ("alliance", "consequence")
        for parent in (*parents, "ref"):
            record["properties"].setdefault(parent, NAMED)
        definitions[kind] = {
            "type": "object",
            "required": ["records"],
            "properties": {"records": {"type": "array", "items": record}},
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Files of a data set (entente-dataset/1)",
        "$defs": definitions,
    }


def _by_name(node: Any, kind: str) -> Any:
    """The same schema with references by ref or slug, and its definitions under the kind."""
    if isinstance(node, list):
        return [_by_name(part, kind) for part in node]
    if not isinstance(node, dict):
        return node
    is_slug = node.get("pattern") == SLUG_PATTERN and "id of a record" in str(
        node.get("description")
    )
    if node.get("pattern") == UUID_PATTERN or is_slug:
        return NAMED
    changed = {name: _by_name(part, kind) for name, part in node.items()}
    reference = changed.get("$ref")
    if isinstance(reference, str):
        changed["$ref"] = reference.replace("#/$defs/", f"#/$defs/{kind}.")
    mapping = changed.get("discriminator", {})
    if "mapping" in mapping:
        mapping["mapping"] = {
            name: target.replace("#/$defs/", f"#/$defs/{kind}.")
            for name, target in mapping["mapping"].items()
        }
    return changed
