"""Finds in a text what stands there: which phrases count, which signs of danger, and in which language.

Rules:

- The longest phrase counts where phrases overlap. What explains the word "stop" wins over it; a wish to stop gives
  way to nothing else.
- A phrase that wants the whole text counts only where the rest is politeness.
- A sign of danger gives way only to a `not_danger` or an `idiom` that holds all of it. A word that merely frightens
  counts where nothing says more.
- The text is English unless the words of another language hold more of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from outreach.domain.reply_lexicon import Lexicons, Read, Tag
from outreach.domain.reply_phrases import DANGER
from outreach.domain.reply_values import Context, Need

STOPS = frozenset({"stop", "near_stop", "cancel"})
ACCEPTS = frozenset({"accept", "weak_accept"})
NEEDS = {"need_child": Need.CHILD, "need_carer": Need.CARER, "need_legal": Need.LEGAL}
#: Kinds that stand beside the others and never compete with them for words.
_ASIDE = frozenset(
    {"third_party", "child_sender", "bereaved", "new_contact_details", "release_ahead", "concern", "uneasy", *NEEDS}
)
#: What an idiom explains: "these kids will be the death of me".
_SOUNDS_BAD = frozenset({"bereaved", "uneasy"})
#: What may hold a near wish to stop as part of a longer phrase: "she don't live here no more", "is this a scam".
_MAY_HOLD = frozenset({"wrong_person", "question"})
#: What may explain the word "stop" away.
_EXPLAINS = frozenset({"neutral", "stop_doubt", "stop", "near_stop", "cancel"})
_RANK = {
    "neutral": 0, "beside_yes": 0, "stop_doubt": 1, "stop": 1, "cancel": 1, "near_stop": 2, "wrong_person": 2,
    "call": 3, "sarcasm": 3, "hedge": 4, "decline": 4, "later": 4, "soft_decline": 5, "question": 5, "accept": 5,
    "weak_accept": 6, "when": 6, "condition": 7, "lead_no": 7,
}  # fmt: skip
#: Whose gaps never hold a no: "would have said yes last year, don't need it now" is no yes.
_NEVER_OVER_NO = ACCEPTS | {"call", "later"}
#: "ok thanks ok thanks" says that it came, and no more.
_RECEIVED = frozenset({"okay", "thanks", "all", "right", "alright"})
_DENIES = frozenset({"dont", "wont", "doesnt", "didnt", "wouldnt"})
_NOES = frozenset({"no", "not", "dont", "never", "wont", "cant", "but", "nor"})
STOP_WORDS = frozenset({"stop", "stopish", "stopall", "stopped", "stops"})


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in a text, once overlaps are settled."""

    read: Read
    tags: tuple[Tag, ...]
    danger: tuple[Tag, ...]
    foreign: Read
    foreign_tags: tuple[Tag, ...]
    language: str

    def kinds(self) -> frozenset[str]:
        return frozenset(tag.kind for tag in self.tags)

    def words(self, tag: Tag) -> str:
        read = self.read if tag.language == "en" else self.foreign
        return read.said(tag)


def find(text: str, context: Context, lexicons: Lexicons) -> Found:
    english, foreign = lexicons.read(text)
    languages = sorted({tag.language for tag in foreign.tags})
    foreign_tags = tuple(tag for language in languages for tag in _settled(foreign, lexicons, language))
    tags = _carers_own(_without_but(_settled(english, lexicons), english), english)
    danger = (*_danger(english, lexicons), *_danger(foreign, lexicons))
    language = _language(english, tags, foreign, foreign_tags, context, lexicons)
    return Found(english, tags, danger, foreign, foreign_tags, language)


def _danger(read: Read, lexicons: Lexicons) -> tuple[Tag, ...]:
    """The signs of danger; a word that only frightens counts where nothing says more."""
    found = _signs(read, lexicons)
    return tuple(tag for tag in found if tag.kind != "dread") or found


def _signs(read: Read, lexicons: Lexicons) -> tuple[Tag, ...]:
    silent = [tag for tag in read.tags if tag.kind in ("not_danger", "idiom")]
    return tuple(
        tag
        for tag in read.tags
        if tag.kind in DANGER
        and (not tag.whole or _alone(read, tag, lexicons))
        and not any(other.start <= tag.start and tag.end <= other.end for other in silent)
    )


def _alone(read: Read, tag: Tag, lexicons: Lexicons) -> bool:
    courtesy = lexicons.courtesy(tag.language)
    words = read.words.words
    return all(
        words[place] in courtesy or not words[place].isalnum()
        for place in range(len(words))
        if not tag.start <= place < tag.end
    )


