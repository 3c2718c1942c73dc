"""Texts of one family one after another, on two phones, while colleagues work: what an adversary would try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import select

from outreach.domain.delivery import InboundText
from outreach.engine import do_as_read, guide_call
from outreach.engine import refer as referrals
from outreach.engine.alerts import settle_alert, take_alert
from outreach.engine.answer_inbox import NotDone, choose_family, claim, settle
from outreach.engine.book_contact import book_contact
from outreach.engine.booking import Booked
from outreach.engine.dispatch import dispatch
from outreach.engine.follow_conversations import follow_up
from outreach.engine.guide_call import Opened, Refusal
from outreach.engine.pause import go_on, pause
from outreach.engine.prove import prove
from outreach.engine.receive import receive_text
from outreach.engine.record_consent import record_consent
from outreach.engine.run_cadences import run_cadences
from outreach.engine.tick import tick
from outreach.engine.write_answer import Sent, send_answer
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow, TaskRow
from outreach.store.consents import standing_of
from outreach.store.conversations import AnswerRow, ConversationRow
from outreach.store.holds import open_holds
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import open_offer
from outreach.store.referrals import ReferralRow
from outreach.store.texts import TextRow
from outreach.views.worklist import worklist
from tests.cast import BEN, CORA, LANTERN, STAFF_PHONES, Family, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock, FakeLine

MINE, OTHER = "+447700900101", "+447700900102"
_SIDS = iter(range(10_000))


@dataclass(frozen=True)
class House:
    """A family with two phones, both its own, verified, at L2; every switch is on."""

    runtime: Runtime
    line: FakeLine
    family: Family
    other_id: str

    def writes(self, words: str, sender: str = MINE) -> str:
        sid = f"SMseq{next(_SIDS):06d}"
        taken = receive_text(self.runtime, InboundText(sid=sid, sender=sender, recipient="+447700900999", body=words))
        assert taken.text_id
        return taken.text_id

    def sent(self) -> list[str]:
        """What went to the family since the last look."""
        dispatch(self.runtime)
        found = [str(each["body"]) for each in self.line.texts if each["to"] not in STAFF_PHONES.values()]
        self.line.texts.clear()
        return found

    def held(self) -> set[str]:
        with self.runtime.sessions.read() as session:
            return {row.kind for row in open_holds(session, self.family.id)}

    def stopped(self) -> frozenset[str]:
        with self.runtime.sessions.read() as session:
            return standing_of(session, self.family.id).stopped

    def talk(self) -> ConversationRow:
        with self.runtime.sessions.read() as session:
            return session.scalars(select(ConversationRow).where(ConversationRow.kind == "text")).one()

    def state(self, text_id: str) -> str:
        with self.runtime.sessions.read() as session:
            return session.get_one(TextRow, text_id).state

    def rings(self) -> Opened | Refusal:
        with self.runtime.sessions.read() as session:
            offer = open_offer(session, self.family.id)
        assert offer is not None
        return guide_call.open_call(self.runtime, BEN, offer_id=offer.id)

    def alert_id(self) -> str:
        with self.runtime.sessions.read() as session:
            return session.scalars(select(AlertRow.id).order_by(AlertRow.id)).all()[-1]


@pytest.fixture
def house(either_runtime: Runtime, line: FakeLine) -> House:
    switch_on_texts(either_runtime)
    family = a_family(either_runtime, "F001", e164=MINE, standing="verified", level=2, next_step=2)
    lent = a_family(either_runtime, "F002", e164=OTHER, standing="verified", level=2)
    with either_runtime.sessions.begin() as session:
        session.get_one(FamilyNumberRow, (lent.id, lent.number_id)).off_at = either_runtime.now()
        session.add(FamilyNumberRow(family_id=family.id, number_id=lent.number_id, position=2))
    an_open_offer(either_runtime, family, channel="text", step=1)
    return House(either_runtime, line, family, lent.number_id)


def asked_about_consent(house: House) -> None:
    house.writes("Yes please")
    assert "Reply 1" in house.sent()[-1]


# -- two phones ---------------------------------------------------------------------------------------------------


def test_a_stop_on_the_second_phone_ends_the_conversation_on_the_first(house: House, clock: Clock) -> None:
    asked_about_consent(house)
    clock.move(minutes=2)
    house.writes("1")
    house.writes("STOP", OTHER)
    clock.move(minutes=2)
    assert house.sent() == ["Thank you for telling us. We will not text you again. You do not need to do any more. "
                            "Willow team"]  # to the phone that asked for it  # fmt: skip
    assert (house.talk().state, house.talk().outcome) == ("ended", None)
    house.writes("1")
    clock.move(days=2)
    follow_up(house.runtime)
    assert house.sent() == []


def test_a_near_stop_on_the_second_phone_lets_no_answer_on_the_first_count(house: House, clock: Clock) -> None:
    asked_about_consent(house)
    clock.move(minutes=2)
    house.writes("no more", OTHER)
    house.writes("1")
    clock.move(minutes=2)
    assert house.sent() == []
    with house.runtime.sessions.read() as session:
        assert session.scalars(select(AnswerRow)).all() == []
    assert isinstance(house.rings(), Refusal)


def test_nobody_answers_on_one_phone_while_a_wish_to_stop_from_the_other_is_unread(house: House) -> None:
    seen = house.writes("how did you get my number")
    house.writes("no more", OTHER)
    refused = send_answer(
        house.runtime, BEN, number_id=house.family.number_id, seen=seen, words="We will ring you soon."
    )
    assert isinstance(refused, NotDone)
    assert "another of their numbers" in refused.why
    assert house.sent() == []


def test_what_was_written_at_night_does_not_go_after_a_wish_to_stop_from_the_other_phone(
    house: House, clock: Clock
) -> None:
    clock.moment = datetime(2026, 1, 13, 18, 0, tzinfo=UTC)
    seen = house.writes("how did you get my number")
    clock.move(hours=2)
    answer = send_answer(
        house.runtime, BEN, number_id=house.family.number_id, seen=seen, words="We will ring you soon."
    )
    assert isinstance(answer, Sent)
    house.writes("no more", OTHER)
    clock.moment = datetime(2026, 1, 14, 10, 0, tzinfo=UTC)
    assert house.sent() == []


def test_each_phone_that_says_stop_is_answered_once(house: House) -> None:
    house.writes("STOP")
    house.writes("STOP", OTHER)
    house.writes("stop")
    house.writes("stop texting me", OTHER)
    assert len(house.sent()) <= 2
    assert house.sent() == []


# -- two colleagues -----------------------------------------------------------------------------------------------


def test_of_two_who_claim_a_thread_one_has_it(house: House) -> None:
    seen, number_id = house.writes("how did you get my number"), house.family.number_id
    assert claim(house.runtime, BEN, number_id=number_id) is None
    assert isinstance(claim(house.runtime, CORA, number_id=number_id), NotDone)
    assert isinstance(settle(house.runtime, CORA, number_id=number_id, seen=seen), NotDone)
    assert claim(house.runtime, CORA, number_id=number_id, take_over=True) is None
    assert isinstance(settle(house.runtime, BEN, number_id=number_id, seen=seen), NotDone)
    assert settle(house.runtime, CORA, number_id=number_id, seen=seen) is None


def test_a_reading_that_is_put_right_while_a_colleague_has_the_thread_stays_with_that_colleague(
    house: House,
) -> None:
    seen, number_id = house.writes("No thanks"), house.family.number_id
    claim(house.runtime, BEN, number_id=number_id)
    do_as_read.correct(house.runtime, CORA, number_id=number_id, text_id=seen, intent="stop")
    assert isinstance(house.rings(), Refusal)
    assert isinstance(do_as_read.obey_stop(house.runtime, CORA, number_id=number_id, seen=seen, scope="texts"), NotDone)
    assert do_as_read.obey_stop(house.runtime, BEN, number_id=number_id, seen=seen, scope="everything") is None
    assert house.stopped() == {"text", "call"}


# -- calls that were promised -------------------------------------------------------------------------------------


def test_a_near_stop_keeps_a_booked_call_back_and_not_lost(house: House, clock: Clock) -> None:
    seen, number_id = house.writes("how did you get my number"), house.family.number_id
    booked = book_contact(house.runtime, BEN, number_id=number_id, seen=seen, on=date(2026, 1, 14), at=time(11))
    assert isinstance(booked, Booked)
    assert booked.promised
    clock.moment = datetime(2026, 1, 14, 10, 45, tzinfo=UTC)
    near = house.writes("no more")
    (waits,) = worklist(house.runtime, BEN).not_now
    assert waits.promised
    assert isinstance(house.rings(), Refusal)
    do_as_read.correct(house.runtime, BEN, number_id=number_id, text_id=near, intent="question")
    opened = house.rings()
    assert isinstance(opened, Opened)


# -- danger -------------------------------------------------------------------------------------------------------


def test_a_stop_while_somebody_is_in_danger_is_obeyed_in_silence(house: House, clock: Clock) -> None:
    house.writes("he hit me again")
    take_alert(house.runtime, BEN, alert_id=house.alert_id())
    clock.move(minutes=3)
    house.writes("STOP")
    assert house.stopped() == {"text", "call"}
    assert house.sent() == []  # whoever reads it may have sent it
    settle_alert(house.runtime, BEN, alert_id=house.alert_id())
    assert house.sent() == []


def test_nothing_goes_by_itself_while_somebody_is_in_danger(house: House, clock: Clock) -> None:
    run_cadences(house.runtime)
    assert len(house.sent()) == 1  # the offer that they answer
    house.writes("he hit me again")
    take_alert(house.runtime, BEN, alert_id=house.alert_id())
    house.writes("call me")
    house.writes("later")
    clock.move(hours=1)
    assert house.sent() == []
    assert isinstance(house.rings(), Opened)


# -- pauses, levels, numbers --------------------------------------------------------------------------------------


def test_what_waited_for_a_pause_goes_once_after_it(house: House, clock: Clock) -> None:
    pause(house.runtime, CORA)
    house.writes("later")
    assert house.sent() == []
    clock.move(hours=1)
    go_on(house.runtime, CORA)
    assert len(house.sent()) == 1
    pause(house.runtime, CORA)
    go_on(house.runtime, CORA)
    assert house.sent() == []


def test_a_question_does_not_go_once_the_phone_may_not_name_the_charity(house: House, clock: Clock) -> None:
    asked_about_consent(house)
    clock.move(minutes=2)
    house.writes("1")
    with house.runtime.sessions.begin() as session:
        session.get_one(NumberRow, house.family.number_id).level = 0
    clock.move(minutes=2)
    assert house.sent() == []
    clock.move(minutes=2)
    seen = house.writes("1")
    with house.runtime.sessions.read() as session:
        assert len(session.scalars(select(AnswerRow)).all()) == 1
    settle(house.runtime, BEN, number_id=house.family.number_id, seen=seen)
    follow_up(house.runtime)
    assert (house.talk().state, house.talk().outcome) == ("ended", None)


def test_a_number_that_is_taken_off_takes_no_more_questions_and_its_answers_count_for_nothing(
    house: House, clock: Clock
) -> None:
    asked_about_consent(house)
    clock.move(minutes=2)
    house.writes("1")
    with house.runtime.sessions.begin() as session:
        link = session.get_one(FamilyNumberRow, (house.family.id, house.family.number_id))
        link.off_at, link.off_why = clock(), "not_in_file"
    clock.move(minutes=2)
    assert house.sent() == []
    house.writes("1")
    clock.move(days=2)
    follow_up(house.runtime)
    assert house.sent() == []
    assert house.talk().state == "ended"
    with house.runtime.sessions.read() as session:
        offer = open_offer(session, house.family.id)
        assert offer is not None
        assert offer.channel == "call"  # on the number that is left


# -- words that undo nothing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["START", "YES", "UNSTOP", "yes please", "I do want the texts after all"])
def test_nothing_they_write_takes_a_stop_back(house: House, clock: Clock, words: str) -> None:
    house.writes("STOP")
    house.sent()
    clock.move(minutes=20)
    house.writes(words)
    clock.move(days=1)
    tick(house.runtime)
    assert house.sent() == []
    assert house.stopped() == {"text", "call"}
    with house.runtime.sessions.read() as session:
        assert "reopen" in set(session.scalars(select(TaskRow.kind).where(TaskRow.done_at.is_(None))))


def test_a_stop_from_a_number_nobody_knew_holds_when_it_turns_out_to_be_theirs(house: House, clock: Clock) -> None:
    house.writes("STOP", "+447700900155")
    with house.runtime.sessions.begin() as session:
        number = session.scalars(select(NumberRow).where(NumberRow.texts_stopped_at.is_not(None))).one()
        session.add(FamilyNumberRow(family_id=house.family.id, number_id=number.id, position=1))
    clock.move(days=1)
    seen = house.writes("who is this", "+447700900155")
    said = send_answer(house.runtime, BEN, number_id=number.id, seen=seen, words="We will ring you soon.")
    assert isinstance(said, NotDone)
    assert house.sent() == []


def test_a_wrong_number_that_was_none_is_nobodys_until_a_person_says_so(house: House, clock: Clock) -> None:
    house.writes("wrong number")
    assert len(house.sent()) == 1
    clock.move(minutes=10)
    house.writes("sorry it is me, yes please")
    house.writes("1")
    clock.move(days=1)
    tick(house.runtime)
    assert house.sent() == []


def test_a_near_stop_on_a_phone_of_two_families_keeps_both_until_one_is_chosen(house: House) -> None:
    neighbour = a_family(house.runtime, "F003", e164="+447700900103", standing="verified")
    an_open_offer(house.runtime, neighbour)
    with house.runtime.sessions.begin() as session:
        session.add(FamilyNumberRow(family_id=neighbour.id, number_id=house.family.number_id, position=2))
    seen = house.writes("no more")
    with house.runtime.sessions.read() as session:
        assert {row.kind for row in open_holds(session, neighbour.id)} == {"read_first"}
        offer = open_offer(session, neighbour.id)
    assert offer is not None
    assert isinstance(guide_call.open_call(house.runtime, BEN, offer_id=offer.id), Refusal)
    number_id = house.family.number_id
    assert choose_family(house.runtime, BEN, number_id=number_id, seen=seen, family_id=house.family.id) is None
    assert house.held() == {"read_first"}
    assert isinstance(guide_call.open_call(house.runtime, BEN, offer_id=offer.id), Opened)


def test_settling_one_phone_does_not_read_what_came_from_one_that_a_neighbour_shares(house: House) -> None:
    neighbour = a_family(house.runtime, "F003", e164="+447700900103", standing="verified")
    with house.runtime.sessions.begin() as session:
        session.add(FamilyNumberRow(family_id=neighbour.id, number_id=house.other_id, position=2))
    house.writes("no more", OTHER)
    seen = house.writes("how did you get my number")
    assert settle(house.runtime, BEN, number_id=house.family.number_id, seen=seen) is None
    assert "read_first" in house.held()


def test_a_near_stop_after_consent_holds_the_referral_until_a_person_lets_it_go(house: House) -> None:
    with house.runtime.sessions.begin() as session:
        for purpose in ("refer", "share.name_number"):
            record_consent(
                session, house.runtime, family_id=house.family.id, purpose=purpose, value="given",
                partner_id=LANTERN, by="ben", how="voice", now=house.runtime.now(), authority="parental_responsibility",
            )  # fmt: skip
        referrals.refer(
            session, house.runtime, family_id=house.family.id, partner_id=LANTERN, conversation_id=None, by="ben",
            now=house.runtime.now(),
        )  # fmt: skip
    seen = house.writes("no more", OTHER)
    do_as_read.correct(house.runtime, BEN, number_id=house.other_id, text_id=seen, intent="question")
    settle(house.runtime, BEN, number_id=house.other_id, seen=seen)
    with house.runtime.sessions.read() as session:
        assert session.scalars(select(ReferralRow.state)).all() == ["held"]


# -- the clocks change --------------------------------------------------------------------------------------------


def test_an_answer_that_waits_over_the_night_of_the_clocks_goes_at_the_kind_hour_of_summer(
    house: House, clock: Clock
) -> None:
    clock.moment = datetime(2026, 3, 27, 19, 0, tzinfo=UTC)  # a Friday; the clocks change on Sunday
    seen = house.writes("how did you get my number")
    clock.move(hours=2)
    send_answer(house.runtime, BEN, number_id=house.family.number_id, seen=seen, words="We will leave it for now.")
    assert house.sent() == []
    clock.moment = datetime(2026, 3, 30, 8, 29, tzinfo=UTC)
    assert house.sent() == []
    clock.moment = datetime(2026, 3, 30, 8, 31, tzinfo=UTC)
    assert len(house.sent()) == 1


def test_the_house_breaks_no_promise_in_any_of_it(house: House, clock: Clock) -> None:
    asked_about_consent(house)
    house.writes("no more", OTHER)
    house.writes("he hit me again")
    house.writes("STOP")
    clock.move(hours=1)
    tick(house.runtime)
    assert {rule.rule for rule in prove(house.runtime).findings} == set()
