"""Dates that a family was given, by text or on a call: read as the family reads them, and whether each was kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from outreach.rehearsal.family_known import CounterExample, Family
from outreach.rehearsal.kind_days import LONDON


def read_when(words: str, at: datetime) -> tuple[date, datetime | None, datetime | None] | None:
    """*today*, *tomorrow, 11 to 12* or *on Thursday 15 January, 2 to 3*, as the family reads it."""
    here = at.astimezone(LONDON).date()
    day_words, _, hours = words.removeprefix("on ").partition(", ")
    day = {"today": here, "tomorrow": here + timedelta(days=1)}.get(day_words)
    if day is None:
        for ahead in range(400):
            guess = here + timedelta(days=ahead)
            if f"{guess:%A} {guess.day} {guess:%B}" == day_words:
                day = guess
                break
    if day is None:
        return None
    if not hours:
        return day, None, None
    first, _, last = hours.partition(" to ")
    begins, ends = _clock(day, first), _clock(day, last)
    return day, begins, ends


def _clock(day: date, words: str) -> datetime:
    hour, _, minute = words.partition(".")
    number = int(hour)
    return datetime(
        day.year, day.month, day.day, number if number >= 8 else number + 12, int(minute or 0), tzinfo=LONDON
    )


def unkept(families: Iterable[Family], *, listed: Mapping[str, datetime], ends: datetime) -> Iterator[CounterExample]:
    """Dates that were given, and on which nobody rang, and that stand on nobody's list. ``listed``: the families on a
    list in the end, and since when their calls are due; one that is due since a later day is another call.

    A family that stopped, or that nobody may contact any more, is not rung; one that was rung in between, or was given
    another date, holds us to the last one.
    """
    for family in families:
        for index, promise in enumerate(family.promises):
            last_moment = promise.ends or datetime.combine(promise.day, datetime.max.time(), LONDON)
            if last_moment >= ends or listed.get(family.ref, ends) <= last_moment:
                continue
            early = (promise.begins or promise.ends or last_moment) - timedelta(minutes=30)
            kept = any(
                promise.made_at <= at <= last_moment + timedelta(minutes=30)
                and (promise.begins is None or at >= early or promise.by == "by text")
                for at in family.rang
            )
            replaced = any(other.made_at <= last_moment for other in family.promises[index + 1 :])
            if not (kept or replaced or family.may_not_be_rung(last_moment)):
                yield CounterExample(
                    "every date that was given is kept, or on somebody's list", family.ref, last_moment
                )
