"""Blind rounds: opened, answered, closed and revealed, and what is refused on the way."""

from starlette.testclient import TestClient

from tests import helpers
from tests.helpers import (
    Body,
    answer,
    delete,
    everything,
    ids,
    make,
    make_alliance,
    make_assessor,
    make_assumption,
    make_consequence,
    open_round,
    patch,
    read,
    reveal,
)

ANY = {"If-Match": "*"}


def refused(client: TestClient, path: str, body: Body, status: int, pointer: str = "") -> str:
    """The detail of a refusal that names a place."""
    found = client.post(f"/v1/{path}", json=body)
    assert found.status_code == status, found.text
    if pointer:
        assert found.json()["errors"][0]["pointer"] == pointer, found.text
    return str(found.json()["detail"])


# --- Opened, closed, revealed -------------------------------------------------------------------


def test_a_round_is_opened_closed_and_revealed(
    client: TestClient, alliance: str, pair: list[str]
) -> None:
    made = open_round(client, alliance, pair, ref="R1", note="Look at the ports.")
    assert made["status"] == "open"
    assert (made["alliance"], made["consequences"], made["after"]) == (alliance, pair, None)
    assert made["opened_at"] == made["created_at"]
    assert (made["closed_at"], made["revealed_at"], made["answered"]) == (None, None, 0)

    path = f"rounds/{made['id']}"
    closed = make(client, f"{path}/close", {})
    assert (closed["status"], closed["version"]) == ("closed", 2)
    assert closed["closed_at"] == closed["recorded_at"]
    revealed = make(client, f"{path}/reveal", {})
    assert (revealed["status"], revealed["version"]) == ("revealed", 3)
    assert revealed["revealed_at"] == revealed["recorded_at"]
    assert read(client, path) == revealed


def test_closing_and_revealing_answer_where_the_round_is(
    client: TestClient, alliance: str, pair: list[str]
) -> None:
    path = f"/v1/rounds/{open_round(client, alliance, pair)['id']}"
    for step in ("close", "reveal"):
        found = client.post(f"{path}/{step}", json={}, headers={"Idempotency-Key": step})
        assert (found.status_code, found.headers["location"]) == (201, path)
        again = client.post(f"{path}/{step}", json={}, headers={"Idempotency-Key": step})
        assert again.headers["idempotent-replayed"] == "true"
        assert again.content == found.content


def test_no_step_is_taken_twice_or_before_the_one_before_it(
    client: TestClient, alliance: str, pair: list[str]
) -> None:
    path = f"rounds/{open_round(client, alliance, pair)['id']}"
    said = {"consequence": pair[0], "probability": 0.4}
    assert "open" in refused(client, f"{path}/reveal", {}, 409)
    make(client, f"{path}/close", {})
    assert "closed" in refused(client, f"{path}/close", {}, 409)
    assert "closed" in refused(client, f"{path}/ratings", said, 409)
    make(client, f"{path}/reveal", {})
    assert "revealed" in refused(client, f"{path}/reveal", {}, 409)
    assert "closed" in refused(client, f"{path}/close", {}, 409)
    assert "revealed" in refused(client, f"{path}/ratings", said, 409)
    assert read(client, path)["version"] == 3


def test_rounds_are_listed_and_found_by_what_they_are(
    client: TestClient, alliance: str, pair: list[str]
) -> None:
    first = open_round(client, alliance, pair, ref="R1", title="The first look")["id"]
    reveal(client, first)
    second = open_round(client, alliance, pair[:1], after=first)["id"]
    other = make_alliance(client)["id"]
    third = open_round(client, other, [make_consequence(client, other)["id"]])["id"]

    assert ids(read(client, "rounds")) == [third, second, first]
    assert ids(read(client, f"alliances/{alliance}/rounds", sort="opened_at")) == [first, second]
    for params, wanted in (
        ({"status": "revealed"}, [first]),
        ({"status": ["open", "closed"]}, [third, second]),
        ({"ref": "R1"}, [first]),
        ({"after": first}, [second]),
        ({"consequence": pair[1]}, [first]),
        ({"alliance": other}, [third]),
        ({"q": "look"}, [first]),
    ):
        assert ids(read(client, "rounds", **params)) == wanted, params
    assert ids(read(client, "search", q="look", type="rounds")) == [first]
    found = read(client, f"rounds/{second}", include="after,consequences,alliance")["included"]
    assert [ids({"items": found[name]}) for name in ("after", "consequences", "alliance")] == [
        [first], pair[:1], [alliance],
    ]  # fmt: skip


