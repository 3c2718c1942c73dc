"""The real SDK, over real HTTP, to the simulated network."""

from __future__ import annotations

import logging
import socket
from dataclasses import replace
from datetime import timedelta

import pytest

from outreach.domain.delivery import Accepted, Refused, Remedy, TextState, Unknown, find_sent
from outreach.gateway.line import LineUnreachableError, PhoneLine
from outreach.gateway.routed_client import check_base_url
from outreach.gateway.twilio import TwilioAccount, TwilioLine
from outreach.gateway.twilio_codes import REMEDIES, remedy_for
from outreach.simulator.faults import Fault, Kind
from outreach.simulator.network import Keywords
from outreach.simulator.server import Simulator
from tests.simulator.conftest import ANNA, BEN, NOW
from tests.simulator.listener import Listener


def send(line: PhoneLine, to: str = ANNA, *, body: str = "Reply CALL, LATER or STOP.", reference: str = "ref-1"):
    return line.send_text(to=to, body=body, reference=reference, valid_for_seconds=3600)


def test_a_text_is_accepted_delivered_and_reported_under_our_own_reference(
    line: TwilioLine, simulator: Simulator, listener: Listener
) -> None:
    answer = send(line)
    assert isinstance(answer, Accepted)
    assert simulator.settle()
    receipts = [line.read_receipt(post.form) for post in listener.to("/hooks/twilio/status/ref-1")]
    assert [receipt.state for receipt in receipts] == [TextState.SENDING, TextState.SENT, TextState.DELIVERED]
    assert {receipt.sid for receipt in receipts} == {answer.sid}


def test_a_text_to_somebody_who_told_the_network_to_stop_is_refused_as_opted_out(
    line: TwilioLine, simulator: Simulator
) -> None:
    simulator.set_keywords(Keywords.BLOCKS)
    simulator.text_from(ANNA, "Stop")
    assert send(line) == Refused(21610, Remedy.OPTED_OUT)
    assert isinstance(send(line, BEN), Accepted)


def test_too_many_requests_are_transient_with_the_seconds_to_wait(line: TwilioLine, simulator: Simulator) -> None:
    simulator.add_fault(Fault(Kind.TOO_MANY, seconds=7))
    assert send(line) == Refused(20429, Remedy.TRANSIENT, retry_after=7.0)
    assert isinstance(send(line), Accepted)


def test_the_seconds_of_one_answer_are_not_those_of_the_next(line: TwilioLine, simulator: Simulator) -> None:
    simulator.add_fault(Fault(Kind.TOO_MANY, seconds=7))
    send(line)
    simulator.add_fault(Fault(Kind.CODE, code=63038))
    assert send(line) == Refused(63038, Remedy.ACCOUNT_LIMIT, retry_after=None)


def test_an_error_after_accepting_is_unknown_and_settled_by_asking(line: TwilioLine, simulator: Simulator) -> None:
    simulator.add_fault(Fault(Kind.ERROR_AFTER))
    assert isinstance(send(line, body="Hello again"), Unknown)
    found = find_sent(line.find_texts(to=ANNA, since=NOW), body="Hello again", since=NOW)
    assert found is not None
    assert found.to == ANNA


def test_no_answer_in_time_is_unknown(account: TwilioAccount, simulator: Simulator) -> None:
    simulator.add_fault(Fault(Kind.SILENCE_AFTER, seconds=30))
    assert isinstance(send(TwilioLine(replace(account, timeout_seconds=0.3))), Unknown)
    assert [text["to"] for text in simulator.network.handed_over()] == [ANNA]


def test_no_connection_at_all_is_refused_because_nothing_was_sent(account: TwilioAccount) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    line = TwilioLine(replace(account, base_url=f"http://127.0.0.1:{port}"))
    assert send(line) == Refused(None, Remedy.TRANSIENT)
    with pytest.raises(LineUnreachableError):
        line.find_texts(to=ANNA, since=NOW)


def test_a_wrong_token_is_a_matter_of_configuration(account: TwilioAccount) -> None:
    line = TwilioLine(replace(account, auth_tokens=("wrong",)))
    assert send(line) == Refused(20003, Remedy.CONFIGURATION)
    assert line.warm_up() == Refused(20003, Remedy.CONFIGURATION)


def test_warming_up_a_good_line_says_nothing(line: TwilioLine) -> None:
    assert line.warm_up() is None


def test_an_impossible_number_is_refused_for_good(line: TwilioLine) -> None:
    assert send(line, "+44") == Refused(21211, Remedy.PERMANENT_NUMBER)


def test_asking_what_was_sent_turns_the_pages_and_leaves_out_the_replies(
    line: TwilioLine, simulator: Simulator
) -> None:
    for count in range(105):
        send(line, body=f"Text {count}")
    simulator.text_from(ANNA, "Who is this?")
    assert simulator.settle()
    found = line.find_texts(to=ANNA, since=NOW)
    assert {text.body for text in found} == {f"Text {count}" for count in range(105)}
    assert line.find_texts(to=ANNA, since=NOW + timedelta(minutes=5)) == []


def test_texts_whose_webhook_was_lost_are_found_by_asking(line: TwilioLine, simulator: Simulator) -> None:
    simulator.add_fault(Fault(Kind.LOST_INBOUND))
    sid = simulator.text_from(ANNA, " Later please\n")
    found = line.inbound_since(NOW - timedelta(hours=1))
    assert [(text.sid, text.sender, text.recipient, text.body, text.received_at) for text in found] == [
        (sid, ANNA, simulator.number, " Later please\n", NOW)
    ]
    assert line.inbound_since(NOW + timedelta(hours=1)) == []


def test_what_the_sdk_does_leaves_no_number_in_the_log(line: TwilioLine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        send(line)
        line.find_texts(to=ANNA, since=NOW)
    assert ANNA.removeprefix("+") not in caplog.text


@pytest.mark.parametrize(
    "address",
    [
        None,
        "https://api.twilio.com",
        "https://api.dublin.ie1.twilio.com",
        "http://127.0.0.1:5000",
        "http://localhost:1",
    ],
)
def test_texts_go_to_twilio_or_to_this_machine(account: TwilioAccount, address: str | None) -> None:
    assert TwilioLine(replace(account, base_url=address)).number == account.number


@pytest.mark.parametrize(
    "address",
    [
        "http://api.twilio.com",
        "https://twilio.com.example.org",
        "https://eviltwilio.com",
        "http://192.0.2.1:5000",
        "https://127.0.0.1@example.org",
        "http://127.0.0.1:5000/elsewhere",
        "",
    ],
)
def test_texts_go_nowhere_else(address: str) -> None:
    with pytest.raises(ValueError, match="address of the phone network"):
        check_base_url(address)


def test_a_token_is_not_shown_when_an_account_is_printed(account: TwilioAccount) -> None:
    assert account.auth_tokens[0] not in repr(account)


def test_a_code_that_nobody_knows_is_not_tried_again() -> None:
    assert remedy_for(99999) is Remedy.NO_RETRY
    assert remedy_for(None) is Remedy.NO_RETRY


def test_every_remedy_but_the_last_resort_has_a_code() -> None:
    assert set(REMEDIES.values()) == set(Remedy) - {Remedy.NO_RETRY}
