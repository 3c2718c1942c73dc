"""Finds families that should have been offered again and were not: worked out from the cadence alone.

Rules
* Only families to whom nothing else happened count: no hold, no change in the file, who neither pick up nor answer.
* For each step whose time has come there is a contact between its day and its day with all that may delay it.
* Steps, counted in months from the imprisonment: at once, six weeks, three, six and twelve months. An edit moves the
  fourth by a month, within the delay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from outreach.rehearsal.family_known import CounterExample, Family
from outreach.rehearsal.households import Household
from outreach.rehearsal.kind_days import LONDON
from outreach.rehearsal.words import Means

STEPS = (
    relativedelta(), relativedelta(weeks=6), relativedelta(months=3), relativedelta(months=6), relativedelta(months=12),
)  # fmt: skip
DELAY = timedelta(days=62)
"""Winter's rest, an outage of the workers, tries on other days, a month between two edits."""


def forgotten(
    households: Iterable[Household], families: Mapping[str, Family], *, ends: date, begins: date
) -> Iterator[CounterExample]:
    for one in households:
        family = families.get(one.ref)
        if family is None or not one.plain or one.manner is not Means.NOTHING or one.answers_phone > 0:
            continue
        for step in STEPS:
            first = max(one.imprisoned_on + step, begins)
            last = first + DELAY
            if last >= ends:
                break
            days = [at.astimezone(LONDON).date() for at in family.contacts]
            if not any(first <= day <= last for day in days):
                moment = datetime.combine(last, time(), LONDON)
                yield CounterExample("every family is offered again at each step", one.ref, moment)
                break
