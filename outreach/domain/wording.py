"""Words that are spoken or sent: filling them in, measuring them, and what they must not say.

Rules
- A placeholder is ``{{ name }}`` or ``{{ name.part }}`` and nothing else: no filters, branches or loops.
  What a checker proves about a wording is then true of every text that is made of it. That is why there is
  no template engine here. Filling one in refuses a name without a value, and any brace that is left.
- A text in the GSM 03.38 alphabet holds 160 units in one segment and 153 in each of several (the
  characters ``^{}\\[~]|€`` and form feed are two units); any other text holds 70 and 67 UTF-16 units.
- A text has a level. 0: no name of the carer, nothing about support. 1: support may be named. 2: the
  charity too. At no level: prison, police, custody, court, an offence, a child's name.
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
from functools import lru_cache
from types import MappingProxyType

import pyphen

from outreach.domain.disclosure import given_away, speaks_of_support

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


# -- what a text must not say -----------------------------------------------------------------------------

_CHARITY = re.compile(r"\b(charit\w*|elusen\w*|fundacj\w*|dobroczynn\w*)\b|\{\{\s*partner\.?\w*\s*\}\}", re.IGNORECASE)
_CHILD = re.compile(r"\{\{\s*child\w*\.names?\s*\}\}", re.IGNORECASE)
_CARER_NAME = re.compile(r"\{\{\s*(name|carer\.\w+)\s*\}\}")
_NETWORK_WORDS = re.compile(r"\b(YES|CANCEL|END|HELP|INFO|START|UNSTOP|QUIT|REVOKE|STOPALL|UNSUBSCRIBE|OPTOUT)\b")
_INVITED = re.compile(
    r"\b(?:reply|replies|answer|respond|text|txt|message|msg|type|write)(?:\s+(?:us|me|it|back|with|the|word|just|a|an|only"
    r"|either|by|saying|call|later|stop|or|and|to this))*[\s\"':]+"
    r"(yes|cancel|end|help|info|start|unstop|quit|revoke|stopall|unsubscribe|optout)\b(?! of\b| with\b| you\b| if\b)",
    re.IGNORECASE,
)

BANNED = (
    (re.compile(r"\b(offender|inmate|perpetrator|convict|felon)s?\b", re.I), "names a person by what they did"),
    (re.compile(r"\bprisoners?'s? (child|children|kids)\b", re.I), "names a child by the parent"),
    (re.compile(r"\bvictims?\b(?! (contact|notification) scheme)", re.I), "is hers to say, not ours"),
    (re.compile(r"\b(broken home|vulnerable|dysfunctional|deprived)\b", re.I), "judges a family"),
    (re.compile(r"\bat risk of offending\b|\bcycle of\b", re.I), "predicts a child's life"),
    (re.compile(r"\b(identified|identify|flagged|eligible|ineligible)\b", re.I), "is said of data, not of people"),
    (re.compile(r"\b(ptsd|trauma|traumatised|depressed|disorder)\b", re.I), "is a diagnosis"),
    (re.compile(r"\bcommit(s|ted)? suicide\b", re.I), "blames; say die by suicide"),
    (re.compile(r"\bnothing to worry about\b", re.I), "may not be true"),
    (re.compile(r"\bi know how you feel\b|\byou(?:'re| are) so strong\b", re.I), "shuts the talk down"),
    (re.compile(r"\bwhy (did|didn't|do|don't) you\b", re.I), "sounds like blame"),
    (re.compile(r"\bsocial services\b", re.I), "frightens; name the person or the team"),
    (
        re.compile(
            r"\b(?:nobody|no one|no-one) (?:else )?(?:knows|will know|has been told)\b|\bjust between us\b", re.I
        ),
        "may not be true: a social worker may have been told",
    ),
)


def disclosed_by(text: str) -> frozenset[str]:
    """What the words give away: some of prison, police, court, an offence, a link, charity, child (a child's name)."""
    found = set(given_away(text))
    if _CHARITY.search(text):
        found.add("charity")
    if _CHILD.search(text):
        found.add("child")
    return frozenset(found)


def banned_in(text: str) -> list[str]:
    """The words that are not said of or to a family, each with why not."""
    found = ((pattern.search(text), why) for pattern, why in BANNED)
    return [f'"{match.group(0)}" {why}' for match, why in found if match]


def level_faults(text: str, level: Level) -> list[str]:
    """What keeps a text (a wording, or one that is filled in and about to go out) off this level."""
    faults = [f'it gives away: {kind} ("{word}")' for kind, word in given_away(text).items()]
    if _CHILD.search(text):
        faults.append("it gives away: child")
    if level < Level.L2 and _CHARITY.search(text):
        faults.append("it names the charity below level 2")
    if level < Level.L1:
        support = speaks_of_support(text)
        if support:
            faults.append(f'"{support}" speaks of support or of a family at level 0')
        if _CARER_NAME.search(text):
            faults.append("it has the carer's name at level 0")
    invited = sorted({word.upper() for word in _NETWORK_WORDS.findall(text) + _INVITED.findall(text)})
    if invited:
        faults.append(f"it has {', '.join(invited)}, which the network takes for itself")
    return faults


# -- how hard the words are -------------------------------------------------------------------------------

_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*|\d+")
_SENTENCE = re.compile(r"[.!?:]+(?:\s+|$)|\n+")
_VOWELS = re.compile(r"[aeiouy]+")


@lru_cache(maxsize=1)
def _hyphens() -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="en_GB", left=1, right=1)


@lru_cache(maxsize=8192)
def syllables(word: str) -> int:
    """The syllables of an English word, in doubt the larger of two counts. A number counts as one word of one."""
    word = word.lower()
    groups = len(_VOWELS.findall(word))
    if word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1:
        groups -= 1
    if word.endswith("ed") and not word.endswith(("ted", "ded")) and groups > 1:
        groups -= 1
    return max(1, groups, len(_hyphens().positions(word)) + 1)


def sentences(text: str) -> list[str]:
    """The sentences of a wording, its placeholders standing for a name."""
    plain = _PLACEHOLDER.sub("Sam", text)
    return [part.strip() for part in _SENTENCE.split(plain) if _WORD.search(part)]


def reading_age(text: str) -> float:
    """Flesch-Kincaid grade plus five, in years; 5.0 where there is nothing to read."""
    parts = sentences(text)
    words = [word for part in parts for word in _WORD.findall(part)]
    if not words:
        return 5.0
    grade = 0.39 * len(words) / len(parts) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
    return round(max(5.0, grade + 5), 1)


def long_sentences(text: str) -> list[str]:
    """Sentences with more words than a tired person can hold."""
    return [part for part in sentences(text) if len(_WORD.findall(part)) > SENTENCE_WORDS]


# -- the longest that a text can become -------------------------------------------------------------------

LONGEST: Mapping[str, str] = MappingProxyType(
    {
        "team": "W" * 16,
        "name": "W" * 16,
        "carer.first_name": "W" * 16,
        "carer.name": "W" * 40,
        "practitioner.name": "W" * 20,
        "partner": "W" * 26,
        "partner.name": "W" * 26,
        "when": "on Wednesday 30 September, 10.45 to 12.15",
        "day": "Wednesday 30 September 2027",
        "phone": "+44 7700 900123",
        "last_time.line": "W" * 80,
    }
)


def longest(text: str) -> str:
    """The wording filled with the longest values that may stand in it."""
    return fill(text, LONGEST)
