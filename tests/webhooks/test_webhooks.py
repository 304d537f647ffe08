"""Webhooks as their owners keep them."""

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.kernel.access import Principal
from app.kernel.db import Database
from app.webhooks import service
from app.webhooks.models import Webhook
from tests import helpers
from tests.helpers import ids, read


def test_the_secret_is_shown_once(client: TestClient) -> None:
    made = helpers.make_webhook(client)
    assert made["secret"].startswith("whsec_")
    for seen in (read(client, f"webhooks/{made['id']}"), *read(client, "webhooks")["items"]):
        assert seen == {**made, "secret": None}


def test_an_answer_that_is_given_again_has_no_secret(
    client: TestClient, database: Database
) -> None:
    body, key = {"url": "https://hooks.example.org/"}, {"Idempotency-Key": "a"}
    first, again = (client.post("/v1/webhooks", json=body, headers=key) for _ in range(2))
    assert again.json() == {**first.json(), "secret": None}
    secret = first.json()["secret"]
    with database.read() as session:
        stored = session.execute(sa.text("SELECT body FROM stored_answers")).scalars().all()
    assert not [text for text in stored if secret in text]


def test_a_webhook_is_changed_paused_and_deleted(client: TestClient) -> None:
    alliance = helpers.make_alliance(client)
    made = helpers.make_webhook(client, types=["created", "created"], alliances=[alliance["slug"]])
    assert (made["types"], made["alliances"]) == (["created"], [alliance["id"]])
    path = f"webhooks/{made['id']}"
    paused = helpers.patch(client, path, status="paused", threshold=0.5)
    assert (paused["status"], paused["threshold"], paused["version"]) == ("paused", 0.5, 2)
    assert helpers.patch(client, path, types=[])["status"] == "paused"
    assert helpers.patch(client, path, status="active")["status"] == "active"
    stale = client.patch(f"/v1/{path}", json={"types": []}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    helpers.delete(client, path)
    assert client.get(f"/v1/{path}").status_code == 410
    assert read(client, "webhooks")["items"] == []


def test_what_was_deleted_has_no_secrets(client: TestClient, database: Database) -> None:
    made = helpers.make_webhook(client)
    helpers.make(client, f"webhooks/{made['id']}/rotate", {})
    helpers.delete(client, f"webhooks/{made['id']}")
    with database.read() as session:
        row = session.execute(sa.select(Webhook.secret, Webhook.previous_secret)).one()
    assert tuple(row) == ("", None)


def test_a_rotation_keeps_the_old_secret_for_a_while(client: TestClient) -> None:
    made = helpers.make_webhook(client)
    path = f"webhooks/{made['id']}/rotate"
    turned = helpers.make(client, path, {})
    assert turned["secret"] not in {None, made["secret"]}
    assert turned["previous_secret_until"] > turned["updated_at"]
    assert helpers.make(client, path, {"overlap_hours": 0})["previous_secret_until"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("types", ["moved"]), ("kinds", ["claim"]), ("alliances", ["nobody"]), ("records", ["a"]),
     ("threshold", -1), ("url", "nowhere"), ("secret", "a")],
)  # fmt: skip
def test_what_is_no_webhook_is_refused(client: TestClient, field: str, value: object) -> None:
    answer = client.post("/v1/webhooks", json={"url": "https://hooks.example.org/", field: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{field}")
    made = helpers.make_webhook(client)
    changed = client.patch(
        f"/v1/webhooks/{made['id']}", json={field: value}, headers={"If-Match": "*"}
    )
    assert changed.status_code == 422


def test_others_webhooks_are_not_there(client: TestClient, database: Database) -> None:
    made = helpers.make_webhook(client)
    sent = helpers.make(client, f"webhooks/{made['id']}/test", {})
    with database.write(Principal.owner("test")) as tx:
        tx.session.execute(sa.update(Webhook).values(owner="somebody"))
    path = f"/v1/webhooks/{made['id']}"
    assert read(client, "webhooks")["items"] == []
    for where in (path, f"{path}/deliveries", f"{path}/deliveries/{sent['id']}"):
        assert client.get(where).status_code == 404
    for where in (f"{path}/test", f"{path}/rotate", f"{path}/deliveries/{sent['id']}/replay"):
        assert client.post(where, json={}).status_code == 404
    assert client.delete(path, headers={"If-Match": "*"}).status_code == 404


def test_lists_come_in_pages(client: TestClient) -> None:
    made = [helpers.make_webhook(client)["id"] for _ in range(3)]
    first = read(client, "webhooks", limit=2)
    assert ids(first) == made[:2]
    assert ids(read(client, "webhooks", cursor=first["next"])) == made[2:]
    path = f"webhooks/{made[0]}"
    sent = [helpers.make(client, f"{path}/test", {})["id"] for _ in range(3)]
    first = read(client, f"{path}/deliveries", limit=2)
    assert ids(first) == sent[:0:-1]
    assert ids(read(client, f"{path}/deliveries", cursor=first["next"])) == sent[:1]
    assert read(client, f"{path}/deliveries", state="dead")["items"] == []
    assert read(client, f"{path}/deliveries/{sent[0]}")["state"] == "waiting"
    assert client.get(f"/v1/{path}/deliveries/nobody").status_code == 404


def test_nobody_has_webhooks_without_end(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST", 2)
    for status in (201, 201, 409):
        answer = client.post("/v1/webhooks", json={"url": "https://hooks.example.org/"})
        assert answer.status_code == status
