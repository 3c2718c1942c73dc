"""Words that are spoken or sent: filling them in, measuring them, and what they must not say.

Rules
- A placeholder is ``{{ name }}`` or ``{{ name.part }}`` and nothing else: no filters, branches or loops.
  What a checker proves about a wording is then true of every text that is made of it. That is why there is
  no template engine here. Filling one in refuses a name without a value, and any brace that is left.
- A text in the GSM 03.38 alphabet holds 160 units in one segment and 153 in each of several (the
  characters ``^{}\\[~]|€`` and form feed are two units); any other text holds 70 and 67 UTF-16 units.
- A text has a level. 0: no name of the carer, nothing about support. 1: support may be named. 2: the
  charity too. At no level: prison, police, custody, court, an offence, a child. (DESIGN 4.6, rule 1.)
- No text invites the words that mean something else to the network (YES, CANCEL, END, HELP, INFO, START,
  QUIT, UNSTOP, REVOKE); an offer invites CALL, LATER and STOP only.
- The reading age is the Flesch-Kincaid grade plus five years, in English only. Syllables are counted as
  the larger of pyphen's British hyphenation and the groups of vowels, so that a doubt counts as harder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

READING_AGE = 9.0
SENTENCE_WORDS = 20

_PLACEHOLDER = re.compile(r"\{\{\s*([a-z_]+(?:\.[a-z_]+)*)\s*\}\}")


class Level(IntEnum):
    """How much a text may say. A number verified by voice may be texted at 1 or 2 for 90 days."""

    L0 = 0
    L1 = 1
    L2 = 2


class MissingValueError(KeyError):
    """A placeholder has no value."""


# -- filling in -------------------------------------------------------------------------------------------


def placeholders(text: str) -> frozenset[str]:
    """The names that a wording asks for."""
    return frozenset(_PLACEHOLDER.findall(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The words with every placeholder filled; values that are not asked for are left alone."""

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if not values.get(name):
            raise MissingValueError(name)
        return values[name]

    leftover = _PLACEHOLDER.sub("", text)
    if "{{" in leftover or "{%" in leftover or "}}" in leftover:
        raise MissingValueError(leftover)
    return _PLACEHOLDER.sub(value, text)


# -- segments ---------------------------------------------------------------------------------------------

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWO = frozenset("^{}\\[~]|€\f")
_PLAIN = str.maketrans(
    {
        "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " ",
        "ŵ": "w", "ŷ": "y", "â": "a", "ê": "e", "î": "i", "ô": "o", "û": "u", "á": "a", "í": "i", "ó": "o",
        "ú": "u", "ý": "y", "ï": "i", "ë": "e", "ç": "c", "ą": "a", "ć": "c", "ę": "e", "ł": "l", "ń": "n",
        "ś": "s", "ź": "z", "ż": "z", "Ł": "L", "Ś": "S", "Ż": "Z", "Ź": "Z", "Á": "A", "Í": "I", "Ó": "O",
        "Ú": "U", "Ŵ": "W", "Ŷ": "Y", "Â": "A", "Ô": "O", "Ć": "C", "Ń": "N", "Ą": "A", "Ę": "E", "š": "s",
        "č": "c", "ř": "r", "ž": "z", "ț": "t", "ș": "s", "ă": "a",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Size:
    """How long a text is: ``encoding`` is GSM-7 or UCS-2, ``units`` of that encoding, ``segments`` billed."""

    encoding: str
    units: int
    segments: int


def size(text: str) -> Size:
    """The segments that a text takes."""
    if all(letter in _GSM or letter in _GSM_TWO for letter in text):
        units = sum(2 if letter in _GSM_TWO else 1 for letter in text)
        return Size("GSM-7", units, 1 if units <= 160 else -(-units // 153))
    units = len(text.encode("utf-16-le")) // 2
    return Size("UCS-2", units, 1 if units <= 70 else -(-units // 67))


def transliterate(value: str) -> str:
    """A name in letters that keep an English text in the short alphabet; what has no likeness is kept."""
    return value.translate(_PLAIN)
