"""The reply reader: a reader whose mistakes get people hurt."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.bootstrap import content
from outreach.cli.replies import Row, score
from outreach.domain.reply import (
    CRISIS,
    NO_REPLY,
    Action,
    Asked,
    Context,
    Intent,
    Reading,
    Signal,
    StopScope,
    read,
)

ROWS = Path(__file__).resolve().parents[1] / "replies"
LEXICONS = content().lexicons
CONTEXT = Context(now=datetime(2026, 11, 24, 10, 0, tzinfo=UTC))


def reading(text: str, **changes: object) -> Reading:
    return read(text, replace(CONTEXT, **changes), LEXICONS)  # type: ignore[arg-type]


def rows(name: str) -> list[Row]:
    found = []
    for number, line in enumerate((ROWS / name).read_text(encoding="utf-8").splitlines(), start=1):
        raw = json.loads(line)
        flags = frozenset(raw.get("flags", []))
        found.append(Row(number, raw["id"], raw["text"], raw["intent"], flags, raw.get("note", "")))
    return found


@pytest.mark.parametrize("name", ["labelled.jsonl", "own.jsonl"])
def test_no_grave_error_stands_in_the_labelled_replies(name: str) -> None:
    result = score(rows(name), CONTEXT, LEXICONS)
    assert result.grave == []
    assert result.distress_alert >= 0.95 * result.distress
    assert result.clear_right >= 0.87 * result.clear
    assert result.rest_acted < 0.05 * result.rest
    assert result.right >= 0.9 * result.rows


def test_the_replies_that_were_kept_for_the_last_measurement_stay_above_their_floor() -> None:
    """Written to break the reader by people who did not know it: keywords turned about, jokes, other languages.

    Read for the first time, batch by batch, they gave between 59 and 77 % of the clear ones acted on, at most 6 % of
    the rest, and a grave error or more in every other batch; what is held here is what was reached once the classes of
    mistakes were mended.
    """
    result = score(rows("unseen.jsonl"), CONTEXT, LEXICONS)
    assert result.grave == []
    assert result.distress_alert >= 0.95 * result.distress
    assert result.clear_right >= 0.75 * result.clear
    assert result.rest_acted < 0.05 * result.rest


def test_a_receipt_of_our_text_said_twice_is_no_answer() -> None:
    for text in ("ok thanks ok thanks", "thanks ok thanks", "ok ok thanks"):
        assert reading(text).action is not Action.ACT, text


@pytest.mark.parametrize("name", ["labelled.jsonl", "own.jsonl", "unseen.jsonl"])
def test_nothing_with_a_signal_is_acted_on(name: str) -> None:
    for row in rows(name):
        found = reading(row.text)
        assert not (found.signals and found.action is Action.ACT)
        assert not (row.signal and found.action is Action.ACT), row.text


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("yes but stop", Intent.STOP),
        ("ring me but no more texts", Intent.STOP),
        ("wrong number, stop texting me", Intent.STOP),
        ("stop. he'll kill me", Intent.DISTRESS),
        ("no thanks, can you ring me", Intent.CALL),
        ("wrong number, can you ring me", Intent.WRONG_PERSON),
        ("can you ask again after christmas?", Intent.LATER),
        ("yes please, how much is it?", Intent.QUESTION),
    ],
)
def test_of_several_intents_the_first_in_the_order_of_precedence_is_read(text: str, intent: Intent) -> None:
    assert reading(text).intent is intent


@pytest.mark.parametrize(
    "text",
    ["stop", "STOP", "Stop please", "STOPALL", "unsubscribe", "opt out", "stop texting me", "Don't text me again"],
)
def test_a_plain_stop_is_acted_on_and_answered_once(text: str) -> None:
    found = reading(text)
    assert (found.intent, found.action, found.reply) == (Intent.STOP, Action.ACT, "stop")


@pytest.mark.parametrize(
    "text",
    [
        "pls stop txting",
        "Stop. Thank you",
        "no more",
        "STOP 12345",
        "please stop sending text reminders to my mum",
        "sotp",
        "stpo",
        "unsubcribe",
        "I'd like to accept your offer not to text again",
        "YES\nSTOP",
        "lose my number",
    ],
)
def test_a_near_stop_holds_everything_and_is_not_answered(text: str) -> None:
    found = reading(text)
    assert found.intent is Intent.STOP
    assert found.action in (Action.HOLD, Action.ACT)
    assert found.action is Action.ACT or found.reply == NO_REPLY


@pytest.mark.parametrize("text", ["no more", "No more.", "NO MORE PLEASE", "pls stop txting", "Stop. Thank you"])
def test_few_words_that_nearly_stop_hold_and_ask_a_person(text: str) -> None:
    found = reading(text)
    assert (found.intent, found.action, found.reply) == (Intent.STOP, Action.HOLD, NO_REPLY)


@pytest.mark.parametrize("text", ["CANCEL", "END", "quit", "Revoke", "cancel please"])
def test_cancel_end_quit_and_revoke_hold_and_ask_a_person(text: str) -> None:
    found = reading(text)
    assert (found.intent, found.action, found.reply) == (Intent.STOP, Action.HOLD, NO_REPLY)


@pytest.mark.parametrize(
    "text",
    [
        "don't stop asking, just not this month",
        "Cant stop, on shift. Message us again next week will ya",
        "Stop smoking course, parenting course, counselling, done the lot. No thanks",
        "Stop it, I'd love to!",
        "I'm at the bus stop",
    ],
)
def test_the_word_stop_about_something_else_is_not_a_wish_to_stop(text: str) -> None:
    assert reading(text).intent is not Intent.STOP


@pytest.mark.parametrize("text", ["stop calling him dad", "the bullying wont stop", "they need to stop the visits"])
def test_a_stop_of_something_else_still_holds_until_a_person_has_looked(text: str) -> None:
    assert reading(text).action in (Action.HOLD, Action.ALERT)


@pytest.mark.parametrize("text", ["I can't stop crying", "i want to die", "took the lot. tell the kids i love them"])
def test_self_harm_in_the_first_person_alone_gets_the_crisis_text(text: str) -> None:
    found = reading(text)
    assert (found.intent, found.action, found.reply) == (Intent.DISTRESS, Action.ALERT, CRISIS)


@pytest.mark.parametrize("text", ["i want to kill myself", "i want to unalive myself", "gonna neck the lot"])
def test_a_wish_to_die_in_plain_words_or_slang_gets_the_crisis_text_alone(text: str) -> None:
    found = reading(text)
    assert (found.action, found.reply, found.signals) == (Action.ALERT, CRISIS, (Signal.SELF_HARM,))
    assert found.signals == (Signal.SELF_HARM,)


@pytest.mark.parametrize(
    "text",
    [
        "my son said he wants to be dead like his hamster",
        "i want to die. he hits me",
        "stop. i want to die",
        "he's here. I can't talk",
        "help hes got a knife",
        "who is texting my mrs",
        "he reads my phone",
    ],
)
def test_violence_somebody_reading_a_stop_or_another_persons_harm_is_never_answered(text: str) -> None:
    found = reading(text)
    assert found.action is Action.ALERT
    assert found.reply == NO_REPLY


def test_on_a_compromised_number_nothing_at_all_is_answered() -> None:
    for text in ("i want to die", "yes please", "stop", "wrong number", "call me", "no thanks", "later"):
        assert reading(text, compromised=True).reply == NO_REPLY
        assert (reading(text, compromised=True).action is Action.ACT) == (text == "stop"), text


def test_help_alone_is_an_alert_without_a_reply() -> None:
    found = reading("HELP")
    assert (found.intent, found.action, found.reply) == (Intent.HELP, Action.ALERT, NO_REPLY)


def test_a_strangers_wrong_number_gets_one_apology() -> None:
    found = reading("you've got the wrong number love")
    assert (found.intent, found.action, found.reply) == (Intent.WRONG_PERSON, Action.ACT, "wrong_number")


@pytest.mark.parametrize(
    "text",
    [
        "mum says yes",
        "yes if its free",
        "oh brilliant sign me up 🙃 another charity",
        "This is her partner, she says yes, send all the info to me from now on",
        "yeah right",
        "Y",
        "ok",
        "👍",
        "yes but not now",
        "yes no",
        "I'd say yes in a heartbeat if we needed it, but we don't",
        'Liked "Hi Sam, Jo from Willow team. Reply CALL for a chat, LATER to leave it for now, or STOP."',
        "Tak, poproszę",
        "haan ji",
        "my new number is 07700 900123, yes please",
        "sam died in march, yes please",
    ],
)
def test_a_yes_that_is_not_clear_is_never_acted_on(text: str) -> None:
    found = reading(text)
    assert not (found.intent is Intent.ACCEPT and found.action is Action.ACT)


def test_words_that_only_sound_like_a_yes_are_never_acted_on_as_one() -> None:
    for text in (ROWS / "not_a_yes.txt").read_text(encoding="utf-8").splitlines():
        found = reading(text)
        assert not (found.intent is Intent.ACCEPT and found.action is Action.ACT), text


@pytest.mark.parametrize("text", ["yes please", "yes, help for my son please", "sign us up"])
def test_a_clear_yes_asks_for_a_call_and_consents_to_nothing(text: str) -> None:
    found = reading(text)
    assert (found.intent, found.action, found.reply) == (Intent.ACCEPT, Action.ACT, "call_soon")
    assert found.answer is None


def test_accept_later_no_and_call_wait_for_a_click_where_their_switch_is_off() -> None:
    for text in ("yes please", "later", "no thanks", "call me"):
        assert reading(text).action is Action.ACT
        assert reading(text, by_itself=frozenset()).action is Action.ASK_PERSON
        assert reading(text, by_itself=frozenset()).reply == NO_REPLY


def test_stop_hold_and_alert_need_no_switch() -> None:
    assert reading("stop", by_itself=frozenset()).action is Action.ACT
    assert reading("pls stop txting", by_itself=frozenset()).action is Action.HOLD
    assert reading("he hits me", by_itself=frozenset()).action is Action.ALERT


@pytest.mark.parametrize(
    ("text", "answer"), [("1", 1), ("2", 2), ("one", 1), (" 2. ", 2), ("1️⃣", 1), ("1 please", 1), ("3", 3), ("four", 4)]
)
def test_a_question_that_asks_for_a_number_takes_a_bare_number(text: str, answer: int) -> None:
    assert reading(text, asked=Asked.CHOICE).answer == answer


@pytest.mark.parametrize("text", ["yes", "12", "1 or 2", "ok", "1 but stop", "2 he is here", "stop", ""])
def test_nothing_but_a_bare_number_answers_such_a_question(text: str) -> None:
    assert reading(text, asked=Asked.CHOICE).answer is None


def test_danger_and_stop_are_read_during_a_conversation_too() -> None:
    assert reading("stop", asked=Asked.CHOICE).intent is Intent.STOP
    assert reading("he hits me", asked=Asked.CHOICE).action is Action.ALERT


def test_a_stop_says_which_of_the_four_where_the_words_tell() -> None:
    assert reading("stop ringing me").stop_scope is StopScope.CALLS
    assert reading("no more texts but you can ring me").stop_scope is StopScope.TEXTS
    assert reading("stop").stop_scope is StopScope.EVERYTHING


def test_the_evidence_is_in_the_writers_own_letters() -> None:
    assert reading("ЅТОР").evidence == ("ЅТОР",)
    assert reading("لا أريد أن أعيش بعد الآن").evidence == ("لا أريد أن أعيش",)


def test_a_short_unreadable_text_is_held() -> None:
    for text in ("βλαχ θωρ", "zxqv wrtp", "12345"):
        assert (reading(text).action, reading(text).reply) == (Action.HOLD, NO_REPLY)


def test_a_longer_unreadable_text_is_put_before_a_person_at_once() -> None:
    for text in ("ዛሬ ማታ እባክህ ቶሎ ና", "zxqv wrtp lmnk", "my sister was at his and the neighbours heard"):
        assert (reading(text).action, reading(text).reply) == (Action.ALERT, NO_REPLY)


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_whatever_is_typed_a_reading_comes_of_it(text: str) -> None:
    found = reading(text)
    assert found.action in Action
    assert found.reply == NO_REPLY or found.action is Action.ACT or found.reply == CRISIS


STOPS = [
    row.text
    for row in rows("own.jsonl")
    if row.intent == "stop" and row.clear and 3 < len(row.text) < 60 and row.text.isascii()
]
_ACCENTS = "\u0301\u0307\u0323\u0336"
_CYRILLIC = str.maketrans("aeopcxyi", "аеорсхуі")
_FULL = {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)}


def variants(texts: list[str], changes: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    """A text as a hurried thumb, another mouth or keyboard, or a phone that is too clever sends it."""
    names = changes or tuple(sorted(CHANGES))

    @st.composite
    def changed(draw: st.DrawFn) -> str:
        text = draw(st.sampled_from(texts))
        for change in draw(st.lists(st.sampled_from(names), max_size=3)):
            text = CHANGES[change](text)
        return text

    return changed()


def _in_words(changes: dict[str, str]) -> Callable[[str], str]:
    return lambda text: " ".join(changes.get(word.lower(), word) for word in text.split(" "))


def _slipped(text: str) -> str:
    """The longest word with two letters in its middle changed over."""
    longest = max(text.split() or [""], key=len)
    middle = len(longest) // 2
    if middle < 3:
        return text
    slip = longest[: middle - 1] + longest[middle] + longest[middle - 1] + longest[middle + 1 :]
    return text.replace(longest, slip, 1)


CHANGES: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "small": str.lower,
    "title": str.title,
    "space before": lambda text: f"   {text}",
    "lines": lambda text: text.replace(" ", "\n"),
    "two spaces": lambda text: text.replace(" ", "  "),
    "marks": lambda text: f"{text}!!!",
    "dots": lambda text: f"{text}...",
    "emoji": lambda text: f"{text} 🛑",
    "angry": lambda text: f"😡 {text} 😡",
    "kiss": lambda text: f"{text} x",
    "please": lambda text: f"please {text}",
    "thanks": lambda text: f"{text} thanks",
    "sorry": lambda text: f"sorry but {text}",
    "hi": lambda text: f"hi {text}",
    "yes": lambda text: f"yes {text}",
    "ok": lambda text: f"{text} ok",
    "later": lambda text: f"{text} speak later",
    "zero width": lambda text: "\u200b".join(text),
    "bidi": lambda text: f"\u202e{text}\u202c",
    "accents": lambda text: "".join(sign + _ACCENTS[place % 4] * (sign.isalpha()) for place, sign in enumerate(text)),
    "cyrillic": lambda text: text.translate(_CYRILLIC),
    "full width": lambda text: "".join(_FULL.get(sign, sign) for sign in text),
    "quoted": lambda text: f'"{text}"',
    "curly": lambda text: text.replace("'", "’"),
    "signature": lambda text: f"{text}\nSent from my iPhone",
    "quotes us": lambda text: f"{text}\n> Hi Sam. Reply CALL for a chat, LATER to leave it for now, or STOP.",
    "name": lambda text: f"{text} from Sam",
    "text-speak": _in_words({"you": "u", "your": "ur", "to": "2", "for": "4", "please": "pls", "are": "r", "be": "b"}),
    "scots": _in_words({"don't": "dinnae", "dont": "dinnae", "me": "us", "my": "ma", "to": "tae", "no": "nae"}),
    "geordie": _in_words({"don't": "divvent", "dont": "divvent", "my": "me", "our": "wor", "nothing": "nowt"}),
    "dropped g": lambda text: text.replace("ing ", "in ").replace("ing.", "in."),
    "slip": _slipped,
    "stretched": lambda text: f"{text}{text[-1:] * 3}" if text[-1:].isalpha() else text,
    "spaced": lambda text: text.replace(" ", " \u00a0 "),
}
#: Changes that only dress a text, and say nothing of their own.
DRESS = tuple(sorted(set(CHANGES) - {"yes", "ok", "please", "thanks", "later", "emoji", "angry", "scots", "sorry"}))
EVERY = rows("own.jsonl")
DANGER = [row.text for row in EVERY if row.intent == "distress" and len(row.text) < 120]
NO_YES = [row.text for row in EVERY if row.intent != "accept" and len(row.text) < 120]


@given(variants(DANGER))
@settings(max_examples=600, deadline=None, derandomize=True)
def test_no_variant_of_a_sign_of_danger_is_acted_on(text: str) -> None:
    assert reading(text).action is not Action.ACT, text


@given(variants(NO_YES, DRESS))
@settings(max_examples=600, deadline=None, derandomize=True)
def test_no_variant_of_anything_else_is_acted_on_as_a_yes(text: str) -> None:
    found = reading(text)
    assert not (found.intent is Intent.ACCEPT and found.action is Action.ACT), text


@given(variants(STOPS))
@settings(max_examples=600, deadline=None, derandomize=True)
def test_no_variant_of_a_stop_lets_another_text_go_out(text: str) -> None:
    found = reading(text)
    assert found.intent is Intent.STOP or found.action in (Action.HOLD, Action.ALERT), text
    assert found.reply in (NO_REPLY, "stop"), text


@given(st.integers(0, 3), st.sampled_from("stop"))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_no_slip_of_the_thumb_in_the_word_itself_lets_another_text_go_out(place: int, letter: str) -> None:
    for slip in ("stop"[:place] + letter + "stop"[place:], "stop"[:place] + "stop"[place] * 4 + "stop"[place + 1 :]):
        found = reading(slip)
        assert found.intent is Intent.STOP, slip
        assert found.reply in (NO_REPLY, "stop")


@pytest.mark.parametrize("language", ["en", "cy", "pl", "ro", "pt", "ur", "pa", "ar", "so"])
def test_every_language_has_its_words_for_what_matters(language: str) -> None:
    lexicon = LEXICONS.lexicon(language)
    for kind in ("self_harm", "violence", "stop", "wrong_person", "accept", "decline", "later", "call", "question"):
        assert lexicon.phrases[kind], kind


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("proszę nie pisać", "pl"),
        ("nu-mi mai scrieti", "ro"),
        ("parem de me mandar mensagens", "pt"),
        ("Peidiwch â thecstio fi eto", "cy"),
        ("mujhe message mat karo", "ur"),
        ("ਮੈਨੂੰ ਮੈਸੇਜ ਨਾ ਕਰੋ", "pa"),
        ("لا ترسل لي رسائل", "ar"),
        ("ha ii soo dirin fariin", "so"),
    ],
)
def test_a_stop_in_a_language_that_nobody_reviewed_holds(text: str, language: str) -> None:
    found = reading(text)
    assert (found.intent, found.action, found.language) == (Intent.STOP, Action.HOLD, language)


@pytest.mark.parametrize("text", ["I want to end it all", "i just want to end it tonight", "want to end everything"])
def test_ending_it_all_is_no_wish_to_stop_texts_and_gets_the_crisis_text(text: str) -> None:
    found = reading(text)
    assert (found.action, found.reply, found.stop_scope) == (Action.ALERT, "crisis", None)


def test_a_stop_beside_such_words_is_a_stop_all_the_same() -> None:
    found = reading("i want to end it all. stop texting me")
    assert (found.action, found.reply) == (Action.ALERT, "none")
    assert found.stop_scope is not None
