"""Says who is in touch with a family.

Rules
* Only somebody who works in the family's area and may ring; for *careful contact* only who is trained for it.
* The open offer goes to the same person. Nobody is a choice too: then the area's list has it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import update

from outreach.domain.access import GRANTS, Actor, Permission, Role, require
from outreach.domain.hold import RULES, Kind, Weight
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.conflicts import hidden_from
from outreach.store.families import FamilyRow
from outreach.store.holds import open_holds
from outreach.store.offers import OfferRow
from outreach.store.staff import StaffAreaRow, StaffRow


@dataclass(frozen=True, slots=True)
class NotAssigned:
    why: str


def assign(runtime: Runtime, actor: Actor, *, family_id: str, staff_id: str | None) -> NotAssigned | None:
    """Give a family to ``staff_id``, or to nobody in particular."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        family = session.get(FamilyRow, family_id)
        if family is None:
            return NotAssigned("There is no such family.")
        require(actor, Permission.FAMILY_ASSIGN, area=family.area_code, family=family.id)
        if staff_id is not None:
            person = session.get(StaffRow, staff_id)
            works_there = session.get(StaffAreaRow, (staff_id, family.area_code)) is not None
            if (
                person is None
                or person.left_at is not None
                or not works_there
                or Permission.CALL_MAKE not in GRANTS[Role(person.role)]
            ):
                return NotAssigned("Choose somebody who works in this area.")
            if family_id in hidden_from(session, staff_id):
                return NotAssigned("They know this family: it stands on the conflict list. Choose somebody else.")
            careful = any(RULES[Kind(row.kind)].weight is Weight.CAREFUL for row in open_holds(session, family_id))
            if careful and not person.trained_in_careful_contact:
                return NotAssigned("Careful contact: choose somebody who is trained for it.")
        if family.assigned_to == staff_id:
            return None
        family.assigned_to = staff_id
        session.execute(
            update(OfferRow)
            .where(OfferRow.family_id == family_id, OfferRow.state == "open")
            .values(assigned_to=staff_id)
        )
        events.note(
            session, "family_assigned", id=runtime.new_id(), at=now, actor_id=actor.id, family_id=family_id,
            subjects=[staff_id] if staff_id else [],
        )  # fmt: skip
    return None
