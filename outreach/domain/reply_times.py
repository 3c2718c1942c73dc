"""Reads when a family asks to be contacted: "after Xmas", "2 wks", "tues after 6", "the 1st".

Rules:

- Counted in Europe/London from the day the text came in. A day that was named and is past is the next one.
- **Exact** only where one day is named ("tomorrow", "next Friday", "the 1st", "14 March", "2 weeks").
  A season, a month, a part of a month, "in a few weeks" or "when things calm down" is a proposal for a person.
- After a holiday: the second Monday from its end, so that nobody is rung on the first day back. School terms come
  from the context; without them the usual first weeks of January, after Easter, and of September.
- Half terms, terms and their names are those of the school year (`reply_school`). A bank holiday is England's.
- Movable feasts that are not reckoned here (Ramadan, Eid, Diwali) give no date: a person asks.
- An hour alone is an hour, today or the next day that it comes round.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from holidays import country_holidays

from outreach.domain.reply_school import (
    NAMES,
    after_christmas,
    after_easter,
    after_half_term,
    back_at_school,
    back_in_september,
    half_term,
)
from outreach.domain.reply_values import ProposedTime, Term

LONDON = ZoneInfo("Europe/London")

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "another": 1, "two": 2, "couple": 2, "couple of": 2, "a couple of": 2, "three": 3,
    "few": 3, "a few": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "several": 6,
    "twelve": 12,
}  # fmt: skip
_VAGUE = frozenset({"couple", "couple of", "a couple of", "few", "a few", "several"})
_MONTH = "|".join(_MONTHS)
_BEFORE_MONTH = (
    "end of|middle of|mid|start of|beginning of|early|late|after|past|in|till|until|next|by|from|for|try|maybe"
)
_DAY = "|".join(_DAYS)
_NUMBER = (
    r"(\d{1,2}|a couple of|couple of|couple|a few|few|an|a|another|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|twelve|several)"
)

_HOUR = re.compile(
    r"\b(?P<how>after|before|at|around|about|from|by|past|til|till)?\s?(?P<hour>[01]?\d|2[0-3])"
    r"(?:[:.](?P<minute>[0-5]\d))?\s?"
    r"(?P<half>am|pm|oclock|ish)?\b"
    r"(?! ?(?:week|month|day|year|hour|minute|kids|st\b|nd\b|rd\b|th\b|more|boys|girls|children))"
)


def _london(now: datetime) -> date:
    return now.astimezone(LONDON).date()


def _next_month(today: date, month: int) -> date:
    year = today.year + (1 if month <= today.month else 0)
    return date(year, month, 1)


def _weekday(today: date, name: str, *, next_week: bool) -> date:
    ahead = (_DAYS.index(name) - today.weekday() - 1) % 7 + 1
    if next_week and ahead + today.weekday() < 7:
        ahead += 7
    return today + timedelta(days=ahead)


@dataclass(frozen=True, slots=True)
class School:
    """The area's terms and half terms, oldest first."""

    terms: Sequence[Term] = ()
    half_terms: Sequence[Term] = ()


Rule = Callable[[re.Match[str], date, School], tuple[date, bool]]


_WEEK = timedelta(weeks=1)
_SATURDAY = 5


def _counted(match: re.Match[str], today: date, school: School) -> tuple[date, bool]:
    words = match[2]
    count = int(words) if words.isdigit() else _NUMBERS[words]
    unit = match[3]
    exact = words not in _VAGUE and not match["or"]
    if unit.startswith("day"):
        return today + timedelta(days=count), exact
    if unit.startswith("week"):
        return today + timedelta(weeks=count), exact
    if unit.startswith("fortnight"):
        return today + timedelta(weeks=2 * count), exact
    if unit.startswith("month"):
        return today + relativedelta(months=count), exact
    return today + relativedelta(years=count), exact


def _dated(match: re.Match[str], today: date, school: School) -> tuple[date, bool]:
    """`the 1st` is the next first there is; `14 March` the next one of that name."""
    day = int(match["date"])
    if not match["month"]:
        ahead = (today + timedelta(days=away) for away in range(1, 63))
        return next((found for found in ahead if found.day == day), today), True
    month = _MONTHS.index(match["month"]) + 1
    for year in range(today.year, today.year + 9):
        if (month, day) != (2, 29) or year % 4 == 0:
            found = date(year, month, day)
            if found > today:
                return found, True
    raise ValueError("There is no such day.")


def _numbers(match: re.Match[str], today: date, school: School) -> tuple[date, bool]:
    try:
        found = date(today.year, int(match[2]), int(match[1]))
    except ValueError:
        return today, False
    return (found if found > today else found + relativedelta(years=1)), True


