"""Column types and field types that both databases and every client read alike."""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

import sqlalchemy as sa
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.json_schema import WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect

from app.kernel.errors import UnreadableError
from app.kernel.forms import an_object, form
from app.kernel.ids import SLUG_LENGTH, SLUG_PATTERN, UUID_PATTERN

FIRST_YEAR, LAST_YEAR = 1800, 2200
URL_LENGTH = 2048


class Id(sa.types.TypeDecorator[str]):
    """A UUID: native on PostgreSQL, its text elsewhere. Always a string in Python."""

    impl = sa.String(36)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """Pick the database's own type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID(as_uuid=False))
        return dialect.type_descriptor(sa.String(36))


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An instant. Aware in Python, UTC in the database (SQLite hands back naive values)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; refuse what has no offset."""
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Hand back an aware UTC value. Raises UnreadableError where what is stored is none."""
        read: Any = super().result_processor(dialect, coltype)

        def aware(value: Any) -> datetime | None:
            try:
                found: datetime | None = read(value) if read else value
            except (ValueError, TypeError):
                raise UnreadableError from None
            if found is None:
                return None
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)

        return aware


def text_column(length: int) -> sa.types.TypeEngine[str]:
    """Text that sorts by code point on both databases."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


# Plain JSON on PostgreSQL as well: JSONB would forget the order of keys, and nothing searches it.
Json = sa.JSON(none_as_null=True)

# --- Text ---------------------------------------------------------------------------------------

_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef]|[\ufffe\uffff]|["
    + "".join(chr(plane * 0x10000 + tail) for plane in range(1, 17) for tail in (0xFFFE, 0xFFFF))
    + "]"
)
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BREAK = re.compile("[\t\r\n\u0085\u2028\u2029]")
_UNSEEN = {"Cc", "Cf", "Zl", "Zp", "Zs"}  # controls, formats, separators: they show nothing


