"""The calls that are due today with everything the gate must know of each, by a handful of queries for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain import cadence, sending
from outreach.domain.consent import Standing
from outreach.domain.hold import Hold, Kind, Weight, in_force
from outreach.domain.number import Number, NumberStanding
from outreach.domain.quiet_hours import at_london, london
from outreach.domain.wording import Level
from outreach.store.areas import areas
from outreach.store.cadences import CadenceVersionRow, EnrolmentRow
from outreach.store.consents import standings_of
from outreach.store.conversations import ConversationRow
from outreach.store.exceptions import ExceptionRow
from outreach.store.families import CarerRow, ChildRow, FamilyRow
from outreach.store.holds import HoldRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import OfferRow

NOBODY = Standing()


@dataclass(frozen=True, slots=True)
class Due:
    """``question``: as the gate is asked when a call is opened, by nobody in particular."""

    offer: OfferRow
    family: FamilyRow
    question: sending.Question
    grown: bool
    """The youngest child is 18, and they did not ask to be rung."""

    @property
    def careful(self) -> bool:
        held = in_force(self.question.holds, self.question.now)
        return any(each.weight is Weight.CAREFUL for each in held)

    def asked_by(self, staff_id: str, *, trained: bool) -> sending.Decision:
        """What the gate says to one of us."""
        question = self.question
        named = trained and self.family.assigned_to == staff_id
        contact = sending.Contact(
            channel=question.contact.channel, purpose=sending.Purpose.PERSON, promised=question.contact.promised,
            by_named_practitioner=named,
        )  # fmt: skip
        return sending.decide(
            sending.Question(
                standing=question.standing, holds=question.holds, number=question.number, contact=contact,
                hours=question.hours, calendar=question.calendar, area=question.area, history=question.history,
                now=question.now,
            )
        )  # fmt: skip


def due_today(session: Session, codes: Collection[str], *, now: datetime, lock: bool = False) -> list[Due]:
    """Open calls and visits that are due before the day ends, and that nobody is on the line for."""
    tonight = at_london(london(now).date() + timedelta(days=1), time(0))
    talking = select(ConversationRow.family_id).where(
        ConversationRow.kind != "text", ConversationRow.state.in_(("open", "parked"))
    )
    query = (
        select(OfferRow, FamilyRow)
        .join(FamilyRow, FamilyRow.id == OfferRow.family_id)
        .where(
            OfferRow.state == "open",
            OfferRow.channel.in_(("call", "visit")),
            OfferRow.due_at < tonight,
            FamilyRow.area_code.in_(codes),
            FamilyRow.excluded_why.is_(None),
            FamilyRow.id.not_in(talking),
        )
        .order_by(OfferRow.due_at, OfferRow.id)
    )
    if lock:
        query = query.with_for_update(of=OfferRow)
    pairs = [(offer, family) for offer, family in session.execute(query)]
    return _with_questions(session, pairs, now)


def due_of_call(
    session: Session, offer: OfferRow, family: FamilyRow, number: NumberRow | None, *, now: datetime
) -> Due:
    """The same of one call that was opened already, on the number it is made on."""
    due = _with_questions(session, [(offer, family)], now)[0]
    return replace(due, question=replace(due.question, number=_value(number) if number is not None else None))


def _with_questions(session: Session, pairs: list[tuple[OfferRow, FamilyRow]], now: datetime) -> list[Due]:
    ids = [family.id for _, family in pairs]
    standings, holds, numbers = standings_of(session, ids), _holds(session, ids), _numbers(session, ids)
    born, pauses = _born(session, ids), _pauses(session, ids, now)
    patterns = _patterns(session, {offer.enrolment_id for offer, _ in pairs})
    known = areas(session)
    theirs = select(CarerRow.family_id).where(CarerRow.family_id.in_(ids), CarerRow.cannot_use_voice.is_(True))
    voiceless = frozenset(session.scalars(theirs))
    found = []
    for offer, family in pairs:
        area, pattern = known[family.area_code], patterns.get(offer.enrolment_id, cadence.DEFAULT)
        calendar = cadence.calendar_for(
            pattern, nation=area.nation, born_on=tuple(born[family.id]), imprisoned_on=family.imprisoned_on
        )
        question = sending.Question(
            standing=standings.get(family.id, NOBODY),
            holds=tuple(holds[family.id]),
            number=numbers.get(family.id),
            contact=sending.Contact(
                channel=offer.channel, purpose=sending.Purpose.PERSON, promised=offer.asked_for,
                by_named_practitioner=family.assigned_to is not None,
            ),
            hours=pattern.hours,
            calendar=calendar,
            area=sending.Area(live_from=at_london(area.live_on, time(0))),
            history=sending.History(
                custody_known_until=now,
                checks_complete=family.checks == "complete",
                excluded=family.excluded_why,
                paused_until=pauses.get(family.id),
                cannot_use_voice=offer.channel == "call" and family.id in voiceless,
            ),
            now=now,
        )  # fmt: skip
        grown_on = cadence.grown_on(born[family.id])
        grown = grown_on is not None and grown_on <= london(now).date() and not offer.asked_for
        found.append(Due(offer, family, question, grown))
    return found


def _holds(session: Session, ids: list[str]) -> dict[str, list[Hold]]:
    found: dict[str, list[Hold]] = defaultdict(list)
    query = select(HoldRow).where(HoldRow.family_id.in_(ids), HoldRow.lifted_at.is_(None))
    for row in session.scalars(query.order_by(HoldRow.set_at, HoldRow.id)):
        found[row.family_id].append(Hold(id=row.id, kind=Kind(row.kind), set_at=row.set_at, until=row.until))
    return found


def _numbers(session: Session, ids: list[str]) -> dict[str, Number]:
    """The one that would be rung: the first that was verified, else the first; never the parent's or a stranger's."""
    query = (
        select(FamilyNumberRow.family_id, NumberRow)
        .join(NumberRow, NumberRow.id == FamilyNumberRow.number_id)
        .where(
            FamilyNumberRow.family_id.in_(ids), FamilyNumberRow.off_at.is_(None), NumberRow.is_parents.is_(False),
            NumberRow.standing != "lost",
        )
        .order_by(FamilyNumberRow.position, NumberRow.id)
    )  # fmt: skip
    rows: dict[str, list[NumberRow]] = defaultdict(list)
    for family_id, row in session.execute(query):
        rows[family_id].append(row)
    return {
        family_id: _value(next((each for each in theirs if each.standing == "verified"), theirs[0]))
        for family_id, theirs in rows.items()
    }


def _value(row: NumberRow) -> Number:
    return Number(
        id=row.id, kind=row.kind, standing=NumberStanding(row.standing), agreed=Level(row.level),
        verified_at=row.verified_at, texts_stopped=row.texts_stopped_at is not None,
        calls_stopped=row.calls_stopped_at is not None, stop_confirmed=row.stop_confirmed_at is not None,
        is_parents=row.is_parents, families=1, voicemail=row.voicemail,
    )  # fmt: skip


def _born(session: Session, ids: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for family_id, born in session.execute(
        select(ChildRow.family_id, ChildRow.born_on).where(ChildRow.family_id.in_(ids))
    ):
        found[family_id].append(born)
    return found


def _pauses(session: Session, ids: list[str], now: datetime) -> dict[str, datetime]:
    query = select(ExceptionRow.family_id, ExceptionRow.day).where(
        ExceptionRow.family_id.in_(ids), ExceptionRow.kind == "pause", ExceptionRow.ended_at.is_(None),
        ExceptionRow.day > london(now).date(),
    )  # fmt: skip
    return {family_id: at_london(day, time(0)) for family_id, day in session.execute(query) if day is not None}


def _patterns(session: Session, enrolment_ids: set[str]) -> dict[str, cadence.Cadence]:
    query = select(EnrolmentRow.id, EnrolmentRow.cadence_version_id).where(EnrolmentRow.id.in_(enrolment_ids))
    homes = {enrolment_id: version_id for enrolment_id, version_id in session.execute(query)}  # noqa: C416
    bodies = select(CadenceVersionRow).where(CadenceVersionRow.id.in_(set(homes.values())))
    versions = {row.id: cadence.read_cadence(row.body) for row in session.scalars(bodies)}
    return {enrolment_id: versions[version_id] for enrolment_id, version_id in homes.items()}
