"""A person books the next call with a family from the inbox.

Rules
* An hour is promised only where somebody is on duty then; else the call stands on that day's list without a promise.
* Nothing is booked after a stop of calls, on a number somebody else was on, or where a safety hold stands.
* Nothing is booked while they may want us to stop: that is decided first. All else in the thread is read by who books.
* What they were being asked by text is not asked any more: the call is where it goes on.
* Booking the same time twice changes nothing.
"""

from __future__ import annotations

from datetime import date, time

from outreach.domain import sending
from outreach.domain.access import Actor
from outreach.domain.hold import RULES, Kind
from outreach.domain.reply_values import ProposedTime
from outreach.engine import converse
from outreach.engine.answer_inbox import STOP_FIRST, WHOSE_FIRST, NotDone, note, read_by_a_person, take_up
from outreach.engine.booking import Booked, book, not_to_be_booked
from outreach.engine.end_offer import asked_offer
from outreach.engine.situation import best_number, decide
from outreach.runtime import Runtime
from outreach.store.offers import open_offer
from outreach.store.texts import body_of
from outreach.store.threads import may_want_stop


def book_contact(
    runtime: Runtime, actor: Actor, *, number_id: str, seen: str, on: date | None, at: time | None
) -> Booked | NotDone:
    """Book a call on a day, at an hour where one is given."""
    now = runtime.now()
    wrong = not_to_be_booked(on, at, now)
    if on is None or wrong is not None:
        return NotDone(wrong or "Say on which day.")
    with runtime.sessions.begin() as session:
        work = take_up(session, actor, number_id=number_id, seen=seen, now=now)
        if isinstance(work, NotDone):
            return work
        family = work.family
        if family is None:
            return NotDone(WHOSE_FIRST)
        if may_want_stop(session, work.number, work.inbound, family.id):
            return NotDone(STOP_FIRST)
        read_by_a_person(session, runtime, work, by=actor.id, now=now)
        contact = sending.Contact(channel="call", promised=True, by_named_practitioner=family.assigned_to is not None)
        number = best_number(session, family.id, channel="call")
        answer = decide(session, runtime, family_id=family.id, number=number, contact=contact, now=now)
        if isinstance(answer, sending.Withhold) or (isinstance(answer, sending.Wait) and answer.reason in set(Kind)):
            return NotDone(f"No call was booked: {reason_said(answer.reason)}.")
        converse.break_off_all(
            session, runtime, family_id=family.id, why=converse.BY_A_PERSON, now=now, by=actor.id
        )  # fmt: skip
        wish = ProposedTime(on, f"{at:%H:%M}" if at else None, True, "")
        booked = book(session, runtime, family=family, wish=wish, now=now)
        offer = open_offer(session, family.id)
        same = (booked.due_at, booked.until, booked.promised, "call")
        if offer is not None and (offer.due_at, offer.due_until, offer.promised, offer.channel) == same:
            return booked
        asked_offer(
            session, runtime, family_id=family.id, due_at=booked.due_at, due_until=booked.until,
            promised=booked.promised, their_words=body_of(session, work.newest[0]), now=now, by=actor.id, why="asked",
        )  # fmt: skip
        note(session, runtime, "contact_booked", work, by=actor.id, now=now)
    return booked


def reason_said(code: str) -> str:
    """Why the gate said no, as a sentence goes on."""
    return RULES[Kind(code)].says if code in set(Kind) else sending.SAYS.get(code, "it may not be done now")
