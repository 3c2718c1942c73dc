"""A text with the words that decided marked in it, whatever signs they were typed with.

Rules
* The words are compared as the reader compares them: one alphabet, no invisible signs, no accents; letters typed one
  by one, or more often than the word has them, are the word.
* Only whole words are marked. A deciding word that does not stand in the text as such is named beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from outreach.domain.reply_normalise import fold


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a text; ``decided``: the reader went by them."""

    words: str
    decided: bool


def marked(words: str, evidence: Iterable[str]) -> tuple[tuple[Piece, ...], tuple[str, ...]]:
    """``words`` cut where the deciding words stand in them, and those that do not stand in them."""
    letters = _Letters(words)
    spans: list[tuple[int, int]] = []
    missing = []
    for each in dict.fromkeys(each for each in evidence if each):
        found = letters.spans(each)
        spans += found
        if not found:
            missing.append(each)
    pieces, end = [], 0
    for start, stop in sorted(spans):
        if stop <= end:
            continue
        start = max(start, end)
        pieces += [Piece(words[end:start], False), Piece(words[start:stop], True)]
        end = stop
    pieces.append(Piece(words[end:], False))
    return tuple(each for each in pieces if each.words), tuple(missing)


class _Letters:
    """The letters and digits of a text, folded, each with its place; one line a word."""

    def __init__(self, words: str) -> None:
        self._words = words
        letters: list[str] = []
        self._places: list[int] = []
        for place, sign in enumerate(words):
            for letter in fold(sign):
                kept = letter if letter.isalnum() else "\n"
                if letter != "'" and (kept != "\n" or letters[-1:] not in ([], ["\n"])):
                    letters.append(kept)
                    self._places.append(place)
        self._all = "".join(letters)

    def spans(self, phrase: str) -> list[tuple[int, int]]:
        """Where ``phrase`` stands, as whole words."""
        wanted = "".join(letter for letter in fold(phrase) if letter.isalnum())
        if not wanted:
            return [match.span() for match in re.finditer(re.escape(phrase), self._words)]
        exactly = r"\n?".join(wanted)
        stretched = r"\n?".join(rf"{letter}+(?:\n{letter}+)*" for letter, _ in groupby(wanted))
        return self._found(exactly) or self._found(stretched)

    def _found(self, pattern: str) -> list[tuple[int, int]]:
        matches = re.finditer(rf"(?<!.){pattern}(?!.)", self._all)
        return [(self._places[match.start()], self._places[match.end() - 1] + 1) for match in matches]
