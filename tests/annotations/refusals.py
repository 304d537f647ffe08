"""What is refused of an annotation."""

from starlette.testclient import TestClient

from tests.helpers import Body

MISSING = "01890000-0000-7000-8000-000000000000"


def refused(client: TestClient, body: Body) -> list[str]:
    said = {"motivation": "commenting", "body": "Hm.", **body}
    response = client.post("/v1/annotations", json=said)
    assert response.status_code == 422, response.text
    return [error["pointer"] for error in response.json()["errors"]]
