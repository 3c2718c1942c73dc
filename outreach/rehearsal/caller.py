"""Practitioners who ring whoever stands on their worklist, guided by the script, and write down what was said."""

from __future__ import annotations

import random
import time as wall
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta

from sqlalchemy import or_, select

from outreach.demo.people import EVERYWHERE, POLICE
from outreach.domain.access import Actor, Role
from outreach.domain.script import Given, may_pass
from outreach.domain.script_walk import walk
from outreach.engine import dial_call, guide_call, pinned
from outreach.engine.deal_calls import deal_new
from outreach.engine.finish_call import Finished, finish
from outreach.rehearsal.diary import Diary
from outreach.rehearsal.house import House
from outreach.rehearsal.households import Household, Town
from outreach.rehearsal.kind_days import LONDON, working
from outreach.rehearsal.words import Means
from outreach.store.conversations import ConversationRow
from outreach.store.numbers import NumberRow, written
from outreach.store.offers import OfferRow
from outreach.views.worklist import CallToMake, worklist

PRIYA = Actor("demo-practitioner", "Priya Shah", Role.PRACTITIONER, POLICE, frozenset(EVERYWHERE), demo=True)
TOM = Actor("demo-second", "Tom Okafor", Role.PRACTITIONER, POLICE, frozenset({"OXF", "MKC"}), demo=True)
PHONES = {PRIYA.id: "+447700900801", TOM.id: "+447700900802"}
SOON = timedelta(minutes=10)
MOST_STEPS = 60
ASKED = "They asked to be rung"
"""As the worklist says it."""
THROUGH_THE_NETWORK = 12
"""So many calls go through the simulated network, every leg of them; the others are rung by hand, as may be."""
LOOK_AGAIN = timedelta(days=3)
"""A call that the house refused is left alone for so long."""

TALK = {"right_person": "yes", "safe_to_talk": "yes", "phone.voicemail": "none"}
YES = {
    **TALK, "offer": "child", "need.secondary": "carer", "consent.refer": "yes", "authority": "parent",
    "consent.children": "yes", "consent.needs": "yes", "consent.safe_contact": "yes", "phone.level": "support",
}  # fmt: skip
WISHES: Mapping[str, Mapping[str, str]] = {
    "yes": YES,
    "not now": {**TALK, "offer": "later", "phone.level": "support"},
    "not now, named": {**TALK, "offer": "later", "phone.level": "named"},
    "not now, no texts": {**TALK, "offer": "later", "phone.level": "no_texts"},
    "thinking": {**TALK, "offer": "thinking", "phone.level": "shared"},
    "no": {**TALK, "offer": "no", "ask_again": "yes"},
    "never": {**TALK, "offer": "no", "ask_again": "no"},
    "info": {**TALK, "offer": "info"},
    "stop": {"right_person": "yes", "safe_to_talk": "exit_stop"},
    "unsafe": {"right_person": "yes", "safe_to_talk": "unsafe", "unsafe.how": "hold"},
    "another time": {"right_person": "yes", "safe_to_talk": "later"},
    "wrong number": {"right_person": "wrong"},
    "somebody else": {"right_person": "other"},
    "no answer": {"right_person": "none"},
}
AT_HOME: Mapping[Means, tuple[str, ...]] = {
    Means.NOTHING: ("not now", "thinking", "not now", "another time"),
    Means.ACCEPT: ("not now, named", "not now", "yes"),
    Means.CALL: ("not now", "yes", "yes"),
    Means.CALL_AT: ("not now", "another time", "yes"),
    Means.LATER: ("not now", "another time", "not now", "thinking"),
    Means.NO: ("not now", "no", "never", "info"),
    Means.STOP: ("not now", "thinking", "not now, no texts"),
    Means.STOP_ALL: ("not now", "stop"),
    Means.STRANGER: ("not now", "wrong number"),
    Means.SOMEBODY_ELSE: ("not now", "somebody else"),
    Means.DANGER: ("not now", "unsafe"),
    Means.LOOK: ("not now", "thinking", "yes"),
}


