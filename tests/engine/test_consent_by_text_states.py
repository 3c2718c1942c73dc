"""Whatever is said, sent, lost, told twice, switched or done by a colleague, in whatever order: each part of consent
that is recorded has a question of its own, which the number had read last when its own answer came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count

from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from outreach.domain.delivery import InboundText, Refused, Remedy, Unknown
from outreach.domain.wording import fill
from outreach.engine import pinned
from outreach.engine.answer_inbox import settle
from outreach.engine.book_contact import book_contact
from outreach.engine.booking import Booked
from outreach.engine.dispatch import dispatch
from outreach.engine.follow_conversations import follow_up
from outreach.engine.prove import prove
from outreach.engine.queue_text import queue_text
from outreach.engine.receive import receive_text
from outreach.engine.set_switches import switch_texts
from outreach.engine.write_answer import Sent, send_answer
from outreach.runtime import Runtime
from outreach.store.areas import AreaRow
from outreach.store.consents import ConsentRow
from outreach.store.conversations import AnswerRow, ConversationRow
from outreach.store.holds import open_holds
from outreach.store.sealing import unseal
from outreach.store.spoken_values import spoken_values
from outreach.store.texts import TextRow
from tests.cast import BEN, CORA, Family, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock, FakeLine

WITHIN = timedelta(minutes=1)


@dataclass
class Out:
    """A text that reached the phone. ``sure``: the network said that it took it."""

    text_id: str
    words: str
    sure: bool


@dataclass
class In:
    """A text from the phone, and how things stood when it came."""

    text_id: str
    words: str
    at: datetime
    allowed: bool
    held: bool


@dataclass
class Phone:
    """One family's phone: what it read and wrote, in its order, kept apart from what the house writes down."""

    runtime: Runtime
    line: FakeLine
    clock: Clock
    family: Family
    seen: list[Out | In] = field(default_factory=list)
    by_hand: list[datetime] = field(default_factory=list)
    """When a colleague wrote to them, or booked a call."""
    heard: int = 0

    def writes(self, words: str) -> None:
        with self.runtime.sessions.read() as session:
            allowed = session.get_one(AreaRow, "OXF").text_consent
            held = bool(open_holds(session, self.family.id))
        inbound = InboundText(
            sid=f"SM{self.runtime.new_id()}", sender=self.family.e164, recipient="+447700900999", body=words
        )  # fmt: skip
        text_id = receive_text(self.runtime, inbound).text_id
        assert text_id is not None
        self.seen.append(In(text_id, words, self.clock(), allowed, held))

    def reads(self) -> None:
        dispatch(self.runtime)
        new, self.heard = self.line.texts[self.heard :], len(self.line.texts)
        for each in new:
            if each["to"] == self.family.e164:
                with self.runtime.sessions.read() as session:
                    state = session.get_one(TextRow, str(each["reference"])).state
                if state in ("accepted", "unknown"):
                    self.seen.append(Out(str(each["reference"]), str(each["body"]), state == "accepted"))

    # -- what may happen ----------------------------------------------------------------------------------

    def one(self) -> None:
        self.writes("1")

    def two(self) -> None:
        self.writes("2")

    def told_twice(self) -> None:
        self.writes(self._last.words)

    def goes_on(self) -> None:
        self.clock.move(seconds=61)
        self.reads()
        self.writes("1")

    def doubts(self) -> None:
        self.writes("hang on what is this actually about")

    def says_yes(self) -> None:
        self.writes("Yes please")

    def reads_early(self) -> None:
        """What waits for its moment goes now, as if the clock had jumped."""
        with self.runtime.sessions.begin() as session:
            theirs = (TextRow.number_id == self.family.number_id) & (TextRow.state == "waiting")
            session.execute(update(TextRow).where(theirs).values(due_at=self.clock()))
        self.reads()

    def reads_something_else(self) -> None:
        """Another text of ours comes between, which is none of the conversation's."""
        with self.runtime.sessions.begin() as session:
            queue_text(
                session, self.runtime, number_id=self.family.number_id, family_id=self.family.id, purpose="answer",
                body="We are the Willow team.", now=self.clock(),
            )  # fmt: skip
        self.reads()

    def a_minute(self) -> None:
        self.clock.move(seconds=61)

    def a_morning(self) -> None:
        """The next weekday, at ten."""
        day = self.clock().replace(hour=10, minute=0, second=0) + timedelta(days=1)
        while day.weekday() > 3:
            day += timedelta(days=1)
        self.clock.moment = day

    def an_evening(self) -> None:
        self.clock.move(hours=6)

    def a_failure(self) -> None:
        self.line.answers.append(Refused(30004, Remedy.BLOCKED_HANDSET))

    def a_loss(self) -> None:
        self.line.answers.append(Unknown("silence"))

    def a_colleague_writes(self) -> None:
        words = "Hello, would mornings or afternoons be better? Reply 1 for mornings, 2 for afternoons."
        done = send_answer(
            self.runtime, BEN, number_id=self.family.number_id, seen=self._last.text_id, words=words, sure=True,
            settle=True,
        )  # fmt: skip
        if isinstance(done, Sent):
            self.by_hand.append(self.clock())

    def a_colleague_settles(self) -> None:
        settle(self.runtime, BEN, number_id=self.family.number_id, seen=self._last.text_id)

    def a_colleague_books(self) -> None:
        day = self.clock().date() + timedelta(days=7)
        booked = book_contact(
            self.runtime, BEN, number_id=self.family.number_id, seen=self._last.text_id, on=day, at=time(11, 0)
        )  # fmt: skip
        if isinstance(booked, Booked):
            self.by_hand.append(self.clock())

    def switched_off(self) -> None:
        switch_texts(self.runtime, CORA, area="OXF", l0_texts=True, text_consent=False)

    def switched_on(self) -> None:
        switch_texts(self.runtime, CORA, area="OXF", l0_texts=True, text_consent=True)

    def followed_up(self) -> None:
        follow_up(self.runtime)

    @property
    def _last(self) -> In:
        return next(each for each in reversed(self.seen) if isinstance(each, In))

    # -- what must be true --------------------------------------------------------------------------------

    def holds_true(self) -> tuple[int, int]:
        """How many answers were taken, and how many parts of consent recorded."""
        with self.runtime.sessions.read() as session:
            theirs = ConversationRow.family_id == self.family.id
            answers = session.execute(
                select(AnswerRow, ConversationRow).join(ConversationRow).where(theirs).order_by(AnswerRow.id)
            ).all()
            parts = session.scalars(
                select(ConsentRow).where(ConsentRow.family_id == self.family.id, ConsentRow.how == "text")
            ).all()
            values = spoken_values(session, family_id=self.family.id, staff_id=None, now=self.clock())
            said = [
                unseal(session, part.wording, key_id=self.family.id, table="consent", column="wording", row_id=part.id)
                for part in parts
            ]
            asked: dict[tuple[str, str], str] = {}
            for answer, talk in answers:
                bundle, _ = pinned.walked(session, talk)
                question = self._taken_rightly(answer, talk)
                assert fill(bundle.step(answer.address).say, values) in question.words, answer.address
                asked[talk.id, answer.address] = question.words
        assert len({answer.text_id for answer, _ in answers}) == len(answers)
        assert len({answer.question_id for answer, _ in answers}) == len(answers)
        for part, words in zip(parts, said, strict=True):
            assert words is not None
            assert words in asked[part.conversation_id or "", part.wording_name or ""]
        return len(answers), len(parts)

    def _taken_rightly(self, answer: AnswerRow, talk: ConversationRow) -> Out:
        place = next(n for n, each in enumerate(self.seen) if isinstance(each, In) and each.text_id == answer.text_id)
        it = self.seen[place]
        assert isinstance(it, In)
        question = next(each for each in reversed(self.seen[:place]) if isinstance(each, Out))
        assert (question.text_id, question.sure) == (answer.question_id, True)
        assert it.words == answer.answer
        assert (it.allowed, it.held) == (True, False)
        assert not any(talk.began_at <= moment <= it.at for moment in self.by_hand)
        lately = [each for each in self.seen[:place] if isinstance(each, In) and it.at - each.at < WITHIN]
        assert it.words not in {each.words for each in lately}
        return question


