"""Follows up a half-finished conversation about consent by text: a reminder, then a call.

Rules
* A day after the question went, it is asked once more, behind a kind word: what is answered is the newest text.
* Two days after that went, the conversation ends, a person is told, and a call is on the list.
* So it does at once where the question could not be asked: refused, not delivered, withheld. Where it only waits for a
  kind hour, nothing is done.
* Not while a hold stands: a person looks first. Where they were rung since, it ends, and nothing more.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.orm import Session

from outreach.domain.hold import in_force
from outreach.engine.asked_by_text import NEVER_OUT, asking, going_on
from outreach.engine.converse import BY_A_PERSON, ask, break_off, ring
from outreach.engine.situation import holds_of
from outreach.runtime import Runtime
from outreach.store import numbers, offers
from outreach.store.conversations import ConversationRow, answers_of, spoken_since
from outreach.store.families import FamilyRow
from outreach.store.texts import TextRow

NUDGE_AFTER = timedelta(days=1)
CALL_AFTER = timedelta(days=2)
"""After the reminder went."""

_TO_FOLLOW = (
    select(ConversationRow.id, ConversationRow.number_id)
    .where(
        ConversationRow.kind == "text",
        ConversationRow.state == "open",
        or_(
            ConversationRow.touched_at <= bindparam("before"),
            exists().where(
                TextRow.number_id == ConversationRow.number_id, TextRow.conversation_id == ConversationRow.id,
                TextRow.state.in_(sorted(NEVER_OUT)),
            ),
        ),
    )
    .order_by(ConversationRow.id)
)  # fmt: skip


def follow_up(runtime: Runtime) -> int:
    """Remind each half-finished conversation once; then, and where its question could not be asked, make it a call."""
    now = runtime.now()
    with runtime.sessions.read() as session:
        found = session.execute(_TO_FOLLOW, {"before": now - NUDGE_AFTER}).all()
    for conversation_id, number_id in found:
        with runtime.sessions.begin() as session:
            numbers.lock(session, number_id or "")
            row = session.get_one(ConversationRow, conversation_id, with_for_update=True)
            if row.state == "open" and not in_force(holds_of(session, row.family_id), now):
                _follow_up(session, runtime, row, now=now)
    return len(found)


def _follow_up(session: Session, runtime: Runtime, row: ConversationRow, *, now: datetime) -> None:
    asked = asking(session, row, answers_of(session, row.id))
    last = asked[-1] if asked else None
    if last is None or last.state in NEVER_OUT:
        _make_it_a_call(session, runtime, row, why="not_asked", now=now)
    elif last.handed_over_at is None:
        return  # it waits for a kind hour; where that is days off, it is dropped
    elif row.nudged_at is None and now - last.handed_over_at >= NUDGE_AFTER:
        if row.id in going_on(session, [row.id]):
            row.nudged_at = now
            ask(session, runtime, row, answers_id=last.answers_id, due_at=now, reminds=True, now=now)
        else:
            _make_it_a_call(session, runtime, row, why="not_asked", now=now)
    elif row.nudged_at is not None and now - last.handed_over_at >= CALL_AFTER:
        _make_it_a_call(session, runtime, row, why="silence", now=now)


def _make_it_a_call(session: Session, runtime: Runtime, row: ConversationRow, *, why: str, now: datetime) -> None:
    rung = spoken_since(session, row.family_id, row.began_at)
    offers.lock_open(session, [row.family_id])
    break_off(session, runtime, row, why=BY_A_PERSON if rung else why, now=now)
    if not rung and session.get_one(FamilyRow, row.family_id).excluded_why is None:
        ring(session, runtime, family_id=row.family_id, by="system", now=now)
