"""Does a single text keep to the rules? What is proved of every text before it may be approved.

Rules
- In English one GSM-7 segment, otherwise at most three segments, with the longest values (`wording.LONGEST`).
- Clean at its own level. Words in capitals are CALL, LATER and STOP only. A text that offers a way out says
  STOP; only the answers to a stop, to a wrong number and in a crisis do without (`NO_WAY_OUT`).
- In English: reading age nine or less, short sentences, none of the banned words.
- Each language asks for the same values as the English, and has every text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from outreach.domain.wording import (
    LONGEST,
    READING_AGE,
    SENTENCE_WORDS,
    Level,
    banned_in,
    level_faults,
    long_sentences,
    longest,
    placeholders,
    reading_age,
    size,
)

INVITES = frozenset({"CALL", "LATER", "STOP"})
NO_WAY_OUT = frozenset({"stop", "wrong_number", "crisis"})
SEGMENTS_IN_ENGLISH = 1
SEGMENTS_OTHERWISE = 3

_CAPITALS = re.compile(r"\b[^\W\d_a-z]{3,}\b")


@dataclass(frozen=True, slots=True)
class Text:
    """A text as it is written."""

    name: str
    language: str
    level: Level
    way_out: bool
    source: str


@dataclass(frozen=True, slots=True)
class TextFault:
    name: str
    language: str
    problem: str

    def __str__(self) -> str:
        return f"text {self.name}/{self.language}: {self.problem}"


def text_faults(texts: Mapping[tuple[str, str], Text]) -> list[TextFault]:
    """Every fault of every text."""
    faults = [TextFault(one.name, one.language, problem) for one in texts.values() for problem in _faults(one)]
    names = {name for name, language in texts if language == "en"}
    for language in sorted({language for _, language in texts} - {"en"}):
        for name in sorted(names):
            other = texts.get((name, language))
            if other is None:
                faults.append(TextFault(name, language, "is missing in this language"))
            elif placeholders(other.source) != placeholders(texts[name, "en"].source):
                faults.append(TextFault(name, language, "asks for other values than the English"))
    return faults


def _faults(text: Text) -> Iterator[str]:
    unknown = sorted(placeholders(text.source) - LONGEST.keys())
    if unknown:
        yield f"has the placeholder {', '.join(unknown)}, which nobody fills"
        return
    whole = longest(text.source)
    taken, english = size(whole), text.language == "en"
    allowed = SEGMENTS_IN_ENGLISH if english else SEGMENTS_OTHERWISE
    if taken.segments > allowed or (english and taken.encoding != "GSM-7"):
        yield f"takes {taken.units} units of {taken.encoding}, {taken.segments} segments; {allowed} allowed"
    if "\n" in text.source:
        yield "has more than one line"
    yield from level_faults(text.source, text.level)
    capitals = set(_CAPITALS.findall(re.sub(r"\{\{.*?\}\}", "", text.source))) - INVITES
    if capitals:
        yield f"has {', '.join(sorted(capitals))} in capitals; only CALL, LATER and STOP are"
    if text.way_out is (text.name in NO_WAY_OUT):
        yield "should offer a way out" if not text.way_out else "should not offer a way out"
    if text.way_out and "STOP" not in text.source:
        yield "does not say how to stop"
    if english:
        yield from banned_in(text.source)
        age = reading_age(text.source)
        if age > READING_AGE:
            yield f"reads like age {age}; {READING_AGE:g} is the most"
        for sentence in long_sentences(text.source):
            yield f'has a sentence of more than {SENTENCE_WORDS} words: "{sentence}"'
