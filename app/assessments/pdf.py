"""A brief as PDF, typeset by typst, which is optional: the extra `pdf`.

The template is ours and the brief is data to it: nothing that people wrote is ever read as typst.
"""

import importlib
import importlib.util
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.assessments.blocks import Block
from app.kernel.errors import NotAcceptable

TEMPLATE = Path(__file__).with_name("brief.typ")

_typst: Any = importlib.import_module("typst") if importlib.util.find_spec("typst") else None


def required() -> None:
    """Raises NotAcceptable where the extra isn't installed."""
    if _typst is None:
        raise NotAcceptable(
            "PDF needs the extra `pdf`, which isn't installed here (in a clone:"
            " `.venv/bin/pip install -e '.[pdf]'`); `format=html` prints as well."
        )


def typeset(title: str, marking: str, blocks: Sequence[Block]) -> bytes:
    """The brief as PDF. Raises NotAcceptable without the extra."""
    required()
    plain = {"title": title, "marking": marking, "blocks": [asdict(block) for block in blocks]}
    inputs = {"brief": json.dumps(plain)}
    made: bytes = _typst.compile(TEMPLATE, root=TEMPLATE.parent, format="pdf", sys_inputs=inputs)
    return made
