"""Reads what stands around a number when a text comes in: all of it by one query, with the number locked.

Rules
* The number's row is locked first, then the open offers of the families on it; only then the rest is read, as whoever
  had a lock has left it.
* The row of a number that nobody knows is made here. Where two of its first texts come at one moment, the second one
  fails on the number's unique index: who takes it in tries again, and finds the number known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, select
from sqlalchemy.orm import Session

from outreach.domain import cadence
from outreach.domain.delivery import InboundText
from outreach.domain.phone import Phone, parse_phone
from outreach.engine import converse
from outreach.engine.as_it_stands import Stands
from outreach.engine.said_lately import LOOP_WINDOW
from outreach.runtime import Runtime
from outreach.store.areas import AreaRow
from outreach.store.base import table_of
from outreach.store.cadences import WORDS, CadenceVersionRow, EnrolmentRow, read_words
from outreach.store.consents import ConsentRow
from outreach.store.conversations import ConversationRow
from outreach.store.families import CarerRow, FamilyRow
from outreach.store.few_rows import Part, read
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import OfferRow
from outreach.store.referrals import ReferralRow
from outreach.store.sealing import SERVICE, DataKeyRow, blind, open_key, seal
from outreach.store.texts import TextRow


@dataclass(frozen=True, slots=True)
class Around:
    """``theirs``: the families on the number, which is locked. ``offer_id``: the offer texted last. ``lately``: texts
    from it of late. ``talking``: a conversation that goes on. ``here``: this text stands already.
    """

    number: NumberRow
    theirs: tuple[Stands, ...]
    offer_id: str | None
    lately: int
    talking: ConversationRow | None
    here: bool


def look_around(session: Session, runtime: Runtime, inbound: InboundText, *, now: datetime) -> Around:
    """What stands around the sender's number; held through the transaction, so that nobody asks again."""
    asked = {"index": blind(session, "e164", inbound.sender), "since": now - LOOP_WINDOW, "sid": inbound.sid}
    found = read(session, _AROUND, asked, parts=_PARTS, locks=(_LOCK_NUMBER, _LOCK_OFFERS))
    if not found:
        number = _new_number(session, runtime, inbound.sender)
        return Around(number=number, theirs=(), offer_id=None, lately=0, talking=None, here=False)
    number = found[0][0]
    theirs = sorted((_stands(session, row) for row in found if row[1] is not None), key=lambda each: each.family.id)
    *_, offer_id, lately, talking, here = found[0]
    return Around(
        number=number,
        theirs=tuple(theirs),
        offer_id=offer_id,
        lately=lately,
        talking=converse.open_with(session, number.id) if talking else None,
        here=here,
    )


def _stands(session: Session, row: tuple[Any, ...]) -> Stands:
    _, family, area, offer, enrolment, words, voiceless, said, referred, master_id, wrapped, *_ = row
    if wrapped:  # empty once it was destroyed
        open_key(session, family.id, master_id=master_id, wrapped=wrapped)
    return Stands(
        family=family, area=area, offer=offer, enrolment=enrolment,
        pattern=cadence.DEFAULT if words is None else read_words(words), voiceless=bool(voiceless), said=said,
        referred=referred,
    )  # fmt: skip


def _new_number(session: Session, runtime: Runtime, sender: str) -> NumberRow:
    parsed = parse_phone(sender, fictional_allowed=runtime.settings.fictional_numbers == "allow")
    row_id = runtime.new_id()
    row = NumberRow(
        id=row_id,
        e164=seal(session, sender, key_id=SERVICE, table="number", column="e164", row_id=row_id),
        e164_index=blind(session, "e164", sender),
        last4_index=blind(session, "last4", sender[-4:]),
        kind=parsed.kind.value if isinstance(parsed, Phone) else "other",
    )
    session.add(row)
    session.flush()
    return row


