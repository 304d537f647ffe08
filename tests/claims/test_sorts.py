"""Lists of claims by what may be unknown walk an index, in either direction."""

import pytest
from starlette.testclient import TestClient

from app.kernel.db import Database
from tests.helpers import everything, ids, make_claim, read
from tests.plans import plan


@pytest.mark.parametrize("name", ["credibility", "ref"])
def test_a_list_by_what_may_be_unknown_walks_an_index_both_ways(
    client: TestClient, database: Database, name: str
) -> None:
    grades = (3, 6, 1, 3, 6, 5)
    for number, grade in enumerate(grades):
        make_claim(client, credibility=grade, **({"ref": f"F{number}"} if number % 2 else {}))
    for sort, way in ((name, "up"), (f"-{name}", "down")):
        told = plan(client, database, "claims", sort=sort)
        assert f"ix_claims_by_{name}_{way}" in told
        assert told.count("TEMP B-TREE") <= 1  # of the page alone, once it is complete
        paged = everything(client, "claims", sort=sort, limit=2)
        assert [item["id"] for item in paged] == ids(read(client, "claims", sort=sort))
        values = [item[name] for item in paged]
        known = [value for value in values if value not in {None, 6}]
        assert values[: len(known)] == sorted(known, reverse=way == "down")
