"""Notes who saw what, before it is shown (DPA 2018 s.62): one event a page, with the ids of the families."""

from __future__ import annotations

from collections.abc import Sequence

from outreach.domain.access import Actor
from outreach.runtime import Runtime
from outreach.store import events


def note_access(
    runtime: Runtime, actor: Actor, *, page: str, families: Sequence[str] = (), reason: str | None = None
) -> None:
    """Commit the event before the page is rendered. ``page`` is the name of a screen, ``reason`` a code."""
    with runtime.sessions.begin() as session:
        events.note(
            session,
            "page_seen",
            id=runtime.new_id(),
            at=runtime.now(),
            actor_id=actor.id,
            family_id=families[0] if len(families) == 1 else None,
            subjects=list(families),
            data={"page": page, "reason": reason},
        )
