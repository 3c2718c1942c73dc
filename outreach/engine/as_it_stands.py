"""What stands of one family, read once and held through a transaction, so that nobody in it asks again.

Rules
* Its open offer is locked, after the number and before any of its texts, as everywhere.
* Rows are those of the session: what one step of the transaction changes, the next one sees.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from outreach.domain import cadence
from outreach.domain.cadence import Cadence
from outreach.store import cadences, families, offers
from outreach.store.areas import AreaRow
from outreach.store.cadences import EnrolmentRow
from outreach.store.families import FamilyRow
from outreach.store.offers import OfferRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """``pattern``: of the cadence it is enrolled in; the default where it is in none. ``voiceless``: the carer cannot
    use the phone by voice. ``said``: something may stand in its consent ledger. ``referred``: there may be a referral.
    """

    family: FamilyRow
    area: AreaRow
    offer: OfferRow | None
    enrolment: EnrolmentRow | None
    pattern: Cadence
    voiceless: bool
    said: bool
    referred: bool

    @property
    def open_offer(self) -> OfferRow | None:
        return self.offer if self.offer is not None and self.offer.state == "open" else None

    @property
    def live_enrolment(self) -> EnrolmentRow | None:
        return self.enrolment if self.enrolment is not None and self.enrolment.state != "ended" else None


def as_it_stands(session: Session, family: FamilyRow) -> Stands:
    """All of it, where nothing was read yet. Lock the number first."""
    return Stands(
        family=family,
        area=session.get_one(AreaRow, family.area_code),
        offer=offers.lock_open_offer(session, family.id),
        enrolment=cadences.live_enrolment(session, family.id),
        pattern=cadences.pattern_of(session, family.id) or cadence.DEFAULT,
        voiceless=families.cannot_use_voice(session, family.id),
        said=True,
        referred=True,
    )
