"""The gate: may we contact this family now, this way?

Asked when an offer falls due, again inside the transaction that claims a text, and before a call is opened. The
answer is a value: ``Send``, ``Wait`` (not now, but the offer lives on) or ``Withhold`` (not this way at all). The
rules are the functions of ``RULES``, asked in their order; the first that objects is the answer.

What passes what (DESIGN 4.6)
* The confirmation of a stop and the crisis text pass rule 2, the rota, area pauses and waiting holds; they go at
  any hour within ten minutes of the inbound text, else never. They never pass rule 3, a stop that was confirmed
  already, a safety hold or careful contact; the crisis text does not pass a stop.
* What a person sends passes the rota, pauses and waiting holds. It waits for the kind hour like everything else, but
  for an answer within an hour of what the family wrote, and while there is an open alert (ADR 10).
* A time the family asked for passes the hours, tender dates and the gap; a day it asked for, the last two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from outreach.domain import rota
from outreach.domain.consent import Standing
from outreach.domain.hold import Hold, Kind, Weight, in_force
from outreach.domain.number import Number, NumberStanding
from outreach.domain.quiet_hours import Calendar, Hours, london, next_open, window_end
from outreach.domain.wording import Level

AT_ONCE = timedelta(minutes=10)
THEY_ARE_THERE = timedelta(hours=1)
"""So long after they wrote, an answer by a person finds them with the phone in their hand."""
LONGEST_VALIDITY = timedelta(seconds=36_000)
LOOK_AGAIN = timedelta(hours=12)
"""How long a wait without a known end lasts before the gate is asked again."""


class Purpose(StrEnum):
    OFFER = "offer"
    ANSWER = "answer"
    CONVERSATION = "conversation"
    APOLOGY = "apology"
    STOP = "stop"
    CRISIS = "crisis"
    PERSON = "person"


URGENT = frozenset({Purpose.STOP, Purpose.CRISIS})
A_CALL_IS_THE_ANSWER = frozenset({Kind.REPLY, Kind.ALERT})
"""Waiting holds that ask for a person: they stop software, not the person who rings."""


def bars_a_call(hold: Hold, holds: Sequence[Hold]) -> bool:
    """Whether a waiting hold keeps a person from ringing. What may be a wish to stop is read before anybody rings, but
    in danger: who has the alert has the thread before them, and the family may need a voice."""
    if hold.kind is Kind.READ_FIRST:
        return not any(each.kind is Kind.ALERT for each in holds)
    return hold.weight is Weight.WAITING and hold.kind not in A_CALL_IS_THE_ANSWER


@dataclass(frozen=True, slots=True)
class Send:
    """Yes. ``valid_for``: after that the text must not arrive any more. ``level``: how much it may say."""

    valid_for: timedelta
    level: Level


@dataclass(frozen=True, slots=True)
class Wait:
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Withhold:
    reason: str


Decision = Send | Wait | Withhold


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What is about to be done. ``level``: of the wording. ``asked_at``: when the inbound it answers came."""

    channel: str
    purpose: Purpose = Purpose.OFFER
    level: Level = Level.L0
    promised: bool = False
    asked: bool = False
    """A text on a day that they named."""
    asked_at: datetime | None = None
    approved: bool = True
    """Whether the wording (in this language) is approved."""
    by_named_practitioner: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    live_from: datetime
    paused: bool = False
    l0_texts: bool = False
    staffed_hours: int = 4
    shifts: Sequence[rota.Shift] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """``custody_known_until``: knowledge of the custody is good until then (exclusive)."""

    custody_known_until: datetime
    checks_complete: bool = True
    excluded: str | None = None
    service_paused: bool = False
    last_contact: datetime | None = None
    gap_days: int = 7
    paused_until: datetime | None = None
    """The family asked for no contact before then."""
    in_conversation: bool = False
    cannot_use_voice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Everything the rules may look at."""

    standing: Standing
    holds: tuple[Hold, ...]
    number: Number | None
    contact: Contact
    hours: Hours
    calendar: Calendar
    area: Area
    history: History
    now: datetime

    @property
    def texting(self) -> bool:
        return self.contact.channel == "text"

    @property
    def automatic(self) -> bool:
        """Software decided to send this text; for a call, a person always decides."""
        return self.texting and self.contact.purpose is not Purpose.PERSON

    @property
    def urgent(self) -> bool:
        return self.texting and self.contact.purpose in URGENT


def decide(question: Question) -> Decision:
    """The answer to *may we contact this family now, this way?*"""
    for rule in RULES:
        objection = rule(question)
        if objection is not None:
            return objection
    end = window_end(question.hours, None, question.now)
    left = AT_ONCE if question.urgent else end - question.now if end else timedelta(hours=1)
    level = question.number.level(question.now) if question.number else Level.L0
    return Send(min(left, LONGEST_VALIDITY), level)


def number_is_usable(q: Question) -> Decision | None:
    """Nothing goes to no number, the imprisoned parent's, a stranger's; no text to a landline (rule 3)."""
    if q.number is None:
        return Withhold("no_number")
    if q.number.is_parents:
        return Withhold("parents_number")
    if q.number.standing is NumberStanding.LOST and q.contact.purpose is not Purpose.APOLOGY:
        return Withhold("number_lost")
    if q.texting and q.number.kind != "mobile":
        return Withhold("not_a_mobile")
    if q.automatic and not q.urgent and q.number.families > 1:
        return Withhold("two_families")
    return None


def a_call_can_be_heard(q: Question) -> Decision | None:
    """Nobody rings a carer who cannot use the phone by voice; there is another way (``engine/other_way``)."""
    return Withhold("cannot_use_voice") if q.contact.channel == "call" and q.history.cannot_use_voice else None


def nobody_said_stop(q: Question) -> Decision | None:
    """Stop is final (rule 7). Only its one confirmation passes, and only once."""
    if q.number is None:
        return None
    stopped = q.number.texts_stopped if q.texting else q.number.calls_stopped
    stopped = stopped or ("text" if q.texting else "call") in q.standing.stopped
    if not stopped:
        return None
    if q.contact.purpose is Purpose.STOP and not q.number.stop_confirmed:
        return None
    return Withhold("stopped")


def number_is_not_compromised(q: Question) -> Decision | None:
    """After somebody else was on it: nothing automatic, no redial, until a person decides (rule 3)."""
    if q.number is not None and q.number.standing is NumberStanding.COMPROMISED:
        return Withhold("compromised")
    return None


def family_is_not_excluded(q: Question) -> Decision | None:
    """A foster carer, a child we care for, a death: no family contact at all (rule 6)."""
    if q.history.excluded and not q.urgent:
        return Withhold("excluded")
    return None


def no_hold_forbids(q: Question) -> Decision | None:
    holds = in_force(q.holds, q.now)
    for hold in holds:
        again = hold.until or q.now + LOOK_AGAIN
        if hold.weight is Weight.SAFETY:
            return Wait(again, hold.kind.value)
        if hold.weight is Weight.CAREFUL:
            if q.contact.channel != "call":
                return Withhold("careful_contact")
            if not q.contact.by_named_practitioner:
                return Wait(again, hold.kind.value)
        if hold.weight is Weight.WAITING and q.automatic and not q.urgent:
            return Wait(again, hold.kind.value)
        if not q.texting and bars_a_call(hold, holds):
            return Wait(again, hold.kind.value)
    return None


def urgent_while_it_matters(q: Question) -> Decision | None:
    """The confirmation of a stop and the crisis text go within ten minutes of the inbound, or never (rule 5)."""
    if not q.urgent:
        return None
    if q.contact.asked_at is None or q.now - q.contact.asked_at > AT_ONCE:
        return Withhold("too_late")
    return None


def the_family_is_not_paused(q: Question) -> Decision | None:
    """What they asked for binds software, and calls that we planned; not a time that they named afterwards."""
    if q.urgent or q.contact.promised or q.contact.purpose not in (Purpose.OFFER, Purpose.PERSON):
        return None
    if q.texting and q.contact.purpose is Purpose.PERSON:
        return None
    if q.history.paused_until is not None and q.now < q.history.paused_until:
        return Wait(q.history.paused_until, "own_pause")
    return None


def nobody_pressed_pause(q: Question) -> Decision | None:
    """A pause stops everything automatic, of the service or of the area."""
    if not q.automatic:
        return None
    if q.history.service_paused:
        return Wait(q.now + LOOK_AGAIN, "service_paused")
    if q.area.paused and not q.urgent:
        return Wait(q.now + LOOK_AGAIN, "area_paused")
    return None


def gate_before_first_contact_is_passed(q: Question) -> Decision | None:
    """The area is live, and the checks are complete."""
    if q.urgent:
        return None
    if q.now < q.area.live_from:
        return Wait(q.area.live_from, "area_not_live")
    if not q.history.checks_complete:
        return Wait(q.now + LOOK_AGAIN, "checks_pending")
    return None


def custody_is_known(q: Question) -> Decision | None:
    """Custody knowledge past the area's limit makes automatic texts wait."""
    if q.automatic and not q.urgent and q.now >= q.history.custody_known_until:
        return Wait(q.now + LOOK_AGAIN, "custody_old")
    return None


