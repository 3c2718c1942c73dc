"""What one can do on the story's stage: move the clock on, ring a family, text as one, and hear all of it.

The worker's tick is called by hand here, so that the story is the same each time; everything else is the product.
"""

from __future__ import annotations

import time as wall
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta

from sqlalchemy import select

from outreach.demo.house import House
from outreach.demo.people import EVERYWHERE, POLICE
from outreach.domain.access import Actor, Role
from outreach.domain.quiet_hours import at_london, london
from outreach.domain.script import may_pass
from outreach.domain.wording import fill
from outreach.engine import dial_call, guide_call, pinned
from outreach.engine.finish_call import Finished, finish
from outreach.engine.tick import tick
from outreach.store.conversations import ConversationRow
from outreach.store.families import FamilyRow
from outreach.store.numbers import numbers_of, written
from outreach.store.offers import open_offer
from outreach.store.spoken_values import spoken_values

PRIYA = Actor("demo-practitioner", "Priya Shah", Role.PRACTITIONER, POLICE, frozenset(EVERYWHERE), demo=True)
SUPERVISOR = Actor("demo-supervisor", "Sam Adeyemi", Role.SUPERVISOR, POLICE, frozenset(EVERYWHERE), demo=True)
PRIYAS_PHONE = "+447700900801"
MOST_STEPS = 40
PATIENCE = 60
"""Seconds that the network is waited for on a machine that is busy. It is seldom one."""


class Plot(Exception):  # noqa: N818 - named for what went wrong
    """The story cannot go on: something the plot needs did not happen."""


@dataclass(frozen=True, slots=True)
class Someone:
    """A family of the story."""

    ref: str
    name: str
    family_id: str
    phone: str


