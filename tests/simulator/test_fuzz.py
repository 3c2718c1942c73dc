"""The simulated network, asked everything that Twilio's own description allows and much that it does not.

Bounded: some 25 cases an operation, the same ones each time. What is proved of each: the simulator never falls over
(no answer of 500), every good answer is as described, and every refusal is in Twilio's shape.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import response_schema_conformance

from outreach.simulator.server import Simulator
from tests.simulator.openapi import PATHS, description

_LIMITS = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
OPERATIONS = (
    ("/2010-04-01/Accounts/{Sid}.json", "GET"),
    ("/2010-04-01/Accounts/{AccountSid}/Messages.json", "GET"),
    ("/2010-04-01/Accounts/{AccountSid}/Messages.json", "POST"),
    ("/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json", "GET"),
    ("/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json", "POST"),
    ("/2010-04-01/Accounts/{AccountSid}/Calls.json", "GET"),
    ("/2010-04-01/Accounts/{AccountSid}/Calls.json", "POST"),
    ("/2010-04-01/Accounts/{AccountSid}/Calls/{Sid}.json", "GET"),
    ("/2010-04-01/Accounts/{AccountSid}/Calls/{Sid}.json", "POST"),
)


@lru_cache(maxsize=1)
def _schema() -> Any:
    # Twilio calls the addresses of its pages "uri" and sends them without a host: references, by RFC 3986.
    written = json.dumps(description().spec.read_value()).replace('"format": "uri"', '"format": "uri-reference"')
    return schemathesis.openapi.from_dict(json.loads(written))


def test_every_path_that_is_simulated_is_asked() -> None:
    assert {path for path, _ in OPERATIONS} == set(PATHS)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_whatever_is_asked_the_simulator_answers_as_described(simulator: Simulator, path: str, method: str) -> None:
    simulator.text_from("+447700900101", "hello")
    (text,) = simulator.network.texts()
    known = {"AccountSid": simulator.account_sid, "Sid": simulator.account_sid if path.count("{") == 1 else text.sid}
    operation = _schema()[path][method]

    @_LIMITS
    @given(case=operation.as_strategy(), ours=st.booleans())
    def ask(case: Any, ours: bool) -> None:
        if ours:  # our account and a text that is there; else whatever was made up
            case.path_parameters = {**(case.path_parameters or {}), **known}
        with requests.Session() as session:
            session.trust_env = False
            answer = case.call(
                base_url=simulator.url, session=session, auth=(simulator.account_sid, simulator.auth_token), timeout=30
            )
        if answer.status_code >= 400:
            assert answer.status_code < 500, answer.text
            if answer.status_code not in (404, 405) or "json" in answer.headers.get("content-type", [""])[0]:
                assert set(answer.json()) == {"code", "message", "more_info", "status"}
        else:
            case.validate_response(answer, checks=[response_schema_conformance])

    ask()
