"""What a changed record means for the cadence of a known family.

Rules
* A moved date of imprisonment moves what was planned from it, unless something was tried already. Imprisoned again
  after a release: the old enrolment ends and a new one begins, behind the hold of the release.
* Excluded, or supported elsewhere: nothing more is offered. Where a later file takes that back, the family goes on
  where it was, with every *no*, rest and promise (``resume_enrolment``).
* A stop is never undone: nobody who stopped is enrolled, nor who came onto a number that stopped meanwhile.
"""

from __future__ import annotations

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from outreach.domain.consent import CONTACT
from outreach.domain.intake_holds import imprisoned_anew, supported_already
from outreach.domain.intake_record import FamilyRecord
from outreach.engine.end_offer import asked_offer, plan_anew
from outreach.engine.enrol import end_enrolment, enrol, fit
from outreach.engine.family_rows import IMPORT, Importing
from outreach.engine.record_consent import record_consent
from outreach.engine.refer import hold_unopened
from outreach.engine.resume_enrolment import ENDED_BY_A_FILE, SUPPORTED, last_enrolment, take_up_again
from outreach.engine.stops import EVERYTHING
from outreach.runtime import Runtime
from outreach.store import offers
from outreach.store.cadences import EnrolmentRow
from outreach.store.consents import ConsentRow, standing_of
from outreach.store.families import FamilyRow
from outreach.store.numbers import FamilyNumberRow, NumberRow


def keep_enrolment(
    session: Session,
    runtime: Runtime,
    of: Importing,
    family: FamilyRow,
    *,
    record: FamilyRecord,
    before: FamilyRecord,
    enrolment: EnrolmentRow | None,
) -> None:
    """Bring the cadence of a family that is not excluded, and did not stop, to what ``record`` says. ``enrolment``:
    the live one."""
    if supported_already(record):
        if not supported_already(before):
            session.flush()
            end_enrolment(session, runtime, family_id=family.id, why=SUPPORTED, now=of.now)
        return
    if record.released:
        return
    again = before.released and imprisoned_anew(before, record)
    last = enrolment or last_enrolment(session, family.id)
    if again or last is None:
        _begin(session, runtime, of, family)
        return
    if last.state == "ended":
        if last.state_why not in ENDED_BY_A_FILE:
            return
        take_up_again(session, runtime, last, assigned_to=family.assigned_to, now=of.now)
    if enrolment is None or (before.area, before.carer.language) != (record.area, record.carer.language):
        session.flush()
        fit(session, runtime, family=family, now=of.now, by=of.by)
    if last.imprisoned_on == record.imprisoned_on:
        return
    if last.anchor_on == last.imprisoned_on:
        last.anchor_on = record.imprisoned_on
    last.imprisoned_on = record.imprisoned_on
    session.flush()
    plan_anew(session, runtime, last, why="date_changed", now=of.now)


def _begin(session: Session, runtime: Runtime, of: Importing, family: FamilyRow) -> None:
    """A new enrolment in the place of the one before; a day that they were given stands, whatever begins anew."""
    session.flush()
    promised = offers.open_offer(session, family.id)
    end_enrolment(session, runtime, family_id=family.id, why="imprisoned_again", now=of.now)
    begun = enrol(session, runtime, family=family, late=of.late or "next", now=of.now, by=of.by)
    if begun is not None and promised is not None and promised.promised:
        session.flush()
        asked_offer(
            session, runtime, family_id=family.id, channel=promised.channel, due_at=promised.due_at,
            due_until=promised.due_until, why=promised.why, now=of.now, by=of.by,
        )  # fmt: skip


_ON_A_STOPPED_NUMBER = (
    select(FamilyRow.id)
    .join(FamilyNumberRow, FamilyNumberRow.family_id == FamilyRow.id)
    .join(NumberRow, NumberRow.id == FamilyNumberRow.number_id)
    .where(
        FamilyRow.last_batch_id == bindparam("batch_id"), FamilyNumberRow.off_at.is_(None),
        NumberRow.texts_stopped_at.is_not(None), NumberRow.calls_stopped_at.is_not(None),
        ~exists().where(ConsentRow.family_id == FamilyRow.id, ConsentRow.purpose == CONTACT),
    )
    .distinct()
    .order_by(FamilyRow.id)
)  # fmt: skip


def keep_stops_met(session: Session, runtime: Runtime, of: Importing) -> None:
    """Numbers that stopped since the plan was looked at: whoever writes a link to one has waited for the stop."""
    for family_id in session.scalars(_ON_A_STOPPED_NUMBER, {"batch_id": of.batch_id}).all():
        keep_stopped(session, runtime, of, family_id)


def keep_stopped(session: Session, runtime: Runtime, of: Importing, family_id: str) -> None:
    """A number of theirs, or their carer under another reference, was stopped: whatever was planned, they stop too."""
    if standing_of(session, family_id).stopped >= EVERYTHING:
        return
    record_consent(
        session, runtime, family_id=family_id, purpose="contact", value="withdrawn", by=IMPORT, how=IMPORT, now=of.now,
    )  # fmt: skip
    hold_unopened(session, runtime, family_id=family_id, by=IMPORT, now=of.now)
    end_enrolment(session, runtime, family_id=family_id, why="stopped", outcome="stopped", now=of.now)
