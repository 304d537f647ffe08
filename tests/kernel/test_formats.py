"""CSV and NDJSON: the same records, in forms that spreadsheets and pipes can take."""

import csv
import io
import json
from unittest.mock import ANY

from starlette.testclient import TestClient

from tests.helpers import (
    make_actor,
    make_alliance,
    make_claim,
    make_consequence,
    make_source,
    read,
)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def lines(text: str) -> list[object]:
    return [json.loads(line) for line in text.splitlines()]


def test_with_a_limit_a_table_is_a_page(client: TestClient) -> None:
    made = [make_actor(client)["id"] for _ in range(3)]
    first = client.get("/v1/actors", params={"format": "csv", "limit": 2})
    assert [row["id"] for row in table(first.text)] == made[:2]
    link = first.headers["Link"]
    second = client.get(link[1 : link.index(">")])
    assert [row["id"] for row in table(second.text)] == made[2:]
    assert second.headers["content-type"] == "text/csv; charset=utf-8"
    again = client.get(
        "/v1/actors", params={"format": "csv", "limit": 2},
        headers={"If-None-Match": first.headers["ETag"]},
    )  # fmt: skip
    assert (again.status_code, again.content) == (304, b"")
    page = client.get("/v1/actors", params={"format": "ndjson", "limit": 1})
    assert lines(page.text) == read(client, "actors", limit=1)["items"]
    assert page.headers["content-type"].startswith("application/x-ndjson")


def test_a_table_is_asked_for_by_accept_too(client: TestClient) -> None:
    make_actor(client)

    def kind(accept: str) -> str:
        response = client.get("/v1/actors", headers={"Accept": accept})
        return str(response.headers["content-type"]).split(";")[0]

    assert kind("text/csv") == kind("text/*") == "text/csv"
    assert kind("application/x-ndjson") == "application/x-ndjson"
    assert kind("text/html,application/xhtml+xml,*/*;q=0.8") == "application/json"
    assert kind("application/*") == kind("*/*") == kind("") == "application/json"
    assert kind("application/json;q=0.4, text/csv;q=0.5") == "text/csv"
    assert kind("text/csv;q=0, application/json") == "application/json"
    assert kind("image/png, application/x-ndjson;q=0.1") == "application/x-ndjson"


def test_the_parameter_goes_before_the_header(client: TestClient) -> None:
    response = client.get("/v1/actors?format=json", headers={"Accept": "text/csv"})
    assert response.headers["content-type"] == "application/json"


def test_a_format_that_is_not_made_is_refused(client: TestClient) -> None:
    for accept in ("image/png", "application/xml", "text/csv;q=0"):
        response = client.get("/v1/actors", headers={"Accept": accept})
        assert response.status_code == 406, accept
    assert client.get("/v1/actors", headers={"Accept": "text/csv;q=much"}).status_code == 400
    assert client.get("/v1/actors?format=xlsx").status_code == 422


def test_cells_cannot_be_taken_for_formulas(client: TestClient) -> None:
    dangerous = ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20a"]
    make_actor(client, name="=HYPERLINK(1)", aliases=dangerous, description="\tTab\n=2")
    row = table(client.get("/v1/actors?format=csv").text)[0]
    assert row["name"] == "'=HYPERLINK(1)"
    assert row["aliases"] == "'" + "; ".join(dangerous)
    assert row["description"] == "'\tTab\n=2"
    for text in dangerous:
        make_actor(client, name=text)
    rows = table(client.get("/v1/actors?format=csv").text)[1:]
    assert [row["name"] for row in rows] == [f"'{text}" for text in dangerous]


