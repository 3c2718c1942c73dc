"""What the proof leans on: a calendar of its own, and telling texts apart by their words alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from outreach.domain import quiet_hours
from outreach.domain.wording import LONGEST
from outreach.library.contents import Library
from outreach.rehearsal.dates_given import read_when
from outreach.rehearsal.households import Numbers, Town
from outreach.rehearsal.kind_days import DEFAULT_HOURS, LONDON, bank_holidays, is_open, is_tender
from outreach.rehearsal.wordings import KINDS, kind_of, promised_in
from outreach.simulator.numbering import is_number


@pytest.mark.parametrize("year", [*range(2023, 2027), *range(2028, 2036)])
def test_both_calendars_know_the_same_bank_holidays(year: int) -> None:
    assert {day for day in quiet_hours.bank_holidays("ENG", year) if day.weekday() < 5} - {date(2023, 5, 8)} == {
        day for day in bank_holidays(year) if day.weekday() < 5
    }


@pytest.mark.parametrize(
    ("moment", "is_kind"),
    [
        (datetime(2026, 10, 23, 8, 30, tzinfo=UTC), True),  # summer's last Friday: 9.30 in London
        (datetime(2026, 10, 26, 8, 30, tzinfo=UTC), False),  # the Monday after: 8.30
        (datetime(2026, 10, 26, 9, 30, tzinfo=UTC), True),
        (datetime(2026, 10, 30, 12, 1, tzinfo=UTC), False),
        (datetime(2026, 10, 31, 11, 0, tzinfo=UTC), False),
    ],
)
def test_the_hours_are_londons(moment: datetime, is_kind: bool) -> None:
    assert is_open(moment, DEFAULT_HOURS) is is_kind


def test_tender_dates() -> None:
    assert is_tender(date(2026, 12, 20), ())
    assert is_tender(date(2027, 1, 2), ())
    assert not is_tender(date(2027, 1, 3), ())
    assert is_tender(date(2027, 6, 1), {(6, 1)})


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_wording_is_known_by_its_words(library: Library, name: str) -> None:
    body = library.wording(name, "en").render(**LONGEST)
    assert kind_of(body) == KINDS[name]


def test_no_wording_is_left_out(library: Library) -> None:
    assert {name for name, language in library.wordings if language == "en"} == KINDS.keys()


@pytest.mark.parametrize(
    ("words", "day", "hours"),
    [
        ("today", date(2026, 10, 21), None),
        ("tomorrow, 11 to 12", date(2026, 10, 22), (11, 12)),
        ("on Thursday 29 October, 2 to 3", date(2026, 10, 29), (14, 15)),
        ("on Monday 4 January", date(2027, 1, 4), None),
    ],
)
def test_a_date_is_read_as_the_family_reads_it(words: str, day: date, hours: tuple[int, int] | None) -> None:
    rest = "Bad time? Reply with a better one. STOP ends these texts."
    body = f"Thank you. Willow team will ring from 07700 900999 {words}. {rest}"
    assert promised_in(body) == words
    said = read_when(words, datetime(2026, 10, 21, 12, 0, tzinfo=UTC))
    assert said is not None
    assert said[0] == day
    wanted = hours and tuple(datetime.combine(day, time(hour), LONDON) for hour in hours)
    assert (said[1:] if hours else None) == wanted


def test_a_town_is_the_same_for_the_same_seed_and_every_family_has_a_number_of_its_own_or_says_whose() -> None:
    first, second = (Town(families=60, months=6, seed=3, begins=date(2026, 9, 7)) for _ in range(2))
    assert first.file(3, date(2026, 12, 7)) == second.file(3, date(2026, 12, 7))
    alone = [one.phone for one in first.households.values() if not one.shares_with]
    assert len(alone) == len(set(alone))


def test_numbers_never_run_out_and_never_meet_those_of_staff() -> None:
    numbers = Numbers()
    made = [numbers.mobile() for _ in range(2_000)]
    assert len(set(made)) == 2_000
    assert all(is_number(one) for one in made)
    assert not {f"+4477009008{n:02d}" for n in range(1, 10)} & set(made)
    assert "+447700900999" not in made
