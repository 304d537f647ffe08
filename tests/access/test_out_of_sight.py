"""What one does to what is in sight gives nobody what is out of it, and takes it from nobody."""

import pytest

from tests.access.people import Headers, People
from tests.helpers import Body

DESK = {"tlp": "AMBER", "audience": ["desk"]}
CLAIM = {"statement": "Said to few.", "modality": "asserted"}


@pytest.fixture
def boss(people: People) -> Headers:
    """An editor cleared for all, in no group."""
    return people.join("boss", "editor", clearance="RED")


@pytest.fixture
def desk(people: People) -> Headers:
    """An analyst of the desk."""
    return people.join("desk-hand", clearance="AMBER", groups=["desk"])


def actors(people: People) -> list[str]:
    said = ({"slug": slug, "name": slug, "kind": "state"} for slug in ("one", "two"))
    return [people.post("actors", body)["id"] for body in said]


def merged(people: People, who: Headers, kind: str, one: str, two: str) -> tuple[int, Body]:
    answer = people.client.post(f"/v1/{kind}/{one}/merge", json={"into": two}, headers=who)
    return answer.status_code, answer.json()


def feared(people: People, who: Headers) -> Body:
    """A consequence, of an alliance of its own."""
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact"}, who)["id"]
    body = {"title": "It happens", "category": "military"}
    return people.post(f"alliances/{alliance}/consequences", body, who)


def test_merging_shows_nobody_what_named_the_merged_record(people: People, boss: Headers) -> None:
    """And renames it all the same, for those whom it is for."""
    one, two = actors(people)
    few = people.join("few", clearance="RED")
    said = {**CLAIM, "speaker": one, "about": [one, two], "tlp": "RED"}
    claim = people.post("claims", said, few)["id"]
    assert people.status(f"claims/{claim}", boss) == 404
    assert merged(people, boss, "actors", one, two)[0] == 201
    assert people.status(f"claims/{claim}", boss) == 404
    assert people.status(f"claims/{claim}/versions", boss) == 404
    found = people.read(f"claims/{claim}", few)
    assert (found["speaker"], found["about"], found["audience"]) == (two, [two], ["few"])


@pytest.mark.parametrize("hidden", [False, True])
def test_merging_is_answered_alike_whatever_is_hidden(people: People, *, hidden: bool) -> None:
    low = people.join("low", "editor", clearance="GREEN")
    one, two = actors(people)
    ends = [people.post("sources", {"slug": slug, "title": slug})["id"] for slug in ("s", "t")]
    if hidden:
        few = people.join("few", clearance="RED")
        people.post("claims", {**CLAIM, "speaker": one, "tlp": "RED"}, few)
        body = {**CLAIM, "carriers": [{"source": ends[0]}], "tlp": "AMBER"}
        people.post("claims", body)
        body = {"slug": "u", "title": "u", "derived_from": ends[0], "tlp": "RED"}
        copy = people.post("sources", body)["id"]
        people.patch(f"sources/{ends[1]}", derived_from=copy, downgrade="It is known.")
        alliance = people.post("alliances", {"slug": "pact", "name": "Pact", "tlp": "RED"})["id"]
        body = {"title": "It happens", "category": "military", "affected": [one], "tlp": "RED"}
        people.post(f"alliances/{alliance}/consequences", body)
    assert merged(people, low, "actors", one, two)[0] == 201
    assert merged(people, low, "sources", *ends)[0] == 201


def test_nothing_is_merged_into_what_fewer_see(people: People, boss: Headers) -> None:
    """Who names the one would name the other without seeing it."""
    one = actors(people)[0]
    body = {"slug": "hid", "name": "Hid", "kind": "state", "tlp": "GREEN"}
    hid = people.post("actors", body, boss)["id"]
    status, problem = merged(people, boss, "actors", one, hid)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/into")
    assert merged(people, boss, "actors", hid, one)[0] == 201


