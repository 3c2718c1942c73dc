"""Moves the demo's clock on. There is no such thing outside the demo.

* The offset from real time is a row, so that console, worker and phones agree; time only goes forward.
* *To the next due offer* goes to the minute after the earliest open offer falls due; a day where none is open.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from outreach.domain.access import Actor, NotAllowed, Permission, require
from outreach.runtime import Runtime
from outreach.store import areas, events
from outreach.store.offers import OfferRow

LONGEST = timedelta(days=370)


def move_clock(runtime: Runtime, actor: Actor, *, by: timedelta | None) -> datetime:
    """Move on ``by``, or to the next due offer where it is ``None``; returns the time it is then."""
    require(actor, Permission.SELF)
    if not runtime.settings.demo:
        raise NotAllowed
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = areas.service(session, lock=True)
        if not row.demo:
            raise NotAllowed
        if by is None:
            due = session.scalar(
                select(func.min(OfferRow.due_at)).where(OfferRow.state == "open", OfferRow.due_at > now)
            )
            by = due - now + timedelta(minutes=1) if due is not None else timedelta(days=1)
        by = min(max(by, timedelta(0)), LONGEST)
        row.clock_offset_seconds += round(by.total_seconds())
        data = {"seconds": round(by.total_seconds())}
        events.note(session, "demo_clock_moved", id=runtime.new_id(), at=now, actor_id=actor.id, data=data)
    return now + by
