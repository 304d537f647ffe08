"""Reading events as somebody asked for them."""

from sqlalchemy.orm import Session

from app.changes.schemas import ChangesFilter
from app.kernel.access import Principal
from app.kernel.db import Database
from app.kernel.events import Row, Wanted, read
from app.kernel.filters import ids_of
from app.kernel.rights import view_now
from app.kernel.view import View


def wanted(session: Session, view: View, query: ChangesFilter) -> Wanted:
    """The filters of a query, with slugs turned into the ids they stand for at present."""
    alliances = None
    if query.alliance:
        ids = ids_of("alliances", query.alliance, view)
        alliances = ids if isinstance(ids, list) else list(session.execute(ids).scalars())
    return Wanted.of(query.type, query.kind, alliances, query.record)


def next_page(
    database: Database, owner: Principal, asked: Wanted, after: str, limit: int
) -> list[Row] | None:
    """The next events behind an id that somebody may see now; None if they may see nothing."""
    with database.read() as session:
        view = view_now(session, owner)
        return None if view is None else read(session, view, owner.name, asked, after, limit)
