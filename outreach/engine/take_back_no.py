"""A *no* that was none: what it counted for is taken back, when a person puts the reading right.

Rules
* What a no by text did stands beside its reading (``counted``), so that exactly that is taken back, and once: the no
  itself, the rest or the end of the cadence that it brought, and the one call half a year later.
* What came after it is stronger: a stop, an exclusion, another answer. Nothing of those is touched, and a family that
  stopped everything is in no cadence again.
* The offer that it ended says no no more, so that it does not end texting: it was superseded by a call, which stands on
  the list now, since what they did mean is with a person. What may be a wish to stop or to wait is read first.
* A referral that the no held stays held: a person lets it go.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from outreach.engine.end_offer import asked_offer, end_offer
from outreach.runtime import Runtime
from outreach.store import events, offers
from outreach.store.cadences import EnrolmentRow, live_enrolment
from outreach.store.consents import standing_of
from outreach.store.families import FamilyRow
from outreach.store.offers import OfferRow
from outreach.store.texts import ReadingRow

COUNTED = "counted"
DECLINED = "declined"
PUT_RIGHT = "put_right"


def counted(row: ReadingRow, enrolment: EnrolmentRow, offer: OfferRow | None) -> None:
    """Note beside the reading what a no is about to change. Ids and codes only."""
    before = {
        "enrolment": enrolment.id, "offer": offer.id if offer else None, "state": enrolment.state,
        "why": enrolment.state_why, "until": enrolment.rest_until.isoformat() if enrolment.rest_until else None,
    }  # fmt: skip
    row.details = {**row.details, COUNTED: before}


def take_back_no(
    session: Session, runtime: Runtime, row: ReadingRow, *, family_id: str, by: str, now: datetime
) -> None:
    """Take back what the no in this text counted for; nothing where it counted for nothing. Lock the number first."""
    before = row.details.get(COUNTED)
    if before is None:
        return
    row.details = {key: value for key, value in row.details.items() if key != COUNTED}
    enrolment = session.get_one(EnrolmentRow, before["enrolment"])
    enrolment.noes = max(0, enrolment.noes - 1)
    answered = session.get(OfferRow, before["offer"]) if before["offer"] else None
    if answered is not None and answered.outcome == "O4":
        answered.outcome, answered.outcome_why = "superseded", PUT_RIGHT
    standing = offers.lock_open_offer(session, family_id)
    if standing is not None and standing.why == "after_no" and not standing.tries:
        end_offer(session, runtime, standing, outcome="superseded", why=PUT_RIGHT, now=now, by=by)
    if _goes_on(session, enrolment, family_id):
        enrolment.state, enrolment.state_why = before["state"], before["why"]
        enrolment.rest_until = date.fromisoformat(before["until"]) if before["until"] else None
        enrolment.ended_at, enrolment.rested_why = None, None
        session.flush()
        if offers.open_offer(session, family_id) is None:
            asked_offer(
                session, runtime, family_id=family_id, due_at=now, promised=False, why="offer_again", now=now, by=by
            )
    events.note(
        session, "no_taken_back", id=runtime.new_id(), at=now, actor_id=by, family_id=family_id,
        subjects=[row.text_id], data={"noes": enrolment.noes},
    )  # fmt: skip
    session.flush()


def _goes_on(session: Session, enrolment: EnrolmentRow, family_id: str) -> bool:
    """Whether it rests or ended by that no, and nothing since forbids that it goes on."""
    if enrolment.state == "active" or enrolment.state_why != DECLINED:
        return False
    live = live_enrolment(session, family_id)
    if live is not None and live.id != enrolment.id:
        return False
    family = session.get_one(FamilyRow, family_id)
    return family.excluded_why is None and not {"text", "call"} <= standing_of(session, family_id).stopped
