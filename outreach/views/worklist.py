"""Today: whom to ring now, in which order and why, and what else waits for the person who asks.

Rules
* Danger stands first, then promised times that are near, then the calls that are due today.
* A call is on the list when its offer is open and due by the end of the day, in one's areas, dealt to the person who
  asks (``engine/deal_calls.py``), and the gate lets it through. It stands on one list only. Those of colleagues, and
  those on no list, can be taken over. What the gate refuses is named with why, and until when.
* A call tried in this part of the day before goes behind those that were not; one they asked for goes before those
  that we planned.
* What I did today is there to find things again: no totals, no comparison.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from outreach.domain import sending
from outreach.domain.access import Actor, Permission, require
from outreach.domain.cadence import part_of_day
from outreach.domain.hold import RULES, Kind
from outreach.domain.plain_words import ALERTS, OFFER_OUTCOMES, ordinal
from outreach.domain.quiet_hours import at_london, london
from outreach.domain.script import ATTEMPTS
from outreach.runtime import Runtime
from outreach.store import sealing
from outreach.store.alerts import AlertRow
from outreach.store.conversations import ConversationRow
from outreach.store.due_calls import due_today
from outreach.store.families import FamilyRow
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.staff import StaffRow
from outreach.store.texts import ReadingRow
from outreach.views.family_line import FamilyLine, family_lines

LOOK_AGAIN = sending.LOOK_AGAIN
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
    whose: str = ""
    """The colleague on whose list it stands."""


@dataclass(frozen=True, slots=True)
class NotNow:
    family: FamilyLine
    because: str
    until: datetime | None
    promised: bool
    unread: bool
    """It waits for somebody to read what they wrote."""


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
    nobodys: tuple[CallToMake, ...]
    """On no list: nobody who could ring is on duty. Anybody may take them."""
    colleagues: tuple[CallToMake, ...]
    not_now: tuple[NotNow, ...]
    """Due, but the gate says no: why, and until when where that is known."""
    waiting: tuple[TextWaiting, ...]
    unfinished: tuple[Unfinished, ...]
    done: tuple[Done, ...]
    replies_to_read: int

    @property
    def family_ids(self) -> list[str]:
        """Whom the page shows, for the note of access."""
        lines = [each.family for each in (*self.promised, *self.calls, *self.nobodys, *self.colleagues)]
        lines += [each.family for each in self.not_now]
        lines += [each.family for each in self.waiting] + [each.family for each in self.unfinished]
        lines += [each.family for each in self.done] + [each.family for each in self.danger if each.family]
        return sorted({line.id for line in lines})


def worklist(runtime: Runtime, actor: Actor) -> Worklist:
    require(actor, Permission.WORKLIST_READ)
    now = runtime.now()
    with runtime.sessions.read(actor.hides) as session:
        mine, nobodys, colleagues, refused = _split(session, actor, now)
        shown = [*mine, *nobodys, *colleagues, *(row for row, _ in refused)]
        alerts = _alerts(session, actor)
        texts = _texts_waiting(session, actor)
        parked = _parked(session, actor)
        done = _done_today(session, actor, now)
        ids = {row.family_id for row in (*shown, *texts)} | {row.family_id for row in parked}
        ids |= {row.family_id for row, _ in done} | {row.family_id for row in alerts if row.family_id}
        lines = family_lines(session, ids, now=now)
        names = {row.id: row.name for row in session.scalars(select(StaffRow))} if colleagues else {}
        before = _Before.of(session, [*mine, *nobodys, *colleagues], texts)
        calls = [_call(session, row, before, lines[row.family_id], mine=True) for row in before.in_order(mine, now)]
        near = [each for each in calls if each.promised and each.due_at <= now + SOON]
        return Worklist(
            now=now,
            danger=tuple(_danger(row, lines, actor) for row in alerts),
            promised=tuple(near),
            calls=tuple(each for each in calls if each not in near),
            nobodys=tuple(_call(session, row, before, lines[row.family_id]) for row in before.in_order(nobodys, now)),
            colleagues=tuple(
                _call(
                    session,
                    row,
                    before,
                    lines[row.family_id],
                    whose=names.get(row.list_of or row.assigned_to or "", ""),
                )
                for row in before.in_order(colleagues, now)
            ),
            not_now=tuple(_not_now(row, said, lines[row.family_id], now) for row, said in refused),
            waiting=tuple(
                TextWaiting(family=lines[row.family_id], sent_at=before.last_try(row), until=row.closes_at)
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


def _split(
    session: Session, actor: Actor, now: datetime
) -> tuple[list[OfferRow], list[OfferRow], list[OfferRow], list[tuple[OfferRow, sending.Wait | sending.Withhold]]]:
    """Today's calls: mine, nobody's, colleagues', and those that may not be made now, with what the gate says."""
    today, trained = london(now).date(), _is_trained(session, actor)
    mine, nobodys, colleagues = list[OfferRow](), list[OfferRow](), list[OfferRow]()
    refused: list[tuple[OfferRow, sending.Wait | sending.Withhold]] = []
    for each in due_today(session, actor.areas, now=now):
        offer = each.offer
        listed = offer.list_of if offer.list_on == today else offer.assigned_to
        said = each.asked_by(listed or actor.id, trained=trained or listed not in (None, actor.id))
        if not isinstance(said, sending.Send):
            refused.append((offer, said))
        elif listed is None:
            nobodys.append(offer)
        else:
            (mine if listed == actor.id else colleagues).append(offer)
    return mine, nobodys, colleagues, refused


