"""The learned opinion: what it may change of what the phrases read, and what it never may."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.bootstrap import content
from outreach.domain.reply import Action, Context, Intent, Reading, read
from outreach.domain.reply_learned import COLUMNS, INTENTS, SCALE, Learned, runs
from outreach.domain.reply_lexicon import Lexicons
from outreach.library.lexicons import FOLDER, LEARNED, load_lexicons

ROWS = Path(__file__).resolve().parents[1] / "replies"
LEXICONS = content().lexicons
CONTEXT = Context(now=datetime(2026, 11, 24, 10, 0, tzinfo=UTC))
TEXTS = [
    json.loads(line)["text"]
    for name in ("labelled.jsonl", "own.jsonl")
    for line in (ROWS / name).read_text(encoding="utf-8").splitlines()
]
_SURE = 900


def saying(intent: Intent, *, signal: int = -_SURE) -> Lexicons:
    """The same words, with an opinion that is sure of one intent whatever it reads."""
    base = [_SURE if each is intent else 0 for each in INTENTS]
    return with_opinion(Learned({}, [*base, signal]))


def with_opinion(learned: Learned | None) -> Lexicons:
    changed = object.__new__(Lexicons)
    changed.__dict__.update(LEXICONS.__dict__)
    changed.learned = learned
    return changed


def by_phrases(text: str) -> Reading:
    return read(text, CONTEXT, with_opinion(None))


@given(st.sampled_from(TEXTS), st.sampled_from(INTENTS))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_no_opinion_lowers_a_danger_or_undoes_a_stop(text: str, intent: Intent) -> None:
    phrases, both = by_phrases(text), read(text, CONTEXT, saying(intent))
    if phrases.intent is Intent.STOP and phrases.action is Action.ACT:
        assert both == phrases
    if phrases.intent is Intent.STOP:
        assert both.intent is Intent.STOP or both.action is Action.ALERT
    if phrases.signals or phrases.intent is Intent.DISTRESS:
        assert (both.action, both.signals) == (phrases.action, phrases.signals)


@given(st.sampled_from(TEXTS))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_an_opinion_that_hears_danger_leaves_nothing_to_software(text: str) -> None:
    both = read(text, CONTEXT, saying(Intent.DISTRESS, signal=_SURE))
    assert both.action is Action.ALERT or both.intent is Intent.STOP or both == by_phrases(text) or both.signals


@given(st.sampled_from(TEXTS))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_an_opinion_that_hears_none_of_it_takes_every_longer_yes_back(text: str) -> None:
    phrases, both = by_phrases(text), read(text, CONTEXT, saying(Intent.UNCLEAR))
    words = LEXICONS.respell(text).words
    known = sum(LEXICONS.known(word) or word in LEXICONS.everyday() or LEXICONS.name(word) for word in words)
    longer = len(words) > 2 and known > 0.7 * len(words) and "\n" not in text and phrases.language == "en"
    assert not (longer and both.intent is Intent.ACCEPT and both.action is Action.ACT)


@given(st.sampled_from(TEXTS))
@settings(max_examples=300, deadline=None)
def test_however_sure_the_opinion_it_grants_no_yes(text: str) -> None:
    both = read(text, CONTEXT, saying(Intent.ACCEPT))
    assert both.intent is not Intent.ACCEPT or both.action is not Action.ACT or both == by_phrases(text)


@pytest.mark.parametrize("text", ["ring my school about that", "dont want a call", "call no"])
def test_no_call_is_granted_to_somebody_else_or_against_a_no(text: str) -> None:
    assert read(text, CONTEXT, saying(Intent.CALL)).action is not Action.ACT


def test_nothing_is_granted_beside_a_word_of_trouble_or_a_man() -> None:
    for text in ("she is screaming upstairs and its loud", "my boyfriend has got that one covered"):
        for intent in (Intent.ACCEPT, Intent.DECLINE, Intent.LATER, Intent.CALL, Intent.WRONG_PERSON):
            assert read(text, CONTEXT, saying(intent)).action is not Action.ACT, (text, intent)


def test_what_may_be_a_stop_is_granted_only_where_it_is_all_but_certain_that_it_is_none() -> None:
    text = "stop by my inbox again in a fortnight"
    assert read(text, CONTEXT, saying(Intent.LATER)).action is Action.ACT
    assert read("no more of these", CONTEXT, saying(Intent.STOP)).action is Action.HOLD
    unsure = Learned({}, [400 if one is Intent.LATER else 100 if one is Intent.STOP else 0 for one in INTENTS] + [-900])
    assert read(text, CONTEXT, with_opinion(unsure)).action is Action.HOLD


def test_a_near_stop_that_the_phrases_heard_stays_one_however_sure_it_is_of_something_else() -> None:
    for text in ("no thanks, dont call either", "please dont ring me about it", "no more of these thanks"):
        for intent in (Intent.DECLINE, Intent.LATER, Intent.CALL, Intent.ACCEPT):
            found = read(text, CONTEXT, saying(intent))
            assert (found.intent, found.action) == (Intent.STOP, Action.HOLD), (text, intent)


def test_where_it_hears_a_stop_that_no_phrase_knows_the_text_is_held_as_one() -> None:
    text = "we have nothing to say to each other"
    assert by_phrases(text).intent is not Intent.STOP
    found = read(text, CONTEXT, saying(Intent.STOP))
    assert (found.intent, found.action) == (Intent.STOP, Action.HOLD)


def test_another_language_is_left_to_the_phrases() -> None:
    for text in ("Nu, mulțumim", "Sí, por favor, nos vendría muy bien", "कृपया मुझे फोन करें", "tak poproszę"):
        for intent in INTENTS:
            assert read(text, CONTEXT, saying(intent)).action is by_phrases(text).action, (text, intent)


def test_without_learned_weights_the_phrases_read_alone() -> None:
    assert by_phrases("yes please").action is Action.ACT
    assert by_phrases("stop").action is Action.ACT


def test_what_it_grants_waits_for_a_click_where_the_switch_is_off_and_shows_the_words_that_decided() -> None:
    text = "im up to my eyes in it so it will have to be another time for us"
    found = read(text, CONTEXT, saying(Intent.LATER))
    assert found.action is Action.ACT
    assert found.evidence
    off = read(text, replace(CONTEXT, by_itself=frozenset()), saying(Intent.LATER))
    assert off.action is Action.ASK_PERSON


def test_the_shares_add_up_and_follow_the_weights() -> None:
    words = LEXICONS.respell("No. Ring me, please?")
    assert {"<", "< no", ", please", "> ?", "ring me"} <= set(runs(words))
    weights = {"ring me": [SCALE * (one is Intent.CALL) for one in INTENTS] + [0]}
    opinion = Learned(weights, [0] * COLUMNS).opinion(words)
    assert sum(opinion.shares.values()) == pytest.approx(1)
    assert opinion.intent is Intent.CALL
    assert opinion.signal == pytest.approx(0.5)


def test_a_faulty_file_of_weights_is_named(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en.yaml").write_text(
        "language: en\nname: English\nreviewed: true\nphrases:\n  stop:\n    - stop\n", encoding="utf-8"
    )
    head, *lines = LEARNED.read_text(encoding="utf-8").splitlines()[:3]
    for text, says in (
        ("run\tyes\n", "first line"),
        ("\n".join([head, lines[0], lines[1].rsplit("\t", 1)[0]]), "weights"),
        ("\n".join([head, lines[0], lines[1] + "x"]), "whole number"),
        ("\n".join([head, lines[1]]), "missing"),
    ):
        (tmp_path / "en" / "learned.tsv").write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=says):
            load_lexicons(tmp_path)
    assert FOLDER in LEARNED.parents
