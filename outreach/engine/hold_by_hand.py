"""A colleague asks to wait: nothing automatic goes to the family until somebody lifts it. A reason is needed."""

from __future__ import annotations

from outreach.domain.access import Actor, Permission, require
from outreach.domain.hold import Kind
from outreach.engine.holds import set_hold
from outreach.runtime import Runtime
from outreach.store.families import FamilyRow


def hold_by_hand(runtime: Runtime, actor: Actor, *, family_id: str, why: str) -> bool:
    """Set the hold. False when no reason was given; setting it twice changes nothing."""
    require(actor, Permission.HOLD_SET)
    if not why.strip():
        return False
    now = runtime.now()
    with runtime.sessions.begin() as session:
        family = session.get_one(FamilyRow, family_id)
        require(actor, Permission.HOLD_SET, area=family.area_code, family=family.id)
        set_hold(session, runtime, family_id=family.id, kind=Kind.BY_HAND, by=actor.id, now=now, why=why.strip())
    return True
