"""What isn't kept is pooled for those asked for, and for no others."""

import pytest
from starlette.testclient import TestClient

from tests.helpers import make_alliance, make_assessor, make_consequence, rate, read


@pytest.mark.parametrize("pooling", [{"half_life_days": 30}, {"include_machine": "true"}])
def test_one_consequence_is_pooled_alone(
    client: TestClient, statements: list[str], pooling: dict[str, object]
) -> None:
    alliances = [make_alliance(client)["id"] for _ in range(2)]
    consequences = [make_consequence(client, alliance)["id"] for alliance in alliances]
    assessors = [make_assessor(client)["slug"] for _ in range(2)]
    for number, consequence in enumerate(consequences):
        for assessor in assessors:
            rate(client, consequence, assessor, 0.2 + 0.5 * number)
    for number, consequence in enumerate(consequences):
        expected = read(client, f"consequences/{consequence}")["judgement"]["probability"]
        listed = f"alliances/{alliances[number]}"
        for path in (f"consequences/{consequence}", f"{listed}/consequences",
                     f"{listed}/risk-matrix", "consequences",
                     f"consequences/{consequence}/judgement"):  # fmt: skip
            statements.clear()
            only = {"alliance": alliances[number]} if path == "consequences" else {}
            found = read(client, path, **only, **pooling)
            item = found["items"][0] if "items" in found else found
            shown = item.get("judgement", item)["probability"]
            assert shown == pytest.approx(expected), path
            (pooled,) = (asked for asked in statements if "count_impact" in asked)
            assert "consequence IN (SELECT pooled.id" in pooled, path
