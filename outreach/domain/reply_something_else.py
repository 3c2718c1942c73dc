"""Whether a yes is a yes to something else than the offer: to milk, to a curry, for somebody who is not the family's.

Rules:

- A yes that is left open ("yes to the", "great for my") goes on with the offer or with the family, or is none.
- What is wished for in any clause ("I'd love a ...") is the offer, or the yes beside it is none.
- "The kids' dad" is no child.
"""

from __future__ import annotations

from outreach.domain.reply_find import ACCEPTS, Found
from outreach.domain.reply_lexicon import Lexicons

_ELDER = frozenset({"dad", "dads", "daddy", "father", "mum", "mums", "mother", "uncle", "stepdad"})


def of_the_childs(found: Found, covered: frozenset[int]) -> bool:
    """Whether what sounds like a child is only whose father or mother it is: "it's for the kids' dad"."""
    words = found.read.words.words
    return any(
        tag.kind == "need_child" and tag.end not in covered and words[tag.end : tag.end + 1] in _ELDERS_ALONE
        for tag in found.tags
    )


_ELDERS_ALONE = tuple((word,) for word in sorted(_ELDER))
#: What a yes that is left open ("I wouldn't say no to ...") may go on with: the offer, or the family.
_OFFERED = frozenset(
    {
        "it", "this", "that", "these", "help", "support", "some", "any", "anything", "all", "everything", "your", "you",
        "bit", "hand", "chat", "little", "lot", "break", "us", "me", "both", "them", "him", "her", "someone",
        "somebody", "talk", "offer", "service", "be", "have", "get", "take", "join", "start", "try", "give", "accept",
        "go", "come", "see", "do", "group", "groups", "trips", "trip", "sessions", "activities", "club", "clubs",
        "counselling", "mentoring", "mentor", "referral", "programme", "project", "scheme", "course", "football",
        "homework", "respite", "whole", "legal", "advice", "kids", "boys", "girls", "children",
    }
)  # fmt: skip
_FETCHES = frozenset({"bring", "fetch", "grab", "buy", "pick", "save", "order"})
_OWNING = frozenset({"a", "an", "the", "my", "our", "his"})


def _asks_for_something(found: Found, lexicons: Lexicons) -> bool:
    """Whether what is wished for, in whatever clause, is other business: "I'd love a curry, yes please"."""
    words, sentences = found.read.words.words, found.read.words.sentences
    told = {place for tag in found.tags if tag.kind != "negation" for place in range(tag.start, tag.end)}
    for place, word in enumerate(words):
        thing = place + 1
        while thing < len(words) and words[thing] in _A_BIT_OF and sentences[thing] == sentences[place]:
            thing += 1
        if word not in _WISHES or thing >= len(words) or sentences[thing] != sentences[place]:
            continue
        known = words[thing] in lexicons.everyday() or words[thing].endswith(("ing", "ed")) or words[thing].isdigit()
        if thing not in told and (words[thing] in lexicons.errands() or not known) and not lexicons.name(words[thing]):
            return True
    return False


_WISHES = frozenset({"want", "wants", "love", "need", "needs", "like", "fancy", "wanna", "starving"})
_A_BIT_OF = frozenset(
    {"a", "an", "some", "the", "my", "any", "more", "new", "few", "bit", "of", "to", "have", "get", "really", "another"}
)


def to_something_else(found: Found, lexicons: Lexicons) -> bool:
    """Whether a yes goes on with somebody or something else: "great for my sister", "bring milk, yes please"."""
    words = found.read.words.words
    if words[0] in _FETCHES and words[:3] != ("bring", "it", "on"):
        return True
    if _asks_for_something(found, lexicons):
        return True
    own = {place for tag in found.tags if tag.kind == "need_child" for place in range(tag.start, tag.end)}
    for tag in found.tags:
        end = tag.end
        while end > tag.start + 1 and words[end - 1] in _OWNING:
            end -= 1
        if tag.kind not in ACCEPTS or words[end - 1] not in ("to", "for") or end + 1 >= len(words):
            continue
        after = end
        while after < len(words) - 1 and words[after] in _OWNING:
            after += 1
        if after > end and after not in own and words[after] not in _OFFERED:
            return True
    return False
