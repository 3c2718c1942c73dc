"""Calls that were left: *finish later* waits until the end of the shift, and no longer in silence.

Rules
* A call that is not closed waits under *Finish later* for who left it, with every answer.
* When their stretch of duty that day is over (six in the evening where they had none, at least two hours after they
  left it), a coordinator is asked to see to it: once for each call. The call itself stays open for either of them.
* Closing the call closes the task (``finish_call``).
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain import rota
from outreach.domain.quiet_hours import at_london, london
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store.alerts import TaskRow
from outreach.store.conversations import ConversationRow
from outreach.store.families import FamilyRow
from outreach.store.staff import shifts_of

EVENING = time(18)
AT_LEAST = timedelta(hours=2)
KIND = "finish_call"


def watch_parked(runtime: Runtime) -> int:
    """Ask about the calls whose time to be finished is over; returns how many were looked at."""
    now = runtime.now()
    asked = select(TaskRow.subject_id).where(TaskRow.kind == KIND)
    left = select(ConversationRow.id, FamilyRow.area_code, ConversationRow.staff_id, ConversationRow.touched_at)
    left = left.join(FamilyRow, FamilyRow.id == ConversationRow.family_id).where(
        ConversationRow.state.in_(("open", "parked")), ConversationRow.kind != "text", ConversationRow.id.not_in(asked)
    )
    with runtime.sessions.read() as session:
        rows = session.execute(left).all()
        late = [row.id for row in rows if now >= waits_until(session, row.area_code, row.staff_id, row.touched_at)]
    for conversation_id in late:
        with runtime.sessions.begin() as session:
            row = session.get_one(ConversationRow, conversation_id, with_for_update=True)
            if row.state in ("open", "parked"):
                open_task(session, runtime, kind=KIND, subject_id=row.id, family_id=row.family_id, now=now)
    return len(rows)


def waits_until(session: Session, area: str, staff_id: str | None, left_at: datetime) -> datetime:
    """Until when the paperwork of a call may wait: the end of the shift in which it was left."""
    day = london(left_at).date()
    mine = [shift for shift in shifts_of(session, area) if shift.staff_id == staff_id]
    ends = [end for begin, end in rota.stretches(mine, day) if end > left_at]
    return max(ends[0] if ends else at_london(day, EVENING), left_at if ends else left_at + AT_LEAST)
