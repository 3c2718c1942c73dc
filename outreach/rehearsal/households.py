"""The families of the rehearsal: invented names, numbers that belong to nobody, and what happens to them by month.

Rules
* Numbers are Ofcom's for drama as far as they reach. A rehearsal with more families makes up further ones; the house
  of the rehearsal speaks to the simulated network on this machine only, and refuses anything else.
* What a household does is decided by its own chance, drawn from the seed and its reference: another household more
  changes nobody else's story.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from outreach.rehearsal.words import Means

FIRST = (
    "Amara", "Bethan", "Carys", "Dilys", "Elowen", "Farida", "Greta", "Halima", "Ines", "Jodie", "Kezia", "Leanne",
    "Marged", "Noreen", "Orla", "Petra", "Rosalind", "Saskia", "Tamsin", "Una", "Verity", "Winnie", "Yasmin", "Zelda",
)  # fmt: skip
LAST = (
    "Abbot", "Barrow", "Cotter", "Dunmore", "Eastley", "Fenwick", "Garrow", "Hartley", "Ingham", "Jessop", "Kirkby",
    "Langton", "Merrow", "Northey", "Oakes", "Penrose", "Quill", "Rowntree", "Selwyn", "Thorne", "Underhill", "Varley",
    "Westlake", "Yarrow", "Brightwell", "Castleton", "Drayford", "Ellingham", "Farnworth", "Glossop", "Hathersage",
)  # fmt: skip
CHILDREN = ("Robin", "Alex", "Sam", "Jamie", "Kit", "Ash", "Rowan", "Morgan", "Jude", "Remy", "Charlie", "Frankie")
AREAS = ("OXF", "OXF", "OXF", "MKC", "RDG")
SAFETY = ("no_contact_order", "officer_safety", "shared_household", "live_safeguarding", "witness_in_case")
CAREFUL = ("carer_is_victim", "confidential_address")
COLUMNS = (
    "family_ref", "area", "parent_ref", "parent_sex", "imprisoned_on", "custody", "custody_as_of", "parent_phone",
    "child_ref", "child_first_name", "child_born_on", "open_to", "carer_ref", "carer_name", "carer_relationship",
    "carer_phone", "carer_phone_2", "carer_language", "checks", "hold",
)  # fmt: skip
MANNERS: tuple[tuple[Means, int], ...] = (
    (Means.NOTHING, 34), (Means.ACCEPT, 8), (Means.CALL, 8), (Means.CALL_AT, 9), (Means.LATER, 9), (Means.NO, 7),
    (Means.STOP, 7), (Means.STOP_ALL, 4), (Means.STRANGER, 2), (Means.SOMEBODY_ELSE, 3), (Means.DANGER, 3),
    (Means.LOOK, 6),
)  # fmt: skip


@dataclass(slots=True)
class Household:
    """One family as the matching core knows it this month, and how it is."""

    ref: str
    chance: random.Random
    area: str
    carer: str
    children: tuple[tuple[str, str, date], ...]
    imprisoned_on: date
    joins: int
    """The month (from 0) in whose file it first stands."""
    manner: Means
    answers_phone: float
    phone: str
    second_phone: str = ""
    parent_phone: str = ""
    relationship: str = "mother"
    language: str = "en"
    checks: str = "complete"
    hold: str = ""
    custody: str = "sentenced"
    listed: bool = True
    shares_with: str = ""
    plain: bool = True
    """Nothing happens to it but the cadence: what it must have got can be worked out."""
    phones: list[tuple[str, int]] = field(default_factory=list)
    """Every number it ever had, and the month since when."""

    @property
    def birthdays(self) -> frozenset[tuple[int, int]]:
        days = {(born.month, born.day) for _, _, born in self.children}
        return frozenset(days | {(self.imprisoned_on.month, self.imprisoned_on.day)})

    def rows(self, as_of: date) -> Iterator[dict[str, str]]:
        for child_ref, child, born in self.children:
            yield {
                "family_ref": self.ref, "area": self.area, "parent_ref": f"P-{self.ref}", "parent_sex": "M",
                "imprisoned_on": self.imprisoned_on.isoformat(), "custody": self.custody,
                "custody_as_of": as_of.isoformat(), "parent_phone": self.parent_phone, "child_ref": child_ref,
                "child_first_name": child, "child_born_on": born.isoformat(), "open_to": "none",
                "carer_ref": f"C-{self.ref}", "carer_name": self.carer, "carer_relationship": self.relationship,
                "carer_phone": self.phone, "carer_phone_2": self.second_phone, "carer_language": self.language,
                "checks": self.checks, "hold": self.hold,
            }  # fmt: skip


class Numbers:
    """Hands out numbers, each once."""

    def __init__(self) -> None:
        self._next = 0

    def mobile(self) -> str:
        self._next += 1
        count = self._next - 1
        if count < 800:
            return f"+447700900{count:03d}"
        if count < 800 + 180:
            return f"+447700900{count + 10:03d}"
        return f"+447555{count:06d}"


class Town:
    """All households, and the file of each month."""

    def __init__(self, *, families: int, months: int, seed: int, begins: date) -> None:
        self._chance = random.Random(f"town {seed}")  # noqa: S311 - a story, not a secret
        self._numbers = Numbers()
        self.households: dict[str, Household] = {}
        for index in range(families):
            first = index < families * 0.4 or months < 3
            joins = 0 if first else 1 + index % max(1, round(months * 0.6))
            self._settle(index, seed=seed, joins=joins, begins=begins)

    def _settle(self, index: int, *, seed: int, joins: int, begins: date) -> None:
        ref = f"R{index + 1:05d}"
        chance = random.Random(f"{seed} {ref}")  # noqa: S311
        month = begins + timedelta(days=30 * joins)
        kin = tuple(
            (f"K-{ref}{n}", chance.choice(CHILDREN), month - timedelta(days=chance.randrange(900, 5200)))
            for n in range(chance.choice((1, 1, 2, 3)))
        )
        one = Household(
            ref=ref,
            chance=chance,
            area=chance.choice(AREAS),
            carer=f"{FIRST[index % len(FIRST)]} {LAST[index // len(FIRST) % len(LAST)]} "
            f"{LAST[(index * 7 + index // 700) % len(LAST)]}",
            children=kin,
            imprisoned_on=month - timedelta(days=chance.randrange(3, 24)),
            joins=joins,
            manner=chance.choices([m for m, _ in MANNERS], [w for _, w in MANNERS])[0],
            answers_phone=chance.choice((0.2, 0.5, 0.8, 0.0)),
            phone=self._numbers.mobile(),
            relationship=chance.choice(("mother", "mother", "mother", "grandparent", "other_relative")),
        )
        one.phones.append((one.phone, joins))
        self._troubles(one, index)
        self.households[ref] = one

    def _troubles(self, one: Household, index: int) -> None:
        ref = one.ref
        draw = one.chance.random()
        if draw < 0.05:
            one.hold = one.chance.choice(SAFETY)
        elif draw < 0.08:
            one.hold = one.chance.choice(CAREFUL)
        elif draw < 0.11:
            one.relationship = "foster_carer"
        elif draw < 0.14:
            one.checks = "pending"
        elif draw < 0.17:
            one.language = "pl"
        elif draw < 0.20:
            one.parent_phone = self._numbers.mobile()
        elif draw < 0.24 and index:
            other = self._chance.choice(list(self.households.values()))
            one.phone, one.shares_with, one.joins = other.phone, other.ref, max(one.joins, other.joins)
            one.phones[:] = [(one.phone, one.joins)]
            other.shares_with, other.plain = ref, False
        elif draw < 0.27:
            one.imprisoned_on -= timedelta(days=one.chance.randrange(50, 200))
        else:
            return
        one.plain = False

    def happen(self, month: int) -> None:
        """What changes before the file of ``month`` is written."""
        for one in self.households.values():
            if one.joins >= month:
                continue
            draw = one.chance.random()
            if one.checks == "pending":
                one.checks = "complete"
            elif not one.listed:
                one.listed = one.chance.random() < 0.5
            elif one.custody == "released":
                self._back(one, month)
            elif draw < 0.010:
                one.custody, one.plain = "released", False
            elif draw < 0.016:
                one.listed, one.plain = False, False
            elif draw < 0.030 and not one.shares_with:
                one.phone, one.plain = self._numbers.mobile(), False
                one.phones.append((one.phone, month))
            elif draw < 0.036 and not one.hold:
                one.hold, one.plain = one.chance.choice(SAFETY), False

    def _back(self, one: Household, month: int) -> None:
        if one.chance.random() < 0.15:
            one.custody = "remand"
            one.imprisoned_on += timedelta(days=one.chance.randrange(120, 150))

    def file(self, month: int, day: date) -> bytes:
        out = io.StringIO()
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        as_of = day - timedelta(days=2)
        for one in self.households.values():
            if one.joins <= month and one.listed:
                one.imprisoned_on = min(one.imprisoned_on, as_of)
                writer.writerows(one.rows(as_of))
        return out.getvalue().encode()
