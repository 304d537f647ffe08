"""What changed in the judgement since the edition before, and why: by those who moved it.

A pool is moved by whoever rates otherwise than they did, or for the first time, or no more. Who
said the same again has no part in it, nor have machines, which aren't pooled.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.assessments.blocks import Block, heading, quote, text
from app.assessments.states import State
from app.assessments.words import MOVED, Doc, Words, day, name, plain
from app.domain.probability import logit

Ratings = Mapping[str, Doc]


def changes(before: State, after: State, words: Words, order: list[Doc]) -> Iterator[Block]:
    """What changed, consequence by consequence, in an order."""
    known = {item["id"]: item for item in before.records.get("consequences", ())}
    told = [block for item in order for block in _changed(item, known, before, after, words)]
    here = {item["id"] for item in order}
    for key, item in known.items():
        if key not in here:
            told += [heading(name(item), 3), text("Is judged no more.")]
    yield from told or [text("No judgement moved.")]


def _changed(
    item: Doc, known: Mapping[str, Doc], before: State, after: State, words: Words
) -> Iterator[Block]:
    """What changed of one consequence, under its name; nothing if nothing did."""
    then = known.get(item["id"])
    if then is None:
        yield heading(name(item), 3)
        yield text("Is new.")
        return
    sides = tuple(_ratings(state, item["id"]) for state in (before, after))
    told = _Move(then["judgement"], item["judgement"], *sides).told(words)
    found, held = item["outcome"], then["outcome"]
    if found and (held is None or held["status"] != found["status"]):
        told.append(text(f"Found since {day(found['since'])}: {plain(found['status'])}."))
        if found["note"]:
            told.append(quote(found["note"]))
    if told:
        yield heading(name(item), 3)
        yield from told


def _ratings(state: State, consequence: str) -> Ratings:
    """The ratings that are pooled for a consequence, by who made them."""
    return {
        row["assessor"]: row
        for row in state.records.get("ratings", ())
        if row["consequence"] == consequence and not row["machine"]
    }


def _odds(row: Doc) -> float:
    return logit(row["probability"]["point"])


@dataclass(frozen=True, slots=True)
class _Move:
    """A judgement then and now, with the ratings it was and is pooled from."""

    before: Doc
    after: Doc
    then: Ratings
    now: Ratings

    def told(self, words: Words) -> list[Block]:
        """How it moved, and the reasons of those who moved it; nothing if it didn't."""
        if not self.before["n"] and not self.after["n"]:
            return []
        if not self.after["n"]:
            return [text("Is rated by nobody any more.")]
        if not self.before["n"]:
            return [text("Is rated for the first time."), *_reasons(self.now.values())]
        one, two = (found["probability"]["point"] for found in (self.before, self.after))
        if abs(logit(two) - logit(one)) < MOVED:
            return []
        movers = [row for who, row in self.now.items() if self._moves(who, row)]
        left = sorted(who for who in self.then if who not in self.now and self._left(who))
        told = [text(words.moved(one, two)), *_reasons(movers)]
        return [*told, *(text(f"{who} rates it no more.") for who in left)]

    def _moves(self, who: str, row: Doc) -> bool:
        """Whether an assessor's rating pulls the pool the way it went."""
        then = self.then.get(who)
        return self._along(_odds(row) - (_odds(then) if then else _odds(self.before)))

    def _left(self, who: str) -> bool:
        """Whether a rating that is gone held the pool back from where it went."""
        return self._along(_odds(self.after) - _odds(self.then[who]))

    def _along(self, step: float) -> bool:
        way = _odds(self.after) - _odds(self.before)
        return abs(step) >= MOVED and (step > 0) == (way > 0)


def _reasons(rows: Iterable[Doc]) -> Iterator[Block]:
    """The reasons given, each once, with those who gave it."""
    given: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda row: str(row["assessor"])):
        reason = row["change_reason"] or row["rationale"]
        if reason:
            given.setdefault(reason, []).append(row["assessor"])
    for reason, who in given.items():
        yield quote(reason, ", ".join(who))
