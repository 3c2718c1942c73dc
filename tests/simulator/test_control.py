"""The control API is asked anything at all: it never falls over, refuses in words, and leaves the network whole."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from outreach.simulator.faults import Fault, Kind
from outreach.simulator.network import Keywords
from outreach.simulator.server import Simulator
from tests.simulator.conftest import ANNA
from tests.simulator.listener import Listener

_LIMITS = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
FIGURES = ["1", "²", "٣", "1" * 5000]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(FIGURES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(
    [
        "kind", "number", "code", "seconds", "times", "label", "manner", "body", "key", "inbound_url", "voice_url",
        "keywords",
    ]
)  # fmt: skip
MEANT = {
    "kind": st.sampled_from([each.value for each in Kind]),
    "number": st.just(ANNA),
    "keywords": st.sampled_from([each.value for each in Keywords]),
    "manner": st.sampled_from(["answers", "declines"]),
    "body": st.just("hello"),
}
ODD = st.dictionaries(KEYS, ANYTHING, max_size=3)
BODIES = ODD | st.builds(lambda meant, odd: {**meant, **odd}, st.fixed_dictionaries(MEANT), ODD) | ANYTHING
PLACES = (
    "/control/faults", "/control/number", "/control/settle", "/control/phones", f"/control/phones/{ANNA}/text",
    "/control/phones/nobody/text", f"/control/phones/{ANNA}/ring", "/control/calls/CA0/press", "/control/calls/CA0/fly",
)  # fmt: skip


def ask(simulator: Simulator, path: str, **how: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.post(simulator.url + path, timeout=30, **how)


def hand_over(simulator: Simulator) -> requests.Response:
    path = f"/2010-04-01/Accounts/{simulator.account_sid}/Messages.json"
    form = {"To": ANNA, "From": simulator.number, "Body": "hello"}
    return ask(simulator, path, auth=(simulator.account_sid, simulator.auth_token), data=form)


@pytest.mark.parametrize("path", PLACES)
def test_whatever_it_is_asked_it_answers_or_refuses_in_words(simulator: Simulator, path: str) -> None:
    @_LIMITS
    @given(body=BODIES, as_a_form=st.booleans())
    def asked(body: Any, as_a_form: bool) -> None:
        if as_a_form and isinstance(body, dict):
            form = {key: str(value).encode("utf-8", "replace") for key, value in body.items()}
            answer = ask(simulator, path, data=form)
        else:
            answer = ask(simulator, path, json=body) if _is_json(body) else ask(simulator, path, data="{]")
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert set(answer.json()) <= {"problem", "code"}
            assert answer.json()["problem"]

    asked()
    simulator.faults.clear()
    simulator.set_keywords(Keywords.OURS)
    assert hand_over(simulator).status_code == 201


def _is_json(body: Any) -> bool:
    try:
        requests.Request("POST", "http://localhost", json=body).prepare()
    except (ValueError, requests.RequestException):  # not a number, or without end
        return False
    return True


@pytest.mark.parametrize("form", ["json", "data"])
def test_figures_are_figures_by_json_and_by_a_form(simulator: Simulator, form: str) -> None:
    asked = {"kind": "too_many_requests", "seconds": "5", "times": "1", "number": ANNA}
    assert ask(simulator, "/control/faults", **{form: asked}).status_code == 200
    assert simulator.faults.waiting == [Fault(Kind.TOO_MANY, number=ANNA, seconds=5.0, times=1)]
    busy = hand_over(simulator)
    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "5")
    assert hand_over(simulator).status_code == 201


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"kind": "nonsense"}, "A fault is one of"),
        ({"kind": "code"}, "Which error code?"),
        ({"kind": "code", "code": "many"}, "An error code: a whole number from 10000 to 99999."),
        ({"kind": "lost_inbound", "number": 12}, "A number is written like"),
        ({"kind": "lost_inbound", "times": 0}, "How often: a whole number from 1"),
        ({"kind": "lost_inbound", "times": True}, "How often: a whole number from 1"),
        ({"kind": "too_many_requests", "seconds": -1}, "Seconds: a whole number"),
        ({"kind": "lost_inbound", "colour": "red"}, "A fault has no colour."),
    ],
)
def test_a_fault_that_cannot_be_meant_is_refused_in_words(
    simulator: Simulator, asked: dict[str, object], words: str
) -> None:
    answer = ask(simulator, "/control/faults", json=asked)
    assert answer.status_code == 400
    assert words in answer.json()["problem"]
    assert simulator.faults.waiting == []


def test_a_text_may_be_told_under_two_ids(simulator: Simulator, listener: Listener) -> None:
    ask(simulator, "/control/faults", json={"kind": "inbound_under_two_ids"})
    ask(simulator, f"/control/phones/{ANNA}/text", json={"body": "no thanks"})
    assert simulator.settle()
    told = [post for post in listener.to("/hooks/twilio/inbound") if post["Body"] == "no thanks"]
    assert len(told) == 2
    assert len({post["MessageSid"] for post in told}) == 2