def test_raising_gives_nobody_what_was_for_others(
    people: People, boss: Headers, desk: Headers
) -> None:
    key = feared(people, boss)["id"]
    said = {"probability": 0.77, "rationale": "The desk knows.", **DESK}
    rating = people.post(f"consequences/{key}/ratings", said, desk)["id"]
    note = {"body": "For the desk.", "motivation": "commenting", **DESK}
    noted = people.post(f"consequences/{key}/annotations", note, desk)["id"]
    opened = people.post(f"consequences/{key}/ratings", {"probability": 0.3}, desk)["id"]
    people.patch(f"consequences/{key}", boss, tlp="RED")
    theirs = [f"ratings/{rating}", f"annotations/{noted}"]
    for path in theirs:
        assert people.status(path, boss) == 404
        assert people.status(f"{path}/versions", boss) == 404
        assert people.status(path, desk) == 200
    # What everybody saw is told of what only few see now: that goes up.
    assert people.status(f"ratings/{opened}", desk) == 404
    found = people.read(f"consequences/{key}/judgement", boss)
    assert (found["n"], found["probability"]["point"]) == (1, pytest.approx(0.3))


def test_what_keeps_its_marking_under_a_raised_record_is_still_its_writers(
    people: People, boss: Headers, desk: Headers
) -> None:
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact"}, boss)["id"]
    note: Body = {"body": "For the desk.", "motivation": "commenting", **DESK}
    note["target"] = {"type": "alliances", "id": alliance}
    noted = people.post("annotations", note, desk)["id"]
    people.patch(f"alliances/{alliance}", boss, tlp="RED")
    assert people.status(f"alliances/{alliance}", desk) == 404
    assert people.patch(f"annotations/{noted}", desk, body="Still.")["body"] == "Still."


def test_raising_a_round_gives_nobody_the_answers_of_others(
    people: People, boss: Headers, desk: Headers
) -> None:
    found = feared(people, boss)
    alliance, key = found["alliance"], found["id"]
    asked = {"title": "First look", "consequences": [key]}
    blind = people.post(f"alliances/{alliance}/rounds", asked, boss)["id"]
    said = {"consequence": key, "probability": 0.77, "rationale": "The desk knows.", **DESK}
    rating = people.post(f"rounds/{blind}/ratings", said, desk)["id"]
    people.patch(f"rounds/{blind}", boss, tlp="RED")
    people.post(f"rounds/{blind}/close", {}, boss)
    people.post(f"rounds/{blind}/reveal", {}, boss)
    assert people.status(f"ratings/{rating}", boss) == 404
    assert people.read(f"ratings/{rating}", desk)["audience"] == ["desk"]


def test_what_comes_under_one_marking_makes_one_succession(people: People) -> None:
    """Whatever is raised first: each ends where the next begins."""
    boss = people.join("boss", "editor", clearance="RED")
    key = feared(people, boss)["id"]
    below = f"consequences/{key}"
    days = ("2024-02-01", "2024-01-01", "2024-03-01")
    for day, tlp, p in zip(days, ("GREEN", "CLEAR", "AMBER"), (0.8, 0.2, 0.4), strict=True):
        said = {"probability": p, "tlp": tlp, "effective_at": day}
        people.post(f"{below}/ratings", said, boss)
    for day, tlp, status in zip(days, ("GREEN", "CLEAR"), ("occurred", "open"), strict=False):
        people.post(f"{below}/outcomes", {"status": status, "tlp": tlp, "since": day}, boss)
    people.patch(below, boss, tlp="AMBER")
    held = people.read(f"{below}/ratings", boss, sort="effective_at")["items"]
    assert [row["status"] for row in held] == ["superseded", "superseded", "in_force"]
    assert [row["ended_at"] for row in held] == [row["effective_at"] for row in held[1:]] + [None]
    found = people.read(f"{below}/outcomes", boss, sort="effective_at")["items"]
    assert [row["ended_at"] for row in found] == [found[1]["since"], None]
    points = {
        day: people.read(f"{below}/judgement", boss, as_of=day)["probability"]["point"]
        for day in ("2024-01-02", "2024-02-02", "2024-03-02")
    }
    assert list(points.values()) == pytest.approx([0.2, 0.8, 0.4])
    last = people.post(f"ratings/{held[2]['id']}/withdraw", {"reason": "I know no more."}, boss)
    assert last["status"] == "withdrawn"
    assert people.read(f"{below}/judgement", boss)["n"] == 0


def test_who_may_do_what_is_told_to_nobody(people: People) -> None:
    low = people.join("low", "reader")
    before = people.read("changes", people.admin)["items"]
    people.join("more", "editor", clearance="RED")
    people.patch("principals/more", name="No more")
    assert people.read("changes", people.admin)["items"] == before
    kinds = {event["record"]["type"] for event in people.read("changes", low)["items"]}
    assert kinds.isdisjoint({"keys", "principals"})
