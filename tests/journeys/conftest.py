from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from flask import Flask
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from admin.web import create_app
from outreach.domain.access import Actor
from outreach.gateway.twilio import TwilioAccount, TwilioLine
from outreach.runtime import Runtime
from tests.browsing import Visitor, mark_as_demo, visitor

PUBLIC = "https://outreach.example"
OURS = "+447700900999"


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    """The console of the demo on the cast's database; webhooks are signed and checked as Twilio's are."""
    mark_as_demo(runtime)
    return app_of(runtime)


def app_of(runtime: Runtime) -> Flask:
    account = TwilioAccount(
        account_sid="AC" + "0" * 32, auth_tokens=("token",), number=OURS, public_url=PUBLIC,
        base_url="http://127.0.0.1:9",
    )  # fmt: skip
    return create_app(dataclasses.replace(runtime, phone=TwilioLine(account)))


@pytest.fixture
def be(app: Flask, runtime: Runtime) -> Callable[[Actor | None], Visitor]:
    """``be(BEN).post("/pause")``: somebody of the cast at the console."""
    return lambda who: visitor(app, runtime, who)


@pytest.fixture
def a_text_comes(app: Flask) -> Callable[..., TestResponse]:
    """``a_text_comes("STOP", sid="SM1")``: the network posts a family's text, rightly signed."""

    def post(body: str, *, sender: str = "+447700900101", sid: str = "SM1") -> TestResponse:
        form = {"MessageSid": sid, "From": sender, "To": OURS, "Body": body, "NumMedia": "0"}
        signature = RequestValidator("token").compute_signature(PUBLIC + "/hooks/twilio/inbound", form)
        return app.test_client().post("/hooks/twilio/inbound", data=form, headers={"X-Twilio-Signature": signature})

    return post
