"""The history of a judgement and the risk matrix as tables, for spreadsheets and charts."""

import csv
import io
import json

import pytest
from starlette.testclient import TestClient

from tests.helpers import Body, make_alliance, make_assessor, make_consequence, rate, read

HISTORY = (
    "time,until,n,probability,low,high,log_odds,linear,median,min,max,impact,confidence,"
    "risk_level,word_icd203,word_phia"
)
MATRIX = (
    "consequence,ref,title,category,probability.point,probability.low,probability.high,impact,n,"
    "likelihood_row,row_low,row_high,level,level_name,expected_impact"
)


@pytest.fixture
def alliance(client: TestClient) -> str:
    """An alliance with a consequence that was rated twice, and one that wasn't."""
    alliance = str(make_alliance(client)["id"])
    rated = make_consequence(client, alliance, ref="F01", title="=Rated, twice")["id"]
    make_consequence(client, alliance, ref="F02")
    assessor = make_assessor(client)["slug"]
    rate(client, rated, assessor, 0.4, impact=2, effective_at="2023-01-01")
    rate(client, rated, assessor, 0.85, impact=5, effective_at="2023-06-01")
    return alliance


@pytest.fixture(params=["history", "matrix"])
def path(request: pytest.FixtureRequest, client: TestClient, alliance: str) -> str:
    """The path of each of the two."""
    if request.param == "matrix":
        return f"alliances/{alliance}/risk-matrix"
    consequence = read(client, "consequences", ref="F01")["items"][0]["id"]
    return f"consequences/{consequence}/history"


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_table_has_a_row_an_item(client: TestClient, path: str) -> None:
    items = read(client, path)["items"]
    assert len(items) == 2
    lines = client.get(f"/v1/{path}?format=ndjson")
    assert lines.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line) for line in lines.text.splitlines()] == items
    found = client.get(f"/v1/{path}?format=csv")
    assert found.headers["content-type"] == "text/csv; charset=utf-8"
    assert found.text.splitlines()[0] == (HISTORY if path.endswith("history") else MATRIX)
    assert [row["n"] for row in table(found.text)] == [str(item["n"]) for item in items]


def test_cells_of_the_matrix_are_flat_and_safe(client: TestClient, alliance: str) -> None:
    rows = table(client.get(f"/v1/alliances/{alliance}/risk-matrix?format=csv").text)
    assert (rows[0]["title"], rows[0]["level_name"]) == ("'=Rated, twice", "very high")
    assert float(rows[0]["probability.point"]) == pytest.approx(0.85)
    assert rows[1]["ref"] == "F02"
    empty = ("probability.point", "impact", "likelihood_row", "level", "level_name")
    assert [rows[1][name] for name in empty] == [""] * 5


def test_a_table_is_asked_for_by_accept_too(client: TestClient, path: str) -> None:
    for accept in ("text/csv", "application/x-ndjson", "application/json"):
        found = client.get(f"/v1/{path}", headers={"Accept": accept})
        assert found.headers["content-type"].startswith(accept)
        assert found.headers["vary"] == "Accept, Authorization"
    assert client.get(f"/v1/{path}", headers={"Accept": "image/png"}).status_code == 406
    assert client.get(f"/v1/{path}?format=xlsx").status_code == 422


def test_a_table_is_of_the_moment_asked_for(client: TestClient, path: str) -> None:
    day = {"as_of": "2023-03-01"}
    items: list[Body] = read(client, path, **day)["items"]
    rows = table(client.get(f"/v1/{path}", params={**day, "format": "csv"}).text)
    assert [row["impact"] for row in rows] == [str(item["impact"] or "") for item in items]
    assert rows[0]["impact"] == "2"


def test_a_table_that_has_not_changed_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(f"/v1/{path}?format=csv")
    again = client.get(f"/v1/{path}?format=csv", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
