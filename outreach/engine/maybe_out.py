"""*He may be out*: somebody heard that the imprisoned parent may have been released.

Rules
* The family is held for the supervisor's release review at once, and a task for the same day is opened.
* What was agreed about texts on the family's numbers lapses: nobody knows who reads them now (level 0).
* A call that is open goes on: the person on it decides. Saying it twice changes nothing.
"""

from __future__ import annotations

from outreach.domain.access import Actor, Permission, require
from outreach.domain.hold import Kind
from outreach.engine.holds import set_hold
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import events, numbers
from outreach.store.families import FamilyRow


def maybe_out(runtime: Runtime, actor: Actor, *, family_id: str) -> None:
    """Hold the family, ask the supervisor, and trust no number any more."""
    require(actor, Permission.HOLD_SET)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        family = session.get_one(FamilyRow, family_id)
        require(actor, Permission.HOLD_SET, area=family.area_code, family=family.id)
        for _, number in numbers.numbers_of(session, family.id):
            numbers.lock(session, number.id).level = 0
        set_hold(session, runtime, family_id=family.id, kind=Kind.RELEASED, by=actor.id, now=now)
        open_task(
            session, runtime, kind="release_review", subject_id=family.id, family_id=family.id, now=now,
            for_role="supervisor",
        )  # fmt: skip
        events.note(
            session, "maybe_out_said", id=runtime.new_id(), at=now, actor_id=actor.id, family_id=family.id,
            subjects=[family.id], data={},
        )  # fmt: skip
