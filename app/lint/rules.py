"""The rules: each a pure function of what was read, with the standard of ICD 203 it belongs to.

One more rule is one more function under `@rule`, and its name in `schemas.RuleId`. The standards
are those of ICD 203 (2015), D.6.e: 1 sources, 2 uncertainty, 3 information told from judgement,
4 alternatives, 5 relevance, 6 argument, 7 change, 8 accuracy, 9 visual information.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from app.consequences.schemas import RESOLVED
from app.domain import phrasing
from app.kernel.records import Row
from app.lint.queries import BRAKE, LOWERS, Material
from app.lint.schemas import RuleId, Severity

SHOWN = 200
"""Letters of a text that a finding quotes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault: the records it is about, as (kind, row), and what is wrong there."""

    records: tuple[tuple[str, Row], ...]
    detail: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What is a fault, by which standard, how grave, and how it is mended."""

    id: RuleId
    standard: int
    severity: Severity
    wrong: str
    mend: str
    find: Callable[[Material], Iterator[Finding]]


RULES: dict[str, Rule] = {}
Find = Callable[[Material], Iterator[Finding]]


def rule(name: RuleId, standard: int, severity: Severity, wrong: str, mend: str) -> Callable[
    [Find], Find
]:  # fmt: skip
    """Make a rule of a function that finds where it is broken."""

    def made(find: Find) -> Find:
        RULES[name] = Rule(name, standard, severity, wrong, mend, find)
        return find

    return made


def _of(row: Row, *others: tuple[str, Row]) -> tuple[tuple[str, Row], ...]:
    return (("consequences", row), *others)


def _claims(rows: Sequence[Row]) -> list[tuple[str, Row]]:
    return [("claims", {"id": row["claim"], "ref": row["claim_ref"]}) for row in rows]


def _rated(m: Material) -> Iterator[tuple[Row, Sequence[Row], Sequence[Row]]]:
    """Consequences that somebody rates, with their ratings and what bears on them."""
    for row in m.consequences:
        if row["id"] in m.ratings:
            yield row, m.ratings[row["id"]], m.evidence.get(row["id"], ())


def _for(rows: Sequence[Row], bearing: str = "supports") -> list[Row]:
    return [row for row in rows if row["bearing"] == bearing]


def _open(m: Material) -> Iterator[Row]:
    return (row for row in m.consequences if row["outcome_status"] not in RESOLVED)


# --- 1: the quality and credibility of sources ----------------------------------------------------


@rule(
    "no-source",
    1,
    "error",
    "A rated consequence on which no claim bears, or a claim that no source carries.",
    "Link the claims it rests on as evidence; name the sources that carry the claim.",
)
def _no_source(m: Material) -> Iterator[Finding]:
    for row, _, evidence in _rated(m):
        if not evidence:
            yield Finding(_of(row), "It is rated, and no claim bears on its outcome.")
    for claim in m.sourceless:
        yield Finding((("claims", claim),), "No source carries it.")


@rule(
    "single-origin",
    1,
    "warning",
    "All that speaks for a rated consequence goes back to one source; copies count as one.",
    "Look for an independent source, or say in the rationale that there is none.",
)
def _single_origin(m: Material) -> Iterator[Finding]:
    for row, _, evidence in _rated(m):
        speaking = _for(evidence)
        carriers = {c["source"] for claim in speaking for c in claim["carriers"]}
        if len({m.origins[source] for source in carriers if source in m.origins}) == 1:
            detail = f"{_many(len(speaking), 'claim')} for it, from one origin."
            yield Finding(_of(row, *_claims(speaking)), detail)


@rule(
    "interested-party-only",
    1,
    "warning",
    "All that speaks for a rated consequence was said by actors that are party to it.",
    "Link what others say, or weigh in the rationale what the parties gain by it.",
)
def _interested_party_only(m: Material) -> Iterator[Finding]:
    for row, _, evidence in _rated(m):
        speaking = _for(evidence)
        if speaking and all(claim["speaker"] in m.parties for claim in speaking):
            detail = f"{_many(len(speaking), 'claim')} for it, all by parties."
            yield Finding(_of(row, *_claims(speaking)), detail)


@rule(
    "contested-claim-relied-on",
    1,
    "warning",
    "A claim for or against a rated consequence is denied or contradicted by another.",
    "Say in the rationale why it is believed, or link the claim that stands against it.",
)
def _contested(m: Material) -> Iterator[Finding]:
    for row, _, evidence in _rated(m):
        for claim in evidence:
            if claim["contested"] and claim["bearing"] != "neutral":
                detail = f"It {claim['bearing']} the outcome, and is contested."
                yield Finding(tuple(reversed(_of(row, *_claims([claim])))), detail)


# --- 2: uncertainty -------------------------------------------------------------------------------


@rule(
    "no-base-rate",
    2,
    "info",
    "An open consequence has no base rate: nothing says how often the like happens.",
    "Give `base_rate` with its `base_rate_source`.",
)
def _no_base_rate(m: Material) -> Iterator[Finding]:
    for row in _open(m):
        if row["base_rate"] is None:
            yield Finding(_of(row), "It has no base rate.")


