"""The small parts of the kernel that HTTP alone can't show: ids, texts, times, settings."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.kernel import ids, pages, search
from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.errors import BadCursor
from app.kernel.references import Reference
from app.kernel.schemas import merge
from app.kernel.types import parse_day, parse_instant

JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=3),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(some.sampled_from("abcd"), inner, max_size=3)
    ),
    max_leaves=8,
)
SECRET = b"secret"


def test_ids_sort_in_the_order_they_are_made() -> None:
    made = [ids.new_id() for _ in range(2000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(ids.is_id(one) and one[14] == "7" and one[19] in "89ab" for one in made)


def test_a_derived_id_follows_from_its_parts_alone() -> None:
    at = datetime(2000, 1, 1, tzinfo=UTC)
    one = ids.derived_id(at, "a", "b")
    assert one == ids.derived_id(at, "a", "b")
    assert one != ids.derived_id(at, "ab")
    assert one < ids.derived_id(at + timedelta(milliseconds=1), "a")
    assert ids.is_id(one)


@pytest.mark.parametrize("text", ["", "a" * 81, "A", "a--b", "-a", "a-", "a b", "ä"])
def test_what_is_no_slug(text: str) -> None:
    assert not ids.is_slug(text)


@given(some.lists(some.text(max_size=20) | some.integers() | some.floats(allow_nan=False)
                  | some.booleans() | some.none() | some.dates()
                  | some.datetimes(timezones=some.just(UTC)), max_size=4))  # fmt: skip
def test_a_cursor_brings_back_what_was_put_in(values: list[object]) -> None:
    cursor = pages.write_cursor(values, "query", SECRET)
    assert pages.read_cursor(cursor, "query", SECRET) == values
    for bound, secret in (("other", SECRET), ("query", b"other")):
        with pytest.raises(BadCursor):
            pages.read_cursor(cursor, bound, secret)


@given(JSON, JSON)
def test_a_merge_patch_does_what_rfc_7396_says(current: object, patch: object) -> None:
    merged = merge(current, patch)
    if not isinstance(patch, dict):
        assert merged == patch
        return
    before = current if isinstance(current, dict) else {}
    for name in {*before, *patch}:
        if name not in patch:
            assert merged[name] == before[name]
        elif patch[name] is None:
            assert name not in merged
        else:
            assert merged[name] == merge(before.get(name), patch[name])


@given(some.text(max_size=60))
def test_no_query_is_an_error_and_no_word_holds_syntax(text: str) -> None:
    for term in search.terms_of(text):
        assert term.words
        for word in term.words:
            assert word.isalnum()
            assert len(word) <= search.WORD_LENGTH
    assert len(search.terms_of(text)) <= search.TERMS
    assert search.words_in(" ".join(search.words_in(text))) == search.words_in(text)


@given(some.text(max_size=300), some.text("abc *", max_size=10))
def test_a_snippet_is_a_piece_of_the_text(text: str, query: str) -> None:
    piece = search.snippet(search.terms_of(query), text, 40)
    assert piece.removeprefix("… ").removesuffix(" …").strip() in text
    assert len(piece) <= 44


@pytest.mark.parametrize(
    "value",
    ["2023-9-10", "20230910", "2023-W10-1", "2023-02-30", "1799-12-31", "2201-01-01",
     "\u0662\u0660\u0662\u0663-09-10",
     "2023-09-10T00:00:00Z", 5, None, datetime(2023, 1, 1, tzinfo=UTC)],
)  # fmt: skip
def test_what_is_no_day(value: object) -> None:
    with pytest.raises(ValueError, match=r"date|day|year"):
        parse_day(value)


@pytest.mark.parametrize(
    "value",
    ["2023-09-10T00:00:00", "2023-09-10T24:00:01Z", "2023-09-10T00:00:00+25:00", "now", "infinity",
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2023-09-10T00:00Z\n", 1694304000,
     "1694304000", None, "1799-12-31T23:59:59Z"],
)  # fmt: skip
def test_what_is_no_instant(value: object) -> None:
    with pytest.raises(ValueError, match=r"time|date|year|day|zone"):
        parse_instant(value)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2023-09-10", datetime(2023, 9, 10, tzinfo=UTC)),
        ("2023-09-10T02:00:00+02:00", datetime(2023, 9, 10, tzinfo=UTC)),
        ("2023-09-10t00:00:00.25z", datetime(2023, 9, 10, 0, 0, 0, 250_000, tzinfo=UTC)),
        ("2023-09-10 00:00:00Z", datetime(2023, 9, 10, tzinfo=UTC)),
        ("2023-09-10T00:00Z", datetime(2023, 9, 10, tzinfo=UTC)),
    ],
)
def test_an_instant_is_kept_in_utc(text: str, instant: datetime) -> None:
    found = parse_instant(text)
    assert (found, found.tzinfo) == (instant, UTC)
    east = timezone(timedelta(hours=9))
    assert parse_instant(instant.astimezone(east)) == instant
    assert parse_day(date(2023, 9, 10)) == date(2023, 9, 10)


def test_a_reference_finds_every_place_it_stands_in() -> None:
    record = {"a": [{"b": "x", "t": "k"}, {"b": None}, {}, {"b": "y"}], "c": None}
    places = list(Reference("a/*/b", "things", tag="t").places(record))
    assert [(place.value, place.pointer) for place in places] == [("x", "/a/0/b"), ("y", "/a/3/b")]
    assert [place.beside("t") for place in places] == ["k", None]
    assert list(Reference("c/*", "things").places(record)) == []
    assert list(Reference("d", "things").places(record)) == []


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_name_of_postgresql_takes_the_one_driver(scheme: str) -> None:
    database = Database.of(Settings(database_url=f"{scheme}://u:p@localhost/d"))
    assert database.engine.url.drivername == "postgresql+psycopg"
    assert database.is_postgres
