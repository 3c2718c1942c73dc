"""What a person at work writes in their own words, looked at before it goes out.

Rules (DESIGN 4.6 rule 1)
* The same words are banned as in every text (``disclosure``); nothing above the level of the number.
* A child's name is refused whatever the level, the carer's at level 0, the charity's below level 2; ``robins`` is
  Robin's too. A child's name that is an ordinary word (Grace, Will) is refused with a capital, and asked about without.
* Any other word that is neither ordinary English (``scripts_library/ordinary_words.txt``) nor in a text or script of
  ours may be a name, with a capital or without: it is asked about, once. We cannot know whether it gives somebody
  away. So is an ordinary word that has a capital in the middle of a sentence, and letters these rules cannot read.
* At most three segments. In English, curly quotes and dashes become plain ones: one of them makes two segments of one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Set
from dataclasses import dataclass

from outreach.domain.disclosure import readings
from outreach.domain.wording import Level, Size, banned_in, level_faults, size, transliterate

MOST_SEGMENTS = 3
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_SENTENCE = re.compile(r"[.!?:;\n]+\s*|[^\w\s,'’\"()-]+\s*")
_NUMBER = re.compile(
    r"\d+(?:st|nd|rd|th|am|pm|a\.m|p\.m|h|hrs?|hours?|m|mins?|k|p|ish)?(?:-\d*(?:am|pm)?)?", re.IGNORECASE
)
_ENDINGS = (
    ("n't", ""), ("nt", ""), ("'s", ""), ("'ll", ""), ("'re", ""), ("'ve", ""), ("'d", ""), ("'m", ""), ("s'", ""),
    ("ies", "y"), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"),
)  # fmt: skip
_ES = re.compile(r"(?:[sxzo]|[cs]h)es$")
_DOUBLED = re.compile(r"([b-df-hj-np-tvz])\1(?:ed|ing)$")
_CAPITAL_AS_A_RULE = frozenset(
    re.findall(
        r"\S+",
        """
        i i'm i'll i've i'd monday tuesday wednesday thursday friday saturday sunday mon tue tues wed weds thu thur
        thurs fri sat sun january february march april may june july august september october november december jan
        feb mar apr jun jul aug sept sep oct nov dec christmas xmas easter new year year's day eve bank holiday
        samaritans morning afternoon evening birthday regards wishes ok
        """,
    )
)


@dataclass(frozen=True, slots=True)
class Looked:
    """``words`` as they would go out; ``level`` they need; ``faults`` forbid them; ``names`` are asked about once."""

    words: str
    size: Size
    level: Level
    faults: tuple[str, ...]
    names: tuple[str, ...]


def vocabulary(texts: Iterable[str], ordinary: Collection[str] = ()) -> frozenset[str]:
    """Words that are not taken for a name: ordinary ones, and those that our own texts and scripts use."""
    return frozenset(ordinary) | {word.lower() for text in texts for word in _WORD.findall(text)}


def look_at(
    words: str,
    *,
    level: Level,
    known: frozenset[str],
    children: Iterable[str] = (),
    carer: str = "",
    partner: str = "",
    team: str = "",
) -> Looked:
    """What is wrong with free words for a number at ``level``, and which of them may be names."""
    plain = transliterate(words.strip())
    taken = size(plain)
    charity = [word for word in _WORD.findall(partner) if word.lower() not in known] or [partner]
    ordinary = [name for name in children if name.strip().lower() in known]
    faults = [*level_faults(plain, level), *banned_in(plain)]
    faults += _named(plain, level, children=set(children) - set(ordinary), carer=carer.split(), charity=charity)
    if any(re.search(rf"\b{re.escape(name.strip().title())}(?:['’]s)?\b", plain) for name in ordinary):
        faults.append("it has a child's name")
    if not plain:
        faults.append("there is nothing to send")
    if taken.segments > MOST_SEGMENTS:
        faults.append(f"it is {taken.segments} texts long; {MOST_SEGMENTS} are the most")
    needed = next((each for each in Level if not level_faults(plain, each)), Level.L2)
    if any(_has(plain, each) for each in charity):
        needed = Level.L2
    elif any(_has(plain, each) for each in carer.split()):
        needed = max(needed, Level.L1)
    mine = {part.lower() for name in (carer, partner, team) for part in _WORD.findall(name)}
    names = dict.fromkeys([*_unknown(plain, known | mine, mine), *(name for name in ordinary if _has(plain, name))])
    return Looked(plain, taken, needed, tuple(dict.fromkeys(faults)), tuple(names))


def _named(
    words: str, level: Level, *, children: Iterable[str], carer: Iterable[str], charity: Iterable[str]
) -> list[str]:
    faults = []
    if any(_has(words, name) for name in children):
        faults.append("it has a child's name")
    if level < Level.L1 and any(_has(words, each) for each in carer):
        faults.append("it has the carer's name, and nobody has agreed with them that it may")
    if level < Level.L2 and any(_has(words, each) for each in charity):
        faults.append("it names the charity, and nobody has agreed with them that it may")
    return faults


def _has(words: str, name: str) -> bool:
    """Whether the name stands there, however it is typed, and whoever it belongs to: *robins school*."""
    plain = transliterate(name.strip())
    if len(plain) < 2:
        return False
    there = re.compile(rf"\b{re.escape(plain)}(?:['’]?s)?\b", re.IGNORECASE)
    return any(there.search(reading) for reading in readings(words))


def _unknown(words: str, known: frozenset[str], mine: Set[str]) -> Iterator[str]:
    for sentence in _SENTENCE.split(words):
        shouted = sentence == sentence.upper()
        for place, found in enumerate(_TOKEN.finditer(sentence)):
            word = found.group()
            if _NUMBER.fullmatch(word):
                continue
            inside = place > 0 and word[0].isupper() and not shouted and not word.isupper()
            as_a_rule = {word.lower(), _stem(word), _stem(word).removesuffix("s")} & (_CAPITAL_AS_A_RULE | mine)
            if not _is_known(word.lower().replace("’", "'"), known) or (inside and not as_a_rule):
                yield word


def _stem(word: str) -> str:
    return re.sub(r"['’].*$", "", word).lower()


def _is_known(word: str, known: frozenset[str]) -> bool:
    """Whether it is a known word, a form of one, or several with hyphens."""
    if word in known:
        return True
    if "-" in word:
        return all(_is_known(part, known) for part in word.split("-"))
    if _ES.search(word) and word[:-2] in known:
        return True
    twice = _DOUBLED.search(word)
    if twice and word[: twice.start() + 1] in known:
        return True
    stems = (word.removesuffix(ending) + instead for ending, instead in _ENDINGS if word.endswith(ending))
    return any(stem in known and (stem, word[-3:]) != ("july", "ies") for stem in stems if len(stem) > 1)
