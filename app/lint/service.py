"""Looking at an alliance by the rules."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.kernel.records import Row
from app.kernel.view import View
from app.lint.queries import material
from app.lint.rules import RULES, Rule
from app.lint.schemas import LintQuery, RuleShape


def described() -> list[Row]:
    """Every rule, as it is shown."""
    return [{name: getattr(one, name) for name in RuleShape.model_fields} for one in RULES.values()]


def asked(query: LintQuery) -> list[Rule]:
    """The rules a query asks for, in their order."""
    return [
        one
        for one in RULES.values()
        if (not query.rule or one.id in query.rule)
        and one.id not in query.not_rule
        and (not query.severity or one.severity in query.severity)
    ]


def lint(session: Session, view: View, alliance: str, rules: Sequence[Rule]) -> Row:
    """The faults of an alliance at the moment of a view, by some rules."""
    seen = material(session, view, alliance)
    items = [
        {
            "rule": one.id,
            "standard": one.standard,
            "severity": one.severity,
            "records": [
                {"type": kind, "id": row["id"], "ref": row.get("ref")}
                for kind, row in found.records
            ],
            "detail": found.detail,
        }
        for one in rules
        for found in one.find(seen)
    ]
    counts = Counter(item["severity"] for item in items)
    return {
        "as_of": view.moment,
        "counts": {severity: counts[severity] for severity in ("error", "warning", "info")},
        "items": items,
    }