def _month_end(match: re.Match[str], today: date, school: School) -> tuple[date, bool]:
    if match["next"]:
        return today + relativedelta(months=1, day=31), False
    last = today + relativedelta(day=31)
    return (last if last > today else last + relativedelta(months=1, day=31)), False


def _month_first(match: re.Match[str], today: date, school: School) -> tuple[date, bool]:
    """`March`; `after March` is the month behind it, `end of March` its last day."""
    month = _next_month(today, _MONTHS.index(match["month"]) + 1)
    how = match["how"] or ""
    if how in ("after", "past"):
        return month + relativedelta(months=1), False
    if how in ("mid", "middle of"):
        return month + timedelta(days=14), False
    return (month + relativedelta(day=31) if how == "end of" else month), False


def _season(match: re.Match[str], today: date, school: School) -> tuple[date, bool]:
    return _next_month(today, {"spring": 3, "summer": 6, "autumn": 9}[match[1]]), False


def _after(days: int, *, exact: bool) -> Rule:
    return lambda match, today, school: (today + timedelta(days=days), exact)


def _from_today(reckon: Callable[[date], date]) -> Rule:
    return lambda match, today, school: (reckon(today), False)


def _week_on(match: re.Match[str], today: date, school: School) -> tuple[date, bool]:
    """`a week on Tuesday`, `Tuesday week`: a week after the next one."""
    day = match["day"] or match["day2"]
    return _weekday(today, day, next_week=False) + timedelta(weeks=1), True


def _half_term(match: re.Match[str], today: date, school: School) -> tuple[date, bool]:
    half = half_term(today, school.terms, school.half_terms, named=match["name"])
    if match["after"]:
        return after_half_term(half), False
    return (half.starts_on if half.starts_on > today else today + timedelta(days=1)), False


def _bank_holiday(match: re.Match[str], today: date, school: School) -> tuple[date, bool]:
    days = country_holidays("GB", subdiv="ENG", years=[today.year, today.year + 1])
    day = min(day for day in days if day > today)
    while match["after"] and (day in days or day.weekday() >= _SATURDAY):
        day += timedelta(days=1)
    return day, False


def _named_day(match: re.Match[str], today: date, school: School) -> tuple[date, bool]:
    return _weekday(today, match["day"], next_week=bool(match["next"])), True


_AFTER_SUMMER = _from_today(back_in_september)

#: Read from the top: the first that fits counts.
_RULES: tuple[tuple[re.Pattern[str], Rule], ...] = (
    (re.compile(rf"\b(?:the )?(?P<date>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})\b"), _dated),
    (re.compile(rf"\b(?P<month>{_MONTH}) (?:the )?(?P<date>\d{{1,2}})(?:st|nd|rd|th)\b"), _dated),
    (re.compile(r"\b(\d{1,2})/(\d{1,2})\b"), _numbers),
    (re.compile(r"\b(?:the )?(?P<date>\d{1,2})(?:st|nd|rd|th)\b(?P<month>x{0})"), _dated),
    (re.compile(r"\bday after tomorrow\b"), _after(2, exact=True)),
    (re.compile(r"\btomorrow\b"), _after(1, exact=True)),
    (re.compile(r"\b(?:today|tonight|this (?:evening|afternoon|morning))\b"), _after(0, exact=True)),
    (
        re.compile(r"\bsummer (?:holidays|hols)\b|\b(?:six|6) weeks? holidays?\b|\bafter (?:the )?summer\b"),
        _AFTER_SUMMER,
    ),
    (re.compile(rf"\b(?:a|one) week on (?P<day>{_DAY})\b|\b(?P<day2>{_DAY}) week\b"), _week_on),
    (re.compile(r"\bweek after next\b"), _from_today(lambda today: _weekday(today, "monday", next_week=False) + _WEEK)),
    (
        re.compile(
            rf"\b(?P<after>(?:after|past|following|once|back from|till after|until after) (?:the |next |this )?)?"
            rf"(?:(?P<name>{'|'.join(NAMES)}) )?half ?terms?\b(?P<over> (?:is |has )?(?:over|finished|done))?"
        ),
        _half_term,
    ),
    (re.compile(r"\b(?P<after>after (?:the |next |this )?)?bank (?:holiday|hol|holidays)\b"), _bank_holiday),
    (
        re.compile(
            rf"(?P<or>\b\d{{1,2}} (?:or |to )?)?\b{_NUMBER} (?:good )?(days?|weeks?|fortnights?|months?|years?)\b"
        ),
        _counted,
    ),
    (re.compile(r"\bfortnight\b"), _after(14, exact=True)),
    (re.compile(rf"\b(?P<next>next )?(?P<day>{_DAY})\b"), _named_day),
    (re.compile(r"\b(?:end|back end) of (?:the |this )?(?P<next>next )?month\b"), _month_end),
    (
        re.compile(r"\b(?:start|beginning) of (?:next |the )?month\b|\bnext month\b"),
        _from_today(lambda today: today + relativedelta(months=1, day=1)),
    ),
    (
        re.compile(r"\b(?:end of the week|weekend)\b"),
        _from_today(lambda today: _weekday(today, "saturday", next_week=False)),
    ),
    (
        re.compile(r"\b(?:next|this) week\b"),
        _from_today(lambda today: _weekday(today, "monday", next_week=False)),
    ),
    (re.compile(r"\bnext year\b|\bnew year\b|\bchristmas\b|\bhogmanay\b"), _from_today(after_christmas)),
    (re.compile(r"\beaster\b"), _from_today(after_easter)),
    (
        re.compile(
            r"\bschools? (?:is |are |goes |go )?(?:back|starts?|started|reopens)|back (?:at|to|in) school|\bnext term\b"
            r"|\b(?:start|beginning) of (?:the |next )?term\b|\bkids (?:are |all |go |went )*back\b"
            r"|\bafter (?:the )?(?:school )?(?:holidays|hols)\b|\bnew school\b"
        ),
        lambda match, today, school: (back_at_school(today, school.terms), False),
    ),
    (
        re.compile(rf"\b(?P<how>{_BEFORE_MONTH}) (?P<month>{_MONTH})\b"),
        _month_first,
    ),
    (re.compile(rf"(?P<how>x{{0}})(?:^|\b(?=[^m]))(?P<month>{_MONTH})\b"), _month_first),
    (re.compile(r"\b(spring|summer|autumn)\b"), _season),
)


