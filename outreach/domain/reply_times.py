"""Reads when a family asks to be contacted: "after Xmas", "2 wks", "tues after 6", "the 1st".

Rules:

- Counted in Europe/London from the day the text came in. A day that was named and is past is the next one.
- **Exact** only where one day is named ("tomorrow", "next Friday", "the 1st", "14 March", "2 weeks").
  A season, a month, a part of a month, "in a few weeks" or "when things calm down" is a proposal for a person.
- After a holiday: the second Monday from its end, so that nobody is rung on the first day back. School terms come
  from the context; without them the usual first weeks of January, after Easter, and of September.
- Movable feasts that are not reckoned here (Ramadan, Eid, Diwali) give no date: a person asks.
- An hour alone is an hour, today or the next day that it comes round.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.easter import easter
from dateutil.relativedelta import relativedelta

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


def _second_monday(day: date) -> date:
    return day + timedelta(days=(7 - day.weekday()) % 7 + 7)


def _after_christmas(today: date) -> date:
    year = today.year + (0 if (today.month, today.day) < (1, 6) else 1)
    return _second_monday(date(year, 1, 1))


def _after_easter(today: date) -> date:
    for year in (today.year, today.year + 1):
        day = easter(year) + timedelta(days=15)
        if day > today:
            return day
    raise AssertionError("Easter comes every year.")


def _back_at_school(today: date, terms: Sequence[Term]) -> date:
    starts = sorted(term.starts_on for term in terms if term.starts_on > today)
    if starts:
        return starts[0] + timedelta(days=7)
    for day in (_after_christmas(today), _after_easter(today), _next_month(today, 9) + timedelta(days=9)):
        if day - today < timedelta(days=125):
            return day
    return _next_month(today, 9) + timedelta(days=9)


Rule = Callable[[re.Match[str], date, Sequence[Term]], tuple[date, bool]]


def _counted(match: re.Match[str], today: date, terms: Sequence[Term]) -> tuple[date, bool]:
    words = match[1]
    count = int(words) if words.isdigit() else _NUMBERS[words]
    unit = match[2]
    exact = words not in _VAGUE
    if unit.startswith("day"):
        return today + timedelta(days=count), exact
    if unit.startswith("week"):
        return today + timedelta(weeks=count), exact
    if unit.startswith("fortnight"):
        return today + timedelta(weeks=2 * count), exact
    if unit.startswith("month"):
        return today + relativedelta(months=count), exact
    return today + relativedelta(years=count), exact


def _dated(match: re.Match[str], today: date, terms: Sequence[Term]) -> tuple[date, bool]:
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


def _numbers(match: re.Match[str], today: date, terms: Sequence[Term]) -> tuple[date, bool]:
    try:
        found = date(today.year, int(match[2]), int(match[1]))
    except ValueError:
        return today, False
    return (found if found > today else found + relativedelta(years=1)), True


def _month_end(match: re.Match[str], today: date, terms: Sequence[Term]) -> tuple[date, bool]:
    last = today + relativedelta(day=31)
    return (last if last > today else last + relativedelta(months=1, day=31)), False


def _month_first(match: re.Match[str], today: date, terms: Sequence[Term]) -> tuple[date, bool]:
    """`March`; `after March` is the month behind it, `end of March` its last day."""
    month = _next_month(today, _MONTHS.index(match["month"]) + 1)
    how = match["how"] or ""
    if how in ("after", "past"):
        return month + relativedelta(months=1), False
    return (month + relativedelta(day=31) if how == "end of" else month), False


def _season(match: re.Match[str], today: date, terms: Sequence[Term]) -> tuple[date, bool]:
    return _next_month(today, {"spring": 3, "summer": 6, "autumn": 9}[match[1]]), False


def _after(days: int, *, exact: bool) -> Rule:
    return lambda match, today, terms: (today + timedelta(days=days), exact)


def _from_today(reckon: Callable[[date], date]) -> Rule:
    return lambda match, today, terms: (reckon(today), False)


def _named_day(match: re.Match[str], today: date, terms: Sequence[Term]) -> tuple[date, bool]:
    return _weekday(today, match["day"], next_week=bool(match["next"])), True


_AFTER_SUMMER = _from_today(lambda today: _next_month(today, 9) + timedelta(days=9))

#: Read from the top: the first that fits counts.
_RULES: tuple[tuple[re.Pattern[str], Rule], ...] = (
    (re.compile(rf"\b(?:the )?(?P<date>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})\b"), _dated),
    (re.compile(rf"\b(?P<month>{_MONTH}) (?:the )?(?P<date>\d{{1,2}})(?:st|nd|rd|th)\b"), _dated),
    (re.compile(r"\b(\d{1,2})/(\d{1,2})\b"), _numbers),
    (re.compile(r"\b(?:the )?(?P<date>\d{1,2})(?:st|nd|rd|th)\b(?P<month>x{0})"), _dated),
    (re.compile(r"\bday after tomorrow\b"), _after(2, exact=True)),
    (re.compile(r"\btomorrow\b"), _after(1, exact=True)),
    (re.compile(r"\b(?:today|tonight|this (?:evening|afternoon|morning))\b"), _after(0, exact=True)),
    (re.compile(rf"\b{_NUMBER} (?:good )?(days?|weeks?|fortnights?|months?|years?)\b"), _counted),
    (re.compile(r"\bfortnight\b"), _after(14, exact=True)),
    (re.compile(rf"\b(?P<next>next )?(?P<day>{_DAY})\b"), _named_day),
    (re.compile(r"\b(?:end|back end) of (?:the |this )?month\b"), _month_end),
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
    (re.compile(r"\bnext year\b|\bnew year\b|\bchristmas\b|\bhogmanay\b"), _from_today(_after_christmas)),
    (re.compile(r"\beaster\b"), _from_today(_after_easter)),
    (re.compile(r"\bsummer (?:holidays|hols)\b|\bsix weeks holidays\b|\bafter (?:the )?summer\b"), _AFTER_SUMMER),
    (
        re.compile(
            r"\bschools? (?:is |are |goes |go )?(?:back|starts?|started|reopens)|back (?:at|to|in) school|\bnext term\b"
            r"|\bafter (?:the )?(?:school )?(?:holidays|hols|half term)\b|\bnew school\b|\bhalf term\b"
        ),
        lambda match, today, terms: (_back_at_school(today, terms), False),
    ),
    (
        re.compile(rf"\b(?P<how>end of|after|past|in|till|until|next|by|from|for|try|maybe) (?P<month>{_MONTH})\b"),
        _month_first,
    ),
    (re.compile(rf"(?P<how>x{{0}})(?:^|\b(?=[^m]))(?P<month>{_MONTH})\b"), _month_first),
    (re.compile(r"\b(spring|summer|autumn)\b"), _season),
)


def read_time(words: str, now: datetime, terms: Sequence[Term] = ()) -> ProposedTime | None:
    """The time that respelt words propose, or none. A day wins over an hour; the first rule that fits wins."""
    today = _london(now)
    at, spoken = _hour(words)
    for pattern, rule in _RULES:
        match = pattern.search(words)
        if match:
            try:
                day, exact = rule(match, today, terms)
            except (ValueError, OverflowError):
                continue
            said = match.group().strip()
            return ProposedTime(on=day, at=at, exact=exact, words=f"{said} {spoken}".strip() if spoken else said)
    if at is not None:
        local = now.astimezone(LONDON)
        passed = at <= local.strftime("%H:%M")
        return ProposedTime(on=today + timedelta(days=1 if passed else 0), at=at, exact=False, words=spoken)
    return None


def _hour(words: str) -> tuple[str | None, str]:
    for match in _HOUR.finditer(words):
        if not (match["how"] or match["half"] or match["minute"]):
            continue
        hour = int(match["hour"])
        if (match["half"] == "pm" and hour < 12) or (match["half"] != "am" and hour < 8):
            hour += 12
        return f"{hour:02d}:{int(match['minute'] or 0):02d}", match.group().strip()
    return None, ""
