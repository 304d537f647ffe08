"""What is sent: a CloudEvent, signed as Standard Webhooks says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import to_json
from standardwebhooks import Webhook as Signer

from app.kernel.events import shown
from app.kernel.types import instant_text

MEDIA = "application/cloudevents+json"
PREFIX = "entente."


@dataclass(frozen=True, slots=True)
class Message:
    """One event for one webhook."""

    id: str
    """The `webhook-id`: the same at every attempt, so that receivers can tell repetitions."""
    type: str
    body: bytes
    event: str | None
    delivery: str | None
    """The delivery to be made, where one was asked for: a test, or a replay."""

    def headers(self, secrets: Sequence[str], now: datetime) -> dict[str, str]:
        """The headers; each of the secrets signs."""
        text = self.body.decode()
        signatures = [Signer(secret).sign(self.id, now, text) for secret in secrets]
        return {
            "Content-Type": MEDIA,
            "User-Agent": "entente-webhooks",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "webhook-id": self.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def of_event(row: Mapping[str, Any], source: str, delivery: str | None = None) -> Message:
    """The message of an event: thin, as the event is."""
    told = shown(row)
    record = told["record"]
    body = _cloud_event(
        row["id"],
        row["type"],
        f"{source}/v1/changes",
        row["time"],
        {"record": record, "alliance": told["alliance"], "by": told["by"], "data": told["data"]},
        f"{record['type']}/{record['id']}",
    )
    return Message(row["id"], row["type"], body, row["id"], delivery)


def of_test(delivery: Mapping[str, Any], source: str) -> Message:
    """The message of a test."""
    key, kind, webhook = delivery["id"], delivery["type"], delivery["webhook"]
    where, subject = f"{source}/v1/changes", f"webhooks/{webhook}"
    body = _cloud_event(key, kind, where, delivery["created_at"], {"webhook": webhook}, subject)
    return Message(key, kind, body, None, key)


def _cloud_event(
    key: str, kind: str, source: str, time: datetime, data: Any, subject: str
) -> bytes:
    return to_json(
        {
            "specversion": "1.0",
            "id": key,
            "source": source,
            "type": PREFIX + kind,
            "subject": subject,
            "time": instant_text(time),
            "datacontenttype": "application/json",
            "data": data,
        }
    )
