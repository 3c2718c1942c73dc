"""Where every live family stands, as a stream: plain rows in the order of the families' ids, no objects kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from outreach.domain.cadence import AS_THE_CADENCE_SAYS, Own, grown_on
from outreach.domain.cadence_choice import Facts
from outreach.domain.quiet_hours import every_year, london
from outreach.domain.time_machine import OpenOffer, TenderDays
from outreach.store.areas import AreaRow
from outreach.store.cadences import CadenceVersionRow, EnrolmentRow
from outreach.store.exceptions import ExceptionRow
from outreach.store.families import ChildRow, FamilyRow
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.referrals import NeedRow
from outreach.store.texts import TextRow

AT_A_TIME = 5_000
NONE: TenderDays = frozenset()
MATTERS_FOR = timedelta(days=100)
"""The longest gap between two contacts is 90 days: what lies further back holds nothing up, but for steps far apart."""


class Live(NamedTuple):
    """One family in a cadence. ``plans``: something is still to come by itself; else only what it asked for."""

    enrolment_id: str
    family_id: str
    version_id: str
    cadence_id: str
    plans: bool
    facts: Facts
    nation: str
    anchor: date
    behind: str
    made: int
    last_contact: date | None
    own: Own
    rests_until: date | None
    imprisoned: tuple[int, int]
    birthdays: TenderDays
    grown_on: date | None
    """Where it is within four years: the day on which the youngest child is certainly 18."""
    offer: OpenOffer | None


def count_live(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(EnrolmentRow).where(EnrolmentRow.state != "ended")) or 0


def live_standings(session: Session, *, now: datetime, far_back: bool, needs: bool) -> Iterator[Live]:
    """``far_back``: contacts of long ago count too; ``needs``: what would help is asked for."""
    sending = set(session.scalars(select(TextRow.offer_id).where(TextRow.state == "sending")))
    own, nearly = _exceptions(session), now.year - 14
    children = _beside(session, select(ChildRow.family_id, ChildRow.born_on).order_by(ChildRow.family_id))
    need_query = select(NeedRow.family_id, NeedRow.kind).order_by(NeedRow.family_id)
    needed = _beside(session, need_query) if needs else iter(())
    next_children, next_needs = next(children, None), next(needed, None)
    for row in session.execute(_families(), execution_options={"yield_per": AT_A_TIME, "stream_results": True}):
        (
            enrolment_id, version_id, cadence_id, anchor, behind, state, rests_until, family_id, area, language,
            imprisoned_on, nation, made, last_at, offer_id, step, channel, due_at, tries, promised, why, closes_at,
        ) = row  # fmt: skip
        while next_children is not None and next_children[0] < family_id:
            next_children = next(children, None)
        while next_needs is not None and next_needs[0] < family_id:
            next_needs = next(needed, None)
        birthdays, grown = NONE, None
        if next_children is not None and next_children[0] == family_id:
            birthdays = every_year((int(born[5:7]), int(born[8:10])) for born in next_children[1] if len(born) == 10)
            if all(int(born[:4]) <= nearly for born in next_children[1]):
                grown = grown_on(next_children[1])
        kinds = next_needs[1] if next_needs is not None and next_needs[0] == family_id else ()
        offer = None
        if offer_id is not None:
            stays = step < 0 or tries > 0 or promised or why == "asked" or closes_at is not None or offer_id in sending
            offer = OpenOffer(offer_id, step, channel, due_at, stays)
        matters = last_at is not None and (far_back or now - last_at < MATTERS_FOR)
        yield Live(
            enrolment_id, family_id, version_id, cadence_id, state == "active" or rests_until is not None,
            Facts(area, language, frozenset(kinds)), nation, anchor, behind, made or 0,
            london(last_at).date() if matters else None, own.get(family_id, AS_THE_CADENCE_SAYS),
            rests_until if state == "rested" else None, (imprisoned_on.month, imprisoned_on.day), birthdays, grown,
            offer,
        )  # fmt: skip


def _families() -> Select[*tuple[Any, ...]]:
    made = (
        select(OfferRow.enrolment_id, func.count().label("made"))
        .where(OfferRow.step >= 0, OfferRow.tries > 0)
        .group_by(OfferRow.enrolment_id)
        .subquery()
    )
    last = select(AttemptRow.family_id, func.max(AttemptRow.at).label("at")).group_by(AttemptRow.family_id).subquery()
    return (
        select(
            EnrolmentRow.id, EnrolmentRow.cadence_version_id, CadenceVersionRow.cadence_id, EnrolmentRow.anchor_on,
            EnrolmentRow.steps_behind, EnrolmentRow.state, EnrolmentRow.rest_until, EnrolmentRow.family_id,
            FamilyRow.area_code, FamilyRow.language, FamilyRow.imprisoned_on, AreaRow.nation, made.c.made, last.c.at,
            OfferRow.id, OfferRow.step, OfferRow.channel, OfferRow.due_at, OfferRow.tries, OfferRow.promised,
            OfferRow.why, OfferRow.closes_at,
        )
        .join(FamilyRow, FamilyRow.id == EnrolmentRow.family_id)
        .join(AreaRow, AreaRow.code == FamilyRow.area_code)
        .join(CadenceVersionRow, CadenceVersionRow.id == EnrolmentRow.cadence_version_id)
        .outerjoin(OfferRow, (OfferRow.family_id == EnrolmentRow.family_id) & (OfferRow.state == "open"))
        .outerjoin(made, made.c.enrolment_id == EnrolmentRow.id)
        .outerjoin(last, last.c.family_id == EnrolmentRow.family_id)
        .where(EnrolmentRow.state != "ended")
        .order_by(EnrolmentRow.family_id)
    )  # fmt: skip


def _beside(session: Session, query: Select[*tuple[Any, ...]]) -> Iterator[tuple[str, list[str]]]:
    """What belongs to each family, family by family, in the order of their ids."""
    family_id, values = "", list[str]()
    for each, value in session.execute(query, execution_options={"yield_per": AT_A_TIME, "stream_results": True}):
        if each != family_id:
            if values:
                yield family_id, values
            family_id, values = each, list[str]()
        values.append(value)
    if values:
        yield family_id, values


def _exceptions(session: Session) -> dict[str, Own]:
    found: dict[str, dict[str, Any]] = {}
    query = select(ExceptionRow.family_id, ExceptionRow.kind, ExceptionRow.day, ExceptionRow.channel)
    for family_id, kind, day, channel in session.execute(query.where(ExceptionRow.ended_at.is_(None))):
        name = {"date": "on", "channel": "channel", "pause": "paused_until"}[kind]
        found.setdefault(family_id, {})[name] = channel if kind == "channel" else day
    return {family_id: Own(**values) for family_id, values in found.items()}
