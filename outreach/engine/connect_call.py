"""The practitioner picked up and pressed a key: may the carer be rung now?

Rules
* Asked at the last moment: a stop, a hold, a second answer or an entry on the conflict list since the dial counts.
* The number is given only for the call that the attempt has now, and only while its conversation is open.
"""

from __future__ import annotations

from sqlalchemy import select

from outreach.domain import sending
from outreach.domain.delivery import CallReceipt
from outreach.engine.delivery_reports import CONNECTING, is_this_call
from outreach.engine.situation import decide
from outreach.runtime import Runtime
from outreach.store import events, numbers
from outreach.store.conflicts import hidden_from
from outreach.store.conversations import ConversationRow
from outreach.store.families import FamilyRow
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.staff import StaffRow


def number_to_ring(runtime: Runtime, call: CallReceipt, reference: str) -> str | None:
    """The carer's number, E.164; None where the call may not, or cannot, go on."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        number_id = session.scalar(select(AttemptRow.number_id).where(AttemptRow.id == reference))
        if number_id is None:
            return None
        number = numbers.lock(session, number_id)
        attempt = session.scalars(select(AttemptRow).where(AttemptRow.id == reference).with_for_update()).one()
        if not is_this_call(attempt, call):
            return None
        state = attempt.provider_state or ""
        if not (state in ("asked", "unknown", CONNECTING) or state.startswith("first_")):
            return None
        conversation = session.get(ConversationRow, attempt.conversation_id) if attempt.conversation_id else None
        if conversation is None or conversation.state not in ("open", "parked"):
            return None
        family = session.get_one(FamilyRow, attempt.family_id)
        offer = session.get_one(OfferRow, attempt.offer_id)
        staff = session.get(StaffRow, attempt.staff_id) if attempt.staff_id else None
        if staff is not None and family.id in hidden_from(session, staff.id):
            return None  # they were put on the conflict list since they dialled
        named = staff is not None and family.assigned_to == staff.id and staff.trained_in_careful_contact
        contact = sending.Contact(
            channel="call", purpose=sending.Purpose.PERSON, promised=offer.asked_for, by_named_practitioner=named
        )
        answer = decide(session, runtime, family_id=family.id, number=number, contact=contact, now=now)
        if not isinstance(answer, sending.Send):
            events.note(
                session, "call_not_connected", id=runtime.new_id(), at=now, actor_id="system", family_id=family.id,
                subjects=[attempt.id], data={"why": answer.reason},
            )  # fmt: skip
            return None
        attempt.provider_sid, attempt.provider_state = call.sid, CONNECTING
        return numbers.written(session, number)
