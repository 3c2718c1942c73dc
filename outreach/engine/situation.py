"""Gathers, inside the caller's transaction, what the gate must know of families, numbers and a moment.

A handful of queries, however many families are asked about: ``facts`` reads, ``question`` puts it together for one
contact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, func, literal_column, select
from sqlalchemy.orm import Session

from outreach.domain import cadence, rota, sending
from outreach.domain.consent import Standing
from outreach.domain.hold import Hold, Kind
from outreach.domain.number import Number, NumberStanding
from outreach.domain.quiet_hours import Calendar, at_london, london
from outreach.domain.wording import Level
from outreach.runtime import Runtime
from outreach.store import cadences, consents, families, holds, numbers, offers
from outreach.store.areas import AreaRow, ServiceRow
from outreach.store.base import padded
from outreach.store.cadences import CadenceVersionRow, EnrolmentRow
from outreach.store.consents import ConsentRow
from outreach.store.conversations import ConversationRow
from outreach.store.exceptions import ExceptionRow, own_of
from outreach.store.families import CarerRow, ChildRow, FamilyRow
from outreach.store.holds import HoldRow
from outreach.store.numbers import NumberRow
from outreach.store.offers import AttemptRow
from outreach.store.staff import shifts_of_each
from outreach.store.texts import TextRow


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyFacts:
    """What is known of a family, as far as the gate looks at it."""

    id: str
    area_code: str
    imprisoned_on: date
    custody_as_of: date
    checks: str
    excluded_why: str | None
    pattern: cadence.Cadence
    born: tuple[str, ...]
    last_contact: datetime | None
    """The last try, or what one of us wrote."""
    paused_until: datetime | None
    """Where the family asked for no contact before then."""
    talking: bool
    voiceless: bool
    """Nobody in it can use the phone by voice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaFacts:
    """The same of its area."""

    code: str
    nation: str
    live_on: date
    paused: bool
    l0_texts: bool
    staffed_hours_after_text: int
    custody_limit_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """By the family's id, but for ``areas`` (code), ``shifts`` (area) and ``on_number`` (number -> its families)."""

    families: Mapping[str, FamilyFacts]
    areas: Mapping[str, AreaFacts]
    holds: Mapping[str, tuple[Hold, ...]]
    standings: Mapping[str, Standing]
    shifts: Mapping[str, list[rota.Shift]]
    on_number: Mapping[str, list[str]]
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


def _of(
    kind: type[ChildRow | AttemptRow | TextRow | ExceptionRow | ConversationRow | CarerRow | HoldRow | ConsentRow],
) -> Any:
    return kind.family_id == FamilyRow.id


_KNOWN = (
    select(
        FamilyRow.id, FamilyRow.area_code, FamilyRow.imprisoned_on, FamilyRow.custody_as_of, FamilyRow.checks,
        FamilyRow.excluded_why, AreaRow.nation, AreaRow.live_on, AreaRow.paused_at, AreaRow.l0_texts_by,
        AreaRow.staffed_hours_after_text, AreaRow.custody_limit_days, cadences.WORDS.label("cadence"),
        select(func.aggregate_strings(ChildRow.born_on, " ")).where(_of(ChildRow)).scalar_subquery().label("born"),
        select(func.max(AttemptRow.at)).where(_of(AttemptRow)).scalar_subquery().label("last_contact"),
        select(func.max(TextRow.handed_over_at))
        .where(_of(TextRow), TextRow.purpose == literal_column("'person'"))
        .scalar_subquery()
        .label("last_written"),
        select(func.max(ExceptionRow.day))
        .where(
            _of(ExceptionRow), ExceptionRow.kind == "pause", ExceptionRow.ended_at.is_(None),
            ExceptionRow.day > bindparam("today"),
        )
        .scalar_subquery()
        .label("paused_until"),
        exists().where(_of(ConversationRow), ConversationRow.state.in_(("open", "parked"))).label("talking"),
        exists().where(_of(CarerRow), CarerRow.cannot_use_voice.is_(True)).label("voiceless"),
        exists().where(_of(HoldRow), HoldRow.lifted_at.is_(None)).label("held"),
        exists().where(_of(ConsentRow)).label("said"),
        select(ServiceRow.paused_at).where(ServiceRow.id == 1).scalar_subquery().label("service_paused_at"),
    )
    .join(AreaRow, AreaRow.code == FamilyRow.area_code)
    .outerjoin(EnrolmentRow, (EnrolmentRow.family_id == FamilyRow.id) & (EnrolmentRow.state != "ended"))
    .outerjoin(CadenceVersionRow, CadenceVersionRow.id == EnrolmentRow.cadence_version_id)
    .where(FamilyRow.id.in_(bindparam("family_ids", expanding=True)))
)  # fmt: skip


