"""Enrols families in the cadence of their area, rests them, and ends their enrolment.

Rules
* A family is in one live enrolment at most (a unique index), for one imprisonment.
* A late-found family joins as was chosen: ``now`` (the anchor is today) or ``next`` (at the first step not yet past).
* Excluded families are not enrolled.
* Ending supersedes the open offer; resting leaves it to end by itself or ends it, as told.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from outreach.domain import cadence
from outreach.domain.quiet_hours import london
from outreach.engine.end_offer import end_offer
from outreach.runtime import Runtime
from outreach.store import events, offers
from outreach.store.areas import AreaRow
from outreach.store.cadences import CadenceRow, EnrolmentRow, live_enrolment, version
from outreach.store.families import FamilyRow


def cadence_of_area(session: Session, area_code: str) -> tuple[str, cadence.Cadence]:
    """``(version id, cadence)`` that newly recognised families of an area are enrolled in."""
    area = session.get_one(AreaRow, area_code)
    row = session.get(CadenceRow, area.cadence_id) if area.cadence_id else None
    row = row or session.query(CadenceRow).order_by(CadenceRow.name).first()
    if row is None or row.current_version_id is None:
        raise LookupError("there is no cadence; run: outreach db upgrade")
    return row.current_version_id, version(session, row.current_version_id)


def enrol(
    session: Session, runtime: Runtime, *, family: FamilyRow, late: str | None, now: datetime, by: str = "system"
) -> EnrolmentRow | None:
    """Enrol a family that is in no live enrolment. ``None`` for an excluded one."""
    if family.excluded_why:
        return None
    version_id, pattern = cadence_of_area(session, family.area_code)
    today = london(now).date()
    was_late = cadence.is_late(pattern, family.imprisoned_on, today)
    if was_late and late not in ("now", "next"):
        raise ValueError("a late-found family joins now or next; choose")
    joins_now = was_late and late == "now"
    row = EnrolmentRow(
        id=runtime.new_id(),
        family_id=family.id,
        cadence_version_id=version_id,
        anchor_on=today if joins_now else family.imprisoned_on,
        imprisoned_on=family.imprisoned_on,
        late=late if was_late else None,
        state="active",
        next_step=cadence.joins_at(pattern, family.imprisoned_on, today) if was_late and late == "next" else 0,
        asked_rounds=0,
        noes=0,
        began_at=now,
    )
    session.add(row)
    events.note(
        session,
        "family_enrolled",
        id=runtime.new_id(),
        at=now,
        actor_id=by,
        family_id=family.id,
        subjects=[row.id],
        data={"late": row.late, "first_step": row.next_step},
    )
    return row


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