def first_contact_is_by_voice(q: Question) -> Decision | None:
    """No automatic text to a number nobody verified by voice, unless the area has L0 texts on (rule 2).

    An answer goes to who wrote to us; it is at L0 whatever the level is said to be.
    """
    if not q.automatic or q.urgent or q.number is None:
        return None
    unverified = q.number.standing is NumberStanding.UNVERIFIED
    if unverified and not q.area.l0_texts:
        return Withhold("not_verified")
    return None


def words_fit_the_level(q: Question) -> Decision | None:
    """The wording says no more than was agreed for this number (rule 1), and was approved."""
    if not q.texting or q.number is None:
        return None
    if q.contact.level > q.number.level(q.now):
        return Withhold("level")
    if q.automatic and not q.contact.approved:
        return Wait(q.now + LOOK_AGAIN, "wording_not_approved")
    return None


def a_person_is_writing(q: Question) -> Decision | None:
    """While a conversation goes on, offers wait."""
    if q.contact.purpose is Purpose.OFFER and q.texting and q.history.in_conversation:
        return Wait(q.now + LOOK_AGAIN, "in_conversation")
    return None


def not_too_soon(q: Question) -> Decision | None:
    """The gap between two contacts."""
    if q.contact.purpose is not Purpose.OFFER or q.contact.promised or q.contact.asked or not q.texting:
        return None
    if q.history.last_contact is None:
        return None
    earliest = q.history.last_contact + timedelta(days=q.history.gap_days)
    return Wait(earliest, "too_soon") if q.now < earliest else None


