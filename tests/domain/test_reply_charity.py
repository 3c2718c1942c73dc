"""*Not the charity* is a stop of its own: held for a person, who says whether it is the charity alone."""

from __future__ import annotations

from datetime import datetime

import pytest

from outreach.bootstrap import content
from outreach.domain.quiet_hours import LONDON
from outreach.domain.reply import read
from outreach.domain.reply_values import SWITCHED, Action, Asked, Context, Intent, StopScope

LEXICONS = content().lexicons
CONTEXT = Context(now=datetime(2026, 1, 13, 10, tzinfo=LONDON), by_itself=SWITCHED)
PLAIN = (
    "i dont want the charity contacting me",
    "I don’t want the charity contacting me.",
    "Hi, I do not want that charity to ring me again thanks",
    "dont want that charity ringing me",
    "we dont want the charity involved",
    "please dont let the charity contact me",
    "please don't give my number to the charity",
    "dont pass my details on to the charity",
    "do not share my name and number with the charity",
    "i dont want anything to do with the charity",
    "I DONT WANT TO HEAR FROM THE CHARITY",
    "I never want to hear from that charity again",
    "no more calls from the charity please",
    "can you tell the charity to stop ringing me",
    "tell the charity to leave us alone",
    "stop the charity calling me",
    "I want the charity to stop",
)


@pytest.mark.parametrize("text", PLAIN)
def test_not_the_charity_is_held_for_a_person(text: str) -> None:
    reading = read(text, CONTEXT, LEXICONS)
    assert (reading.intent, reading.action, reading.reply) == (Intent.STOP, Action.HOLD, "none")
    assert reading.stop_scope is StopScope.CHARITY
    assert reading.evidence


@pytest.mark.parametrize("text", PLAIN)
def test_it_is_held_in_the_middle_of_the_questions_about_consent_too(text: str) -> None:
    context = Context(now=CONTEXT.now, asked=Asked.CHOICE, level=2, by_itself=SWITCHED)
    reading = read(text, context, LEXICONS)
    assert (reading.action, reading.stop_scope, reading.answer) == (Action.HOLD, StopScope.CHARITY, None)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("i dont want charity", Intent.DECLINE),
        ("dont need your charity", Intent.DECLINE),
        ("yes i want the charity to contact me", Intent.ACCEPT),
        ("is this the charity", Intent.QUESTION),
        ("no thanks i have a charity helping already", Intent.DECLINE),
        ("stop texting me", Intent.STOP),
        ("STOP. i already have a charity helping", Intent.STOP),
    ],
)
def test_other_words_about_a_charity_mean_what_they_meant(text: str, intent: Intent) -> None:
    reading = read(text, CONTEXT, LEXICONS)
    assert reading.intent is intent
    assert reading.stop_scope is not StopScope.CHARITY


@pytest.mark.parametrize(
    "text",
    [
        "stop texting me and tell the charity to stop as well",
        "i dont want the charity contacting me or you either",
        "stop texting me. i dont want the charity contacting me",
    ],
)
def test_a_stop_of_more_than_the_charity_is_not_made_smaller(text: str) -> None:
    assert read(text, CONTEXT, LEXICONS).stop_scope is not StopScope.CHARITY


@pytest.mark.parametrize(
    "text",
    [
        "he reads my texts, i dont want the charity contacting me",
        "im going to kill myself if the charity rings me again dont let the charity ring me",
    ],
)
def test_danger_beside_it_stays_danger(text: str) -> None:
    reading = read(text, CONTEXT, LEXICONS)
    assert (reading.intent, reading.action) == (Intent.DISTRESS, Action.ALERT)
