"""Writes down what a conversation agreed, by voice or by text: each part of consent, the needs, and the referral."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy.orm import Session

from outreach.domain.script import LEFT_OPEN, PURPOSES, Bundle, ConsentAnswered, NeedNamed, Walk
from outreach.domain.wording import fill
from outreach.engine.enrol import fit
from outreach.engine.record_consent import record_consent
from outreach.engine.refer import hold_unopened, refer
from outreach.runtime import Runtime
from outreach.store import families
from outreach.store.areas import AreaRow
from outreach.store.conversations import ConversationRow, said_at
from outreach.store.families import FamilyRow
from outreach.store.referrals import NeedRow
from outreach.store.spoken_values import spoken_values

NEED_DETAILS = {"child": "child.help", "carer": "carer.help", "legal": "legal.help"}


def write_consents(
    session: Session,
    runtime: Runtime,
    *,
    conversation: ConversationRow,
    bundle: Bundle,
    stands: Walk,
    by: str,
    how: str,
    now: datetime,
    texts: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """One entry per part that was asked, with the words as they were said or sent, and their version. ``texts``: by
    the address of its question, the text that answered.

    Consent was given when it was said, and not when a colleague got to the paperwork: a stop or a withdrawal that came
    in between comes after it in the ledger.
    """
    answered = said_at(session, conversation)
    asked = [event.step for event in stands.events if isinstance(event, ConsentAnswered)]
    said = max((answered[step] for step in asked if step in answered), default=now)
    family = session.get_one(FamilyRow, conversation.family_id)
    partner_id = session.get_one(AreaRow, family.area_code).partner_id
    values = spoken_values(session, family_id=family.id, staff_id=conversation.staff_id, now=now)
    children = [child.ref for child in families.children_of(session, family.id)]
    for event in stands.events:
        if not isinstance(event, ConsentAnswered):
            continue
        if event.value == LEFT_OPEN:  # a doubt, and no entry: what they agreed to before is not taken back by it
            hold_unopened(session, runtime, family_id=family.id, by=by, now=now)
            continue
        for purpose in PURPOSES[event.purpose]:
            record_consent(
                session,
                runtime,
                family_id=family.id,
                purpose=purpose,
                value=event.value,
                by=by,
                how=how,
                now=said,
                partner_id=partner_id,
                authority=stands.facts.get("authority"),
                wording=fill(event.wording, values),
                wording_name=event.step,
                wording_version=event.version,
                language=bundle.scripts[event.step.partition("/")[0]].language,
                for_whom=children if event.purpose == "children" else (),
                conversation_id=conversation.id,
                text_id=texts.get(event.step),
            )


def write_needs(
    session: Session, runtime: Runtime, *, conversation: ConversationRow, stands: Walk, now: datetime
) -> None:
    """Each need that was named, with its details; the primary one once."""
    named: dict[str, bool] = {}
    for event in stands.events:
        if isinstance(event, NeedNamed):
            named[event.kind] = named.get(event.kind, False) or event.primary
    for kind, primary in named.items():
        details = [one for one in stands.facts.get(NEED_DETAILS[kind], "").split(",") if one]
        for index, detail in enumerate(details or [None]):
            session.add(
                NeedRow(
                    id=runtime.new_id(),
                    family_id=conversation.family_id,
                    conversation_id=conversation.id,
                    kind=kind,
                    detail=detail,
                    primary=primary and index == 0,
                    at=now,
                )
            )
    session.flush()
    fit(session, runtime, family=session.get_one(FamilyRow, conversation.family_id), now=now)


def make_referral(
    session: Session, runtime: Runtime, *, conversation: ConversationRow, by: str, now: datetime
) -> str | None:
    """The referral to the area's partner, of what stands now; its id, or None where nothing may go."""
    family = session.get_one(FamilyRow, conversation.family_id)
    partner_id = session.get_one(AreaRow, family.area_code).partner_id
    if partner_id is None:
        return None
    made = refer(
        session, runtime, family_id=family.id, partner_id=partner_id, conversation_id=conversation.id, by=by, now=now
    )
    return made.id if made else None
