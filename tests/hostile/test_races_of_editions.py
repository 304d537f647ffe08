"""Editions while others write: numbered without a gap, each of one moment, none with what went."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.helpers import Body, unique
from tests.hostile.service import Service, at_once, service_on
from tests.stores import Store

CROWD = 5
THEN = "2024-01-01"


@pytest.fixture(scope="module")
def service(store: Store, empty_template: str) -> Iterator[Service]:
    """A service of this module's own."""
    url = store.make(empty_template)
    with service_on(url) as service:
        yield service
    store.drop(url)


def test_editions_at_once_are_numbered_and_each_is_of_one_moment(service: Service) -> None:
    alliance = service.alliance()
    consequence = service.consequence(alliance)
    said = {"alliance": alliance, "statement": "It is so.", "modality": "asserted"}
    claim = service.make("claims", {**said, "effective_at": "2023-01-01"})["id"]
    assessors = [service.assessor() for _ in range(CROWD)]

    def rating(assessor: str) -> Body:
        return {"assessor": assessor, "probability": 0.5, "effective_at": "2023-02-01"}

    path, body = f"alliances/{alliance}/assessments", {"title": unique("E"), "as_of": THEN}
    writers = [
        partial(service.send, "POST", f"consequences/{consequence}/ratings", rating(assessor))
        for assessor in assessors
    ]
    publishers = [partial(service.send, "POST", path, body)] * CROWD
    redaction = partial(service.send, "POST", f"claims/{claim}/redact", {"reason": "By order."})
    answers = at_once([*publishers, *writers, redaction])
    assert {answer.status for answer in answers} == {201}, [answer.text for answer in answers]
    made = [answer.json() for answer in answers[:CROWD]]
    assert sorted(edition["number"] for edition in made) == list(range(1, CROWD + 1))
    for edition in made:
        verdict = service.read(f"assessments/{edition['id']}/verify")
        assert verdict["chain"]["first_broken"] is None
        if verdict["status"] == "redacted":
            continue
        assert verdict["status"] == "intact"
        records = service.read(f"assessments/{edition['id']}")["content"]["records"]
        (judged,) = records["consequences"]
        assert judged["judgement"]["n"] == len(records.get("ratings", []))
        assert "claims" not in records
