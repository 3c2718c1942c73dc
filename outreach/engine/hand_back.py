"""Hand back: a call that stood on one's list goes to somebody else's, or to nobody's until somebody takes it.

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
        if offer is None or offer.state != "open" or actor.id not in (offer.list_of, offer.assigned_to):
            return False
        offer.assigned_to, offer.list_of, offer.list_on, offer.passed_by = None, None, None, actor.id
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
