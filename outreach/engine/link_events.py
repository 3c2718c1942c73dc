"""Links committed events into the chain, and verifies it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from outreach.runtime import Runtime
from outreach.store import events

AT_ONCE, MOST_TURNS = 250, 20


@dataclass(frozen=True, slots=True)
class Verified:
    """``broken_at``: the first link that does not hold. ``loose``: events not linked yet."""

    broken_at: int | None
    links: int
    loose: int


def link_events(runtime: Runtime) -> int:
    """Link what is loose; returns how many. Another worker that links at the same moment wins: nothing is lost.

    A few at a time: a text that comes in does not wait for thousands of links.
    """
    count = 0
    for _ in range(MOST_TURNS):
        try:
            with runtime.sessions.begin() as session:
                linked = events.link_events(session, most=AT_ONCE)
        except IntegrityError:
            break
        count += linked
        if linked < AT_ONCE:
            break
    return count


def verify_events(runtime: Runtime) -> Verified:
    with runtime.sessions.read() as session:
        broken, links, loose = events.first_broken_link(session)
    return Verified(broken, links, loose)
