"""Why a person looks at once at a text that is not acted on: words that nothing accounts for, and whom they tell of.

Rules:

- A word is **accounted for** by a phrase that counts, or by being one of those that say nothing either way.
- **A man who is spoken of** is one named outside every phrase that counts, where no child stands in the text who he may
  be. Then a person looks at once.
- A word of trouble outside every phrase that counts ("safe", "alone", "locked") does the same, and forbids `act`.
- What cannot be acted on and tells of people in two words or more that nothing accounts for is looked at **at once**:
  danger is mostly told so. A wish to stop is held instead, unless it tells much more than that.
- A text is made of **clauses**: what stands between two ends, commas or dashes, or before "and he", "but we" and the
  like. Four words or more of a clause in which no phrase counts, or six beside one that does, are looked at at once
  where they tell of people: nobody said what they mean together. A clause about school or work may be longer.
- In another language three words or more that nothing accounts for are looked at at once, five beside a wish to stop.
- A text that speaks of texting and against something, in words that nothing else explains, complains: it is held.
"""

from __future__ import annotations

from outreach.domain.reply_find import STOP_WORDS, Found, crosses_pause
from outreach.domain.reply_lexicon import Lexicons

#: Kinds that do not account for the words that they hold.
_NOT_ACCOUNTING = frozenset({"negation"})
#: Kinds that say nothing of the man whom they name.
_NOT_TELLING = frozenset({"negation", "condition", "uneasy", "relayed"})

#: A longer text that is not understood and tells of people: that is how danger is mostly told.
PEOPLE = frozenset(
    {
        "i", "im", "ive", "we", "weve", "were", "he", "hes", "hed", "hell", "him", "his", "she", "shes", "her", "they",
        "theyre", "theyve", "theyll", "them", "my", "me", "us", "our", "kids", "children", "son", "daughter", "mum",
        "nan", "gran", "mummy", "stepdad", "uncle", "brother", "sister", "dad", "mam", "baby", "someone", "man", "men",
        "woman", "boy", "girl", "people", "boyfriend", "husband", "partner",
    }
)  # fmt: skip
#: Somebody who may be the danger, and stands in a text beside words that nothing accounts for.
_HIM = frozenset(
    {
        "he", "hes", "hed", "hell", "him", "his", "himself", "partner", "husband", "hubby", "fella", "bloke",
        "boyfriend", "bf", "ex", "stepdad", "dad", "dads", "daddy", "uncle",
    }
)  # fmt: skip


#: What a letter ends with: the name behind it is nobody's business.
_SIGN_OFFS = frozenset({"regards", "sincerely", "faithfully", "wishes", "warmly", "respectfully"})


def unknown_words(found: Found, lexicons: Lexicons) -> list[str]:
    """The words that nothing accounts for."""
    return [found.read.words.words[place] for place in unknown_places(found, lexicons)]


def unknown_places(found: Found, lexicons: Lexicons) -> list[int]:
    """Where the words stand that nothing accounts for."""
    covered = _covered(found, _NOT_ACCOUNTING)
    filler = lexicons.filler("en")
    words = found.read.words.words
    signed = next((place for place, word in enumerate(words) if place and word in _SIGN_OFFS), len(words))
    return [
        place
        for place, word in enumerate(words)
        if (place < signed or place > signed + 4)
        and place not in covered
        and word not in filler
        and not lexicons.name(word)
    ]


def _covered(found: Found, but: frozenset[str]) -> set[int]:
    return {place for tag in found.tags if tag.kind not in but for place in range(tag.start, tag.end)}


def spoken_of(found: Found) -> bool:
    """Whether a man is named outside every phrase that counts, and no child stands there who he may be."""
    kinds = found.kinds()
    if kinds & {"need_child", "wrong_person"}:
        return False
    covered = _covered(found, _NOT_TELLING)
    return any(word in _HIM and place not in covered for place, word in enumerate(found.read.words.words))


def troubled(found: Found) -> bool:
    """Whether a word of trouble stands outside every phrase that counts, and no harmless one explains it."""
    covered = _covered(found, _NOT_TELLING)
    covered |= {place for tag in found.read.tags if tag.kind == "neutral" for place in range(tag.start, tag.end)}
    words = found.read.words.words
    return any(
        tag.kind == "uneasy" and tag.start not in covered and words[tag.start] not in _OFTEN_SAID for tag in found.tags
    )


#: Words of trouble that a plain answer holds as often.
_OFTEN_SAID = frozenset({"help", "theres", "he", "hes", "they", "hell", "hed", "theyre"})


def tells_more(found: Found, lexicons: Lexicons, *, stopped: bool) -> bool:
    """Whether a text that is not acted on tells of people in words that nothing accounts for."""
    unknown = len(unknown_words(found, lexicons))
    if spoken_of(found) or troubled(found):
        return True
    if not stopped and loose(found, lexicons) and PEOPLE & set(found.read.words.words):
        return True
    return unknown >= (_MUCH if stopped else _SOME) and bool(PEOPLE & set(found.read.words.words))