def _is_trained(session: Session, actor: Actor) -> bool:
    row = session.get(StaffRow, actor.id)
    return row is not None and row.trained_in_careful_contact


def _not_now(row: OfferRow, said: sending.Wait | sending.Withhold, line: FamilyLine, now: datetime) -> NotNow:
    held = RULES[Kind(said.reason)].says if said.reason in set(Kind) else None
    known = isinstance(said, sending.Wait) and said.until > now + LOOK_AGAIN
    return NotNow(
        family=line,
        because=held or sending.SAYS.get(said.reason, "it may not be done now"),
        until=said.until if known and isinstance(said, sending.Wait) else None,
        promised=row.promised,
        unread=said.reason == Kind.READ_FIRST,
    )


@dataclass(frozen=True, slots=True)
class _Before:
    """What was done before on the offers of a page, by two queries for all of them."""

    attempts: Mapping[str, Sequence[AttemptRow]]
    steps: Mapping[str, Sequence[int]]
    """The steps at which something was tried, by enrolment."""

    @classmethod
    def of(cls, session: Session, calls: Sequence[OfferRow], texts: Sequence[OfferRow]) -> _Before:
        tried = select(AttemptRow).where(AttemptRow.offer_id.in_([row.id for row in (*calls, *texts)]))
        attempts: dict[str, list[AttemptRow]] = defaultdict(list)
        for attempt in session.scalars(tried.order_by(AttemptRow.number_of)):
            attempts[attempt.offer_id].append(attempt)
        made = select(OfferRow.enrolment_id, OfferRow.step).where(
            OfferRow.enrolment_id.in_({row.enrolment_id for row in calls}), OfferRow.step >= 0, OfferRow.tries > 0
        )
        steps: dict[str, list[int]] = defaultdict(list)
        for enrolment_id, step in session.execute(made):
            steps[enrolment_id].append(step)
        return cls(attempts, steps)

    def tries(self, row: OfferRow) -> Sequence[AttemptRow]:
        return self.attempts.get(row.id, ())

    def last_try(self, row: OfferRow) -> datetime | None:
        tries = self.tries(row)
        return tries[-1].at if tries else None

    def times_made(self, row: OfferRow) -> int:
        return sum(step < row.step for step in self.steps.get(row.enrolment_id, ()))

    def in_order(self, offers: list[OfferRow], now: datetime) -> list[OfferRow]:
        here = part_of_day(now)
        tried_here = {row.id for row in offers if any(attempt.band == here for attempt in self.tries(row))}
        return sorted(
            offers, key=lambda row: (not row.promised, row.id in tried_here, row.why != "asked", row.due_at, row.id)
        )


def _call(
    session: Session, row: OfferRow, before: _Before, line: FamilyLine, *, mine: bool = False, whose: str = ""
) -> CallToMake:
    words = sealing.unseal(
        session, row.their_words, key_id=row.family_id, table="offer", column="their_words", row_id=row.id
    )
    return CallToMake(
        offer_id=row.id,
        family=line,
        due_at=row.due_at,
        due_until=row.due_until,
        promised=row.promised,
        why=_why(row, before),
        tried=_tried(before.tries(row)),
        their_words=words or "",
        mine=mine,
        whose=whose,
    )


def _why(row: OfferRow, before: _Before) -> str:
    if row.why == "asked":
        return "They asked to be rung"
    if row.why == "after_no":
        return "They said no some months ago: one more call, opened with their own words"
    made = before.times_made(row)
    return "First offer" if made == 0 and row.why == "first_offer" else f"Offer again: the {ordinal(made + 1)} time"


def _tried(tries: Sequence[AttemptRow]) -> str:
    attempts = [each for each in tries if each.channel != "text"]
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
