"""Makes what was typed comparable: one alphabet of letters, one spelling of a sign, words in sentences.

Rules:

- Compatibility forms are folded (NFKC): full-width, circled, mathematical and squared letters. Emoji
  letters and flag letters are letters. Look-alikes from Cyrillic, Greek and others are the Latin letter
  they look like: none of our languages is written in those scripts.
- Invisible characters (zero width, bidirectional, soft hyphen, variation selectors, skin tones) go.
- Accents go from Latin letters; short vowels go from Arabic script, and its letter forms are unified.
  Gurmukhi keeps its signs: they are its vowels.
- Letters typed one by one (`s t o p`, `S.T.O.P`, one a line) are a word again.
- A run of three or more equal letters is cut to one or two, whichever makes a word that is known.
- A sentence ends at `. ! ? ;`, a line break, or an emoji face; phrases are not read across that.
- Nothing is ever added: normalising may merge and drop signs, not invent words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

# Letter by letter: what looks like what. Small letters first.
_PAIRS: tuple[tuple[str, str], ...] = (
    ("а", "a"), ("в", "b"), ("е", "e"), ("ё", "e"), ("є", "e"), ("з", "3"), ("і", "i"), ("ї", "i"),
    ("ј", "j"), ("к", "k"), ("ӏ", "l"), ("м", "m"), ("н", "h"), ("о", "o"), ("р", "p"), ("с", "c"),
    ("т", "t"), ("у", "y"), ("ү", "y"), ("х", "x"), ("һ", "h"), ("ԁ", "d"), ("ԛ", "q"), ("ѕ", "s"),
    ("ԝ", "w"), ("ѵ", "v"), ("п", "n"), ("и", "u"), ("ь", "b"), ("г", "r"), ("ո", "n"), ("օ", "o"),
    ("ս", "u"), ("ց", "g"), ("հ", "h"), ("ք", "p"), ("ѡ", "w"), ("ӕ", "ae"), ("ɡ", "g"), ("ɑ", "a"),
    ("ı", "i"), ("ȷ", "j"), ("ƅ", "b"), ("ʏ", "y"), ("ᴀ", "a"), ("ᴄ", "c"), ("ᴅ", "d"), ("ᴇ", "e"),
    ("ɢ", "g"), ("ʜ", "h"), ("ɪ", "i"), ("ᴊ", "j"), ("ᴋ", "k"), ("ʟ", "l"), ("ᴍ", "m"), ("ɴ", "n"),
    ("ᴏ", "o"), ("ᴘ", "p"), ("ʀ", "r"), ("ꜱ", "s"), ("ᴛ", "t"), ("ᴜ", "u"), ("ᴠ", "v"), ("ᴡ", "w"),
    ("ᴢ", "z"), ("α", "a"), ("β", "b"), ("γ", "y"), ("δ", "d"), ("ε", "e"), ("ζ", "z"), ("η", "n"),
    ("ι", "i"), ("κ", "k"), ("λ", "l"), ("μ", "m"), ("ν", "v"), ("ο", "o"), ("π", "n"), ("ρ", "p"),
    ("σ", "o"), ("ς", "c"), ("τ", "t"), ("υ", "u"), ("χ", "x"), ("ω", "w"), ("ϲ", "c"), ("ϳ", "j"),
    ("ł", "l"), ("đ", "d"), ("ø", "o"), ("ß", "ss"), ("æ", "ae"), ("œ", "oe"), ("ħ", "h"), ("ŧ", "t"),
)  # fmt: skip
# Capitals whose small letter looks like another one: Greek capitals are folded before the case is.
_CAPITALS: tuple[tuple[str, str], ...] = (
    ("Α", "A"), ("Β", "B"), ("Ε", "E"), ("Ζ", "Z"), ("Η", "H"), ("Ι", "I"), ("Κ", "K"), ("Μ", "M"),
    ("Ν", "N"), ("Ο", "O"), ("Ρ", "P"), ("Τ", "T"), ("Υ", "Y"), ("Χ", "X"), ("Ѕ", "S"), ("Т", "T"),
    ("О", "O"), ("Р", "P"), ("А", "A"), ("В", "B"), ("Е", "E"), ("К", "K"), ("М", "M"), ("Н", "H"),
    ("С", "C"), ("У", "Y"), ("Х", "X"), ("І", "I"), ("Ј", "J"), ("Ԁ", "D"), ("Ѵ", "V"), ("Ԝ", "W"),
    ("Ꮪ", "S"), ("Ꭲ", "T"), ("Ꮻ", "O"), ("Ꮲ", "P"), ("Ꭺ", "A"), ("Ꭼ", "E"), ("Ꮮ", "L"), ("Ꮯ", "C"),
    ("Ր", "P"), ("Օ", "O"), ("Տ", "S"),
)  # fmt: skip
_ARABIC: tuple[tuple[str, str], ...] = (
    ("أ", "ا"), ("إ", "ا"), ("آ", "ا"), ("ٱ", "ا"), ("ى", "ي"), ("ی", "ي"), ("ې", "ي"), ("ئ", "ي"),
    ("ؤ", "و"), ("ة", "ه"), ("ہ", "ه"), ("ھ", "ه"), ("ۃ", "ه"), ("ە", "ه"), ("ک", "ك"), ("ـ", ""),
    ("ۓ", "ے"),
)  # fmt: skip
_SIGNS: tuple[tuple[str, str], ...] = (
    ("‘", "'"), ("’", "'"), ("‛", "'"), ("ʼ", "'"), ("`", "'"), ("´", "'"), ("′", "'"), ("ʹ", "'"),
    ("“", '"'), ("”", '"'), ("„", '"'), ("«", '"'), ("»", '"'), ("‟", '"'), ("–", "-"), ("—", "-"),
    ("‐", "-"), ("‑", "-"), ("…", "..."), ("؟", "?"), ("،", ","), ("۔", "."), ("।", "."), ("؛", ";"),
    ("¿", ""), ("¡", ""), ("‼", "!!"), ("⁉", "!?"), ("❓", "?"), ("❔", "?"), ("❗", "!"), ("❕", "!"),
)  # fmt: skip


def _table() -> dict[int, str | None]:
    table: dict[int, str | None] = {}
    for one, other in (*_PAIRS, *_CAPITALS, *_ARABIC, *_SIGNS):
        table[ord(one)] = other
    for offset in range(26):
        letter = chr(ord("a") + offset)
        for start in (0x1F130, 0x1F150, 0x1F170, 0x1F1E6):  # squared, negative, flag letters
            table[start + offset] = letter
    for offset in range(5):
        table[0x1F3FB + offset] = None  # skin tones
    for digit in range(10):
        table[0x0660 + digit] = str(digit)
        table[0x06F0 + digit] = str(digit)
    for mark in (0x20E3, 0x20DD, 0x20E0):  # enclosing keycap, circle, prohibition
        table[mark] = None
    for mark in (*range(0x064B, 0x0660), 0x0670, *range(0x06D6, 0x06EE), *range(0xFE00, 0xFE10)):
        table[mark] = None
    table[0x0654] = None
    return table


_TABLE = _table()
_ACCENTS = re.compile("[\u0300-\u036f]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e01ef]"
)
_PLAIN = re.compile(r"^[\x20-\x7e\n]*$")


def fold(text: str) -> str:
    """The text in one alphabet, small letters, without signs that cannot be seen."""
    if not _PLAIN.match(text):
        text = _INVISIBLE.sub("", text).replace("\r", "\n").translate(_TABLE)
        text = unicodedata.normalize("NFKC", text).translate(_TABLE)
        text = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
        text = unicodedata.normalize("NFC", text).casefold().translate(_TABLE)
        text = _INVISIBLE.sub("", text).replace("\t", " ").replace("\u00a0", " ")
    return text.casefold()


_LETTER = r"[^\W\d_]"
_SPELT_OUT = re.compile(rf"(?<![^\W_])(?:{_LETTER}[\s.\-_*,/|~]{{1,4}}){{2,}}{_LETTER}(?![^\W_])")
_WIDE_GAP = re.compile(r"[\s.\-_*,/|~]{2,}")
_GAP = re.compile(r"[\s.\-_*,/|~]+")
_TOKEN = re.compile(
    r"(?P<word>\$?[\w\u0a00-\u0a7f]+(?:['*$@!|+][\w\u0a00-\u0a7f]+|(?<=\d)[:/.]\d+)*'?)"
    r"|(?P<end>[.!?;\n]+)"
    r"|(?P<sign>[\u2190-\u2bff\u3030\u303d\U0001f000-\U0001faff\U0001fb00-\U0001fbff])"
    r"|(?P<and>&)"
    r"|(?P<pause>[,:()]| -+ )"
)
_INSIDE = str.maketrans({"!": "i", "1": "i", "|": "i", "$": "s", "@": "a", "0": "o", "3": "e", "4": "a", "5": "s"})
_RUN = re.compile(r"(.)\1{2,}")
_DOUBLE = re.compile(r"(.)\1+")
_MIXED = re.compile(r"^(?=.*[a-z])(?=.*[0-9!|$@]).+$")


@dataclass(frozen=True, slots=True)
class Words:
    """A text as words: `words[i]` stands in sentence `sentences[i]`; `asks` are the sentences with a `?`.

    `pauses` are the words that a comma, a dash or a bracket stands before.
    """

    words: tuple[str, ...]
    sentences: tuple[int, ...]
    asks: frozenset[int]
    pauses: frozenset[int] = frozenset()


def _spell(match: re.Match[str], known: Collection[str]) -> str:
    run = match.group()
    whole = _GAP.sub("", run)
    if whole in known or _DOUBLE.sub(r"\1", whole) in known:
        return whole
    parts = [_GAP.sub("", part) for part in _WIDE_GAP.split(run)]
    if len(parts) > 1 and all(part in known for part in parts):
        return " ".join(parts)
    for cut in range(2, len(whole) - 1):
        if whole[:cut] in known and whole[cut:] in known:
            return f"{whole[:cut]} {whole[cut:]}"
    return run


def split(folded: str, known: Collection[str]) -> Words:
    """The words of a folded text. `known` are the words that letters typed one by one may make."""
    text = _SPELT_OUT.sub(lambda match: _spell(match, known), folded)
    words: list[str] = []
    sentences: list[int] = []
    asks: set[int] = set()
    pauses: set[int] = set()
    sentence = 0
    filled = False
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        found = match.group()
        if kind == "end":
            if "?" in found:
                asks.add(sentence if filled or not sentence else sentence - 1)
            if filled:
                sentence += 1
                filled = False
            continue
        if kind == "pause":
            pauses.add(len(words))
            continue
        word = "and" if kind == "and" else found.replace("'", "")
        if word:
            words.append(word)
            sentences.append(sentence)
            filled = True
    return Words(tuple(words), tuple(sentences), frozenset(asks), frozenset(pauses))


def surfaces(text: str) -> tuple[str, ...]:
    """The words of a text as they were typed, for showing which of them decided."""
    kinds = ("word", "sign", "and")
    return tuple(m.group() for m in _TOKEN.finditer(_INVISIBLE.sub("", text)) if m.lastgroup in kinds)


def unstretch(word: str, known: Collection[str]) -> str:
    """`stopppp` is `stop`, `pleeease` is `please`, `st0p` is `stop`; a word that is known stays as it is."""
    if word in known or word.isdigit():
        return word
    if (_MIXED.match(word) and not word[0].isdigit()) or (word[:1] in "05$" and len(word) > 2):
        plain = word.translate(_INSIDE)
        if plain in known:
            return plain
    if _DOUBLE.search(word):
        for shorter in (_RUN.sub(r"\1\1", word), _RUN.sub(r"\1", word), _DOUBLE.sub(r"\1", word)):
            if shorter in known:
                return shorter
        return _RUN.sub(r"\1", word)
    return word


def slips(word: str) -> frozenset[str]:
    """How a thumb mistypes a word: two letters changed over, one doubled, one missed, one beside it.

    A letter is missed only in words of five letters or more, the first one only in words of six or more.
    """
    found: set[str] = set()
    for place, letter in enumerate(word):
        if place + 1 < len(word):
            found.add(word[:place] + word[place + 1] + letter + word[place + 2 :])
        found.add(word[:place] + letter + word[place:])
        if len(word) >= 5 and (place or len(word) >= 6):
            found.add(word[:place] + word[place + 1 :])
        for near in _BESIDE.get(letter, ""):
            found.add(word[:place] + near + word[place + 1 :])
            found.add(word[:place] + near + word[place:])
    if len(word) <= 4:  # a short word is looked for through any letter too many
        for place in range(len(word) + 1):
            found.update(word[:place] + letter + word[place:] for letter in _BESIDE)
    found.discard(word)
    return frozenset(found)


def other_vowels(word: str) -> list[str]:
    """A longer word with one vowel that was heard as another: `definately`, `seperate`."""
    return [
        word[:place] + vowel + word[place + 1 :]
        for place, letter in enumerate(word)
        if letter in _VOWELS
        for vowel in _VOWELS
        if vowel != letter
    ]


_VOWELS = "aeiouy"
_BESIDE = {
    "q": "wa", "w": "qeas", "e": "wrsd", "r": "etdf", "t": "ryfg", "y": "tugh", "u": "yihj", "i": "uojk",
    "o": "ipkl", "p": "ol", "a": "qwsz", "s": "awedxz", "d": "serfcx", "f": "drtgvc", "g": "ftyhbv",
    "h": "gyujnb", "j": "huikmn", "k": "jiolm", "l": "kop", "z": "asx", "x": "zsdc", "c": "xdfv",
    "v": "cfgb", "b": "vghn", "n": "bhjm", "m": "njk",
}  # fmt: skip
