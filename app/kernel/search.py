"""Full-text search that answers alike on both databases.

The text is cut into words here, the same way for what is stored and what is asked, so neither
database's parser or query syntax ever sees what a person typed: SQLite's FTS5 gets the words (the
`ascii` tokenizer leaves them whole), PostgreSQL a tsvector made of them.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.db import is_postgres
from app.kernel.history import keep
from app.kernel.tables import HIDDEN, Base, Versioned, table_of, with_history
from app.kernel.types import Id, UtcDateTime, text_column
from app.kernel.view import View

WORD_LENGTH = 64
WORDS_KEPT = 16_000
"""Words of a record that are searched, from its beginning on."""
BYTES_KEPT = 900_000
"""What these words may come to; PostgreSQL takes a mebibyte."""
APART_READ = 200_000
"""Code points of a text kept apart in which so many words are looked for."""
TERMS = 8
TITLE = 500
TEXT_KEPT = 20_000
"""Code points of a record that are shown in snippets and count for its rank."""
BOUNDARY = "\N{PILCROW SIGN}"
"""A word that stands between two fields, so that no phrase crosses from one into the other."""
KIND = BOUNDARY
"""What begins the word that says what kind an entry is: no word of a text or a query has it."""

_WORD = re.compile(r"[^\W_]+")
_QUERY = re.compile(r'"([^"]*)"|([^\s"]+)')


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
    marking: Mapped[int] = mapped_column(server_default=HIDDEN)
    title: Mapped[str] = mapped_column(text_column(TITLE))
    body: Mapped[str] = mapped_column(sa.Text)
    words: Mapped[str] = mapped_column(sa.Text)
    """Its kind and its words in order, separated by blanks."""
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


def matching(
    session: Session,
    view: View,
    terms: Sequence[Term],
    *columns: str,
    kinds: Sequence[str] = (),
) -> sa.Select[Any]:
    """The columns of entries that hold every term, newest first; no terms match nothing.

    The present is answered from the index, which holds the kinds as words; of the past, where no
    kinds are asked for, SQLite has none, and scans it.
    """
    entry = view.of(SearchEntry, "entry")
    statement = sa.select(*(entry.c[name] for name in columns))
    if not terms:
        return statement.where(sa.false())
    if is_postgres(session):
        asked = [f"'{word}'" for term in terms for word in term.words if not term.prefix]
        asked += [f"'{term.words[0]}':*" for term in terms if term.prefix]
        if kinds:
            asked.append("(" + " | ".join(f"'{KIND}{kind}'" for kind in kinds) + ")")
        query = sa.cast(sa.literal(" & ".join(asked), sa.Text), _TSQUERY)
        # The index knows which words are there, and only the text which of them stand in a row.
        phrases = [term for term in terms if len(term.words) > 1]
        found = statement.where(_vector(entry.c.words).op("@@")(query), *_within(entry, phrases))
        return found.order_by(entry.c.number.desc())
    if view.known_at is not None:
        return statement.where(*_within(entry, terms)).order_by(entry.c.number.desc())
    asked = [f'"{" ".join(term.words)}"{" *" if term.prefix else ""}' for term in terms]
    if kinds:
        asked.append("(" + " OR ".join(f'"{KIND}{kind}"' for kind in kinds) + ")")
    index = sa.table("search_index", sa.column("rowid"), sa.column("search_index"))
    # The index hands its matches out newest first by itself: a limit is a limit of the work.
    return (
        statement.join_from(index, entry, entry.c.number == index.c.rowid)
        .where(index.c.search_index.op("MATCH")(" AND ".join(asked)))
        .order_by(index.c.rowid.desc())
    )


def _within(entry: sa.FromClause, terms: Iterable[Term]) -> list[sa.ColumnElement[bool]]:
    """Whether the words of an entry, in their order, hold each term."""
    text = sa.literal(" ", sa.Text) + entry.c.words + " "
    return [
        _place_of(text, f" {' '.join(term.words)}{'' if term.prefix else ' '}") > 0
        for term in terms
    ]


class _place_of(sa.sql.functions.GenericFunction[int]):  # noqa: N801 - reads as a function
    """Where in a text another begins, from 1; 0 where it doesn't: (text, other)."""

    type = sa.Integer()
    inherit_cache = True
    name = "instr"


@compiles(_place_of, "postgresql")
def _strpos(element: Any, compiler: Any, **options: Any) -> str:
    text, other = (compiler.process(clause, **options) for clause in element.clauses)
    return f"strpos({text}, {other})"


