"""Whether all that stands beside a plain answer leaves it what it is, so that it may be acted on.

Rules:

- An act needs the **whole** text: every word stands inside a phrase that counts, or is an everyday word, a number, or a
  name; a longer text may hold one word that nobody knows, none of danger, and not in the clause that says yes. That
  clause speaks of the offer and of the family, never of errands: "yes I'll bring the cake".
- A word that a phrase leaves open (any word, a name, a gap) is not inside it, nor is the preposition it ends with.
- A word that **turns** a sense (no, but, if, only) stands inside a phrase that counts, or nothing is acted on. A yes
  bears what was not so in the past; a no bears being said twice.
- Who acts is the writer (`reply_others`).
"""

from __future__ import annotations

from outreach.domain.reply_doubt import clauses, troubled
from outreach.domain.reply_find import ACCEPTS, NEEDS, Found
from outreach.domain.reply_lexicon import Lexicons
from outreach.domain.reply_others import (
    FOR_OTHERS,
    GROWN,
    HE,
    SHE,
    THEY,
    named_acts,
    no_call,
    of_another,
    somebody_else,
)
from outreach.domain.reply_something_else import of_the_childs, to_something_else
from outreach.domain.reply_values import Intent

#: Kinds that do not explain the words that they hold.
_NOT_TELLING = frozenset(
    {
        "negation", "uneasy", "concern", "when", "condition", "hedge", "relayed", "question", "request", "abuse",
        "third_party", "bare",
    }
)  # fmt: skip
#: A preposition or a half phrase at the end of a found phrase: what follows says what it means.
_DANGLING = frozenset(
    {
        "in", "on", "at", "after", "before", "when", "whenever", "once", "if", "until", "till", "from", "because",
        "while", "my", "the", "a", "im", "by", "around", "about", "for", "our", "its", "hes", "shes", "theyre", "they",
        "he", "she", "to", "of",
    }
)  # fmt: skip
_TURNS = frozenset(
    {
        "no", "not", "nor", "nope", "nah", "never", "none", "nobody", "nobodys", "noone", "noones", "nothing",
        "nowhere", "neither", "without", "dont", "doesnt", "didnt", "cant", "couldnt", "wont", "wouldnt", "isnt",
        "arent", "wasnt", "werent", "havent", "hadnt", "hasnt", "shouldnt", "mustnt", "neednt", "aint", "barely",
        "hardly", "but", "if", "unless", "only", "except", "however", "although", "though", "otherwise", "whether",
        "instead", "provided", "depends", "maybe", "perhaps", "might", "suppose", "guess", "probably", "possibly",
        "must", "supposedly", "rather", "despite", "says", "told", "tell", "tells",
    }
)  # fmt: skip
_PAST_NOES = frozenset({"didnt", "wasnt", "werent", "couldnt", "hadnt", "havent", "hasnt"})
_NOES_SAID = frozenset(
    {
        "no", "not", "nor", "nope", "nah", "never", "none", "nothing", "neither", "without", "dont", "doesnt", "cant",
        "wont", "wouldnt", "isnt", "arent", "aint", "hardly", "barely",
    }
)  # fmt: skip
_UNSURE = frozenset({"sure", "know", "certain", "understand", "care", "bothered", "fussed", "interested", "convinced"})
#: "haven't seen my daughter for 2 days" puts nothing off.
_NOT_YET = frozenset({"havent", "hasnt", "hadnt", "not", "nobody", "never"})
_GONE_QUIET = tuple(
    (word,)
    for word in ("seen", "heard", "come", "slept", "eaten", "moved", "woken", "woke", "spoken", "been", "got", "left")
)
_SOFTENS = frozenset({"but", "though", "although", "however", "rather", "instead", "must", "told", "says"})
_WEIGHS = frozenset({"maybe", "perhaps", "might", "probably", "possibly", "suppose", "guess"})
#: What each wish bears in the clause that says it, and what in any other clause.
_BORNE: dict[Intent, tuple[frozenset[str], frozenset[str]]] = {
    Intent.ACCEPT: (frozenset(), _PAST_NOES | _NOES_SAID | {"nobody", "nobodys", "though", "must"}),
    Intent.CALL: (
        frozenset({"instead", "rather", "maybe", "possibly", "perhaps", "though", "tell"}),
        _PAST_NOES | _NOES_SAID | _SOFTENS | {"maybe", "probably", "might"},
    ),
    Intent.LATER: (
        _PAST_NOES | _SOFTENS | _WEIGHS | {"not", "cant", "dont", "isnt", "arent", "wont", "only"},
        _PAST_NOES | _SOFTENS | _WEIGHS | {"not", "cant", "dont", "isnt", "arent", "wont", "only", "no"},
    ),
    Intent.DECLINE: (
        _PAST_NOES | _NOES_SAID | _SOFTENS | {"nobody"},
        _PAST_NOES | _NOES_SAID | _SOFTENS | {"nobody", "maybe", "might", "probably", "if", "only"},
    ),
}
_CORE: dict[Intent, frozenset[str]] = {
    Intent.ACCEPT: ACCEPTS,
    Intent.CALL: frozenset({"call"}),
    Intent.LATER: frozenset({"later", "when"}),
    Intent.DECLINE: frozenset({"decline", "soft_decline", "lead_no"}),
}
#: What a stranger does not write beside "wrong number", and somebody who covers for a call does.
_COVER = frozenset(
    {"chat", "ignore", "call", "ring", "calling", "if", "play", "pretend", "say", "when", "unless", "later", "yes"}
)
#: Whoever speaks of her knows her: that is no stranger.
_KNOWS = frozenset({"she", "shes", "he", "hes", "they", "theyve", "moved", "left", "gone", "changed"})
_STRANGER = frozenset({"idk", "dont", "never", "whoever", "clue", "idea", "isnt", "not", "hands"})
#: What nobody writes to a stranger who has the wrong number, unless it is not about the number.
_TROUBLE = frozenset({"kill", "hurt", "hurting", "hurts", "safe", "scared"})
#: From how many words on a text bears one word that nobody knows, two, three.
_ENOUGH: dict[Intent, tuple[int, ...]] = {
    Intent.ACCEPT: (5, 10, 16),
    Intent.CALL: (4, 8, 14),
    Intent.LATER: (4, 8, 14),
    Intent.DECLINE: (4, 8, 14),
}


