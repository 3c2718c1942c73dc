from __future__ import annotations

from datetime import UTC, datetime

import pytest

from outreach.bootstrap import content
from outreach.domain.reply import Action, Context, Intent, Reading, read

LEXICONS = content().lexicons
CONTEXT = Context(now=datetime(2026, 3, 10, 10, tzinfo=UTC))


def reading(text: str) -> Reading:
    return read(text, CONTEXT, LEXICONS)


@pytest.mark.parametrize(
    "text",
    [
        "i have to say yes",
        "we were told to accept",
        "mum says its a yes",
        "yes from all of us",
        "for her its a yes",
        "ok he said i can",
        "yes under protest",
    ],
)
def test_a_yes_that_is_somebody_elses_or_was_made_is_never_acted_on(text: str) -> None:
    assert reading(text).action is not Action.ACT


@pytest.mark.parametrize(
    "text", ["no call", "call no", "dont want a call", "nobody call me", "not by phone", "no calls"]
)
def test_a_no_beside_a_call_is_no_call_and_is_held(text: str) -> None:
    found = reading(text)
    assert found.intent in (Intent.DECLINE, Intent.STOP)
    assert found.action is Action.HOLD


@pytest.mark.parametrize(
    "text",
    [
        "call me in the morning if im still here",
        "no its over for me",
        "later if i make it that far",
        "later \U0001f48a",
        "call \U0001f52a",
        "call me i need help",
        "call when the coast is clear",
        "call sunday when im allowed",
        "later got company",
        "CALL if you dare",
    ],
)
def test_despair_secrecy_leave_and_threats_beside_a_plain_answer_are_an_alert(text: str) -> None:
    assert reading(text).action is Action.ALERT


@pytest.mark.parametrize("text", ["call me on my neighbours", "call my mum instead", "ring next door", "later loser"])
def test_what_follows_a_half_phrase_must_be_a_time(text: str) -> None:
    assert reading(text).action is not Action.ACT


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Hi Jo, yes please we would love that, thank you", Intent.ACCEPT),
        ("yes please for me and the kids", Intent.ACCEPT),
        ("no ta we're doing ok", Intent.DECLINE),
        ("we get help from family so no thank you", Intent.DECLINE),
        ("on holiday until the 12th, text me after", Intent.LATER),
        ("maybe when things settle down", Intent.LATER),
        ("phone me any time after school drop off", Intent.CALL),
        ("I have some questions, please call me", Intent.CALL),
    ],
)
def test_a_plain_answer_made_of_known_phrases_is_acted_on(text: str, intent: Intent) -> None:
    found = reading(text)
    assert (found.intent, found.action) == (intent, Action.ACT)
