"""Gathers, inside the caller's transaction, what the gate must know of a family, a number and a moment."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from outreach.domain import cadence, sending
from outreach.domain.hold import Hold, Kind
from outreach.domain.number import Number, NumberStanding
from outreach.domain.quiet_hours import Calendar, at_london, london
from outreach.domain.wording import Level
from outreach.runtime import Runtime
from outreach.store import areas, cadences, consents, families, holds, numbers, offers
from outreach.store.areas import AreaRow
from outreach.store.cadences import EnrolmentRow
from outreach.store.conversations import ConversationRow
from outreach.store.exceptions import own_of, paused_until
from outreach.store.families import FamilyRow
from outreach.store.numbers import NumberRow
from outreach.store.staff import shifts_of


def decide(
    session: Session,
    runtime: Runtime,
    *,
    family_id: str,
    number: NumberRow | None,
    contact: sending.Contact,
    now: datetime,
) -> sending.Decision:
    """Ask the gate. For a text, lock the number's row first (``numbers.lock``) and pass it."""
    return sending.decide(gather(session, runtime, family_id=family_id, number=number, contact=contact, now=now))


def gather(
    session: Session,
    runtime: Runtime,
    *,
    family_id: str,
    number: NumberRow | None,
    contact: sending.Contact,
    now: datetime,
) -> sending.Question:
    family = session.get_one(FamilyRow, family_id)
    area = session.get_one(AreaRow, family.area_code)
    pattern = pattern_of(session, family_id)
    return sending.Question(
        standing=consents.standing_of(session, family_id),
        holds=holds_of(session, family_id),
        number=None if number is None else number_value(session, number),
        contact=contact,
        hours=pattern.hours,
        calendar=calendar_of(session, family, area, pattern),
        area=sending.Area(
            live_from=at_london(area.live_on, time(0)),
            paused=area.paused_at is not None,
            l0_texts=area.l0_texts_by is not None,
            staffed_hours=area.staffed_hours_after_text,
            shifts=shifts_of(session, area.code),
        ),
        history=sending.History(
            custody_known_until=at_london(family.custody_as_of + timedelta(days=area.custody_limit_days + 1), time(0)),
            checks_complete=family.checks == "complete",
            excluded=family.excluded_why,
            service_paused=areas.service(session).paused_at is not None,
            last_contact=offers.last_contact_at(session, family_id),
            gap_days=pattern.gap_days,
            paused_until=_own_pause(session, family_id, now),
            in_conversation=in_conversation(session, family_id),
            cannot_use_voice=contact.channel == "call" and families.carer_of(session, family_id).cannot_use_voice,
        ),
        now=now,
    )


def _own_pause(session: Session, family_id: str, now: datetime) -> datetime | None:
    day = paused_until(session, family_id, now)
    return None if day is None else at_london(day, time(0))


def standing_in(session: Session, enrolment: EnrolmentRow) -> cadence.Standing:
    """Where a family stands in its cadence."""
    last = offers.last_contact_at(session, enrolment.family_id)
    return cadence.Standing(
        anchor=enrolment.anchor_on,
        behind=enrolment.behind,
        made=offers.offers_made(session, enrolment.id),
        last_contact=None if last is None else london(last).date(),
        own=own_of(session, enrolment.family_id),
    )


def pattern_of(session: Session, family_id: str) -> cadence.Cadence:
    """The cadence the family is enrolled in; the default's hours and gap where it is in none."""
    enrolment = cadences.live_enrolment(session, family_id)
    return cadence.DEFAULT if enrolment is None else cadences.version(session, enrolment.cadence_version_id)


def calendar_of(session: Session, family: FamilyRow, area: AreaRow, pattern: cadence.Cadence) -> Calendar:
    born = tuple(child.born_on for child in families.children_of(session, family.id))
    return cadence.calendar_for(pattern, nation=area.nation, born_on=born, imprisoned_on=family.imprisoned_on)


def number_value(session: Session, row: NumberRow) -> Number:
    return number_of(row, families=len(numbers.families_on(session, row.id)))


def number_of(row: NumberRow, *, families: int) -> Number:
    """The same, where one knows already how many families are on it."""
    return Number(
        id=row.id,
        kind=row.kind,
        standing=NumberStanding(row.standing),
        agreed=Level(row.level),
        verified_at=row.verified_at,
        texts_stopped=row.texts_stopped_at is not None,
        calls_stopped=row.calls_stopped_at is not None,
        stop_confirmed=row.stop_confirmed_at is not None,
        is_parents=row.is_parents,
        families=families,
        voicemail=row.voicemail,
    )


def holds_of(session: Session, family_id: str) -> tuple[Hold, ...]:
    return tuple(
        Hold(id=row.id, kind=Kind(row.kind), set_at=row.set_at, until=row.until)
        for row in holds.open_holds(session, family_id)
    )


_GOING_ON = (
    select(ConversationRow.id)
    .where(ConversationRow.family_id == bindparam("family_id"), ConversationRow.state.in_(("open", "parked")))
    .limit(1)
)


def in_conversation(session: Session, family_id: str) -> bool:
    return session.scalars(_GOING_ON, {"family_id": family_id}).first() is not None


def best_number(session: Session, family_id: str, *, channel: str) -> NumberRow | None:
    """The number to try: for a text the first mobile, for a call the first of any kind; never the parent's."""
    rows = [row for _, row in numbers.numbers_of(session, family_id) if not row.is_parents and row.standing != "lost"]
    if channel == "text":
        rows = [row for row in rows if row.kind == "mobile"] or rows
    verified = [row for row in rows if row.standing == "verified"]
    return next(iter(verified or rows), None)
