"""What to call somebody in a text or on a call: the first of their names, as a person would write it.

Rules
* A title before a name is not the name: *Mrs Amina Rivera* is Amina. Where nothing but a surname follows, it stays.
* Who rings says their name before it is known who listens: a rank is never part of it.
"""

from __future__ import annotations

from itertools import dropwhile

_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr"})
_SHORT_RANKS = frozenset({"PC", "DC", "PS", "DS", "DI", "WPC", "WDC", "DCI", "CI"})
"""Ranks as they are written: *Di* is a name."""
_RANKS = frozenset(
    {
        "pc", "pcso", "sgt", "sergeant", "insp", "inspector", "supt", "superintendent", "chief", "ch", "det",
        "detective", "constable", "special", "police", "officer", "temp", "acting",
    }
)  # fmt: skip


def given_name(full: str) -> str:
    """The first of the names. A file that shouts (ELAINE) or whispers (elaine) is written as names are."""
    words = full.split()
    named = list(dropwhile(_is_title, words))
    if len(named) < 2 and len(named) < len(words):
        return " ".join(_written(one) for one in words)
    return _written(named[0]) if named else ""


def caller_name(full: str) -> str:
    """What a colleague calls themselves on the phone: no rank, no title, no collar number. *PC 4312 Ben Ash* is Ben."""
    named = list(dropwhile(lambda one: _is_title(one) or _is_rank(one), full.split()))
    return _written(named[0]) if named else "a colleague"


def _is_title(word: str) -> bool:
    return word.strip(".").lower() in _TITLES


def _is_rank(word: str) -> bool:
    """Also a collar number, and what is written with a stroke, as *T/Sgt*."""
    bare = word.strip(".")
    return bare in _SHORT_RANKS or bare.lower() in _RANKS or "/" in bare or any(one.isdigit() for one in bare)


def _written(word: str) -> str:
    if len(word) > 1 and (word.isupper() or word.islower()):
        return "-".join(part[:1].upper() + part[1:].lower() for part in word.split("-"))
    return word
