"""What the proof knows of one family at one point of its story: who may not contact it, and what it was promised."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from outreach.simulator.records import Entry

EVERYTHING, TEXTS, SOFTWARE, OFFERS = "everything", "texts", "texts by software", "offers by text"
"""What a ban covers. ``SOFTWARE`` lets the urgent texts pass, ``EVERYTHING`` covers calls too."""


@dataclass(frozen=True, slots=True)
class CounterExample:
    promise: str
    ref: str
    at: datetime
    story: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ban:
    covers: str
    since: datetime
    in_flight: bool = False
    """It began with a family's text: what left at that very moment was on its way."""
    number: str = ""
    """Empty: all numbers of the family."""


@dataclass(frozen=True, slots=True)
class Promise:
    made_at: datetime
    day: date
    begins: datetime | None
    ends: datetime | None
    by: str


@dataclass(slots=True)
class Family:
    """What is known of one family at one point of the story."""

    ref: str
    bans: dict[str, Ban] = field(default_factory=dict)
    past: list[tuple[Ban, datetime]] = field(default_factory=list)
    """Bans that ended, and when."""
    birthdays: frozenset[tuple[int, int]] = frozenset()
    last_offer: Entry | None = None
    confirmed: set[str] = field(default_factory=set)
    released: bool = False
    file_hold: str = ""
    asked: bool = False
    """They asked to be rung, and nobody has rung since."""
    promises: list[Promise] = field(default_factory=list)
    contacts: list[datetime] = field(default_factory=list)
    rang: list[datetime] = field(default_factory=list)

    def lift(self, why: str, at: datetime) -> None:
        ban = self.bans.pop(why, None)
        if ban is not None:
            self.past.append((ban, at))

    def may_not_be_rung(self, moment: datetime) -> bool:
        """Whether a ban on everything, or on texts (they said stop), stood at a moment."""
        stood = [ban for ban, until in self.past if until > moment] + list(self.bans.values())
        return any(ban.since <= moment and ban.covers in (EVERYTHING, TEXTS) for ban in stood)
