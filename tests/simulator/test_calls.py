from __future__ import annotations

import pytest

from outreach.domain.delivery import Accepted
from outreach.gateway.twilio import TwilioLine
from outreach.simulator.records import Call, Manner
from outreach.simulator.server import Simulator
from tests.simulator.conftest import ANNA, PRACTITIONER
from tests.simulator.listener import Listener, Post


@pytest.fixture
def house(line: TwilioLine, listener: Listener) -> TwilioLine:
    """The product's part: ask the practitioner for a key, then ring Anna."""

    def answer(post: Post) -> str:
        if post.path == "/hooks/twilio/voice":
            return line.say("Good morning.", "Please text us.")
        if post.path.startswith("/hooks/twilio/voice/"):
            if "Digits" in post.form:
                return line.connect(to=ANNA, reference="ref-1")
            return line.ask_to_connect(reference="ref-1")
        return line.silence()

    listener.answer = answer
    return line


def legs(simulator: Simulator) -> tuple[Call, Call | None]:
    calls = simulator.network.calls()
    return calls[0], calls[1] if len(calls) > 1 else None


def states(line: TwilioLine, listener: Listener, *, carers: bool) -> list[str]:
    read = [line.read_call(post.form) for post in listener.to("/hooks/twilio/call/ref-1")]
    return [call.state for call in read if call.is_the_carers is carers]


def test_the_practitioner_is_rung_first_and_the_carer_after_a_key(
    house: TwilioLine, simulator: Simulator, listener: Listener
) -> None:
    assert isinstance(house.dial(first=PRACTITIONER, reference="ref-1"), Accepted)
    assert simulator.settle()
    ringing = simulator.ringing(PRACTITIONER)
    assert ringing
    simulator.switchboard.answer(ringing)
    assert simulator.settle()
    practitioner, carer = legs(simulator)
    assert practitioner.heard == ["Your call is ready. Press any key, and we ring."]
    assert carer is None
    simulator.switchboard.press(ringing, "5")
    assert simulator.settle()
    at_annas = simulator.ringing(ANNA)
    assert at_annas
    simulator.switchboard.answer(at_annas)
    simulator.switchboard.hang_up(at_annas)
    assert simulator.settle()
    assert states(house, listener, carers=True) == ["initiated", "ringing", "in-progress", "completed"]
    assert states(house, listener, carers=False) == ["initiated", "ringing", "in-progress", "completed"]


def test_the_family_sees_the_services_number(house: TwilioLine, simulator: Simulator) -> None:
    simulator.name_phone(PRACTITIONER, "Ben", manner=Manner.ANSWERS)
    house.dial(first=PRACTITIONER, reference="ref-1")
    assert simulator.settle()
    _, carer = legs(simulator)
    assert carer is not None
    assert (carer.sender, carer.recipient, carer.status) == (simulator.number, ANNA, "ringing")


def test_a_voicemail_that_presses_no_key_rings_no_family(house: TwilioLine, simulator: Simulator) -> None:
    house.dial(first=PRACTITIONER, reference="ref-1")
    assert simulator.settle()
    ringing = simulator.ringing(PRACTITIONER)
    assert ringing
    simulator.switchboard.answer(ringing)
    simulator.switchboard.press_nothing(ringing)
    assert simulator.settle()
    practitioner, carer = legs(simulator)
    assert carer is None
    assert practitioner.status == "completed"


@pytest.mark.parametrize(("manner", "state"), [(Manner.DECLINES, "busy"), (Manner.SILENT, "no-answer")])
def test_a_family_that_does_not_answer_is_reported_as_such(
    house: TwilioLine, simulator: Simulator, listener: Listener, manner: Manner, state: str
) -> None:
    simulator.name_phone(PRACTITIONER, "Ben", manner=Manner.ANSWERS)
    simulator.name_phone(ANNA, "Anna", manner=manner)
    house.dial(first=PRACTITIONER, reference="ref-1")
    assert simulator.settle()
    assert states(house, listener, carers=True)[-1] == state
    assert legs(simulator)[0].status == "completed"


def test_a_phone_stops_ringing_at_last(house: TwilioLine, simulator: Simulator) -> None:
    house.dial(first=PRACTITIONER, reference="ref-1")
    assert simulator.settle()
    simulator.switchboard.stop_old_rings(float("inf"))
    assert simulator.settle()
    assert legs(simulator)[0].status == "no-answer"


def test_a_practitioner_who_hangs_up_while_it_rings_leaves_no_ringing_phone(
    house: TwilioLine, simulator: Simulator
) -> None:
    simulator.name_phone(PRACTITIONER, "Ben", manner=Manner.ANSWERS)
    house.dial(first=PRACTITIONER, reference="ref-1")
    assert simulator.settle()
    simulator.switchboard.hang_up(legs(simulator)[0].sid)
    assert simulator.settle()
    assert simulator.ringing(ANNA) is None
    assert [call.status for call in simulator.network.calls()] == ["completed", "canceled"]


def test_sequence_numbers_of_a_leg_count_up(house: TwilioLine, simulator: Simulator, listener: Listener) -> None:
    simulator.name_phone(PRACTITIONER, "Ben", manner=Manner.DECLINES)
    house.dial(first=PRACTITIONER, reference="ref-1")
    assert simulator.settle()
    posts = listener.to("/hooks/twilio/call/ref-1")
    assert [(post["CallStatus"], post["SequenceNumber"]) for post in posts] == [
        ("initiated", "0"),
        ("ringing", "1"),
        ("busy", "2"),
    ]


def test_whoever_rings_the_service_hears_its_greeting(house: TwilioLine, simulator: Simulator) -> None:
    simulator.switchboard.call_from(ANNA)
    assert simulator.settle()
    call, _ = legs(simulator)
    assert call.heard == ["Good morning.", "Please text us."]
    assert call.status == "completed"


@pytest.mark.parametrize("answer", ["not xml", "<!DOCTYPE x []><Response/>", "<Other/>"])
def test_an_answer_that_is_no_twiml_ends_the_call_with_an_apology(
    house: TwilioLine, simulator: Simulator, listener: Listener, answer: str
) -> None:
    listener.answer = lambda post: answer
    simulator.switchboard.call_from(ANNA)
    assert simulator.settle()
    assert legs(simulator)[0].heard == ["We are sorry. An application error has occurred. Goodbye."]


def test_a_recording_that_is_asked_for_is_journalled(
    house: TwilioLine, simulator: Simulator, listener: Listener
) -> None:
    listener.answer = lambda post: f'<Response><Dial record="record-from-answer">{ANNA}</Dial></Response>'
    simulator.switchboard.call_from(PRACTITIONER)
    assert simulator.settle()
    assert "a recording was asked for" in [entry.what for entry in simulator.network.journal()]


def test_what_the_product_asks_for_is_never_recorded(house: TwilioLine) -> None:
    assert 'record="do-not-record"' in house.connect(to=ANNA, reference="ref-1")
