"""Consent by text: nothing is an answer but what answers a question that really went out; on either database."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from outreach.domain.delivery import InboundText, Refused, Remedy, TextReceipt, TextState, Unknown
from outreach.domain.plain_words import NOT_TAKEN
from outreach.engine import do_as_read, guide_call, pinned
from outreach.engine.answer_inbox import settle
from outreach.engine.asked_by_text import NotTaken
from outreach.engine.book_call import NotBooked, book_call
from outreach.engine.book_contact import book_contact
from outreach.engine.booking import Booked
from outreach.engine.delivery_reports import record_receipt
from outreach.engine.dispatch import dispatch
from outreach.engine.follow_conversations import follow_up
from outreach.engine.guide_call import Opened
from outreach.engine.prove import prove
from outreach.engine.queue_text import queue_text
from outreach.engine.receive import receive_text
from outreach.engine.set_switches import switch_texts
from outreach.engine.write_answer import Sent, send_answer
from outreach.runtime import Runtime
from outreach.store.alerts import TaskRow
from outreach.store.areas import AreaRow
from outreach.store.consents import ConsentRow
from outreach.store.conversations import AnswerRow, ConversationRow, answers_of
from outreach.store.holds import open_holds
from outreach.store.numbers import NumberRow
from outreach.store.offers import OfferRow, open_offer
from outreach.store.referrals import ReferralRow
from outreach.store.staff import OrganisationRow
from outreach.store.texts import ReadingRow, TextRow
from tests.cast import BEN, CORA, Family, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock, FakeLine

MINUTE = timedelta(minutes=1)
THURSDAY = datetime(2026, 1, 15, 14, 0, tzinfo=UTC)
FRIDAY = datetime(2026, 1, 16, 11, 30, tzinfo=UTC)
TO_THE_END = ("1", "1", "1", "2", "1", "1", "1")
_SIDS = iter(range(1_000_000))


@pytest.fixture
def family(either_runtime: Runtime) -> Family:
    """A family whose phone may name the charity, and who said yes to an offer: the first question is queued."""
    return talking(either_runtime)


def talking(runtime: Runtime, *, ref: str = "F001", e164: str = "+447700900101") -> Family:
    switch_on_texts(runtime)
    family = a_family(runtime, ref, e164=e164, standing="verified", level=2, next_step=2)
    an_open_offer(runtime, family, channel="text", step=1)
    says(runtime, family, "Yes please")
    return family


def says(runtime: Runtime, family: Family, words: str) -> str:
    inbound = InboundText(
        sid=f"SMct{next(_SIDS):06d}", sender=family.e164, recipient="+447700900999", body=words
    )  # fmt: skip
    received = receive_text(runtime, inbound)
    assert received.text_id is not None
    return received.text_id


def out(runtime: Runtime, line: FakeLine) -> str:
    """What went out last, in words."""
    dispatch(runtime)
    return str(line.texts[-1]["body"]) if line.texts else ""


def answers(runtime: Runtime, line: FakeLine, clock: Clock, family: Family, *given: str) -> None:
    """Answer one question after another, each when it is there."""
    for one in given:
        assert "Reply 1" in out(runtime, line)
        clock.move(seconds=61)
        says(runtime, family, one)
        clock.move(seconds=61)


def taken(runtime: Runtime) -> list[tuple[str, str]]:
    """The answers that were taken: the step and the number."""
    with runtime.sessions.read() as session:
        rows = session.scalars(select(AnswerRow).order_by(AnswerRow.conversation_id, AnswerRow.seq))
        return [(row.address.partition("/")[2], row.answer) for row in rows]


def not_taken(runtime: Runtime, text_id: str) -> tuple[str | None, bool]:
    """Why a text was no answer, and whether a person is asked."""
    with runtime.sessions.read() as session:
        row = session.get_one(ReadingRow, text_id)
        assert not row.acted
        return row.details.get("not_taken"), row.needs_person


def consents(runtime: Runtime) -> list[tuple[str, str]]:
    with runtime.sessions.read() as session:
        rows = session.scalars(select(ConsentRow).where(ConsentRow.purpose != "contact").order_by(ConsentRow.id))
        return [(row.purpose, row.value) for row in rows]


def talk(runtime: Runtime, family: Family) -> ConversationRow:
    with runtime.sessions.read() as session:
        query = select(ConversationRow).where(ConversationRow.family_id == family.id, ConversationRow.kind == "text")
        return session.scalars(query.order_by(ConversationRow.id.desc()).limit(1)).one()


def texts_of(runtime: Runtime, family: Family, *, state: str) -> list[TextRow]:
    with runtime.sessions.read() as session:
        query = select(TextRow).where(TextRow.number_id == family.number_id, TextRow.direction == "out")
        return [row for row in session.scalars(query.order_by(TextRow.id)) if row.state == state]


def holds(runtime: Runtime, family: Family) -> set[str]:
    with runtime.sessions.read() as session:
        return {row.kind for row in open_holds(session, family.id)}


def is_rung(runtime: Runtime, family: Family) -> bool:
    """Whether a call is on the list, and somebody was told why."""
    with runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
        told = set(session.scalars(select(TaskRow.kind).where(TaskRow.family_id == family.id)))
        return offer is not None and offer.channel == "call" and "finish_consent" in told


def test_each_part_bears_the_text_that_asked_and_the_text_that_answered(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    answers(either_runtime, line, clock, family, *TO_THE_END)
    assert "We pass on only what you agreed" in out(either_runtime, line)
    assert ("share.children", "refused") in consents(either_runtime)
    with either_runtime.sessions.read() as session:
        given = {row.address: row for row in answers_of(session, talk(either_runtime, family).id)}
        parts = session.scalars(select(ConsentRow).where(ConsentRow.how == "text")).all()
        assert len({row.text_id for row in parts}) == len({row.wording_name for row in parts}) == 4
        for part in parts:
            answer = given[part.wording_name or ""]
            assert (answer.text_id, answer.question_id is not None) == (part.text_id, True)
        assert len({row.question_id for row in given.values()}) == len(TO_THE_END)
        assert session.scalars(select(ReferralRow)).one().family_id == family.id


def test_a_number_sent_while_the_question_waits_is_no_answer(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    assert "still just yours" in out(either_runtime, line)
    clock.move(hours=5, minutes=10)  # nothing goes out any more today
    for _ in range(7):
        clock.move(minutes=2)
        last = says(either_runtime, family, "1")
    assert taken(either_runtime) == [("private", "1")]
    assert (not_taken(either_runtime, last), consents(either_runtime)) == (("not_asked", True), [])
    with either_runtime.sessions.read() as session:
        assert session.scalars(select(ReferralRow)).all() == []


def test_one_text_told_twice_with_two_ids_is_one_answer_and_troubles_nobody(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    answers(either_runtime, line, clock, family, "1")
    assert "name and number" in out(either_runtime, line)
    says(either_runtime, family, "1")
    clock.move(seconds=50)
    assert "name and number" in out(either_runtime, line), "the next question is not sent within the minute"
    again = says(either_runtime, family, "1")
    assert taken(either_runtime) == [("private", "1"), ("refer", "1")]
    assert not_taken(either_runtime, again) == ("told_twice", False)
    assert holds(either_runtime, family) == set()
    clock.move(seconds=11)
    assert "Who can say yes" in out(either_runtime, line)


def test_one_text_told_twice_answers_not_even_a_question_that_went_out_early(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    answers(either_runtime, line, clock, family, "1")
    out(either_runtime, line)
    says(either_runtime, family, "1")
    with either_runtime.sessions.begin() as session:
        session.execute(update(TextRow).where(TextRow.state == "waiting").values(due_at=clock()))
    assert "Who can say yes" in out(either_runtime, line)
    clock.move(seconds=40)
    again = says(either_runtime, family, "1")
    assert not_taken(either_runtime, again) == ("too_soon", True)
    assert taken(either_runtime) == [("private", "1"), ("refer", "1")]


def test_nothing_is_taken_while_a_person_is_to_look(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    out(either_runtime, line)
    says(either_runtime, family, "hang on what is this actually about")
    for _ in range(7):
        clock.move(minutes=2)
        last = says(either_runtime, family, "1")
        dispatch(either_runtime)
    assert (not_taken(either_runtime, last), taken(either_runtime)) == (("held", True), [])
    assert settle(either_runtime, BEN, number_id=family.number_id, seen=last) is None
    clock.move(minutes=2)
    says(either_runtime, family, "1")
    assert taken(either_runtime) == [("private", "1")]


@pytest.mark.parametrize("words", ["1?", "to", "1 but", "no 1", "2 again"])
def test_a_doubtful_number_is_no_answer(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family, words: str
) -> None:
    answers(either_runtime, line, clock, family, "1")
    out(either_runtime, line)
    assert not_taken(either_runtime, says(either_runtime, family, words)) == ("no_answer", True)
    assert taken(either_runtime) == [("private", "1")]
    assert holds(either_runtime, family) & {"reply", "read_first"}


def test_what_answers_a_colleague_answers_no_question_of_ours(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    answers(either_runtime, line, clock, family, "1")
    out(either_runtime, line)
    seen = says(either_runtime, family, "who would ring me then")
    words = "Somebody kind. Reply 1 for a call this week or 2 for next week."
    done = send_answer(
        either_runtime, BEN, number_id=family.number_id, seen=seen, words=words, sure=True, settle=True
    )  # fmt: skip
    assert isinstance(done, Sent)
    assert out(either_runtime, line) == words
    clock.move(seconds=5)
    with either_runtime.sessions.read() as session:
        after = session.get_one(ReadingRow, says(either_runtime, family, "1"))
        assert (after.acted, after.needs_person) == (False, True)
    assert taken(either_runtime) == [("private", "1")]
    assert consents(either_runtime) == []
    assert (talk(either_runtime, family).state, talk(either_runtime, family).outcome) == ("ended", None)
    assert is_rung(either_runtime, family)


def test_no_question_follows_a_colleagues_text_that_still_waits(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    clock.move(hours=7)  # the first question waits for the morning
    seen = says(either_runtime, family, "can i ask you something first")
    send_answer(
        either_runtime, BEN, number_id=family.number_id, seen=seen, words="Of course. We will ring you tomorrow.",
        sure=True, settle=True,
    )  # fmt: skip
    clock.move(days=1, hours=-7)
    dispatch(either_runtime)
    assert [each["body"] for each in line.texts] == ["Of course. We will ring you tomorrow."]


@pytest.mark.parametrize("way", ["inbox", "page"])
def test_a_booked_call_is_where_it_goes_on(either_runtime: Runtime, line: FakeLine, clock: Clock, way: str) -> None:
    clock.move(hours=6)  # four in the afternoon: the first question waits
    family = talking(either_runtime)
    with either_runtime.sessions.read() as session:
        seen = session.scalars(select(TextRow.id).where(TextRow.direction == "in")).one()
    on, at = date(2026, 1, 14), time(10, 0)
    booked: object
    if way == "inbox":
        booked = book_contact(either_runtime, BEN, number_id=family.number_id, seen=seen, on=on, at=at)
    else:
        booked = book_call(either_runtime, BEN, family_id=family.id, on=on, at=at)
    assert isinstance(booked, Booked), isinstance(booked, NotBooked) and booked.why
    clock.moment = datetime(2026, 1, 14, 9, 45, tzinfo=UTC)
    assert out(either_runtime, line) == ""
    assert talk(either_runtime, family).state == "ended"
    with either_runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
    assert offer is not None
    assert (offer.channel, offer.promised) == ("call", True)


def test_what_the_supervisor_switched_off_takes_no_answer_and_asks_no_more(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    answers(either_runtime, line, clock, family, "1")
    out(either_runtime, line)
    says(either_runtime, family, "1")
    assert switch_texts(either_runtime, CORA, area="OXF", l0_texts=True, text_consent=False) is None
    clock.move(minutes=2)
    assert "name and number" in out(either_runtime, line), "the question that waited is withheld"
    assert [row.waits_for for row in texts_of(either_runtime, family, state="dropped")] == ["conversation_over"]
    follow_up(either_runtime)
    assert talk(either_runtime, family).state == "ended"
    assert is_rung(either_runtime, family)


def test_an_answer_after_the_switch_was_put_off_is_not_taken(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    answers(either_runtime, line, clock, family, "1")
    out(either_runtime, line)
    switch_texts(either_runtime, CORA, area="OXF", l0_texts=True, text_consent=False)
    assert not_taken(either_runtime, says(either_runtime, family, "1")) == ("conversation_over", True)
    assert taken(either_runtime) == [("private", "1")]


def test_a_number_that_is_no_longer_at_l2_takes_no_answer(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    out(either_runtime, line)
    with either_runtime.sessions.begin() as session:
        session.get_one(NumberRow, family.number_id).level = 1
    assert not_taken(either_runtime, says(either_runtime, family, "1")) == ("conversation_over", True)


@pytest.mark.parametrize(
    ("answer", "state"),
    [(Refused(30004, Remedy.BLOCKED_HANDSET), "failed"), (Unknown("no answer"), "unknown")],
)
def test_a_question_that_was_refused_or_may_be_lost_was_not_asked(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family, answer: Refused | Unknown, state: str
) -> None:
    line.answers.append(answer)
    dispatch(either_runtime)
    assert len(texts_of(either_runtime, family, state=state)) == 1
    clock.move(minutes=2)
    assert not_taken(either_runtime, says(either_runtime, family, "1")) == ("not_asked", True)
    assert taken(either_runtime) == []


def test_a_question_that_did_not_arrive_was_not_asked_and_becomes_a_call(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    dispatch(either_runtime)
    (question,) = texts_of(either_runtime, family, state="accepted")
    receipt = TextReceipt(question.provider_sid or "", TextState.UNDELIVERED, 30003, Remedy.PERMANENT_NUMBER)
    record_receipt(either_runtime, receipt, question.id)
    follow_up(either_runtime)
    assert talk(either_runtime, family).state == "ended"
    assert is_rung(either_runtime, family)
    says(either_runtime, family, "1")
    assert taken(either_runtime) == []


def test_who_agreed_to_one_charity_did_not_agree_to_the_next(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    answers(either_runtime, line, clock, family, "1", "1")
    out(either_runtime, line)
    with either_runtime.sessions.begin() as session:
        session.add(OrganisationRow(id="org-other", name="Harbour Families", kind="charity"))
        session.flush()
        session.get_one(AreaRow, "OXF").partner_id = "org-other"
    assert not_taken(either_runtime, says(either_runtime, family, "1")) == ("other_words", True)
    assert taken(either_runtime) == [("private", "1"), ("refer", "1")]


def test_a_call_since_the_question_takes_its_place(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    out(either_runtime, line)
    with either_runtime.sessions.begin() as session:
        offer = open_offer(session, family.id)
        assert offer is not None
        session.execute(update(OfferRow).where(OfferRow.id == offer.id).values(channel="call"))
        offer_id = offer.id
    clock.move(minutes=2)
    assert isinstance(guide_call.open_call(either_runtime, BEN, offer_id=offer_id), Opened)
    assert not_taken(either_runtime, says(either_runtime, family, "1")) == ("conversation_over", True)


def test_an_answer_that_was_written_before_its_question_went_is_none(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    before = clock()
    clock.move(minutes=5)
    out(either_runtime, line)
    late = InboundText(
        sid="SMlate", sender=family.e164, recipient="+447700900999", body="1", received_at=before + MINUTE
    )  # fmt: skip
    text_id = receive_text(either_runtime, late).text_id
    assert not_taken(either_runtime, text_id or "") == ("not_asked", True)


def test_a_question_that_waits_is_not_sent_once_a_colleague_did_what_was_meant(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    clock.move(hours=6)
    family = talking(either_runtime)
    seen = says(either_runtime, family, "hmm dunno about all this")
    do_as_read.correct(either_runtime, BEN, number_id=family.number_id, text_id=seen, intent="decline")
    assert do_as_read.do_as_read(either_runtime, BEN, number_id=family.number_id, seen=seen) is None
    clock.moment = datetime(2026, 1, 14, 9, 45, tzinfo=UTC)
    dispatch(either_runtime)
    assert all("Reply 1" not in str(each["body"]) for each in line.texts)
    assert len(texts_of(either_runtime, family, state="dropped")) == 1


def test_the_gate_withholds_what_a_broken_off_conversation_left_in_the_queue(
    either_runtime: Runtime, line: FakeLine, family: Family
) -> None:
    with either_runtime.sessions.begin() as session:
        session.execute(update(ConversationRow).values(state="ended", ended_at=either_runtime.now()))
    assert out(either_runtime, line) == ""
    assert [row.waits_for for row in texts_of(either_runtime, family, state="dropped")] == ["conversation_over"]


def test_the_reminder_asks_again_and_its_answer_is_taken(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    answers(either_runtime, line, clock, family, "1")
    question = out(either_runtime, line)
    clock.move(days=1, minutes=1)
    follow_up(either_runtime)
    follow_up(either_runtime)
    reminder = out(either_runtime, line)
    assert "the other day" in reminder
    assert question in reminder
    assert len(line.texts) == 3
    clock.move(minutes=3)
    says(either_runtime, family, "1")
    assert taken(either_runtime) == [("private", "1"), ("refer", "1")]


def test_an_answer_to_the_question_is_taken_while_its_reminder_waits_and_the_reminder_is_not_sent(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    clock.moment = FRIDAY - timedelta(days=1)
    family = talking(either_runtime)
    dispatch(either_runtime)
    clock.moment = FRIDAY + timedelta(hours=3)  # sending is over for this week
    follow_up(either_runtime)
    dispatch(either_runtime)
    assert len(line.texts) == 1
    clock.move(days=1)
    says(either_runtime, family, "1")
    assert taken(either_runtime) == [("private", "1")]
    clock.moment = datetime(2026, 1, 19, 10, 0, tzinfo=UTC)
    assert "name and number" in out(either_runtime, line)
    assert len(line.texts) == 2


def test_silence_is_counted_from_the_day_the_reminder_went_and_a_dead_conversation_is_never_reminded(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    clock.moment = THURSDAY
    family = talking(either_runtime)
    dispatch(either_runtime)
    ended_at = None
    for _ in range(24 * 7):
        clock.move(hours=1)
        follow_up(either_runtime)
        dispatch(either_runtime)
        if ended_at is None and talk(either_runtime, family).state == "ended":
            ended_at = clock()
    assert [str(each["body"]).count("the other day") for each in line.texts] == [0, 1]
    (_, reminder) = texts_of(either_runtime, family, state="accepted")
    assert reminder.handed_over_at is not None
    assert ended_at is not None
    assert ended_at - reminder.handed_over_at == timedelta(days=2)
    assert is_rung(either_runtime, family)


def test_a_question_that_waits_over_the_weekend_is_not_followed_by_a_reminder_of_it(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    clock.moment = FRIDAY + timedelta(hours=3)
    talking(either_runtime)
    for _ in range(24 * 3):
        clock.move(hours=1)
        follow_up(either_runtime)
        dispatch(either_runtime)
    assert ["the other day" in str(each["body"]) for each in line.texts] == [False]


def test_a_consent_without_a_question_that_was_asked_is_found(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    answers(either_runtime, line, clock, family, *TO_THE_END)
    assert "consents_asked" not in {found.rule for found in prove(either_runtime).findings}
    with either_runtime.sessions.begin() as session:
        session.execute(update(AnswerRow).where(AnswerRow.address.like("%/refer")).values(question_id=None))
        part = select(ConsentRow.id).where(ConsentRow.wording_name.like("%/refer"))
        unasked = tuple(session.scalars(part.order_by(ConsentRow.id)))
    assert {found.rule: found.examples for found in prove(either_runtime).findings}["consents_asked"] == unasked


def test_a_conversation_stands_where_its_answers_leave_it(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    answers(either_runtime, line, clock, family, "1", "2")
    with either_runtime.sessions.read() as session:
        row = session.get_one(ConversationRow, talk(either_runtime, family).id)
        assert pinned.walked(session, row)[1].ended == row.outcome == "O10"
    assert consents(either_runtime)[0] == ("refer", "refused")


def test_a_number_that_follows_another_text_of_ours_is_no_answer(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    answers(either_runtime, line, clock, family, "1")
    out(either_runtime, line)
    with either_runtime.sessions.begin() as session:
        queue_text(
            session, either_runtime, number_id=family.number_id, family_id=family.id, purpose="answer",
            body="We are the Willow team.", now=clock(),
        )  # fmt: skip
    assert "Reply 1" not in out(either_runtime, line)
    clock.move(minutes=2)
    assert not_taken(either_runtime, says(either_runtime, family, "1")) == ("another_text_since", True)
    assert taken(either_runtime) == [("private", "1")]


def test_a_yes_told_twice_begins_one_conversation_and_holds_nothing(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    clock.move(seconds=20)
    assert not_taken(either_runtime, says(either_runtime, family, "Yes please")) == ("told_twice", False)
    assert holds(either_runtime, family) == set()
    answers(either_runtime, line, clock, family, "1")
    assert taken(either_runtime) == [("private", "1")]


def test_the_last_answer_told_twice_casts_no_doubt_on_what_was_agreed(
    either_runtime: Runtime, line: FakeLine, clock: Clock, family: Family
) -> None:
    answers(either_runtime, line, clock, family, *TO_THE_END[:-1])
    out(either_runtime, line)
    says(either_runtime, family, "1")
    clock.move(seconds=30)
    assert not_taken(either_runtime, says(either_runtime, family, "1")) == (None, False)
    assert holds(either_runtime, family) == set()
    with either_runtime.sessions.read() as session:
        assert session.scalars(select(ReferralRow.state)).all() == ["sent"]


def test_whatever_is_not_taken_for_consent_the_page_says_why() -> None:
    assert set(NOT_TAKEN) == {why.value for why in NotTaken} - {NotTaken.TOLD_TWICE.value}
