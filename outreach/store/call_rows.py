"""The rows a page of a call is made of, in as few queries as may be: somebody waits on the line for it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session, aliased

from outreach.store import families
from outreach.store.areas import AreaRow
from outreach.store.conversations import ConversationRow
from outreach.store.families import CarerRow, ChildRow, FamilyRow
from outreach.store.notices import NoticeRow
from outreach.store.numbers import NumberRow
from outreach.store.offers import OfferRow
from outreach.store.sealing import SERVICE, DataKeyRow, open_rows
from outreach.store.staff import OrganisationRow, StaffRow


@dataclass(frozen=True, slots=True)
class CallRows:
    """``number`` is the one this call is made on; ``staff`` is who guides it now."""

    conversation: ConversationRow
    family: FamilyRow
    area: AreaRow
    carer: CarerRow
    partner: OrganisationRow | None
    staff: StaffRow | None
    number: NumberRow | None
    offer: OfferRow | None
    social_worker_knows: bool
    """A notice to a social worker exists: nobody is told that nobody else knows."""
    children: tuple[ChildRow, ...]


_NOTICE = exists().where(NoticeRow.family_id == FamilyRow.id, NoticeRow.state != "dropped").correlate(FamilyRow)
_KEY, _SERVICE_KEY = aliased(DataKeyRow), aliased(DataKeyRow)
_QUERY = (
    select(
        ConversationRow,
        FamilyRow,
        AreaRow,
        CarerRow,
        OrganisationRow,
        StaffRow,
        NumberRow,
        OfferRow,
        _NOTICE,
        _KEY,
        _SERVICE_KEY,
    )
    .join(FamilyRow, FamilyRow.id == ConversationRow.family_id)
    .join(AreaRow, AreaRow.code == FamilyRow.area_code)
    .join(CarerRow, CarerRow.family_id == FamilyRow.id)
    .outerjoin(OrganisationRow, OrganisationRow.id == AreaRow.partner_id)
    .outerjoin(StaffRow, StaffRow.id == ConversationRow.staff_id)
    .outerjoin(NumberRow, NumberRow.id == ConversationRow.number_id)
    .outerjoin(OfferRow, OfferRow.id == ConversationRow.offer_id)
    .outerjoin(_KEY, _KEY.id == FamilyRow.id)
    .outerjoin(_SERVICE_KEY, _SERVICE_KEY.id == SERVICE)
    .where(ConversationRow.id == bindparam("conversation_id"))
)


def call_rows(session: Session, conversation_id: str) -> CallRows:
    """Opens the family's key, too. Raises ``NoResultFound`` where there is no such call."""
    found = session.execute(_QUERY, {"conversation_id": conversation_id}).one()
    conversation, family, area, carer, partner, staff, number, offer, notice, key, service_key = found
    open_rows(session, key, service_key)
    children = tuple(families.children_of(session, family.id))
    return CallRows(conversation, family, area, carer, partner, staff, number, offer, bool(notice), children)
