"""What tests of ratings begin with, and what they ask."""

from starlette.testclient import TestClient

from tests.helpers import Body, make_alliance, make_assessor, make_consequence, read


def make_both(client: TestClient) -> tuple[str, str]:
    """A consequence and an assessor."""
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    return str(consequence), str(make_assessor(client)["slug"])


def point(client: TestClient, consequence: str, **params: object) -> float | None:
    judgement = read(client, f"consequences/{consequence}/judgement", **params)
    return float(judgement["probability"]["point"]) if judgement["probability"] else None


def withdraw(client: TestClient, rating: Body, status: int = 201, **said: object) -> Body:
    body = {"reason": "A mistake.", **said}
    response = client.post(f"/v1/ratings/{rating['id']}/withdraw", json=body)
    assert response.status_code == status, response.text
    answer: Body = response.json()
    return answer