def _texts(m: Material) -> Iterator[tuple[tuple[tuple[str, Row], ...], str, str]]:
    """What analysts wrote, field by field: the records, the field, the text."""
    for row in m.consequences:
        for name in ("title", "description", "note"):
            yield _of(row), name, row[name] or ""
        for rating in m.ratings.get(row["id"], ()):
            for name in ("rationale", "change_reason"):
                yield (("ratings", rating), *_of(row)), name, rating[name] or ""
    for factor in m.factors:
        yield (("factors", factor),), "description", factor["description"] or ""


@rule(
    "likelihood-and-confidence-in-one-sentence",
    2,
    "error",
    "A sentence gives both how likely something is and how confident the analyst is.",
    "Make two sentences of it: one judges the event, the other the judgement.",
)
def _one_sentence(m: Material) -> Iterator[Finding]:
    for records, field, text in _texts(m):
        sentence = phrasing.likelihood_with_confidence(text)
        if sentence is not None:
            yield Finding(records, f"{field}: {_cut(sentence)}")


@rule(
    "words-of-two-scales",
    2,
    "error",
    "A text uses likelihood words of two yardsticks, or of both rows of ICD 203.",
    "Keep to one row of one yardstick.",
)
def _two_scales(m: Material) -> Iterator[Finding]:
    for records, field, text in _texts(m):
        words = phrasing.clashing_words(text)
        if words is not None:
            yield Finding(records, f"{field}: “{words[0]}” beside “{words[1]}”")


# --- 3: information told from judgement -----------------------------------------------------------


@rule(
    "machine-only",
    3,
    "warning",
    "Only machines rate a consequence: no analyst has made the judgement theirs.",
    "Let an analyst rate it.",
)
def _machine_only(m: Material) -> Iterator[Finding]:
    for row, held, _ in _rated(m):
        if all(rating["machine"] for rating in held):
            detail = f"{_many(len(held), 'rating')}, all by machines."
            yield Finding(_of(row, *(("ratings", rating) for rating in held)), detail)


# --- 4: alternatives ------------------------------------------------------------------------------


@rule(
    "no-alternative",
    4,
    "warning",
    "Nothing stands against a rated consequence: no claim contradicts its outcome, and no brake or"
    " other factor that lowers it bears on it.",
    "Link what speaks against it, or the factors that could prevent it.",
)
def _no_alternative(m: Material) -> Iterator[Finding]:
    against = {
        place["id"]
        for factor in m.factors
        if factor["effect"] == LOWERS or factor["kind"] == BRAKE
        for place in factor["bears_on"]
        if place["type"] == "consequence"
    }
    for row, _, evidence in _rated(m):
        if row["id"] not in against and not _for(evidence, "contradicts"):
            yield Finding(_of(row), "No claim and no factor against it is linked.")


# --- 7: change and consistency --------------------------------------------------------------------


@rule(
    "stale",
    7,
    "warning",
    "The judgement of an open consequence is past the date by which it was to be reviewed.",
    "Rate it again, or reaffirm it with a new `review_by`.",
)
def _stale(m: Material) -> Iterator[Finding]:
    for row in _open(m):
        if row["j_stale"]:
            detail = f"It was to be reviewed by {row['j_review_by'].date().isoformat()}."
            yield Finding(_of(row), detail)


@rule(
    "changed-without-reason",
    7,
    "error",
    "A rating in force supersedes another of its assessor and doesn't say why.",
    "Rate again, with a `change_reason`.",
)
def _changed(m: Material) -> Iterator[Finding]:
    for row, held, _ in _rated(m):
        for rating in held:
            if rating["supersedes"] is not None and not rating["change_reason"]:
                detail = f"{rating['assessor_slug']} changed it without `change_reason`."
                yield Finding((("ratings", rating), *_of(row)), detail)


@rule(
    "assumption-broken",
    7,
    "error",
    "A rating in force rests on a key assumption that has been declared broken.",
    "Rate again, without the assumption; say in `change_reason` what its break changed.",
)
def _assumption_broken(m: Material) -> Iterator[Finding]:
    broken = {
        factor["id"]: factor
        for factor in m.factors
        if factor["status"] is not None and factor["status"]["status"] == "broken"
    }
    for row, held, _ in _rated(m):
        for rating in held:
            named = [("factors", broken[key]) for key in rating["assumptions"] if key in broken]
            if named:
                detail = f"{rating['assessor_slug']} rests on {_many(len(named), 'assumption')}."
                yield Finding((("ratings", rating), *_of(row), *named), detail)


# --- 8: accuracy: a judgement that can be found right or wrong ------------------------------------


@rule(
    "no-resolution-criteria",
    8,
    "error",
    "An open consequence doesn't say by what it will be found to have happened or not.",
    "Give `resolution_criteria`.",
)
def _no_criteria(m: Material) -> Iterator[Finding]:
    for row in _open(m):
        if not row["resolution_criteria"]:
            yield Finding(_of(row), "It has no resolution criteria.")


@rule(
    "no-deadline",
    8,
    "warning",
    "An open consequence has no day by which it is to be resolved.",
    "Give `resolves_on`.",
)
def _no_deadline(m: Material) -> Iterator[Finding]:
    for row in _open(m):
        if row["resolves_on"] is None:
            yield Finding(_of(row), "It has no deadline.")


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
