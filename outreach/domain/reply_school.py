"""The school year, as families count by it: when school is back, when half term is.

Rules:

- Terms, and half terms where somebody gave them, come from the area; days are days in Europe/London.
- A **half term** that nobody gave is the gap of at most two weeks between two short terms; or, in a term of ten weeks
  or more, the school week whose Monday is nearest to the middle of the term; or, without terms, the last week of
  October, the week of the third Monday of February, and the week of the last Monday of May.
- **After** a holiday: a week after the first day back, and after a half term the second day back, so that nobody is
  rung on the morning of the first.
- What is reckoned without terms is the usual first weeks of January, after Easter, and of September.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from dateutil.easter import easter

from outreach.domain.reply_values import Term

_LONG_TERM = timedelta(weeks=10)
_SHORT_GAP = timedelta(days=16)
_WEEK = timedelta(days=7)
_AUTUMN, _SPRING, _SUMMER = 10, 2, 5
#: How a half term is named, and the month that it falls in.
NAMES = {
    "october": _AUTUMN, "autumn": _AUTUMN, "november": _AUTUMN, "february": _SPRING, "spring": _SPRING,
    "may": _SUMMER, "summer": _SUMMER, "june": _SUMMER, "whitsun": _SUMMER, "whit": _SUMMER,
}  # fmt: skip


def back_at_school(today: date, terms: Sequence[Term]) -> date:
    """A week after the next first day of a term."""
    gaps = {term.starts_on for _, term in _short_gaps(terms)}
    starts = sorted(term.starts_on for term in terms if term.starts_on > today and term.starts_on not in gaps)
    if starts:
        return starts[0] + _WEEK
    usual = (after_christmas(today), after_easter(today), back_in_september(today))
    return min(day for day in usual if day > today)


def after_christmas(today: date) -> date:
    """The second Monday of January: of this one up to Twelfth Night, else of the next."""
    year = today.year + (0 if (today.month, today.day) < (1, 6) else 1)
    return _monday(date(year, 1, 1)) + _WEEK


def after_easter(today: date) -> date:
    """The second Monday after the next Easter."""
    return min(day for year in (today.year, today.year + 1) if (day := easter(year) + timedelta(days=15)) > today)


def back_in_september(today: date) -> date:
    """The tenth of the next September."""
    return next(day for year in (today.year, today.year + 1) if (day := date(year, 9, 10)) > today)


def half_term(today: date, terms: Sequence[Term], given: Sequence[Term], *, named: str | None) -> Term:
    """The next half term that is not over; of a named season where one is named."""
    known = [*given] or [*_between(terms), *_inside(terms)]
    wanted = NAMES.get(named or "")
    for half in sorted([*known, *_usual(today)], key=lambda half: half.starts_on):
        right = wanted is None or abs(half.starts_on.month - wanted) <= 1
        near = half in known or not any(abs(half.starts_on - other.starts_on) < 3 * _WEEK for other in known)
        if half.ends_on >= today and right and near:
            return half
    raise ValueError("There is no such half term.")


def after_half_term(half: Term) -> date:
    """The second day back."""
    return _monday(half.ends_on) + timedelta(days=1)


def _monday(day: date) -> date:
    """This day where it is a Monday, else the next."""
    return day + timedelta(days=(7 - day.weekday()) % 7)


def _short_gaps(terms: Sequence[Term]) -> list[tuple[Term, Term]]:
    gaps = pairwise(sorted(terms, key=lambda term: term.starts_on))
    return [
        (one, other)
        for one, other in gaps
        if other.starts_on - one.ends_on <= _SHORT_GAP
        and one.ends_on - one.starts_on < _LONG_TERM
        and one.ends_on.month in (2, 5, 6, 10, 11)
    ]


def _between(terms: Sequence[Term]) -> list[Term]:
    return [
        Term(one.ends_on + timedelta(days=1), other.starts_on - timedelta(days=1)) for one, other in _short_gaps(terms)
    ]


def _inside(terms: Sequence[Term]) -> list[Term]:
    found = []
    for term in terms:
        if term.ends_on - term.starts_on >= _LONG_TERM:
            middle = term.starts_on + (term.ends_on - term.starts_on) / 2
            monday = _monday(middle - timedelta(days=3))
            found.append(Term(monday, monday + timedelta(days=4)))
    return found


def _usual(today: date) -> list[Term]:
    found = []
    for year in (today.year, today.year + 1):
        for monday in (
            _monday(date(year, 2, 15)),
            _monday(date(year, 5, 25)),
            _monday(date(year, 10, 25)),
        ):
            found.append(Term(monday, monday + timedelta(days=4)))
    return found
