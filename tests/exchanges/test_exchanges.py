"""Exchanges, items and factors: what is given, what is at stake, what pushes which way."""

import pytest
from starlette.testclient import TestClient

from tests.helpers import (
    Body,
    delete,
    ids,
    make_actor,
    make_alliance,
    make_claim,
    make_consequence,
    make_exchange,
    make_factor,
    make_item,
    patch,
    read,
)

MISSING = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
def alliance(client: TestClient) -> str:
    """An alliance in which something is given."""
    return str(make_alliance(client)["id"])


def test_an_exchange_may_have_three_sides(client: TestClient, alliance: str) -> None:
    one, two, three = (make_actor(client) for _ in "abc")
    item = make_item(client, alliance)["id"]
    made = make_exchange(
        client, alliance, givers=[one["slug"], two["id"]], receivers=[three["id"]], item=item,
        need="Shells", need_strength="acute", kind="feared", status="ongoing", ref="E1",
    )  # fmt: skip
    assert made["givers"] == [one["id"], two["id"]]
    path = f"alliances/{alliance}/exchanges"
    for params, count in (
        ({"giver": two["slug"]}, 1), ({"giver": three["id"]}, 0), ({"receiver": three["id"]}, 1),
        ({"actor": three["id"]}, 1), ({"actor": one["slug"]}, 1), ({"item": item}, 1),
        ({"kind": ["feared", "core"]}, 1), ({"status": "ended"}, 0), ({"ref": "E1"}, 1),
    ):  # fmt: skip
        assert len(read(client, path, **params)["items"]) == count, params
    found = read(client, f"{path}/{made['id']}", include="item,givers,receivers")["included"]
    assert [len(found[name]) for name in ("item", "givers", "receivers")] == [1, 2, 1]
    assert patch(client, f"{path}/{made['id']}", status="ended")["status"] == "ended"


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"givers": []}, "/givers"), ({"receivers": []}, "/receivers"),
        ({"item": MISSING}, "/item"), ({"item": "shells"}, "/item"), ({"kind": "odd"}, "/kind"),
        ({"givers": ["nobody"]}, "/givers/0"), ({"need_strength": "some"}, "/need_strength"),
    ],
)  # fmt: skip
def test_a_wrong_exchange_is_told_by_its_place(
    client: TestClient, alliance: str, said: Body, place: str
) -> None:
    actor = make_actor(client)["id"]
    body = {
        "givers": [actor], "receivers": [actor], "item": make_item(client, alliance)["id"],
        "kind": "core", "status": "possible", **said,
    }  # fmt: skip
    response = client.post(f"/v1/alliances/{alliance}/exchanges", json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == place


def test_items_are_filtered_and_sorted(client: TestClient, alliance: str) -> None:
    path = f"alliances/{alliance}/items"
    b = make_item(client, alliance, name="B", ref="T2", kind="finance")["id"]
    a = make_item(client, alliance, name="A", kind="weapon")["id"]
    assert ids(read(client, path, sort="name")) == [a, b]
    assert ids(read(client, path, sort="ref")) == [b, a]
    assert ids(read(client, path, kind="weapon")) == [a]
    assert ids(read(client, path, ref="T2", include="alliance")) == [b]
    delete(client, f"{path}/{a}")
    assert ids(read(client, path)) == [b]


def test_a_factor_bears_on_what_is_there(client: TestClient, alliance: str) -> None:
    claim = make_claim(client)["id"]
    consequence = make_consequence(client, alliance)["id"]
    made = make_factor(
        client, alliance, claims=[claim], kind="brake", effect="lowers",
        bears_on=[{"type": "consequence", "id": consequence}],
    )  # fmt: skip
    path = f"alliances/{alliance}/factors"
    for params, count in (
        ({"claim": claim}, 1), ({"consequence": consequence}, 1), ({"item": consequence}, 1),
        ({"kind": "driver"}, 0), ({"effect": "lowers"}, 1), ({"claim": MISSING}, 0),
    ):  # fmt: skip
        assert len(read(client, path, **params)["items"]) == count, params
    for bears_on, place in (
        ({"type": "item", "id": consequence}, "/bears_on/0/id"),
        ({"type": "planet", "id": consequence}, "/bears_on/0/type"),
    ):
        response = client.patch(
            f"/v1/{path}/{made['id']}", json={"bears_on": [bears_on]}, headers={"If-Match": "*"}
        )
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == place
