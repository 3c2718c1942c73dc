"""Somebody rings us, and *Who is ringing?* found whose number it may be: the call is opened as one they asked for.

Rules
* The call begins with an opening of its own (``they_rang``): who it is and whether it is safe come first, and until
  then no line of it says a name, or that a family is known.
* What forbids ringing them forbids this too (a hold, a stop, a number somebody else was on): a colleague rings back
  once somebody has looked.
* A call that stands open is that call again. Pressing twice opens once.
"""

from __future__ import annotations

from outreach.domain.access import Actor, Permission, require
from outreach.engine.end_offer import asked_offer
from outreach.engine.guide_call import (
    Opened,
    Refusal,
    begin_with,
    come_back,
    not_practised,
    objection_to,
    open_call,
    script_for,
    standing_call,
)
from outreach.engine.situation import best_number
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.families import FamilyRow
from outreach.store.offers import OfferRow

LATER = " Take no details. Say that a colleague will ring back, and tell your supervisor."


def answer_ring(runtime: Runtime, actor: Actor, *, family_id: str) -> Opened | Refusal:
    """Open the guided call for somebody who is on the line now."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        family = session.get_one(FamilyRow, family_id)
        require(actor, Permission.CALL_MAKE, area=family.area_code, family=family.id)
        unready = not_practised(session, runtime, actor, family)
        if unready is not None:
            return unready
        standing = standing_call(session, family.id)
        if standing is not None:
            offer = session.get(OfferRow, standing.offer_id) if standing.offer_id else None
            said = come_back(session, runtime, actor, family, standing, offer, now=now)
            if isinstance(said, Refusal):
                return Refusal(said.why + LATER)
            if not said.begun and offer is not None:
                begin_with(session, runtime, standing, script_for(session, runtime, offer, they_rang=True), now=now)
            return said
        number = best_number(session, family.id, channel="call")
        objection = objection_to(session, runtime, actor, family, number, promised=True, now=now)
        if objection is not None:
            return Refusal(objection + LATER)
        offer = asked_offer(session, runtime, family_id=family.id, due_at=now, now=now, by=actor.id)
        events.note(
            session, "they_rang", id=runtime.new_id(), at=now, actor_id=actor.id, family_id=family.id,
            subjects=[offer.id], data={},
        )  # fmt: skip
        offer_id = offer.id
    return open_call(runtime, actor, offer_id=offer_id, they_rang=True)
