"""Sets what the gate of an area goes by: thresholds, the front door, who new families land with, and how long for.

Rules
* A coordinator or supervisor, in their own areas. What was set before stands in the event.
* The front door is one plain e-mail address; whether personal data may go there, ``notice_domains`` says.
* The champion works in the area and may ring.
* The partner is the charity that calls and texts of the area name. It does not change while one of them is open: what
  was agreed to by one name never goes to another.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.access import GRANTS, Actor, Permission, Role, require
from outreach.domain.notice import THRESHOLDS
from outreach.gateway.mail import domain_of
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.areas import AreaRow
from outreach.store.conversations import ConversationRow
from outreach.store.families import FamilyRow
from outreach.store.staff import OrganisationRow, StaffAreaRow, StaffRow

MOST_DAYS = 30
POLICE = "police"
"""The kind of organisation that is never the partner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """``front_door`` and ``champion_id`` may be empty. Days are working days. ``partner_id``: None leaves it
    as it is."""

    thresholds: Collection[str]
    front_door: str
    chase_days: int
    champion_id: str
    pick_up_days: int
    partner_id: str | None = None


@dataclass(frozen=True, slots=True)
class NotSet:
    """What is wrong: the field and what to do."""

    problems: tuple[tuple[str, str], ...]


def set_gate(runtime: Runtime, actor: Actor, *, area: str, gate: Gate) -> NotSet | None:
    require(actor, Permission.SETTING_EDIT, area=area)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = session.get_one(AreaRow, area, with_for_update=True)
        problems = []
        if not set(gate.thresholds) <= set(THRESHOLDS):
            problems.append(("thresholds", "Choose from the list"))
        if gate.front_door and domain_of(gate.front_door) is None:
            problems.append(("front_door", "Write one e-mail address, like front.door@example.gov.uk"))
        for field, days in (("chase_days", gate.chase_days), ("pick_up_days", gate.pick_up_days)):
            if not 1 <= days <= MOST_DAYS:
                problems.append((field, f"Write a number of days from 1 to {MOST_DAYS}"))
        if gate.champion_id:
            person = session.get(StaffRow, gate.champion_id)
            there = session.get(StaffAreaRow, (gate.champion_id, area)) is not None
            if person is None or person.left_at or not there or Permission.CALL_MAKE not in GRANTS[Role(person.role)]:
                problems.append(("champion", "Choose somebody who works in this area and may ring"))
        partner = row.partner_id if gate.partner_id is None else gate.partner_id or None
        if partner != row.partner_id:
            problems += _partner_problems(session, area, partner)
        if problems:
            return NotSet(tuple(problems))
        before = {"thresholds": list(row.notice_thresholds), "chase_days": row.notice_chase_days}
        row.notice_thresholds = [code for code in THRESHOLDS if code in gate.thresholds]
        row.front_door, row.notice_chase_days = gate.front_door or None, gate.chase_days
        row.champion_id, row.pick_up_days, row.partner_id = gate.champion_id or None, gate.pick_up_days, partner
        events.note(
            session, "gate_set", id=runtime.new_id(), at=now, actor_id=actor.id,
            subjects=[each for each in (row.champion_id, row.partner_id) if each],
            data={"area": area, "thresholds": row.notice_thresholds, "chase_days": row.notice_chase_days,
                  "pick_up_days": row.pick_up_days, "before": before},
        )  # fmt: skip
    return None


def _partner_problems(session: Session, area: str, partner_id: str | None) -> list[tuple[str, str]]:
    partner = session.get(OrganisationRow, partner_id) if partner_id else None
    if partner is None or partner.kind == POLICE:
        return [("partner", "Choose the charity that families of this area are referred to")]
    talking = (
        select(ConversationRow.id)
        .join(FamilyRow, FamilyRow.id == ConversationRow.family_id)
        .where(FamilyRow.area_code == area, ConversationRow.state.in_(("open", "parked")))
    )
    if session.scalars(talking.limit(1)).first() is not None:
        return [("partner", "A call or a talk by text here is not closed yet, and names the charity. Wait for it")]
    return []
