"""One alphabet, one spelling of a sign, words in sentences."""

from __future__ import annotations

import pytest

from outreach.domain.reply_apart import Apart, own_words
from outreach.domain.reply_normalise import fold, slips, split, unstretch

KNOWN = frozenset({"stop", "kill", "myself", "yes", "please"})


@pytest.mark.parametrize(
    "typed",
    [
        "ＳＴＯＰ",
        "ЅТОР",
        "S\nT\nO\nP",
        "s.t.o.p",
        "s-t-o-p",
        "🅂🅃🄾🅿",
        "🇸🇹🇴🇵",
        "ⓢⓣⓞⓟ",
        "𝐒𝐓𝐎𝐏",
        "s\u200bt\u200bo\u200bp",
        "ＳＴ\u202eＯＰ",
    ],
)
def test_every_alphabet_of_stop_is_stop(typed: str) -> None:
    assert split(fold(typed), KNOWN).words == ("stop",)


def test_letters_typed_one_by_one_are_words_again() -> None:
    assert split(fold("k i l l  m y s e l f"), KNOWN).words == ("kill", "myself")


def test_letters_that_make_no_word_stay_apart() -> None:
    assert split(fold("y r u"), KNOWN).words == ("y", "r", "u")


def test_phrases_do_not_run_across_the_end_of_a_sentence() -> None:
    words = split(fold("yes. no\nstop? ok"), KNOWN)
    assert words.sentences == (0, 1, 2, 3)
    assert words.asks == {2}


@pytest.mark.parametrize(
    ("typed", "word"), [("stopppp", "stop"), ("pleeease", "please"), ("st0p", "stop"), ("sstop", "stop")]
)
def test_a_stretched_word_is_the_word(typed: str, word: str) -> None:
    assert unstretch(typed, KNOWN) == word


def test_a_number_is_never_shortened() -> None:
    assert unstretch("999", KNOWN) == "999"


def test_the_slips_of_stop_hold_the_common_ones() -> None:
    assert {"sotp", "stpo", "tsop", "stopp", "dtop"} <= slips("stop")


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("", Apart.EMPTY),
        ("Liked “Hi Sam”", Apart.REACTION),
        ('Disliked "Hi Sam"', Apart.DISLIKE),
        ("👍 to “Hi Sam”", Apart.REACTION),
        ("Message failed to deliver", Apart.RECEIPT),
        ("I'm driving with Do Not Disturb turned on.", Apart.AUTOMATIC),
        ("Just checking in. Reply CALL for a chat, LATER to leave it for now, or STOP.", Apart.QUOTED),
        ("> Reply STOP", Apart.QUOTED),
    ],
)
def test_what_the_writer_did_not_write_is_set_apart(text: str, apart: Apart) -> None:
    assert own_words(text).apart is apart


def test_the_writers_own_words_above_a_quotation_are_kept() -> None:
    own = own_words("no ta\n\n> Hi Sam. Reply CALL for a chat, LATER to leave it, or STOP.")
    assert own.text == "no ta"
    assert own.quoted
