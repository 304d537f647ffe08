"""Configuration, read from the environment (`ENTENTE_…`) and from nowhere else."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

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


def _public_url(value: str) -> str:
    """An address that paths can be put behind."""
    if value and not value.startswith(("http://", "https://")):
        raise PydanticCustomError("public_url", "must begin with http:// or https://")
    return value.rstrip("/")


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
    public_url: Annotated[
        str,
        AfterValidator(_public_url),
        Field(description="Address of the service in problem `type`s; empty: relative to it"),
    ] = ""
