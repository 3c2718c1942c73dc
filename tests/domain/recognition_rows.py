"""Recognition files for the tests: a good row, and what differs from it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from outreach.domain.import_diff import IsLate, make_plan
from outreach.domain.import_matches import Matches, keys_of
from outreach.domain.import_plan import AreaFacts, Intake, KnownFamily, Plan, PlannedFamily, Seen, Status
from outreach.domain.intake import read_intake
from outreach.domain.intake_columns import COLUMNS
from outreach.domain.intake_holds import excluded_why, holds_of
from outreach.domain.intake_record import FamilyRecord

TODAY = date(2026, 1, 5)
AREAS = {
    area.code: area
    for area in (
        AreaFacts("OXF", "Oxfordshire", date(2022, 7, 1)),
        AreaFacts("MKC", "Milton Keynes", date(2022, 12, 1)),
        AreaFacts("NEW", "Newtown", date(2026, 7, 1)),
    )
}
HEADER = [column.name for column in COLUMNS]


def a_row(ref: str = "F001", **cells: str) -> dict[str, str]:
    """A good row of family ``ref`` with people of its own."""
    number = ref[1:]
    return {
        "family_ref": ref,
        "area": "OXF",
        "parent_ref": f"P{number}",
        "imprisoned_on": "2025-12-29",
        "custody": "remand",
        "child_ref": f"K{number}",
        "child_first_name": f"Child{number}",
        "child_born_on": "2017-04-02",
        "open_to": "none",
        "carer_ref": f"C{number}",
        "carer_name": f"Carer {number}",
        "carer_relationship": "mother",
        "carer_phone": f"07700 900{number[-3:]}",
        "checks": "complete",
    } | cells


def a_file(*rows: dict[str, str], delimiter: str = ",", header: list[str] | None = None) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, header or HEADER, delimiter=delimiter, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def an_intake(*rows: dict[str, str], today: date = TODAY) -> Intake:
    intake = read_intake(a_file(*rows), today=today, areas=AREAS, fictional_allowed=True)
    assert isinstance(intake, Intake), intake
    return intake


@dataclass(frozen=True, slots=True)
class Remembered:
    """A known family and the record that the store would have of it."""

    family: KnownFamily
    record: FamilyRecord

    def but(self, **facts: object) -> Remembered:
        return replace(self, family=self.family._replace(**facts))  # type: ignore[arg-type]


def remembered(record: FamilyRecord, *, as_filed: str = "", **facts: Any) -> Remembered:
    family = KnownFamily(
        id=f"id of {record.ref}",
        ref=record.ref,
        area=record.area,
        imprisoned_on=record.imprisoned_on,
        pending=record.checks == "pending",
        excluded=excluded_why(record),
        as_filed=as_filed,
        **facts,
    )
    return Remembered(family, record)


def plan_of(
    data: bytes,
    *,
    known: Iterable[Remembered] = (),
    late: bool = False,
    seen: Seen = Seen.NEVER,
    stopped_numbers: frozenset[str] = frozenset(),
    today: date = TODAY,
    areas: Mapping[str, AreaFacts] = AREAS,
    is_late: IsLate | None = None,
) -> Plan:
    """What a file would do to those families; as the engine asks for it, without a store."""
    before = {each.family.ref: each for each in known}
    matches = Matches()
    for each in before.values():
        matches.add(each.family.ref, keys_of(each.record, matches.blind))
    families = {ref: each.family for ref, each in before.items()}
    intake = read_intake(data, today=today, areas=areas, fictional_allowed=True, known=families, matches=matches)
    assert isinstance(intake, Intake), intake
    return make_plan(
        intake,
        known=families,
        matches=matches,
        opened=lambda refs: {ref: before[ref].record for ref in refs},
        areas=areas,
        is_late=is_late or (lambda area, language, anchor: late),
        seen=seen,
        stopped_numbers=stopped_numbers,
    )


def a_plan(
    *rows: dict[str, str],
    known: Iterable[Remembered] = (),
    late: bool = False,
    seen: Seen = Seen.NEVER,
    stopped_numbers: frozenset[str] = frozenset(),
    today: date = TODAY,
) -> Plan:
    return plan_of(a_file(*rows), known=known, late=late, seen=seen, stopped_numbers=stopped_numbers, today=today)


def known_after(plan: Plan, before: Iterable[Remembered] = ()) -> list[Remembered]:
    """What would be known once ``plan`` is committed: the store's part, without a store."""
    known = {each.family.ref: each for each in before}
    for family in plan.families:
        old = known.get(family.ref)
        holds = ({*old.family.holds} if old else set()) - {*family.lift_holds} | {*family.set_holds}
        record = family.record or (old.record if old else None)
        assert record is not None
        as_filed = family.as_filed or (old.family.as_filed if old and family.record is None else "")
        known[family.ref] = remembered(
            record,
            as_filed=as_filed,
            holds=tuple(sorted(holds)),
            listed=family.status is not Status.NO_LONGER_LISTED,
            stopped=bool(old and old.family.stopped),
        )
    return list(known.values())


def known(*rows: dict[str, str], **facts: object) -> list[Remembered]:
    """Families that an earlier file with these rows made known."""
    return [
        remembered(filed.record, as_filed=filed.as_filed, holds=tuple(holds_of(filed.record))).but(**facts)
        for filed in an_intake(*rows).families
        if filed.record is not None
    ]


def of(plan: Plan, ref: str) -> PlannedFamily:
    return next(family for family in plan.families if family.ref == ref)
