"""A POST whose answer was lost is sent again with its key, and happens once."""

import json
import socket
import time

from tests.faults.load import assert_healthy
from tests.helpers import unique
from tests.hostile.service import service_on
from tests.stores import Store

TIMES = 12


def test_an_answer_that_nobody_read_is_the_same_the_second_time(
    store: Store, empty_template: str
) -> None:
    url = store.make(empty_template)
    with service_on(url) as service:
        for number in range(TIMES):
            word = unique("lost").replace("-", "")
            body = {"statement": f"It is {word}.", "modality": "asserted"}
            content = json.dumps(body).encode()
            head = (
                f"POST /v1/claims HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
                f"Idempotency-Key: {word}\r\nContent-Length: {len(content)}\r\n\r\n"
            )
            with socket.create_connection(("127.0.0.1", service.port or 0)) as connection:
                connection.sendall(head.encode() + content)
                # Gone before, while and after it is written.
                time.sleep(0.004 * number)
            key = {"Idempotency-Key": word}
            answers = [service.send("POST", "claims", body, key) for _ in range(3)]
            while answers[0].status == 409:  # the first one still runs
                answers = [service.send("POST", "claims", body, key) for _ in range(3)]
            assert [answer.status for answer in answers] == [201] * 3
            assert len({answer.body for answer in answers}) == 1
            page = service.read(f"claims?q={word}")
            assert [item["id"] for item in page["items"]] == [answers[0].json()["id"]]
    assert_healthy(url)
    store.drop(url)
