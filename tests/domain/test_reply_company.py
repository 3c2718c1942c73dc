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
def test_a_call_to_somebody_elses_phone_is_never_booked(text: str) -> None:
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
        ("Sorry I ignored the last few, I wasn't ready. I am now so yes please start it up", Intent.ACCEPT),
        ("Yes pls for my two lads, they miss their dad", Intent.ACCEPT),
        ("Was at the dentist so couldnt answer. Had a think and I want to do it so yes please", Intent.ACCEPT),
        ("would of said yes last year, dont need it now", Intent.DECLINE),
        ("we coped then and we'll cope now, thank you", Intent.DECLINE),
        ("Up to my neck in it with exams, text me in July", Intent.LATER),
        ("cud u ring instead i carnt read good", Intent.CALL),
    ],
)
def test_a_plain_answer_in_everyday_company_is_acted_on(text: str, intent: Intent) -> None:
    found = reading(text)
    assert (found.intent, found.action) == (intent, Action.ACT)


@pytest.mark.parametrize(
    "text",
    [
        "yes mum ill be home for tea",
        "Yes!! get in!! 2-1",
        "yes I'll bring the cake",
        "we need help to move house before friday, yes",
        "Put me down as a yes for January",
        "Yes please. Don't tell him",
        "yes please hes asleep",
        "yes please I'd like to sell you a kitchen",
    ],
)
def test_a_yes_to_something_else_or_on_another_day_is_never_acted_on(text: str) -> None:
    found = reading(text)
    assert not (found.intent is Intent.ACCEPT and found.action is Action.ACT)


@pytest.mark.parametrize(
    "text",
    [
        "call when im at my mums",
        "ring my school",
        "ring me after 9 when he goes out",
        "not now he is back from work",
        "no we are fine, he says",
        "hes ok with it",
        "Nobody's going to be texting you off this phone again love, I've seen to that",
        "She's changed her number, this is mine now. I work with her",
    ],
)
def test_somebody_who_is_no_child_beside_an_answer_keeps_software_from_acting(text: str) -> None:
    assert reading(text).action is not Action.ACT


@pytest.mark.parametrize("text", ["a purple yes", "no the ferret", "later, wombat"])
def test_a_short_answer_bears_no_word_that_nobody_knows(text: str) -> None:
    assert reading(text).action is not Action.ACT


def test_every_theme_of_everyday_words_that_the_rules_name_is_there() -> None:
    for theme in ("kin", "names", "signs", "work", "home", "health", "more_reasons"):
        assert LEXICONS.everyday(theme)
    assert not LEXICONS.errands() & LEXICONS.everyday("offered")


@pytest.mark.parametrize(
    "word",
    [
        "knife", "blood", "kill", "hurt", "police", "scared", "alone", "safe", "hide", "secret", "husband", "boyfriend",
        "drunk", "pills", "tablets", "not", "if", "unless", "never", "stop", "unsubscribe",
    ],
)  # fmt: skip
def test_no_word_of_danger_or_that_turns_a_sense_is_an_everyday_one(word: str) -> None:
    assert word not in LEXICONS.everyday()


@pytest.mark.parametrize(
    "text",
    [
        "these kids will be the death of me, yes please put us down",
        "my back is killing me so ring after 4 please",
        "drowning in washing here, yes please",
        "just cutting up the kids tea. ring at 7",
        "flogging a dead horse with me, we dont want the support thanks",
    ],
)
def test_a_turn_of_speech_harms_nobody_and_takes_nothing_from_a_plain_answer(text: str) -> None:
    assert reading(text).action is Action.ACT


@pytest.mark.parametrize(
    "text",
    [
        "hes killing me",
        "these kids are killing me. he will too",
        "my back is killing me since he kicked it",
        "keep getting cut off from my family by him",
        "love him to death but he hits me",
        "watching the match with him, hes kicking off",
    ],
)
def test_a_turn_of_speech_hides_no_danger_that_stands_beside_it(text: str) -> None:
    assert reading(text).action is Action.ALERT


@pytest.mark.parametrize(
    "text",
    [
        "I'd love a curry, yes please",
        "kids want chips yes please",
        "i need a pint yes please",
        "can't do tonight, yes please tomorrow",
        "I won't say no, I'll say September",
        "Yes its for the kids dad",
        "my mate needs it, sign her up",
        "This is Carol's sister, she's asked me to answer for her and it's a yes from us",
    ],
)
def test_a_yes_to_other_business_or_for_another_time_or_person_is_not_acted_on(text: str) -> None:
    found = reading(text)
    assert not (found.intent is Intent.ACCEPT and found.action is Action.ACT)


@pytest.mark.parametrize(
    "text",
    [
        "call when the baby naps, about 1",
        "no good at this, ring",
        "my english not good call please",
        "its about contact n his solicitor, ring me",
        "phone me in the evening please",
    ],
)
def test_a_call_that_says_when_why_or_nothing_more_is_a_call(text: str) -> None:
    found = reading(text)
    assert (found.intent, found.action) == (Intent.CALL, Action.ACT)


@pytest.mark.parametrize(
    "text",
    [
        "I only gave my number for the school, not for this",
        "no thank you and no need to text again",
        "its a no, and please dont follow it up",
        "its a lovely service but i just dont want to keep getting these, sorry",
    ],
)
def test_a_no_that_speaks_of_our_texts_lets_none_out(text: str) -> None:
    found = reading(text)
    assert found.action in (Action.HOLD, Action.ALERT)
    assert found.reply == "none"


@pytest.mark.parametrize("text", ["havent seen my daughter for 2 days", "mum hasnt got up for 2 days"])
def test_days_that_somebody_has_not_been_seen_put_nothing_off(text: str) -> None:
    assert reading(text).action is Action.ALERT