_PARTS = (
    Part(
        NumberRow,
        (
            "id", "kind", "standing", "level", "verified_at", "shared", "voicemail", "is_parents", "texts_stopped_at",
            "calls_stopped_at", "stop_confirmed_at",
        ),
    ),
    Part(FamilyRow, ("id", "area_code", "language", "interpreter", "excluded_why", "assigned_to")),
    Part(AreaRow, ("code", "self_acting", "team_name", "text_consent", "partner_id")),
    Part(
        OfferRow,
        (
            "id", "enrolment_id", "family_id", "step", "planned_channel", "channel", "why", "tries", "closes_at",
            "state",
        ),
    ),
    Part(
        EnrolmentRow,
        ("id", "family_id", "cadence_version_id", "state", "state_why", "rest_until", "asked_rounds", "noes"),
    ),
)  # fmt: skip
"""Of the wide rows only what a clear answer needs; the rest is read where somebody asks for it."""

_NUMBER, _FAMILY, _AREA = table_of(NumberRow).c, table_of(FamilyRow).c, table_of(AreaRow).c
_OFFER, _ENROLMENT, _VERSION = table_of(OfferRow).c, table_of(EnrolmentRow).c, table_of(CadenceVersionRow).c
_CARER, _KEY, _LINK = table_of(CarerRow).c, table_of(DataKeyRow).c, table_of(FamilyNumberRow).c
_TEXT, _TALK = table_of(TextRow).c, table_of(ConversationRow).c
_CONSENT, _REFERRAL = table_of(ConsentRow).c, table_of(ReferralRow).c

_KNOWN = _NUMBER.e164_index == bindparam("index")
_LOCK_NUMBER = select(_NUMBER.id).where(_KNOWN).with_for_update()
_THEIRS = (
    select(_LINK.family_id)
    .join(table_of(NumberRow), _NUMBER.id == _LINK.number_id)
    .where(_KNOWN, _LINK.off_at.is_(None))
)
_LOCK_OFFERS = (
    select(_OFFER.id).where(_OFFER.family_id.in_(_THEIRS), _OFFER.state == "open").order_by(_OFFER.id).with_for_update()
)
_OFFERED = (
    select(_TEXT.offer_id)
    .where(
        _TEXT.number_id == _NUMBER.id, _TEXT.direction == "out", _TEXT.purpose == "offer", _TEXT.state != "dropped"
    )
    .order_by(_TEXT.at.desc(), _TEXT.id.desc())
    .limit(1)
    .correlate(table_of(NumberRow))
    .scalar_subquery()
)  # fmt: skip
_LATELY = (
    select(func.count())
    .select_from(table_of(TextRow))
    .where(_TEXT.number_id == _NUMBER.id, _TEXT.direction == "in", _TEXT.at >= bindparam("since"))
    .correlate(table_of(NumberRow))
    .scalar_subquery()
)
_TALKING = exists().where(_TALK.number_id == _NUMBER.id, _TALK.kind == "text", _TALK.state == "open")
_AROUND = (
    select(
        *(column for part in _PARTS for column in part.columns),
        WORDS.label("words"),
        _CARER.cannot_use_voice,
        exists().where(_CONSENT.family_id == _FAMILY.id).label("said"),
        exists().where(_REFERRAL.family_id == _FAMILY.id).label("referred"),
        _KEY.master_id, _KEY.wrapped,
        _OFFERED.label("offered"),
        _LATELY.label("lately"),
        _TALKING.label("talking"),
        exists().where(_TEXT.provider_sid == bindparam("sid")).label("here"),
    )
    .select_from(table_of(NumberRow))
    .outerjoin(table_of(FamilyNumberRow), and_(_LINK.number_id == _NUMBER.id, _LINK.off_at.is_(None)))
    .outerjoin(table_of(FamilyRow), _FAMILY.id == _LINK.family_id)
    .outerjoin(table_of(AreaRow), _AREA.code == _FAMILY.area_code)
    .outerjoin(table_of(OfferRow), and_(_OFFER.family_id == _FAMILY.id, _OFFER.state == "open"))
    .outerjoin(table_of(EnrolmentRow), and_(_ENROLMENT.family_id == _FAMILY.id, _ENROLMENT.state != "ended"))
    .outerjoin(table_of(CadenceVersionRow), _VERSION.id == _ENROLMENT.cadence_version_id)
    .outerjoin(table_of(CarerRow), _CARER.family_id == _FAMILY.id)
    .outerjoin(table_of(DataKeyRow), _KEY.id == _FAMILY.id)
    .where(_KNOWN)
)  # fmt: skip
