"""Today: whom to ring now, in which order and why, and what else waits for the person who asks.

Rules
* Danger stands first, then promised times that are near, then the calls that are due today.
* A call is on the list when its offer is open and due by the end of the day, in one's areas, not somebody else's,
  and nothing forbids it: no safety hold, not stopped, not compromised. Careful contact is for the named person only.
* A call tried in this part of the day before goes behind those that were not; one they asked for goes before those
  that we planned.
* What I did today is there to find things again: no totals, no comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, require
from outreach.domain.cadence import part_of_day
from outreach.domain.hold import Hold, Kind, Weight, in_force
from outreach.domain.plain_words import ALERTS, OFFER_OUTCOMES, ordinal
from outreach.domain.quiet_hours import at_london, london
from outreach.domain.script import ATTEMPTS
from outreach.runtime import Runtime
from outreach.store import sealing
from outreach.store.alerts import AlertRow
from outreach.store.consents import standing_of
from outreach.store.conversations import ConversationRow
from outreach.store.families import FamilyRow
from outreach.store.holds import HoldRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.texts import ReadingRow
from outreach.views.family_line import FamilyLine, family_lines

SOON = timedelta(minutes=30)
"""A promised time is *now* from half an hour before it."""


@dataclass(frozen=True, slots=True)
class Danger:
    """An alert nobody has settled. ``mine``: I said *I have it*. ``family`` is empty where nobody knows which."""

    id: str
    what: str
    raised_at: datetime
    family: FamilyLine | None
    taken: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class CallToMake:
    offer_id: str
    family: FamilyLine
    due_at: datetime
    due_until: datetime | None
    promised: bool
    why: str
    tried: str
    """What happened before on this offer, in words; empty the first time."""
    their_words: str
    mine: bool


@dataclass(frozen=True, slots=True)
class TextWaiting:
    family: FamilyLine
    sent_at: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Unfinished:
    conversation_id: str
    offer_id: str | None
    family: FamilyLine
    touched_at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    family: FamilyLine
    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Worklist:
    now: datetime
    danger: tuple[Danger, ...]
    promised: tuple[CallToMake, ...]
    calls: tuple[CallToMake, ...]
    waiting: tuple[TextWaiting, ...]
    unfinished: tuple[Unfinished, ...]
    done: tuple[Done, ...]
    replies_to_read: int

    @property
    def family_ids(self) -> list[str]:
        """Whom the page shows, for the note of access."""
        lines = [each.family for each in (*self.promised, *self.calls)]
        lines += [each.family for each in self.waiting] + [each.family for each in self.unfinished]
        lines += [each.family for each in self.done] + [each.family for each in self.danger if each.family]
        return sorted({line.id for line in lines})


def worklist(runtime: Runtime, actor: Actor) -> Worklist:
    require(actor, Permission.WORKLIST_READ)
    now = runtime.now()
    with runtime.sessions.read(actor.hides) as session:
        offers = _due(session, actor, now)
        alerts = _alerts(session, actor)
        texts = _texts_waiting(session, actor)
        parked = _parked(session, actor)
        done = _done_today(session, actor, now)
        ids = {row.family_id for row in (*offers, *texts)} | {row.family_id for row in parked}
        ids |= {row.family_id for row, _ in done} | {row.family_id for row in alerts if row.family_id}
        lines = family_lines(session, ids, now=now)
        calls = [_call(session, row, lines[row.family_id], actor) for row in _in_order(session, offers, now)]
        near = [each for each in calls if each.promised and each.due_at <= now + SOON]
        return Worklist(
            now=now,
            danger=tuple(_danger(row, lines, actor) for row in alerts),
            promised=tuple(near),
            calls=tuple(each for each in calls if each not in near),
            waiting=tuple(
                TextWaiting(family=lines[row.family_id], sent_at=_last_try(session, row), until=row.closes_at)
                for row in texts
            ),
            unfinished=tuple(
                Unfinished(
                    conversation_id=row.id,
                    offer_id=row.offer_id,
                    family=lines[row.family_id],
                    touched_at=row.touched_at,
                )
                for row in parked
            ),
            done=tuple(_done(attempt, offer, lines[attempt.family_id]) for attempt, offer in done),
            replies_to_read=_replies_to_read(session, actor),
        )


def _due(session: Session, actor: Actor, now: datetime) -> list[OfferRow]:
    tonight = at_london(london(now).date() + timedelta(days=1), time(0))
    mine = or_(OfferRow.assigned_to.is_(None), OfferRow.assigned_to == actor.id)
    query = (
        select(OfferRow)
        .join(FamilyRow, FamilyRow.id == OfferRow.family_id)
        .where(
            OfferRow.state == "open",
            OfferRow.channel.in_(("call", "visit")),
            OfferRow.due_at < tonight,
            FamilyRow.area_code.in_(actor.areas),
            FamilyRow.excluded_why.is_(None),
            mine,
        )
        .order_by(OfferRow.due_at, OfferRow.id)
    )
    found = list(session.scalars(query))
    barred = _barred(session, [row.family_id for row in found], actor, now)
    busy = _being_talked_to(session, [row.family_id for row in found])
    return [row for row in found if row.family_id not in barred and row.family_id not in busy]


def _barred(session: Session, family_ids: list[str], actor: Actor, now: datetime) -> set[str]:
    """Families that are not to be rung now, by this person."""
    holds: dict[str, list[Hold]] = {}
    for row in session.scalars(select(HoldRow).where(HoldRow.family_id.in_(family_ids), HoldRow.lifted_at.is_(None))):
        holds.setdefault(row.family_id, []).append(
            Hold(id=row.id, kind=Kind(row.kind), set_at=row.set_at, until=row.until)
        )
    barred = {
        family_id
        for family_id, kept in holds.items()
        for hold in in_force(kept, now)
        if hold.weight is Weight.SAFETY
        or (hold.weight is Weight.CAREFUL and not _named(session, family_id, actor))
        or (hold.weight is Weight.WAITING and hold.kind not in (Kind.REPLY, Kind.ALERT))
    }
    usable: dict[str, bool] = {}
    query = (
        select(FamilyNumberRow.family_id, NumberRow)
        .join(NumberRow, NumberRow.id == FamilyNumberRow.number_id)
        .where(FamilyNumberRow.family_id.in_(family_ids), FamilyNumberRow.off_at.is_(None))
    )
    for family_id, number in session.execute(query):
        fine = (
            number.standing in ("unverified", "verified") and number.calls_stopped_at is None and not number.is_parents
        )
        usable[family_id] = usable.get(family_id, False) or fine
    stopped = {each for each in family_ids if "call" in standing_of(session, each).stopped}
    return barred | stopped | {each for each in family_ids if not usable.get(each, False)}


def _named(session: Session, family_id: str, actor: Actor) -> bool:
    return session.get_one(FamilyRow, family_id).assigned_to == actor.id


def _being_talked_to(session: Session, family_ids: list[str]) -> set[str]:
    """Families somebody is on the line with, or whose call waits to be finished: they stand under *Finish later*."""
    query = select(ConversationRow.family_id).where(
        ConversationRow.family_id.in_(family_ids),
        ConversationRow.kind != "text",
        ConversationRow.state.in_(("open", "parked")),
    )
    return set(session.scalars(query))


def _in_order(session: Session, offers: list[OfferRow], now: datetime) -> list[OfferRow]:
    here = part_of_day(now)
    tried_here = {
        row.id for row in offers if row.tries and any(attempt.band == here for attempt in _attempts(session, row.id))
    }
    return sorted(
        offers, key=lambda row: (not row.promised, row.id in tried_here, row.why != "asked", row.due_at, row.id)
    )


def _attempts(session: Session, offer_id: str) -> list[AttemptRow]:
    query = select(AttemptRow).where(AttemptRow.offer_id == offer_id).order_by(AttemptRow.number_of)
    return list(session.scalars(query))


def _last_try(session: Session, row: OfferRow) -> datetime | None:
    attempts = _attempts(session, row.id)
    return attempts[-1].at if attempts else None


def _call(session: Session, row: OfferRow, line: FamilyLine, actor: Actor) -> CallToMake:
    words = sealing.unseal(
        session, row.their_words, key_id=row.family_id, table="offer", column="their_words", row_id=row.id
    )
    return CallToMake(
        offer_id=row.id,
        family=line,
        due_at=row.due_at,
        due_until=row.due_until,
        promised=row.promised,
        why=_why(session, row),
        tried=_tried(session, row),
        their_words=words or "",
        mine=row.assigned_to == actor.id,
    )


def _why(session: Session, row: OfferRow) -> str:
    if row.why == "asked":
        return "They asked to be rung"
    if row.why == "after_no":
        return "They said no some months ago: one more call, opened with their own words"
    before = (
        select(func.count())
        .select_from(OfferRow)
        .where(
            OfferRow.enrolment_id == row.enrolment_id, OfferRow.step >= 0, OfferRow.step < row.step, OfferRow.tries > 0
        )
    )
    made = session.scalar(before) or 0
    return "First offer" if made == 0 and row.why == "first_offer" else f"Offer again: the {ordinal(made + 1)} time"


def _tried(session: Session, row: OfferRow) -> str:
    attempts = [each for each in _attempts(session, row.id) if each.channel != "text"]
    if not attempts:
        return ""
    last = attempts[-1]
    result = ATTEMPTS.get(last.code or "", "").lower()
    times = "once" if len(attempts) == 1 else "twice" if len(attempts) == 2 else f"{len(attempts)} times"
    when = (
        f", last in the {last.band}" if last.band and last.band != "midday" else ", last at midday" if last.band else ""
    )
    return f"Tried {times}{when}{': ' + result if result else ''}"


def _alerts(session: Session, actor: Actor) -> list[AlertRow]:
    query = select(AlertRow).where(AlertRow.area_code.in_(actor.areas), AlertRow.settled_at.is_(None))
    return list(session.scalars(query.order_by(AlertRow.taken_at.is_not(None), AlertRow.raised_at)))


def _danger(row: AlertRow, lines: dict[str, FamilyLine], actor: Actor) -> Danger:
    return Danger(
        id=row.id,
        what=ALERTS.get(row.kind, "A colleague raised a concern"),
        raised_at=row.raised_at,
        family=lines.get(row.family_id or ""),
        taken=row.taken_at is not None,
        mine=row.taken_by == actor.id,
    )


def _texts_waiting(session: Session, actor: Actor) -> list[OfferRow]:
    query = (
        select(OfferRow)
        .join(FamilyRow, FamilyRow.id == OfferRow.family_id)
        .where(
            OfferRow.state == "open",
            OfferRow.channel == "text",
            OfferRow.closes_at.is_not(None),
            FamilyRow.area_code.in_(actor.areas),
            or_(FamilyRow.assigned_to.is_(None), FamilyRow.assigned_to == actor.id),
        )
    )
    return list(session.scalars(query.order_by(OfferRow.closes_at, OfferRow.id).limit(100)))


def _parked(session: Session, actor: Actor) -> list[ConversationRow]:
    query = select(ConversationRow).where(
        ConversationRow.staff_id == actor.id,
        ConversationRow.kind != "text",
        ConversationRow.state.in_(("open", "parked")),
    )
    return list(session.scalars(query.order_by(ConversationRow.touched_at)))


def _done_today(session: Session, actor: Actor, now: datetime) -> list[tuple[AttemptRow, OfferRow]]:
    morning = at_london(london(now).date(), time(0))
    query = (
        select(AttemptRow, OfferRow)
        .join(OfferRow, OfferRow.id == AttemptRow.offer_id)
        .where(AttemptRow.staff_id == actor.id, AttemptRow.at >= morning)
    )
    return [(attempt, offer) for attempt, offer in session.execute(query.order_by(AttemptRow.at))]


def _done(attempt: AttemptRow, offer: OfferRow, line: FamilyLine) -> Done:
    ended = OFFER_OUTCOMES.get(offer.outcome or "") if offer.state == "ended" else None
    return Done(family=line, at=attempt.at, what=ended or ATTEMPTS.get(attempt.code or "", "Rang"))


def _replies_to_read(session: Session, actor: Actor) -> int:
    query = (
        select(func.count())
        .select_from(ReadingRow)
        .where(
            ReadingRow.needs_person.is_(True), ReadingRow.settled_at.is_(None), ReadingRow.area_code.in_(actor.areas)
        )
    )
    return session.scalar(query) or 0
