"""A supervisor decides about a number somebody else was on (DESIGN 4.6 rule 3), or that a file said is an imprisoned
parent's and takes back.

Rules
* Software never decides it, and nobody decides without saying how they know.
* *Again*: the number counts as one nobody has spoken to them on yet. What was agreed for its texts is gone; the next
  contact is a call, in which it is asked anew whether the phone is theirs and safe. A stop on it stands.
* *Never*: it is taken off every family it stands on, for good. Where that was the last, somebody finds another.
* While a file says of any family that it is an imprisoned parent's, nobody decides otherwise.
* Deciding twice decides once.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, NotAllowed, Permission, Role, require
from outreach.domain.import_matches import parents_key
from outreach.engine.answer_inbox import NotDone
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import events, numbers
from outreach.store.alerts import TaskRow
from outreach.store.families import FamilyRow
from outreach.store.numbers import FamilyNumberRow, NumberRow

HOW = {
    "in_person": "Somebody we know met them in person",
    "other_number": "We spoke with them on another number",
    "professional": "A professional who sees them confirmed it",
    "record": "A record we trust says so",
}
OFF = "somebody_else"
STILL_A_PARENTS = (
    "The last file says of a family that this is the imprisoned parent's number. It can be used once a file does not "
    "say so any more."
)


def decide_number(runtime: Runtime, actor: Actor, *, number_id: str, choice: str, how: str) -> NotDone | None:
    """``choice``: ``again`` or ``never``; ``how`` we know, a key of ``HOW``."""
    require(actor, Permission.HOLD_LIFT)
    if actor.role is not Role.SUPERVISOR:
        raise NotAllowed
    if choice not in ("again", "never"):
        return NotDone("Say whether the number may be used again.")
    if how not in HOW:
        return NotDone("Say how we know.")
    now = runtime.now()
    with runtime.sessions.begin() as session:
        number = numbers.lock(session, number_id)
        families = numbers.families_on(session, number_id)
        areas = set(session.scalars(select(FamilyRow.area_code).where(FamilyRow.id.in_(families))))
        if not areas or not areas <= actor.areas:
            raise NotAllowed
        for family_id in families:
            require(actor, Permission.HOLD_LIFT, family=family_id)
        if number.standing != "compromised" and not number.is_parents:
            return NotDone("Somebody has decided about this number already.")
        if choice == "again" and number.is_parents and number.standing != "compromised":
            if said_of_a_parent(session, number):
                return NotDone(STILL_A_PARENTS)
            number.is_parents = False
            _found(session, families, by=actor.id, now=now)
        if choice == "again":
            number.standing, number.level, number.verified_at, number.verified_by = "unverified", 0, None, None
            number.compromised_at, number.compromised_why = None, None
        else:
            _take_off(session, runtime, number, families, now=now)
        session.execute(
            update(TaskRow)
            .where(TaskRow.kind == "decide_number", TaskRow.subject_id == number_id, TaskRow.done_at.is_(None))
            .values(done_at=now, done_by=actor.id)
        )
        for family_id in families:
            events.note(
                session, "number_decided", id=runtime.new_id(), at=now, actor_id=actor.id, family_id=family_id,
                subjects=[number_id], data={"choice": choice, "how": how},
            )  # fmt: skip
    return None


def said_of_a_parent(session: Session, number: NumberRow) -> bool:
    """Whether a family's record has it as an imprisoned parent's."""
    key = parents_key(number.e164_index).to_bytes(8, "big")
    every = select(FamilyRow.match_keys).execution_options(yield_per=5_000)
    return any(key in keys for keys in session.scalars(every))


def _found(session: Session, families: list[str], *, by: str, now: datetime) -> None:
    asked = (TaskRow.kind == "find_number", TaskRow.subject_id.in_(families), TaskRow.done_at.is_(None))
    session.execute(update(TaskRow).where(*asked).values(done_at=now, done_by=by))


def _take_off(session: Session, runtime: Runtime, number: NumberRow, families: list[str], *, now: datetime) -> None:
    for family_id in families:
        link = session.get_one(FamilyNumberRow, (family_id, number.id))
        link.off_at, link.off_why = now, OFF
        session.flush()
        left = [row for _, row in numbers.numbers_of(session, family_id) if not row.is_parents]
        if all(row.standing in ("compromised", "lost") for row in left):
            open_task(session, runtime, kind="find_number", subject_id=family_id, family_id=family_id, now=now)