HAPPENINGS: dict[Callable[[Phone], None], int] = {
    Phone.goes_on: 6, Phone.one: 3, Phone.two: 1, Phone.told_twice: 2, Phone.reads: 2, Phone.reads_early: 1,
    Phone.reads_something_else: 1, Phone.a_minute: 1, Phone.a_morning: 1, Phone.an_evening: 1, Phone.doubts: 1,
    Phone.says_yes: 1, Phone.a_failure: 1, Phone.a_loss: 1, Phone.a_colleague_writes: 1, Phone.a_colleague_settles: 1,
    Phone.a_colleague_books: 1, Phone.switched_off: 1, Phone.switched_on: 1, Phone.followed_up: 1,
}  # fmt: skip
"""What may happen, and how often it is chosen."""
LIKELY = [each for each, often in HAPPENINGS.items() for _ in range(often)]


def test_every_part_of_consent_was_asked_before_it_was_answered(either_runtime: Runtime) -> None:
    runtime, line, clock = either_runtime, either_runtime.phone, either_runtime.now
    assert isinstance(line, FakeLine)
    assert isinstance(clock, Clock)
    numbers, reached = count(100), list[tuple[int, int]]()

    @settings(max_examples=20, deadline=None)
    @example(begin=7, happenings=[])
    @example(begin=2, happenings=[Phone.a_minute, Phone.reads, Phone.doubts, Phone.one])
    @example(begin=2, happenings=[Phone.reads_early, Phone.told_twice, Phone.reads_early, Phone.told_twice])
    @example(begin=2, happenings=[Phone.a_minute, Phone.reads, Phone.reads_something_else, Phone.one])
    @example(begin=1, happenings=[Phone.a_minute, Phone.reads, Phone.switched_off, Phone.one])
    @given(begin=st.integers(0, 7), happenings=st.lists(st.sampled_from(LIKELY), max_size=16))
    def whatever_happens(begin: int, happenings: list[Callable[[Phone], None]]) -> None:
        number = next(numbers)
        clock.moment = datetime.combine(date(2026, 1, 13) + timedelta(days=number % 3), time(10), tzinfo=UTC)
        line.answers.clear()
        switch_on_texts(runtime)
        family = a_family(
            runtime, f"F{number:04d}", e164=f"+4477009{number:05d}", standing="verified", level=2, next_step=2
        )  # fmt: skip
        an_open_offer(runtime, family, channel="text", step=1)
        phone = Phone(runtime, line, clock, family, heard=len(line.texts))
        phone.says_yes()
        for happens in [Phone.goes_on] * begin + happenings:
            clock.move(seconds=1)
            happens(phone)
        reached.append(phone.holds_true())

    whatever_happens()
    assert max(taken for taken, _ in reached) == 7
    assert max(parts for _, parts in reached) == 5
    assert "consents_asked" not in {found.rule for found in prove(runtime).findings}
