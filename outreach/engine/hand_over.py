"""Warm handover: where a partner's worker stands by, they can be joined to the call once the family agreed.

Rules
* Only on a call that goes on, by who guides it, and only after the yes to a referral was marked in this very call. The
  worker is one of that partner's whose own standby hours are now, and who does not know the family (conflict list).
* The worker's phone rings first; once they press a key, the practitioner's own phone rings with them, and the
  practitioner brings the two calls together on it. The worker never gets the family's number in this way.
* Asked again at the key: a consent that was taken back, a call that is closed, or somebody who was put on the conflict
  list meanwhile connects nobody.
* Each step is an event. Where nobody stands by, or nobody picks up, the referral goes its usual way: it never waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain import rota
from outreach.domain.access import Actor
from outreach.domain.delivery import Accepted, CallReceipt
from outreach.domain.script import CONSENT_TO_REFER, GIVEN
from outreach.engine import pinned
from outreach.engine.guide_call import OPEN, Refusal, call_of_theirs
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.areas import AreaRow
from outreach.store.conflicts import hidden_from
from outreach.store.conversations import ConversationRow
from outreach.store.families import FamilyRow
from outreach.store.sealing import SERVICE, unseal
from outreach.store.staff import StaffRow
from outreach.store.standby import HandoverRow, handovers_of, stands_by

RINGS_FOR = timedelta(minutes=2)
NOBODY = "Nobody there stands by just now. Go on: the referral goes its usual way, and they ring the family."


@dataclass(frozen=True, slots=True)
class Asked:
    """Their phone rings now."""

    worker: str


def ask_partner(runtime: Runtime, actor: Actor, *, conversation_id: str) -> Asked | Refusal:
    """Ring the partner's worker who stands by."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        conversation = call_of_theirs(session, actor, conversation_id)
        if conversation.state not in OPEN or conversation.staff_id != actor.id:
            return Refusal("This call is closed, or a colleague has it.")
        if not _agreed(session, conversation):
            return Refusal("They have not agreed to a referral in this call. Ask that first.")
        if any(
            row.state == "asked" and now - row.asked_at < RINGS_FOR for row in handovers_of(session, conversation.id)
        ):
            return Refusal("Their phone is ringing already.")
        if _phone(session, actor.id) is None:
            return Refusal("We do not know your own number, so nobody can be brought to your phone.")
        family = session.get_one(FamilyRow, conversation.family_id)
        partner_id = session.get_one(AreaRow, family.area_code).partner_id
        worker = _who_stands_by(session, partner_id, family.id, now=now) if partner_id else None
        phone = _phone(session, worker.id) if worker else None
        if partner_id is None or worker is None or phone is None:
            _note(session, runtime, "handover_nobody_there", conversation, [], by=actor.id, now=now)
            return Refusal(NOBODY)
        row = HandoverRow(
            id=runtime.new_id(), conversation_id=conversation.id, family_id=family.id, partner_id=partner_id,
            staff_id=worker.id, state="asked", asked_by=actor.id, asked_at=now,
        )  # fmt: skip
        session.add(row)
        _note(session, runtime, "handover_asked", conversation, [row.id, worker.id], by=actor.id, now=now)
        handover_id, name = row.id, worker.name
    handed = runtime.phone.dial(first=phone, reference=handover_id)
    with runtime.sessions.begin() as session:
        row = session.get_one(HandoverRow, handover_id, with_for_update=True)
        if isinstance(handed, Accepted):
            row.provider_sid = handed.sid
            return Asked(name)
        row.state = "not_reached"
    return Refusal("The telephone network did not take the call. Go on: the referral goes its usual way.")


def number_to_join(runtime: Runtime, reference: str) -> str | None:
    """The worker pressed a key: the practitioner's own number; ``None`` where they may not be joined any more."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = session.scalars(select(HandoverRow).where(HandoverRow.id == reference).with_for_update()).one_or_none()
        if row is None or row.state not in ("asked", "joined"):
            return None
        conversation = session.get_one(ConversationRow, row.conversation_id)
        phone = _phone(session, row.asked_by)
        known = row.family_id in hidden_from(session, row.staff_id) | hidden_from(session, row.asked_by)
        if conversation.state not in OPEN or not _agreed(session, conversation) or phone is None or known:
            row.state = "withheld"
            _note(session, runtime, "handover_withheld", conversation, [row.id], by="system", now=now)
            return None
        if row.state == "asked":
            row.state, row.joined_at = "joined", now
            _note(session, runtime, "handover_joined", conversation, [row.id, row.staff_id], by=row.staff_id, now=now)
        return phone


def note_state(runtime: Runtime, call: CallReceipt, reference: str) -> None:
    """The worker's leg is over without their having been joined: nobody was reached."""
    if not call.state.is_final:
        return
    with runtime.sessions.begin() as session:
        row = session.scalars(select(HandoverRow).where(HandoverRow.id == reference).with_for_update()).one_or_none()
        if row is not None and row.state == "asked":
            row.state = "not_reached"


def _agreed(session: Session, conversation: ConversationRow) -> bool:
    _, stands = pinned.walked(session, conversation)
    return stands.facts.get(CONSENT_TO_REFER) == GIVEN


def _who_stands_by(session: Session, partner_id: str, family_id: str, *, now: datetime) -> StaffRow | None:
    for staff_id in rota.on_duty(stands_by(session, partner_id), now):
        staff = session.get_one(StaffRow, staff_id)
        if staff.left_at is None and _phone(session, staff_id) and family_id not in hidden_from(session, staff_id):
            return staff
    return None


def _phone(session: Session, staff_id: str) -> str | None:
    staff = session.get_one(StaffRow, staff_id)
    return unseal(session, staff.phone, key_id=SERVICE, table="staff", column="phone", row_id=staff.id)


def _note(
    session: Session, runtime: Runtime, name: str, conversation: ConversationRow, more: list[str], *, by: str,
    now: datetime,
) -> None:  # fmt: skip
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id=by, family_id=conversation.family_id,
        subjects=[conversation.id, *more],
    )  # fmt: skip
