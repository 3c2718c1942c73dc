"""What a proof says: each rule by name, as a sentence, and what breaks it by id, never by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from outreach.domain.quiet_hours import bank_holidays

MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Checked:
    """One rule on the data as it is. ``broken``: how many break it; ``examples``: the ids of the first of them."""

    rule: str
    says: str
    broken: int
    examples: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return self.broken == 0


@dataclass(frozen=True, slots=True)
class Proof:
    at: datetime
    rules: tuple[Checked, ...]

    @property
    def clean(self) -> bool:
        return all(rule.holds for rule in self.rules)

    @property
    def findings(self) -> tuple[Checked, ...]:
        return tuple(rule for rule in self.rules if not rule.holds)


def working_days_before(day: date, count: int) -> date:
    """The day that lies so many working days before ``day``: weekends and bank holidays of England do not count."""
    while count > 0:
        day -= timedelta(days=1)
        if is_working_day(day):
            count -= 1
    return day


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in bank_holidays("ENG", day.year)