def test_only_words_and_marking_of_a_round_are_changed(
    client: TestClient, alliance: str, pair: list[str]
) -> None:
    first = open_round(client, alliance, pair, ref="R1")["id"]
    path = f"/v1/rounds/{first}"
    changed = patch(client, f"rounds/{first}", title="Another", note="So.", tlp="GREEN")
    assert (changed["title"], changed["note"], changed["tlp"]) == ("Another", "So.", "GREEN")
    for field, value in (
        ("ref", "R2"), ("consequences", pair[:1]), ("consequences", pair[::-1]), ("after", first),
    ):  # fmt: skip
        found = client.patch(path, json={field: value}, headers=ANY)
        assert found.status_code == 422
        assert found.json()["errors"][0]["pointer"] == f"/{field}"
    for field in ("status", "closed_at", "revealed_at", "answered", "alliance"):
        found = client.patch(path, json={field: "2024-01-01T00:00:00Z"}, headers=ANY)
        assert found.json()["errors"][0]["pointer"] == f"/{field}"
    assert client.patch(path, json={"title": "No"}).status_code == 428
    stale = {"If-Match": '"1-0"'}
    assert client.patch(path, json={"title": "No"}, headers=stale).status_code == 412
    assert read(client, f"rounds/{first}") == changed


def test_the_past_of_a_round_is_read_by_both_clocks(
    client: TestClient, alliance: str, pair: list[str], names: list[str]
) -> None:
    made = open_round(client, alliance, pair)
    path = f"rounds/{made['id']}"
    said = answer(client, made["id"], pair[0], 0.3, assessor=names[0])
    closed = make(client, f"{path}/close", {})
    revealed = make(client, f"{path}/reveal", {})
    for clock in ("known_at", "as_of"):
        for at, status, answered in (
            (made["opened_at"], "open", 0),
            (said["effective_at"], "open", 1),
            (closed["closed_at"], "closed", 1),
            (revealed["revealed_at"], "revealed", 1),
        ):
            found = read(client, path, **{clock: at})
            assert (found["status"], found["answered"]) == (status, answered), (clock, at)
            (listed,) = read(client, "rounds", **{clock: at}, status=status)["items"]
            assert listed == found
        early = client.get(f"/v1/{path}", params={clock: "2020-01-01"})
        assert early.status_code == 404
        not_yet = client.get(f"/v1/{path}/results", params={clock: closed["closed_at"]})
        assert not_yet.status_code == 409
    assert read(client, path, as_of=made["opened_at"])["closed_at"] is None
    versions = read(client, f"{path}/versions")["items"]
    assert [[c["pointer"] for c in version["changes"]] for version in versions][:2] == [
        ["/revealed_at"], ["/closed_at"],
    ]  # fmt: skip


def test_who_had_answered_by_then_is_counted_as_known_then(
    client: TestClient, alliance: str, pair: list[str]
) -> None:
    path = f"rounds/{open_round(client, alliance, pair)['id']}"
    ann = make_assessor(client)
    make(client, f"{path}/ratings", {
        "consequence": pair[0], "assessor": ann["slug"], "probability": 0.3,
    })  # fmt: skip
    own = make(client, f"{path}/ratings", {"consequence": pair[0], "probability": 0.6})
    closed = make(client, f"{path}/close", {})["closed_at"]
    revealed = make(client, f"{path}/reveal", {})["revealed_at"]
    moments = (own["effective_at"], closed, revealed)
    before = [read(client, path, known_at=at) for at in moments]
    assert [found["answered"] for found in before] == [2, 2, 2]
    delete(client, f"assessors/{ann['id']}")
    assert [read(client, path, known_at=at) for at in moments] == before
    assert read(client, path)["answered"] == 1
    delete(client, f"assessors/{own['assessor']}")  # its record was made by the reveal
    assert [read(client, path, known_at=at) for at in moments] == before
    assert read(client, path)["answered"] == 0