def _clean(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("holds a control character, a lone surrogate or a noncharacter")
    return unicodedata.normalize("NFC", value)


def _clean_line(value: str) -> str:
    value = _clean(value).strip()
    if _BREAK.search(value):
        raise ValueError("holds a line break or a tab")
    if _BIDI.search(value):
        raise ValueError("holds a bidirectional control character")
    return value


@dataclass(frozen=True, slots=True)
class Text:
    """A text of 1 to `longest` code points, in NFC; names and titles are `one_line`.

    Only a piece of another text may be `blank`, or nothing at all.
    """

    longest: int
    one_line: bool = False
    blank: bool = False

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """The lengths go into the JSON schema, the rest is checked behind them."""
        least = None if self.blank else 1
        plain = core_schema.str_schema(min_length=least, max_length=self.longest, strict=True)
        return core_schema.no_info_after_validator_function(self._check, plain)

    def _check(self, value: str) -> str:
        clean = _clean_line(value) if self.one_line else _clean(value)
        if not self.blank and all(unicodedata.category(char) in _UNSEEN for char in clean):
            raise ValueError("is blank")
        # NFC can lengthen a text, so the bound is checked once more behind it.
        if len(clean) > self.longest:
            raise ValueError(f"is longer than {self.longest} code points")
        return clean


Label = Annotated[str, Text(120, one_line=True)]
Name = Annotated[str, Text(300, one_line=True)]
Title = Annotated[str, Text(500, one_line=True)]
Note = Annotated[str, Text(5000)]
Prose = Annotated[str, Text(20_000)]
REF_LENGTH = 40
REF_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"
SHA256_PATTERN = "^[0-9a-f]{64}$"
URL_PATTERN = r"^https?://[^\s\x00-\x1f<>\"\\^`{|}]+$"
DATE_PATTERN = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"

SLUG_FORM = "must be lower-case letters, digits and hyphens between them, e.g. big-name"

Slug = Annotated[str, form(SLUG_PATTERN, SLUG_FORM, max_length=SLUG_LENGTH)]
Ref = Annotated[
    str,
    form(
        REF_PATTERN,
        "must be letters, digits and any of . _ : - and begin with a letter or a digit, e.g. F04a",
        max_length=REF_LENGTH,
        examples=["F04a"],
    ),
]
IdText = Annotated[
    str, form(UUID_PATTERN, "must be the id of a record, a UUID in lower case with its hyphens")
]
Reference = Annotated[
    str,
    form(
        SLUG_PATTERN,
        SLUG_FORM,
        max_length=SLUG_LENGTH,
        description="The id of a record, or its slug where it has one",
    ),
]
Sha256 = Annotated[str, form(SHA256_PATTERN, "must be 64 hexadecimal digits in lower case")]
Url = Annotated[
    str,
    form(
        URL_PATTERN,
        "must be an address that begins with http:// or https:// and has no blanks",
        max_length=URL_LENGTH,
    ),
    AfterValidator(_clean_line),
]
Tlp = Literal["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]

# --- Numbers: strict, so that `false` is no probability and "5" no count ------------------------

NEARLY = 1e-12
"""How near to 0 and 1 an estimate may come: what is nearer says no more, and doesn't compute."""
ESTIMATE = "must be a number above 0 and below 1, e.g. 0.6 for 60 per cent"


def plainly(detail: str) -> WrapValidator:
    """What a field must be, as the one reason why a value isn't that."""

    def told(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
        try:
            return check(value)
        except ValidationError:
            raise ValueError(detail) from None

    return WrapValidator(told)


Probability = Annotated[
    float,
    Field(
        ge=NEARLY,
        le=1 - NEARLY,
        strict=True,
        allow_inf_nan=False,
        description="Between 0 and 1, neither of them",
    ),
    plainly(ESTIMATE),
]


# --- Dates and instants -------------------------------------------------------------------------

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def _in_calendar(value: date) -> None:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"the year must be from {FIRST_YEAR} to {LAST_YEAR}")


def parse_day(value: object) -> date:
    """A calendar day in the one form `2023-09-10`."""
    if isinstance(value, datetime):
        raise ValueError("must be a date like 2023-09-10")  # noqa: TRY004 - pydantic wants ValueError
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("must be a date like 2023-09-10")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError("there is no such day") from None
    _in_calendar(day)
    return day


def parse_instant(value: object) -> datetime:
    """An RFC 3339 instant, or a plain date, which means the midnight (UTC) it begins with."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, str) and _DATE.fullmatch(value):
        day = parse_day(value)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError(_no_instant(value))
    try:
        instant = datetime.fromisoformat(value.upper())
        instant = instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("there is no such time") from None
    _in_calendar(instant)
    return instant


def _no_instant(value: object) -> str:
    """What is wrong with a time, where it is nearly one."""
    text = value if isinstance(value, str) else ""
    if " " in text and _INSTANT.fullmatch("+".join(text.rsplit(" ", 1))):
        return "a + in an address stands for a blank: write + as %2B"
    if _INSTANT.fullmatch(f"{text}Z"):
        return "the zone is missing: add Z, or an offset like +09:00"
    return "must be an RFC 3339 time like 2023-09-10T00:00:00Z, or a date"


Day = Annotated[
    date,
    BeforeValidator(parse_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2023-09-10"]}),
]
Instant = Annotated[
    datetime,
    BeforeValidator(parse_instant),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "description": "RFC 3339 time; a plain date means its midnight UTC",
            "examples": ["2023-09-10T00:00:00Z"],
        }
    ),
]


BROKEN = "broken"


def broken(field: str, detail: str) -> PydanticCustomError:
    """What a rule about several fields raises; the problem names the one that breaks it."""
    return PydanticCustomError("rule", "{detail}", {"detail": detail, BROKEN: field})


class Shape(BaseModel):
    """What goes over the wire: unknown fields are refused, values are not changed after."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_serialization_defaults_required=True,
        serialize_by_alias=True,
    )

    _is_an_object = model_validator(mode="before")(classmethod(an_object))  # type: ignore[arg-type]  # it is one


class VagueDate(Shape):
    """A date that says how precisely it is known."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"date": "2025-03", "precision": "month", "inferred": False}]
        }
    )
    LENGTHS: ClassVar[dict[str, int]] = {"year": 4, "month": 7, "day": 10}

    date: Annotated[
        str,
        form(DATE_PATTERN, "must be a date like 2023-09-10, 2023-09 or 2023", max_length=10),
    ]
    precision: Literal["year", "month", "day"]
    inferred: Annotated[
        bool, Field(strict=True, description="Whether it was worked out rather than stated")
    ] = False

    @model_validator(mode="after")
    def _is_a_date(self) -> "VagueDate":
        if len(self.date) != self.LENGTHS[self.precision]:
            raise broken("date", f"is not written to the {self.precision}")
        try:
            _ = self.first_day
        except ValueError as error:
            raise broken("date", str(error)) from None
        return self

    @property
    def first_day(self) -> dt.date:
        """The first day it may mean."""
        missing = {"year": "-01-01", "month": "-01", "day": ""}[self.precision]
        return parse_day(self.date + missing)


def now() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)


def instant_text(value: datetime) -> str:
    """An instant as answers write it."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def later(earlier: datetime) -> datetime:
    """The smallest instant after another that both databases can tell apart."""
    return earlier + timedelta(microseconds=1)


# --- Query parameters: text that must look exactly like what it means ---------------------------


def _integer(value: object) -> int:
    if not re.fullmatch("-?[0-9]{1,19}", str(value)):
        raise ValueError("must be a whole number")
    return int(str(value))


def _number(value: object) -> object:
    if isinstance(value, str):
        if not re.fullmatch(r"-?[0-9]{1,19}(\.[0-9]{1,30})?", value):
            raise ValueError("must be a number like 0.25")
        return float(value)
    return value


def _truth(value: object) -> object:
    if isinstance(value, str):
        if value not in {"true", "false"}:
            raise ValueError("must be true or false")
        return value == "true"
    return value


QueryInt = Annotated[int, BeforeValidator(_integer), Field(strict=True)]
"""Give it bounds: a column of 32 bits is compared with nothing larger."""
QueryFloat = Annotated[float, BeforeValidator(_number), Field(strict=True, allow_inf_nan=False)]
QueryBool = Annotated[bool, BeforeValidator(_truth), Field(strict=True)]
