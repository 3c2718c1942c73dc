"""Hand back: a call that somebody took stands on everybody's list again.

* Only one's own; what is a colleague's, or nobody's, stays as it is. A family's named practitioner stays named.
"""

from __future__ import annotations

from outreach.domain.access import Actor, Permission, require
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.offers import OfferRow


def hand_back(runtime: Runtime, actor: Actor, *, offer_id: str) -> bool:
    """Hand one's own open call back. False where there was nothing of one's own to hand back."""
    require(actor, Permission.WORKLIST_READ)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        offer = session.get(OfferRow, offer_id, with_for_update=True)
        if offer is None or offer.state != "open" or offer.assigned_to != actor.id:
            return False
        offer.assigned_to = None
        events.note(
            session,
            "call_handed_back",
            id=runtime.new_id(),
            at=now,
            actor_id=actor.id,
            family_id=offer.family_id,
            subjects=[offer.id],
        )
        return True
