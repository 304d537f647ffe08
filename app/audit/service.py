"""The audit log as a list."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.audit.schemas import Action, AuditEntry
from app.kernel.audit import Entry
from app.kernel.filters import at_least, before, equals
from app.kernel.listing import Rows, Selection
from app.kernel.records import Row
from app.kernel.resource import Listed
from app.kernel.tables import table_of
from app.kernel.types import IdText, Instant, Label, Name, QueryInt
from app.kernel.view import View

Path = Name


class AuditQuery(Rows):
    """Filters of the audit log."""

    sorts: ClassVar[dict[str, bool]] = {"id": False, "time": False}
    default_sort: ClassVar[str] = "-id"

    principal: Annotated[list[Label], equals("principal")] = []
    action: Annotated[list[Action], equals("action")] = []
    kind: Annotated[list[Label], equals("kind")] = []
    record: Annotated[list[IdText], equals("record")] = []
    path: Annotated[list[Path], equals("path")] = []
    route: Annotated[list[Path], equals("route")] = []
    address: Annotated[list[Label], equals("address")] = []
    request_id: Annotated[list[Label], equals("request_id")] = []
    status: Annotated[list[Annotated[QueryInt, Field(ge=100, le=599)]], equals("status")] = []
    time_from: Annotated[Instant | None, at_least("time")] = None
    time_to: Annotated[Instant | None, before("time")] = None


class AuditLog(Listed):
    """Entries never change: of both clocks the log shows what stood in it by then."""

    answers = AuditEntry
    query = AuditQuery
    plural = "what was done, and what was refused"

    def selection(
        self,
        session: Session,
        view: View,
        query: BaseModel | None = None,  # noqa: ARG002 - the kernel's signature
    ) -> Selection:
        """The entries there were."""
        t = table_of(Entry)
        others = [column for column in t.columns if column.name != "number"]
        clocks = [clock for clock in (view.as_of, view.known_at) if clock is not None]
        statement = sa.select(t.c.number.label("id"), *others)
        statement = statement.where(*(t.c.time <= clock for clock in clocks))
        columns: dict[str, Any] = {column.name: column for column in others}
        return Selection(session, view, statement, columns | {"id": t.c.number})

    def documents(self, session: Session, rows: Sequence[Row], view: View) -> list[Row]:  # noqa: ARG002 - the kernel's signature
        """The entries as they are answered."""
        return [{name: row[name] for name in AuditEntry.model_fields} for row in rows]


audit_log = AuditLog("audit")
