"""What is marked counts in the pools of those who see it, and in no others."""

from typing import Any

from app.kernel.types import now
from tests.access.people import READERS, WRITERS, Headers, People


def test_each_reader_has_the_pool_of_what_they_see(people: People, writer: Headers) -> None:
    readers = {
        name: people.join(name, "reader", **READERS[name]) for name in ("clear", "amber", "desk")
    }
    ann = people.join("ann", **WRITERS)
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact"}, writer)["id"]
    body = {"title": "It happens", "category": "military"}
    key = people.post(f"alliances/{alliance}/consequences", body, writer)["id"]
    path = f"consequences/{key}/ratings"

    def seen() -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for name, who in readers.items():
            listed = people.read(f"alliances/{alliance}/consequences", who)["items"][0]["judgement"]
            alone = people.read(f"consequences/{key}/judgement", who)
            live = people.read(f"consequences/{key}/judgement", who, half_life_days=100_000)
            point = [
                j["probability"] and round(j["probability"]["point"], 3)
                for j in (listed, alone, live)
            ]
            assert point[0] == point[1] == point[2], name
            assert len({j["n"] for j in (listed, alone, live)}) == 1
            series = people.read(f"consequences/{key}/history", who)["items"]
            assert (series[-1]["n"] if series else 0) == alone["n"]
            assert sum(
                len(cell)
                for row in people.read(f"alliances/{alliance}/risk-matrix", who)["cells"]
                for cell in row
            ) == bool(alone["n"])
            found[name] = [alone["n"], point[0]]
        return found

    people.post(path, {"probability": 0.2, "impact": 3}, writer)
    assert seen() == {"clear": [1, 0.2], "amber": [1, 0.2], "desk": [1, 0.2]}
    people.post(path, {"probability": 0.8, "impact": 3, "tlp": "AMBER"}, ann)
    assert seen() == {"clear": [1, 0.2], "amber": [2, 0.5], "desk": [2, 0.5]}
    # The same assessor among fewer: who sees both has the later one.
    people.post(
        path, {"probability": 0.8, "impact": 3, "tlp": "AMBER", "audience": ["desk"]}, writer
    )
    assert seen() == {"clear": [1, 0.2], "amber": [2, 0.5], "desk": [2, 0.8]}
    people.post(path, {"probability": 0.5, "impact": 3}, writer)
    assert seen()["clear"] == [1, 0.5]
    assert seen()["desk"][0] == 2


def test_all_are_counted_for_who_is_in_an_audience_at_any_moment(
    people: People, writer: Headers
) -> None:
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact"}, writer)["id"]
    war = {"title": "War", "category": "military"}
    made = people.post(f"alliances/{alliance}/consequences", war, writer)
    desk = {"probability": 0.3, "tlp": "AMBER", "audience": ["desk"]}
    people.post(f"consequences/{made['id']}/ratings", desk, writer)
    for path in ("consequences?alliance=pact", "alliances/pact/consequences?limit=1"):
        for clocks in ({}, {"known_at": now().isoformat()}):
            page = people.read(path, writer, total=True, sort="-risk", **clocks)
            assert (page["total"], page["items"][0]["judgement"]["n"]) == (1, 1)


def test_a_hidden_finding_ends_none_in_sight(people: People, writer: Headers) -> None:
    low = people.join("low", "reader")
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact"}, writer)["id"]
    body = {"title": "It happens", "category": "military"}
    key = people.post(f"alliances/{alliance}/consequences", body, writer)["id"]
    path = f"consequences/{key}/outcomes"
    people.post(path, {"status": "open", "since": "2024-01-01T00:00:00Z"}, writer)
    people.post(path, {"status": "occurred", "since": "2024-06-01T00:00:00Z", "tlp": "RED"}, writer)
    states = [people.read(f"consequences/{key}", who)["outcome"]["status"] for who in (low, writer)]
    assert states == ["open", "occurred"]
    assert len(people.read(f"alliances/{alliance}/consequences", writer)["items"]) == 1
