from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from admin import saying
from outreach.domain.plain_words import initials

TODAY = date(2026, 3, 25)  # a Wednesday; the clocks go forward on Sunday 29 March


def utc(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "until", "words"),
    [
        (utc(25, 9), None, "today at 9am"),
        (utc(24, 13, 30), None, "yesterday at 1.30pm"),
        (utc(26, 10), utc(26, 11), "tomorrow, 10 to 11"),
        (utc(26, 11), utc(26, 13), "tomorrow, 11am to 1pm"),
        (utc(26, 14), utc(26, 15, 30), "tomorrow, 2 to 3.30pm"),
        (utc(27, 12), None, "on Friday at 12pm"),
        (utc(20, 12), None, "last Friday at 12pm"),
        (utc(30, 9), utc(30, 10), "on Monday, 10 to 11"),  # summer time by then: 9 UTC is 10 in London
        (utc(1, 8, month=4), None, "on 1 April at 9am"),
        (date(2026, 3, 26), None, "tomorrow"),
        (date(2025, 3, 4), None, "on 4 March 2025"),
    ],
)
def test_times_are_said_as_people_say_them(moment: datetime | date, until: datetime | None, words: str) -> None:
    assert saying.said(moment, TODAY, until) == words


def test_the_full_date_is_on_hover_and_read_aloud_for_near_days() -> None:
    element = saying.as_element(utc(26, 10), TODAY, utc(26, 11))
    assert 'datetime="2026-03-26T10:00:00+00:00"' in element
    assert 'title="Thursday 26 March 2026, 10:00"' in element
    assert "(Thursday 26 March 2026)</span>" in element
    assert saying.capfirst(element).count("Tomorrow, 10 to 11") == 1


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        saying.said(datetime(2026, 3, 25, 9), TODAY)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Jade Moss", "J. M."),
        ("Anna Maria de la Cruz", "A. C."),
        ("Cher", "C."),
        ("", "no name"),
        ("Ørsted Łukasz", "Ø. Ł."),
    ],
)
def test_initials_never_show_more_than_two_letters(name: str, short: str) -> None:
    assert initials(name) == short


def test_counts_and_lists_read_like_sentences() -> None:
    assert [saying.count_of(n, "family", "families") for n in (0, 1, 1200)] == [
        "no families",
        "1 family",
        "1,200 families",
    ]
    assert saying.listed(["a"]) == "a"
    assert saying.listed(["a", "b", "c"]) == "a, b and c"
    assert saying.ago(timedelta(minutes=95)) == "1 hour ago"
    assert saying.ago(timedelta(seconds=20)) == "just now"
