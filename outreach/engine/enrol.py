"""Enrols families in the cadence that fits them, moves them to another, rests them, and ends their enrolment.

Rules
* A family is in one live enrolment at most (a unique index), for one imprisonment.
* Which cadence: the one that names most of what is true of the family (``domain/cadence_choice.py``). Where two name
  equally much the older one applies and the coordinator gets a task.
* A change of a fact (language, area, need) moves the family to the cadence that fits it now, with a note. What it had
  stays behind it, so nothing is doubled; an offer that nobody tried yet is superseded and planned by the new one.
* A late-found family joins as was chosen: ``now`` (the anchor is today) or ``next`` (at the first step not yet past).
* Excluded families are not enrolled.
* Ending supersedes the open offer; resting leaves it to end by itself or ends it, as told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy.orm import Session

from outreach.domain import cadence
from outreach.domain.quiet_hours import london
from outreach.engine.end_offer import end_offer, plan_anew
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import events, offers
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
    (_, values), (_, event) = enrolment_rows(
        fitting, family_id=family.id, imprisoned_on=family.imprisoned_on, late=late, by=by, new_id=runtime.new_id,
        now=now,
    )  # fmt: skip
    row = EnrolmentRow(**values)
    session.add(row)
    events.append(session, event)
    return row


def enrolment_rows(
    fitting: InUse,
    *,
    family_id: str,
    imprisoned_on: date,
    late: str | None,
    by: str,
    new_id: Callable[[], str],
    now: datetime,
) -> tuple[Row, Row]:
    """An enrolment in the cadence that fits, and the event of it, as rows."""
    pattern, today = fitting.cadence, london(now).date()
    was_late = cadence.is_late(pattern, imprisoned_on, today)
    if was_late and late not in ("now", "next"):
        raise ValueError("a late-found family joins now or next; choose")
    behind = cadence.passed_over(pattern, imprisoned_on, today) if was_late and late == "next" else ()
    row_id = new_id()
    enrolment = {
        "id": row_id,
        "family_id": family_id,
        "cadence_version_id": fitting.version_id,
        "anchor_on": today if was_late and late == "now" else imprisoned_on,
        "imprisoned_on": imprisoned_on,
        "late": late if was_late else None,
        "state": "active",
        "steps_behind": written_numbers(behind),
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
        "data": {"late": enrolment["late"], "passed_over": len(behind), "cadence": fitting.id},
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
    session: Session, runtime: Runtime, *, family_id: str, why: str, now: datetime, outcome: str = "superseded"
) -> None:
    """End the family's live enrolment and its open offer. Harmless where there is none."""
    offer = offers.open_offer(session, family_id)
    if offer is not None:
        end_offer(session, runtime, offer, outcome=outcome, why=why, now=now)
    row = live_enrolment(session, family_id)
    if row is not None:
        row.state, row.state_why, row.ended_at = "ended", why, now
        _note(session, runtime, "enrolment_ended", row, why=why, now=now)
        session.flush()


def rest_enrolment(
    session: Session, runtime: Runtime, *, family_id: str, why: str, now: datetime, until: date | None = None
) -> None:
    """Plan nothing more until somebody asks, or until a day. The open offer is left alone."""
    row = live_enrolment(session, family_id)
    if row is not None:
        row.state, row.state_why, row.rest_until = "rested", why, until
        _note(session, runtime, "enrolment_rested", row, why=why, now=now)


def _note(session: Session, runtime: Runtime, name: str, row: EnrolmentRow, *, why: str, now: datetime) -> None:
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id="system", family_id=row.family_id, subjects=[row.id],
        data={"why": why},
    )  # fmt: skip
