"""Settings come from the environment; what can't be meant is told in a line."""

import pytest

from app.kernel.config import Settings
from tests.command import entente, refused

UNUSED = "sqlite:///unused.db"
SAID: dict[str, tuple[str, object]] = {
    "host": ("0.0.0.0", "0.0.0.0"),  # noqa: S104 - nothing listens there
    "port": ("8123", 8123),
    "database_url": ("postgresql://me@here/mine", "postgresql://me@here/mine"),
    "dataset": ("none", "none"),
    "pool_size": ("3", 3),
    "max_body_bytes": ("2048", 2048),
    "busy_timeout_seconds": ("0.5", 0.5),
    "stream_seconds": ("60", 60.0),
    "deliver": ("false", False),
    "webhook_allow": ("siem.internal, 10.0.0.0/8", "siem.internal, 10.0.0.0/8"),
    "webhook_ports": ("443,9443", "443,9443"),
    "webhook_timeout_seconds": ("3", 3.0),
    "webhook_retry_seconds": ("1", 1.0),
    "webhook_attempts": ("3", 3),
    "webhook_disable_hours": ("24", 24.0),
    "public_url": ("https://example.org/entente/", "https://example.org/entente"),
    "rate_per_minute": ("0", 0),
    "rate_per_address_per_minute": ("50", 50),
    "trusted_proxies": ("10.0.0.1, fd00::/8", "10.0.0.1, fd00::/8"),
    "in_flight": ("4", 4),
    "queue_seconds": ("0.5", 0.5),
    "query_timeout_seconds": ("0", 0.0),
    "head_timeout_seconds": ("2", 2.0),
    "body_timeout_seconds": ("60", 60.0),
    "write_timeout_seconds": ("5", 5.0),
    "keep_alive_seconds": ("5", 5),
    "max_head_bytes": ("8192", 8192),
    "cors_origins": (
        "https://a.example, http://[::1]:3000",
        "https://a.example, http://[::1]:3000",
    ),
    "workers": ("4", 4),
    "database_read_url": ("postgresql://me@there/mine", "postgresql://me@there/mine"),
    "metrics": ("false", False),
    "log_format": ("json", "json"),
    "log_level": ("warning", "warning"),
    "oidc_issuer": ("https://login.example.org", "https://login.example.org"),
    "oidc_audience": ("ours", "ours"),
    "oidc_jwks": ("https://login.example.org/keys", "https://login.example.org/keys"),
    "oidc_algorithms": ("ES256,ES384", "ES256,ES384"),
    "oidc_leeway_seconds": ("5", 5),
    "oidc_name_claim": ("name", "name"),
    "oidc_role_claim": ("realm_roles", "realm_roles"),
    "oidc_roles": ('{"lead": "editor"}', '{"lead": "editor"}'),
    "oidc_groups_claim": ("teams", "teams"),
    "oidc_clearance_claim": ("clearance", "clearance"),
}
BAD = [
    ("oidc_algorithms", "HS256", "must be algorithms separated by commas"),
    ("oidc_issuer", "login.example.org", "must be like https://login.example.org"),
    ("oidc_leeway_seconds", "61", "60"),
    ("oidc_roles", '{"lead": "king"}', "our four roles"),
    ("oidc_roles", "lead", "our four roles"),
    ("host", "", "is empty"),
    ("port", "http", "must be a whole number"),
    ("port", "-1", "must be 0 or more"),
    ("port", "65536", "must be 65535 or less"),
    ("port", "", "must be a whole number"),
    ("database_url", "", "must be like sqlite:///path or postgresql+psycopg://"),
    ("database_url", "entente.db", "must be like sqlite:///path or postgresql+psycopg://"),
    ("database_url", "postgresql://h:port/x", "must be like sqlite:///path or postgresql"),
    ("database_url", "sqlite://", "an SQLite database must be a file: sqlite:///path"),
    ("database_url", "sqlite:///:memory:", "an SQLite database must be a file: sqlite:///path"),
    ("database_url", "mysql://me@here/mine", "there is no way to mysql"),
    ("database_url", "postgresql+asyncpg://h/x", "there is no way to postgresql+asyncpg"),
    ("dataset", "", "is empty"),
    ("pool_size", "0", "must be 1 or more"),
    ("pool_size", "201", "must be 200 or less"),
    ("max_body_bytes", "1023", "must be 1024 or more"),
    ("max_body_bytes", "4 MB", "must be a whole number"),
    ("busy_timeout_seconds", "0", "must be more than 0"),
    ("busy_timeout_seconds", "nan", "must be 300.0 or less"),
    ("busy_timeout_seconds", "inf", "must be 300.0 or less"),
    ("stream_seconds", "0", "must be more than 0"),
    ("deliver", "perhaps", "valid boolean"),
    ("webhook_ports", "https", "must be ports separated by commas"),
    ("webhook_ports", "443,0", "must be from 1 to 65535 each"),
    ("webhook_ports", "70000", "must be from 1 to 65535 each"),
    ("webhook_timeout_seconds", "61", "must be 60.0 or less"),
    ("webhook_retry_seconds", "0", "must be more than 0"),
    ("webhook_attempts", "0", "must be 1 or more"),
    ("webhook_disable_hours", "0", "must be more than 0"),
    ("public_url", "example.org", "must begin with http:// or https://"),
    ("database_read_url", "here.db", "must be like sqlite:///path or postgresql+psycopg://"),
    ("database_read_url", "sqlite:///other.db", "must lead to a standby of PostgreSQL"),
    ("rate_per_minute", "-1", "or more"),
    ("rate_per_address_per_minute", "-1", "or more"),
    ("trusted_proxies", "proxy.example", "must be addresses or networks"),
    ("trusted_proxies", "10.0.0.1/8", "must be addresses or networks"),
    ("in_flight", "-1", "or more"),
    ("queue_seconds", "0", "must be more than 0"),
    ("query_timeout_seconds", "-1", "or more"),
    ("head_timeout_seconds", "0", "must be more than 0"),
    ("body_timeout_seconds", "0", "must be more than 0"),
    ("write_timeout_seconds", "0", "must be more than 0"),
    ("keep_alive_seconds", "0", "or more"),
    ("max_head_bytes", "100", "or more"),
    ("cors_origins", "*", "must be like https://dashboard.example.org"),
    ("cors_origins", "https://a.example/", "must be like https://dashboard.example.org"),
    ("workers", "0", "or more"),
    ("metrics", "perhaps", "valid boolean"),
    ("log_format", "xml", "json"),
    ("log_level", "loud", "debug"),
]