def _settled(read: Read, lexicons: Lexicons, language: str = "en") -> tuple[Tag, ...]:
    """Which phrases count: the longest where they overlap; a wish to stop only gives way to what explains it."""
    candidates = [
        tag
        for tag in read.tags
        if tag.language == language
        and tag.kind not in DANGER
        and tag.kind not in ("not_danger", "idiom")
        and (not tag.whole or _alone(read, tag, lexicons))
        and not (tag.kind in _NEVER_OVER_NO and any(read.words.words[place] in _NOES for place in tag.free))
        and not (tag.kind in ("accept", "later") and _denied(read, tag))
        and not (tag.kind == "accept" and _only_thanks(read, tag))
        and not (tag.kind == "soft_decline" and set(read.words.words[tag.start : tag.end]) <= _RECEIVED)
    ]
    idioms = [tag for tag in read.tags if tag.kind == "idiom"]
    apart = [
        tag
        for tag in candidates
        if tag.kind in _ASIDE
        and not (tag.kind in _SOUNDS_BAD and any(one.start <= tag.start and tag.end <= one.end for one in idioms))
    ]
    candidates = [tag for tag in candidates if tag.kind not in _ASIDE]
    candidates = _explained(candidates, read)
    candidates.sort(key=lambda tag: (-tag.length, _rank(tag), not tag.whole))
    kept: list[Tag] = []
    for tag in candidates:
        over = [other for other in kept if other.start < tag.end and tag.start < other.end]
        if tag.kind in STOPS:
            explains = _EXPLAINS | (_MAY_HOLD if tag.kind == "near_stop" else frozenset())
            over = [
                other for other in over if other.kind in explains and other.start <= tag.start and tag.end <= other.end
            ]
        if over:
            continue
        kept.append(tag)
    kept += _rung_then(kept, read)
    return tuple(sorted((*kept, *apart), key=lambda tag: (tag.start, -tag.end)))


def _rung_then(kept: list[Tag], read: Read) -> list[Tag]:
    """A call that says when in words which sound like a later: "call when the baby naps"."""
    words, taken = read.words.words, {place for tag in kept for place in range(tag.start, tag.end)}
    calls = []
    for tag in kept:
        place = tag.start - 1
        while place > 0 and words[place] in _RUNG and words[place] not in _RING:
            place -= 1
        alone = place == 0 or place in read.words.pauses or words[place - 1 : place] in _ASKING
        alone = alone or (place > 0 and read.words.sentences[place - 1] != read.words.sentences[place])
        if tag.kind in ("later", "when") and place >= 0 and words[place] in _RING and alone and place not in taken:
            calls.append(Tag("call", tag.language, place, tag.start, whole=False))
    return calls


_RING = frozenset({"call", "ring", "phone", "bell", "telephone"})
_RUNG = frozenset({"me", "us", "back", "please", "then"})
_ASKING = tuple((word,) for word in ("please", "just", "so", "then", "and", "you", "could", "can", "someone", "or"))


def _rank(tag: Tag) -> int:
    """A whole answer goes before what else the same words may be part of: "that would be lovely"."""
    return 0 if tag.whole and tag.kind in ("accept", "call") else _RANK.get(tag.kind, 9)


def _only_thanks(read: Read, tag: Tag) -> bool:
    """Whether it is thanks for the offer, which goes with a no as well: "I appreciate the support"."""
    said = set(read.words.words[tag.start : tag.end])
    return "appreciate" in said and not said & {"would", "id", "wed", "yes", "please", "well", "ill"}


def _denied(read: Read, tag: Tag) -> bool:
    """Whether a no stands up to two words before what would be a yes: "I don't feel I need it", "don't ask again"."""
    words = read.words
    if tag.kind == "later" and words.words[tag.start] not in _ASKED_TO_WAIT:
        return False
    for place in range(tag.start - 1, max(-1, tag.start - 3), -1):
        if words.sentences[place] != words.sentences[tag.start] or place + 1 in words.pauses:
            return False
        if words.words[place] in _DENIES:
            return True
    return False


_RAISES = re.compile(
    r"\b(?:with (?:me|us) since|lives? with (?:me|us)|living with (?:me|us)|been with (?:me|us)|came to (?:me|us)"
    r"|raising|bringing (?:him|her|them) up|guardian|custody of|in (?:my|our) care|have (?:him|her|them) full time"
    r"|got (?:all )?(?:two|three|four|both|the kids|the boys|the girls|the bairns)\b"
    r"|(?:my|our) (?:boys|girls|grandkids|grandchildren))"
)


def _carers_own(tags: tuple[Tag, ...], read: Read) -> tuple[Tag, ...]:
    """Without a third party who raises the children: "I'm his grandad, he's been with me since July"."""
    words = read.words.words
    if not _RAISES.search(" ".join(words)):
        return tags
    return tuple(
        tag for tag in tags if not (tag.kind == "third_party" and {"his", "their"} & set(words[tag.start : tag.end]))
    )


_ASKED_TO_WAIT = frozenset({"ask", "text", "try", "message", "come", "get", "check", "leave", "wait"})


