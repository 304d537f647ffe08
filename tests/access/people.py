"""People for tests: principals with keys, made as an administrator makes them."""

from typing import Any

from starlette.testclient import TestClient

from tests.helpers import Body, make

Headers = dict[str, str]
WRITERS: dict[str, Any] = {"role": "editor", "clearance": "RED", "groups": ["desk", "board"]}
READERS: dict[str, dict[str, Any]] = {
    "clear": {"clearance": "CLEAR"},
    "green": {"clearance": "GREEN"},
    "amber": {"clearance": "AMBER"},
    "desk": {"clearance": "AMBER", "groups": ["desk"]},
    "strict": {"clearance": "AMBER+STRICT", "groups": ["desk"]},
    "red": {"clearance": "RED", "groups": ["desk"]},
    "named": {"clearance": "RED"},
}
CHIEF = {"slug": "chief", "name": "Chief", "role": "admin", "clearance": "RED"}


class People:
    """The administrator of a store, who lets others in. Making one closes the store."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        make(client, "principals", CHIEF)
        key = make(client, "keys", {"principal": "chief", "name": "first"})
        self.admin = bearer(key["key"])

    def join(self, slug: str, role: str = "analyst", **said: Any) -> Headers:
        """Let somebody in; answers the headers they ask with."""
        self.post("principals", {"slug": slug, "name": slug.title(), "role": role, **said})
        return self.key(slug)

    def key(self, slug: str, **said: Any) -> Headers:
        """One more key of somebody."""
        return bearer(self.post("keys", {"principal": slug, "name": "test", **said})["key"])

    def post(self, path: str, body: Body, headers: Headers | None = None) -> Body:
        """Add a record as somebody; the administrator where nobody is named."""
        answer = self.client.post(f"/v1/{path}", json=body, headers=headers or self.admin)
        assert answer.status_code == 201, answer.text
        made: Body = answer.json()
        return made

    def patch(self, path: str, headers: Headers | None = None, **changes: Any) -> Body:
        """Change a record, whatever its version."""
        headers = {**(headers or self.admin), "If-Match": "*"}
        answer = self.client.patch(f"/v1/{path}", json=changes, headers=headers)
        assert answer.status_code == 200, answer.text
        changed: Body = answer.json()
        return changed

    def status(self, path: str, headers: Headers, **params: Any) -> int:
        """How a read is answered."""
        return self.client.get(f"/v1/{path}", headers=headers, params=params).status_code

    def read(self, path: str, headers: Headers, **params: Any) -> Body:
        """A read as somebody."""
        answer = self.client.get(f"/v1/{path}", headers=headers, params=params)
        assert answer.status_code == 200, answer.text
        found: Body = answer.json()
        return found


def bearer(key: str) -> Headers:
    """The header that shows a key."""
    return {"Authorization": f"Bearer {key}"}
