"""A wish to stop that a person must read is never lost by a click: obeyed, or put right in so many words."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from outreach.domain.delivery import InboundText
from outreach.domain.hold import Kind
from outreach.engine.alerts import settle_alert, watch_alerts
from outreach.engine.answer_inbox import NotDone, settle
from outreach.engine.book_contact import book_contact
from outreach.engine.dispatch import dispatch
from outreach.engine.do_as_read import correct, do_as_read, obey_stop, what_it_asks
from outreach.engine.holds import NotLifted, lift_hold
from outreach.engine.receive import receive_text
from outreach.engine.record_consent import record_consent
from outreach.engine.run_cadences import run_cadences
from outreach.engine.tick import tick
from outreach.engine.write_answer import Sent, send_answer
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow
from outreach.store.areas import AreaRow
from outreach.store.consents import standing_of
from outreach.store.conversations import ConversationRow
from outreach.store.holds import HoldRow, open_holds
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import open_offer
from outreach.store.texts import ReadingRow, TextRow
from tests.cast import BEN, LANTERN, STAFF_PHONES, Family, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock, FakeLine

NEAR_STOP = "Stop. Thank you"
_SIDS = iter(range(10_000))


@pytest.fixture
def family(either_runtime: Runtime, line: FakeLine) -> Family:
    """A family at L2 that was just offered again by text, where every switch is on."""
    switch_on_texts(either_runtime)
    found = a_family(either_runtime, "F001", standing="verified", level=2, next_step=2)
    an_open_offer(either_runtime, found, channel="text", step=1)
    run_cadences(either_runtime)
    dispatch(either_runtime)
    line.texts.clear()
    return found


def wrote(runtime: Runtime, family: Family, words: str) -> str:
    sid = f"SMstop{next(_SIDS):06d}"
    taken = receive_text(runtime, InboundText(sid=sid, sender=family.e164, recipient="+447700900999", body=words))
    assert taken.text_id
    return taken.text_id


def held(runtime: Runtime, family: Family) -> set[str]:
    with runtime.sessions.read() as session:
        return {row.kind for row in open_holds(session, family.id)}


def reading(runtime: Runtime, text_id: str) -> ReadingRow:
    with runtime.sessions.read() as session:
        return session.get_one(ReadingRow, text_id)


def stopped(runtime: Runtime, family: Family) -> frozenset[str]:
    with runtime.sessions.read() as session:
        return standing_of(session, family.id).stopped


def out(runtime: Runtime, line: FakeLine) -> list[str]:
    dispatch(runtime)
    return [str(each["body"]) for each in line.texts if each["to"] not in STAFF_PHONES.values()]


def refused(answer: object) -> str:
    assert isinstance(answer, NotDone), answer
    return answer.why


# -- a near stop is not settled away ----------------------------------------------------------------------


def test_a_near_stop_is_neither_settled_nor_answered_away(
    either_runtime: Runtime, line: FakeLine, family: Family
) -> None:
    seen, number_id = wrote(either_runtime, family, NEAR_STOP), family.number_id
    assert held(either_runtime, family) == {"read_first"}
    assert "obey it, or put the reading right" in refused(settle(either_runtime, BEN, number_id=number_id, seen=seen))
    answer = send_answer(
        either_runtime, BEN, number_id=number_id, seen=seen, words="That is fine, take care.", settle=True
    )
    assert "obey it, or put the reading right" in refused(answer)
    assert out(either_runtime, line) == []
    assert held(either_runtime, family) == {"read_first"}
    assert reading(either_runtime, seen).settled_at is None


def test_a_person_may_ask_what_a_near_stop_means_and_the_hold_stays(
    either_runtime: Runtime, line: FakeLine, family: Family
) -> None:
    seen = wrote(either_runtime, family, NEAR_STOP)
    words = "Shall we stop?"
    answer = send_answer(either_runtime, BEN, number_id=family.number_id, seen=seen, words=words)
    assert answer == Sent(settled=False)
    assert out(either_runtime, line) == [words]
    assert held(either_runtime, family) == {"read_first"}


def test_a_newer_text_does_not_bury_a_near_stop(either_runtime: Runtime, line: FakeLine, family: Family) -> None:
    wrote(either_runtime, family, NEAR_STOP)
    seen, number_id = wrote(either_runtime, family, "call me"), family.number_id
    row = reading(either_runtime, seen)
    assert (row.acted, row.needs_person) == (False, True)
    assert out(either_runtime, line) == []
    assert what_it_asks(either_runtime, BEN, number_id=number_id) is None
    assert "want us to stop" in refused(do_as_read(either_runtime, BEN, number_id=number_id, seen=seen))
    assert "want us to stop" in refused(settle(either_runtime, BEN, number_id=number_id, seen=seen))
    assert held(either_runtime, family) == {"reply", "read_first"}


def test_obeying_marks_the_text_that_asked_for_it(either_runtime: Runtime, family: Family) -> None:
    asked = wrote(either_runtime, family, NEAR_STOP)
    seen = wrote(either_runtime, family, "??")
    assert obey_stop(either_runtime, BEN, number_id=family.number_id, seen=seen, scope="texts") is None
    assert stopped(either_runtime, family) == {"text"}
    assert (reading(either_runtime, asked).acted, reading(either_runtime, asked).corrected_intent) == (True, None)
    assert reading(either_runtime, seen).corrected_intent is None
    assert held(either_runtime, family) == set()


def test_a_near_stop_that_was_none_is_put_right_and_settled(either_runtime: Runtime, family: Family) -> None:
    seen, number_id = wrote(either_runtime, family, NEAR_STOP), family.number_id
    assert correct(either_runtime, BEN, number_id=number_id, text_id=seen, intent="question") is None
    assert settle(either_runtime, BEN, number_id=number_id, seen=seen) is None
    assert held(either_runtime, family) == set()
    assert stopped(either_runtime, family) == set()


def test_a_wish_to_stop_after_all_was_stopped_is_settled(either_runtime: Runtime, family: Family) -> None:
    wrote(either_runtime, family, "stop contacting me")
    assert stopped(either_runtime, family) == {"text", "call"}
    seen = wrote(either_runtime, family, NEAR_STOP)
    assert settle(either_runtime, BEN, number_id=family.number_id, seen=seen) is None


def test_a_stop_that_stands_already_is_noted_and_settles_the_thread(
    either_runtime: Runtime, line: FakeLine, family: Family
) -> None:
    seen, number_id = wrote(either_runtime, family, NEAR_STOP), family.number_id
    obey_stop(either_runtime, BEN, number_id=number_id, seen=seen, scope="texts")
    assert len(out(either_runtime, line)) == 1
    again = wrote(either_runtime, family, NEAR_STOP)
    assert "want us to stop" in refused(settle(either_runtime, BEN, number_id=number_id, seen=again))
    assert obey_stop(either_runtime, BEN, number_id=number_id, seen=again, scope="texts") is None
    assert len(out(either_runtime, line)) == 1
    assert held(either_runtime, family) == set()
    assert "stopped already" in refused(obey_stop(either_runtime, BEN, number_id=number_id, seen=again, scope="texts"))


def test_the_hold_of_a_near_stop_is_not_lifted_at_the_gate(either_runtime: Runtime, family: Family) -> None:
    seen = wrote(either_runtime, family, NEAR_STOP)
    with either_runtime.sessions.read() as session:
        hold_id = session.scalars(select(HoldRow.id).where(HoldRow.kind == Kind.READ_FIRST)).one()
    answer = lift_hold(either_runtime, BEN, hold_id=hold_id, why="I looked at it")
    assert isinstance(answer, NotLifted)
    assert "want us to stop" in answer.why
    correct(either_runtime, BEN, number_id=family.number_id, text_id=seen, intent="question")
    with either_runtime.sessions.read() as session:
        hold_id = session.scalars(select(HoldRow.id).where(HoldRow.lifted_at.is_(None))).one()
    assert held(either_runtime, family) == {"reply"}
    assert not isinstance(lift_hold(either_runtime, BEN, hold_id=hold_id, why="I looked at it"), NotLifted)


def test_a_near_stop_on_a_shared_number_holds_at_the_gate_too(either_runtime: Runtime, family: Family) -> None:
    other = a_family(either_runtime, "F002", e164="+447700900102")
    with either_runtime.sessions.begin() as session:
        session.add(FamilyNumberRow(family_id=other.id, number_id=family.number_id, position=2))
    wrote(either_runtime, family, NEAR_STOP)
    with either_runtime.sessions.read() as session:
        found = session.scalars(select(HoldRow.id).where(HoldRow.kind == Kind.READ_FIRST)).all()
    assert len(found) == 2
    assert all(isinstance(lift_hold(either_runtime, BEN, hold_id=each, why="Seen"), NotLifted) for each in found)


# -- putting right what was acted on ----------------------------------------------------------------------


def test_a_stop_that_was_read_as_something_else_holds_until_somebody_says_what_stops(
    either_runtime: Runtime, line: FakeLine, family: Family
) -> None:
    seen, number_id = wrote(either_runtime, family, "later"), family.number_id
    assert reading(either_runtime, seen).acted
    assert held(either_runtime, family) == set()
    assert correct(either_runtime, BEN, number_id=number_id, text_id=seen, intent="stop") is None
    assert held(either_runtime, family) == {"read_first"}
    row = reading(either_runtime, seen)
    assert (row.acted, row.needs_person, row.settled_at) == (False, True, None)
    assert out(either_runtime, line) == []  # the answer to *later* had not gone yet
    assert "want us to stop" in refused(settle(either_runtime, BEN, number_id=number_id, seen=seen))
    assert obey_stop(either_runtime, BEN, number_id=number_id, seen=seen, scope="everything") is None
    assert stopped(either_runtime, family) == {"text", "call"}
    assert ["not text you again" in each for each in out(either_runtime, line)] == [True]
    with either_runtime.sessions.read() as session:
        assert open_offer(session, family.id) is None


def test_a_stop_found_in_a_settled_thread_opens_it_again(either_runtime: Runtime, family: Family) -> None:
    seen, number_id = wrote(either_runtime, family, "what is this about then?"), family.number_id
    settle(either_runtime, BEN, number_id=number_id, seen=seen)
    assert held(either_runtime, family) == set()
    correct(either_runtime, BEN, number_id=number_id, text_id=seen, intent="stop")
    assert held(either_runtime, family) == {"read_first"}
    assert "want us to stop" in refused(settle(either_runtime, BEN, number_id=number_id, seen=seen))


def test_a_wrong_number_that_was_read_as_a_call_is_taken_off_by_one_click(
    either_runtime: Runtime, line: FakeLine, family: Family
) -> None:
    seen, number_id = wrote(either_runtime, family, "call me"), family.number_id
    assert len(out(either_runtime, line)) == 1
    correct(either_runtime, BEN, number_id=number_id, text_id=seen, intent="wrong_person")
    assert held(either_runtime, family) == {"read_first"}
    assert "Take this number off" in (what_it_asks(either_runtime, BEN, number_id=number_id) or "")
    assert do_as_read(either_runtime, BEN, number_id=number_id, seen=seen) is None
    with either_runtime.sessions.read() as session:
        assert session.get_one(NumberRow, number_id).standing == "lost"
        assert open_offer(session, family.id) is None
    assert len(out(either_runtime, line)) == 2  # the apology


def test_what_was_queued_on_a_wrong_reading_never_goes(either_runtime: Runtime, line: FakeLine, family: Family) -> None:
    assert isinstance(either_runtime.now, Clock)
    either_runtime.now.move(hours=6)  # after the sending hours: what is queued waits until tomorrow
    seen, number_id = wrote(either_runtime, family, "Yes please"), family.number_id
    assert out(either_runtime, line) == []
    with either_runtime.sessions.read() as session:
        assert session.scalars(select(ConversationRow.state)).all() == ["open"]
    correct(either_runtime, BEN, number_id=number_id, text_id=seen, intent="decline")
    with either_runtime.sessions.read() as session:
        assert session.scalars(select(ConversationRow.state)).all() == ["ended"]
        assert session.scalars(select(TextRow.state).where(TextRow.purpose == "conversation")).all() == ["dropped"]
    do_as_read(either_runtime, BEN, number_id=number_id, seen=seen)
    either_runtime.now.move(hours=18)
    tick(either_runtime)
    (answer,) = out(either_runtime, line)
    assert "thank you for telling us" in answer


def test_a_conversation_that_was_put_right_leaves_its_offer_to_a_person(
    either_runtime: Runtime, family: Family
) -> None:
    seen = wrote(either_runtime, family, "Yes please")
    correct(either_runtime, BEN, number_id=family.number_id, text_id=seen, intent="question")
    settle(either_runtime, BEN, number_id=family.number_id, seen=seen)
    with either_runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
        assert offer
        assert offer.channel == "call"


# -- four stops -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "ways"), [("texts", {"text"}), ("calls", {"call"}), ("charity", set()), ("everything", {"text", "call"})]
)
def test_four_stops_are_four_things(either_runtime: Runtime, family: Family, scope: str, ways: set[str]) -> None:
    seen = wrote(either_runtime, family, NEAR_STOP)
    assert obey_stop(either_runtime, BEN, number_id=family.number_id, seen=seen, scope=scope) is None
    assert stopped(either_runtime, family) == ways
    with either_runtime.sessions.read() as session:
        assert (LANTERN in standing_of(session, family.id).refused) == (scope == "charity")
    assert held(either_runtime, family) == set()


def test_not_the_charity_takes_back_what_was_agreed_and_leaves_the_rest(
    either_runtime: Runtime, line: FakeLine, family: Family
) -> None:
    with either_runtime.sessions.begin() as session:
        record_consent(
            session, either_runtime, family_id=family.id, purpose="refer", value="given", partner_id=LANTERN, by="ben",
            how="voice", now=either_runtime.now() - timedelta(days=1),
        )  # fmt: skip
    seen, number_id = wrote(either_runtime, family, NEAR_STOP), family.number_id
    obey_stop(either_runtime, BEN, number_id=number_id, seen=seen, scope="charity")
    with either_runtime.sessions.read() as session:
        standing = standing_of(session, family.id)
        assert not standing.referred_to
        assert standing.refused == {LANTERN}
        offer = open_offer(session, family.id)
        assert offer
        assert offer.channel == "call"  # they answered the text: a person goes on from here
    assert out(either_runtime, line) == []  # "we will not text you again" would not be true
    on = date(2026, 1, 15)
    booked = book_contact(either_runtime, BEN, number_id=number_id, seen=seen, on=on, at=time(14))
    assert not isinstance(booked, NotDone)


def test_after_a_no_to_the_charity_no_text_asks_about_it_again(
    either_runtime: Runtime, line: FakeLine, family: Family
) -> None:
    seen = wrote(either_runtime, family, NEAR_STOP)
    obey_stop(either_runtime, BEN, number_id=family.number_id, seen=seen, scope="charity")
    wrote(either_runtime, family, "Yes please")
    assert not [each for each in out(either_runtime, line) if "Reply 1" in each]
    with either_runtime.sessions.read() as session:
        assert session.scalars(select(ConversationRow.id)).all() == []


def test_a_strangers_number_has_no_charity_to_stop(either_runtime: Runtime) -> None:
    sender = "+447700900177"
    taken = receive_text(either_runtime, InboundText(sid="SMx", sender=sender, recipient="+447700900999", body="eh?"))
    with either_runtime.sessions.read() as session:
        number_id = session.get_one(TextRow, taken.text_id).number_id
    answer = obey_stop(either_runtime, BEN, number_id=number_id, seen=taken.text_id or "", scope="charity")
    assert "no charity has it" in refused(answer)


# -- alerts -----------------------------------------------------------------------------------------------


def test_settling_an_alert_nobody_took_ends_the_pause_it_caused(either_runtime: Runtime, family: Family) -> None:
    assert isinstance(either_runtime.now, Clock)
    for words in ("he is going to kill me", "he hit me again last night"):
        wrote(either_runtime, family, words)
    either_runtime.now.move(minutes=16)
    watch_alerts(either_runtime)

    def paused() -> bool:
        with either_runtime.sessions.read() as session:
            return session.get_one(AreaRow, "OXF").paused_at is not None

    assert paused()
    with either_runtime.sessions.read() as session:
        first, second = session.scalars(select(AlertRow.id).order_by(AlertRow.raised_at, AlertRow.id)).all()
    settle_alert(either_runtime, BEN, alert_id=first)
    assert paused()  # the other one still finds nobody
    settle_alert(either_runtime, BEN, alert_id=second)
    assert not paused()
