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
    "public_url": ("https://example.org/entente/", "https://example.org/entente"),
}
BAD = [
    ("host", "", "String should have at least 1 character"),
    ("port", "http", "Input should be a valid integer"),
    ("port", "-1", "greater than or equal to 0"),
    ("port", "65536", "less than or equal to 65535"),
    ("port", "", "Input should be a valid integer"),
    ("database_url", "", "must be like sqlite:///path or postgresql+psycopg://"),
    ("database_url", "entente.db", "must be like sqlite:///path or postgresql+psycopg://"),
    ("database_url", "postgresql://h:port/x", "must be like sqlite:///path or postgresql"),
    ("database_url", "sqlite://", "an SQLite database must be a file: sqlite:///path"),
    ("database_url", "sqlite:///:memory:", "an SQLite database must be a file: sqlite:///path"),
    ("database_url", "mysql://me@here/mine", "there is no way to mysql"),
    ("database_url", "postgresql+asyncpg://h/x", "there is no way to postgresql+asyncpg"),
    ("dataset", "", "String should have at least 1 character"),
    ("pool_size", "0", "greater than or equal to 1"),
    ("pool_size", "201", "less than or equal to 200"),
    ("max_body_bytes", "1023", "greater than or equal to 1024"),
    ("max_body_bytes", "4 MB", "Input should be a valid integer"),
    ("busy_timeout_seconds", "0", "greater than 0"),
    ("busy_timeout_seconds", "nan", "less than or equal to 300"),
    ("busy_timeout_seconds", "inf", "less than or equal to 300"),
    ("public_url", "example.org", "must begin with http:// or https://"),
]


def test_every_setting_is_tried_here() -> None:
    assert set(SAID) == set(Settings.model_fields) == {name for name, _, _ in BAD}


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
        "ENTENTE_DATABASE_URL: there is no way to mysql; "
        "ENTENTE_POOL_SIZE: Input should be a valid integer, unable to parse string as an integer"
    )


def test_an_option_goes_before_the_environment_and_is_checked_alike() -> None:
    told = refused(entente(UNUSED, "serve", "--port", "65536", port="8000"))
    assert told == "ENTENTE_PORT: Input should be less than or equal to 65535"
