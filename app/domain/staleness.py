"""How old a judgement is. Age is shown beside a stated probability and never moves it.

Both times of a call are aware datetimes, in any zones; the service works in UTC.
"""

from datetime import datetime, timedelta

from app.domain.probability import DomainError


def days_since(last: datetime, at: datetime) -> float:
    """Return the days, with fractions, from the last reaffirmation to `at`.

    Raises DomainError when `last` is after `at`: what was not yet said has no age.
    """
    if last > at:
        msg = f"last rated {last.isoformat()}, which is after {at.isoformat()}"
        raise DomainError(msg)
    return (at - last) / timedelta(days=1)


def is_stale(review_by: datetime | None, at: datetime) -> bool:
    """Tell whether the review date had passed at `at`; without a review date nothing is stale."""
    return review_by is not None and review_by < at
