"""Danger that shows in a call is told to the person on duty at once, and not when the call ends.

Rules
* The first answer that shows it raises an alert of its kind, once a call; changing the answer afterwards takes none
  back: a person looks.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.script import Walk
from outreach.domain.script_danger import danger_in
from outreach.engine.alerts import raise_alert
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow
from outreach.store.conversations import ConversationRow
from outreach.store.families import FamilyRow


def raise_danger(
    session: Session, runtime: Runtime, conversation: ConversationRow, stands: Walk, *, now: datetime
) -> bool:
    """True where an alert was raised that was not there before."""
    kinds = danger_in(stands.facts, stands.ended)
    if not kinds:
        return False
    query = select(AlertRow.kind).where(AlertRow.conversation_id == conversation.id)
    family = session.get_one(FamilyRow, conversation.family_id)
    new = sorted(kinds - set(session.scalars(query)))
    for kind in new:
        raise_alert(
            session,
            runtime,
            area_code=family.area_code,
            family_id=family.id,
            kind=kind,
            now=now,
            number_id=conversation.number_id,
            conversation_id=conversation.id,
        )
    return bool(new)
