"""Warm handover as a call shows it, and a partner's own standby hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy.orm import Session

from outreach.domain import rota
from outreach.domain.access import Actor, Permission, require
from outreach.domain.script import CONSENT_TO_REFER, GIVEN
from outreach.runtime import Runtime
from outreach.store.staff import OrganisationRow, StaffRow
from outreach.store.standby import handovers_of, standby_of, stands_by


@dataclass(frozen=True, slots=True)
class Handover:
    """``stands_by``: somebody there can be joined now. ``state`` of the last try; empty where there was none."""

    partner: str
    stands_by: bool
    state: str
    worker: str


@dataclass(frozen=True, slots=True)
class Standby:
    id: str
    weekday: int
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class StandbyPage:
    mine: tuple[Standby, ...]
    has_phone: bool


def handover(
    session: Session, conversation_id: str, partner: OrganisationRow | None, facts: Mapping[str, str], *, now: datetime
) -> Handover | None:
    """``None`` until they agreed to a referral in this call."""
    if partner is None or facts.get(CONSENT_TO_REFER) != GIVEN:
        return None
    tries = handovers_of(session, conversation_id)
    worker = session.get(StaffRow, tries[-1].staff_id) if tries else None
    return Handover(
        partner=partner.name,
        stands_by=bool(rota.on_duty(stands_by(session, partner.id), now)),
        state=tries[-1].state if tries else "",
        worker=worker.name if worker else "",
    )


def standby_page(runtime: Runtime, actor: Actor) -> StandbyPage:
    """When one stands by oneself."""
    require(actor, Permission.REFERRAL_ANSWER)
    with runtime.sessions.read(actor.hides) as session:
        rows = [row for row in standby_of(session, actor.organisation_id) if row.staff_id == actor.id]
        return StandbyPage(
            mine=tuple(Standby(row.id, row.weekday, row.starts, row.ends) for row in rows),
            has_phone=session.get_one(StaffRow, actor.id).phone is not None,
        )
