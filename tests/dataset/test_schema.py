"""The schema of data set files: true to the shapes, and kept by the files."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from app import api, dataset
from app.dataset import schema
from app.dataset.files import ORDER

FOLDER = Path(dataset.__file__).parent
SETS = sorted(path.parent for path in FOLDER.glob("*/dataset.json"))


def test_the_schema_file_is_what_the_shapes_say() -> None:
    assert api.TAGS  # the resources are there
    stored = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
    assert stored == schema.document()


@pytest.mark.parametrize("place", SETS, ids=lambda path: path.name)
@pytest.mark.parametrize("kind", ORDER)
def test_the_files_keep_to_the_schema(place: Path, kind: str) -> None:
    validator = jsonschema.Draft202012Validator({**schema.document(), "$ref": f"#/$defs/{kind}"})
    validator.validate(json.loads((place / f"{kind}.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "record",
    [
        {"statement": "Words", "modality": "sung"},
        {"statement": "Words", "modality": "asserted", "unheard_of": 1},
        {"modality": "asserted"},
    ],
)
def test_the_schema_refuses_what_the_service_refuses(record: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator({**schema.document(), "$ref": "#/$defs/claims"})
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({"records": [record]})
