"""What a family's text does: the safety rules of replies, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from outreach.domain.delivery import InboundText
from outreach.engine.alerts import settle_alert, take_alert, watch_alerts
from outreach.engine.converse import break_off
from outreach.engine.dispatch import dispatch
from outreach.engine.follow_conversations import follow_up
from outreach.engine.import_families import expire_plans
from outreach.engine.pinned import pin
from outreach.engine.receive import Received, receive_text
from outreach.engine.run_cadences import run_cadences
from outreach.engine.tick import tick
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow, AlertToldRow, TaskRow
from outreach.store.areas import AreaRow
from outreach.store.cadences import EnrolmentRow
from outreach.store.consents import ConsentRow, standing_of
from outreach.store.conversations import ConversationRow
from outreach.store.families import FamilyRow
from outreach.store.holds import open_holds
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import OfferRow, open_offer
from outreach.store.referrals import NeedRow, ReferralRow
from outreach.store.texts import ReadingRow, TextRow
from tests.cast import BEN, STAFF_PHONES, Family, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock, FakeLine

_SIDS = iter(range(10_000))


def text(runtime: Runtime, family: Family, words: str, *, sid: str | None = None) -> Received:
    sid = sid or f"SMin{next(_SIDS):06d}"
    return receive_text(runtime, InboundText(sid=sid, sender=family.e164, recipient="+447700900999", body=words))


def offered(runtime: Runtime, line: FakeLine, *, level: int = 1, switched_on: bool = True, **more: object) -> Family:
    """A family that has just been offered again by text."""
    if switched_on:
        switch_on_texts(runtime)
    else:
        with runtime.sessions.begin() as session:
            session.get_one(AreaRow, "OXF").l0_texts_by = "cora"
    family = a_family(runtime, "F001", standing="verified", level=level, next_step=2, **more)  # type: ignore[arg-type]
    an_open_offer(runtime, family, channel="text", step=1)
    run_cadences(runtime)
    dispatch(runtime)
    assert len(line.texts) == 1
    line.texts.clear()
    return family


def sent(runtime: Runtime, line: FakeLine) -> list[str]:
    """What went out to the family since, in words."""
    dispatch(runtime)
    return [str(each["body"]) for each in line.texts if each["to"] not in STAFF_PHONES.values()]


def kinds_held(runtime: Runtime, family: Family) -> set[str]:
    with runtime.sessions.read() as session:
        return {row.kind for row in open_holds(session, family.id)}


def number(runtime: Runtime, family: Family) -> NumberRow:
    with runtime.sessions.read() as session:
        return session.get_one(NumberRow, family.number_id)


def outcomes(runtime: Runtime, family: Family) -> list[str | None]:
    with runtime.sessions.read() as session:
        query = select(OfferRow.outcome).where(OfferRow.family_id == family.id, OfferRow.state == "ended")
        return list(session.scalars(query.order_by(OfferRow.id)))


def test_the_same_webhook_twice_is_one_text(either_runtime: Runtime, line: FakeLine) -> None:
    family = offered(either_runtime, line)
    first = text(either_runtime, family, "STOP", sid="SMsame")
    again = text(either_runtime, family, "STOP", sid="SMsame")
    assert (first.new, again.new) == (True, False)
    assert len(sent(either_runtime, line)) == 1


def test_a_stop_is_final_confirmed_once_and_nothing_is_ever_sent_again(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    family = offered(runtime, line)
    text(runtime, family, "STOP")
    (confirmation,) = sent(runtime, line)
    assert "not text you again" in confirmation
    for words in ("START", "UNSTOP", "YES", "yes please", "call me", "STOP"):
        text(runtime, family, words)
    for _ in range(40):
        clock.move(days=7)
        tick(runtime)
    assert sent(runtime, line) == [confirmation]
    assert outcomes(runtime, family) == ["stopped"]
    assert number(runtime, family).texts_stopped_at is not None
    with runtime.sessions.read() as session:
        assert standing_of(session, family.id).stopped == {"text", "call"}
        assert "reopen" in set(session.scalars(select(TaskRow.kind)))


@pytest.mark.parametrize("words", ["no more", "pls stop txting", "Stop. Thank you"])
def test_a_near_stop_holds_every_send_at_once_and_asks_a_person(
    either_runtime: Runtime, line: FakeLine, words: str
) -> None:
    family = offered(either_runtime, line)
    assert text(either_runtime, family, words).action == "hold"
    assert sent(either_runtime, line) == []
    assert kinds_held(either_runtime, family) == {"read_first"}
    with either_runtime.sessions.read() as session:
        reading = session.scalars(select(ReadingRow)).one()
    assert reading.needs_person
    assert reading.held_after_ms is not None


@pytest.mark.parametrize("word", ["CANCEL", "End", "quit", "revoke"])
def test_words_that_the_network_takes_for_stop_end_texts_and_ask_a_person(
    either_runtime: Runtime, line: FakeLine, word: str
) -> None:
    family = offered(either_runtime, line)
    text(either_runtime, family, word)
    assert number(either_runtime, family).texts_stopped_at is not None
    assert number(either_runtime, family).calls_stopped_at is None
    with either_runtime.sessions.read() as session:
        assert session.scalars(select(ReadingRow.needs_person)).one()
    assert kinds_held(either_runtime, family) == {"read_first"}


def test_violence_gets_no_answer_at_all_and_a_person_is_told_at_once(either_runtime: Runtime, line: FakeLine) -> None:
    family = offered(either_runtime, line)
    text(either_runtime, family, "he hit me again last night and he is outside the house")
    assert sent(either_runtime, line) == []
    told = [str(each["body"]) for each in line.texts]
    assert [each["to"] for each in line.texts] == [STAFF_PHONES["ben"]]
    assert "alert" in told[0]
    assert not any(word in told[0].lower() for word in ("hit", "amina", "rivera", "outside"))
    assert [each["first"] for each in line.dials] == [STAFF_PHONES["ben"]]
    assert "alert" in kinds_held(either_runtime, family)


def test_self_harm_gets_the_one_crisis_text_which_never_says_what_was_written(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    clock.moment = datetime(2026, 1, 13, 10, tzinfo=UTC)
    family = offered(either_runtime, line)
    clock.moment = datetime(2026, 1, 14, 2, 30, tzinfo=UTC)
    text(either_runtime, family, "i want to kill myself")
    (crisis,) = sent(either_runtime, line)
    assert "999" in crisis
    assert "116 123" in crisis
    assert "kill" not in crisis


def test_an_alert_goes_to_the_next_in_line_and_pauses_the_area_until_somebody_takes_it(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    family = offered(runtime, line)
    text(runtime, family, "he is going to kill me")
    for _ in range(4):
        clock.move(minutes=5)
        watch_alerts(runtime)
    with runtime.sessions.read() as session:
        told = list(
            session.scalars(
                select(AlertToldRow.staff_id).where(AlertToldRow.channel == "text").order_by(AlertToldRow.at)
            )
        )
        (alert,) = session.scalars(select(AlertRow)).all()
        assert session.get_one(AreaRow, "OXF").paused_why == "alert_not_taken"
    assert told == ["ben", "cora", "ana", "ben", "cora"]  # in line, and again from the first
    assert take_alert(runtime, BEN, alert_id=alert.id)
    with runtime.sessions.read() as session:
        assert session.get_one(AreaRow, "OXF").paused_at is None
    before = len(line.texts)
    clock.move(minutes=30)
    watch_alerts(runtime)
    assert len(line.texts) == before
    settle_alert(runtime, BEN, alert_id=alert.id)


def test_somebody_else_on_the_phone_makes_the_number_compromised(either_runtime: Runtime, line: FakeLine) -> None:
    family = offered(either_runtime, line)
    text(either_runtime, family, "who is this texting my mrs")
    assert number(either_runtime, family).standing == "compromised"
    assert sent(either_runtime, line) == []


def test_a_strangers_wrong_number_gets_one_apology_and_is_off_for_good(either_runtime: Runtime, line: FakeLine) -> None:
    runtime = either_runtime
    family = offered(runtime, line)
    text(runtime, family, "wrong number")
    assert len(sent(runtime, line)) == 1
    text(runtime, family, "wrong number mate")
    assert len(sent(runtime, line)) == 1
    assert number(runtime, family).standing == "lost"
    with runtime.sessions.read() as session:
        assert session.get_one(FamilyNumberRow, (family.id, family.number_id)).off_at is not None
        assert "find_number" in set(session.scalars(select(TaskRow.kind)))
    assert outcomes(runtime, family) == ["failed"]


def test_call_makes_a_call_of_the_same_offer_and_says_when(either_runtime: Runtime, line: FakeLine) -> None:
    runtime = either_runtime
    family = offered(runtime, line)
    text(runtime, family, "CALL")
    (answer,) = sent(runtime, line)
    assert "on Tuesday 13 January" in answer
    with runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
    assert offer is not None
    assert (offer.channel, offer.step, offer.outcome) == ("call", 1, None)


def test_later_is_not_now_and_the_next_offer_comes_after_the_rest(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    family = offered(runtime, line)
    text(runtime, family, "LATER")
    assert outcomes(runtime, family) == ["O3"]
    assert len(sent(runtime, line)) == 1
    with runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
    assert offer is not None
    assert offer.due_at.date() == date(2026, 2, 24)


def test_a_no_ends_texting_and_leaves_one_call_after_six_months_with_their_words(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    family = offered(runtime, line)
    text(runtime, family, "No thank you")
    assert len(sent(runtime, line)) == 1
    with runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
    assert offer is not None
    assert (offer.channel, offer.why) == ("call", "after_no")
    assert offer.due_at == datetime(2026, 7, 13, 8, 30, tzinfo=UTC)  # half a year on, at the first kind hour
    assert offer.their_words is not None
    for _ in range(26):
        clock.move(days=7)
        tick(runtime)
    assert len(sent(runtime, line)) == 1


def test_what_is_not_understood_holds_texts_and_asks_a_person(either_runtime: Runtime, line: FakeLine) -> None:
    family = offered(either_runtime, line)
    text(either_runtime, family, "the cat sat on the thing")
    assert sent(either_runtime, line) == []
    assert kinds_held(either_runtime, family) == {"read_first"}


def test_without_the_switches_a_yes_waits_for_one_click(either_runtime: Runtime, line: FakeLine) -> None:
    family = offered(either_runtime, line, switched_on=False)
    text(either_runtime, family, "Yes please")
    assert sent(either_runtime, line) == []
    with either_runtime.sessions.read() as session:
        reading = session.scalars(select(ReadingRow)).one()
    assert (reading.intent, reading.acted, reading.needs_person) == ("accept", False, True)


def test_at_l2_a_yes_opens_consent_by_text_part_by_part_and_ends_in_one_referral(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    family = offered(runtime, line, level=2)
    text(runtime, family, "Yes please")
    for answer in ("1", "1", "1", "2", "1", "1", "1"):
        clock.move(minutes=1)
        assert "Reply 1" in sent(runtime, line)[-1]
        with runtime.sessions.read() as session:
            assert session.scalars(select(ConsentRow.id)).all() == []
        text(runtime, family, answer)
    assert "We pass on only what you agreed" in sent(runtime, line)[-1]
    with runtime.sessions.read() as session:
        entries = {(row.purpose, row.value) for row in session.scalars(select(ConsentRow))}
        assert {row.how for row in session.scalars(select(ConsentRow))} == {"text"}
        standing = standing_of(session, family.id)
        (referral,) = session.scalars(select(ReferralRow)).all()
        (need,) = session.scalars(select(NeedRow)).all()
    assert ("share.children", "refused") in entries
    assert standing.may_share(referral.partner_id, "share.name_number")
    assert not standing.may_share(referral.partner_id, "share.children")
    assert (need.kind, need.primary) == ("child", True)
    assert outcomes(runtime, family) == ["O1"]


def test_without_authority_consent_by_text_asks_nothing_of_the_children_and_shares_nothing_of_them(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    family = offered(runtime, line, level=2)
    text(runtime, family, "Yes please")
    for answer in ("1", "1", "4", "3"):
        clock.move(minutes=1)
        dispatch(runtime)
        text(runtime, family, answer)
    asked = " ".join(sent(runtime, line))
    assert "first names" not in asked
    with runtime.sessions.read() as session:
        standing = standing_of(session, family.id)
        (need,) = session.scalars(select(NeedRow)).all()
        (referral,) = session.scalars(select(ReferralRow)).all()
    assert need.kind == "legal"
    assert not standing.speaks_for_the_child
    assert not standing.may_share(referral.partner_id, "share.children")


def test_below_l2_a_yes_makes_a_call_and_no_consent(either_runtime: Runtime, line: FakeLine) -> None:
    runtime = either_runtime
    family = offered(runtime, line, level=1)
    text(runtime, family, "Yes please")
    assert "will ring from 07700 900999 on " in sent(runtime, line)[-1]
    with runtime.sessions.read() as session:
        assert session.scalars(select(ConsentRow.id)).all() == []


def test_a_stop_in_the_middle_of_consent_ends_it_with_nothing_agreed(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    family = offered(runtime, line, level=2)
    text(runtime, family, "Yes please")
    for answer in ("1", "1"):
        clock.move(minutes=1)
        dispatch(runtime)
        text(runtime, family, answer)
    text(runtime, family, "stop")
    with runtime.sessions.read() as session:
        assert session.scalars(select(ReferralRow.id)).all() == []
        assert {row.purpose for row in session.scalars(select(ConsentRow))} == {"contact"}
    assert outcomes(runtime, family) == ["stopped"]


def test_an_answer_that_is_no_number_goes_to_a_person_and_nothing_moves(
    either_runtime: Runtime, line: FakeLine
) -> None:
    runtime = either_runtime
    family = offered(runtime, line, level=2)
    text(runtime, family, "Yes please")
    text(runtime, family, "what do you mean by that")
    with runtime.sessions.read() as session:
        assert session.scalars(select(ConsentRow.id)).all() == []
    assert "reply" in kinds_held(runtime, family)


def test_half_finished_consent_is_followed_up_once_and_then_by_a_person(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    family = offered(runtime, line, level=2)
    text(runtime, family, "Yes please")
    sent(runtime, line)
    for _ in range(5):
        clock.move(days=1)
        follow_up(runtime)
        dispatch(runtime)
    assert sum("the other day" in str(each["body"]) for each in line.texts) == 1
    with runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
        assert "finish_consent" in set(session.scalars(select(TaskRow.kind)))
    assert offer is not None
    assert offer.channel == "call"


def test_a_number_nobody_knows_gets_no_answer_and_a_person_sees_it(either_runtime: Runtime, line: FakeLine) -> None:
    runtime = either_runtime
    inbound = InboundText(sid="SMx", sender="+447700900555", recipient="+447700900999", body="hello who is this")
    assert receive_text(runtime, inbound).new
    assert sent(runtime, line) == []
    with runtime.sessions.read() as session:
        assert session.scalars(select(TaskRow.kind)).all() == ["who_is_it"]
        (row,) = session.scalars(select(TextRow)).all()
    assert (row.family_id, row.key_id) == (None, "service")


def test_one_phone_in_two_families_a_stop_counts_for_both_and_the_rest_asks_whose_it_is(
    either_runtime: Runtime, line: FakeLine
) -> None:
    runtime = either_runtime
    first = offered(runtime, line)
    second = a_family(runtime, "F002", e164="+447700900102")
    with runtime.sessions.begin() as session:
        session.add(FamilyNumberRow(family_id=second.id, number_id=first.number_id, position=2))
    text(runtime, first, "yes please")
    assert sent(runtime, line) == []
    assert kinds_held(runtime, first) == kinds_held(runtime, second) == {"reply"}
    text(runtime, first, "STOP")
    with runtime.sessions.read() as session:
        assert standing_of(session, first.id).stopped == standing_of(session, second.id).stopped == {"text", "call"}


def test_a_family_that_is_no_longer_listed_is_still_read_and_may_stop(either_runtime: Runtime, line: FakeLine) -> None:
    runtime = either_runtime
    family = offered(runtime, line)
    with runtime.sessions.begin() as session:
        session.get_one(FamilyRow, family.id).listed = False
    text(runtime, family, "stop")
    assert number(runtime, family).texts_stopped_at is not None


def test_two_machines_that_talk_to_each_other_are_cut(either_runtime: Runtime, line: FakeLine) -> None:
    family = offered(either_runtime, line)
    for _ in range(6):
        text(either_runtime, family, "CALL")
        dispatch(either_runtime)
    assert len(line.texts) <= 2


def test_every_enrolment_is_active_rested_or_ended_with_a_reason(either_runtime: Runtime, line: FakeLine) -> None:
    family = offered(either_runtime, line)
    text(either_runtime, family, "STOP")
    with either_runtime.sessions.read() as session:
        row = session.scalars(select(EnrolmentRow).where(EnrolmentRow.family_id == family.id)).one()
    assert (row.state, row.state_why) == ("ended", "stopped")
    assert expire_plans(either_runtime) == 0


def test_an_offer_in_the_queue_waits_while_a_conversation_goes_on_and_goes_when_it_is_over(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", level=1, next_step=2)
    an_open_offer(runtime, family, channel="text", step=1)
    run_cadences(runtime)  # the text of the offer is in the queue
    with runtime.sessions.begin() as session:
        version = pin(session, runtime, name="consent_by_text", language="en", now=clock()).version
        talk = ConversationRow(
            id=runtime.new_id(), kind="text", family_id=family.id, number_id=family.number_id, script="consent_by_text",
            bundle_version=version, language="en", state="open", began_at=clock(), touched_at=clock(),
        )  # fmt: skip
        session.add(talk)
    for _ in range(3):
        assert sent(runtime, line) == []
        clock.move(minutes=20)
        run_cadences(runtime)
    with runtime.sessions.begin() as session:
        offer = open_offer(session, family.id)
        assert offer is not None
        assert offer.waits_for == "in_conversation"
        break_off(session, runtime, session.get_one(ConversationRow, talk.id), why="silence", now=clock())
    clock.move(days=1)
    run_cadences(runtime)
    assert len(sent(runtime, line)) == 1
