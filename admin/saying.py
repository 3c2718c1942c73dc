"""Times, names and numbers as people say them. Europe/London words out of UTC values.

Rules
* Near days have names (*yesterday, today, tomorrow, on Thursday, last Thursday*); further ones a date, with
  the year where it is another one.
* A window on one day is *tomorrow, 10 to 11*; afternoons say *pm*. A bare moment is *tomorrow at 10am*.
* ``when`` is the same words in a ``<time>`` element with the full date on hover and for screen readers.
* A naive datetime is refused: it would be a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Flask
from markupsafe import Markup, escape

from outreach.domain.plain_words import initials

LONDON = ZoneInfo("Europe/London")
ROLE_WORDS = {
    "practitioner": "practitioner",
    "coordinator": "coordinator",
    "supervisor": "supervisor",
    "partner": "referral partner",
    "analyst": "analyst",
    "auditor": "auditor",
}


VOICE_SAID = {
    "text": "Kept: they cannot use the phone by voice. What comes next goes by text.",
    "visit": "Kept: they cannot use the phone by voice, and may not be texted. What comes next is a visit; "
    "a coordinator is asked whether a letter is better.",
    "can": "Kept: they can use the phone by voice.",
}


def local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A time without a zone cannot be said")
    return moment.astimezone(LONDON)


def day_said(day: date | datetime) -> str:
    """``Thursday 26 November 2026``."""
    day = local(day).date() if isinstance(day, datetime) else day
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def clock(moment: datetime) -> str:
    """``Thursday 26 November 2026, 10:05``."""
    return f"{day_said(moment)}, {local(moment):%H:%M}"


def near_day(day: date, today: date) -> str:
    """``today``, ``tomorrow``, ``on Thursday``, ``last Thursday``, ``on 4 March``, ``on 4 March 2025``."""
    names = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    away = (day - today).days
    if away in names:
        return names[away]
    if 1 < away < 7:
        return f"on {day:%A}"
    if -7 < away < -1:
        return f"last {day:%A}"
    return f"on {day.day} {day:%B}" if day.year == today.year else f"on {day.day} {day:%B} {day.year}"


def hour_said(moment: datetime | time, *, half: bool = True) -> str:
    """``10am``, ``10.30am``, ``2pm``; without the half of the day when ``half`` is False. A ``time`` is London's."""
    there = local(moment) if isinstance(moment, datetime) else moment
    words = f"{(there.hour % 12) or 12}" + (f".{there.minute:02}" if there.minute else "")
    return words + (("am" if there.hour < 12 else "pm") if half else "")


def said(value: date | datetime, today: date, until: datetime | None = None) -> str:
    """The words for a day, a moment, or a window from ``value`` until ``until``."""
    if not isinstance(value, datetime):
        return near_day(value, today)
    start = local(value)
    day = near_day(start.date(), today)
    if until is None:
        return f"{day} at {hour_said(start)}"
    end = local(until)
    if end.date() != start.date():
        return f"{day} at {hour_said(start)}, to {near_day(end.date(), today)} at {hour_said(end)}"
    same_half = (start.hour < 12) == (end.hour < 12)
    return f"{day}, {hour_said(start, half=not same_half)} to {hour_said(end, half=end.hour >= 12)}"


def as_element(value: date | datetime, today: date, until: datetime | None = None) -> Markup:
    full = clock(value) if isinstance(value, datetime) else day_said(value)
    machine = value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value.isoformat()
    words = said(value, today, until)
    day = local(value).date() if isinstance(value, datetime) else value
    far = abs((day - today).days) > 6
    aloud = "" if far else f'<span class="govuk-visually-hidden"> ({day_said(day)})</span>'
    return Markup(f'<time datetime="{escape(machine)}" title="{escape(full)}">{escape(words)}{aloud}</time>')  # noqa: S704 - all parts escaped


def count_of(number: int, one: str, many: str) -> str:
    """``no families``, ``1 family``, ``3 families``."""
    return f"{number:,} {one if number == 1 else many}" if number else f"no {many}"


def listed(words: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    items = list(words)
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + (f" and {items[-1]}" if items else "")


def capfirst(words: str) -> str:
    """The same with a capital first letter; inside a ``<time>`` element too."""
    if isinstance(words, Markup):
        head, close, rest = str(words).partition(">")
        return Markup(head + close + rest[:1].upper() + rest[1:])  # noqa: S704 - it was markup already
    return words[:1].upper() + words[1:]


def error_at(errors: Iterable[tuple[str, str]], place: str) -> str:
    """The first error of one field, or nothing."""
    return next((words for where, words in errors if where == place), "")


def teach(app: Flask, now: Callable[[], datetime]) -> None:
    """Give the filters to the templates of ``app``."""

    def today() -> date:
        return local(now()).date()

    filters: dict[str, Callable[..., object]] = {
        "when": lambda value, until=None: as_element(value, today(), until),
        "since": lambda value: Markup(str(as_element(value, today())).replace(">on ", ">", 1)),  # noqa: S704
        "said": lambda value, until=None: said(value, today(), until),
        "day_words": lambda value: near_day(local(value).date(), today()),
        "ago": lambda value: ago(now() - value),
        "clock": clock,
        "day_said": day_said,
        "hour_said": hour_said,
        "initials": initials,
        "count_of": count_of,
        "listed": listed,
        "capfirst": capfirst,
        "error_at": error_at,
        "role_said": lambda role: ROLE_WORDS[str(role)],
    }
    app.jinja_env.filters.update(filters)


def ago(span: timedelta) -> str:
    """``just now``, ``20 minutes ago``, ``3 hours ago``, ``5 days ago``."""
    seconds = span.total_seconds()
    if seconds < 60:
        return "just now"
    for size, one, many in ((86400, "day", "days"), (3600, "hour", "hours"), (60, "minute", "minutes")):
        if seconds >= size:
            return f"{count_of(int(seconds // size), one, many)} ago"
    raise AssertionError("unreachable")
