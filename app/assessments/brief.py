"""The brief of an edition: what it says, in the order a reader needs it, as blocks of plain text.

Key judgements come first. Likelihood is told in the words of one scale; confidence has a sentence
of its own, and so have impact and outcome. What assessors and speakers said is quoted, never
rephrased. `markdown` and `pdf` write the blocks; nothing here knows how.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.assessments.blocks import (
    NOTHING,
    Block,
    Span,
    heading,
    item,
    quote,
    quoted,
    table,
    text,
)  # fmt: skip
from app.assessments.changes import changes
from app.assessments.states import State
from app.assessments.words import APART, SCALES, Doc, Words, count, day, name, own, plain
from app.consequences.schemas import RESOLVED
from app.domain.probability import logit
from app.kernel.types import parse_instant
from app.ratings.schemas import Scale

ASSUMED = ("key_assumption", "uncertainty", "caveat")
READ = {"observed": "observed", "not_observed": "not observed", "absent": "looked for, and absent"}


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
        yield heading(self.title, 1)
        alliance = self._all("alliances")[0]["name"]
        yield text(
            Span(self.marking, bold=True),
            f" · {alliance} · edition {edition['number']}"
            f" · as of {day(self.state.as_of)} · published {day(self.state.known_at)}",
        )
        if edition["note"]:
            yield quote(edition["note"])

    def _judgements(self) -> Iterator[Block]:
        yield heading("Key judgements")
        yield text(f"Words of likelihood are those of {SCALES[self.scale]}.")
        for found in self._consequences():
            yield heading(name(found), 3)
            yield text(*self._judged(found))
        if not self._consequences():
            yield text(NOTHING)

    def _judged(self, found: Doc) -> Iterator[Span | str]:
        judged, outcome = found["judgement"], found["outcome"]
        settled = outcome is not None and outcome["status"] in RESOLVED
        if judged["n"]:
            yield Span(f"Likelihood: {self.words.word(judged['probability']['point'])}", bold=True)
            yield f" ({self._spread(judged)}; {count(judged['n'], 'assessor')})."
            if judged["confidence"]:
                yield f" Confidence in this judgement: {judged['confidence']}."
            if judged["impact"]:
                yield f" Impact: {judged['impact']} of 5."
            if judged["risk"]:
                yield f" Risk: {own(judged['risk']['name'])}."
            if judged["stale"] and not settled:
                yield f" A review was due on {day(judged['review_by'])}."
            if not settled:
                yield from self._shaken(found)
        else:
            yield "Not rated."
        if outcome and outcome["status"] != "open":
            yield f" Outcome since {day(outcome['since'])}: {plain(outcome['status'])}."
        if found["resolves_on"] and not settled:
            due = parse_instant(found["resolves_on"]) >= self.state.as_of
            yield f" {'To' if due else 'Was to'} be settled by {day(found['resolves_on'])}."

    def _shaken(self, found: Doc) -> Iterator[str]:
        """What it was judged on that no longer holds, and what crossed a threshold since."""
        named = {
            key
            for row in self._all("ratings")
            if row["consequence"] == found["id"] and not row["machine"]
            for key in row["assumptions"]
        }
        for row in self._all("factors"):
            if row["id"] in named and _is_broken(row):
                yield f" It is judged on an assumption that is broken: {own(name(row))}."
        since = parse_instant(found["judgement"]["last_rated_at"])
        for row in self._all("indicators"):
            held = row["reading"]
            crossed = row["consequence"] == found["id"] and held is not None and held["crosses"]
            if crossed and parse_instant(held["effective_at"]) > since:
                yield f" An indicator crossed its threshold since: {own(_watched(row))}."

    def _spread(self, judged: Doc) -> str:
        """The point with its interval, if that is more than the point."""
        spread = judged["probability"]
        point, low, high = (self.words.percent(spread[end]) for end in ("point", "low", "high"))
        return point if low == high else f"{point}, from {low} to {high}"

    def _changes(self) -> Iterator[Block]:
        then = self.before
        if isinstance(then, State):
            yield heading(f"What changed since edition {then.edition['number']}")
            yield text(f"That edition judged {day(then.as_of)}.")
            yield from changes(then, self.state, self.words, self._consequences())
            return
        yield heading("What changed")
        if then is not None:
            yield text(
                f"Edition {then} isn't what was published any more, so that what changed since it"
                " can't be told; verifying it says why."
            )
        elif self.state.edition["number"] == 1:
            yield text("This is the first edition.")
        else:
            yield text("There is no edition of an earlier day to compare it with.")

    def _dissent(self) -> Iterator[Block]:
        yield heading("Dissent")
        apart = [found for found in self._consequences() if self._is_apart(found["judgement"])]
        for found in apart:
            most = found["judgement"]["dissent"]
            p = most["probability"]
            yield heading(name(found), 3)
            yield text(
                f"{most['assessor']} stands furthest from the judgement of all,"
                f" at {self.words.percent(p)} ({self.words.word(p)})."
            )
            if most["rationale"]:
                yield quote(most["rationale"], most["assessor"])
        if not apart:
            yield text("Nobody stands far apart from the others.")

    def _is_apart(self, judged: Doc) -> bool:
        """Whether the furthest dissent is far enough from the pool to be told."""
        if not judged["dissent"]:
            return False
        odds = logit(judged["dissent"]["probability"]) - logit(judged["probability"]["point"])
        return abs(odds) > APART

    def _evidence(self) -> Iterator[Block]:
        yield heading("Evidence")
        refs = {found["id"]: found["ref"] or found["title"] for found in self._consequences()}
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
                else f"neutral to the {row['bears_on']}",
                row["grade"] or "not graded",
                str(len(row["origins"])),
                quoted(row["statement"]) + _state_of_claim(row),
            )
            for row in links
        ]
        yield from table(head, rows)

    def _watched(self) -> Iterator[Block]:
        yield heading("Assumptions and uncertainties")
        assumed = [row for row in self._all("factors") if row["kind"] in ASSUMED]
        # What no longer holds comes first: whoever relied on it has to think again.
        assumed.sort(key=lambda row: (not _is_broken(row), ASSUMED.index(row["kind"])))
        for row in assumed:
            more = f" {quoted(row['description'])}" if row["description"] else ""
            yield item(Span(name(row), bold=True), f" ({plain(row['kind'])}).", *_broken(row), more)
        if not assumed:
            yield text(NOTHING)
        yield heading("Indicators")
        for row in self._all("indicators"):
            more = f" Threshold: {quoted(row['threshold'])}" if row["threshold"] else ""
            yield item(Span(_watched(row), bold=True), f": {_read(row['reading'])}.{more}")
        if not self._all("indicators"):
            yield text(NOTHING)

    def _sources(self) -> Iterator[Block]:
        yield heading("Sources")
        yield text(
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
            yield item(Span(row["title"], href=row["url"] or ""), f": {rest}.")
        if not titles:
            yield text(NOTHING)

    def _seal(self) -> Iterator[Block]:
        edition = self.state.edition
        yield heading("Seal")
        rows = (
            ("SHA-256", edition["hash"]),
            ("Edition before", edition["previous"] or "none"),
            ("Signed by", f"{edition['key']} (Ed25519)"),
            ("Verify", f"/v1/assessments/{edition['id']}/verify"),
        )
        yield from table(("Edition", edition["id"]), rows)

    # --- Reading ----------------------------------------------------------------------------------

    @property
    def words(self) -> Words:
        """Probabilities in the words asked for."""
        return Words(self.scale)

    def _all(self, kind: str) -> Sequence[Doc]:
        return self.state.records.get(kind, ())

    def _consequences(self) -> list[Doc]:
        """The gravest first; what nobody rated comes last."""

        def order(found: Doc) -> tuple[float, float, str]:
            judged = found["judgement"]
            risk = judged["risk"] or {"level": -1, "expected_impact": 0.0}
            point = judged["probability"]["point"] if judged["n"] else 0.0
            return -risk["level"] * 10.0 - risk["expected_impact"], -point, found["id"]

        return sorted(self._all("consequences"), key=order)


def _is_broken(factor: Doc) -> bool:
    return factor["status"] is not None and factor["status"]["status"] == "broken"


def _broken(factor: Doc) -> Iterator[Span | str]:
    """That an assumption no longer holds, and why; nothing of one that does."""
    if _is_broken(factor):
        held = factor["status"]
        yield " "
        yield Span(f"Broken since {day(held['since'])}:", bold=True)
        yield f" {quoted(held['note'])}"


def _watched(indicator: Doc) -> str:
    """What an indicator is called."""
    ref = f"{indicator['ref']} " if indicator["ref"] else ""
    return f"{ref}{indicator['statement']}"


def _read(held: Doc | None) -> str:
    """What an indicator showed last, and whether that crosses its threshold."""
    if held is None:
        return "not read yet"
    crossed = ", which crosses the threshold" if held["crosses"] else ""
    return f"{READ[held['status']]} since {day(held['effective_at'])}{crossed}"


def _state_of_claim(row: Doc) -> str:
    if row["retracted"]:
        return " (retracted)"
    return " (contested)" if row["contested"] else ""
