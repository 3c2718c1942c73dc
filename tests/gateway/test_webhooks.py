from __future__ import annotations

from dataclasses import replace

import pytest
from twilio.request_validator import RequestValidator

from outreach.domain.delivery import (
    CallReceipt,
    CallState,
    InboundText,
    Remedy,
    TextReceipt,
    TextState,
    UnreadableWebhookError,
)
from outreach.gateway.twilio import TwilioAccount, TwilioLine

ACCOUNT = TwilioAccount(
    account_sid="AC" + "0" * 32,
    auth_tokens=("12345",),
    number="+447700900999",
    public_url="https://mycompany.com",
    base_url="http://127.0.0.1:9",
)
# The example of Twilio's own documentation and libraries.
PATH = "/myapp.php?foo=1&bar=2"
FORM = {
    "CallSid": ["CA1234567890ABCDE"],
    "Caller": ["+14158675309"],
    "Digits": ["1234"],
    "From": ["+14158675309"],
    "To": ["+18005551212"],
}
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def is_valid(account: TwilioAccount = ACCOUNT, *, path: str = PATH, form=FORM, headers=None) -> bool:
    given = {"X-Twilio-Signature": SIGNATURE} if headers is None else headers
    return TwilioLine(account).signature_is_valid(path=path, form=form, headers=given)


def test_the_known_vector_is_valid() -> None:
    assert is_valid()


def test_header_names_have_no_case() -> None:
    assert is_valid(headers={"x-twilio-signature": SIGNATURE})


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("another path", {"path": "/myapp.php?foo=1&bar=3"}),
        ("a field changed", {"form": FORM | {"Digits": ["1235"]}}),
        ("a field more", {"form": FORM | {"Extra": ["x"]}}),
        ("a field less", {"form": {name: values for name, values in FORM.items() if name != "To"}}),
        ("a second value", {"form": FORM | {"Digits": ["1234", "5"]}}),
        ("no signature", {"headers": {}}),
        ("an empty signature", {"headers": {"X-Twilio-Signature": ""}}),
        ("another signature", {"headers": {"X-Twilio-Signature": SIGNATURE[::-1]}}),
        ("another address", {"account": replace(ACCOUNT, public_url="https://example.org")}),
        ("another token", {"account": replace(ACCOUNT, auth_tokens=("54321",))}),
    ],
)
def test_a_webhook_is_refused_with(what: str, given: dict) -> None:
    assert not is_valid(**given), what


def test_both_tokens_are_good_while_they_rotate() -> None:
    assert is_valid(replace(ACCOUNT, auth_tokens=("new", "12345")))


def test_blank_values_count() -> None:
    form = {"Body": [""], "From": [" +447700900101"]}
    flat = {name: values[0] for name, values in form.items()}
    signature = RequestValidator("12345").compute_signature("https://mycompany.com/x", flat)
    assert is_valid(path="/x", form=form, headers={"X-Twilio-Signature": signature})


def test_a_shared_key_is_used_where_the_webhook_names_one_and_only_there() -> None:
    flat = {name: values[0] for name, values in FORM.items()}
    signature = RequestValidator("secret").compute_signature("https://mycompany.com" + PATH, flat, "HMAC_SHA256")
    headers = {
        "X-Twilio-Signature": signature,
        "X-Twilio-Webhooks-Signature-Settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256",
    }
    assert is_valid(replace(ACCOUNT, shared_key="secret"), headers=headers)
    assert not is_valid(headers=headers)
    assert not is_valid(replace(ACCOUNT, shared_key="secret"), headers=headers | {"X-Twilio-Signature": SIGNATURE})


def test_an_inbound_text_is_read_as_it_came() -> None:
    line = TwilioLine(ACCOUNT)
    form = {
        "MessageSid": ["SM1"],
        "From": ["+447700900101"],
        "To": ["+447700900999"],
        "Body": [" Stop  "],
        "NumMedia": ["1"],
        "OptOutType": ["STOP"],
        "SomethingNew": ["x"],
    }
    assert line.read_inbound(form) == InboundText("SM1", "+447700900101", "+447700900999", " Stop  ", 1, "STOP")


def test_an_empty_body_is_a_text_too() -> None:
    form = {"MessageSid": ["SM1"], "From": ["+447700900101"], "To": ["+447700900999"], "Body": [""]}
    assert TwilioLine(ACCOUNT).read_inbound(form).body == ""


def test_receipts_and_call_states_are_read() -> None:
    line = TwilioLine(ACCOUNT)
    receipt = {"MessageSid": ["SM1"], "MessageStatus": ["undelivered"], "ErrorCode": ["30003"]}
    assert line.read_receipt(receipt) == TextReceipt("SM1", TextState.UNDELIVERED, 30003, Remedy.TRANSIENT_DELIVERY)
    call = {"CallSid": ["CA2"], "ParentCallSid": ["CA1"], "CallStatus": ["no-answer"], "SequenceNumber": ["3"]}
    read = line.read_call(call)
    assert read == CallReceipt("CA2", CallState.NO_ANSWER, 3, "CA1", None)
    assert read.is_the_carers


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"MessageStatus": ["sent"]}, "MessageSid"),
        ({"MessageSid": ["SM1"]}, "MessageStatus"),
        ({"MessageSid": ["SM1"], "MessageStatus": ["teleported"]}, "MessageStatus"),
        ({"MessageSid": ["SM1"], "MessageStatus": ["failed"], "ErrorCode": ["³"]}, "ErrorCode"),
    ],
)
def test_a_webhook_that_cannot_be_read_names_the_field_and_not_the_value(form: dict, field: str) -> None:
    with pytest.raises(UnreadableWebhookError, match=field) as problem:
        TwilioLine(ACCOUNT).read_receipt(form)
    assert "teleported" not in str(problem.value)
