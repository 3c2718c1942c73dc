"""After a call, for the practitioner: how was it, a pause, somebody to talk to.

Rules
* Whoever guided the call may say how it was. That is not kept: nobody's work is measured. What is kept is that they
  asked to talk, as a task for a supervisor, who has to know who asked.
* After a hard call nothing is put before them next: the page they come to holds no call. Saying it twice asks once.
"""

from __future__ import annotations

from outreach.domain.access import Actor, NotAllowed
from outreach.engine.guide_call import call_of_theirs
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import events


def wrap_up(runtime: Runtime, actor: Actor, *, conversation_id: str, talk: bool) -> None:
    """Close the call for oneself. ``talk``: a supervisor is asked to make time."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        conversation = call_of_theirs(session, actor, conversation_id)
        if conversation.staff_id != actor.id or conversation.state != "ended":
            raise NotAllowed
        if talk:
            open_task(
                session, runtime, kind="debrief", subject_id=conversation.id, family_id=conversation.family_id,
                now=now, for_role="supervisor", data={"asked_by": actor.id},
            )  # fmt: skip
        events.note(
            session, "call_wrapped_up", id=runtime.new_id(), at=now, actor_id=actor.id,
            family_id=conversation.family_id, subjects=[conversation.id], data={"talk": talk},
        )  # fmt: skip