# --- What a round asks --------------------------------------------------------------------------


def test_a_round_asks_about_consequences_of_its_alliance_each_once(
    client: TestClient, alliance: str, pair: list[str]
) -> None:
    path = f"alliances/{alliance}/rounds"
    other = make_consequence(client, make_alliance(client)["id"])["id"]
    gone = make_consequence(client, alliance)["id"]
    delete(client, f"consequences/{gone}")
    for asked, pointer in (
        ([], "/consequences"),
        ([pair[0], pair[0]], "/consequences/1"),
        ([pair[0], other], "/consequences/1"),
        ([pair[0], gone], "/consequences/1"),
        (["00000000-0000-7000-8000-000000000000"], "/consequences/0"),
        ([pair[0]] * 101, "/consequences"),
    ):
        refused(client, path, {"title": "Round", "consequences": asked}, 422, pointer)
    assert read(client, path)["items"] == []


def test_a_round_follows_one_of_its_alliance_that_was_revealed(
    client: TestClient, alliance: str, pair: list[str]
) -> None:
    path = f"alliances/{alliance}/rounds"
    first = open_round(client, alliance, pair)["id"]
    for _ in range(2):
        refused(client, path, {"title": "Again", "after": first}, 409, "/after")
        if read(client, f"rounds/{first}")["status"] == "open":
            make(client, f"rounds/{first}/close", {})
    make(client, f"rounds/{first}/reveal", {})
    nobody = "00000000-0000-7000-8000-000000000000"
    refused(client, path, {"title": "Again", "after": nobody}, 422, "/after")
    other = make_alliance(client)["id"]
    body = {"title": "Again", "after": first}
    theirs = {**body, "consequences": [make_consequence(client, other)["id"]]}
    refused(client, f"alliances/{other}/rounds", theirs, 422, "/after")

    assert make(client, path, body)["consequences"] == pair
    delete(client, f"consequences/{pair[0]}")
    assert make(client, path, body)["consequences"] == pair[1:]
    delete(client, f"consequences/{pair[1]}")
    refused(client, path, body, 422, "/consequences")
    delete(client, f"rounds/{first}")
    refused(client, path, body, 422, "/after")


# --- Answers ------------------------------------------------------------------------------------


def test_an_answer_is_like_a_rating_and_sealed(
    client: TestClient, alliance: str, pair: list[str]
) -> None:
    assumption = make_assumption(client, alliance)["id"]
    asked = open_round(client, alliance, pair)["id"]
    body = {
        "consequence": pair[0], "scale": "icd203", "word": "unlikely", "impact": 4,
        "confidence": "low", "rationale": "It was said.", "assumptions": [assumption],
        "review_by": "2200-01-01", "change_reason": "New.", "tlp": "GREEN",
    }  # fmt: skip
    found = client.post(f"/v1/rounds/{asked}/ratings", json=body)
    assert found.status_code == 201, found.text
    made = found.json()
    assert made["status"] == "sealed"
    assert (made["round"], made["consequence"]) == (asked, pair[0])
    assert (made["assessor"], made["created_by"]) == ("local", "local")
    assert made["probability"] == {"point": 0.325, "low": 0.2, "high": 0.45}
    same = ("scale", "word", "impact", "confidence", "rationale", "assumptions", "tlp")
    assert {name: made[name] for name in same} == {name: body[name] for name in same}
    where = found.headers["location"]
    assert where == f"/v1/rounds/{asked}/ratings/{made['id']}"
    assert client.get(where).json() == made
    assert client.get(where).headers["etag"] == found.headers["etag"]
    assert read(client, f"rounds/{asked}/ratings") == {"items": [made], "next": None}


