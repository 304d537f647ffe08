"""The brief of an edition: what it says, in the order a reader needs it, as blocks of plain text.

Key judgements come first. Likelihood is told in the words of one scale; confidence has a sentence
of its own, and so have impact and outcome. What assessors and speakers said is quoted, never
rephrased. `markdown` and `pdf` write the blocks; nothing here knows how.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from app.assessments.states import State
from app.consequences.schemas import RESOLVED
from app.domain import yardstick
from app.domain.probability import logit
from app.kernel.types import parse_instant

Scale = Literal["icd203", "phia"]
SCALES = {"icd203": "ICD 203", "phia": "the PHIA yardstick"}
SURE = 0.01
"""Nearer to 0 or 1 than this, a percentage would be one that is no estimate."""
DIGITS = (2, 3, 4, 5)
"""Of a probability, one after another until its word is that of the whole number."""
MOVED = 0.05
"""Moves in log-odds that are smaller than this are none."""
ASSUMED = ("key_assumption", "uncertainty", "caveat")
READ = {"observed": "observed", "not_observed": "not observed", "absent": "looked for, and absent"}
NOTHING = "Nothing is recorded."
Doc = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text; `href` is where it leads."""

    text: str
    bold: bool = False
    href: str = ""


Line = list[Span]


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph, a quotation, a list (its `lines`), or a table of texts."""

    kind: Literal["heading", "text", "quote", "list", "table"]
    lines: Sequence[Line] = ()
    level: int = 0
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def _heading(text: str, level: int = 2) -> Block:
    return Block("heading", [[Span(text)]], level)


def _text(*spans: Span | str) -> Block:
    return Block("text", [_line(*spans)])


def _line(*spans: Span | str) -> Line:
    return [Span(span) if isinstance(span, str) else span for span in spans]


@dataclass(frozen=True, slots=True)
class Brief:
    """An edition, the one before it in its chain if there is one, and the words to tell it in."""

    state: State
    before: State | int | None
    """Of one that isn't what was published any more, only the number."""
    scale: Scale = "icd203"

    @property
    def title(self) -> str:
        """What the edition is called."""
        return str(self.state.edition["title"])

    @property
    def marking(self) -> str:
        """How it is marked, as it stands on each page."""
        edition = self.state.edition
        few = f" ({', '.join(edition['audience'])})" if edition["audience"] else ""
        return f"TLP:{edition['tlp']}{few}"

    def blocks(self) -> list[Block]:
        """The whole brief."""
        return [
            *self._head(),
            *self._judgements(),
            *self._changes(),
            *self._dissent(),
            *self._evidence(),
            *self._watched(),
            *self._sources(),
            *self._seal(),
        ]

    # --- Parts ------------------------------------------------------------------------------------

    def _head(self) -> Iterator[Block]:
        edition = self.state.edition
        yield _heading(self.title, 1)
        alliance = self._all("alliances")[0]["name"]
        yield _text(
            Span(self.marking, bold=True),
            f" · {alliance} · edition {edition['number']}"
            f" · as of {_day(self.state.as_of)} · published {_day(self.state.known_at)}",
        )
        if edition["note"]:
            yield _text(edition["note"])

    def _judgements(self) -> Iterator[Block]:
        yield _heading("Key judgements")
        yield _text(f"Words of likelihood are those of {SCALES[self.scale]}.")
        for item in self._consequences():
            yield Block("heading", [[Span(_name(item))]], 3)
            yield _text(*self._judged(item))
        if not self._consequences():
            yield _text(NOTHING)

    def _judged(self, item: Doc) -> Iterator[Span | str]:
        found, outcome = item["judgement"], item["outcome"]
        settled = outcome is not None and outcome["status"] in RESOLVED
        if found["n"]:
            spread = found["probability"]
            yield Span(f"Likelihood: {self._word(spread['point'])}", bold=True)
            yield (
                f" ({self._percent(spread['point'])}, from {self._percent(spread['low'])} to"
                f" {self._percent(spread['high'])}; {_count(found['n'], 'assessor')})."
            )
            if found["confidence"]:
                yield f" Confidence in this judgement: {found['confidence']}."
            if found["impact"]:
                yield f" Impact: {found['impact']} of 5."
            if found["risk"]:
                yield f" Risk: {found['risk']['name']}."
            if found["stale"] and not settled:
                yield f" A review was due on {_day(found['review_by'])}."
        else:
            yield "Not rated."
        if outcome and outcome["status"] != "open":
            yield Span(f" Outcome since {_day(outcome['since'])}: {_words(outcome['status'])}.")
        if item["resolves_on"] and not settled:
            yield f" To be settled by {item['resolves_on']}."

    def _changes(self) -> Iterator[Block]:
        if self.before is None:
            first = self.state.edition["number"] == 1
            yield _heading("What changed")
            none = "There is no edition of an earlier day to compare it with."
            yield _text("This is the first edition." if first else none)
            return
        then = self.before
        if isinstance(then, int):
            yield _heading("What changed")
            yield _text(
                f"Edition {then} isn't what was published any more, so that what changed since it"
                " can't be told; verifying it says why."
            )
            return
        yield _heading(f"What changed since edition {then.edition['number']}")
        yield _text(f"That edition judged {_day(then.as_of)}.")
        known = {item["id"]: item for item in then.records.get("consequences", ())}
        told = [
            Block("list", [line])
            for item in self._consequences()
            for line in self._moved(item, known.get(item["id"]))
        ]
        here = {item["id"] for item in self._all("consequences")}
        dropped = [item for key, item in known.items() if key not in here]
        told += [
            Block("list", [_line(Span(_name(item), bold=True), " is judged no more.")])
            for item in dropped
        ]
        yield from told or [_text("No judgement moved.")]

    def _moved(self, item: Doc, before: Doc | None) -> Iterator[Line]:
        name, now = Span(_name(item), bold=True), item["judgement"]
        if before is None:
            yield _line(name, " is new.")
            return
        then = before["judgement"]
        if now["n"] and then["n"]:
            one, two = (found["probability"]["point"] for found in (then, now))
            if abs(logit(two) - logit(one)) >= MOVED:
                way = "up" if two > one else "down"
                yield _line(
                    name,
                    f" went {way} from {self._word(one)} ({self._percent(one)})"
                    f" to {self._word(two)} ({self._percent(two)}).{self._why(item)}",
                )
        elif now["n"]:
            yield _line(name, f" is rated for the first time.{self._why(item)}")
        elif then["n"]:
            yield _line(name, " is rated by nobody any more.")
        found, held = item["outcome"], before["outcome"]
        if found and (held is None or held["status"] != found["status"]):
            note = f" {found['note']}" if found["note"] else ""
            yield _line(name, f" was found: {_words(found['status'])}.{note}")

    def _why(self, item: Doc) -> str:
        """The reasons given for the ratings that the edition before didn't hold."""
        known = (
            {row["id"] for row in self.before.records.get("ratings", ())}
            if isinstance(self.before, State)
            else ()
        )
        reasons = [
            f"{row['assessor']}: “{row['change_reason'] or row['rationale']}”"
            for row in self._all("ratings")
            if row["consequence"] == item["id"]
            and row["id"] not in known
            and (row["change_reason"] or row["rationale"])
        ]
        return f" Why: {'; '.join(reasons)}" if reasons else ""

    def _dissent(self) -> Iterator[Block]:
        yield _heading("Dissent")
        apart = [item for item in self._consequences() if item["judgement"]["dissent"]]
        for item in apart:
            found = item["judgement"]["dissent"]
            yield _text(
                Span(_name(item), bold=True),
                f": {found['assessor']} stands furthest from the others, at"
                f" {self._percent(found['probability'])} ({self._word(found['probability'])}).",
            )
            if found["rationale"]:
                yield Block("quote", [[Span(found["rationale"])]])
        if not apart:
            yield _text("Nobody differs from anybody.")

    def _evidence(self) -> Iterator[Block]:
        yield _heading("Evidence")
        refs = {item["id"]: item["ref"] or item["title"] for item in self._consequences()}
        links = [row for row in self._all("evidence") if row["consequence"] in refs]
        links.sort(
            key=lambda row: (list(refs).index(row["consequence"]), row["said_at"], row["id"])
        )
        head = ("Consequence", "Claim", "Bearing", "Grade", "Origins", "Statement")
        rows = [
            (
                refs[row["consequence"]],
                row["claim_ref"] or "",
                f"{row['bearing']} the {row['bears_on']}"
                if row["bearing"] != "neutral"
                else "neutral",
                row["grade"] or "not graded",
                str(len(row["origins"])),
                row["statement"] + _state_of_claim(row),
            )
            for row in links
        ]
        yield from _table(head, rows)

    def _watched(self) -> Iterator[Block]:
        yield _heading("Assumptions and uncertainties")
        assumed = [row for row in self._all("factors") if row["kind"] in ASSUMED]
        assumed.sort(key=lambda row: ASSUMED.index(row["kind"]))
        for row in assumed:
            more = f" {row['description']}" if row["description"] else ""
            said = f" ({_words(row['kind'])}).{more}"
            yield Block("list", [_line(Span(_name(row), bold=True), said)])
        if not assumed:
            yield _text(NOTHING)
        yield _heading("Indicators")
        for row in self._all("indicators"):
            held = row["reading"]
            read = f"{READ[held['status']]}" if held else "not read yet"
            more = f" Threshold: {row['threshold']}" if row["threshold"] else ""
            named = f"{row['ref']} {row['statement']}" if row["ref"] else row["statement"]
            yield Block("list", [_line(Span(named, bold=True), f": {read}.{more}")])
        if not self._all("indicators"):
            yield _text(NOTHING)

    def _sources(self) -> Iterator[Block]:
        yield _heading("Sources")
        yield _text(
            "Reliability A to F and credibility 1 to 6 are those of the Admiralty system; F and 6"
            " can't be judged."
        )
        titles = {row["id"]: row["title"] for row in self._all("sources")}
        for row in sorted(self._all("sources"), key=lambda row: (row["title"], row["id"])):
            parts = [row["publisher"], row["published"] and row["published"]["date"]]
            copied = titles.get(row["derived_from"] or "")
            parts.append(f"copies {copied}" if copied else None)
            parts.append(
                f"reliability {row['reliability']}" if row["reliability"] else "not graded"
            )
            rest = ", ".join(part for part in parts if part)
            named = Span(row["title"], href=row["url"] or "")
            yield Block("list", [_line(named, f": {rest}.")])
        if not titles:
            yield _text(NOTHING)

    def _seal(self) -> Iterator[Block]:
        edition = self.state.edition
        yield _heading("Seal")
        before = edition["previous"] or "none"
        yield _table_of_pairs(
            ("Edition", edition["id"]),
            ("SHA-256", edition["hash"]),
            ("Edition before", before),
            ("Signed by", f"{edition['key']} (Ed25519)"),
            ("Verify", f"/v1/assessments/{edition['id']}/verify"),
        )

    # --- Words ------------------------------------------------------------------------------------

    def _all(self, kind: str) -> Sequence[Doc]:
        return self.state.records.get(kind, ())

    def _consequences(self) -> list[Doc]:
        """The gravest first; what nobody rated comes last."""

        def order(item: Doc) -> tuple[float, float, str]:
            found = item["judgement"]
            risk = found["risk"] or {"level": -1, "expected_impact": 0.0}
            point = found["probability"]["point"] if found["n"] else 0.0
            return -risk["level"] * 10.0 - risk["expected_impact"], -point, item["id"]

        return sorted(self._all("consequences"), key=order)

    def _percent(self, p: float) -> str:
        """A percentage, with as many digits as it takes to have the word of the probability."""
        if p < SURE:
            return "below 1 %"
        if p > 1 - SURE:
            return "above 99 %"
        exact = yardstick.render(self.scale, p)
        shown = [round(p, digits) for digits in DIGITS]
        told = (found for found in shown if yardstick.render(self.scale, found) == exact)
        return f"{next(told, p) * 100:.6g} %"

    def _word(self, p: float) -> str:
        found = yardstick.render(self.scale, p)
        return found.word if found.exact else f"{found.word}, the nearest band"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Block]:
    yield Block("table", head=head, rows=rows) if rows else _text(NOTHING)


def _table_of_pairs(*pairs: tuple[str, str]) -> Block:
    return Block("table", head=("", ""), rows=pairs)


def _name(row: Doc) -> str:
    return f"{row['ref']} {row['title']}" if row["ref"] else str(row["title"])


def _state_of_claim(row: Doc) -> str:
    if row["retracted"]:
        return " (retracted)"
    return " (contested)" if row["contested"] else ""


def _words(name: str) -> str:
    return name.replace("_", " ")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _day(value: datetime | str) -> str:
    at = parse_instant(value)
    return f"{at.day} {at:%B %Y}"
