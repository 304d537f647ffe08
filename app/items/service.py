"""Items as a resource."""

from typing import Annotated, ClassVar

from app.items.models import Item as Table
from app.items.schemas import Item, ItemIn, Kind
from app.kernel.filters import equals
from app.kernel.listing import Listing
from app.kernel.resource import Resource
from app.kernel.types import Ref


class ItemQuery(Listing):
    """Filters of items."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "name": False,
        "ref": True,
    }

    ref: Annotated[list[Ref], equals("ref")] = []
    kind: Annotated[list[Kind], equals("kind")] = []


class Items(Resource):
    """Nothing beyond what every record has."""

    model = Table
    accepts = ItemIn
    answers = Item
    query = ItemQuery
    noun = "item"
    expands = {"alliance": "alliance"}


items = Items()
