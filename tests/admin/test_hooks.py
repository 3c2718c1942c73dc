"""The webhooks of the telephone network, as it posts them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from admin.hooks import GREETING
from admin.web import create_app
from outreach.engine.dispatch import dispatch
from outreach.engine.keep_apart import keep_apart
from outreach.engine.run_cadences import run_cadences
from outreach.gateway.twilio import TwilioAccount, TwilioLine
from outreach.runtime import Runtime
from outreach.store.alerts import TaskRow
from outreach.store.events import EventRow
from outreach.store.numbers import NumberRow
from outreach.store.texts import ReceiptRow, TextRow
from tests.browsing import mark_as_demo
from tests.cast import ANA, STAFF_PHONES, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock

PUBLIC = "https://outreach.example"
OURS = "+447700900999"
ANNA = "+447700900101"
EVERYTHING = (TextRow, ReceiptRow, EventRow, TaskRow, NumberRow)
Post = Callable[..., TestResponse]


@pytest.fixture
def client(runtime: Runtime) -> FlaskClient:
    mark_as_demo(runtime)
    account = TwilioAccount(
        account_sid="AC" + "0" * 32,
        auth_tokens=("token",),
        number=OURS,
        public_url=PUBLIC,
        base_url="http://127.0.0.1:9",
    )
    return create_app(dataclasses.replace(runtime, phone=TwilioLine(account))).test_client()


@pytest.fixture
def post(client: FlaskClient) -> Post:
    """Post a form as the network would: signed for the public address, whatever host this request says it is for."""

    def send(path: str, *, token: str = "token", public: str = PUBLIC, **form: str) -> TestResponse:
        signature = RequestValidator(token).compute_signature(public + path, form)
        return client.post(path, data=form, headers={"X-Twilio-Signature": signature, "Host": "10.0.0.5:8000"})

    return send


def a_text(body: str = "CALL", **more: str) -> dict[str, str]:
    return {"MessageSid": "SM1", "From": ANNA, "To": OURS, "Body": body, "NumMedia": "0"} | more


def counts(runtime: Runtime) -> dict[str, int]:
    with runtime.sessions.read() as session:
        return {
            table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in EVERYTHING
        }


HOOKS = (
    "/hooks/twilio/inbound",
    "/hooks/twilio/status/x",
    "/hooks/twilio/call/x",
    "/hooks/twilio/voice/x",
    "/hooks/twilio/voice",
    "/hooks/twilio/next/1",
    "/hooks/twilio/take",
)


@pytest.mark.parametrize("path", HOOKS)
def test_a_wrong_signature_is_forbidden_and_nothing_is_stored(
    runtime: Runtime, client: FlaskClient, post: Post, path: str
) -> None:
    a_family(runtime, "F001", e164=ANNA)
    before = counts(runtime)
    form = a_text() | {"MessageStatus": "sent", "CallSid": "CA1", "CallStatus": "ringing"}
    assert post(path, token="wrong", **form).status_code == 403
    assert post(path, public="https://elsewhere.example", **form).status_code == 403
    assert client.post(path, data=form).status_code == 403
    assert counts(runtime) == before


@pytest.mark.parametrize("path", HOOKS)
def test_a_hook_cannot_be_looked_at(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in (404, 405)


def test_a_text_of_a_family_is_stored_and_answered_with_nothing(runtime: Runtime, post: Post) -> None:
    a_family(runtime, "F001", e164=ANNA)
    answer = post("/hooks/twilio/inbound", **a_text(" ring me \n"))
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert answer.text.endswith("<Response />")
    assert counts(runtime)["text"] >= 1


def test_the_same_webhook_twice_is_one_text(runtime: Runtime, post: Post) -> None:
    a_family(runtime, "F001", e164=ANNA)
    post("/hooks/twilio/inbound", **a_text())
    after_once = counts(runtime)
    assert post("/hooks/twilio/inbound", **a_text()).status_code == 200
    assert counts(runtime) == after_once


def test_a_text_from_a_number_nobody_knows_is_taken_and_answered_with_nothing(runtime: Runtime, post: Post) -> None:
    answer = post("/hooks/twilio/inbound", **a_text(From="+447700900666"))
    assert answer.status_code == 200
    assert answer.text.endswith("<Response />")


def test_a_webhook_without_its_fields_is_a_bad_request(runtime: Runtime, post: Post) -> None:
    before = counts(runtime)
    answer = post("/hooks/twilio/inbound", From=ANNA, To=OURS, Body="CALL")
    assert answer.status_code == 400
    assert "MessageSid" in answer.text
    assert post("/hooks/twilio/status/x", MessageSid="SM1", MessageStatus="teleported").status_code == 400
    assert counts(runtime) == before


def test_receipts_out_of_order_end_in_delivered(runtime: Runtime, post: Post) -> None:

    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", e164=ANNA)
    an_open_offer(runtime, family, channel="text", step=1)
    run_cadences(runtime)
    dispatch(runtime)
    with runtime.sessions.read() as session:
        text = session.scalars(select(TextRow)).one()
    for state in ("delivered", "sending", "delivered", "sent"):
        path = f"/hooks/twilio/status/{text.id}"
        assert post(path, MessageSid=text.provider_sid or "", MessageStatus=state).status_code == 200
    with runtime.sessions.read() as session:
        assert session.get_one(TextRow, text.id).state == "delivered"
    assert counts(runtime)["receipt"] == 3


def test_a_receipt_of_nothing_of_ours_is_answered_all_the_same(runtime: Runtime, post: Post) -> None:
    assert post("/hooks/twilio/status/x", MessageSid="SM9", MessageStatus="sent").status_code == 200
    assert post("/hooks/twilio/call/x", CallSid="CA9", CallStatus="ringing").status_code == 200
    assert counts(runtime)["receipt"] == 0


def test_a_practitioner_is_asked_for_a_key_before_anybody_is_rung(post: Post) -> None:
    answer = post("/hooks/twilio/voice/x", CallSid="CA1", CallStatus="in-progress", From=OURS, To="+447700900801")
    assert "<Gather" in answer.text
    assert f"{PUBLIC}/hooks/twilio/voice/x" in answer.text
    assert "<Dial" not in answer.text


def test_a_key_on_a_call_nobody_knows_rings_nobody(post: Post) -> None:
    answer = post("/hooks/twilio/voice/x", CallSid="CA1", CallStatus="in-progress", Digits="1")
    assert "<Dial" not in answer.text
    assert "<Hangup" in answer.text


def test_whoever_rings_us_is_put_through_to_whoever_is_on_duty_who_is_asked_for_a_key(
    runtime: Runtime, post: Post
) -> None:
    a_family(runtime, "F001", e164=ANNA)
    form = {"CallSid": "CA1", "CallStatus": "ringing", "From": ANNA, "To": OURS}
    for caller in (ANNA, "+447700900555", "anonymous"):  # the same words for a number we know and for one we do not
        answer = post("/hooks/twilio/voice", **(form | {"From": caller}))
        assert answer.text.count("<Number") == 1
        assert f">{STAFF_PHONES['ben']}</Number>" in answer.text
        assert f'url="{PUBLIC}/hooks/twilio/take"' in answer.text
        assert 'record="do-not-record"' in answer.text
        assert "Please hold on for a moment." in answer.text
    assert "press any key" in post("/hooks/twilio/take", CallSid="CA2").text.lower()
    assert "<Hangup" in post("/hooks/twilio/take", CallSid="CA2").text
    assert "<Hangup" not in post("/hooks/twilio/take", CallSid="CA2", Digits="1").text
    over = post("/hooks/twilio/next/1", **form, DialCallStatus="completed", DialBridged="true")
    assert "<Say" not in over.text
    nobody = post("/hooks/twilio/next/1", **form, DialCallStatus="no-answer", DialBridged="false")
    assert GREETING[0] in nobody.text
    with runtime.sessions.read() as session:
        noted = session.scalars(select(EventRow).where(EventRow.name == "call_came_in")).all()
        assert [row.data for row in noted] == [{"area": "OXF", "put_through": True}] * 3
        assert {row.family_id for row in noted} == {None}


def test_who_is_on_the_conflict_list_of_the_family_is_not_put_through_to(runtime: Runtime, post: Post) -> None:
    family = a_family(runtime, "F001", e164=ANNA)
    keep_apart(runtime, ANA, family_id=family.id, staff_id="ben", kind="friend", why="")
    answer = post("/hooks/twilio/voice", CallSid="CA1", CallStatus="ringing", From=ANNA, To=OURS)
    assert "<Dial" not in answer.text
    assert GREETING[0] in answer.text


def test_when_nobody_is_there_they_hear_when_somebody_is_no_name_no_reason_and_the_way_to_help(
    clock: Clock, post: Post
) -> None:
    clock.moment = datetime(2026, 1, 16, 21, 0, tzinfo=UTC)  # a Friday night
    answer = post("/hooks/twilio/voice", CallSid="CA1", CallStatus="ringing", From=ANNA, To=OURS)
    assert "<Dial" not in answer.text
    assert "Somebody is here on Monday, from 9 in the morning to 7 in the evening." in answer.text
    assert all(words in answer.text for words in GREETING)
    assert "9 9 9" in answer.text
    for word in ("prison", "police", "council", "charity", "support", "Paramount", "Thames", "<Record"):
        assert word.lower() not in answer.text.lower()
