"""What a family agreed or stopped, as far as a person may change it from the family page.

Rules
* A consent to a partner can be taken back while it stands, or while the partner sees anything of the family.
* A held referral can be let go only while its consent stands and not all contact is stopped.
* What was stopped can be opened again on a number that may be used, by a supervisor alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from outreach.domain.plain_words import REFERRAL_STATES, number_said
from outreach.domain.referral import State
from outreach.store.consents import last_word_on_contact, standing_of
from outreach.store.families import FamilyRow
from outreach.store.numbers import numbers_of, written
from outreach.store.referrals import referrals_of
from outreach.store.staff import OrganisationRow

WAYS = {"call": "Calls", "text": "Texts"}


@dataclass(frozen=True, slots=True)
class AgreedPartner:
    """``state``: where the referral stands, empty without one. ``held``: the id of a held referral, else empty."""

    id: str
    name: str
    state: str
    held: str
    may_go: bool


@dataclass(frozen=True, slots=True)
class Stopped:
    """``ways``: code and words of what is stopped; ``numbers``: id and number, of those that may be used."""

    ways: tuple[tuple[str, str], ...]
    numbers: tuple[tuple[str, str], ...]
    seen: str


def agreed_partners(session: Session, family: FamilyRow) -> tuple[AgreedPartner, ...]:
    standing = standing_of(session, family.id)
    rows = {row.partner_id: row for row in referrals_of(session, family.id) if row.state != State.WITHDRAWN}
    found = []
    for partner_id in sorted(standing.referred_to | set(rows)):
        row, partner = rows.get(partner_id), session.get(OrganisationRow, partner_id)
        agrees = partner_id in standing.referred_to
        found.append(
            AgreedPartner(
                id=partner_id,
                name=partner.name if partner else "the partner",
                state=REFERRAL_STATES.get(row.state, "") if row else "",
                held=row.id if row and row.state == State.HELD else "",
                may_go=agrees and not standing.stopped >= set(WAYS),
            )
        )
    return tuple(found)


def what_is_stopped(session: Session, family: FamilyRow) -> Stopped | None:
    """``None`` where nothing is."""
    ways, usable = set(standing_of(session, family.id).stopped), []
    for _, number in numbers_of(session, family.id):
        if number.is_parents or number.standing in ("compromised", "lost"):
            continue
        usable.append((number.id, number_said(written(session, number))))
        ways |= {"text"} if number.texts_stopped_at else set()
        ways |= {"call"} if number.calls_stopped_at else set()
    if not ways:
        return None
    return Stopped(
        ways=tuple((code, words) for code, words in WAYS.items() if code in ways),
        numbers=tuple(usable),
        seen=last_word_on_contact(session, family.id),
    )
