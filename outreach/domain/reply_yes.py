"""When a yes is clear enough to act on.

Rules:

- **In so many words** ("sign us up", "yes please", "that would be lovely") nothing may stand beside it that hedges,
  conditions, asks, refuses, puts off, mocks or speaks for somebody else. Whether the other words leave it what it is
  says `reply_company`.
- **A bare yes** bears politeness and nothing else, or stands by itself in a text that speaks of help that is wanted.
- A yes in the last clause takes back what was said of the past before it: "I wasn't ready. I am now so yes please".
- A sentence that only sounds like a question asks nothing: "why on earth would I say no?"
"""

from __future__ import annotations

from outreach.domain.reply_doubt import clauses
from outreach.domain.reply_find import ACCEPTS, NEEDS, Found
from outreach.domain.reply_lexicon import Lexicons

#: What in a text takes a yes back, or makes it less than clear.
_BLOCKS = frozenset(
    {
        "stop", "near_stop", "cancel", "stop_doubt", "wrong_person", "call", "decline", "soft_decline", "lead_no",
        "later", "when", "question", "request", "hedge", "condition", "sarcasm", "abuse", "relayed", "help", "concern",
    }
)  # fmt: skip


def asks(found: Found) -> bool:
    """Whether a sentence asks that no phrase explains: "why on earth would I say no?" asks nothing."""
    words = found.read.words
    told = {place for tag in found.tags if tag.kind == "neutral" for place in range(tag.start, tag.end)}
    return any(
        any(place not in told for place, sentence in enumerate(words.sentences) if sentence == asked)
        for asked in words.asks
    )


_PAST = frozenset(
    {
        "was", "wasnt", "werent", "didnt", "did", "said", "last", "before", "first", "ago", "then", "used", "couldnt",
        "wouldnt", "had", "been", "refused", "never", "previously",
    }
)  # fmt: skip


def taken_back(found: Found, lexicons: Lexicons) -> frozenset[str]:
    """Kinds that stand only in sentences about the past, before a last sentence that is a plain yes."""
    words = found.read.words
    last = words.sentences[-1]
    own = [tag for tag in found.tags if words.sentences[tag.start] == last]
    if not any(tag.kind == "accept" for tag in own) or any(tag.kind in _BLOCKS for tag in own):
        return frozenset()
    past = {sentence for word, sentence in zip(words.words, words.sentences, strict=True) if word in _PAST}
    soft = {"condition", "negation", "lead_no"}
    back = {tag.kind for tag in found.tags if tag.kind in soft}
    return frozenset(
        kind for kind in back if all(words.sentences[tag.start] in past for tag in found.tags if tag.kind == kind)
    )


#: An agreeable phrase that says no more than a bare yes.
_NO_PLEDGE = frozenset(
    {
        "why", "soon", "sooner", "100", "million", "thousand", "mind", "pleasure", "when", "deal", "definitely",
        "absolutely", "ready",
    }
)  # fmt: skip


_IN_WORDS = frozenset({"yes", "yeah", "aye", "yep", "please"})


def pledged(found: Found) -> bool:
    """Whether it is a yes in so many words: "sign us up", "that would be lovely", "yes please"."""
    words = found.read.words.words
    yes = [set(words[tag.start : tag.end]) for tag in found.tags if tag.kind == "accept" and not tag.fuzzy]
    return any(_IN_WORDS & said or not _NO_PLEDGE & said for said in yes) and (
        "laughing" not in words or bool(_IN_WORDS & set(words))
    )


_PLAIN_YES = frozenset({"accept", "weak_accept", "beside_yes"})
#: A bare yes that opens or ends a text which speaks of help is a yes to it.
_WANTS = frozenset(
    {
        "need", "needs", "want", "wants", "benefit", "help", "support", "struggling", "struggle", "struggles", "keen",
        "offer", "grateful", "appreciate", "asking", "thanks",
    }
)  # fmt: skip


