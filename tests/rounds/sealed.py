"""What is done in a round by those who have keys."""

from typing import Any

from tests.access.people import Headers, People
from tests.helpers import Body


def opened(people: People, who: Headers, stakes: list[Body], **said: Any) -> str:
    body = {"title": "The convoy", "consequences": [one["id"] for one in stakes], **said}
    return str(people.post(f"alliances/{stakes[0]['alliance']}/rounds", body, who)["id"])


def say(
    people: People, who: Headers, round_: str, about: Body, probability: float, **said: Any
) -> Body:
    body = {"consequence": about["id"], "probability": probability, **said}
    return people.post(f"rounds/{round_}/ratings", body, who)


def revealed(people: People, who: Headers, round_: str) -> Body:
    people.post(f"rounds/{round_}/close", {}, who)
    return people.post(f"rounds/{round_}/reveal", {}, who)
