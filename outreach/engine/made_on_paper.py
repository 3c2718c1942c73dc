"""A call that was made on paper is entered afterwards, with its time and who made it.

Rules
* Only while the call is not closed, and only where it was not dialled from here: the network knows when that was.
* The time is past, and no more than two weeks ago. Who made it works in the family's area and may make calls.
* Saying it again puts the last word in its place; the try is counted once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from outreach.domain.access import Actor, Permission
from outreach.domain.cadence import part_of_day
from outreach.engine.dial_call import attempt_row
from outreach.engine.guide_call import OPEN, Refusal, call_of_theirs
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.families import FamilyRow
from outreach.store.offers import OfferRow
from outreach.store.staff import StaffRow, actor_of

OLDEST = timedelta(days=14)


def made_on_paper(runtime: Runtime, actor: Actor, *, conversation_id: str, at: datetime, by: str) -> Refusal | None:
    """Say when the call was made and by whom. None where that is kept."""
    now = runtime.now()
    if at > now:
        return Refusal("That time has not come yet.")
    if now - at > OLDEST:
        return Refusal("That is more than two weeks ago. Ask your coordinator.")
    with runtime.sessions.begin() as session:
        conversation = call_of_theirs(session, actor, conversation_id)
        if conversation.state not in OPEN or conversation.offer_id is None:
            return Refusal("This call is closed.")
        family = session.get_one(FamilyRow, conversation.family_id)
        staff = session.get(StaffRow, by)
        caller = actor_of(session, staff) if staff is not None and staff.left_at is None else None
        if caller is None or not caller.may(Permission.CALL_MAKE) or not caller.works_in(family.area_code):
            return Refusal("Say who made the call: somebody who works in this area.")
        offer = session.get_one(OfferRow, conversation.offer_id)
        attempt = attempt_row(session, runtime, conversation, offer, by=by, now=at)
        if attempt.provider_state is not None:
            return Refusal("This call was dialled from here, so its time is known.")
        attempt.at, attempt.band, attempt.staff_id, attempt.caller_id = at, part_of_day(at), by, None
        conversation.began_at, conversation.on_paper = at, True
        events.note(
            session, "call_made_on_paper", id=runtime.new_id(), at=now, actor_id=actor.id, family_id=family.id,
            subjects=[conversation.id, attempt.id], data={"by": by},
        )  # fmt: skip
    return None
