"""What `/metrics` tells: requests, statements, connections and the build.

Names follow OpenTelemetry's conventions. Labels are few and fixed: the route's template, the
method, the status, the kind of statement; never a path, an id or anything a person sent.
"""

import os
import platform
from collections.abc import Iterator, MutableMapping
from typing import Any

import sqlalchemy as sa
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from app.kernel.db import Database
from app.kernel.logs import ASKED, METHODS
from app.kernel.migrations import head

MEDIA = "text/plain; version=0.0.4; charset=utf-8"
SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which several workers keep numbers together; then each tells those of all."""

REQUEST_BUCKETS = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
)  # fmt: skip
STATEMENT_BUCKETS = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)


class Metrics:
    """The numbers of one application."""

    def __init__(self, database: Database, version: str) -> None:
        own = CollectorRegistry()
        self.requests = Histogram(
            "http_server_request_duration_seconds",
            "Duration of HTTP requests",
            ["http_request_method", "http_route", "http_response_status_code"],
            buckets=REQUEST_BUCKETS,
            registry=own,
        )
        self.active = Gauge(
            "http_server_active_requests",
            "HTTP requests under way",
            registry=own,
            multiprocess_mode="livesum",
        )
        self.overloaded = Counter(
            "entente_requests_overloaded",
            "HTTP requests refused because there are too many at once",
            registry=own,
        )
        self.statements = Histogram(
            "db_client_operation_duration_seconds",
            "Duration of SQL statements",
            ["db_operation_name", "error_type"],
            buckets=STATEMENT_BUCKETS,
            registry=own,
        )
        self.registry = own
        if os.environ.get(SHARED):
            self.registry = CollectorRegistry()
            MultiProcessCollector(self.registry)  # type: ignore[no-untyped-call]  # it is untyped
        self.registry.register(_Standing(database, version))
        self.children: dict[tuple[str, str, int], Histogram] = {}
        self.kinds: dict[tuple[str, str], Histogram] = {}

    def request(
        self, scope: MutableMapping[str, Any], route: str, status: int, seconds: float
    ) -> None:
        """Count one request."""
        method = scope.get(ASKED) or scope["method"]
        key = (method if method in METHODS else "other", route, status)
        child = self.children.get(key)
        if child is None:
            child = self.children[key] = self.requests.labels(*map(str, key))
        child.observe(seconds)

    def statement(self, kind: str, error: str, seconds: float) -> None:
        """Count one statement."""
        child = self.kinds.get((kind, error))
        if child is None:
            child = self.kinds[kind, error] = self.statements.labels(kind, error)
        child.observe(seconds)

    def text(self) -> bytes:
        """All of it as Prometheus reads it."""
        return generate_latest(self.registry)


class _Standing(Collector):
    """What is looked up when it is asked for, in the process that is asked."""

    def __init__(self, database: Database, version: str) -> None:
        self.database = database
        self.build = {
            "version": version,
            "python": platform.python_version(),
            "schema": head(),
            "database": database.engine.dialect.name,
        }

    def collect(self) -> Iterator[Metric]:
        """The build, and the connections of each pool."""
        build = GaugeMetricFamily("entente_build_info", "What runs here", labels=list(self.build))
        build.add_metric(list(self.build.values()), 1)
        yield build
        pool_name, state = "db_client_connection_pool_name", "db_client_connection_state"
        count = GaugeMetricFamily(
            "db_client_connection_count", "Database connections", labels=[pool_name, state]
        )
        most = GaugeMetricFamily(
            "db_client_connection_max", "Most database connections", labels=[pool_name]
        )
        for name, engine in zip(("primary", "replica"), self.database.engines, strict=False):
            if isinstance(engine.pool, sa.QueuePool):
                count.add_metric([name, "used"], engine.pool.checkedout())
                count.add_metric([name, "idle"], engine.pool.checkedin())
                most.add_metric([name], engine.pool.size())
        yield count
        yield most
