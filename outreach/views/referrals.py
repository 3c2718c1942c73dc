"""The referrals made to the partner of the person who asks: new ones first, and nothing that was not agreed.

Rules
* Only the partner's own, and none that is held or withdrawn: those are not there, not greyed out.
* Until a referral is opened, the list says that it is there, and no more.
* What the page shows is the payload as it was made, less every part that is not agreed to any more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, require
from outreach.domain.intake_languages import language_name
from outreach.domain.plain_words import REFERRAL_STATES, RELATIONSHIPS, number_said
from outreach.domain.referral import DECLINE_REASONS, PARTNER_SEES, State, may_move
from outreach.runtime import Runtime
from outreach.store import sealing
from outreach.store.areas import AreaRow
from outreach.store.consents import standing_of
from outreach.store.families import FamilyRow
from outreach.store.referrals import ReferralRow
from outreach.store.staff import OrganisationRow

ORDER = (State.SENT, State.OPENED, State.ACCEPTED, State.CONTACTED, State.ENGAGED, State.DECLINED, State.ENDED)
PART_WORDS = {
    "share.name_number": "name and number",
    "share.children": "the children's first names and ages",
    "share.needs": "what would help",
    "share.safe_contact": "how to reach them safely",
}


@dataclass(frozen=True, slots=True)
class ReferralLine:
    """``who`` is empty until the referral was opened."""

    id: str
    family_id: str
    state: str
    state_said: str
    made_at: datetime
    who: str
    area: str


@dataclass(frozen=True, slots=True)
class ReferralPage:
    """``may``: the states it can go to. Parts that were not agreed to are empty, and named in ``not_agreed``."""

    id: str
    family_id: str
    state: str
    state_said: str
    made_at: datetime
    answered_at: datetime | None
    decline_reason: str
    carer: str
    relationship: str
    language: str
    interpreter: bool
    numbers: tuple[str, ...]
    safe_contact: tuple[str, ...]
    children: tuple[str, ...]
    needs: tuple[str, ...]
    words_for_it: str
    not_agreed: tuple[str, ...]
    may: frozenset[str]
    partner: str


def referral_list(runtime: Runtime, actor: Actor) -> tuple[ReferralLine, ...]:
    require(actor, Permission.REFERRAL_READ)
    with runtime.sessions.read(actor.hides) as session:
        areas = {row.code: row.name for row in session.scalars(select(AreaRow))}
        query = (
            select(ReferralRow, FamilyRow.area_code)
            .join(FamilyRow, FamilyRow.id == ReferralRow.family_id)
            .where(ReferralRow.partner_id == actor.organisation_id, ReferralRow.state.in_(PARTNER_SEES))
        )
        rows = session.execute(query).all()
        sealing.load_keys(session, {row.family_id for row, _ in rows})
        lines = [
            ReferralLine(
                id=row.id,
                family_id=row.family_id,
                state=row.state,
                state_said=REFERRAL_STATES[row.state],
                made_at=row.made_at,
                who="" if row.state == State.SENT else str(_payload(session, row).get("carer_name", "")),
                area=areas.get(area, area),
            )
            for row, area in rows
        ]
    newest = sorted(lines, key=lambda each: each.made_at, reverse=True)
    return tuple(sorted(newest, key=lambda each: ORDER.index(State(each.state))))


def referral_page(runtime: Runtime, actor: Actor, referral_id: str) -> ReferralPage | None:
    """One referral; ``None`` where there is none for this partner, or no longer."""
    require(actor, Permission.REFERRAL_READ)
    with runtime.sessions.read(actor.hides) as session:
        row = session.get(ReferralRow, referral_id)
        if row is None or row.partner_id != actor.organisation_id or State(row.state) not in PARTNER_SEES:
            return None
        data = _payload(session, row) if row.state != State.SENT else {}
        partner = session.get(OrganisationRow, row.partner_id)
        agreed = set(data.get("consented_parts", ()))
        return ReferralPage(
            id=row.id,
            family_id=row.family_id,
            state=row.state,
            state_said=REFERRAL_STATES[row.state],
            made_at=row.made_at,
            answered_at=row.answered_at,
            decline_reason=DECLINE_REASONS.get(row.decline_reason or "", ""),
            carer=data.get("carer_name", ""),
            relationship=RELATIONSHIPS.get(data.get("relationship", ""), ""),
            language=language_name(data.get("language", "en")),
            interpreter=bool(data.get("interpreter", False)),
            numbers=tuple(number_said(each) for each in data.get("numbers", ())),
            safe_contact=tuple(data.get("safe_contact", ())),
            children=tuple(data.get("children", ())),
            needs=tuple(data.get("needs", ())),
            words_for_it=data.get("words_for_it") or "",
            not_agreed=tuple(words for part, words in PART_WORDS.items() if data and part not in agreed),
            may=frozenset(state.value for state in State if may_move(State(row.state), state)),
            partner=partner.name if partner else "",
        )


_FIELDS_OF_PART = {
    "share.children": ("children",),
    "share.needs": ("needs",),
    "share.safe_contact": ("safe_contact", "words_for_it"),
}


def _payload(session: Session, row: ReferralRow) -> dict[str, Any]:
    opened = sealing.unseal(
        session, row.payload, key_id=row.family_id, table="referral", column="payload", row_id=row.id
    )
    loaded: dict[str, Any] = json.loads(opened) if opened else {}
    standing = standing_of(session, row.family_id)
    gone = {part for part in loaded.get("consented_parts", ()) if not standing.may_share(row.partner_id, part)}
    if "share.name_number" in gone:
        return {}
    for part in gone & _FIELDS_OF_PART.keys():
        for field in _FIELDS_OF_PART[part]:
            loaded.pop(field, None)
    return loaded | {"consented_parts": [each for each in loaded.get("consented_parts", ()) if each not in gone]}
