"""A small network: two roots, what they bring about, and what comes of that."""

from dataclasses import dataclass
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.helpers import Body, make_alliance, make_assessor, make_consequence, rate, read


@dataclass(frozen=True, slots=True)
class Net:
    """Ids by name: two roots `a` and `b`, `c` of both, `d` of `c`; and `x`, which nobody rates."""

    client: TestClient
    alliance: str
    ids: dict[str, str]
    assessors: list[str]

    def get(self, **params: Any) -> Body:
        """The network."""
        return read(self.client, f"alliances/{self.alliance}/network", **params)

    def nodes(self, **params: Any) -> dict[str, Body]:
        """Its nodes by name."""
        names = {key: name for name, key in self.ids.items()}
        return {names[node["id"]]: node for node in self.get(**params)["nodes"]}

    def post(self, body: Body, **params: Any) -> Any:
        """What if."""
        path = f"/v1/alliances/{self.alliance}/what-if"
        return self.client.post(path, json=body, params=params)

    def ask(self, body: Body, **params: Any) -> Body:
        """The same, answered."""
        answer = self.post(body, **params)
        assert answer.status_code == 200, answer.text
        found: Body = answer.json()
        return found

    def after(self, body: Body, **params: Any) -> dict[str, Any]:
        """What is derived then, by name."""
        names = {key: name for name, key in self.ids.items()}
        return {names[one["id"]]: one["derived"] for one in self.ask(body, **params)["after"]}

    def held(self, **outcomes: bool) -> list[Body]:
        """Outcomes as a question assumes them."""
        return [{"consequence": self.ids[n], "occurred": yes} for n, yes in outcomes.items()]


@pytest.fixture
def net(client: TestClient) -> Net:
    """The small network, each but `x` rated by one assessor and `a` by two."""
    alliance = str(make_alliance(client)["id"])
    one, two = (make_assessor(client)["slug"] for _ in "ab")
    ids: dict[str, str] = {}

    def add(name: str, **said: Any) -> None:
        causes = [
            {"consequence": ids[parent], "strength": strength}
            for parent, strength in said.pop("causes", {}).items()
        ]
        made = make_consequence(client, alliance, ref=name, caused_by=causes, **said)
        ids[name] = made["id"]

    add("a")
    add("b")
    add("x")
    add("c", causes={"a": 0.5, "b": 0.4, "x": 0.9}, leak=0.02)
    add("d", causes={"c": 0.8, "b": None})
    for name, probability in {"a": 0.2, "b": 0.3, "c": 0.25, "d": 0.2}.items():
        rate(client, ids[name], one, probability, effective_at="2024-01-01")
    rate(client, ids["a"], two, 0.6, effective_at="2024-02-01")
    return Net(client, alliance, ids, [one, two])