def read_time(
    words: str, now: datetime, terms: Sequence[Term] = (), half_terms: Sequence[Term] = ()
) -> ProposedTime | None:
    """The time that respelt words propose, or none. A day wins over an hour; the first rule that fits wins."""
    today = _london(now)
    school = School(terms, half_terms)
    at, spoken = _hour(words)
    for pattern, rule in _RULES:
        match = pattern.search(words)
        if match:
            try:
                day, exact = rule(match, today, school)
            except (ValueError, OverflowError):
                continue
            said = match.group().strip()
            return ProposedTime(on=day, at=at, exact=exact, words=f"{said} {spoken}".strip() if spoken else said)
    if at is not None:
        local = now.astimezone(LONDON)
        passed = at <= local.strftime("%H:%M")
        return ProposedTime(on=today + timedelta(days=1 if passed else 0), at=at, exact=False, words=spoken)
    return None


_HALF = re.compile(r"\b(?P<part>half|quarter) (?P<way>past |to )?(?P<hour>1[0-2]|[1-9])\b")
_NOON = re.compile(r"\b(?:noon|midday)\b")
_RANGE = re.compile(
    r"\b(?:between |from )?(?P<hour>1[0-2]|[1-9])(?:am|pm)? (?:and|till|until|to) (?:1[0-2]|[1-9])(?:am|pm)?\b"
)
_WORKING_DAY = 8


def _hour(words: str) -> tuple[str | None, str]:
    """The hour that is named, as a person means it: before eight is the afternoon; of a range, its beginning."""
    half = _HALF.search(words)
    if half and not words[half.end() :].startswith(" term"):
        hour = _afternoon(int(half["hour"]))
        if half["part"] == "half":
            return f"{hour:02d}:30", half.group()
        return (f"{hour - 1:02d}:45" if half["way"] == "to " else f"{hour:02d}:15"), half.group()
    noon = _NOON.search(words)
    if noon:
        return "12:00", noon.group()
    span = _RANGE.search(words)
    if span and not re.match(r" (?:week|month|day|year)", words[span.end() :]):
        return f"{_afternoon(int(span['hour'])):02d}:00", span.group()
    for match in _HOUR.finditer(words):
        if not (match["how"] or match["half"] or match["minute"]):
            continue
        hour = int(match["hour"])
        if (match["half"] == "pm" and hour < 12) or (match["half"] != "am" and hour < _WORKING_DAY):
            hour += 12
        return f"{hour:02d}:{int(match['minute'] or 0):02d}", match.group().strip()
    return None, ""


def _afternoon(hour: int) -> int:
    return hour + 12 if hour < _WORKING_DAY else hour
