"""The words that decided are marked as they were typed; a word within another is not one."""

from __future__ import annotations

import pytest

from outreach.views.marked_words import marked


@pytest.mark.parametrize(
    ("text", "evidence", "shown"),
    [
        ("S T O P", "stop", "[S T O P]"),
        ("s\u200btop", "stop", "[s\u200btop]"),
        ("please S.T.O.P. now", "stop", "please [S.T.O.P]. now"),
        ("ＳＴＯＰ it", "stop", "[ＳＴＯＰ] it"),
        ("ѕtор", "stop", "[ѕtор]"),
        ("stopppp pls", "stop", "[stopppp] pls"),
        ("dont’t text me again", "dont text me again", "[dont’t text me again]"),
        ("Don’t text me again.", "dont text me again", "[Don’t text me again]."),
        ("s\nt\no\np", "stop", "[s\nt\no\np]"),
        ("bus top, stop", "stop", "bus top, [stop]"),
        ("unstoppable? stop", "stop", "unstoppable? [stop]"),
        ("I know. No", "no", "I know. [No]"),
        ("🛑 now", "🛑", "[🛑] now"),
        ("peidiwch â thecstio", "a", "peidiwch [â] thecstio"),
        ("لا شكرا", "لا", "[لا] شكرا"),
        ("stop stop", "stop", "[stop] [stop]"),
    ],
)
def test_deciding_words_are_marked_however_they_were_typed(text: str, evidence: str, shown: str) -> None:
    pieces, missing = marked(text, [evidence])
    assert "".join(f"[{each.words}]" if each.decided else each.words for each in pieces) == shown
    assert missing == ()


def test_what_does_not_stand_in_the_text_is_named_beside_it() -> None:
    pieces, missing = marked("plz stahp", ["stop", "please", "stop", ""])
    assert ("".join(each.words for each in pieces), missing) == ("plz stahp", ("stop", "please"))


def test_phrases_that_overlap_are_marked_once() -> None:
    pieces, _ = marked("do not text me again", ["text me", "not text me again", "do not text"])
    assert "".join(f"[{each.words}]" if each.decided else each.words for each in pieces) == ("[do not text][ me again]")
