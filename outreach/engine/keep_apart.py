"""The conflict list: a coordinator says that a colleague knows a family, and the family is hidden from them.

Rules
* A coordinator of the family's area says who and how they know each other, and may say more; the reason is kept.
* From that moment the colleague sees nothing of the family anywhere (``store/hiding.py``). What they had in hand goes
  back: the family is nobody's in particular, a call they left open waits for the coordinator, a thread and an alert
  they had taken are anybody's again.
* Taking somebody off the list needs a coordinator too, and a reason. Both are events; they hold no name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import update
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, require
from outreach.engine.merge_families import hide_alike
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.alerts import AlertRow
from outreach.store.conflicts import ConflictRow
from outreach.store.conversations import ConversationRow
from outreach.store.families import LOCKED, FamilyRow
from outreach.store.offers import OfferRow
from outreach.store.sealing import seal
from outreach.store.staff import StaffRow
from outreach.store.texts import ReadingRow

KNOWS: Mapping[str, str] = MappingProxyType(
    {
        "relative": "They are related",
        "friend": "They are friends, or were",
        "neighbour": "They are neighbours, or meet in everyday life",
        "work": "They have dealt with this family in another job",
        "other": "Another reason",
    }
)


@dataclass(frozen=True, slots=True)
class NotKept:
    """``field``: what to put right on the form."""

    why: str
    field: str


def keep_apart(runtime: Runtime, actor: Actor, *, family_id: str, staff_id: str, kind: str, why: str) -> NotKept | None:
    """Put a colleague on the family's conflict list. Saying it again puts the new reason in place of the old."""
    require(actor, Permission.FAMILY_ASSIGN)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        family = session.get_one(FamilyRow, family_id, with_for_update=LOCKED)
        require(actor, Permission.FAMILY_ASSIGN, area=family.area_code, family=family.id)
        person = session.get(StaffRow, staff_id)
        if person is None or person.left_at is not None:
            return NotKept("Choose who knows them.", "knows")
        if kind not in KNOWS:
            return NotKept("Say how they know each other.", "how-known")
        if kind == "other" and not why.strip():
            return NotKept("Say in a few words why.", "apart-why")
        row = session.get(ConflictRow, (staff_id, family_id))
        if row is None:
            row = ConflictRow(staff_id=staff_id, family_id=family_id, kind=kind, set_by=actor.id, set_at=now)
            session.add(row)
        row.kind, row.set_by, row.set_at, row.why = kind, actor.id, now, None
        if why.strip():
            row.why = seal(session, why.strip(), key_id=family_id, table="conflict", column="why", row_id=staff_id)
        session.flush()
        _take_back(session, family, staff_id, actor, now=now)
        for alike, from_whom in hide_alike(session, family.ref, now=now):
            _take_back(session, alike, from_whom, actor, now=now)
        events.note(
            session, "conflict_set", id=runtime.new_id(), at=now, actor_id=actor.id, family_id=family_id,
            subjects=[staff_id], data={"kind": kind},
        )  # fmt: skip
    return None


def end_conflict(runtime: Runtime, actor: Actor, *, family_id: str, staff_id: str, why: str) -> NotKept | None:
    """Take a colleague off the list: it was a mistake, or is not so any more."""
    require(actor, Permission.FAMILY_ASSIGN)
    if why not in ENDS:
        return NotKept("Say why they may see the family again.", f"apart-{staff_id}")
    now = runtime.now()
    with runtime.sessions.begin() as session:
        family = session.get_one(FamilyRow, family_id)
        require(actor, Permission.FAMILY_ASSIGN, area=family.area_code, family=family.id)
        row = session.get(ConflictRow, (staff_id, family_id))
        if row is not None:
            session.delete(row)
            events.note(
                session, "conflict_ended", id=runtime.new_id(), at=now, actor_id=actor.id, family_id=family_id,
                subjects=[staff_id], data={"why": why},
            )  # fmt: skip
    return None


ENDS: Mapping[str, str] = MappingProxyType(
    {
        "mistake": "It was a mistake: they do not know each other",
        "over": "It is not so any more",
        "agreed": "The family knows, and agrees",
    }
)


def _take_back(session: Session, family: FamilyRow, staff_id: str, actor: Actor, *, now: datetime) -> None:
    if family.assigned_to == staff_id:
        family.assigned_to = None
    theirs = (OfferRow.family_id == family.id, OfferRow.state == "open", OfferRow.assigned_to == staff_id)
    session.execute(update(OfferRow).where(*theirs).values(assigned_to=None))
    session.execute(
        update(ConversationRow)
        .where(
            ConversationRow.family_id == family.id,
            ConversationRow.staff_id == staff_id,
            ConversationRow.state.in_(("open", "parked")),
        )
        .values(state="parked", staff_id=actor.id, touched_at=now)
    )
    taken = (ReadingRow.family_id == family.id, ReadingRow.taken_by == staff_id, ReadingRow.settled_at.is_(None))
    session.execute(update(ReadingRow).where(*taken).values(taken_by=None, taken_at=None))
    held = (AlertRow.family_id == family.id, AlertRow.taken_by == staff_id, AlertRow.settled_at.is_(None))
    session.execute(update(AlertRow).where(*held).values(taken_by=None, taken_at=None))
    session.flush()
