"""A planned family from what the file says of it and what is to come: what a person reads of it, and what is counted.

Most families of a month have one of a few outlooks, which are worked out once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from outreach.domain.import_plan import FiledFamily, KnownFamily, PlannedFamily, Status
from outreach.domain.import_sentences import Outlook, sentence_for
from outreach.domain.intake_holds import CAREFUL, blocks
from outreach.domain.intake_record import FamilyRecord


def standing(outlook: Outlook) -> dict[str, Any]:
    """What of an outlook stands in the plan. What is of one family is not kept."""
    return _made(outlook) if outlook.changes or outlook.duplicate_of else _one_of_few(outlook)


def _made(outlook: Outlook) -> dict[str, Any]:
    return {
        "sentence": sentence_for(outlook),
        "status": outlook.status,
        "held": blocks(outlook.holds) or outlook.checks_pending or outlook.excluded is not None,
        "stopped": outlook.stopped,
        "careful": any(code in CAREFUL for code in outlook.holds),
        "excluded": outlook.excluded,
        "late": outlook.late,
        "duplicate_of": outlook.duplicate_of,
    }


_one_of_few = lru_cache(maxsize=1_000)(_made)


def standing_as_before(known: KnownFamily, *, stopped: bool) -> dict[str, Any]:
    """The same of a known family of which nothing changes."""
    return _as_before(known.holds, known.pending, known.excluded, stopped)


@lru_cache(maxsize=1_000)
def _as_before(holds: tuple[str, ...], pending: bool, excluded: str | None, stopped: bool) -> dict[str, Any]:
    return _made(
        Outlook(status=Status.UNCHANGED, holds=holds, checks_pending=pending, excluded=excluded, stopped=stopped)
    )


def planned_family(
    filed: FiledFamily,
    record: FamilyRecord,
    outlook: Outlook,
    *,
    set_holds: tuple[str, ...] = (),
    lift_holds: tuple[str, ...] = (),
    never: tuple[str, ...] = (),
    shared: tuple[str, ...] = (),
) -> PlannedFamily:
    return PlannedFamily(
        ref=record.ref,
        area=record.area,
        rows=filed.rows,
        record=record,
        as_filed=filed.as_filed,
        keys=filed.keys,
        changes=outlook.changes,
        custody_as_of=record.custody_as_of,
        set_holds=tuple(str(code) for code in set_holds),
        lift_holds=tuple(str(code) for code in lift_holds),
        shared_numbers=shared,
        never_contact=never,
        **standing(outlook),
    )
