"""Dials a call that is open: the practitioner's own phone rings first, then the carer's.

Rules
* The attempt's row is committed before the network is asked. Never two dials for one attempt.
* What forbids opening the call forbids dialling it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.access import Actor
from outreach.domain.cadence import part_of_day
from outreach.domain.delivery import Accepted, Refused
from outreach.engine.guide_call import (
    OPEN,
    Refusal,
    call_of_theirs,
    not_practised,
    note_call,
    objection_to,
    with_a_colleague,
)
from outreach.runtime import Runtime
from outreach.store import numbers
from outreach.store.conversations import ConversationRow
from outreach.store.families import FamilyRow
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.sealing import SERVICE, unseal
from outreach.store.staff import StaffRow
from outreach.store.texts import TextRow


@dataclass(frozen=True, slots=True)
class Dialled:
    attempt_id: str


def dial(runtime: Runtime, actor: Actor, *, conversation_id: str) -> Dialled | Refusal:
    """Ring the practitioner, and then the carer. Never two dials for one attempt."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        conversation = call_of_theirs(session, actor, conversation_id)
        if conversation.state not in OPEN or conversation.offer_id is None:
            return Refusal("This call is closed.")
        theirs = with_a_colleague(session, actor, conversation)
        if theirs is not None:
            return theirs
        family = session.get_one(FamilyRow, conversation.family_id)
        number = numbers.lock(session, conversation.number_id) if conversation.number_id else None
        offer = session.get_one(OfferRow, conversation.offer_id)
        unready = not_practised(session, runtime, actor, family)  # they may have come to it by a colleague's open call
        if unready is not None:
            return unready
        objection = objection_to(session, runtime, actor, family, number, promised=offer.asked_for, now=now)
        if objection is not None:
            return Refusal(objection)
        staff = session.get_one(StaffRow, actor.id)
        first = unseal(session, staff.phone, key_id=SERVICE, table="staff", column="phone", row_id=staff.id)
        if first is None:
            return Refusal("We do not know your own number, so we cannot ring you first. Ring by hand, or add it.")
        attempt = attempt_row(session, runtime, conversation, offer, by=actor.id, now=now)
        if attempt.provider_sid is not None or attempt.provider_state == "asked":
            return Refusal("The telephone is ringing already.")
        attempt.provider_state, attempt.caller_id = "asked", "presented"
        note_call(session, runtime, "call_dialled", conversation, actor, now=now)
        attempt_id = attempt.id
    handed = runtime.phone.dial(first=first, reference=attempt_id)
    with runtime.sessions.begin() as session:
        attempt = session.get_one(AttemptRow, attempt_id, with_for_update=True)
        if isinstance(handed, Accepted):
            attempt.provider_sid = handed.sid
            return Dialled(attempt_id)
        attempt.provider_state = "refused" if isinstance(handed, Refused) else "unknown"
    return Refusal("The telephone network did not take the call. Ring by hand; the number is on the page.")


def attempt_row(
    session: Session, runtime: Runtime, conversation: ConversationRow, offer: OfferRow, *, by: str, now: datetime
) -> AttemptRow:
    """The attempt of this conversation, counted once on its offer."""
    query = select(AttemptRow).where(AttemptRow.conversation_id == conversation.id)
    standing = session.scalars(query).one_or_none()
    if standing is not None:
        return standing
    offer.tries += 1
    pre_text = select(TextRow.id).where(
        TextRow.offer_id == offer.id, TextRow.wording == "pre_call", TextRow.state.not_in(("waiting", "dropped"))
    )
    row = AttemptRow(
        id=runtime.new_id(),
        offer_id=offer.id,
        family_id=conversation.family_id,
        number_of=session.query(AttemptRow).filter_by(offer_id=offer.id).count() + 1,
        channel=conversation.kind,
        number_id=conversation.number_id,
        staff_id=by,
        conversation_id=conversation.id,
        caller_id=None,
        band=part_of_day(now),
        pre_text=session.scalars(pre_text).first() is not None,
        at=now,
    )
    session.add(row)
    session.flush()
    return row
