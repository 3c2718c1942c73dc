"""A person's own words, looked at before they go: what forbids them, and what is asked about once."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.bootstrap import content
from outreach.domain.free_text import Looked, look_at, vocabulary
from outreach.domain.wording import Level

LIBRARY = content()
OURS = [one.source for one in LIBRARY.wordings.values() if one.language == "en"]
OURS += [step.say for one in LIBRARY.scripts.values() if one.language == "en" for step in one.steps.values()]
KNOWN = vocabulary([*OURS, "Willow team"], LIBRARY.ordinary_words)
HERE = Path(__file__).parent
AS_AT_WORK = (HERE / "ordinary_messages.txt").read_text(encoding="utf-8").splitlines()
NAMES = (HERE / "first_names.txt").read_text(encoding="utf-8").split()


def look(words: str, level: Level = Level.L0, *, children: tuple[str, ...] = ("Robin",)) -> Looked:
    return look_at(
        words,
        level=level,
        known=KNOWN,
        children=children,
        carer="Amina Rivera",
        partner="Lantern Families",
        team="Willow team",
    )


@pytest.mark.parametrize(
    "words",
    [
        "Sorry we missed you. Shall we ring on Thursday, at 2?",
        "THANK YOU. WE WILL RING TOMORROW",
        "It's the Willow team, we'll ring in January.",
        "Ok 🙂",
    ],
)
def test_plain_words_pass_without_a_question(words: str) -> None:
    found = look(words)
    assert (found.faults, found.names, found.level) == ((), (), Level.L0)


@pytest.mark.parametrize("words", AS_AT_WORK)
def test_an_ordinary_message_at_work_goes_without_a_question(words: str) -> None:
    assert (look(words).faults, look(words).names) == ((), ())


def test_there_are_ordinary_messages_enough_to_measure_by() -> None:
    assert len(set(AS_AT_WORK)) >= 40


@pytest.mark.parametrize("words", ["Ask Dariusz.", "Dariusz will ring.", "DARIUSZ", "Is that Dariusz's phone?"])
def test_a_name_is_asked_about_wherever_it_stands(words: str) -> None:
    assert [name.lower().removesuffix("'s") for name in look(words).names] == ["dariusz"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_asked_about_with_a_capital_and_without(name: str) -> None:
    for words in (f"has {name} been in touch", f"is {name}s phone on", f"{name.title()} will ring you"):
        assert look(words).names, words


def test_no_ordinary_word_is_a_first_name() -> None:
    assert set(NAMES) & LIBRARY.ordinary_words == set()


@pytest.mark.parametrize("words", ["Shall I ask Will?", "I saw Hope today", "we spoke to Parks"])
def test_a_capital_in_the_middle_of_a_sentence_is_asked_about(words: str) -> None:
    assert len(look(words).names) == 1


@pytest.mark.parametrize("words", ["Здравствуйте", "ٹھیک ہے", "你好", "k4i is here", "meet at OX4"])
def test_what_these_rules_cannot_read_is_asked_about(words: str) -> None:
    assert look(words).names


@pytest.mark.parametrize(
    "words", ["how is ROBIN", "robins school", "Robin's school", "r0bin is well", "r o b i n", "Rоbin", "rob-in"]
)  # fmt: skip
def test_a_childs_name_is_refused_at_every_level_however_it_is_typed(words: str) -> None:
    for level in Level:
        assert "it has a child's name" in look(words, level).faults


def test_a_childs_name_that_is_an_ordinary_word_does_not_forbid_the_word() -> None:
    will = ("Will",)
    assert "it has a child's name" in look("How is Will?", children=will).faults
    found = look("we will ring you", children=will)
    assert (found.faults, found.names) == ((), ("Will",))
    assert look("we can ring you", children=will).names == ()


def test_names_that_were_agreed_are_neither_refused_nor_asked_about() -> None:
    assert look("Hello Amina, shall we ring?", Level.L1).faults == ()
    found = look("Hello Amina, Lantern can ring.", Level.L2)
    assert (found.faults, found.names, found.level) == ((), (), Level.L2)
    assert look("Hello Amina, Lantern can ring.", Level.L1).faults


def test_curly_marks_do_not_make_it_longer() -> None:
    found = look("“We’ll ring” – " * 6)
    assert (found.size.encoding, found.size.segments) == ("GSM-7", 1)


def test_an_empty_text_and_an_endless_one_are_refused() -> None:
    assert look("  \n ").faults == ("there is nothing to send",)
    assert "4 texts long" in look("We will ring. " * 35).faults[0]
