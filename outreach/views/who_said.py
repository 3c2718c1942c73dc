"""Who spoke the lines of a call: a colleague may have carried it on, or have made it on paper."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.names import caller_name
from outreach.store.conversations import AnswerRow, ConversationRow
from outreach.store.offers import AttemptRow
from outreach.store.staff import StaffRow

Spoken = dict[tuple[str, int], str]
"""By step and visit, the name that was said."""


def who_said(session: Session, conversation: ConversationRow, answers: Sequence[AnswerRow]) -> Spoken:
    """Only the lines that somebody else spoke than whoever has the call now."""
    by = {(row.address, row.visit): row.by_staff for row in answers}
    if conversation.on_paper:
        made = select(AttemptRow.staff_id).where(AttemptRow.conversation_id == conversation.id)
        by = dict.fromkeys(by, session.scalar(made))
    others = {staff_id for staff_id in by.values() if staff_id not in (None, conversation.staff_id)}
    if not others:
        return {}
    known = select(StaffRow.id, StaffRow.name).where(StaffRow.id.in_(others))
    names = {staff_id: caller_name(name) for staff_id, name in session.execute(known)}
    return {place: names[staff_id] for place, staff_id in by.items() if staff_id in names}
