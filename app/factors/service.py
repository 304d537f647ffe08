"""Factors as a resource."""

from typing import Annotated, ClassVar

from app.factors.models import Factor as Table
from app.factors.schemas import Effect, Factor, FactorIn, Kind
from app.kernel.listing import Listing, equals, links_to
from app.kernel.resource import Resource
from app.kernel.types import IdText, Ref

BEARS_ON = "factors.bears_on.id"


class FactorQuery(Listing):
    """Filters of factors."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "title": False,
        "ref": True,
    }

    ref: Annotated[list[Ref], equals("ref")] = []
    kind: Annotated[list[Kind], equals("kind")] = []
    effect: Annotated[list[Effect], equals("effect")] = []
    claim: Annotated[list[IdText], links_to("claims", "factors.claims")] = []
    consequence: Annotated[list[IdText], links_to("consequences", BEARS_ON)] = []
    exchange: Annotated[list[IdText], links_to("exchanges", BEARS_ON)] = []
    item: Annotated[list[IdText], links_to("items", BEARS_ON)] = []


class Factors(Resource):
    """Nothing beyond what every record has."""

    model = Table
    accepts = FactorIn
    answers = Factor
    query = FactorQuery
    noun = "factor"
    expands = {"alliance": "alliance", "claims": "claims/*", "bears_on": "bears_on/*/id"}


factors = Factors()
