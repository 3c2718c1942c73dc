"""Books a call with a family on its own page, because they asked for one or agreed to it.

Rules
* An hour is promised only where somebody is on duty for the whole of the call; else the call stands on that day's list
  without a promise, and the person who books is told so.
* Nothing is booked after a stop of calls, on a number somebody else was on, where a safety hold stands, or for a
  carer who cannot use the phone by voice.
* What they were being asked by text is not asked any more: the call is where it goes on.
* A call that was planned already moves to the new day: there is never a second one. Booking the same twice is once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from outreach.domain import sending
from outreach.domain.access import Actor, Permission, require
from outreach.domain.hold import RULES, Kind
from outreach.domain.reply_values import ProposedTime
from outreach.engine import converse
from outreach.engine.booking import Booked, book, not_to_be_booked
from outreach.engine.end_offer import asked_offer
from outreach.engine.guide_call import standing_call
from outreach.engine.situation import best_number, decide
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.families import LOCKED, FamilyRow
from outreach.store.offers import open_offer


@dataclass(frozen=True, slots=True)
class NotBooked:
    """Why not, as a sentence."""

    why: str


def book_call(
    runtime: Runtime, actor: Actor, *, family_id: str, on: date | None, at: time | None
) -> Booked | NotBooked:
    """Book a call on a day, at an hour where one is given."""
    require(actor, Permission.CALL_MAKE)
    now = runtime.now()
    wrong = not_to_be_booked(on, at, now)
    if on is None or wrong is not None:
        return NotBooked(wrong or "Say on which day.")
    with runtime.sessions.begin() as session:
        family = session.get_one(FamilyRow, family_id, with_for_update=LOCKED)
        require(actor, Permission.CALL_MAKE, area=family.area_code, family=family.id)
        if standing_call(session, family.id) is not None:
            return NotBooked("A call with them is not closed yet. Finish it first; it asks for the day they chose.")
        number = best_number(session, family.id, channel="call")
        contact = sending.Contact(channel="call", promised=True, by_named_practitioner=family.assigned_to is not None)
        answer = decide(session, runtime, family_id=family.id, number=number, contact=contact, now=now)
        if isinstance(answer, sending.Withhold) or (isinstance(answer, sending.Wait) and answer.reason in set(Kind)):
            held = RULES[Kind(answer.reason)].says if answer.reason in set(Kind) else sending.SAYS[answer.reason]
            return NotBooked(f"No call was booked: {held}.")
        converse.break_off_all(
            session, runtime, family_id=family.id, why=converse.BY_A_PERSON, now=now, by=actor.id
        )  # fmt: skip
        wish = ProposedTime(on, f"{at:%H:%M}" if at else None, True, "")
        booked = book(session, runtime, family=family, wish=wish, now=now)
        offer = open_offer(session, family.id)
        same = (booked.due_at, booked.until, booked.promised, "call")
        if offer is not None and (offer.due_at, offer.due_until, offer.promised, offer.channel) == same:
            return booked
        offer = asked_offer(
            session, runtime, family_id=family.id, due_at=booked.due_at, due_until=booked.until,
            promised=booked.promised, now=now, by=actor.id, why="asked",
        )  # fmt: skip
        events.note(
            session, "call_booked", id=runtime.new_id(), at=now, actor_id=actor.id, family_id=family.id,
            subjects=[offer.id], data={"promised": booked.promised},
        )  # fmt: skip
    return booked