def test_cells_keep_numbers_truth_and_nothing_apart(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    actor = make_actor(client, external_ids={"wikidata": "Q1"})
    make_claim(
        client, alliance=alliance, about=[actor["id"]], credibility=2, statement='He said "no", so',
        date={"date": "2023-09", "precision": "month"},
    )  # fmt: skip
    text = client.get("/v1/claims?format=csv").text
    row = table(text)[0]
    assert row["credibility"] == "2"
    assert (row["contested"], row["date.inferred"], row["date.precision"]) == (
        "false", "false", "month",
    )  # fmt: skip
    assert row["speaker"] == row["note"] == row["period.from"] == ""
    assert row["statement"] == 'He said "no", so'
    assert row["about"] == actor["id"]
    assert '"He said ""no"", so"' in text
    assert "\r\n" in text
    row = table(client.get("/v1/actors?format=csv").text)[0]
    assert row["external_ids"] == "wikidata: Q1"


def test_a_cell_of_many_things_can_be_read_by_a_person(client: TestClient) -> None:
    """No braces and quotes; whoever needs them whole takes another format."""
    alliance = make_alliance(client)["id"]
    one, two = (make_source(client)["id"] for _ in range(2))
    make_claim(
        client,
        alliance=alliance,
        carriers=[{"source": one, "locator": {"page": "7"}}, {"source": two}],
    )
    row = table(client.get("/v1/claims?format=csv").text)[0]
    assert row["carriers"] == f"source: {one}, locator: (page: 7); source: {two}"
    make_actor(client, external_ids={"odd": "=1+1"})
    told = table(client.get("/v1/actors?format=csv&sort=-id").text)[0]["external_ids"]
    assert told == "odd: =1+1"  # a formula is one at the beginning of a cell only


def test_the_columns_of_a_table_do_not_depend_on_its_rows(client: TestClient) -> None:
    empty = client.get("/v1/sources?format=csv").text
    make_source(client, published={"date": "2020", "precision": "year"})
    make_source(client)
    full = client.get("/v1/sources?format=csv").text
    assert empty == full.splitlines(keepends=True)[0]
    assert "included" not in empty
    assert client.get("/v1/sources?format=ndjson&q=nothing-there").text == ""


def test_a_table_of_chosen_fields(client: TestClient) -> None:
    made = make_source(client, published={"date": "2020", "precision": "year"})
    text = client.get("/v1/sources?format=csv&fields=published,slug").text
    assert text.splitlines()[0] == "id,slug,published.date,published.precision,published.inferred"
    assert table(text)[0]["published.date"] == "2020"
    assert table(text)[0]["id"] == made["id"]


def test_what_a_table_names_stands_in_it_by_name(client: TestClient) -> None:
    alliance = make_alliance(client, name="The pact")["id"]
    actors = [make_actor(client, name=name)["id"] for name in ("First", "=Second")]
    cause = make_consequence(client, alliance, ref="C1", title="Arms arrive")["id"]
    named = {"affected": actors, "caused_by": [{"consequence": cause, "strength": None}]}
    made = make_consequence(client, alliance, title="War goes on", **named)
    include = "include=alliance,affected,caused_by,part_of"
    rows = table(client.get(f"/v1/consequences?format=csv&{include}&sort=id").text)
    row = next(row for row in rows if row["id"] == made["id"])
    assert row["included.alliance"] == "The pact"
    assert row["included.affected"] == "First; =Second"
    assert row["included.caused_by"] == "C1 Arms arrive"
    assert row["included.part_of"] == ""
    assert row["affected"] == "; ".join(actors)
    assert [*row][-4:] == [f"included.{name}" for name in include.split("=")[1].split(",")]
    claim = make_claim(client, speaker=actors[1])["id"]
    told = client.get("/v1/claims?format=csv&include=speaker&fields=statement").text
    assert table(told) == [{"id": claim, "statement": ANY, "included.speaker": "'=Second"}]
    as_lines = lines(client.get("/v1/claims?format=ndjson&include=speaker").text)
    assert as_lines == client.get("/v1/claims?include=speaker").json()["items"]


def test_a_byte_order_mark_stands_there_when_it_is_asked_for(client: TestClient) -> None:
    make_actor(client, name="Zoë")
    plain = client.get("/v1/actors?format=csv")
    marked = client.get("/v1/actors?format=csv&bom=true")
    assert marked.content == b"\xef\xbb\xbf" + plain.content
    assert "Zoë" in plain.text
    paged = client.get("/v1/actors?format=csv&bom=true&limit=1")
    assert paged.content.startswith(b"\xef\xbb\xbf")
    assert not client.get("/v1/actors?format=ndjson&bom=true").content.startswith(b"\xef\xbb\xbf")


def test_an_export_is_named_after_its_list(client: TestClient) -> None:
    response = client.get("/v1/actors?format=csv")
    assert response.headers["content-disposition"] == 'attachment; filename="actors.csv"'


def test_a_table_that_is_no_list_is_named_after_its_path(client: TestClient) -> None:
    alliance = make_alliance(client)["slug"]
    for name in ("lint", "risk-matrix", "network"):
        response = client.get(f"/v1/alliances/{alliance}/{name}?format=csv")
        assert response.status_code == 200
        named = f'attachment; filename="{name}.csv"'
        assert response.headers["content-disposition"] == named