def the_hour_is_kind(q: Question) -> Decision | None:
    """Sending hours, bank holidays, tender dates; replies are bound by the hours too (rule 5).

    A person who rings chooses the hour, but not a bank holiday or a tender date, unless they asked for it. A person
    who writes is bound as a reply is, unless the family is there: it wrote within the hour, or there is an open alert.
    """
    if q.urgent or q.contact.promised:
        return None
    if q.contact.purpose is Purpose.PERSON and q.texting and _they_are_there(q):
        return None
    tender = q.contact.purpose is Purpose.OFFER and not q.contact.asked
    calendar = q.calendar if tender else Calendar(q.calendar.nation, winter=False)
    if q.contact.purpose is Purpose.PERSON and not q.texting:
        a_closed_day = q.calendar.closed(london(q.now).date())
        return (
            Wait(next_open(q.hours, q.calendar, q.now) or q.now + LOOK_AGAIN, "quiet_hours") if a_closed_day else None
        )
    if window_end(q.hours, calendar, q.now) is not None:
        return None
    after = next_open(q.hours, calendar, q.now)
    return Wait(after or q.now + LOOK_AGAIN, "quiet_hours")


def _they_are_there(q: Question) -> bool:
    wrote = q.contact.asked_at
    lately = wrote is not None and q.now - wrote <= THEY_ARE_THERE
    return lately or any(hold.kind is Kind.ALERT for hold in in_force(q.holds, q.now))


def somebody_is_on_duty(q: Question) -> Decision | None:
    """A text goes only when its reply will find somebody (rule 5)."""
    if not q.automatic or q.urgent:
        return None
    if rota.staffed_for(q.area.shifts, q.now, q.area.staffed_hours):
        return None
    after = rota.next_staffed(q.area.shifts, q.now, hours=q.area.staffed_hours)
    return Wait(after if after and after > q.now else q.now + LOOK_AGAIN, "nobody_on_duty")


RULES: tuple[Callable[[Question], Decision | None], ...] = (
    number_is_usable,
    a_call_can_be_heard,
    nobody_said_stop,
    number_is_not_compromised,
    family_is_not_excluded,
    no_hold_forbids,
    urgent_while_it_matters,
    the_family_is_not_paused,
    nobody_pressed_pause,
    gate_before_first_contact_is_passed,
    custody_is_known,
    first_contact_is_by_voice,
    words_fit_the_level,
    a_person_is_writing,
    not_too_soon,
    the_hour_is_kind,
    somebody_is_on_duty,
)

SAYS = {
    "no_number": "there is no number",
    "parents_number": "the number is the imprisoned parent's",
    "number_lost": "the number belongs to a stranger",
    "number_taken_off": "the number is no longer the family's",
    "not_a_mobile": "the number is not a mobile",
    "two_families": "two families stand on this number",
    "cannot_use_voice": "they cannot use the phone by voice; it goes another way",
    "stopped": "they said stop",
    "put_right": "a colleague put right what it answered",
    "compromised": "somebody else was on the number; a person decides",
    "excluded": "this family is not contacted; it goes through the local authority",
    "careful_contact": "careful contact: by call only",
    "too_late": "it would have come too late",
    "service_paused": "everything is paused",
    "own_pause": "they asked us to wait until then",
    "area_paused": "the area is paused",
    "area_not_live": "the area is not live yet",
    "checks_pending": "the checks are not complete",
    "youngest_is_18": "the youngest child is 18",
    "custody_old": "what we know about the custody is too old",
    "not_verified": "nobody has spoken to her on this number yet",
    "level": "the text would say more than was agreed",
    "wording_not_approved": "the wording is not approved",
    "conversation_over": "what was asked by text is not asked any more",
    "in_conversation": "a conversation is going on",
    "network_down": "the network did not take it; it is tried again",
    "expired": "it waited for too long, and is decided anew",
    "offer_ended": "what it was about is over",
    "offer_moved": "they are reached in another way now",
    "too_soon": "the last contact was too short a time ago",
    "quiet_hours": "it is outside the hours",
    "wrote_again": "they wrote again before it went; read that, and answer anew",
    "nobody_on_duty": "nobody would be there for a reply",
}
"""Each reason as a sentence goes on: *Nothing is sent now:* …; holds have their own words in ``hold.RULES``."""
