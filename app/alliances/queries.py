"""Reading alliances."""

from typing import Annotated, ClassVar

from app.alliances.schemas import Status
from app.kernel.filters import equals, links_to, state_is
from app.kernel.listing import Listing
from app.kernel.types import Reference, Slug


class AllianceQuery(Listing):
    """Filters of alliances."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "name": False,
        "slug": False,
    }

    slug: Annotated[list[Slug], equals("slug")] = []
    member: Annotated[list[Reference], links_to("actors", "alliances.members.actor")] = []
    status: Annotated[list[Status], state_is("alliances.statuses")] = []
