"""Delivery to receivers that do as they should, or say that they can't."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.delivery import store
from app.kernel.access import Principal
from app.kernel.db import Database
from app.webhooks.models import Webhook
from tests import helpers
from tests.delivery.receivers import Receiver, until
from tests.helpers import Body, read

Deliver = Callable[..., TestClient]


def deliveries(client: TestClient, webhook: Body, **params: Any) -> list[Body]:
    """The log of a webhook, newest first."""
    found: list[Body] = read(client, f"webhooks/{webhook['id']}/deliveries", **params)["items"]
    return found


def test_events_arrive_signed_in_order_and_once(deliver: Deliver, hook: Receiver) -> None:
    client = deliver(hook.port)
    helpers.make_actor(client)  # before there was a webhook
    webhook = helpers.make_webhook(client, hook.url)
    actors = [helpers.make_actor(client)["id"] for _ in range(5)]
    hook.wait(5)
    events = read(client, "changes")["items"][1:]
    bodies = hook.bodies(webhook["secret"])
    assert [body["id"] for body in bodies] == [event["id"] for event in events]
    assert [body["data"]["record"]["id"] for body in bodies] == actors
    assert bodies[0] == {
        "specversion": "1.0",
        "id": events[0]["id"],
        "source": "/v1/changes",
        "type": "entente.created",
        "subject": f"actors/{actors[0]}",
        "time": events[0]["time"],
        "datacontenttype": "application/json",
        "data": {name: events[0][name] for name in ("record", "alliance", "by", "data")},
    }
    headers, body = hook.got[0]
    assert headers["Content-Type"] == "application/cloudevents+json"
    assert headers["Host"] == f"127.0.0.1:{hook.port}"
    assert headers["webhook-id"] == events[0]["id"]
    assert "Actor" not in body
    until(lambda: len(deliveries(client, webhook)) == 5)
    log = deliveries(client, webhook)
    assert [one["event"] for one in reversed(log)] == [event["id"] for event in events]
    assert {(one["state"], one["attempts"], one["status"]) for one in log} == {
        ("delivered", 1, 204)
    }


def test_filters_and_the_threshold_choose(deliver: Deliver, hook: Receiver) -> None:
    client = deliver(hook.port)
    alliance = helpers.make_alliance(client)["id"]
    consequence = helpers.make_consequence(client, alliance)["id"]
    assessor = helpers.make_assessor(client)["slug"]
    types = ["judgement.moved", "consequence.resolved"]
    webhook = helpers.make_webhook(
        client, hook.url, types=types, kinds=["consequences"], alliances=[alliance],
        records=[consequence], threshold=1.0,
    )  # fmt: skip
    for probability in (0.2, 0.25, 0.8, 0.81):
        helpers.rate(client, consequence, assessor, probability)
    helpers.make_outcome(client, consequence, status="occurred")
    hook.wait(3)
    first, jump, resolved = hook.bodies(webhook["secret"])
    assert first["data"]["data"]["before"] is None
    assert jump["data"]["data"]["after"]["probability"] == pytest.approx(0.8)
    assert resolved["type"] == "entente.consequence.resolved"


def test_a_failure_is_tried_again_with_longer_and_longer_waits_and_holds_the_order(
    deliver: Deliver, hook: Receiver
) -> None:
    client = deliver(hook.port, webhook_retry_seconds=0.2)
    webhook = helpers.make_webhook(client, hook.url)
    hook.answers = [(500, {}), (302, {"Location": "http://127.0.0.1/"}), (404, {})]
    begun = time.monotonic()
    one, other = (helpers.make_actor(client)["id"] for _ in range(2))
    hook.wait(5)
    assert time.monotonic() - begun > 0.1 + 0.2 + 0.4
    got = [body["data"]["record"]["id"] for body in hook.bodies(webhook["secret"])]
    assert got == [one] * 4 + [other]
    assert len({headers["webhook-id"] for headers, _ in hook.got[:4]}) == 1
    until(lambda: len(deliveries(client, webhook, state="delivered")) == 2)
    assert deliveries(client, webhook)[-1]["attempts"] == 4
    assert read(client, f"webhooks/{webhook['id']}")["failing_since"] is None


def test_a_redirect_is_not_followed(deliver: Deliver, hook: Receiver, other_hook: Receiver) -> None:
    client = deliver(hook.port, other_hook.port, webhook_attempts=1)
    webhook = helpers.make_webhook(client, hook.url)
    hook.answers = [(307, {"Location": other_hook.url})]
    helpers.make_actor(client)
    until(lambda: deliveries(client, webhook, state="dead"))
    assert "isn't followed" in deliveries(client, webhook)[0]["reason"]
    assert other_hook.got == []


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_receiver_may_ask_for_time(deliver: Deliver, hook: Receiver, form: str) -> None:
    client = deliver(hook.port)
    webhook = helpers.make_webhook(client, hook.url)
    at = datetime.now(UTC) + timedelta(hours=2)
    wait = "7200" if form == "seconds" else f"{at:%a, %d %b %Y %H:%M:%S} GMT"
    hook.answers = [(503, {"Retry-After": wait})]
    helpers.make_actor(client)
    hook.wait(1)
    until(lambda: deliveries(client, webhook, state="failed"))
    time.sleep(0.3)
    assert len(hook.got) == 1


def test_a_receiver_that_is_gone_is_told_nothing_more(
    deliver: Deliver, hook: Receiver, other_hook: Receiver
) -> None:
    client = deliver(hook.port, other_hook.port)
    webhook = helpers.make_webhook(client, hook.url, kinds=["actors"])
    notices = helpers.make_webhook(client, other_hook.url, types=["webhook.disabled"])
    hook.answers = [(410, {})]
    first = helpers.make_actor(client)["id"]
    other_hook.wait(1)
    disabled = read(client, f"webhooks/{webhook['id']}")
    assert (disabled["status"], "410" in disabled["reason"]) == ("disabled", True)
    (notice,) = other_hook.bodies(notices["secret"])
    assert notice["data"]["record"] == {"type": "webhooks", "id": webhook["id"], "version": 2}
    assert notice["data"]["data"] == {"reason": disabled["reason"]}
    second = helpers.make_actor(client)["id"]
    time.sleep(0.3)
    assert len(hook.got) == 1
    helpers.patch(client, f"webhooks/{webhook['id']}", status="active")
    helpers.make_actor(client)
    hook.wait(4)
    got = [body["data"]["record"]["id"] for body in hook.bodies(webhook["secret"])]
    assert got[:3] == [first, first, second]


def test_a_webhook_that_fails_too_long_is_disabled(deliver: Deliver, hook: Receiver) -> None:
    client = deliver(hook.port, webhook_disable_hours=1e-5)
    webhook = helpers.make_webhook(client, hook.url, kinds=["actors"])
    hook.answers = [(500, {})] * 100
    helpers.make_actor(client)
    until(lambda: read(client, f"webhooks/{webhook['id']}")["status"] == "disabled")
    assert "since" in read(client, f"webhooks/{webhook['id']}")["reason"]
    assert read(client, "changes", type="webhook.disabled")["items"]


def test_an_event_that_is_given_up_is_a_dead_letter_and_can_be_replayed(
    deliver: Deliver, hook: Receiver
) -> None:
    client = deliver(hook.port, webhook_attempts=2)
    webhook = helpers.make_webhook(client, hook.url)
    hook.answers = [(500, {}), (500, {})]
    poison, next_one = (helpers.make_actor(client)["id"] for _ in range(2))
    hook.wait(3)
    until(lambda: deliveries(client, webhook, state="delivered"))
    (dead,) = deliveries(client, webhook, state="dead")
    assert (dead["attempts"], dead["status"]) == (2, 500)
    path = f"webhooks/{webhook['id']}/deliveries/{dead['id']}"
    assert helpers.make(client, f"{path}/replay", {})["state"] == "waiting"
    hook.wait(4)
    got = [body["data"]["record"]["id"] for body in hook.bodies(webhook["secret"])]
    assert got == [poison, poison, next_one, poison]
    assert hook.got[0][0]["webhook-id"] == hook.got[3][0]["webhook-id"]
    until(lambda: read(client, path)["state"] == "delivered")
    assert read(client, path)["attempts"] == 3


def test_the_test_button_tells_what_came_of_it(deliver: Deliver, hook: Receiver) -> None:
    client = deliver(hook.port)
    webhook = helpers.make_webhook(client, hook.url, types=["merged"])
    helpers.patch(client, f"webhooks/{webhook['id']}", status="paused")
    made = client.post(f"/v1/webhooks/{webhook['id']}/test", json={})
    hook.wait(1)
    (body,) = hook.bodies(webhook["secret"])
    assert (body["type"], body["id"]) == ("entente.webhook.test", made.json()["id"])
    until(lambda: client.get(made.headers["location"]).json()["state"] == "delivered")
    hook.answers = [(500, {})]
    failed = client.post(f"/v1/webhooks/{webhook['id']}/test", json={})
    until(lambda: client.get(failed.headers["location"]).json()["state"] == "dead")
    assert client.get(failed.headers["location"]).json()["reason"] == "the receiver answered 500"


def test_both_secrets_sign_while_they_overlap(deliver: Deliver, hook: Receiver) -> None:
    client = deliver(hook.port)
    webhook = helpers.make_webhook(client, hook.url)
    path = f"webhooks/{webhook['id']}"
    turned = helpers.make(client, f"{path}/rotate", {"overlap_hours": 1})
    helpers.make_actor(client)
    hook.wait(1)
    assert hook.bodies(webhook["secret"]) == hook.bodies(turned["secret"])
    last = helpers.make(client, f"{path}/rotate", {"overlap_hours": 0})
    hook.got.clear()
    helpers.make_actor(client)
    hook.wait(1)
    assert hook.bodies(last["secret"])
    assert len(hook.got[0][0]["webhook-signature"].split()) == 1


def test_a_paused_webhook_goes_on_where_it_stopped(deliver: Deliver, hook: Receiver) -> None:
    client = deliver(hook.port)
    webhook = helpers.make_webhook(client, hook.url)
    path = f"webhooks/{webhook['id']}"
    helpers.patch(client, path, status="paused")
    helpers.make_actor(client)
    time.sleep(0.3)
    assert hook.got == []
    helpers.patch(client, path, status="active")
    helpers.make_actor(client)
    hook.wait(2)


def test_a_webhook_whose_owner_is_gone_is_disabled(
    deliver: Deliver, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = deliver(hook.port)
    webhook = helpers.make_webhook(client, hook.url)
    monkeypatch.setattr(store, "view_of", lambda _session, _owner: None)
    helpers.make_actor(client)
    until(lambda: read(client, f"webhooks/{webhook['id']}")["status"] == "disabled")
    assert "owner" in read(client, f"webhooks/{webhook['id']}")["reason"]
    assert hook.got == []


def test_a_worker_that_died_leaves_its_webhook_to_others(
    deliver: Deliver, hook: Receiver, database: Database
) -> None:
    client = deliver(hook.port)
    webhook = helpers.make_webhook(client, hook.url)
    far, near = datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) + timedelta(seconds=1)
    with database.write(Principal.owner("test")) as tx:
        held = sa.update(Webhook).where(Webhook.id == webhook["id"])
        tx.session.execute(held.values(lease_by="nobody", lease_until=far))
    helpers.make_actor(client)
    time.sleep(0.3)
    assert hook.got == []
    with database.write(Principal.owner("test")) as tx:
        tx.session.execute(held.values(lease_until=near))
    hook.wait(1)


def test_two_workers_send_each_event_once(deliver: Deliver, hook: Receiver) -> None:
    one, other = deliver(hook.port), deliver(hook.port)
    webhook = helpers.make_webhook(one, hook.url)
    hook.pause = 0.02
    for number in range(30):
        helpers.make_actor((one, other)[number % 2])
    hook.wait(30)
    got = [body["id"] for body in hook.bodies(webhook["secret"])]
    assert all(earlier < later for earlier, later in pairwise(got))
    until(lambda: len(deliveries(one, webhook, state="delivered")) == 30)


def test_what_was_delivered_long_ago_is_forgotten(
    deliver: Deliver, hook: Receiver, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = deliver(hook.port)
    webhook = helpers.make_webhook(client, hook.url)
    helpers.make_actor(client)
    until(lambda: deliveries(client, webhook, state="delivered"))
    keeper = store.Store(database, client.app.state.settings)  # type: ignore[attr-defined]  # the application is FastAPI's
    keeper.prune()
    assert len(deliveries(client, webhook)) == 1
    monkeypatch.setattr(store, "KEPT", timedelta(0))
    keeper.prune()
    assert deliveries(client, webhook) == []


def test_secrets_are_in_no_answer_and_no_log(
    deliver: Deliver, hook: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    client = deliver(hook.port)
    webhook = helpers.make_webhook(client, hook.url)
    hook.answers = [(500, {})]
    helpers.make_actor(client)
    hook.wait(2)
    told = json.dumps(
        [deliveries(client, webhook), read(client, "changes"), read(client, "webhooks")]
    )
    assert webhook["secret"] not in told + caplog.text