class Stage:
    def __init__(self, house: House) -> None:
        self.house = house
        self.runtime = house.runtime
        self._heard = 0

    # -- time ---------------------------------------------------------------------------------------------

    def go_to(self, day: date, clock: time = time(10, 0)) -> None:
        """Move on to a moment, working through each weekday in between at ten."""
        target = at_london(day, clock)
        step = london(self.house.clock()).date() + timedelta(days=1)
        while step < day:
            if step.weekday() < 5:
                self.house.clock.move_to(at_london(step, time(10, 0)))
                self.work()
            step += timedelta(days=1)
        self.house.clock.move_to(target)
        self.work()

    def later(self, **by: float) -> None:
        self.house.clock.move_to(self.house.clock() + timedelta(**by))
        self.work()

    def work(self) -> None:
        """Let the worker and the network finish what is due now."""
        for _ in range(4):
            counted = tick(self.runtime)
            failed = [name for name, count in counted.items() if count < 0]
            if failed:
                raise Plot(f"the worker failed at: {', '.join(failed)}")
            if not self.house.simulator.settle(PATIENCE):
                raise Plot("the network did not come to rest")
            if not counted["cadences"] and not counted["texts"]:
                break
        self.hear_texts()

    # -- telling ------------------------------------------------------------------------------------------

    def say(self, words: str = "") -> None:
        print(words, flush=True)

    def chapter(self, words: str) -> None:
        self.say(f"\n{london(self.house.clock()):%A %-d %B %Y}. {words}")

    def hear_texts(self) -> None:
        """Print the texts that went through the network since the last time."""
        texts = sorted(self.house.simulator.network.texts(), key=lambda text: text.order)
        for text in texts[self._heard :]:
            theirs = text.sender != self.house.simulator.number
            phone = self.house.simulator.network.phone(text.sender if theirs else text.recipient)
            arrow = "writes" if theirs else "reads "
            self.say(f"    {phone.label or 'A phone'} {arrow}  “{text.body}”")
        self._heard = len(texts)

    # -- people -------------------------------------------------------------------------------------------

    def someone(self, ref: str) -> Someone:
        with self.runtime.sessions.read() as session:
            family = session.scalars(select(FamilyRow).where(FamilyRow.ref == ref)).one()
            number = numbers_of(session, family.id)[0][1]
            values = spoken_values(session, family_id=family.id, staff_id=None, now=self.runtime.now())
            return Someone(ref, values["carer.name"], family.id, written(session, number))

    def text(self, ref: str, words: str) -> None:
        """The family texts us, and the house does what it does."""
        self.house.simulator.text_from(self.someone(ref).phone, words)
        if not self.house.simulator.settle(PATIENCE):
            raise Plot("the network did not come to rest")
        self.hear_texts()
        self.work()

    def ring(self, ref: str, wishes: Mapping[str, str], *, picks_up: bool = True) -> Finished:
        """Priya rings the family, guided; ``wishes`` answers the questions (by what is asked, or by the step)."""
        family = self.someone(ref)
        with self.runtime.sessions.read() as session:
            offer = open_offer(session, family.family_id)
        if offer is None:
            raise Plot(f"{ref} has no call to be made")
        opened = guide_call.open_call(self.runtime, PRIYA, offer_id=offer.id)
        if isinstance(opened, guide_call.Refusal):
            raise Plot(f"the call to {ref} cannot be opened: {opened.why}")
        self.say(f"    Priya rings {family.name} ({ref}).")
        self._connect(opened.conversation_id, family, picks_up=picks_up)
        if not picks_up:
            wishes = {"right_person": "none"}
        self._walk(opened.conversation_id, family, wishes)
        closed = finish(self.runtime, PRIYA, conversation_id=opened.conversation_id)
        if isinstance(closed, guide_call.Refusal):
            raise Plot(f"the call to {ref} cannot be closed: {closed.why}")
        self.say(
            f"      The call ends: {closed.outcome}" + (", and a referral is made." if closed.referral_id else ".")
        )
        self.work()
        return closed

    def pick_up_own_phone(self) -> None:
        """Priya answers her own phone: an alert is being told."""
        sid = self._ringing(PRIYAS_PHONE)
        self.house.simulator.switchboard.answer(sid)
        self.house.simulator.settle(PATIENCE)
        call = self.house.simulator.network.call(sid)
        self.say(f"    Priya's phone rings, and says  “{' '.join(call.heard) if call else ''}”")

    def _connect(self, conversation_id: str, family: Someone, *, picks_up: bool) -> None:
        dialled = dial_call.dial(self.runtime, PRIYA, conversation_id=conversation_id)
        if isinstance(dialled, guide_call.Refusal):
            raise Plot(f"the network did not take the call to {family.ref}: {dialled.why}")
        board = self.house.simulator.switchboard
        mine = self._ringing(PRIYAS_PHONE)
        board.answer(mine)
        self._until(lambda: (call := self.house.simulator.network.call(mine)) is not None and call.wants_key)
        board.press(mine, "1")
        theirs = self._ringing(family.phone)
        if picks_up:
            board.answer(theirs)
            self.house.simulator.settle(PATIENCE)
            board.hang_up(theirs)
        else:
            board.ring_out(theirs)
        self.house.simulator.settle(PATIENCE)

    def _ringing(self, phone: str) -> str:
        self._until(lambda: self.house.simulator.ringing(phone) is not None)
        return self.house.simulator.ringing(phone) or ""

    def _until(self, happened: Callable[[], bool]) -> None:
        """Wait for the network, in real time, ten seconds at most."""
        for _ in range(500):
            if happened():
                return
            wall.sleep(0.02)
        raise Plot("a phone does not do what it should")

    def _walk(self, conversation_id: str, family: Someone, wishes: Mapping[str, str]) -> None:
        for _ in range(MOST_STEPS):
            with self.runtime.sessions.read() as session:
                conversation = session.get_one(ConversationRow, conversation_id)
                bundle, stands = pinned.walked(session, conversation)
                values = spoken_values(session, family_id=family.family_id, staff_id=PRIYA.id, now=self.runtime.now())
            if stands.position is None:
                return
            step = bundle.step(stands.position)
            if step.say:
                self.say(f"      Priya:  {' '.join(fill(step.say, values).split())}")
            if stands.ended is not None:
                return
            wish = wishes.get(step.ask or "") or wishes.get(stands.position)
            answer = wish or ("next" if may_pass(step) else step.answers[0].id)
            if wish and (chosen := step.answer(wish)):
                self.say(f"      {family.name.split(' ')[0]}:  {chosen.label}")
            given = guide_call.answer(
                self.runtime,
                PRIYA,
                conversation_id=conversation_id,
                step=stands.position,
                visit=stands.visit,
                answer=answer,
            )
            if isinstance(given, guide_call.Refusal):
                raise Plot(f"{stands.position} does not take {answer}: {given.why}")
        raise Plot("the call does not come to an end")