class Caller:
    def __init__(self, house: House, town: Town, diary: Diary, *, seed: int) -> None:
        self._house, self._runtime, self._town, self._diary = house, house.runtime, town, diary
        self._chance = random.Random(f"calls {seed}")  # noqa: S311
        self._refused_at: dict[str, datetime] = {}
        self._left: tuple[date, set[str]] = (date.min, set())
        """What could not be rung, though it was asked for, when they last looked today."""
        self.calls = 0
        self.refused = 0
        self.dialled = 0

    def round(self, *, only_asked: bool) -> None:
        """Both practitioners look at their lists and ring; ``only_asked``: those who asked for it, or were promised.
        That look is left out where nothing is near but what could not be rung when they last looked today."""
        today = self._runtime.now().astimezone(LONDON).date()
        if self._left[0] != today:
            self._left = (today, set())
        if only_asked and self._asked_for() <= self._left[1]:
            return
        deal_new(self._runtime)  # as the page does before it shows a list
        for actor in (PRIYA, TOM):
            listed = worklist(self._runtime, actor)
            nobodys = [call for call in listed.nobodys if call.promised]
            for call in (*listed.promised, *nobodys):
                if call.due_at <= self._runtime.now() + SOON:
                    self._ring(actor, call)
            for call in (*listed.calls, *listed.nobodys):
                asked = call.why == ASKED
                if not call.promised and call.due_at <= self._runtime.now() and (asked or not only_asked):
                    self._ring(actor, call)
        self._left = (today, self._asked_for())

    def listed(self) -> dict[str, datetime]:
        """The families on anybody's list now, and since when each should have been rung."""
        found: dict[str, datetime] = {}
        for actor in (PRIYA, TOM):
            page = worklist(self._runtime, actor)
            for call in (*page.promised, *page.calls, *page.nobodys, *page.colleagues):
                found[call.family.ref] = call.due_at
            for one in page.unfinished:
                found[one.family.ref] = one.touched_at
        return found

    def _asked_for(self) -> set[str]:
        """The calls that are near and were promised or asked for."""
        near = select(OfferRow.id).where(
            OfferRow.state == "open", or_(OfferRow.promised.is_(True), OfferRow.why == "asked"),
            OfferRow.channel == "call", OfferRow.due_at <= self._runtime.now() + SOON,
        )  # fmt: skip
        with self._runtime.sessions.read() as session:
            return set(session.scalars(near))

    def _ring(self, actor: Actor, call: CallToMake) -> None:
        one, now = self._town.households[call.family.ref], self._runtime.now()
        if now - self._refused_at.get(call.offer_id, now - LOOK_AGAIN) < LOOK_AGAIN:
            return
        opened = guide_call.open_call(self._runtime, actor, offer_id=call.offer_id)
        if isinstance(opened, guide_call.Refusal):
            self._refused_at[call.offer_id] = now
            self.refused += 1
            return
        self.calls += 1
        number = self._number_on_the_screen(opened.conversation_id)
        self._diary.note("rang", one.ref, promised=call.promised, due_at=call.due_at, number=number)
        how = self._answered(one, promised=call.promised)
        if self.dialled < THROUGH_THE_NETWORK and self._chance.random() < 0.1:
            self.dialled += 1
            self._connect(actor, opened.conversation_id, one, picks_up=how != "no answer")
        self._walk(actor, opened.conversation_id, WISHES[how])
        on, hour = self._when(one, how)
        closed = finish(self._runtime, actor, conversation_id=opened.conversation_id, next_on=on, next_time=hour)
        if isinstance(closed, guide_call.Refusal):
            on = hour = None
            closed = finish(self._runtime, actor, conversation_id=opened.conversation_id)
        outcome = closed.outcome if isinstance(closed, Finished) else closed.why
        self._diary.note("call ended", one.ref, how=how, outcome=outcome, number=number)
        if on is not None:
            self._diary.note("promised", one.ref, on=on, hour=hour, by="on a call")

    def _number_on_the_screen(self, conversation_id: str) -> str:
        """The number that the practitioner dials by hand."""
        with self._runtime.sessions.read() as session:
            row = session.get_one(ConversationRow, conversation_id)
            return written(session, session.get_one(NumberRow, row.number_id)) if row.number_id else ""

    def _answered(self, one: Household, *, promised: bool) -> str:
        if one.chance.random() >= (max(0.8, one.answers_phone) if promised else one.answers_phone):
            return "no answer"
        ways = AT_HOME[one.manner]
        return ways[0] if one.chance.random() < 0.5 else one.chance.choice(ways)

    def _when(self, one: Household, how: str) -> tuple[date | None, time | None]:
        """Some name a day, and some of those an hour, when they are asked."""
        if not how.startswith(("not now", "another time")) or one.chance.random() < 0.6:
            return None, None
        day = self._runtime.now().astimezone(LONDON).date() + timedelta(days=one.chance.randrange(1, 45))
        while not working(day):
            day += timedelta(days=1)
        return day, one.chance.choice((None, time(10), time(11), time(13), time(14)))

    def _walk(self, actor: Actor, conversation_id: str, wishes: Mapping[str, str]) -> None:
        with self._runtime.sessions.read() as session:
            bundle, _ = pinned.walked(session, session.get_one(ConversationRow, conversation_id))
        given: list[Given] = []
        for _ in range(MOST_STEPS):
            stands = walk(bundle, given)
            if stands.position is None or stands.ended is not None:
                return
            step = bundle.step(stands.position)
            wish = wishes.get(step.ask or "") or wishes.get(stands.position)
            answer = wish or ("next" if may_pass(step) else step.answers[0].id)
            said = guide_call.answer(
                self._runtime, actor, conversation_id=conversation_id, step=stands.position, visit=stands.visit,
                answer=answer,
            )  # fmt: skip
            if isinstance(said, guide_call.Refusal):
                raise RuntimeError(f"{stands.position} does not take {answer}: {said.why}")
            given.append(Given(stands.position, stands.visit, answer))
        raise RuntimeError(f"a call does not come to its end, with {dict(wishes)}")

    def _connect(self, actor: Actor, conversation_id: str, one: Household, *, picks_up: bool) -> None:
        if isinstance(dial_call.dial(self._runtime, actor, conversation_id=conversation_id), guide_call.Refusal):
            return
        board, network = self._house.simulator.switchboard, self._house.simulator.network
        mine = self._ringing(PHONES[actor.id])
        if mine is None:
            return
        board.answer(mine)
        self._until(lambda: (call := network.call(mine)) is not None and call.wants_key)
        board.press(mine, "1")
        theirs = self._ringing(one.phone)
        if theirs is not None:
            (board.answer if picks_up else board.ring_out)(theirs)
            self._house.simulator.settle(10)
            board.hang_up(theirs)
        self._house.simulator.settle(10)

    def _ringing(self, phone: str) -> str | None:
        self._until(lambda: self._house.simulator.ringing(phone) is not None)
        return self._house.simulator.ringing(phone)

    def _until(self, happened: Callable[[], bool]) -> None:
        for _ in range(100):
            if happened():
                return
            wall.sleep(0.02)