def _without_but(tags: tuple[Tag, ...], read: Read) -> tuple[Tag, ...]:
    """A "but" that stands right before the yes takes nothing back: "never thought I'd say this but yes"."""
    yes = {tag.start for tag in tags if tag.kind in ACCEPTS}
    return tuple(
        tag for tag in tags if not (tag.kind == "condition" and tag.end in yes and read.words.words[tag.start] == "but")
    )


def _explained(candidates: list[Tag], read: Read) -> list[Tag]:
    """Without the wishes to stop whose very word "stop" is part of something else: "bus stop", "don't stop asking".

    A clear wish is only explained by `neutral`; a word "stop" by itself by `stop_doubt` too.
    """
    words = read.words.words
    stops = {place for place, word in enumerate(words) if word in STOP_WORDS}
    if not stops:
        return candidates
    plain: set[int] = set()
    doubt: set[int] = set()
    for tag in candidates:
        if tag.kind in ("neutral", "stop_doubt") and not crosses_pause(read, tag):
            places = stops & set(range(tag.start, tag.end))
            doubt |= places
            if tag.kind == "neutral":
                plain |= places
    kept = []
    for tag in candidates:
        places = stops & set(range(tag.start, tag.end))
        longer = tag.kind == "near_stop" and not places & plain and _holds_doubt(tag, candidates)
        if tag.kind in STOPS and places and not longer and places <= (plain if tag.kind == "stop" else doubt):
            continue
        kept.append(tag)
    return kept


def crosses_pause(read: Read, tag: Tag) -> bool:
    """Whether a comma stands before the word inside a phrase: "I don't want it, stop" says stop by itself."""
    words = read.words
    return any(place in words.pauses and words.words[place] in STOP_WORDS for place in range(tag.start + 1, tag.end))


def _holds_doubt(tag: Tag, candidates: list[Tag]) -> bool:
    """Whether a wish to stop says more than every doubt about its words: "I have told you twice to stop"."""
    over = [
        other for other in candidates if other.kind == "stop_doubt" and other.start < tag.end and tag.start < other.end
    ]
    return all(tag.start <= other.start and other.end <= tag.end and other.length < tag.length for other in over)


def _language(
    english: Read,
    tags: tuple[Tag, ...],
    foreign: Read,
    foreign_tags: tuple[Tag, ...],
    context: Context,
    lexicons: Lexicons,
) -> str:
    """The language of the text: English, unless the words of another one hold more of it."""
    covered: dict[str, set[int]] = {}
    for tag in (*foreign_tags, *(tag for tag in foreign.tags if tag.kind in DANGER and not tag.whole)):
        covered.setdefault(tag.language, set()).update(range(tag.start, tag.end))
    plain = {place for tag in tags if tag.kind not in ("negation",) for place in range(tag.start, tag.end)}
    for language, places in covered.items():
        for place, word in enumerate(foreign.words.words):
            if word in lexicons.filler(language):
                places.add(place)
    if not covered:
        return _by_script(foreign.words.words)
    home = context.language.split("-")[0]
    best = max(covered, key=lambda language: (len(covered[language]), language == home))
    return best if len(covered[best]) > len(plain) or (best == home and len(covered[best]) >= len(plain)) else "en"


def _by_script(words: tuple[str, ...]) -> str:
    for word in words:
        for letter in word:
            if "\u0a00" <= letter <= "\u0a7f":
                return "pa"
            if "\u0600" <= letter <= "\u06ff":
                return "ur" if any(sign in " ".join(words) for sign in "ےٹڈڑںگچپ") else "ar"
    return "en"


def stands_after(found: Found, later: str, sooner: str) -> bool:
    """Whether the last phrase of one kind stands after the last of the other."""
    last = {tag.kind: tag.start for tag in found.tags}
    return later in last and sooner in last and last[later] > last[sooner]


def wish_to_stop(found: Found) -> Tag | None:
    """The first wish to stop, in any language. Words within those of ending one's life speak of that."""
    harm = [tag for tag in found.danger if tag.kind == "self_harm"]
    for tag in (*found.tags, *found.foreign_tags):
        within = any(one.language == tag.language and one.start <= tag.start and tag.end <= one.end for one in harm)
        if tag.kind in STOPS and not within:
            return tag
    return None


def evidence_of(found: Found, tags: tuple[Tag, ...]) -> tuple[str, ...]:
    """The words that decided: the longest phrases first found, at most four, none inside another."""
    kept: list[Tag] = []
    for tag in sorted(tags, key=lambda tag: -tag.length):
        if not any(
            other.language == tag.language and other.start <= tag.start and tag.end <= other.end for other in kept
        ):
            kept.append(tag)
    kept.sort(key=lambda tag: tag.start)
    return tuple(found.words(tag) for tag in kept[:4])
