"""When a family asks to be contacted."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from outreach.bootstrap import content
from outreach.domain.reply_school import half_term
from outreach.domain.reply_times import read_time
from outreach.domain.reply_values import ProposedTime, Term

LEXICONS = content().lexicons
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
        ("a week on tuesday", date(2026, 12, 8), True),
        ("tuesday week", date(2026, 12, 8), True),
        ("in 3-4 weeks", date(2026, 12, 22), False),
        ("end of next month", date(2026, 12, 31), False),
        ("mid january", date(2027, 1, 15), False),
        ("week after next", date(2026, 12, 7), False),
        ("summer hols", date(2027, 9, 10), False),
        ("6 weeks holidays", date(2027, 9, 10), False),
        ("after the bank holiday", date(2026, 12, 29), False),
        ("half term", date(2027, 2, 15), False),
        ("after half term", date(2027, 2, 23), False),
        ("october half term", date(2027, 10, 25), False),
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


YEAR = (
    Term(date(2026, 9, 2), date(2026, 12, 18)),
    Term(date(2027, 1, 5), date(2027, 3, 25)),
    Term(date(2027, 4, 12), date(2027, 7, 21)),
)
HALVES = (
    Term(date(2027, 1, 5), date(2027, 2, 5)),
    Term(date(2027, 2, 15), date(2027, 3, 25)),
)


def test_a_half_term_that_nobody_gave_is_the_week_in_the_middle_of_its_term() -> None:
    assert half_term(TUESDAY.date(), YEAR, (), named=None) == Term(date(2027, 2, 15), date(2027, 2, 19))
    assert half_term(TUESDAY.date(), YEAR, (), named="may") == Term(date(2027, 5, 31), date(2027, 6, 4))


def test_a_half_term_is_the_gap_between_two_short_terms() -> None:
    assert half_term(TUESDAY.date(), HALVES, (), named=None) == Term(date(2027, 2, 6), date(2027, 2, 14))


def test_a_half_term_that_somebody_gave_counts_over_what_is_reckoned() -> None:
    given = (Term(date(2027, 2, 8), date(2027, 2, 12)),)
    found = read_time("after half term", TUESDAY, YEAR, given)
    assert found is not None
    assert (found.on, found.exact) == (date(2027, 2, 16), False)


def test_a_short_gap_in_a_term_is_not_taken_for_the_start_of_school() -> None:
    found = proposed("when schools back", now=datetime(2027, 1, 20, 10, 0, tzinfo=UTC), terms=HALVES)
    assert found is not None
    assert found.on > date(2027, 3, 25)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("tues after 6", "18:00"),
        ("10am tomorrow", "10:00"),
        ("at 3.30", "15:30"),
        ("half 3 tomorrow", "15:30"),
        ("quarter to 5", "16:45"),
        ("noon on friday", "12:00"),
        ("between 1 and 3", "13:00"),
        ("10 till 2", "10:00"),
    ],
)
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
