"""Configuration, read from the environment (`ENTENTE_…`) and from nowhere else."""

import json
import re
from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.kernel.access import ROLES
from app.kernel.forms import form

DRIVERS = {"sqlite", "sqlite+pysqlite", "postgres", "postgresql", "postgresql+psycopg"}
"""What a database URL may begin with."""


def _database_url(value: str) -> str:
    """A URL the service has a driver for. The messages don't repeat it: it may hold a password."""
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        message = "must be like sqlite:///path or postgresql+psycopg://user:password@host/name"
        raise PydanticCustomError("database_url", message) from None
    if url.drivername not in DRIVERS:
        raise PydanticCustomError(
            "database_url", "there is no way to {name}", {"name": url.drivername}
        )
    if url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}:
        raise PydanticCustomError(
            "database_url", "an SQLite database must be a file: sqlite:///path"
        )
    return value


def _replica_url(value: str) -> str:
    """A second database: only PostgreSQL can say how much of the first it has seen."""
    if value and make_url(_database_url(value)).get_backend_name() not in {
        "postgresql",
        "postgres",
    }:
        raise PydanticCustomError("database_read_url", "must lead to a standby of PostgreSQL")
    return value


def _public_url(value: str) -> str:
    """An address that paths can be put behind."""
    if value and not value.startswith(("http://", "https://")):
        raise PydanticCustomError("public_url", "must begin with http:// or https://")
    return value.rstrip("/")


def _roles(value: str) -> str:
    """A JSON object from the issuer's words to our roles."""
    try:
        found = json.loads(value)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not set(found.values()) <= set(ROLES):
        raise PydanticCustomError(
            "oidc_roles", 'must be like {"risk-analysts": "analyst"}, of our four roles'
        )
    return value


def _networks(value: str) -> str:
    """Addresses and networks, separated by commas."""
    for part in listed(value):
        try:
            ip_network(part)
        except ValueError:
            raise PydanticCustomError("trusted_proxies", "must be addresses or networks") from None
    return value


def _ports(value: str) -> str:
    """Numbers of ports, separated by commas."""
    if not all(1 <= int(part) <= _LAST_PORT for part in listed(value)):
        raise PydanticCustomError("webhook_ports", "must be from 1 to 65535 each")
    return value


_LAST_PORT = 65_535


def _origins(value: str) -> str:
    """Origins as a browser sends them, separated by commas."""
    for part in listed(value):
        if not _ORIGIN.fullmatch(part):
            raise PydanticCustomError("cors_origins", "must be like https://dashboard.example.org")
    return value


def listed(value: str) -> list[str]:
    """The parts of a setting that names several things."""
    return [part.strip() for part in value.split(",") if part.strip()]


_ORIGIN = re.compile(r"https?://[a-z0-9.\-]+(:[0-9]+)?|https?://\[[0-9a-f:]+\](:[0-9]+)?")


