"""Full-text search that answers alike on both databases.

The text is cut into words here, the same way for what is stored and what is asked, so neither
database's parser or query syntax ever sees what a person typed: SQLite's FTS5 gets the words (the
`ascii` tokenizer leaves them whole), PostgreSQL a tsvector written from them.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.db import is_postgres
from app.kernel.history import keep
from app.kernel.tables import Base, Record, table_of, with_history
from app.kernel.types import Id, UtcDateTime, text_column
from app.kernel.view import View

WORD_LENGTH = 64
WORDS_KEPT = 16_000  # PostgreSQL counts positions up to 16,383
TERMS = 8
TEXT_KEPT = 20_000
BOUNDARY = "\N{PILCROW SIGN}"
"""A word that stands between two fields, so that no phrase crosses from one into the other."""

_WORD = re.compile(r"[^\W_]+")
_QUERY = re.compile(r'"([^"]*)"|([^\s"]+)')


class Words(sa.types.TypeDecorator[str]):
    """Words in order, separated by blanks: text on SQLite, a tsvector on PostgreSQL."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """Pick the database's own type."""
        return dialect.type_descriptor(TSVECTOR() if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Write the vector out; the words hold letters and digits only, so nothing needs escape."""
        if value is None or dialect.name != "postgresql":
            return value
        places: dict[str, list[str]] = {}
        for position, word in enumerate(value.split(" ")[:WORDS_KEPT], start=1):
            if word:
                places.setdefault(word, []).append(str(position))
        return " ".join(f"'{word}':{','.join(at[:255])}" for word, at in places.items())


class SearchEntry(Base):
    """The text of one record, ready to be searched."""

    __tablename__ = "search_entries"

    number: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True
    )
    record: Mapped[str] = mapped_column(Id, unique=True)
    kind: Mapped[str] = mapped_column(sa.String(30))
    parent: Mapped[str | None] = mapped_column(Id)
    """The alliance or the consequence the record stands under."""
    tlp: Mapped[str] = mapped_column(sa.String(12))
    title: Mapped[str] = mapped_column(text_column(500))
    body: Mapped[str] = mapped_column(sa.Text)
    words: Mapped[str] = mapped_column(Words)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


with_history(SearchEntry)


def words_in(text: str) -> list[str]:
    """The words of a text: letters and digits, folded to lower case without diacritics."""
    bare = text.lower()
    if not text.isascii():
        folded = unicodedata.normalize("NFKD", text).casefold()
        bare = "".join(char for char in folded if not unicodedata.combining(char))
    return [word[:WORD_LENGTH] for word in _WORD.findall(bare)]


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to look for: a word, several in a row, or the beginning of one."""

    words: tuple[str, ...]
    prefix: bool = False


def terms_of(query: str) -> list[Term]:
    """The terms of what a person typed: words, "quoted phrases", beginnings*.

    Anything else is white space; nothing is an error. At most the first eight distinct terms count.
    """
    terms: dict[Term, None] = {}
    for phrase, bare in _QUERY.findall(query):
        if phrase:
            found = words_in(phrase)
            if found:
                terms[Term(tuple(found))] = None
        else:
            found = words_in(bare)
            for index, word in enumerate(found, start=1):
                terms[Term((word,), prefix=index == len(found) and bare.endswith("*"))] = None
    return list(terms)[:TERMS]


def matching(session: Session, view: View, terms: Sequence[Term], *columns: str) -> sa.Select[Any]:
    """The columns of entries that hold every term, newest first; no terms match nothing.

    The present is answered from the index; SQLite has none of the past, and scans it.
    """
    entry = view.of(SearchEntry, "entry")
    statement = sa.select(*(entry.c[name] for name in columns))
    if not terms:
        return statement.where(sa.false())
    if is_postgres(session):
        query = " & ".join(
            "("
            + " <-> ".join(f"'{word}'{':*' if term.prefix else ''}" for word in term.words)
            + ")"
            for term in terms
        )
        found = entry.c.words.op("@@")(sa.cast(sa.literal(query, sa.Text), _TSQUERY))
        return statement.where(found).order_by(entry.c.number.desc())
    if view.known_at is not None:
        text = sa.literal(" ") + sa.cast(entry.c.words, sa.Text) + " "
        within = (
            sa.func.instr(text, f" {' '.join(term.words)}{'' if term.prefix else ' '}") > 0
            for term in terms
        )
        return statement.where(*within).order_by(entry.c.number.desc())
    asked = " AND ".join(f'"{" ".join(term.words)}"{" *" if term.prefix else ""}' for term in terms)
    index = sa.table("search_index", sa.column("rowid"), sa.column("search_index"))
    # The index hands its matches out newest first by itself: a limit is a limit of the work.
    return (
        statement.join_from(index, entry, entry.c.number == index.c.rowid)
        .where(index.c.search_index.op("MATCH")(asked))
        .order_by(index.c.rowid.desc())
    )


class _TsQuery(sa.types.UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        return "tsquery"


_TSQUERY = _TsQuery()


def entry_of(model: type[Record], row: Mapping[str, Any]) -> dict[str, Any]:
    """The search entry of a record."""
    title = str(row[model.label])[:500] if model.label else ""
    parts = [text for name in model.searchable for text in _texts(row[name])]
    body = "\n".join(parts)[:TEXT_KEPT]
    words = words_in(title)
    for part in parts:
        words += [BOUNDARY, *words_in(part)]
    return {
        "record": row["id"],
        "kind": table_of(model).name,
        "parent": row.get("alliance") or row.get("consequence"),
        "tlp": row["tlp"],
        "title": title,
        "body": body,
        "words": " ".join(words[:WORDS_KEPT]),
        "recorded_at": row["recorded_at"],
    }


def _texts(value: Any) -> list[str]:
    """The texts of a field, each by itself: no phrase crosses from one alias into the next."""
    return [str(text) for text in (value if isinstance(value, list) else [value]) if text]


def put(session: Session, entries: Iterable[Mapping[str, Any]]) -> None:
    """Add entries to the index."""
    session.execute(sa.insert(table_of(SearchEntry)), list(entries))


def forget(session: Session, record: str, stamp: datetime) -> None:
    """Take a record's entry out of the index, keeping what it was."""
    table = table_of(SearchEntry)
    keep(session, SearchEntry, table.c.record == record, stamp)
    session.execute(sa.delete(table).where(table.c.record == record))


def containing(
    session: Session, view: View, record: sa.ColumnElement[Any], query: str
) -> sa.ColumnElement[bool]:
    """Whether a record's text holds every term of a query: the filter `q` of lists."""
    found = matching(session, view, terms_of(query), "record")
    return record.in_(found.order_by(None))


def score(terms: Sequence[Term], title: str, body: str) -> float:
    """How well an entry fits, from 0 up: term frequencies damped, the title counting fourfold."""
    total = 0.0
    for place, weight in ((title, 4.0), (body, 1.0)):
        words = words_in(place)
        joined = f" {' '.join(words)} "
        for term in terms:
            needle = " " + " ".join(term.words) + ("" if term.prefix else " ")
            total += weight * log(1 + joined.count(needle)) / log(16 + len(words))
    return round(total, 4)


def snippet(terms: Sequence[Term], text: str, length: int = 200) -> str:
    """The stretch of a text around the first word that a term asks for."""
    first = {term.words[0]: term.prefix for term in terms}
    at = 0
    for found in _WORD.finditer(text):
        folded = "".join(words_in(found.group()))
        if any(
            folded == word or (prefix and folded.startswith(word)) for word, prefix in first.items()
        ):
            at = found.start()
            break
    start = max(0, at - length // 4)
    if start:
        blank = text.find(" ", start, at)
        start = blank + 1 if blank >= 0 else start
    piece = text[start : start + length]
    if start + length < len(text) and " " in piece:
        piece = piece[: piece.rindex(" ")]
    return ("… " if start else "") + piece.strip() + (" …" if start + length < len(text) else "")


CANDIDATES = 200
"""How many of the newest matches are ranked: the cost of a search has a bound."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A record found, and how well it fits."""

    kind: str
    record: str
    parent: str | None
    name: str
    body: str
    rank: float
    terms: Sequence[Term]

    @property
    def title(self) -> str:
        """What the record is called; of one without a name, how its text begins to fit."""
        return self.name or snippet(self.terms, self.body, 80)

    @property
    def snippet(self) -> str:
        """The stretch of text that shows why it was found."""
        return snippet(self.terms, self.body or self.name)


def find(session: Session, view: View, query: str, kinds: Sequence[str]) -> list[Hit]:
    """The records that hold every term, best first; equals by id.

    Ranked here, not in the database, so that both databases give one order.
    """
    terms = terms_of(query)
    statement = matching(session, view, terms, "kind", "record", "parent", "title", "body")
    if kinds:
        statement = statement.where(view.of(SearchEntry, "entry").c.kind.in_(kinds))
    hits = [
        Hit(kind, record, parent, title, body, score(terms, title, body), terms)
        for kind, record, parent, title, body in session.execute(statement.limit(CANDIDATES))
    ]
    return sorted(hits, key=lambda hit: (-hit.rank, hit.record))
