"""Recognition files for the tests: a good row, and what differs from it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from outreach.domain.import_diff import make_plan
from outreach.domain.import_plan import AreaFacts, Intake, KnownFamily, Plan, PlannedFamily, Seen, Status
from outreach.domain.intake import read_intake
from outreach.domain.intake_columns import COLUMNS
from outreach.domain.intake_holds import holds_of
from outreach.domain.intake_record import fingerprint

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


def a_plan(
    *rows: dict[str, str],
    known: Iterable[KnownFamily] = (),
    late: bool = False,
    seen: Seen = Seen.NEVER,
    stopped_numbers: frozenset[str] = frozenset(),
    today: date = TODAY,
) -> Plan:
    return make_plan(
        an_intake(*rows, today=today),
        known={family.ref: family for family in known},
        areas=AREAS,
        is_late=lambda area, anchor: late,
        seen=seen,
        stopped_numbers=stopped_numbers,
    )


def known_after(plan: Plan, before: Iterable[KnownFamily] = ()) -> list[KnownFamily]:
    """What would be known once ``plan`` is committed: the store's part, without a store."""
    known = {family.ref: family for family in before}
    for family in plan.families:
        old = known.get(family.ref)
        holds = ({*old.holds} if old else set()) - {*family.lift_holds} | {*family.set_holds}
        record = family.record or (old.record if old else None)
        assert record is not None
        known[family.ref] = KnownFamily(
            ref=family.ref,
            fingerprint=fingerprint(record),
            record=record,
            holds=tuple(sorted(holds)),
            listed=family.status is not Status.NO_LONGER_LISTED,
            stopped=bool(old and old.stopped),
        )
    return list(known.values())


def known(*rows: dict[str, str], **facts: object) -> list[KnownFamily]:
    """Families that an earlier file with these rows made known."""
    made = []
    for filed in an_intake(*rows).families:
        family = KnownFamily(
            ref=filed.record.ref,
            fingerprint=fingerprint(filed.record),
            record=filed.record,
            holds=tuple(holds_of(filed.record)),
        )
        made.append(replace(family, **facts))  # type: ignore[arg-type]
    return made


def of(plan: Plan, ref: str) -> PlannedFamily:
    return next(family for family in plan.families if family.ref == ref)
