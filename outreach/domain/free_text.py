"""What a person at work writes in their own words, looked at before it goes out.

Rules (DESIGN 4.6 rule 1)
* The same words are banned as in every text; nothing above the level of the number.
* A child's name is refused whatever the level, the carer's at level 0, the charity's below level 2.
* A name is a word with a capital letter that no text or script of ours uses. It is asked about, once: we cannot
  know whether it gives somebody away. So are words in letters that these rules cannot read.
* At most three segments. In English, curly quotes and dashes become plain ones: one of them makes two segments of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from outreach.domain.wording import Level, Size, banned_in, level_faults, size, transliterate

MOST_SEGMENTS = 3
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_PLAIN_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a about after afternoon again all am an and another any anybody anyone april are as ask at august back be
        because been before being best bit both but by bye call can change check come contact could day dear december
        did different do does each either else enough evening every february feel few fine first for free friday from
        get give glad go good great had happy has have hello help her here hey hi him his hope how i if in into is it
        january july june just keep kind know last later leave left let like long look make many march may maybe me
        might missed monday more morning most much must my need never new next nice no nobody not nothing november now
        number october of off oh ok okay old on once one only or other our out over own perhaps phone place plan please
        question read ready really reply rest right ring safe samaritans same saturday say see send sent september shall
        she should since so some somebody someone something sometimes soon sorry speak start still stop such sunday sure
        take talk team tell text than thank thanks that the their them then there these they thing this those though
        through thursday time to today tomorrow tonight too tuesday two under understand until up us use very waiting
        want was way we wednesday week well were what whatever when whenever where which who why will wish with without
        won work worry would write yes yesterday yet you your yours
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


def vocabulary(texts: Iterable[str]) -> frozenset[str]:
    """The words that our own texts and scripts use; none of them is taken for a name."""
    return _PLAIN_WORDS | {word.lower() for text in texts for word in _WORD.findall(text)}


def look_at(
    words: str,
    *,
    level: Level,
    known: frozenset[str],
    children: Iterable[str] = (),
    carer: str = "",
    partner: str = "",
) -> Looked:
    """What is wrong with free words for a number at ``level``, and which of them look like names."""
    plain = transliterate(words.strip())
    taken = size(plain)
    charity = [word for word in _WORD.findall(partner) if word.lower() not in known] or [partner]
    faults = [*level_faults(plain, level), *banned_in(plain)]
    faults += _named(plain, level, children=children, carer=carer.split(), charity=charity)
    if not plain:
        faults.append("there is nothing to send")
    if taken.segments > MOST_SEGMENTS:
        faults.append(f"it is {taken.segments} texts long; {MOST_SEGMENTS} are the most")
    needed = next((each for each in Level if not level_faults(plain, each)), Level.L2)
    if any(_has(plain, each) for each in charity):
        needed = Level.L2
    elif any(_has(plain, each) for each in carer.split()):
        needed = max(needed, Level.L1)
    mine = {part.lower() for name in (carer, partner) for part in _WORD.findall(name)}
    return Looked(plain, taken, needed, tuple(dict.fromkeys(faults)), _unknown(plain, known | mine))


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
    plain = transliterate(name.strip())
    return len(plain) > 1 and re.search(rf"\b{re.escape(plain)}\b", words, re.IGNORECASE) is not None


def _unknown(words: str, known: frozenset[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for word in _WORD.findall(words):
        stem = re.sub(r"['’].*$", "", word).lower()
        strange = ord(word[0]) > 0x24F and not ("Ḁ" <= word[0] <= "ỿ")
        if strange or (word[0].isupper() and stem not in known and word.lower() not in known):
            found[word] = None
    return tuple(found)
