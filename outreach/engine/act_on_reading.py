"""Does what a clear text asks for: by itself where that is switched on, else after one click of a person.

Rules (DESIGN 4.4 and 4.6)
* A clear yes opens the consent conversation where it may; else, and for *call*, a person rings.
* *Later* ends the offer as not now, and the next comes on the day they named, which the answer says back to them, or
  after the rest, on a day that is not tender. It comes by the way that was planned, but after a *no* by call.
* A *no* ends texting; one call after six months, opened with their words; a *no* to that ends it. The same *no* said
  again before that call is no second one, and is not answered again. What a no counted for stands beside its reading,
  so that it can be taken back (``take_back_no``).
* A stranger's number gets one apology and is off for good.
* Nothing here is consent.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from outreach.domain.cadence import CALL_AFTER_NO
from outreach.domain.quiet_hours import at_london, end_of_day, london, next_open
from outreach.domain.reply_values import Intent, ProposedTime
from outreach.engine import converse
from outreach.engine.answer_text import answer_text
from outreach.engine.as_it_stands import Stands
from outreach.engine.ask_person import ask_person
from outreach.engine.booking import book
from outreach.engine.end_offer import asked_offer, end_offer
from outreach.engine.enrol import end_enrolment, rest_enrolment
from outreach.engine.lost_number import take_off
from outreach.engine.refer import after_a_no
from outreach.engine.situation import calendar_of
from outreach.engine.take_back_no import counted
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.numbers import NumberRow
from outreach.store.texts import ReadingRow, TextRow, body_of


def act(
    session: Session,
    runtime: Runtime,
    *,
    text: TextRow,
    number: NumberRow,
    stands: Stands,
    intent: Intent,
    wish: ProposedTime | None,
    row: ReadingRow,
    now: datetime,
    by: str = "system",
) -> None:
    """Do what a clear text asks for: by itself where the switch is on, else after one click of a person."""
    row.acted = True
    words = body_of(session, text) or ""
    if intent in (Intent.ACCEPT, Intent.CALL):
        _ring(
            session,
            runtime,
            text=text,
            number=number,
            stands=stands,
            intent=intent,
            wish=wish,
            words=words,
            now=now,
            by=by,
        )
    elif intent is Intent.LATER:
        _later(session, runtime, text=text, number=number, stands=stands, wish=wish, words=words, now=now, by=by)
    elif intent is Intent.DECLINE:
        if stands.referred:
            after_a_no(session, runtime, family_id=stands.family.id, by=by, now=now)
        _decline(session, runtime, text=text, number=number, stands=stands, words=words, row=row, now=now, by=by)
    elif intent is Intent.WRONG_PERSON:
        _wrong_person(session, runtime, text=text, number=number, stands=stands, now=now)
    else:
        row.acted = False
        ask_person(session, runtime, stands=stands, row=row, now=now)


def _ring(
    session: Session,
    runtime: Runtime,
    *,
    text: TextRow,
    number: NumberRow,
    stands: Stands,
    intent: Intent,
    wish: ProposedTime | None,
    words: str,
    now: datetime,
    by: str,
) -> None:
    """A clear yes opens the consent conversation where it may; else, and for *call*, a person rings."""
    family = stands.family
    if intent is Intent.ACCEPT and converse.may_converse(session, runtime, family=family, number=number, now=now):
        offer = stands.open_offer
        converse.begin(session, runtime, family=family, number_id=number.id, offer=offer, answers=text, now=now)
        return
    booked = book(session, runtime, family=family, wish=wish, now=now, pattern=stands.pattern)
    asked = asked_offer(
        session, runtime, family_id=family.id, due_at=booked.due_at, due_until=booked.until, promised=booked.promised,
        their_words=words, now=now, by=by, stands=stands,
    )  # fmt: skip
    if asked.channel != "call":
        return  # nobody will ring, so nobody says so
    answer_text(
        session, runtime, text=text, number=number, family_id=family.id, wording="call_soon", purpose="answer", now=now,
        when=booked.dated(), true_until=booked.over,
    )  # fmt: skip


def _later(
    session: Session,
    runtime: Runtime,
    *,
    text: TextRow,
    number: NumberRow,
    stands: Stands,
    wish: ProposedTime | None,
    words: str,
    now: datetime,
    by: str,
) -> None:
    """The offer ends as *not now*; the next comes on the day they named, or after the rest the cadence gives."""
    family_id, offer = stands.family.id, stands.open_offer
    channel = offer.planned_channel if offer is not None and offer.step >= 0 else "text"
    said_no = stands.live_enrolment is not None and stands.live_enrolment.noes > 0
    channel = "call" if said_no and channel == "text" else channel
    if offer is not None:
        end_offer(session, runtime, offer, outcome="O3", now=now, by=by)
    day = wish.on if wish is not None else london(now).date() + timedelta(weeks=stands.pattern.later_default_weeks)
    rest_enrolment(session, runtime, family_id=family_id, why="later", until=day, now=now, stands=stands)
    due_at = at_london(day, time(9, 30))
    if wish is None:
        calendar = calendar_of(session, stands.family, stands.area, stands.pattern)
        due_at = next_open(stands.pattern.hours, calendar, at_london(day, time(0))) or due_at
    asked_offer(
        session, runtime, family_id=family_id, channel=channel, due_at=due_at, promised=False,
        due_until=end_of_day(due_at) if wish is not None and channel == "text" else None,
        their_words=words, now=now, by=by, stands=stands,
    )  # fmt: skip
    answer, values = _until(wish.on if wish is not None else None, today=london(now).date())
    answer_text(
        session, runtime, text=text, number=number, family_id=family_id, wording=answer, purpose="answer", now=now,
        true_until=None, **values,
    )  # fmt: skip


def _until(named: date | None, *, today: date) -> tuple[str, dict[str, str]]:
    """The wording that answers a *later*, with its values: a day they named is said back to them."""
    if named is None or named <= today:
        return "later", {}
    year = "" if named.year == today.year else f" {named.year}"
    return "later_on", {"day": f"{named:%A} {named.day} {named:%B}{year}"}


def _decline(
    session: Session,
    runtime: Runtime,
    *,
    text: TextRow,
    number: NumberRow,
    stands: Stands,
    words: str,
    row: ReadingRow,
    now: datetime,
    by: str,
) -> None:
    family_id, offer, enrolment = stands.family.id, stands.open_offer, stands.live_enrolment
    if offer is not None and offer.why == "after_no" and not offer.tries:
        return
    answer_text(
        session, runtime, text=text, number=number, family_id=family_id, wording="decline", purpose="answer", now=now
    )
    if enrolment is not None:
        counted(row, enrolment, offer)
    if offer is not None:
        end_offer(session, runtime, offer, outcome="O4", now=now, by=by)
    if enrolment is None:
        return
    enrolment.noes += 1
    if enrolment.noes > 1:
        end_enrolment(session, runtime, family_id=family_id, why="declined", now=now, stands=stands)
        return
    rest_enrolment(session, runtime, family_id=family_id, why="declined", now=now, stands=stands)
    calendar = calendar_of(session, stands.family, stands.area, stands.pattern)
    day = at_london(london(now).date() + CALL_AFTER_NO, time(0))
    asked_offer(
        session, runtime, family_id=family_id, channel="call", promised=False,
        due_at=next_open(stands.pattern.hours, calendar, day) or day,
        their_words=words, why="after_no", now=now, by=by, stands=stands,
    )  # fmt: skip


def _wrong_person(
    session: Session, runtime: Runtime, *, text: TextRow, number: NumberRow, stands: Stands, now: datetime
) -> None:
    """A stranger's number: one apology, off for good, and the family goes to *find another number*."""
    family_id, offer = stands.family.id, stands.open_offer
    answer_text(
        session,
        runtime,
        text=text,
        number=number,
        family_id=family_id,
        wording="wrong_number",
        purpose="apology",
        now=now,
    )
    take_off(session, runtime, number=number, family_id=family_id, why="stranger", strangers=True, now=now)
    if offer is not None:
        end_offer(session, runtime, offer, outcome="failed", why="number_lost", now=now)
    events.note(
        session,
        "number_lost",
        id=runtime.new_id(),
        at=now,
        actor_id="family",
        family_id=family_id,
        subjects=[number.id],
    )