FREE = {
    "oidc_audience", "oidc_clearance_claim", "oidc_groups_claim", "oidc_jwks", "oidc_name_claim",
    "oidc_role_claim", "webhook_allow",
}  # fmt: skip
"""Texts of others, of which none is bad by itself."""


def test_every_setting_is_tried_here() -> None:
    assert set(SAID) == set(Settings.model_fields) == {name for name, _, _ in BAD} | FREE


@pytest.mark.parametrize("name", SAID)
def test_a_setting_is_read_from_its_variable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said, meant = SAID[name]
    assert getattr(Settings(), name) == Settings.model_fields[name].default != meant
    monkeypatch.setenv(f"ENTENTE_{name.upper()}", said)
    assert getattr(Settings(), name) == meant


@pytest.mark.parametrize(("name", "value", "words"), BAD)
def test_a_bad_value_is_told_in_a_line(name: str, value: str, words: str) -> None:
    settings = {} if name == "database_url" else {name: value}
    told = refused(entente(UNUSED if settings else value, "migrate", **settings))
    assert told.startswith(f"ENTENTE_{name.upper()}: ")
    assert words in told


@pytest.mark.parametrize(
    "arguments", [["serve"], ["migrate"], ["load"], ["export", "actors"], ["openapi"]]
)
def test_every_command_tells_what_is_bad_and_no_password(arguments: list[str]) -> None:
    told = refused(entente("mysql://me:secret@here/mine", *arguments, pool_size="many"))
    assert told == (
        "ENTENTE_DATABASE_URL: there is no way to mysql; ENTENTE_POOL_SIZE: must be a whole number"
    )


def test_an_option_goes_before_the_environment_and_is_checked_alike() -> None:
    told = refused(entente(UNUSED, "serve", "--port", "65536", port="8000"))
    assert told == "ENTENTE_PORT: must be 65535 or less"