#: What may stand before a plain yes at the end and is taken back by it, or never was against it.
_SOFT = frozenset({"lead_no", "negation", "neutral", "beside_yes", "bare", "concern", "uneasy", *ACCEPTS, *NEEDS})
_ONLY_LINKS = frozenset({"but", "only", "though", "although", "however"})
_OF_SAYING_NO = frozenset({"say", "saying", "said", "way", "refuse", "turn"})
_OF_THE_PAST = frozenset({"later", "when", "decline", "soft_decline", "condition"})


def ends_in_yes(found: Found, kinds: frozenset[str]) -> bool:
    """Whether the last clause is a yes in so many words, and those before it only talk of saying no, or of the past.

    "You won't hear me saying no. Sign us up"; "sorry, I wasn't ready. I am now so yes please".
    """
    words = found.read.words.words
    numbers = clauses(found)
    if not words or not kinds & ACCEPTS or numbers[-1] == 0 or asks(found):
        return False
    last = numbers[-1]
    past = {clause for word, clause in zip(words, numbers, strict=True) if word in _PAST}
    for tag in found.tags:
        said = set(words[tag.start : tag.end])
        talk = (tag.kind == "condition" and said <= _ONLY_LINKS) or (tag.kind == "decline" and said & _OF_SAYING_NO)
        gone = tag.kind in _OF_THE_PAST and numbers[tag.start] in past
        if tag.kind not in _SOFT and not ((talk or gone) and numbers[tag.end - 1] != last):
            return False
        if tag.kind in ("lead_no", "negation") and numbers[tag.start] == last:
            return False
    yes = [tag for tag in found.tags if tag.kind in ACCEPTS and not tag.fuzzy and numbers[tag.start] == last]
    return bool(yes) and pledged(found)


def _for_a_child(found: Found) -> bool:
    """Whether the text says whom a bare yes is for: "Yes. It's for my grandson"."""
    words = found.read.words.words
    return any(
        tag.kind in ("need_child", "need_carer")
        and words[tag.start] == "for"
        and words[tag.end : tag.end + 1] not in (("dad",), ("dads",), ("mum",), ("mums",), ("uncle",), ("nan",))
        for tag in found.tags
    )


#: Words of somebody who has thought about the offer, or waited for it.
_WEIGHED = frozenset(
    {
        "thought", "thinking", "think", "decided", "slept", "talked", "discussed", "mind", "minds", "needed", "time",
        "hoping", "hoped", "waiting", "waited", "ready", "refused", "before", "said", "changed", "readier", "sure",
        "sold", "convinced", "turn", "miss", "better",
    }
)  # fmt: skip


def _last_sentence(found: Found, lexicons: Lexicons) -> bool:
    """Whether the last sentence is a bare yes with politeness and nothing else: "Thought about it all week. Yes." """
    words = found.read.words
    last = [place for place, sentence in enumerate(words.sentences) if sentence == words.sentences[-1]]
    yes = {
        place
        for tag in found.tags
        if tag.kind in ACCEPTS and not tag.fuzzy and tag.start in last
        for place in range(tag.start, tag.end)
    }
    return (
        last[0] > 0
        and bool(yes)
        and all(place in yes or words.words[place] in lexicons.courtesy("en") for place in last)
    )


_NOES = frozenset({"no", "not", "dont", "cant", "wont", "never", "nobody", "nothing", "doesnt", "didnt", "isnt"})


_LONG_IN_COMING = frozenset({"while", "took", "ages", "soft", "mad", "daft", "silly", "sorry", "late", "fate", "hard"})


def _in_spite_of_it(found: Found, lexicons: Lexicons) -> bool:
    """Whether a "but yes" ends a text that holds no other no: "took a while but yes"."""
    words = found.read.words.words
    return (
        bool((_WEIGHED | _LONG_IN_COMING) & set(words))
        and not _NOES & set(words)
        and any(
            tag.kind in ACCEPTS
            and words[tag.start] == "but"
            and all(word in lexicons.courtesy("en") for word in words[tag.end :])
            for tag in found.tags
        )
    )


