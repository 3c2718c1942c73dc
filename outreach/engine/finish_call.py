"""Closes a call: what was agreed is read back, and then becomes true, all of it in one transaction.

Rules
* A call is closed once, at an end of its script; closing it again changes nothing.
* The attempt is counted, with its code. An outcome (O1 to O11, stopped) ends the offer; an attempt that reached
  nobody leaves it open for another try, on another day and in another part of it, until the step's tries are used.
* Consent is written part by part with the words as they were said, their version, for whom, and by what authority, as
  of when it was said; then, at O1 and O2, the referral is made of what stands. Where none can be, somebody is asked.
* What happened between the call and its paperwork counts: a stop, a withdrawal, somebody else on the number.
* Who spoke to the carer in safety has verified the number, at the level she agreed to. Somebody else on it, an
  exit phrase, *not safe*: compromised, and a person decides (rule 3). A stranger's number is taken off.
* What follows is a table (`FOLLOWS`). A time is promised only where somebody is on duty then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

from sqlalchemy import update
from sqlalchemy.orm import Session

from outreach.domain import cadence
from outreach.domain.access import Actor, Permission, require
from outreach.domain.asides import asides_of
from outreach.domain.hold import Kind
from outreach.domain.quiet_hours import at_london, london
from outreach.domain.reply_values import ProposedTime
from outreach.domain.script import (
    ATTEMPTS,
    GIVEN,
    REFERRALS,
    RETURNED,
    RIGHT_PERSON,
    YES,
    Bundle,
    ConsentAnswered,
    Walk,
    attempt_of,
    is_safe,
)
from outreach.domain.script_danger import is_hard
from outreach.engine import pinned
from outreach.engine.agreed import make_referral, write_consents, write_needs
from outreach.engine.booking import Booked, book, slot_of
from outreach.engine.dial_call import attempt_row
from outreach.engine.end_offer import asked_offer, end_offer, move_offer
from outreach.engine.enrol import end_enrolment, rest_enrolment
from outreach.engine.guide_call import OPEN, RUNG_AGAIN, RUNG_FIRST, Refusal, with_a_colleague
from outreach.engine.holds import set_hold
from outreach.engine.lost_number import take_off
from outreach.engine.record_consent import record_consent
from outreach.engine.refer import hold_unopened, lock_for_referral
from outreach.engine.situation import calendar_of, number_value, pattern_of
from outreach.engine.stops import EVERYTHING, stop
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import events, families, numbers
from outreach.store.alerts import TaskRow
from outreach.store.areas import AreaRow
from outreach.store.asides import AsideRow
from outreach.store.cadences import live_enrolment
from outreach.store.consents import standing_of
from outreach.store.conversations import ConversationRow, made_at
from outreach.store.families import FamilyRow
from outreach.store.holds import open_holds
from outreach.store.numbers import NumberRow
from outreach.store.offers import OfferRow
from outreach.store.sealing import SERVICE, seal

FOLLOWS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "O1": ("rest", "accepted"),
        "O2": ("rest", "accepted"),
        "O3": ("later", "not_now"),
        "O4": ("no", "declined"),
        "O5": ("end", "declined"),
        "O6": ("end", "already_supported"),
        "O7": ("end", "over_18"),
        "O8": ("end", "not_for_them"),
        "O9": ("rest", "info_given"),
        "O10": ("later", "thinking"),
        "O11": ("hold", "unsafe"),
    }
)
"""What an outcome does to the cadence: rest it, rest it until a day, count a no, end it, or hold the family."""
COMPROMISED = MappingProxyType({"A02": "another_adult", "A03": "a_child", "A11": "exit_phrase"})
NOT_TODAY = MappingProxyType({"A13": "O3"})
"""She answered and did not want to talk: this offer is over, kindly, and the next comes in its time."""
PHRASE_AT = ("first_offer/why", "offer_again/why")
"""Where they may choose words of their own for ending a call."""
WE_SAID_AGAIN = frozenset({"A09", "A10", "A12"})
"""The line dropped, another time, an interpreter: once it was them, we are to ring again."""
LEVELS = MappingProxyType({"L0": 0, "L1": 1, "L2": 2})
TRIES_WHEN_ASKED = 3
NOBODY_THERE = (
    "Nobody is on duty then for the {minutes} minutes that the call may take. Promise only a time when somebody is."
)


@dataclass(frozen=True, slots=True)
class Finished:
    """``referral_id`` where one was made; ``hard``: take a moment, and talk to somebody."""

    outcome: str
    referral_id: str | None
    hard: bool


def finish(
    runtime: Runtime,
    actor: Actor,
    *,
    conversation_id: str,
    next_on: date | None = None,
    next_time: time | None = None,
    caller_id: str | None = None,
) -> Finished | Refusal:
    """Close the call. ``next_on`` (London) is the day the family chose, ``next_time`` the hour, where they did.
    ``caller_id``: whether our number was shown, as whoever rang by hand says."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        conversation = session.get_one(ConversationRow, conversation_id, with_for_update=True)
        family = session.get_one(FamilyRow, conversation.family_id)
        require(actor, Permission.CALL_MAKE, area=family.area_code, family=family.id)
        bundle, stands = pinned.walked(session, conversation)
        if stands.ended is None or stands.ended == RETURNED:
            return Refusal("The call is not at its end yet.")
        if conversation.state not in OPEN:
            return Finished(conversation.outcome or stands.ended, None, hard=is_hard(stands.facts))
        theirs = with_a_colleague(session, actor, conversation)
        if theirs is not None:
            return theirs
        if stands.ended == "A12":
            family.interpreter = True  # before the next call is booked: it takes longer
        booked = None
        if next_on is not None:
            problem = _problem_with(next_on, next_time, now=now)
            if problem is not None:
                return Refusal(problem)
            wish = ProposedTime(next_on, f"{next_time:%H:%M}" if next_time else None, True, "")
            booked = book(session, runtime, family=family, wish=wish, now=now)
            if next_time is not None and booked.due_at != at_london(next_on, next_time):
                return Refusal(NOBODY_THERE.format(minutes=int(slot_of(family).total_seconds() // 60)))
        made = made_at(session, conversation)
        closing = _Closing(
            session, runtime, actor, conversation, family, bundle, stands, now, made, next_on, booked, caller_id
        )
        return closing.close()


@dataclass(frozen=True, slots=True)
class _Closing:
    """One closing: the facts that all of its parts share."""

    session: Session
    runtime: Runtime
    actor: Actor
    conversation: ConversationRow
    family: FamilyRow
    bundle: Bundle
    stands: Walk
    now: datetime
    made: datetime
    """When the call was made: its paperwork may have waited."""
    next_on: date | None
    booked: Booked | None
    """When that is, and whether it can be promised."""
    caller_id: str | None = None

    def close(self) -> Finished:
        ended = str(self.stands.ended)
        number = numbers.lock(self.session, self.conversation.number_id) if self.conversation.number_id else None
        offer = self.session.get(OfferRow, self.conversation.offer_id, with_for_update=True)
        code = attempt_of(self.stands.facts, ended)
        if offer is not None:
            attempt = attempt_row(self.session, self.runtime, self.conversation, offer, by=self.actor.id, now=self.made)
            attempt.code = code
            if self.conversation.script in (RUNG_FIRST, RUNG_AGAIN):
                attempt.caller_id = "incoming"
            elif attempt.provider_state is None and self.caller_id in ("presented", "withheld"):
                attempt.caller_id = self.caller_id
        self.conversation.state, self.conversation.outcome = "ended", ended
        self.conversation.attempt_code, self.conversation.ended_at = code, self.now
        self.session.execute(
            update(TaskRow)
            .where(TaskRow.kind == "finish_call", TaskRow.subject_id == self.conversation.id, TaskRow.done_at.is_(None))
            .values(done_at=self.now, done_by=self.actor.id)
        )
        if ended == "A12":
            self._task("book_interpreter", self.family.id)
        self._number(number, ended)
        self._carer()
        write_consents(
            self.session, self.runtime, conversation=self.conversation, bundle=self.bundle, stands=self._agreed(ended),
            by=self.actor.id, how="voice", now=self.now,
        )  # fmt: skip
        if ended in REFERRALS:
            lock_for_referral(self.session, self.family.id)
        write_needs(self.session, self.runtime, conversation=self.conversation, stands=self.stands, now=self.now)
        self._asides()
        placed = self.stands.facts.get("kin.route") == "council"
        if placed:
            self._task("local_authority", self.family.id)
        if ended == "stopped":
            self._stop(number)
        else:
            self._offer(offer, ended)
        referral_id = None
        if ended in REFERRALS:
            referral_id = make_referral(
                self.session, self.runtime, conversation=self.conversation, by=self.actor.id, now=self.now
            )
            if referral_id is None:  # they were told that the charity rings: that must not end in silence
                self._task("not_referred", self.family.id)
            elif placed:  # children whom the council placed are not this team's: somebody finds out first
                hold_unopened(self.session, self.runtime, family_id=self.family.id, by=self.actor.id, now=self.now)
        self._note("call_ended", {"outcome": ended, "attempt": code or ""})
        return Finished(ended, referral_id, hard=is_hard(self.stands.facts))

    # -- who was on the line ------------------------------------------------------------------------------

    def _number(self, number: NumberRow | None, ended: str) -> None:
        if number is None:
            return
        self._phrase(number)
        facts = self.stands.facts
        fetched = "another_adult" if "fetched" in facts and "phone.level" not in facts else None
        why = COMPROMISED.get(ended) or ("not_safe" if facts.get("safe_to_talk") == "no" else fetched)
        if why is not None:
            number.standing, number.compromised_at, number.compromised_why = "compromised", self.now, why
            self._task("decide_number", number.id)
        elif ended in ("A07", "A08"):
            take_off(
                self.session, self.runtime, number=number, family_id=self.family.id, why=ATTEMPTS[ended].lower(),
                strangers=ended == "A08", now=self.now,
            )  # fmt: skip
        elif is_safe(facts):
            self._verify(number)

    def _verify(self, number: NumberRow) -> None:
        facts, said = self.stands.facts, self.stands.facts.get("phone.level")
        if number.standing in ("compromised", "lost"):
            return  # found out after this call was made, and a person decides
        if said is not None or not number_value(self.session, number).level(self.now):
            # Where it was not asked what texts may say, what was agreed runs on and lapses when it would have.
            number.standing, number.verified_at, number.verified_by = "verified", self.made, self.actor.id
            number.level = 0 if self._maybe_out() else LEVELS.get(said or "", 0)
        if said is not None and said in LEVELS:
            number.shared = "yes" if said == "L0" else "no"
        if facts.get("phone.voicemail") in ("none", "neutral"):
            number.voicemail = facts["phone.voicemail"]
        times = self._words_at("closing/good_time")
        if times:
            number.private_times = seal(
                self.session, times, key_id=SERVICE, table="number", column="private_times", row_id=number.id
            )
        if said == "none":
            stop(
                self.session, self.runtime, number=number, family_ids=[self.family.id], scope=frozenset({"text"}),
                by=self.actor.id, now=self.now, how="voice",
            )  # fmt: skip

    def _phrase(self, number: NumberRow) -> None:
        """Theirs, whether or not they had to use it in this very call."""
        for phrase in filter(None, map(self._words_at, PHRASE_AT)):
            number.exit_phrase = seal(
                self.session, phrase, key_id=SERVICE, table="number", column="exit_phrase", row_id=number.id
            )

    def _maybe_out(self) -> bool:
        """Nobody knows who reads their texts now, whatever was agreed (``maybe_out``)."""
        return any(hold.kind == Kind.RELEASED for hold in open_holds(self.session, self.family.id))

    def _carer(self) -> None:
        carer = families.carer_of(self.session, self.family.id)
        authority = self.stands.facts.get("authority")
        if authority == "foster":
            self.family.excluded_why = "foster_carer"
            end_enrolment(self.session, self.runtime, family_id=self.family.id, why="foster_carer", now=self.now)
            self._task("local_authority", self.family.id)
        elif authority:
            carer.authority = authority
        words = self._words_at("child_needs/know")
        if words:
            carer.words_for_it = seal(
                self.session, words, key_id=self.family.id, table="carer", column="words_for_it", row_id=carer.id
            )

    def _asides(self) -> None:
        """Contact with the imprisoned parent, and research: codes only, beside the offer."""
        said = asides_of(self.stands.facts) if is_safe(self.stands.facts) else {}
        if said:
            self.session.add(
                AsideRow(conversation_id=self.conversation.id, family_id=self.family.id, at=self.now, **said)
            )

    def _agreed(self, ended: str) -> Walk:
        """The walk as far as it counts: a consent that was given stands only at the end it leads to."""
        if ended in REFERRALS:
            return self.stands
        kept = (one for one in self.stands.events if not (isinstance(one, ConsentAnswered) and one.value == GIVEN))
        return replace(self.stands, events=tuple(kept))

    # -- what follows -------------------------------------------------------------------------------------

    def _stop(self, number: NumberRow | None) -> None:
        if number is not None:
            everybody = {*numbers.families_on(self.session, number.id), self.family.id}
            stop(
                self.session, self.runtime, number=number, family_ids=everybody, scope=EVERYTHING,
                by=self.actor.id, now=self.now, how="voice",
            )  # fmt: skip
            return
        record_consent(
            self.session, self.runtime, family_id=self.family.id, purpose="contact", value="withdrawn",
            by=self.actor.id, how="voice", now=self.now, conversation_id=self.conversation.id,
        )  # fmt: skip
        end_enrolment(
            self.session, self.runtime, family_id=self.family.id, why="stopped", now=self.now, outcome="stopped"
        )

    def _offer(self, offer: OfferRow | None, ended: str) -> None:
        outcome = NOT_TODAY.get(ended, ended)
        if outcome not in FOLLOWS:
            if offer is not None and offer.state == "open":
                self._try_again(offer, ended)
            return
        if offer is not None and offer.state == "open":
            end_offer(self.session, self.runtime, offer, outcome=outcome, why=ended, now=self.now, by=self.actor.id)
        self._follow(outcome)
        if self.booked is not None and FOLLOWS[outcome][0] in ("later", "no") and not self._calls_stopped():
            asked_offer(
                self.session, self.runtime, family_id=self.family.id,
                due_at=self.booked.due_at, due_until=self.booked.until, promised=self.booked.promised, now=self.now,
                by=self.actor.id,
            )  # fmt: skip

    def _calls_stopped(self) -> bool:
        """They said stop after this call was made: the day that was agreed in it is over with it."""
        return "call" in standing_of(self.session, self.family.id).stopped

    def _follow(self, outcome: str) -> None:
        what, why = FOLLOWS[outcome]
        enrolment = live_enrolment(self.session, self.family.id)
        if what == "no" and enrolment is not None:
            enrolment.noes += 1
            what = "end" if enrolment.noes > 1 else "no"
        if what == "end":
            end_enrolment(self.session, self.runtime, family_id=self.family.id, why=why, now=self.now)
        elif what == "hold":
            set_hold(
                self.session, self.runtime, family_id=self.family.id, kind=Kind.UNSAFE, by=self.actor.id, now=self.now
            )
        else:
            weeks = pattern_of(self.session, self.family.id).later_default_weeks
            today = london(self.now).date()
            until = {"later": today + timedelta(weeks=weeks), "no": today + cadence.CALL_AFTER_NO}.get(what)
            rest_enrolment(
                self.session, self.runtime, family_id=self.family.id, why=why, now=self.now,
                until=(self.next_on or until) if until else None,
            )  # fmt: skip

    def _try_again(self, offer: OfferRow, ended: str) -> None:
        """Nobody was reached, or it was not the moment. Whom we told that we would ring again is rung again, whichever
        try this was."""
        pattern = pattern_of(self.session, self.family.id)
        step = pattern.step(offer.step)
        allowed = step.attempts if step is not None else TRIES_WHEN_ASKED
        if step is not None and step.channel == "text":
            allowed += 1  # the text that became a call was one of its tries
        if self.booked is not None:
            move_offer(
                self.session, self.runtime, offer, channel=offer.channel, due_at=self.booked.due_at,
                due_until=self.booked.until, promised=self.booked.promised, now=self.now, by=self.actor.id,
            )  # fmt: skip
            return
        said_so = ended in WE_SAID_AGAIN and self.stands.facts.get(RIGHT_PERSON) == YES
        if offer.tries >= allowed and not said_so:
            end_offer(self.session, self.runtime, offer, outcome="no_reply", now=self.now, by=self.actor.id)
            return
        area = self.session.get_one(AreaRow, self.family.area_code)
        calendar = calendar_of(self.session, self.family, area, pattern)
        again = cadence.next_try(pattern.hours, calendar, last=self.made, now=self.now)
        move_offer(
            self.session, self.runtime, offer, channel=offer.channel, due_at=again or self.now + timedelta(days=1),
            now=self.now, by=self.actor.id,
        )  # fmt: skip

    # -- small things -------------------------------------------------------------------------------------

    def _words_at(self, address: str) -> str:
        said = [turn.given.words for turn in self.stands.trail if turn.given.step == address and turn.given.words]
        return said[-1] if said else ""

    def _task(self, kind: str, subject_id: str) -> None:
        open_task(self.session, self.runtime, kind=kind, subject_id=subject_id, family_id=self.family.id, now=self.now)

    def _note(self, name: str, data: dict[str, str]) -> None:
        events.note(
            self.session, name, id=self.runtime.new_id(), at=self.now, actor_id=self.actor.id,
            family_id=self.family.id, subjects=[self.conversation.id], data=data,
        )  # fmt: skip
        self.session.flush()


def _problem_with(next_on: date, next_time: time | None, *, now: datetime) -> str | None:
    """What is wrong with the day or the hour that was promised."""
    if next_on < london(now).date():
        return "The day to ring again is in the past. Choose today or a later day."
    if (next_on - london(now).date()).days > 400:
        return "The day to ring again is more than a year away. Choose a nearer one."
    if next_time is not None and at_london(next_on, next_time) <= now:
        return "That time has passed already. Choose a later one."
    return None