class Settings(BaseSettings):
    """Every setting of the service. The README lists them; a test compares the two."""

    model_config = SettingsConfigDict(env_prefix="ENTENTE_", extra="ignore", frozen=True)

    host: Annotated[str, Field(min_length=1, description="Address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port to listen on")] = 8000
    database_url: Annotated[
        str,
        AfterValidator(_database_url),
        Field(description="`sqlite:///path` or `postgresql+psycopg://user:password@host/name`"),
    ] = "sqlite:///entente.db"
    dataset: Annotated[
        str,
        Field(
            min_length=1,
            description="Data set loaded when the database is empty: a name, a folder or `none`",
        ),
    ] = "russia-dprk"
    pool_size: Annotated[
        int, Field(ge=1, le=200, description="Database connections, and request threads")
    ] = 16
    max_body_bytes: Annotated[
        int, Field(ge=1024, description="Longest request body accepted, in bytes")
    ] = 4 * 1024 * 1024
    busy_timeout_seconds: Annotated[
        float, Field(gt=0, le=300, description="How long a write waits for its turn")
    ] = 15.0
    stream_seconds: Annotated[
        float, Field(gt=0, le=86_400, description="How long a stream of changes lasts at most")
    ] = 3600.0
    deliver: Annotated[
        bool, Field(description="Whether this process sends webhooks; one of several may do it")
    ] = True
    webhook_allow: Annotated[
        str, Field(description="Private hosts and networks that webhooks may lead to, with commas")
    ] = ""
    webhook_ports: Annotated[
        str,
        form(
            "^[0-9]{1,5}(,[0-9]{1,5})*$",
            "must be ports separated by commas, e.g. 443,8443",
            description="Ports that webhooks may lead to, with commas",
        ),
        AfterValidator(_ports),
    ] = "80,443,8443"
    webhook_timeout_seconds: Annotated[
        float, Field(gt=0, le=60, description="How long one attempt to send may take in all")
    ] = 10.0
    webhook_retry_seconds: Annotated[
        float, Field(gt=0, le=3600, description="Wait before the second attempt; then twice that")
    ] = 5.0
    webhook_attempts: Annotated[
        int, Field(ge=1, le=100, description="Attempts before an event becomes a dead letter")
    ] = 12
    webhook_disable_hours: Annotated[
        float, Field(gt=0, le=8760, description="A webhook that failed so long is disabled")
    ] = 72.0
    public_url: Annotated[
        str,
        AfterValidator(_public_url),
        Field(description="Address of the service in problem `type`s; empty: relative to it"),
    ] = ""
    oidc_issuer: Annotated[
        str,
        form(
            "^(https?://.+)?$",
            "must be like https://login.example.org",
            description="Issuer of OpenID Connect tokens to take; empty: only keys",
        ),
    ] = ""
    oidc_audience: Annotated[str, Field(description="Audience a token must be for")] = "entente"
    oidc_jwks: Annotated[
        str,
        Field(description="Its JSON Web Key Set, a URL or a file; empty: `/.well-known/jwks.json`"),
    ] = ""
    oidc_algorithms: Annotated[
        str,
        form(
            "^(RS|PS|ES)(256|384|512)(,(RS|PS|ES)(256|384|512))*$|^EdDSA$",
            "must be algorithms separated by commas, e.g. RS256,ES256, or EdDSA",
            description="Signatures taken, separated by commas",
        ),
    ] = "RS256,ES256"
    oidc_leeway_seconds: Annotated[
        int, Field(ge=0, le=60, description="How far the issuer's clock may be off")
    ] = 30
    oidc_name_claim: Annotated[str, Field(description="Claim with a readable name")] = (
        "preferred_username"
    )
    oidc_role_claim: Annotated[str, Field(description="Claim with the roles")] = "roles"
    oidc_roles: Annotated[
        str,
        AfterValidator(_roles),
        Field(description="What the issuer calls our roles, as a JSON object"),
    ] = '{"reader": "reader", "analyst": "analyst", "editor": "editor", "admin": "admin"}'
    oidc_groups_claim: Annotated[
        str, Field(description="Claim with the groups, for audiences of AMBER")
    ] = "groups"
    oidc_clearance_claim: Annotated[
        str, Field(description="Claim with the clearance, a level of TLP; none: CLEAR")
    ] = "tlp"

    database_read_url: Annotated[
        str,
        AfterValidator(_replica_url),
        Field(description="PostgreSQL standby that answers reads when it is up to date"),
    ] = ""
    metrics: Annotated[bool, Field(description="Whether `/metrics` answers")] = True
    log_format: Annotated[
        Literal["", "json", "text"],
        Field(description="`json` or `text`; empty: text on a terminal, JSON elsewhere"),
    ] = ""
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Field(description="What is logged at least; a line per request is `info`"),
    ] = "info"

    rate_per_minute: Annotated[
        int, Field(ge=0, description="Requests of one caller in a minute, per process; 0: any")
    ] = 6000
    rate_per_address_per_minute: Annotated[
        int, Field(ge=0, description="Requests from one address in a minute, per process; 0: any")
    ] = 12000
    trusted_proxies: Annotated[
        str,
        AfterValidator(_networks),
        Field(description="Addresses or networks whose `X-Forwarded-For` is believed, by commas"),
    ] = ""
    in_flight: Annotated[
        int,
        Field(ge=0, le=1000, description="Requests served at a time; 0: by cores and connections"),
    ] = 0
    queue_seconds: Annotated[
        float, Field(gt=0, le=300, description="How long a request waits for its place")
    ] = 1.0
    query_timeout_seconds: Annotated[
        float, Field(ge=0, le=3600, description="How long one statement may take; 0: any")
    ] = 30.0
    head_timeout_seconds: Annotated[
        float, Field(gt=0, le=300, description="In which the head of a request must arrive")
    ] = 10.0
    body_timeout_seconds: Annotated[
        float, Field(gt=0, le=3600, description="In which the body of a request must arrive")
    ] = 30.0
    write_timeout_seconds: Annotated[
        float, Field(gt=0, le=3600, description="How long a reader may take nothing of an answer")
    ] = 30.0
    keep_alive_seconds: Annotated[
        int, Field(ge=1, le=3600, description="How long a connection may stay idle")
    ] = 75
    max_head_bytes: Annotated[
        int, Field(ge=1024, description="Longest request head accepted, in bytes")
    ] = 32 * 1024
    cors_origins: Annotated[
        str,
        AfterValidator(_origins),
        Field(description="Origins whose pages may call the API, by commas; empty: none"),
    ] = ""
    workers: Annotated[
        int, Field(ge=1, le=64, description="Processes that serve, on one listening socket")
    ] = 1
