"""Dates as a recognition file writes them.

Rules
* ISO (``2026-01-05``, ``2026/01/05``) or UK day first (``5/1/2026``, ``05.01.2026``, ``5 January 2026``); a time of day
  behind it is ignored, but for one in another time zone, where the day may be another. A year has four digits.
* A birth may be a month (``2015-03``, ``03/2015``, ``Mar-2015``) or a year alone (``2015``) and stays as precise as it
  was.
* A spreadsheet's own day numbers (``46027``) are refused: nobody can be sure which calendar they count in.
* ``DATE_FORM`` and ``BIRTH_FORM`` say the same forms in the published schema, made from the same pieces. Whether there
  is such a day, no form says.
* What cannot be read comes back as a sentence that says what to do, never as an exception.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a value cannot be taken, as a sentence that says what to do."""

    problem: str


_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_PLAIN_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?"
_AT_TIME = rf"[T ](?:{_CLOCK}|0{{1,2}}:00(?::00(?:\.0+)?)?Z)"
_TIME = re.compile(rf"(?<=[0-9]){_AT_TIME}$")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})|([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.\- ]([0-9]{1,2})[/.\- ]([0-9]{4})")
_WORDS = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?[ \-]([A-Za-z]{3,9})\.?,?[ \-]([0-9]{4})")
_TWO_DIGIT_YEAR = re.compile(r"[0-9]{1,2}[/.\- ](?:[0-9]{1,2}|[A-Za-z]{3,9})[/.\- ][0-9]{2}")
_SERIAL = re.compile(r"[0-9]{5}(?:\.[0-9]+)?")
_NAMED_MONTH = re.compile(r"([A-Za-z]{3,9})\.?,?[/ \-]([0-9]{4})")
_YEAR_MONTH = re.compile(r"([0-9]{4})-([0-9]{1,2})")
_MONTH_YEAR = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{4})")
_YEAR = re.compile(r"([0-9]{4})(?:\.0)?")


def _form(*several: re.Pattern[str]) -> str:
    """Any of these, with or without a time of day, in what every kind of regular expression has."""
    named = "|".join(map(_in_any_case, _MONTHS))
    either = "|".join(each.pattern for each in several)
    return f"({either})({_AT_TIME})?".replace("(?:", "(").replace("[A-Za-z]{3,9}", f"({named})")


def _in_any_case(month: str) -> str:
    letters = [f"[{letter.upper()}{letter}]" for letter in month]
    rest = "".join(letters[3:])
    return "".join(letters[:3]) + (f"({rest})?" if rest else "")


_DAYS = (_ISO, _DAY_FIRST, _WORDS)
DATE_FORM = _form(*_DAYS)
BIRTH_FORM = _form(*_DAYS, _YEAR, _YEAR_MONTH, _MONTH_YEAR, _NAMED_MONTH)

WRITE_IT = "Write it like 2026-01-05 or 5/1/2026, the day before the month."
WRITE_BIRTH = "Write it like 2015-03-09 or 9/3/2015; where only that is known, 2015-03 or 2015."


def read_date(text: str) -> date | Unreadable:
    """A whole date."""
    if day := _plain_day(text):
        return day
    return _whole(_TIME.sub("", text.strip()), advice=WRITE_IT)


def read_birth(text: str) -> str | Unreadable:
    """A birth date as precise as it was given: ``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``."""
    if _plain_day(text):
        return text
    text = _TIME.sub("", text.strip())
    if match := _YEAR.fullmatch(text):
        year, month = int(match[1]), 0
    elif match := _YEAR_MONTH.fullmatch(text):
        year, month = int(match[1]), int(match[2])
    elif match := _MONTH_YEAR.fullmatch(text):
        year, month = int(match[2]), int(match[1])
    elif (match := _NAMED_MONTH.fullmatch(text)) and (named := _month_named(match[1])):
        year, month = int(match[2]), named
    else:
        whole = _whole(text, advice=WRITE_BIRTH)
        return whole if isinstance(whole, Unreadable) else whole.isoformat()
    if year == 0:
        return Unreadable(f"There is no year 0. {WRITE_BIRTH}")
    if match.re is _YEAR:
        return f"{year:04}"
    if not 1 <= month <= 12:
        return Unreadable(f"There is no month {month}. {WRITE_BIRTH}")
    return f"{year:04}-{month:02}"


def earliest_day(born_on: str) -> date:
    """The first day that ``born_on`` can mean."""
    year, month, day = _parts(born_on)
    return date(year, month or 1, day or 1)


def latest_day(born_on: str) -> date:
    """The last day that ``born_on`` can mean."""
    year, month, day = _parts(born_on)
    if day:
        return date(year, month, day)
    if not month or month == 12:
        return date(year, 12, 31)
    return date.fromordinal(date(year, month + 1, 1).toordinal() - 1)


def years_between(start: date, end: date) -> int:
    """Whole years from ``start`` to ``end``; somebody born on 29 February turns a year older on 1 March."""
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def may_be_under(age: int, born_on: str, day: date) -> bool:
    """Whether somebody born on ``born_on`` may still be younger than ``age`` on ``day``."""
    return years_between(latest_day(born_on), day) < age


def _plain_day(text: str) -> date | None:
    """A day as most files write it; None for anything else, wrong ones too."""
    if _PLAIN_ISO.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None
    return None


def _whole(text: str, *, advice: str) -> date | Unreadable:
    if match := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in match.groups() if part)
    elif match := _DAY_FIRST.fullmatch(text):
        day, month, year = int(match[1]), int(match[2]), int(match[3])
    elif (match := _WORDS.fullmatch(text)) and (named := _month_named(match[2])):
        day, month, year = int(match[1]), named, int(match[3])
    elif _TWO_DIGIT_YEAR.fullmatch(text):
        return Unreadable(f"The year needs four digits. {advice}")
    elif _SERIAL.fullmatch(text):
        return Unreadable(f"This is a spreadsheet's number for a date. Format the column as a date. {advice}")
    else:
        return Unreadable(f"This is not a date we can read. {advice}")
    if not 1 <= month <= 12:
        return Unreadable(f"There is no month {month}. {advice}")
    try:
        return date(year, month, day)
    except ValueError:
        return Unreadable(f"There is no such day in that month. {advice}")


def _month_named(word: str) -> int | None:
    word = word.lower()
    return next((i for i, month in enumerate(_MONTHS, 1) if month == word or month[:3] == word), None)


def _parts(born_on: str) -> tuple[int, int, int]:
    numbers = [int(part) for part in born_on.split("-")]
    year, month, day = (*numbers, 0, 0)[:3]
    return year, month, day
