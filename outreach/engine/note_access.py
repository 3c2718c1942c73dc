"""Write down that somebody was shown personal data: one event a page, before the page goes out.

* The event holds the page's name and the families' ids; a reason where one was asked for. No words, no names.
"""

from __future__ import annotations

from collections.abc import Sequence

from outreach.domain.access import Actor
from outreach.runtime import Runtime
from outreach.store import events


def note_access(
    runtime: Runtime, actor: Actor, *, page: str, families: Sequence[str] = (), reason: str | None = None
) -> None:
    """Append ``page_seen``. ``reason`` is a code or the place where the words are kept, never the words."""
    seen = sorted(set(families))
    with runtime.sessions.begin() as session:
        events.note(
            session,
            "page_seen",
            id=runtime.new_id(),
            at=runtime.now(),
            actor_id=actor.id,
            family_id=seen[0] if len(seen) == 1 else None,
            subjects=seen,
            data={"page": page} | ({"reason": reason} if reason else {}),
        )