def unknown_abroad(found: Found, lexicons: Lexicons) -> int:
    """How many words of a text in another language nothing accounts for."""
    tags = (*found.foreign_tags, *(tag for tag in found.danger if tag.language != "en"))
    covered = {place for tag in tags for place in range(tag.start, tag.end)}
    plain = lexicons.filler(found.language) | lexicons.courtesy(found.language)
    words = found.foreign.words.words
    return sum(1 for place, word in enumerate(words) if place not in covered and word not in plain and word.isalnum())


_SOME, _MUCH = 2, 5
_JOINS = frozenset({"and", "but", "so", "because", "then"})
_BEGINS = frozenset(
    {
        "i", "im", "ive", "id", "we", "weve", "wed", "were", "he", "hes", "hed", "hell", "she", "shes", "they",
        "theyre", "theyve", "it", "its", "there", "theres", "my", "our", "this", "that", "you", "youve", "if", "when",
        "whoever", "yes", "yeah", "aye", "please", "ring", "call", "phone", "sign", "put",
    }
)  # fmt: skip
_FREE, _BESIDE_A_PHRASE, _ABOUT_SOMETHING = 4, 6, 8


def clauses(found: Found) -> list[int]:
    """Which clause each word stands in."""
    words = found.read.words
    numbers: list[int] = []
    clause = 0
    for place, word in enumerate(words.words):
        joined = word in _JOINS and words.words[place + 1 : place + 2] and words.words[place + 1] in _BEGINS
        parted = place and (words.sentences[place] != words.sentences[place - 1] or place in words.pauses)
        if parted or (place and (joined or _says_yes(words.words, place) or words.words[place - 1] == "laughing")):
            clause += 1
        numbers.append(clause)
    return numbers


def _says_yes(words: tuple[str, ...], place: int) -> bool:
    """Whether a "yes please" begins here that no comma parts from what the writer says of themselves before it."""
    explicit = words[place] in _YESES and words[place + 1 : place + 2] == ("please",)
    return explicit and words[place - 1] not in _LEADS_TO_YES and bool(_SPEAKS & set(words[:place]))


_YESES = frozenset({"yes", "yeah", "yep", "aye"})
_LEADS_TO_YES = frozenset(
    {"say", "saying", "said", "says", "put", "a", "the", "to", "text", "reply", "my", "your", "of", "not", "but", "so"}
)
_SPEAKS = frozenset({"i", "im", "ive", "id", "we", "were", "weve", "wed", "cant", "my", "our", "kids", "he", "she"})


def loose(found: Found, lexicons: Lexicons) -> bool:
    """Whether a clause stands in the text whose words no phrase explains together."""
    covered = _covered(found, _NOT_TELLING)
    courtesy = lexicons.courtesy("en")
    numbers = clauses(found)
    free = dict.fromkeys(numbers, 0)
    told = dict.fromkeys(numbers, 0)
    about = dict.fromkeys(numbers, 0)
    topics = lexicons.topics()
    for place, (word, clause) in enumerate(zip(found.read.words.words, numbers, strict=True)):
        told[clause] += place in covered
        about[clause] += word in topics
        free[clause] += place not in covered and word not in courtesy
    return any(
        count >= (_ABOUT_SOMETHING if about[clause] else _BESIDE_A_PHRASE if told[clause] else _FREE)
        for clause, count in free.items()
    )


_MENTIONS = STOP_WORDS | {
    "cancel", "quit", "revoke", "spam", "delete", "unsubscribe", "optout", "block", "blocked", "remove",
}  # fmt: skip


def mentions_stop(found: Found) -> bool:
    """Whether the word stands in the text, and nothing explains it."""
    plain = {
        place
        for tag in found.tags
        if tag.kind == "neutral" and not crosses_pause(found.read, tag)
        for place in range(tag.start, tag.end)
    }
    words = found.read.words.words
    return any(
        word in _MENTIONS and (place not in plain or words[place - 1 : place] == ("to",))
        for place, word in enumerate(words)
    )


_TEXTING = frozenset(
    {
        "text", "texts", "texting", "texted", "message", "messages", "messaging", "messaged", "contact", "contacting",
        "contacted",
    }
)  # fmt: skip
_AGAINST = frozenset(
    {
        "no", "not", "dont", "never", "wont", "cant", "stop", "nobody", "nothing", "without", "didnt", "isnt", "arent",
        "nope", "hate", "sick", "annoying", "annoyed", "delete", "remove", "fed", "tired", "enough", "angry", "upset",
        "upsetting", "end", "less", "fewer", "last", "final", "block", "report", "useless", "pointless", "unwanted",
        "unwelcome",
    }
)  # fmt: skip


_EXPLAINS_TEXTING = frozenset({"neutral", "call", "later", "wrong_person"})


def complains(found: Found) -> bool:
    """Whether a sentence speaks of texting and against something, in words that nothing else explains."""
    explained = {place for tag in found.tags if tag.kind in _EXPLAINS_TEXTING for place in range(tag.start, tag.end)}
    about: set[int] = set()
    against: set[int] = set()
    for place, word in enumerate(found.read.words.words):
        if place in explained:
            continue
        sentence = found.read.words.sentences[place]
        if word in _TEXTING:
            about.add(sentence)
        elif word in _AGAINST:
            against.add(sentence)
    return bool(about & against)
