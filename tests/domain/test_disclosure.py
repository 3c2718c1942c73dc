"""What no text may let slip, in the words people really use."""

from __future__ import annotations

import time

import pytest

from outreach.domain.disclosure import given_away, readings, speaks_of_support
from outreach.domain.wording import Level, level_faults


@pytest.mark.parametrize(
    "words",
    [
        "is he still in the nick", "has he been arrested again", "HMP visit on Friday", "on bail until friday",
        "he is inside until may", "he's inside", "your husband is locked up", "his release date is near",
        "the probation team", "the magistrates said", "a guilty verdict", "a drugs charge", "parole", "the cops came",
        "the detective will ring", "sgt smith will ring", "PC Jones", "he got banged up", "he was sent down",
        "he is doing time", "doing bird", "the old bill", "the feds", "community payback", "ring about the hearing",
        "on tag until May", "is he out on licence", "the assault", "shoplifting", "he's away a while",
        "dad is away", "after the trial", "his cell", "the visits hall", "county lines", "a restraining order",
    ],
)  # fmt: skip
def test_what_gives_it_away_is_refused_at_every_level_slang_too(words: str) -> None:
    for level in Level:
        assert any("gives away" in fault for fault in level_faults(words, level)), words


@pytest.mark.parametrize(
    "typed",
    [
        "pris0n", "p r i s o n", "p.r.i.s.o.n", "PRISON", "pri-son", "prisssson", "pr1son", "ｐｒｉｓｏｎ", "prisоn",
        "pri\u200bson", "p*r*i*s*o*n", "𝐩𝐫𝐢𝐬𝐨𝐧",
    ],
)  # fmt: skip
def test_it_is_seen_through_however_it_is_typed(typed: str) -> None:
    assert "prison" in given_away(f"a {typed} visit")


@pytest.mark.parametrize(
    "link", ["https://example.org/a", "see www.example.org", "willow.org.uk", "write to team@willow.example"]
)
def test_a_link_goes_in_no_text(link: str) -> None:
    assert "a link" in given_away(link)


def test_the_word_that_gives_it_away_is_named() -> None:
    assert level_faults("He was Nicked on Monday", Level.L2) == ['it gives away: prison ("Nicked")']


@pytest.mark.parametrize(
    "words", ["your kids", "your husband", "how is school", "is your mum in", "the little ones", "your partner"]
)
def test_below_level_one_nothing_is_said_of_a_family(words: str) -> None:
    assert speaks_of_support(words)
    assert level_faults(words, Level.L0)
    assert level_faults(words, Level.L1) == []


@pytest.mark.parametrize(
    "words",
    [
        "Reply yes to start", "just reply yes", "text help", "answer 'start'", "Reply CALL or yes", "text back yes",
        "reply with the word cancel", "Text END",
    ],
)  # fmt: skip
def test_words_the_network_takes_for_itself_are_not_invited_in_any_case(words: str) -> None:
    assert any("which the network takes for itself" in fault for fault in level_faults(words, Level.L2))


@pytest.mark.parametrize(
    "words",
    [
        "Of course we can, in the nick of time", "inside the porch", "a courteous reply", "we can start at nine",
        "yes, that is fine", "I will text by the end of the week", "we will text end of the week", "I need to cancel",
        "thank you for your reply, yes we can", "pros and cons", "my phone is charging", "it was nice to hear from you",
        "a dealing with time", "Wednesday is good", "you can drop in", "the weather is awful, get inside quick",
    ],
)  # fmt: skip
def test_ordinary_sentences_give_nothing_away(words: str) -> None:
    assert level_faults(words, Level.L0) == []


def test_a_long_text_is_looked_through_at_once() -> None:
    began = time.process_time()
    for _ in range(20):
        given_away("a b c d " * 200 + "-" * 200 + "a" * 200)
    assert time.process_time() - began < 5  # it would be minutes if a pattern ran back over itself
    assert len(list(readings("x"))) == 5