def plain_company(found: Found, intent: Intent, lexicons: Lexicons) -> bool:
    """Whether the one wish of an English text may be acted on: nothing beside it turns, hides or adds anything."""
    words = found.read.words.words
    covered = explained(found)
    if intent is Intent.WRONG_PERSON:
        covers = any(word in _COVER and place not in covered for place, word in enumerate(words))
        knows = _KNOWS & set(words) and not _STRANGER & set(words)
        return not covers and not knows and not troubled(found) and not _TROUBLE & set(words)
    if intent is Intent.ACCEPT and (to_something_else(found, lexicons) or of_the_childs(found, covered)):
        return False
    beside = explained(found, _TELLS_OF_OTHERS[intent])
    if intent is Intent.ACCEPT:  # "he needs it, sign him up"
        beside |= {place for place in explained(found, ACCEPTS) if words[place] in HE | THEY}
    if troubled(found) or somebody_else(words, beside, lexicons) or named_acts(words, lexicons):
        return False
    if FOR_OTHERS.match(" ".join(words)) and "please" not in words:
        return False
    if intent is Intent.CALL and (no_call(found, covered) or of_another(found, covered, lexicons)):
        return False
    if intent in (Intent.DECLINE, Intent.LATER) and any(
        word in _OF_OUR_TEXTS and place not in covered for place, word in enumerate(words)
    ):
        return False
    return not turned(found, intent, covered) and _known(found, intent, covered, lexicons)


#: A no that speaks of these beside it may be a wish to stop: "no, and I only gave my number to the school".
_OF_OUR_TEXTS = frozenset(
    {
        "number", "texts", "texting", "messages", "messaging", "contact", "contacted", "contacting", "list", "details",
        "file", "records", "system", "follow", "getting", "receiving",
    }
)  # fmt: skip


def _said(found: Found, intent: Intent, numbers: list[int]) -> set[int]:
    """The clauses in which the wish is said."""
    return {numbers[place] for tag in found.tags if tag.kind in _CORE[intent] for place in range(tag.start, tag.end)}


def turned(found: Found, intent: Intent, covered: frozenset[int]) -> bool:
    """Whether a word turns the wish, or what stands beside it."""
    inside, beside = _BORNE[intent]
    numbers = clauses(found)
    said = _said(found, intent, numbers)
    words = found.read.words.words
    first = min((tag.start for tag in found.tags if tag.kind in _CORE[intent]), default=0)
    conceded = (
        first if words[max(0, first - 1) : first + 1][:1] == ("but",) or words[first : first + 1] == ("but",) else 0
    )
    for place, word in enumerate(words):
        if word not in _TURNS or place in covered:
            continue
        if word == "but" and intent in (Intent.ACCEPT, Intent.CALL) and place < first:
            continue
        borne = word in _NOES_SAID | {"nobody", "tell", "tells"} and not _UNSURE & set(words[place + 1 : place + 3])
        if intent is Intent.ACCEPT and place < conceded and borne:
            continue
        if word not in (inside if numbers[place] in said else beside):
            return True
        if intent is Intent.LATER and word in _NOT_YET and words[place + 1 : place + 2] in _GONE_QUIET:
            return True
        if intent is Intent.ACCEPT and word in _FORBIDDING and _CONDUCT & set(words[place + 1 : place + 4]):
            return True
    return False


