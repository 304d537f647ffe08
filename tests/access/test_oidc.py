"""Tokens of an issuer: checked, and read into what the bearer may do and see."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from starlette.testclient import TestClient

from app.kernel.types import now

ISSUER = "https://login.example.org"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)

Start = Callable[..., TestClient]


def issued(folder: Path) -> dict[str, str]:
    """The settings of a service that takes the issuer's tokens."""
    keys = [
        {**json.loads(RSAAlgorithm.to_jwk(RSA.public_key())), "kid": "rsa", "alg": "RS256"},
        {**json.loads(ECAlgorithm.to_jwk(EC.public_key())), "kid": "ec", "alg": "ES256"},
    ]
    place = folder / "jwks.json"
    place.write_text(json.dumps({"keys": keys}), encoding="utf-8")
    return {
        "oidc_issuer": ISSUER,
        "oidc_jwks": str(place),
        "oidc_roles": '{"risk-analysts": "analyst", "risk-leads": "editor"}',
    }


@pytest.fixture
def served(start: Start, tmp_path: Path) -> TestClient:
    return start(**issued(tmp_path))


def token(key: Any = RSA, kid: str = "rsa", algorithm: str = "RS256", **said: Any) -> str:
    at = now()
    claims = {
        "iss": ISSUER,
        "aud": "entente",
        "sub": "42",
        "preferred_username": "Ann Lee",
        "exp": at + timedelta(minutes=5),
        "iat": at,
        "roles": ["risk-analysts"],
        **said,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    headers = {"kid": kid, **({"typ": said["typ"]} if "typ" in said else {})}
    claims.pop("typ", None)
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def ask(client: TestClient, text: str, path: str = "me") -> Any:
    return client.get(f"/v1/{path}", headers={"Authorization": f"Bearer {text}"})


def test_a_token_says_who_asks_and_what_they_may(served: TestClient) -> None:
    said: dict[str, Any] = {
        "tlp": "amber",
        "groups": ["desk", "Not A Slug"],
        "roles": ["x", "risk-leads"],
    }
    me = ask(served, token(**said)).json()
    assert me["name"].startswith("ann-lee-")
    assert (me["clearance"], me["groups"], "resolve" in me["permissions"]) == (
        "AMBER",
        ["desk"],
        True,
    )
    assert ask(served, token(EC, "ec", "ES256")).status_code == 200


def test_two_subjects_of_one_name_are_two_people(served: TestClient) -> None:
    names = {ask(served, token(sub=sub)).json()["name"] for sub in ("1", "2")}
    assert len(names) == 2


def test_with_an_issuer_nobody_asks_without_a_token(served: TestClient) -> None:
    assert served.get("/v1/actors").status_code == 401


@pytest.mark.parametrize(
    "said",
    [
        {"exp": now() - timedelta(minutes=5)},
        {"nbf": now() + timedelta(hours=1)},
        {"aud": "another"},
        {"iss": "https://evil.example.org"},
        {"sub": None},
        {"exp": None},
        {"roles": ["nobody"]},
        {"roles": None},
        {"typ": "logout+jwt"},
        {"key": STRANGER},
        {"kid": "unknown"},
        {"key": "secret" * 8, "algorithm": "HS256"},
    ],
    ids=[
        "expired",
        "not yet",
        "for another",
        "by another",
        "no subject",
        "no end",
        "no role here",
        "no role",
        "another type",
        "a stranger's key",
        "an unknown key",
        "a secret",
    ],
)
def test_a_token_that_is_not_good_is_refused(served: TestClient, said: dict[str, Any]) -> None:
    answer = ask(served, token(**said))
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthorized")


def test_a_token_without_a_signature_is_refused(served: TestClient) -> None:
    header, claims, _ = token().split(".")
    assert ask(served, f"{header}.{claims}.").status_code == 401
    assert ask(served, f"{header}.{claims}.AAAA").status_code == 401
    assert ask(served, token("", algorithm="none")).status_code == 401


def test_a_bearer_rates_as_themselves(served: TestClient) -> None:
    who = {"Authorization": f"Bearer {token(roles=['risk-leads'])}"}
    alliance = served.post("/v1/alliances", json={"slug": "p", "name": "P"}, headers=who).json()
    body = {"title": "It happens", "category": "military"}
    made = served.post(
        f"/v1/alliances/{alliance['id']}/consequences", json=body, headers=who
    ).json()
    path = f"/v1/consequences/{made['id']}/ratings"
    rating = served.post(path, json={"probability": 0.3}, headers=who)
    assert rating.status_code == 201, rating.text
    assert rating.json()["assessor"] == made["created_by"]
