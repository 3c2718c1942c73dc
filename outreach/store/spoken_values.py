"""What the placeholders of a script stand for, for one family and one person who rings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.orm import Session

from outreach.domain.last_time import age_on, last_time_line
from outreach.domain.names import caller_name, given_name
from outreach.domain.script import NOT_SPOKEN, YES
from outreach.store import families
from outreach.store.areas import AreaRow
from outreach.store.conversations import AnswerRow, ConversationRow
from outreach.store.families import CarerRow, ChildRow, FamilyRow
from outreach.store.sealing import unseal
from outreach.store.staff import OrganisationRow, StaffRow

NO_WORDS_YET = "the situation"


def spoken_values(session: Session, *, family_id: str, staff_id: str | None, now: datetime) -> dict[str, str]:
    """Every value that a script may ask for, as it was at ``now``; none is empty, so that no line breaks off."""
    family = session.get_one(FamilyRow, family_id)
    area = session.get_one(AreaRow, family.area_code)
    return values_of(
        session,
        area=area,
        carer=families.carer_of(session, family_id),
        partner=session.get(OrganisationRow, area.partner_id) if area.partner_id else None,
        staff=session.get(StaffRow, staff_id) if staff_id else None,
        children=families.children_of(session, family_id),
        last=last_spoken(session, family_id, before=now),
        now=now,
    )


def values_of(
    session: Session,
    *,
    area: AreaRow,
    carer: CarerRow,
    partner: OrganisationRow | None,
    staff: StaffRow | None,
    children: Sequence[ChildRow],
    last: ConversationRow | None,
    now: datetime,
) -> dict[str, str]:
    """The same, from rows that are at hand already."""
    family_id = carer.family_id
    name = unseal(session, carer.name, key_id=family_id, table="carer", column="name", row_id=carer.id) or "the carer"
    words = unseal(session, carer.words_for_it, key_id=family_id, table="carer", column="words_for_it", row_id=carer.id)
    ages = [age_on(child.born_on, now) for child in children]
    return {
        "carer.name": name,
        "carer.first_name": given_name(name),
        "practitioner.name": caller_name(staff.name) if staff else "a colleague",
        "team": area.team_name,
        "partner.name": partner.name if partner else "our partner charity",
        "children.ages": ", ".join(str(age) for age in ages) or "not known",
        "words.for_it": words or NO_WORDS_YET,
        "last_time.line": last_time_line(last.ended_at if last else None, last.outcome if last else None, now=now),
    }


PERHAPS_NOT_THEM = ("A09", "A13")
"""The line dropped, or they did not want to talk: before that, or after, we knew who it was."""
_IT_WAS_THEM = (
    exists()
    .where(
        AnswerRow.conversation_id == ConversationRow.id,
        AnswerRow.address.in_(("opening/is_it_them", "they_rang/who_is_it")),
        AnswerRow.answer.in_((YES, "fetched")),
        AnswerRow.replaced.is_(False),
    )
    .correlate(ConversationRow)
)
_LAST = (
    select(ConversationRow)
    .where(
        ConversationRow.family_id == bindparam("family_id"),
        ConversationRow.kind != "text",
        ConversationRow.state == "ended",
        ConversationRow.ended_at < bindparam("before"),
        ConversationRow.attempt_code.not_in(NOT_SPOKEN),
        or_(ConversationRow.attempt_code.not_in(PERHAPS_NOT_THEM), _IT_WAS_THEM),
    )
    .order_by(ConversationRow.ended_at.desc(), ConversationRow.id.desc())
    .limit(1)
)


def last_spoken(session: Session, family_id: str, *, before: datetime) -> ConversationRow | None:
    """The last call before then in which somebody spoke with the carer."""
    return session.scalars(_LAST, {"family_id": family_id, "before": before}).one_or_none()