_FORBIDDING = frozenset({"no", "not", "dont", "never", "cant", "wont", "nobody", "nor", "none", "neither"})
#: What a yes with a no behind it may forbid, or take back.
_CONDUCT = frozenset(
    {
        "call", "calls", "ring", "phone", "tell", "come", "send", "share", "want", "need", "sure", "interested", "text",
        "know", "knows", "police", "social", "visit", "visits", "trust", "ready", "yet", "now", "for", "from", "about",
        "today", "choice", "agree", "decided", "certain", "bothered",
    }
)  # fmt: skip


def _known(
    found: Found,
    intent: Intent,
    covered: frozenset[int],
    lexicons: Lexicons,
) -> bool:
    """Whether every word is accounted for, but for the one or two that a longer text bears."""
    numbers = clauses(found)
    said = _said(found, intent, numbers)
    words = found.read.words.words
    harmless = lexicons.everyday()
    errands = lexicons.errands() | _ANOTHER_DAY if intent is Intent.ACCEPT else frozenset[str]()
    first = min((tag.start for tag in found.tags if tag.kind in ACCEPTS), default=0)
    later = _MONTHS & {word for place, word in enumerate(words) if place > first and place not in covered}
    if intent is Intent.ACCEPT and later:
        return False
    idioms = {place for tag in found.read.tags if tag.kind == "idiom" for place in range(tag.start, tag.end)}
    inside = (place for place, word in enumerate(words) if word in errands and numbers[place] in said)
    if any(place not in covered and place not in idioms for place in inside):
        return False
    strange = [
        place
        for place, word in enumerate(words)
        if place not in covered
        and place not in idioms
        and word not in harmless
        and word.removesuffix("s") not in harmless
        and word not in _ACCOUNTED
        and word not in _TURNS
        and not word[:1].isdigit()
        and not lexicons.name(word)
        and not _typed_as_name(found, place, lexicons)
    ]
    if not strange:
        return True
    if any(lexicons.menacing(words[place]) for place in strange):
        return False
    if any(word in HE | SHE | GROWN and place not in covered for place, word in enumerate(words)):
        return False
    if intent is Intent.ACCEPT and said & {numbers[place] for place in strange}:
        return False
    return len(strange) <= sum(len(words) >= enough for enough in _ENOUGH[intent])


#: A yes in the same breath as another day is a later: "put me down as a yes for January".
_ANOTHER_DAY = frozenset(
    {
        "january", "february", "march", "april", "june", "july", "august", "september", "october", "november",
        "december", "spring", "summer", "autumn", "winter", "christmas", "easter", "next", "after", "until", "till",
        "weeks", "months", "fortnight", "year", "tomorrow", "monday", "tuesday", "wednesday", "thursday", "friday",
        "saturday", "sunday", "weekend",
    }
)  # fmt: skip


#: A month or a season behind a yes is when it may begin, whatever stands between: "I won't say no, I'll say September".
_MONTHS = frozenset(
    {
        "january", "february", "april", "june", "july", "august", "september", "october", "november", "december",
        "spring", "summer", "autumn", "winter", "christmas", "easter",
    }
)  # fmt: skip


def _typed_as_name(found: Found, place: int, lexicons: Lexicons) -> bool:
    """Whether a word that nobody knows is the end of a signature: "Helen Marsh", "Mrs J Pemberton"."""
    read = found.read
    words = read.words
    if len(read.typed) != read.origin[-1] or lexicons.known(words.words[place]):
        return False
    typed = read.typed[read.origin[place]]
    last = {at for at in range(len(words.words)) if words.sentences[at] == words.sentences[-1]}
    titled = bool(_TITLES & set(words.words[max(0, place - 2) : place]))
    ends = min(last) > 0 or (titled and place == len(words.words) - 1)
    return typed.istitle() and typed.isalpha() and (titled or len(last) <= _A_SIGNATURE) and place in last and ends


_A_SIGNATURE = 4
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "regards", "sincerely", "faithfully"})
_ACCOUNTED = HE | SHE | THEY | frozenset({"dad", "dads", "daddy"})
#: What may tell of somebody else in a plain no or a later: "he doesn't want it", "when she's finished her exams".
_TELLS_OF_OTHERS = {
    Intent.DECLINE: frozenset({"decline", "neutral", "need_child"}),
    Intent.LATER: frozenset({"later", "when", "neutral", "need_child"}),
    Intent.ACCEPT: frozenset({"neutral", "beside_yes", "need_child"}),
    Intent.CALL: frozenset({"neutral"}),
}


def explained(found: Found, only: frozenset[str] = frozenset()) -> frozenset[int]:
    """Where the words stand that a phrase which counts explains."""
    words = found.read.words.words
    covered: set[int] = set()
    for tag in found.tags:
        if tag.kind not in only if only else (tag.kind in _NOT_TELLING or tag.kind in NEEDS):
            continue
        end = tag.end
        while (
            end > tag.start + 1 and words[end - 1] in _DANGLING and tag.kind in ("call", "later", "neutral", "accept")
        ):
            end -= 1
        covered.update(place for place in range(tag.start, end) if place not in tag.free)
    return frozenset(covered)
