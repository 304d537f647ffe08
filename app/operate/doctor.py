"""The doctor: a list of checks, each a function that tells what it finds.

A new check is a function from a `Patient` to findings, and one line in `CHECKS`. Checks only read.
Without an answer and the right schema, none but the first is asked.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

import app.api  # noqa: F401 - every table is known once it is imported
from app.kernel.migrations import lack, revision
from app.operate import chains, records, stores
from app.operate.patient import Finding, Patient

Check = Callable[[Patient], Iterable[Finding]]


def connection(patient: Patient) -> Iterator[Finding]:
    """The database answers."""
    try:
        with patient.database.engine.connect() as found:
            found.execute(sa.select(1))
    except DBAPIError as error:
        yield Finding("connection", "the database doesn't answer", type(error.orig).__name__)


def schema(patient: Patient) -> Iterator[Finding]:
    """The schema is the one this version needs."""
    with patient.database.engine.connect() as found:
        reason = lack(revision(found))
    if reason:
        yield Finding("schema", reason)


FIRST: tuple[Check, ...] = (connection, schema)
"""Without these nothing else can be asked."""

CHECKS: tuple[Check, ...] = (
    stores.configuration,
    stores.sqlite_file,
    stores.sqlite_pragmas,
    stores.postgres_durability,
    stores.postgres_room,
    stores.replica,
    records.clock,
    records.histories,
    records.links_index,
    records.search_entries,
    records.search_index,
    records.kept_judgements,
    chains.audit_chain,
    chains.audited_records,
    chains.change_sequence,
)
"""Everything else, in the order it is told."""


def examine(patient: Patient, checks: Iterable[Check] = CHECKS) -> list[Finding]:
    """All that is found, in order."""
    for first in FIRST:
        if found := list(first(patient)):
            return found
    return [finding for check in checks for finding in _asked(check, patient)]


def _asked(check: Check, patient: Patient) -> Iterator[Finding]:
    """What a check finds; of a database too ill to be asked, that it is."""
    try:
        yield from check(patient)
    except DBAPIError as error:
        what = "can't be checked, the database fails"
        yield Finding(check.__name__, what, type(error.orig).__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """What the command tells."""

    findings: list[Finding]
    checks: list[str]

    @property
    def document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "healthy": not self.findings,
            "checks": self.checks,
            "findings": [asdict(finding) for finding in self.findings],
        }


def report(patient: Patient) -> Report:
    """Everything that was checked, and what was found."""
    return Report(examine(patient), [check.__name__ for check in (*FIRST, *CHECKS)])
