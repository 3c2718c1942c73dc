"""A person's own words, looked at before they go: what forbids them, and what is asked about once."""

from __future__ import annotations

import pytest

from outreach.domain.free_text import Looked, look_at, vocabulary
from outreach.domain.wording import Level

KNOWN = vocabulary(["Hello from the Willow team."])


def look(words: str, level: Level = Level.L0) -> Looked:
    return look_at(
        words, level=level, known=KNOWN, children=["Robin"], carer="Amina Rivera", partner="Lantern Families"
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


@pytest.mark.parametrize("words", ["Ask Dariusz.", "Dariusz will ring.", "DARIUSZ", "Is that Dariusz's phone?"])
def test_a_name_is_asked_about_wherever_it_stands(words: str) -> None:
    assert [name.lower().removesuffix("'s") for name in look(words).names] == ["dariusz"]


@pytest.mark.parametrize("words", ["Здравствуйте", "ٹھیک ہے", "你好"])
def test_letters_these_rules_cannot_read_are_asked_about(words: str) -> None:
    assert look(words).names


def test_a_childs_name_is_refused_at_every_level_in_any_case() -> None:
    for level in Level:
        assert "it has a child's name" in look("how is ROBIN", level).faults
    assert look("the robins sing").faults == ()


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
