"""Reading actors."""

from typing import Annotated, ClassVar

from app.actors.schemas import CountryCode, Interest, Kind
from app.kernel.filters import equals, links_to, refers
from app.kernel.listing import Listing
from app.kernel.types import Ref, Reference, Slug


class ActorQuery(Listing):
    """Filters of actors."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "name": False,
        "slug": False,
    }

    alliance: Annotated[list[Reference], refers("alliance", "alliances")] = []
    slug: Annotated[list[Slug], equals("slug")] = []
    ref: Annotated[list[Ref], equals("ref")] = []
    kind: Annotated[list[Kind], equals("kind")] = []
    country_code: Annotated[list[CountryCode], equals("country_code")] = []
    interest: Annotated[list[Interest], equals("interest")] = []
    affiliated_to: Annotated[list[Reference], links_to("actors", "actors.affiliations.actor")] = []
