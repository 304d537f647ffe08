"""Verifying: by the service and by a stranger; one changed byte is found, a rotated key holds."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
import rfc8785
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.testclient import TestClient

from app.kernel.db import Database
from app.kernel.tables import Base
from tests.assessments.pact import LATER, digest, make_pact, says, stored, tamper, verdict
from tests.conftest import begin_with
from tests.helpers import Body, make, make_edition, patch, read
from tests.hostile.world import contents

ROW = (
    "tlp", "marking", "created_by", "created_at", "recorded_at", "chain", "number", "title", "note",
    "as_of", "known_at", "statement", "previous", "hash", "key", "signature", "downgrade",
)  # fmt: skip


prepared, pact = begin_with(make_pact)


def flipped(value: Any) -> Any:
    """A value with one byte changed."""
    if value is None:
        return "0" * 64
    if isinstance(value, str):
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    return value + 1 if isinstance(value, int) else value + timedelta(seconds=1)


def keys_of(client: TestClient) -> dict[str, Ed25519PublicKey]:
    """The public keys, as a stranger reads them."""
    return {
        key["id"]: Ed25519PublicKey.from_public_bytes(
            base64.urlsafe_b64decode(key["jwk"]["x"] + "=")
        )
        for key in read(client, "assessments/keys")["items"]
    }


def test_one_changed_byte_anywhere_in_the_row_is_found(
    client: TestClient, pact: Body, database: Database
) -> None:
    alliance = pact["alliance"]
    make_edition(client, alliance)
    edition = make_edition(client, alliance, tlp="GREEN", note="A note.")
    patch(client, f"alliances/{alliance}", description="So.")
    assert verdict(client, edition)["status"] == "intact"
    other = make(client, "assessments/keys", {})["id"]
    row = stored(database, "assessments", edition["id"])
    odd = {"tlp": "AMBER", "key": other}
    for column in ROW:
        changed = odd.get(column, flipped(row[column]))
        tamper(database, "assessments", edition["id"], {column: changed})
        found = verdict(client, edition)
        assert found["status"] == "broken", column
        assert False in found["checks"].values(), column
        tamper(database, "assessments", edition["id"], {column: row[column]})
    marked = row["statement"].replace('"tlp":"GREEN"', '"tlp":"BLUE"')
    for statement in ("no JSON", "[]", '{"tlp":"GREEN"}', marked):
        tamper(database, "assessments", edition["id"], {"statement": statement})
        assert verdict(client, edition)["status"] == "broken"
    tamper(database, "assessments", edition["id"], {"statement": row["statement"]})
    assert verdict(client, edition)["status"] == "intact"


def test_one_changed_byte_of_the_content_or_of_the_key_is_found(
    client: TestClient, pact: Body, database: Database
) -> None:
    edition = make_edition(client, pact["alliance"])
    held = stored(database, "edition_contents", edition["id"])["content"]
    for changed in (held.replace("0.3,", "0.4,"), held[:-1], "[]"):
        assert changed != held
        tamper(database, "edition_contents", edition["id"], {"content": changed})
        found = verdict(client, edition)
        assert (found["status"], found["checks"]["content"]) == ("broken", False)
    away = "00000000-0000-7000-8000-000000000000"
    tamper(database, "edition_contents", edition["id"], {"assessment": away})
    assert verdict(client, edition)["status"] == "broken"
    for path in ("", "/brief"):
        assert client.get(f"/v1/assessments/{edition['id']}{path}").status_code == 410
    t = Base.metadata.tables["edition_contents"]
    with database.engine.execution_options(entente_writing=True).begin() as connection:
        back = {"assessment": edition["id"], "content": held}
        connection.execute(sa.update(t).where(t.c.assessment == away).values(back))
    assert verdict(client, edition)["status"] == "intact"
    public = stored(database, "signing_keys", edition["key"])["public"]
    for changed in (flipped(public), "zz"):
        tamper(database, "signing_keys", edition["key"], {"public": changed})
        checks = verdict(client, edition)["checks"]
        assert (checks["signature"], checks["key"], checks["content"]) == (False, False, True)
    early = stored(database, "signing_keys", edition["key"])["made_at"]
    tamper(database, "signing_keys", edition["key"], {"public": public, "retired_at": early})
    checks = verdict(client, edition)["checks"]
    assert (checks["signature"], checks["key"]) == (True, False)


def test_what_was_taken_out_of_the_chain_is_found(
    client: TestClient, pact: Body, database: Database
) -> None:
    alliance = pact["alliance"]
    made = [make_edition(client, alliance) for _ in range(4)]
    assert verdict(client, made[0])["chain"] == {
        "editions": 4, "first_broken": None, "head": made[3]["hash"],
    }  # fmt: skip
    t = Base.metadata.tables["assessments"]
    with database.engine.execution_options(entente_writing=True).begin() as connection:
        connection.execute(sa.delete(t).where(t.c.id == made[2]["id"]))
    found = [verdict(client, edition) for edition in (made[0], made[1], made[3])]
    assert [each["status"] for each in found] == ["intact", "broken", "broken"]
    head = {"editions": 3, "first_broken": 3, "head": made[1]["hash"]}
    assert all(each["chain"] == head for each in found)


def test_a_stranger_verifies_with_what_is_served_also_after_a_rotation(
    client: TestClient, pact: Body
) -> None:
    alliance = pact["alliance"]
    first = make_edition(client, alliance)
    fresh = make(client, "assessments/keys", {})
    second = make_edition(client, alliance, LATER)
    assert (fresh["retired_at"], fresh["endorsed_by"]) == (None, first["key"])
    assert read(client, f"assessments/keys/{fresh['id']}") == fresh
    for nobody in (first["id"], "nobody"):
        assert client.get(f"/v1/assessments/keys/{nobody}").status_code == 404
    assert second["key"] == fresh["id"]
    keys = keys_of(client)
    assert list(keys) == [second["key"], first["key"]]
    previous = None
    for edition in (first, second):
        found = read(client, f"assessments/{edition['id']}")
        assert digest(found["content"]) == found["statement"]["content"]
        sealed = rfc8785.dumps(found["statement"])
        keys[found["statement"]["key"]].verify(bytes.fromhex(found["signature"]), sealed)
        assert digest(found["statement"]) == found["hash"]
        assert found["statement"]["previous"] == previous
        assert verdict(client, edition)["status"] == "intact"
        previous = found["hash"]
    raw = keys[fresh["id"]].public_bytes_raw()
    endorsed = b"entente-signing-key/1 " + raw
    keys[first["key"]].verify(bytes.fromhex(fresh["endorsement"]), endorsed)


def test_a_retired_key_signs_no_more_and_no_answer_shows_a_private_one(
    client: TestClient, pact: Body, database: Database
) -> None:
    alliance = pact["alliance"]
    edition = make_edition(client, alliance)
    private = stored(database, "signing_keys", edition["key"])["private"]
    answer = client.post("/v1/assessments/keys", json={}, headers={"Idempotency-Key": "k"})
    again = client.post("/v1/assessments/keys", json={}, headers={"Idempotency-Key": "k"})
    assert answer.json() == again.json()
    assert stored(database, "signing_keys", edition["key"])["private"] is None
    assert private not in json.dumps(contents(database))
    fresh = stored(database, "signing_keys", answer.json()["id"])["private"]
    assert fresh not in says([answer.json(), read(client, "assessments/keys")])
    (act,) = read(client, "audit", action="key_rotated")["items"]
    assert (act["kind"], act["record"]) == ("signing_keys", edition["key"])


@pytest.mark.parametrize("kind", ["alliances", "sources", "claims", "consequences", "ratings"])
def test_who_redacts_a_record_takes_it_out_of_every_edition(
    client: TestClient, pact: Body, kind: str
) -> None:
    first = make_edition(client, pact["alliance"], title="The harbour edition")
    second = make_edition(client, pact["alliance"], "2022-01-01")
    early = kind in {"alliances", "consequences"}
    held = read(client, f"assessments/{second['id']}")["content"]["records"]
    assert (kind in held) == early
    key = pact["ids"][kind]
    make(client, f"{kind}/{key}/redact", {"reason": "By order."})
    for edition, gone in ((first, True), (second, early)):
        path = f"/v1/assessments/{edition['id']}"
        assert client.get(path).status_code == (410 if gone else 200)
        assert client.get(f"{path}/brief").status_code == (410 if gone else 200)
        found = verdict(client, edition)
        assert found["status"] == ("redacted" if gone else "intact")
        assert found["checks"]["content"] is (None if gone else True)
        assert found["hash"] == edition["hash"]
    assert read(client, "search", q="harbour")["items"] == []


def test_an_edition_is_redacted_by_itself_and_the_chain_goes_on(
    client: TestClient, pact: Body, database: Database
) -> None:
    alliance = pact["alliance"]
    first = make_edition(client, alliance, title="Xyzzyquux", note="Xyzzyquux it is.")
    second = make_edition(client, alliance)
    make(client, f"assessments/{first['id']}/redact", {"reason": "By order."})
    assert "xyzzyquux" not in str(contents(database)).lower()
    third = make_edition(client, alliance)
    assert (third["number"], third["previous"]) == (3, second["hash"])
    states = [verdict(client, edition)["status"] for edition in (first, second, third)]
    assert states == ["redacted", "intact", "intact"]
    brief = client.get(f"/v1/assessments/{second['id']}/brief").text
    assert "There is no edition of an earlier day" in brief
    versions = read(client, f"assessments/{first['id']}/versions")["items"]
    assert [version["action"] for version in versions] == ["redacted", "redacted"]
    tamper(database, "assessments", first["id"], {"hash": second["hash"]})
    assert verdict(client, third)["status"] == "broken"


def test_editions_go_up_with_their_alliance_and_stay_intact(client: TestClient, pact: Body) -> None:
    alliance = pact["alliance"]
    made = [make_edition(client, alliance), make_edition(client, alliance, tlp="RED")]
    patch(client, f"alliances/{alliance}", tlp="AMBER")
    found = [read(client, f"assessments/{edition['id']}") for edition in made]
    assert [each["tlp"] for each in found] == ["AMBER", "RED"]
    assert [each["statement"]["tlp"] for each in found] == ["CLEAR", "RED"]
    assert [verdict(client, edition)["status"] for edition in made] == ["intact", "intact"]
    assert make_edition(client, alliance)["number"] == 1


def test_nothing_is_verified_that_is_not_there(client: TestClient) -> None:
    for path in ("verify", "brief"):
        unknown: Body = client.get(
            f"/v1/assessments/00000000-0000-7000-8000-000000000000/{path}"
        ).json()
        assert unknown["status"] == 404


def test_a_key_that_the_one_before_never_endorsed_is_not_ours(
    client: TestClient, pact: Body, database: Database
) -> None:
    make(client, "assessments/keys", {})
    edition = make_edition(client, pact["alliance"])
    assert verdict(client, edition)["checks"]["key"] is True
    for odd in ({"endorsement": "00" * 64}, {"endorsement": "zz"}, {"endorsed_by": None}):
        kept = stored(database, "signing_keys", edition["key"])
        tamper(database, "signing_keys", edition["key"], odd)
        assert verdict(client, edition)["checks"]["key"] is False
        tamper(database, "signing_keys", edition["key"], {name: kept[name] for name in odd})
    assert verdict(client, edition)["status"] == "intact"


@pytest.mark.parametrize("odd", ["[" * 50_000, "null", '{"tlp": ["CLEAR"], "audience": {}}'])
def test_a_statement_that_is_none_is_found_broken(
    client: TestClient, pact: Body, database: Database, odd: str
) -> None:
    edition = make_edition(client, pact["alliance"])
    tamper(database, "assessments", edition["id"], {"statement": odd})
    assert verdict(client, edition)["status"] == "broken"


@pytest.mark.parametrize("private", ["zz", "00" * 31, "00" * 32, None])
def test_nothing_is_signed_by_a_key_that_is_not_the_one_that_was_made(
    client: TestClient, pact: Body, database: Database, private: str | None
) -> None:
    key = make_edition(client, pact["alliance"])["key"]
    tamper(database, "signing_keys", key, {"private": private})
    body = {"title": "The next", "as_of": LATER}
    for path, said in (
        (f"alliances/{pact['alliance']}/assessments", body),
        ("assessments/keys", {}),
    ):
        answer = client.post(f"/v1/{path}", json=said)
        assert answer.status_code == 409, (path, answer.text)
        assert key in answer.json()["detail"]
    assert len(read(client, "assessments/keys")["items"]) == 1