def _vector(words: sa.ColumnElement[str]) -> sa.ColumnElement[Any]:
    """The words as PostgreSQL's index has them (written as the index is, or it isn't used)."""
    blank = sa.literal_column("' '", sa.Text)
    return sa.func.array_to_tsvector(sa.func.string_to_array(words, blank))


class _TsQuery(sa.types.UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        return "tsquery"


_TSQUERY = _TsQuery()


def entry_of(model: type[Versioned], row: Mapping[str, Any], apart: str = "") -> dict[str, Any]:
    """The search entry of a record. `apart` is the text of it that is kept apart from the row."""
    kind = table_of(model).name
    label = str(row[model.label]) if model.label else ""
    parts = [text for name in model.searchable for text in _texts(row[name])]
    parts += [apart[:APART_READ]] if apart else []
    words = [KIND + kind, *words_in(label)]
    for part in parts:
        words += [BOUNDARY, *words_in(part)]
    # What is too long for a title is shown, and counted, as the text it is.
    shown = [label, *parts] if len(label) > TITLE else parts
    return {
        "record": row["id"],
        "kind": kind,
        "parent": row.get("alliance") or row.get("consequence"),
        "marking": row["marking"],
        "title": label[:TITLE],
        "body": "\n".join(shown)[:TEXT_KEPT],
        "words": kept(words),
        "recorded_at": row["recorded_at"],
    }


def kept(words: Sequence[str]) -> str:
    """So many of the words as are kept, in order."""
    text = " ".join(words[:WORDS_KEPT])
    if len(text) * 4 <= BYTES_KEPT or len(raw := text.encode()) <= BYTES_KEPT:
        return text
    return raw[:BYTES_KEPT].decode(errors="ignore").rpartition(" ")[0]


def _texts(value: Any) -> list[str]:
    """The texts of a field, each by itself: no phrase crosses from one alias into the next."""
    return [str(text) for text in (value if isinstance(value, list) else [value]) if text]


def put(session: Session, entries: Iterable[Mapping[str, Any]]) -> None:
    """Add entries to the index."""
    session.execute(sa.insert(table_of(SearchEntry)), list(entries))


def renew(session: Session, model: type[Versioned], row: Mapping[str, Any]) -> None:
    """Read a record into the index again, as its version was meant to be found all along."""
    table = table_of(SearchEntry)
    session.execute(sa.delete(table).where(table.c.record == row["id"]))
    put(session, [entry_of(model, row, model.apart(session, row))])


def forget(session: Session, record: str, stamp: datetime) -> None:
    """Take a record's entry out of the index, keeping what it was."""
    table = table_of(SearchEntry)
    keep(session, SearchEntry, table.c.record == record, stamp)
    session.execute(sa.delete(table).where(table.c.record == record))


def erase(session: Session, record: str) -> None:
    """Take a record's entry out of the index, and what it ever was."""
    for table in (table_of(SearchEntry), Base.twins[SearchEntry.__tablename__]):
        session.execute(sa.delete(table).where(table.c.record == record))


def tidy(session: Session) -> None:
    """Drop from SQLite's index the words of what was erased, which it only marks as gone."""
    if not is_postgres(session):
        index = sa.table("search_index", sa.column("search_index"))
        session.execute(sa.insert(index).values(search_index="optimize"))


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


def find(
    session: Session,
    view: View,
    query: str,
    kinds: Sequence[str],
    under: Mapping[str, Sequence[str]],
) -> list[Hit]:
    """The records that hold every term, best first; equals by id.

    Ranked here, not in the database, so that both databases give one order. `under` tells by the
    kind of a parent which kinds are read under it: those are found only while the parent is there.
    """
    terms = terms_of(query)
    columns = ("kind", "record", "parent", "title", "body")
    statement = matching(session, view, terms, *columns, kinds=kinds)
    entry = view.of(SearchEntry, "entry")
    for kind, below in under.items():
        parent = view.of(Versioned.every[kind], f"{kind}_above")
        there = sa.exists(sa.select(sa.literal(1)).where(parent.c.id == entry.c.parent))
        statement = statement.where(sa.or_(entry.c.kind.not_in(below), there))
    hits = [
        Hit(kind, record, parent, title, body, score(terms, title, body), terms)
        for kind, record, parent, title, body in session.execute(statement.limit(CANDIDATES))
    ]
    return sorted(hits, key=lambda hit: (-hit.rank, hit.record))