def facts(session: Session, *, family_ids: Collection[str], number_ids: Collection[str], now: datetime) -> Facts:
    """Read it all. Lock the numbers first where a text is to go."""
    asked = {"family_ids": padded(family_ids), "today": london(now).date()}
    rows = session.execute(_KNOWN, asked).all()
    known = {
        row.area_code: AreaFacts(
            code=row.area_code, nation=row.nation, live_on=row.live_on, paused=row.paused_at is not None,
            l0_texts=row.l0_texts_by is not None, staffed_hours_after_text=row.staffed_hours_after_text,
            custody_limit_days=row.custody_limit_days,
        )
        for row in rows
    }  # fmt: skip
    return Facts(
        families={row.id: _family(row) for row in rows},
        areas=known,
        holds=_holds(session, [row.id for row in rows if row.held]),
        standings=consents.standings_of(session, [row.id for row in rows if row.said]),
        shifts=shifts_of_each(session, known),
        on_number=numbers.families_on_each(session, number_ids),
        service_paused=any(row.service_paused_at is not None for row in rows),
    )


def _family(row: Any) -> FamilyFacts:
    return FamilyFacts(
        id=row.id, area_code=row.area_code, imprisoned_on=row.imprisoned_on, custody_as_of=row.custody_as_of,
        checks=row.checks, excluded_why=row.excluded_why,
        pattern=cadence.DEFAULT if row.cadence is None else cadences.read_words(row.cadence),
        born=tuple((row.born or "").split()), last_contact=_later(row.last_contact, row.last_written),
        paused_until=at_london(row.paused_until, time(0)) if row.paused_until else None,
        talking=row.talking, voiceless=row.voiceless,
    )  # fmt: skip


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((each for each in (one, other) if each is not None), default=None)


def question(
    known: Facts, *, family_id: str, number: NumberRow | None, contact: sending.Contact, now: datetime
) -> sending.Question:
    """What the gate is asked about one contact."""
    family = known.families[family_id]
    area, pattern = known.areas[family.area_code], family.pattern
    calendar = cadence.calendar_for(
        pattern, nation=area.nation, born_on=family.born, imprisoned_on=family.imprisoned_on
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
            paused=area.paused,
            l0_texts=area.l0_texts,
            staffed_hours=area.staffed_hours_after_text,
            shifts=known.shifts.get(area.code, []),
        ),
        history=sending.History(
            custody_known_until=at_london(family.custody_as_of + timedelta(days=area.custody_limit_days + 1), time(0)),
            checks_complete=family.checks == "complete",
            excluded=family.excluded_why,
            service_paused=known.service_paused,
            last_contact=family.last_contact,
            gap_days=pattern.gap_days,
            paused_until=family.paused_until,
            in_conversation=family.talking,
            cannot_use_voice=contact.channel == "call" and family.voiceless,
        ),
        now=now,
    )


NOTHING_SAID = Standing()


def _holds(session: Session, family_ids: Collection[str]) -> dict[str, tuple[Hold, ...]]:
    found: dict[str, list[Hold]] = defaultdict(list)
    for row in holds.open_holds_of(session, family_ids) if family_ids else ():
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
