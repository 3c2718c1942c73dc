"""Gathers, inside the caller's transaction, what the gate must know of families, numbers and a moment.

One query each, however many families are asked about: ``facts`` reads, ``question`` puts it together for one contact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from outreach.domain import cadence, rota, sending
from outreach.domain.consent import Standing
from outreach.domain.hold import Hold, Kind
from outreach.domain.number import Number, NumberStanding
from outreach.domain.quiet_hours import Calendar, at_london, london
from outreach.domain.wording import Level
from outreach.runtime import Runtime
from outreach.store import areas, cadences, consents, families, holds, numbers, offers
from outreach.store.areas import AreaRow
from outreach.store.cadences import CadenceVersionRow, EnrolmentRow
from outreach.store.conversations import ConversationRow
from outreach.store.exceptions import ExceptionRow, own_of
from outreach.store.families import CarerRow, ChildRow, FamilyRow
from outreach.store.numbers import NumberRow
from outreach.store.offers import AttemptRow
from outreach.store.staff import shifts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyFacts:
    """What stands in the family's own row, as far as the gate looks at it."""

    id: str
    area_code: str
    imprisoned_on: date
    custody_as_of: date
    checks: str
    excluded_why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """By the family's id, but for ``areas`` (code), ``shifts`` (area) and ``on_number`` (number -> its families)."""

    families: Mapping[str, FamilyFacts]
    areas: Mapping[str, AreaRow]
    patterns: Mapping[str, cadence.Cadence]
    born: Mapping[str, tuple[str, ...]]
    holds: Mapping[str, tuple[Hold, ...]]
    standings: Mapping[str, Standing]
    shifts: Mapping[str, list[rota.Shift]]
    on_number: Mapping[str, list[str]]
    last_contact: Mapping[str, datetime]
    paused_until: Mapping[str, datetime]
    """Where the family asked for no contact before then."""
    talking: frozenset[str]
    voiceless: frozenset[str]
    """Who cannot use the phone by voice."""
    service_paused: bool


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
    known = facts(session, family_ids=[family_id], number_ids=[] if number is None else [number.id], now=now)
    return question(known, family_id=family_id, number=number, contact=contact, now=now)


def facts(session: Session, *, family_ids: Collection[str], number_ids: Collection[str], now: datetime) -> Facts:
    """Read it all. Lock the numbers first where a text is to go."""
    ids = sorted(set(family_ids))
    columns = (
        FamilyRow.id, FamilyRow.area_code, FamilyRow.imprisoned_on, FamilyRow.custody_as_of, FamilyRow.checks,
        FamilyRow.excluded_why,
    )  # fmt: skip
    found = [FamilyFacts(**row._mapping) for row in session.execute(select(*columns).where(FamilyRow.id.in_(ids)))]
    codes = sorted({one.area_code for one in found})
    born: dict[str, list[str]] = defaultdict(list)
    children = select(ChildRow.family_id, ChildRow.born_on).where(ChildRow.family_id.in_(ids))
    for family_id, born_on in session.execute(children):
        born[family_id].append(born_on)
    last = select(AttemptRow.family_id, func.max(AttemptRow.at)).where(AttemptRow.family_id.in_(ids))
    talking = select(ConversationRow.family_id).where(
        ConversationRow.family_id.in_(ids), ConversationRow.state.in_(("open", "parked"))
    )
    own_pause = select(ExceptionRow.family_id, ExceptionRow.day).where(
        ExceptionRow.family_id.in_(ids), ExceptionRow.kind == "pause", ExceptionRow.ended_at.is_(None),
        ExceptionRow.day > london(now).date(),
    )  # fmt: skip
    voiceless = select(CarerRow.family_id).where(CarerRow.family_id.in_(ids), CarerRow.cannot_use_voice.is_(True))
    return Facts(
        families={one.id: one for one in found},
        areas={row.code: row for row in session.scalars(select(AreaRow).where(AreaRow.code.in_(codes)))},
        patterns=_patterns(session, ids),
        born={family_id: tuple(days) for family_id, days in born.items()},
        holds=_holds(session, ids),
        standings=consents.standings_of(session, ids),
        shifts={code: shifts_of(session, code) for code in codes},
        on_number=numbers.families_on_each(session, number_ids),
        last_contact={row[0]: row[1] for row in session.execute(last.group_by(AttemptRow.family_id))},
        paused_until={row[0]: at_london(row[1], time(0)) for row in session.execute(own_pause) if row[1]},
        talking=frozenset(one for one in session.scalars(talking) if one),
        voiceless=frozenset(session.scalars(voiceless)),
        service_paused=areas.is_paused(session),
    )


