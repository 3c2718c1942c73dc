"""What a family had asked for that is merged into another: it counts for the one that stays.

Rules
* No contact before a day: the later day counts. Not to be rung by voice: the one that stays is not rung either.
* A cadence that rests, or has ended with a no, rests or ends for the one that stays. After a no by text nothing more
  goes by text; the one call after it is still to come, on its day, with their words.
* What they asked for under the reference that stays (a call at a time) is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.engine.end_offer import asked_offer, end_offer
from outreach.engine.enrol import end_enrolment, rest_enrolment
from outreach.engine.other_way import way_for
from outreach.runtime import Runtime
from outreach.store import offers
from outreach.store.cadences import EnrolmentRow, live_enrolment
from outreach.store.exceptions import ExceptionRow, standing_exceptions
from outreach.store.families import FamilyRow, carer_of
from outreach.store.sealing import seal, unseal

NO = "declined"


@dataclass(frozen=True, slots=True)
class Wishes:
    """Where their cadence stood before it was closed. ``call_at``: the one call after a no, with ``words``."""

    state: str
    why: str | None
    rest_until: date | None
    noes: int
    call_at: datetime | None
    words: str | None


def wishes_of(session: Session, family_id: str) -> Wishes | None:
    """``None`` where they were never in a cadence."""
    theirs = select(EnrolmentRow).where(EnrolmentRow.family_id == family_id)
    row = session.scalars(theirs.order_by(EnrolmentRow.began_at.desc(), EnrolmentRow.id.desc()).limit(1)).first()
    if row is None:
        return None
    offer = offers.open_offer(session, family_id)
    after_no = offer is not None and offer.why == "after_no"
    words = None
    if offer is not None and after_no:
        words = unseal(
            session, offer.their_words, key_id=family_id, table="offer", column="their_words", row_id=offer.id
        )
    return Wishes(
        row.state, row.state_why, row.rest_until, row.noes, offer.due_at if offer and after_no else None, words
    )


def carry_wishes(
    session: Session, runtime: Runtime, stays: FamilyRow, goes: FamilyRow, wishes: Wishes | None, *, by: str,
    now: datetime,
) -> None:  # fmt: skip
    """Once the family that goes is closed."""
    _carry_pause(session, runtime, stays, goes, by=by, now=now)
    if wishes is not None:
        _carry_rest(session, runtime, stays, wishes, by=by, now=now)
    if carer_of(session, goes.id).cannot_use_voice:
        carer_of(session, stays.id).cannot_use_voice = True
        session.flush()
        offer = offers.open_offer(session, stays.id)
        if offer is not None and offer.channel == "call":
            offer.channel = way_for(session, runtime, family=stays, way="call", now=now)


def _carry_pause(
    session: Session, runtime: Runtime, stays: FamilyRow, goes: FamilyRow, *, by: str, now: datetime
) -> None:
    def pause(family_id: str) -> ExceptionRow | None:
        return next((row for row in standing_exceptions(session, family_id) if row.kind == "pause"), None)

    theirs, ours = pause(goes.id), pause(stays.id)
    if theirs is None or theirs.day is None or (ours is not None and ours.day is not None and ours.day >= theirs.day):
        return
    if ours is not None:
        ours.ended_at, ours.ended_by = now, by
        session.flush()
    row_id = runtime.new_id()
    why = unseal(session, theirs.why, key_id=goes.id, table="family_exception", column="why", row_id=theirs.id)
    session.add(
        ExceptionRow(
            id=row_id, family_id=stays.id, kind="pause", day=theirs.day, set_by=theirs.set_by, set_at=now,
            why=seal(session, why or "", key_id=stays.id, table="family_exception", column="why", row_id=row_id),
        )
    )  # fmt: skip
    session.flush()


def _carry_rest(
    session: Session, runtime: Runtime, stays: FamilyRow, wishes: Wishes, *, by: str, now: datetime
) -> None:
    enrolment = live_enrolment(session, stays.id)
    rests = wishes.state == "rested" and wishes.why != "asked"
    ended = wishes.state == "ended" and wishes.why == NO
    if enrolment is None or not (rests or ended):
        return
    enrolment.noes += wishes.noes
    offer = offers.open_offer(session, stays.id)
    asked = offer is not None and offer.asked_for
    if ended or enrolment.noes > 1:
        if asked:
            rest_enrolment(session, runtime, family_id=stays.id, why=NO, now=now)
        else:
            end_enrolment(session, runtime, family_id=stays.id, why=NO, now=now)
        return
    if offer is not None and not asked:
        end_offer(session, runtime, offer, outcome="superseded", why="merged", now=now, by=by)
    if wishes.rest_until is not None:
        until = max(wishes.rest_until, enrolment.rest_until or wishes.rest_until)
        rest_enrolment(session, runtime, family_id=stays.id, why=wishes.why or "later", until=until, now=now)
        return
    rest_enrolment(session, runtime, family_id=stays.id, why=wishes.why or NO, now=now)
    if wishes.call_at is not None and not asked:
        asked_offer(
            session, runtime, family_id=stays.id, channel="call", due_at=wishes.call_at, promised=False,
            their_words=wishes.words, why="after_no", now=now, by=by,
        )  # fmt: skip
