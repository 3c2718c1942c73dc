"""House and network joined as they are in use: real HTTP both ways, the real SDK, signed webhooks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import time
from typing import Any

import pytest
from sqlalchemy import select

from admin.web import create_app
from outreach.engine import dial_call, guide_call
from outreach.engine.dispatch import dispatch
from outreach.engine.hand_over import Asked, ask_partner
from outreach.engine.receive import poll_missed
from outreach.engine.run_cadences import run_cadences
from outreach.engine.set_standby import add_standby
from outreach.engine.settle_texts import settle_unknown
from outreach.gateway.twilio import TwilioAccount, TwilioLine
from outreach.runtime import Runtime
from outreach.simulator.faults import Fault, Kind
from outreach.simulator.http_server import HttpServer
from outreach.simulator.records import Manner
from outreach.simulator.server import Simulator
from outreach.store.numbers import NumberRow
from outreach.store.offers import AttemptRow
from outreach.store.standby import HandoverRow
from outreach.store.texts import TextRow
from tests.browsing import mark_as_demo
from tests.cast import BEN, EVE, STAFF_PHONES, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock

ANNA = "+447700900101"


@pytest.fixture
def network(clock: Clock) -> Iterator[Simulator]:
    one = Simulator(step_seconds=0, now=clock)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def house(runtime: Runtime, network: Simulator) -> Iterator[Runtime]:
    """The runtime, its line over the simulated network, its console listening."""
    mark_as_demo(runtime)
    console: list[Any] = []
    server = HttpServer(lambda environ, start: console[0](environ, start), threads=4)
    line = TwilioLine(
        TwilioAccount(
            account_sid=network.account_sid,
            auth_tokens=(network.auth_token,),
            number=network.number,
            public_url=server.url,
            base_url=network.url,
        )
    )
    joined = dataclasses.replace(runtime, phone=line)
    console.append(create_app(joined))
    server.start()
    network.connect(inbound_url=f"{server.url}/hooks/twilio/inbound", voice_url=f"{server.url}/hooks/twilio/voice")
    yield joined
    server.stop()


def an_offer_by_text(house: Runtime) -> None:
    switch_on_texts(house)
    family = a_family(house, "F001", standing="verified", e164=ANNA)
    an_open_offer(house, family, channel="text", step=1)
    run_cadences(house)


def texts(house: Runtime, direction: str = "out") -> list[TextRow]:
    with house.sessions.read() as session:
        return list(session.scalars(select(TextRow).where(TextRow.direction == direction).order_by(TextRow.id)))


def on_the_phone(network: Simulator, number: str = ANNA) -> list[str]:
    return [text["to"] for text in network.network.handed_over() if text["to"] == number]


def test_an_offer_arrives_and_its_receipts_come_home(house: Runtime, network: Simulator) -> None:
    an_offer_by_text(house)
    assert dispatch(house) == 1
    assert network.settle()
    assert [text.state for text in texts(house)] == ["delivered"]
    assert len(on_the_phone(network)) == 1


def test_stop_is_answered_once_and_nothing_more_is_sent(house: Runtime, network: Simulator, clock: Clock) -> None:
    an_offer_by_text(house)
    dispatch(house)
    for _ in range(2):
        network.text_from(ANNA, "STOP")
        assert network.settle()
        dispatch(house)
    assert network.settle()
    assert [text.purpose for text in texts(house) if text.state == "delivered"] == ["offer", "stop"]
    for _ in range(30):
        clock.move(days=1)
        run_cadences(house)
        dispatch(house)
    assert len(on_the_phone(network)) == 2
    with house.sessions.read() as session:
        assert session.scalars(select(NumberRow.texts_stopped_at)).one() is not None


def test_a_text_whose_fate_is_unknown_is_settled_and_arrives_once(
    house: Runtime, network: Simulator, clock: Clock
) -> None:
    an_offer_by_text(house)
    for kind in (Kind.ERROR_AFTER, Kind.LOST):
        network.add_fault(Fault(kind, number=ANNA))
    dispatch(house)
    assert network.settle()
    assert [text.state for text in texts(house)] == ["unknown"]
    clock.move(minutes=2)
    assert settle_unknown(house) == 1
    dispatch(house)
    assert [text.state for text in texts(house)] == ["delivered"]  # as the network's list says
    assert len(on_the_phone(network)) == 1


@pytest.mark.parametrize("kind", [Kind.TWICE, Kind.REORDERED])
def test_receipts_that_come_twice_or_backwards_end_in_delivered(house: Runtime, network: Simulator, kind: Kind) -> None:
    an_offer_by_text(house)
    network.add_fault(Fault(kind))
    dispatch(house)
    assert network.settle()
    assert [text.state for text in texts(house)] == ["delivered"]


def test_a_text_of_a_family_whose_webhook_was_lost_is_found_and_stands_once(house: Runtime, network: Simulator) -> None:
    an_offer_by_text(house)
    network.add_fault(Fault(Kind.LOST_INBOUND))
    network.text_from(ANNA, "CALL")
    assert network.settle()
    assert texts(house, "in") == []
    assert [poll_missed(house), poll_missed(house)] == [1, 0]
    assert len(texts(house, "in")) == 1


def test_a_webhook_that_is_wrongly_signed_stores_nothing(house: Runtime, network: Simulator) -> None:
    an_offer_by_text(house)
    network.add_fault(Fault(Kind.WRONG_SIGNATURE, number=ANNA))
    network.text_from(ANNA, "STOP")
    assert network.settle()
    assert texts(house, "in") == []
    answers = [entry.detail["status"] for entry in network.network.journal() if entry.what == "webhook"]
    assert answers == [403]


def test_a_call_rings_the_practitioner_first_and_then_the_family(house: Runtime, network: Simulator) -> None:
    family = a_family(house, "F002", e164=ANNA)
    offer_id = an_open_offer(house, family)
    network.name_phone(STAFF_PHONES["ben"], "Ben", manner=Manner.ANSWERS)
    opened = guide_call.open_call(house, BEN, offer_id=offer_id)
    assert isinstance(opened, guide_call.Opened)
    dialled = dial_call.dial(house, BEN, conversation_id=opened.conversation_id)
    assert isinstance(dialled, dial_call.Dialled)
    assert network.settle()
    ringing = network.ringing(ANNA)
    assert ringing
    network.switchboard.answer(ringing)
    network.switchboard.hang_up(ringing)
    assert network.settle()
    with house.sessions.read() as session:
        attempt = session.get_one(AttemptRow, dialled.attempt_id)
    assert attempt.provider_state == "completed"
    practitioner, carer = network.network.calls()
    assert (carer.sender, carer.recipient) == (network.number, ANNA)
    assert (practitioner.status, carer.status) == ("completed", "completed")


def rings_back(network: Simulator) -> str:
    network.switchboard.call_from(ANNA)
    assert network.settle()
    bens = network.ringing(STAFF_PHONES["ben"])
    assert bens
    network.switchboard.answer(bens)
    assert network.settle()
    return bens


def test_a_family_that_rings_back_reaches_whoever_is_on_duty(house: Runtime, network: Simulator) -> None:
    bens = rings_back(network)
    theirs, ours = network.network.calls()
    assert theirs.heard == ["Hello. Please hold on for a moment.", "(It rings at the other end.)"]
    assert ours.heard == ["A call has come for you. Press any key to take it."]
    network.switchboard.press(bens, "1")
    assert network.settle()
    theirs, ours = network.network.calls()
    assert theirs.heard[-1] == "(They answered. You are talking now.)"
    network.switchboard.hang_up(bens)
    assert network.settle()
    theirs, ours = network.network.calls()
    assert (theirs.status, ours.status) == ("completed", "completed")
    assert theirs.heard[-1] == "(They hung up.)"  # and no greeting after a talk
    assert "a recording was asked for" not in [entry.what for entry in network.network.journal()]


def test_a_voicemail_box_takes_no_call_and_the_family_hears_the_neutral_greeting(
    house: Runtime, network: Simulator
) -> None:
    bens = rings_back(network)
    network.switchboard.press_nothing(bens)
    assert network.settle()
    theirs, ours = network.network.calls()
    assert "(They answered. You are talking now.)" not in theirs.heard
    assert "Hello. Nobody can take calls on this number just now." in theirs.heard
    assert (theirs.status, ours.status) == ("completed", "completed")


def test_at_night_a_family_that_rings_back_hears_the_neutral_greeting_at_once(
    house: Runtime, network: Simulator, clock: Clock
) -> None:
    clock.move(hours=12)
    network.switchboard.call_from(ANNA)
    assert network.settle()
    (call,) = network.network.calls()
    assert call.heard[0] == "Hello. Nobody can take calls on this number just now."
    assert call.status == "completed"


def test_the_partners_worker_is_brought_into_the_call_through_the_network(house: Runtime, network: Simulator) -> None:
    assert add_standby(house, EVE, weekday=1, starts=time(9), ends=time(17), phone="07700 900806") is None
    opened = guide_call.open_call(house, BEN, offer_id=an_open_offer(house, a_family(house, "F001", e164=ANNA)))
    assert isinstance(opened, guide_call.Opened)
    for step, answer in (
        ("opening/is_it_them", "yes"), ("opening/safe_to_talk", "yes"), ("first_offer/why", "next"),
        ("first_offer/privacy", "said"), ("first_offer/listen", "next"), ("first_offer/menu", "legal"),
        ("legal_needs/what", ""), ("legal_needs/contact", "next"), ("legal_needs/release", "next"),
        ("first_offer/anything_else", ""), ("consent/refer", "yes"),
    ):  # fmt: skip
        said = guide_call.answer(house, BEN, conversation_id=opened.conversation_id, step=step, visit=1, answer=answer)
        assert isinstance(said, guide_call.Answered), (step, said)
    asked = ask_partner(house, BEN, conversation_id=opened.conversation_id)
    assert asked == Asked("Eve Charity")
    assert network.settle()
    eves = network.ringing("+447700900806")
    assert eves
    network.switchboard.answer(eves)
    assert network.settle()
    assert network.ringing(STAFF_PHONES["ben"]) is None  # not before a key
    network.switchboard.press(eves, "1")
    assert network.settle()
    bens = network.ringing(STAFF_PHONES["ben"])
    assert bens
    network.switchboard.answer(bens)
    assert network.settle()
    workers, ours = network.network.calls()
    assert workers.heard[-1] == "(They answered. You are talking now.)"
    assert ANNA not in (workers.recipient, ours.recipient, workers.sender, ours.sender)
    with house.sessions.read() as session:
        assert session.scalars(select(HandoverRow.state)).all() == ["joined"]