def question(
    known: Facts, *, family_id: str, number: NumberRow | None, contact: sending.Contact, now: datetime
) -> sending.Question:
    """What the gate is asked about one contact."""
    family = known.families[family_id]
    area = known.areas[family.area_code]
    pattern = known.patterns.get(family_id, cadence.DEFAULT)
    calendar = cadence.calendar_for(
        pattern, nation=area.nation, born_on=known.born.get(family_id, ()), imprisoned_on=family.imprisoned_on
    )
    return sending.Question(
        standing=known.standings.get(family_id, NOTHING_SAID),
        holds=known.holds.get(family_id, ()),
        number=None if number is None else number_of(number, families=len(known.on_number.get(number.id, ()))),
        contact=contact,
        hours=pattern.hours,
        calendar=calendar,
        area=sending.Area(
            live_from=at_london(area.live_on, time(0)),
            paused=area.paused_at is not None,
            l0_texts=area.l0_texts_by is not None,
            staffed_hours=area.staffed_hours_after_text,
            shifts=known.shifts.get(area.code, []),
        ),
        history=sending.History(
            custody_known_until=at_london(family.custody_as_of + timedelta(days=area.custody_limit_days + 1), time(0)),
            checks_complete=family.checks == "complete",
            excluded=family.excluded_why,
            service_paused=known.service_paused,
            last_contact=known.last_contact.get(family_id),
            gap_days=pattern.gap_days,
            paused_until=known.paused_until.get(family_id),
            in_conversation=family_id in known.talking,
            cannot_use_voice=contact.channel == "call" and family_id in known.voiceless,
        ),
        now=now,
    )


NOTHING_SAID = Standing()


def _patterns(session: Session, family_ids: Collection[str]) -> dict[str, cadence.Cadence]:
    query = select(EnrolmentRow.family_id, EnrolmentRow.cadence_version_id).where(
        EnrolmentRow.family_id.in_(family_ids), EnrolmentRow.state != "ended"
    )
    enrolled = {row[0]: row[1] for row in session.execute(query)}
    bodies = select(CadenceVersionRow.id, CadenceVersionRow.body).where(
        CadenceVersionRow.id.in_(sorted(set(enrolled.values())))
    )
    read = {version_id: cadence.read_cadence(body) for version_id, body in session.execute(bodies)}
    return {family_id: read[version_id] for family_id, version_id in enrolled.items()}


def _holds(session: Session, family_ids: Collection[str]) -> dict[str, tuple[Hold, ...]]:
    found: dict[str, list[Hold]] = defaultdict(list)
    for row in holds.open_holds_of(session, family_ids):
        found[row.family_id].append(Hold(id=row.id, kind=Kind(row.kind), set_at=row.set_at, until=row.until))
    return {family_id: tuple(theirs) for family_id, theirs in found.items()}


def standing_in(session: Session, enrolment: EnrolmentRow) -> cadence.Standing:
    """Where a family stands in its cadence."""
    last = offers.last_contact_at(session, enrolment.family_id)
    return cadence.Standing(
        anchor=enrolment.anchor_on,
        behind=enrolment.behind,
        made=offers.offers_made(session, enrolment.id),
        last_contact=None if last is None else london(last).date(),
        own=own_of(session, enrolment.family_id),
        grown_on=cadence.grown_on(child.born_on for child in families.children_of(session, enrolment.family_id)),
    )


def pattern_of(session: Session, family_id: str) -> cadence.Cadence:
    """The cadence the family is enrolled in; the default's hours and gap where it is in none."""
    return cadences.pattern_of(session, family_id) or cadence.DEFAULT


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
    return _holds(session, [family_id]).get(family_id, ())


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
