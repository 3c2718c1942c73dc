"""When a family asks to be contacted."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from outreach.domain.reply_times import read_time
from outreach.domain.reply_values import ProposedTime, Term
from outreach.library.lexicons import load_lexicons

LEXICONS = load_lexicons()
TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def proposed(text: str, now: datetime = TUESDAY, terms: tuple[Term, ...] = ()) -> ProposedTime | None:
    return read_time(" ".join(LEXICONS.respell(text).words), now, terms)


@pytest.mark.parametrize(
    ("text", "on", "exact"),
    [
        ("tomorrow", date(2026, 11, 25), True),
        ("ring me tmrw", date(2026, 11, 25), True),
        ("2 wks", date(2026, 12, 8), True),
        ("in a couple of weeks", date(2026, 12, 8), False),
        ("a fortnight", date(2026, 12, 8), True),
        ("in three months", date(2027, 2, 24), True),
        ("tues after 6", date(2026, 12, 1), True),
        ("friday", date(2026, 11, 27), True),
        ("next friday", date(2026, 12, 4), True),
        ("the 1st", date(2026, 12, 1), True),
        ("the 24th", date(2026, 12, 24), True),
        ("14th of march", date(2027, 3, 14), True),
        ("end of the month?", date(2026, 11, 30), False),
        ("next month", date(2026, 12, 1), False),
        ("after Xmas", date(2027, 1, 11), False),
        ("in the new year", date(2027, 1, 11), False),
        ("after easter", date(2027, 4, 12), False),
        ("march", date(2027, 3, 1), False),
        ("after january", date(2027, 2, 1), False),
        ("ask again in spring", date(2027, 3, 1), False),
    ],
)
def test_words_of_time_become_a_date(text: str, on: date, exact: bool) -> None:
    found = proposed(text)
    assert found is not None
    assert (found.on, found.exact) == (on, exact)


def test_when_school_is_back_is_read_from_the_areas_terms() -> None:
    terms = (Term(date(2026, 9, 2), date(2026, 12, 18)), Term(date(2027, 1, 5), date(2027, 3, 25)))
    found = proposed("when schools back", terms=terms)
    assert found is not None
    assert found.on == date(2027, 1, 12)
    assert not found.exact


@pytest.mark.parametrize(("text", "at"), [("tues after 6", "18:00"), ("10am tomorrow", "10:00"), ("at 3.30", "15:30")])
def test_an_hour_is_read_as_a_person_would_mean_it(text: str, at: str) -> None:
    found = proposed(text)
    assert found is not None
    assert found.at == at


def test_days_are_counted_in_london_not_in_utc() -> None:
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)  # already the 1st of July in London
    found = proposed("tomorrow", now=late)
    assert found is not None
    assert found.on == date(2026, 7, 2)


@pytest.mark.parametrize("text", ["when things calm down", "later", "after eid", "yes please", "my son is 8"])
def test_words_without_a_date_give_none(text: str) -> None:
    assert proposed(text) is None
