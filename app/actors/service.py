"""Actors as a resource, and the rules of writing them."""

from app.actors.models import Actor as Table
from app.actors.queries import ActorQuery
from app.actors.schemas import Actor, ActorIn
from app.kernel.db import Tx
from app.kernel.errors import Invalid
from app.kernel.records import Row
from app.kernel.resource import Resource


class Actors(Resource):
    """One kind of record among others, with one rule of its own."""

    model = Table
    accepts = ActorIn
    answers = Actor
    query = ActorQuery
    noun = "actor"
    mergeable = True
    expands = {"alliance": "alliance", "affiliations": "affiliations/*/actor"}

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:  # noqa: ARG002 - the kernel's signature
        """No actor is affiliated to itself."""
        for index, affiliation in enumerate(row["affiliations"]):
            if affiliation["actor"] == row["id"]:
                raise Invalid.at(f"/affiliations/{index}/actor", "an actor can't belong to itself")


actors = Actors()
