"""Exchanges as a resource."""

from typing import Annotated, ClassVar

from app.exchanges.models import Exchange as Table
from app.exchanges.schemas import Exchange, ExchangeIn, Kind, Status
from app.kernel.filters import equals, links_to, refers
from app.kernel.listing import Listing
from app.kernel.resource import Resource
from app.kernel.types import Ref, Reference


class ExchangeQuery(Listing):
    """Filters of exchanges."""

    sorts: ClassVar[dict[str, bool]] = {"id": False, "created_at": False, "ref": True}

    ref: Annotated[list[Ref], equals("ref")] = []
    kind: Annotated[list[Kind], equals("kind")] = []
    status: Annotated[list[Status], equals("status")] = []
    item: Annotated[list[Reference], refers("item", "items")] = []
    giver: Annotated[list[Reference], links_to("actors", "exchanges.givers")] = []
    receiver: Annotated[list[Reference], links_to("actors", "exchanges.receivers")] = []
    actor: Annotated[
        list[Reference], links_to("actors", "exchanges.givers", "exchanges.receivers")
    ] = []


class Exchanges(Resource):
    """Nothing beyond what every record has: three-way exchanges are real."""

    model = Table
    accepts = ExchangeIn
    answers = Exchange
    query = ExchangeQuery
    noun = "exchange"
    expands = {"item": "item", "givers": "givers/*", "receivers": "receivers/*"}


exchanges = Exchanges()
