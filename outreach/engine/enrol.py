"""Enrols families in the cadence that fits them, moves them to another, rests them, and ends their enrolment.

Rules
* A family is in one live enrolment at most (a unique index), for one imprisonment.
* Which cadence: the one that names most of what is true of the family (``domain/cadence_choice.py``). Where two name
  equally much the older one applies and the coordinator gets a task.
* A change of a fact (language, area, need) moves the family to the cadence that fits it now, with a note. What it had
  stays behind it, so nothing is doubled; an offer that nobody tried yet is superseded and planned by the new one.
* A late-found family joins as was chosen: ``now`` (the anchor is today) or ``next`` (at the first step not yet past,
  else at the last).
* Excluded families are not enrolled.
* Ending supersedes the open offer; resting leaves it to end by itself or ends it, as told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from outreach.domain import cadence
from outreach.domain.quiet_hours import london
from outreach.engine.as_it_stands import Stands
from outreach.engine.end_offer import end_offer, plan_anew
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import events, few_rows, offers
from outreach.store.bulk import Row
from outreach.store.cadences import (
    CadenceVersionRow,
    EnrolmentRow,
    InUse,
    chosen_for,
    in_use,
    live_enrolment,
    version,
    written_numbers,
)
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow


def cadence_of(session: Session, runtime: Runtime, family: FamilyRow, *, now: datetime) -> InUse:
    """The cadence a family belongs in. A tie makes a task for the coordinator."""
    known = in_use(session)
    chosen = chosen_for(session, family, known)
    if chosen is None:
        raise LookupError("no cadence fits; run: outreach db upgrade")
    if chosen.tied:
        open_task(
            session, runtime, kind="cadence_tie", subject_id=min(chosen.id, *chosen.tied), family_id=None,
            area_code=family.area_code, now=now, data={"cadences": sorted((chosen.id, *chosen.tied))},
        )  # fmt: skip
    return known[chosen.id]


def enrol(
    session: Session, runtime: Runtime, *, family: FamilyRow, late: str | None, now: datetime, by: str = "system"
) -> EnrolmentRow | None:
    """Enrol a family that is in no live enrolment. ``None`` for an excluded one."""
    if family.excluded_why:
        return None
    fitting = cadence_of(session, runtime, family, now=now)
    joins = joining(fitting, imprisoned_on=family.imprisoned_on, late=late, now=now)
    (_, values), (_, event) = enrolment_rows(joins, family_id=family.id, by=by, new_id=runtime.new_id, now=now)
    row = EnrolmentRow(**values)
    session.add(row)
    events.append(session, event)
    return row


@dataclass(frozen=True, slots=True)
class Joining:
    """How families imprisoned on one day join a cadence on another."""

    version_id: str
    anchor_on: date
    imprisoned_on: date
    late: str | None
    behind: str
    """The steps that it will not have, as the enrolment names them."""
    said: Mapping[str, Any]
    """What the event of it holds."""


def joining(fitting: InUse, *, imprisoned_on: date, late: str | None, now: datetime) -> Joining:
    pattern, today = fitting.cadence, london(now).date()
    if not cadence.is_late(pattern, imprisoned_on, today):
        return _joining(fitting, imprisoned_on, imprisoned_on, None, ())
    if late not in ("now", "next"):
        raise ValueError("a late-found family joins now or next; choose")
    anchor_on = today if late == "now" else imprisoned_on
    behind = cadence.passed_over(pattern, imprisoned_on, today) if late == "next" else ()
    return _joining(fitting, anchor_on, imprisoned_on, late, behind)


def _joining(
    fitting: InUse, anchor_on: date, imprisoned_on: date, late: str | None, behind: tuple[int, ...]
) -> Joining:
    said = {"late": late, "passed_over": len(behind), "cadence": fitting.id}
    return Joining(fitting.version_id, anchor_on, imprisoned_on, late, written_numbers(behind), said)


def enrolment_rows(
    joins: Joining, *, family_id: str, by: str, new_id: Callable[[], str], now: datetime
) -> tuple[Row, Row]:
    """An enrolment, and the event of it, as rows."""
    row_id = new_id()
    enrolment = {
        "id": row_id,
        "family_id": family_id,
        "cadence_version_id": joins.version_id,
        "anchor_on": joins.anchor_on,
        "imprisoned_on": joins.imprisoned_on,
        "late": joins.late,
        "state": "active",
        "steps_behind": joins.behind,
        "asked_rounds": 0,
        "noes": 0,
        "began_at": now,
    }
    event = {
        "id": new_id(),
        "at": now,
        "name": "family_enrolled",
        "actor_id": by,
        "family_id": family_id,
        "subjects": [row_id],
        "data": joins.said,
    }
    return (EnrolmentRow, enrolment), (EventRow, event)


def fit(session: Session, runtime: Runtime, *, family: FamilyRow, now: datetime, by: str = "system") -> bool:
    """Move a family whose facts changed to the cadence that fits it now. False where it is in it already."""
    enrolment = live_enrolment(session, family.id)
    if enrolment is None:
        return False
    fitting = cadence_of(session, runtime, family, now=now)
    made = session.get_one(CadenceVersionRow, enrolment.cadence_version_id)
    if made.cadence_id == fitting.id:
        return False
    plan_anew(session, runtime, enrolment, why="cadence_changed", now=now, by=by)
    enrolment.behind = cadence.carried(version(session, made.id), fitting.cadence, enrolment.behind)
    enrolment.cadence_version_id = fitting.version_id
    events.note(
        session, "cadence_changed", id=runtime.new_id(), at=now, actor_id=by, family_id=family.id,
        subjects=[enrolment.id], data={"from": made.cadence_id, "to": fitting.id},
    )  # fmt: skip
    session.flush()
    return True


def end_enrolment(
    session: Session,
    runtime: Runtime,
    *,
    family_id: str,
    why: str,
    now: datetime,
    outcome: str = "superseded",
    stands: Stands | None = None,
) -> None:
    """End the family's live enrolment and its open offer. Harmless where there is none."""
    offer = offers.open_offer(session, family_id) if stands is None else stands.open_offer
    if offer is not None:
        end_offer(session, runtime, offer, outcome=outcome, why=why, now=now)
    row = live_enrolment(session, family_id) if stands is None else stands.live_enrolment
    if row is not None:
        row.rested_why = row.state_why if row.state == "rested" else None
        row.state, row.state_why, row.ended_at = "ended", why, now
        _note(session, runtime, "enrolment_ended", row, why=why, now=now)
        few_rows.flush(session)


def rest_enrolment(
    session: Session,
    runtime: Runtime,
    *,
    family_id: str,
    why: str,
    now: datetime,
    until: date | None = None,
    stands: Stands | None = None,
) -> EnrolmentRow | None:
    """Plan nothing more until somebody asks, or until a day; returns what rests. The open offer is left alone."""
    row = live_enrolment(session, family_id) if stands is None else stands.live_enrolment
    if row is not None:
        row.state, row.state_why, row.rest_until = "rested", why, until
        _note(session, runtime, "enrolment_rested", row, why=why, now=now)
    return row


def _note(session: Session, runtime: Runtime, name: str, row: EnrolmentRow, *, why: str, now: datetime) -> None:
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id="system", family_id=row.family_id, subjects=[row.id],
        data={"why": why},
    )  # fmt: skip
