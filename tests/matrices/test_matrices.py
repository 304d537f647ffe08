"""Risk matrices: editions that are never changed, monotone in both axes."""

import pytest
from starlette.testclient import TestClient

from tests.helpers import Body, make, read

GRID = [[0, 0, 1, 1, 1], [0, 1, 1, 2, 2], [1, 1, 2, 3, 3], [1, 2, 3, 3, 4], [2, 3, 3, 4, 4]]
CUTS = [0.2, 0.45, 0.55, 0.8]


def test_the_default_matrix_comes_with_the_store(client: TestClient) -> None:
    (found,) = read(client, "matrices")["items"]
    assert (found["name"], found["matrix_version"]) == ("iso27005-5x5", 1)
    assert (found["grid"], found["cuts"]) == (GRID, CUTS)
    assert found["level_names"] == ["very low", "low", "medium", "high", "very high"]


def test_a_change_is_the_next_edition(client: TestClient) -> None:
    body = {"name": "own", "cuts": CUTS, "grid": GRID}
    first, second = make(client, "matrices", body), make(client, "matrices", body)
    assert (first["matrix_version"], second["matrix_version"]) == (1, 2)
    page = read(client, "matrices", name="own", sort="-matrix_version")["items"]
    assert [item["matrix_version"] for item in page] == [2, 1]
    for method in ("PATCH", "DELETE"):
        response = client.request(method, f"/v1/matrices/{first['id']}", headers={"If-Match": "*"})
        assert response.status_code in {405, 415}


def redact(client: TestClient, matrix: Body) -> int:
    """How the service answers who would have the content of an edition removed."""
    body = {"reason": "Told in confidence."}
    return client.post(f"/v1/matrices/{matrix['id']}/redact", json=body).status_code


def test_a_number_once_given_is_never_given_again(client: TestClient) -> None:
    body = {"name": "own", "cuts": CUTS, "grid": GRID}
    make(client, "matrices", body)
    assert redact(client, make(client, "matrices", body)) == 201
    assert make(client, "matrices", body)["matrix_version"] == 3


def test_the_edition_that_levels_are_told_by_stays(client: TestClient) -> None:
    (built_in,) = read(client, "matrices")["items"]
    assert redact(client, built_in) == 409
    body = {"name": built_in["name"], "cuts": CUTS, "grid": GRID}
    second = make(client, "matrices", body)
    assert redact(client, second) == 409
    ahead = make(client, "matrices", {**body, "effective_at": "2199-01-01"})
    assert redact(client, second) == 409  # the next has yet to begin
    assert redact(client, ahead) == 201
    assert make(client, "matrices", body)["matrix_version"] == 4
    assert redact(client, second) == 201
    assert redact(client, built_in) == 409
    assert read(client, f"matrices/{built_in['id']}") == built_in


def test_an_edition_is_used_from_its_day_on(client: TestClient) -> None:
    flat = {"name": "own", "cuts": CUTS, "grid": [[1] * 5] * 5, "effective_at": "2023-01-01"}
    high = {"name": "own", "cuts": CUTS, "grid": [[4] * 5] * 5, "effective_at": "2024-01-01"}
    for body in (flat, high):
        make(client, "matrices", body)
    alliance = make(client, "alliances", {"slug": "a", "name": "A"})["id"]
    consequence = make(
        client, f"alliances/{alliance}/consequences", {"title": "T", "category": "military"}
    )["id"]
    rating = {"probability": 0.5, "impact": 3, "effective_at": "2022-01-01"}
    make(client, f"consequences/{consequence}/ratings", rating)

    def level(day: str) -> int | None:
        found = read(client, f"consequences/{consequence}", matrix="own", as_of=day)
        risk: Body | None = found["judgement"]["risk"]
        return risk["level"] if risk else None

    assert [level(day) for day in ("2023-06-01", "2024-06-01")] == [1, 4]
    early = client.get(
        f"/v1/consequences/{consequence}", params={"matrix": "own", "as_of": "2022-06-01"}
    )
    assert early.json()["errors"][0]["pointer"] == "?matrix"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"grid": [[1, 0, 0, 0, 0], *GRID[1:]]}, "/grid"),
        ({"grid": [[4] * 5, *GRID[1:]]}, "/grid"),
        ({"grid": GRID[:4]}, "/grid"),
        ({"grid": [[0, 0, 1, 1], *GRID[1:]]}, "/grid/0"),
        ({"grid": [[0, 0, 1, 1, 5], *GRID[1:]]}, "/grid/0/4"),
        ({"cuts": [0.2, 0.2, 0.5, 0.8]}, "/cuts"),
        ({"cuts": [0.2, 0.5, 0.8]}, "/cuts"),
        ({"cuts": [0, 0.2, 0.5, 0.8]}, "/cuts/0"),
        ({"level_names": ["a", "a", "b", "c", "d"]}, "/level_names"),
        ({"name": "Not A Slug"}, "/name"),
    ],
)
def test_a_matrix_that_breaks_its_rules_is_refused(
    client: TestClient, change: Body, place: str
) -> None:
    body = {"name": "own", "cuts": CUTS, "grid": GRID, **change}
    response = client.post("/v1/matrices", json=body)
    assert response.status_code == 422, response.text
    pointer = response.json()["errors"][0]["pointer"]
    assert pointer in {place, ""}, "a rule of the whole may be told without a place"
