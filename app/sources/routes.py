"""HTTP for sources."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response

from app.kernel.errors import NotFound
from app.kernel.http import Caller
from app.kernel.listing import Clocks
from app.kernel.parents import Key
from app.kernel.responses import READ, TAG, UNCHANGED
from app.kernel.routes import mount
from app.kernel.routing import ResourceRouter
from app.sources.schemas import SourceText
from app.sources.service import sources, text_of

router = ResourceRouter(tags=["sources"])
mount(router, sources)


@router.get(
    "/sources/{key}/text",
    operation_id="get_source_text",
    summary="Read the text of a source",
    response_model=SourceText,
    responses={**READ, **UNCHANGED, 200: TAG},
)
def get_source_text(caller: Caller, key: Key, query: Annotated[Clocks, Query()]) -> Response:
    """The text, where it is held; annotations point into it by position and hash."""
    with caller.read() as session:
        source = sources.read(session, key, caller.view(query))
        text = text_of(session, source["id"], source["text_sha256"])
    if text is None:
        raise NotFound("The text of this source isn't held here.")
    answer = SourceText(
        source=source["id"],
        version=source["version"],
        sha256=source["text_sha256"],
        length=len(text),
        text=text,
    )
    return caller.answer(answer.model_dump_json(), source)