def test_an_answer_is_refused_as_a_rating_would_be_and_names_the_field(
    client: TestClient, alliance: str, pair: list[str]
) -> None:
    asked = open_round(client, alliance, pair[:1])["id"]
    path = f"rounds/{asked}/ratings"
    gone = make_consequence(client, alliance)["id"]
    delete(client, f"consequences/{gone}")
    factor = helpers.make_factor(client, alliance)["id"]
    fine = {"consequence": pair[0], "probability": 0.4}
    for changes, pointer in (
        ({"probability": 0}, "/probability"),
        ({"probability": 1}, "/probability"),
        ({"probability": None}, "/probability"),
        ({"probability": {"point": 0.5, "low": 0.6, "high": 0.7}}, "/probability/point"),
        ({"word": "likely"}, "/scale"),
        ({"scale": "icd203", "word": "likely"}, "/probability"),
        ({"impact": 6}, "/impact"),
        ({"consequence": pair[1]}, "/consequence"),
        ({"consequence": gone}, "/consequence"),
        ({"consequence": asked}, "/consequence"),
        ({"consequence": None}, "/consequence"),
        ({"assessor": "nobody"}, "/assessor"),
        ({"assumptions": [factor]}, "/assumptions/0"),
        ({"assumptions": [pair[0]]}, "/assumptions/0"),
        ({"review_by": "2020-01-01"}, "/review_by"),
        ({"effective_at": "2020-01-01"}, "/effective_at"),
        ({"supersedes": asked}, "/supersedes"),
    ):
        refused(client, path, {**fine, **changes}, 422, pointer)
    assert read(client, path)["items"] == []
    refused(client, "rounds/00000000-0000-7000-8000-000000000000/ratings", fine, 404)


def test_a_later_answer_replaces_the_one_before_and_that_is_kept(
    client: TestClient, alliance: str, pair: list[str]
) -> None:
    asked = open_round(client, alliance, pair)["id"]
    first = answer(client, asked, pair[0], 0.9)
    other = answer(client, asked, pair[1], 0.5)
    second = answer(client, asked, pair[0], 0.09)
    found = read(client, f"rounds/{asked}/ratings")["items"]
    assert ids({"items": found}) == [second["id"], other["id"], first["id"]]
    assert [one["status"] for one in found] == ["sealed", "sealed", "replaced"]
    assert found[2] == {
        **first, "status": "replaced", "version": 2, "replaced_at": second["effective_at"],
    }  # fmt: skip
    assert read(client, f"rounds/{asked}")["answered"] == 1
    page = read(client, f"rounds/{asked}/ratings", limit=2)
    rest = read(client, f"rounds/{asked}/ratings", limit=2, cursor=page["next"])
    assert [*ids(page), *ids(rest)] == ids({"items": found})
    reveal(client, asked)
    points = [row["probability"]["point"] for row in everything(client, "ratings", round=asked)]
    assert sorted(points) == [0.09, 0.5]
    (kept,) = read(client, f"rounds/{asked}/ratings")["items"]
    assert (kept["id"], kept["status"], kept["probability"]["point"]) == (
        first["id"], "replaced", 0.9,
    )  # fmt: skip


def test_a_key_sent_again_seals_one_answer(
    client: TestClient, alliance: str, pair: list[str]
) -> None:
    asked = open_round(client, alliance, pair)["id"]
    body = {"consequence": pair[0], "probability": 0.4}
    key = {"Idempotency-Key": "one"}
    first, again = (
        client.post(f"/v1/rounds/{asked}/ratings", json=body, headers=key) for _ in "ab"
    )
    assert again.content == first.content
    assert len(read(client, f"rounds/{asked}/ratings")["items"]) == 1
    other = client.post(
        f"/v1/rounds/{asked}/ratings", json={**body, "probability": 0.5}, headers=key
    )
    assert other.status_code == 422
