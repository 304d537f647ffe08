"""Everything that a reader can ask of some records, and what they are told."""

import re
from itertools import pairwise
from typing import Any

from starlette.testclient import TestClient

from app.kernel.openapi import operations
from app.permissions import PERMISSIONS
from tests.access.people import Headers

WORDS = ["river", "bridge", "convoy", "harbour", "signal"]
MOVING = re.compile(r'"(?:as_of|to)":"[^"]+"|"days_since_rated":[0-9.e+-]+')
HEADERS = ("etag", "link", "location", "content-type", "vary")
OPTIONS = (
    "as_of=2024-06-01",
    "total=true&limit=3",
    "sort=-id",
    "format=csv&as_of=2024-06-01",
)


def told(client: TestClient, who: Headers, paths: list[str]) -> dict[str, Any]:
    """Every answer to a reader, without what time alone moves."""
    found: dict[str, Any] = {}
    for path in paths:
        answer = client.get(path, headers=who)
        assert answer.status_code < 500, (path, answer.text)
        headers = {name: answer.headers.get(name) for name in HEADERS}
        body = MOVING.sub("", answer.text)
        if answer.status_code >= 400:
            body = body.replace(answer.json()["request_id"], "")
        found[path] = (answer.status_code, headers, body)
    return found


def questions(client: TestClient, made: dict[str, list[str]], after: str) -> list[str]:
    """Everything that can be asked of what was made."""
    every: list[str] = []
    for path, method, operation in operations(client.get("/openapi.json").json()):
        below = path.removeprefix("/v1")
        if method != "get" or PERMISSIONS[f"GET {below}"] == "admin" or "stream" in path:
            continue
        takes = {parameter["name"] for parameter in operation.get("parameters", ())}
        asked = [path]
        for name in re.findall(r"\{(\w+)\}", path):
            kind = f"{name}s" if name != "key" else re.findall(r"/([a-z_]+)/\{key\}", path)[-1]
            asked = [
                one.replace(f"{{{name}}}", key, 1)
                for one in asked
                for key in made.get(kind, [])[-2:]
            ]
        for one in asked:
            if one.endswith("/search"):
                every += [f"{one}?q={word}" for word in (*WORDS, "the", "brid*")]
                continue
            every.append(one)
            if path.count("{") < 2:
                every += [
                    f"{one}?{option}"
                    for option in (*OPTIONS, f"known_at={after}")
                    if {part.split("=")[0] for part in option.split("&")} <= takes
                ]
    headlines = [f"headline={key}" for key in made["consequences"][-2:]]
    every += [
        f"/v1/alliances/{made['alliances'][0]}/network?{more}"
        for more in (*headlines, "half_life_days=90", "include_machine=true")
    ]
    every += [f"/v1/claims?contested={flag}" for flag in ("true", "false")]
    every += [f"/v1/consequences?review_due={flag}" for flag in ("true", "false")]
    every += [f"/v1/ratings?needs_review={flag}" for flag in ("true", "false")]
    for alliance in made["alliances"]:
        diff = f"/v1/alliances/{alliance}/diff?from=2024-04-01"
        more = ("", "&to=2024-08-01", f"&known_from={after}", "&moved_min=0.1", "&format=csv")
        every += [f"{diff}{one}" for one in more]
        # Before anything was written down every record is new.
        every.append(f"{diff}&known_from=2000-01-01")
    editions = made.get("assessments", [])
    for one, other in [*pairwise(editions), *pairwise(reversed(editions))]:
        diff = f"/v1/assessments/{one}/diff?against={other}"
        every += [diff, f"{diff}&scale=phia&moved_min=0.1", f"{diff}&format=csv"]
    for question in made.get("questions", []):
        matrix = f"/v1/alliances/{made['alliances'][0]}/ach?question={question}"
        every += [matrix, f"{matrix}&format=csv", f"{matrix}&known_at={after}"]
    every += ["/v1/consequences?half_life_days=90", "/v1/consequences?sort=-risk,title&n_min=1"]
    every.append("/v1/consequences?skill=true")
    every += [
        "/v1/consequences?include=alliance,affected",
        "/v1/claims?include=about,sources,relations",
    ]
    return every


def dealt_out(paths: list[str], seed: int) -> list[str]:
    """A third of them by an odd seed, as on PostgreSQL, the others by the even one before it.

    What a reader may see is one condition for both kinds of database.
    """
    third = seed // 2 % 3
    if seed % 2:
        return paths[third::3]
    return [path for number, path in enumerate(paths) if number % 3 != third]


def asked(client: TestClient, who: Headers, made: dict[str, list[str]]) -> dict[str, Any]:
    """What a reader is told who asks what if, of each claim and each consequence."""
    found: dict[str, Any] = {}
    bodies: list[dict[str, Any]] = [{"drop_claims": [key]} for key in made["claims"][-3:]]
    bodies += [
        {how: [{"consequence": key, "occurred": True}]}
        for key in made["consequences"][-3:]
        for how in ("assume", "intervene")
    ]
    bodies += [{"drop_assessors": [name], "headline": made["consequences"][-1]}
               for name in ("low", "other", "high")]  # fmt: skip
    for body in bodies:
        path = f"/v1/alliances/{made['alliances'][0]}/what-if"
        answer = client.post(path, json=body, headers=who)
        assert answer.status_code in {200, 422}, answer.text
        text = answer.text
        if answer.status_code == 422:
            text = text.replace(answer.json()["request_id"], "")
        found[repr(body)] = (answer.status_code, MOVING.sub("", text))
    return found
