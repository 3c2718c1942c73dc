"""Takes up an enrolment again that a file had ended: what said so was wrong, or is over.

Rules
* Only one that ended because the family was excluded, or had support elsewhere; a *no*, a stop or a last step stays.
* It goes on where it was: rested or active, for the same reason and as long, with its noes, its steps and its anchor.
* An offer ends once. The one that was open then is made anew with everything that was said about it; a time that was
  promised and has passed is a call that is due.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.intake_holds import EXCLUDED, MERGED
from outreach.runtime import Runtime
from outreach.store import events, offers
from outreach.store.cadences import EnrolmentRow
from outreach.store.offers import OfferRow
from outreach.store.sealing import seal, unseal

SUPPORTED = "already_supported"
ENDED_BY_A_FILE = EXCLUDED.keys() - {MERGED} | {SUPPORTED}


def last_enrolment(session: Session, family_id: str) -> EnrolmentRow | None:
    query = select(EnrolmentRow).where(EnrolmentRow.family_id == family_id)
    return session.scalars(query.order_by(EnrolmentRow.began_at.desc(), EnrolmentRow.id.desc()).limit(1)).first()


def take_up_again(
    session: Session, runtime: Runtime, row: EnrolmentRow, *, assigned_to: str | None, now: datetime
) -> None:
    """Let an ended enrolment go on; the family must be in no other. ``assigned_to``: who has the family now."""
    ended_at = row.ended_at
    row.state, row.state_why, row.ended_at = "rested" if row.rested_why else "active", row.rested_why, None
    row.rested_why = None
    events.note(
        session, "enrolment_resumed", id=runtime.new_id(), at=now, actor_id="system", family_id=row.family_id,
        subjects=[row.id], data={"why": row.state_why},
    )  # fmt: skip
    session.flush()
    then_open = select(OfferRow).where(
        OfferRow.enrolment_id == row.id, OfferRow.ended_at == ended_at, OfferRow.outcome == "superseded"
    )
    offer = session.scalars(then_open.order_by(OfferRow.id.desc()).limit(1)).first()
    if offer is not None:
        _make_anew(session, runtime, row, offer, assigned_to=assigned_to, now=now)


def _make_anew(
    session: Session,
    runtime: Runtime,
    enrolment: EnrolmentRow,
    offer: OfferRow,
    *,
    assigned_to: str | None,
    now: datetime,
) -> None:
    if offer.step < 0:
        enrolment.asked_rounds += 1
        turn = enrolment.asked_rounds
    else:
        turn = offers.rounds(session, enrolment.id, offer.step)
    to_come = (offer.due_until or offer.due_at) > now
    anew = OfferRow(
        id=runtime.new_id(),
        enrolment_id=enrolment.id,
        family_id=offer.family_id,
        step=offer.step,
        round=turn,
        planned_channel=offer.planned_channel,
        channel=offer.channel,
        script=offer.script,
        why=offer.why,
        due_at=offer.due_at,
        due_until=offer.due_until if to_come else None,
        promised=offer.promised and to_come,
        tries=offer.tries,
        closes_at=offer.closes_at,
        passed_by=offer.passed_by,
        assigned_to=assigned_to,
        made_at=now,
    )
    words = unseal(
        session, offer.their_words, key_id=offer.family_id, table="offer", column="their_words", row_id=offer.id
    )
    if words is not None:
        anew.their_words = seal(
            session, words, key_id=offer.family_id, table="offer", column="their_words", row_id=anew.id
        )
    session.add(anew)
    session.flush()
