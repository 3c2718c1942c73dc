from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from outreach.gateway.twilio import TwilioAccount, TwilioLine
from outreach.simulator.server import Simulator
from tests.simulator.listener import Listener

NOW = datetime(2026, 3, 3, 10, 15, tzinfo=UTC)
ANNA = "+447700900101"
BEN = "+447700900102"
PRACTITIONER = "+447700900201"
LANDLINE = "+441632960001"


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    one.start()
    yield one
    one.stop()


@pytest.fixture
def simulator(listener: Listener) -> Iterator[Simulator]:
    one = Simulator(step_seconds=0, now=lambda: NOW)
    one.start()
    one.connect(inbound_url=f"{listener.url}/hooks/twilio/inbound", voice_url=f"{listener.url}/hooks/twilio/voice")
    yield one
    one.stop()


@pytest.fixture
def account(simulator: Simulator, listener: Listener) -> TwilioAccount:
    return TwilioAccount(
        account_sid=simulator.account_sid,
        auth_tokens=(simulator.auth_token,),
        number=simulator.number,
        public_url=listener.url,
        base_url=simulator.url,
        timeout_seconds=30.0,
    )


@pytest.fixture
def line(account: TwilioAccount) -> TwilioLine:
    return TwilioLine(account)