def _signature(found: Found, lexicons: Lexicons) -> set[int]:
    """Where the name stands that signs a bare yes: "yes. Bev x"."""
    words, sentences = found.read.words.words, found.read.words.sentences
    signed: set[int] = set()
    for place, word in enumerate(words):
        if not place or word not in lexicons.everyday("names"):
            continue
        if sentences[place] != sentences[place - 1] or place in found.read.words.pauses:
            signed.add(place)
    return signed


_DENIALS = frozenset({"dont", "cant", "not", "no", "wont", "didnt"})


def _apart(found: Found) -> bool:
    """Whether a bare yes is the first or the last clause by itself."""
    words = found.read.words.words
    numbers = clauses(found)
    for tag in found.tags:
        if tag.kind in ACCEPTS and not tag.fuzzy:
            begins = tag.start == 0 and (tag.end == len(words) or numbers[tag.end] > 0 or words[tag.end] == "for")
            ends = tag.end == len(words) and (tag.start == 0 or numbers[tag.start - 1] < numbers[tag.start])
            if begins or ends:
                return True
    return False


def without_asides(found: Found, kinds: frozenset[str]) -> frozenset[str]:
    """Without what is no doubt beside a yes in so many words: an "oh" with thanks, that others are doing well."""
    words = set(found.read.words.words)
    mocks = [tag for tag in found.tags if tag.kind == "sarcasm"]
    if ("thanks" in words or _exclaims(found)) and all(found.read.words.words[tag.start] == "oh" for tag in mocks):
        kinds -= {"sarcasm"}
    told = [set(found.read.words.words[tag.start : tag.end]) for tag in found.tags if tag.kind == "relayed"]
    if "need_child" in kinds and pledged(found) and all(_CHILD_NEEDS & each and not _SAYS & each for each in told):
        kinds -= {"relayed"}
    return kinds - {"soft_decline"} if pledged(found) and _IN_WORDS & words else kinds


def _exclaims(found: Found) -> bool:
    """Whether a "yes please" with an "oh" ends there, or is pleased with it: "ooh yes please that sounds fab"."""
    words = found.read.words.words
    return any(
        words[place : place + 3] == ("oh", "yes", "please") and words[place + 3 : place + 4] in _PLEASED
        for place in range(len(words) - 2)
    )


_PLEASED = (
    (),
    ("that",),
    ("thatd",),
    ("thats",),
    ("it",),
    ("itd",),
    ("we",),
    ("i",),
    ("love",),
    ("x",),
    ("hun",),
    ("mate",),
)
_CHILD_NEEDS = frozenset({"needs", "need", "would", "wants", "want"})
_SAYS = frozenset({"says", "said", "say", "told", "asked", "thinks", "saying"})


def clear_yes(found: Found, kinds: frozenset[str], lexicons: Lexicons) -> bool:
    kinds = without_asides(found, kinds)
    if (kinds - taken_back(found, lexicons)) & _BLOCKS or any(
        tag.fuzzy for tag in found.tags if tag.kind == "weak_accept"
    ):
        return False
    if pledged(found):
        return True
    words = found.read.words.words
    if _apart(found) and (_WANTS & set(words) or _for_a_child(found)):
        return True
    if (_WEIGHED & set(words) and _last_sentence(found, lexicons)) or _in_spite_of_it(found, lexicons):
        return True
    covered = {place for tag in found.tags for place in range(tag.start, tag.end) if tag.kind in _PLAIN_YES}
    numbers = clauses(found)
    said = {numbers[tag.start] for tag in found.tags if tag.kind in ACCEPTS}
    covered |= {
        place
        for tag in found.tags
        for place in range(tag.start, tag.end)
        if tag.kind == "neutral"
        and (words[tag.start] == "if" or (numbers[tag.start] not in said and words[tag.start] not in _DENIALS))
    }
    beside = (lexicons.courtesy("en") | lexicons.assent() | lexicons.everyday("signs")) - {"laughing"}
    covered |= _signature(found, lexicons)
    return all(place in covered or word in beside for place, word in enumerate(words))
