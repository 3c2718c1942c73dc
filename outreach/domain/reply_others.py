"""Who acts in a text: the writer, or somebody else; and whom a call is meant for.

Rules:

- Somebody else ("she", "they", "his") stands only beside a child of that sex, or children, who they may be; a grown-up
  of the family may be told of. A husband, a partner, an ex, a neighbour is never harmless.
- Somebody who is named and does something is somebody else, where no child stands who it may be.
- A call is the writer's own, on the writer's own phone: not "call my mum", "ring Dave", "ring my school".
- A no beside a call is not a call: "dont want a call", "call no".
"""

from __future__ import annotations

import re
from itertools import pairwise

from outreach.domain.reply_doubt import clauses
from outreach.domain.reply_find import Found
from outreach.domain.reply_lexicon import Lexicons

HE = frozenset({"he", "hes", "hed", "him", "his", "himself"})
SHE = frozenset({"she", "shes", "shed", "her", "hers", "herself"})
THEY = frozenset({"they", "theyd", "theyre", "theyll", "theyve", "them", "their", "theirs", "themselves"})
GROWN = frozenset(
    {
        "husband", "husbands", "hubby", "partner", "partners", "boyfriend", "bf", "fella", "bloke", "wife", "wifes",
        "wives", "girlfriend", "gf", "ex", "dad", "dads", "daddy", "uncle", "uncles", "stepdad", "brother", "brothers",
        "neighbour", "neighbours", "flatmate", "visitors",
    }
)  # fmt: skip
_BOYS = frozenset(
    {
        "son", "sons", "boy", "boys", "lad", "lads", "grandson", "grandsons", "nephew", "stepson", "baby", "child",
        "bairn", "wean", "toddler", "teenager", "eldest", "youngest", "kid", "teen", "mans", "babys", "man", "twins",
        "yin", "pikin", "toddlers", "school", "nursery", "ones",
    }
)  # fmt: skip
_GIRLS = frozenset(
    {
        "daughter", "daughters", "girl", "girls", "lass", "lasses", "granddaughter", "granddaughters", "niece",
        "stepdaughter", "baby", "child", "bairn", "wean", "toddler", "teenager", "eldest", "youngest", "kid", "teen",
        "babys", "twins", "yin", "maid", "school", "nursery", "ones",
    }
)  # fmt: skip
_CHILDREN = (
    _BOYS
    | _GIRLS
    | frozenset(
        {
            "kids", "children", "childrens", "bairns", "weans", "babies", "teenagers", "teens", "grandkids",
            "grandchildren", "grandbairns", "nephews", "nieces", "kiddies", "ones", "school", "nursery", "college",
            "tribe", "two", "three", "four", "both",
        }
    )
)  # fmt: skip
#: A child by its age: "hes 9".
_AGED = re.compile(
    r"\b(?:he|she)(?: is|s) (?:only |just |nearly |turning )?"
    r"(?:\d|1[0-7]|five|six|seven|eight|nine|ten|eleven|twelve|in year|in reception|year)\b(?! ?(?:am|pm))"
)
#: Whoever has a dad who is spoken of is his child: "since his dad went away he's been a handful".
_THEIR_DAD = re.compile(r"\b(his|her|their) (?:own )?(?:dad|daddy|dads|daddys|father)\b")
#: Grown-ups of the family: what happens to them may be told, and puts off or explains; a yes bears it.
_ELDERS = frozenset(
    {"mum", "mums", "mam", "mams", "nan", "nans", "gran", "grandma", "sister", "sisters", "auntie", "jo", "priya"}
)
_CRIES = frozenset({("hell", "yes"), ("hell", "yeah")})
FOR_OTHERS = re.compile(r"(?:yes|yeah|aye|yep|okay)(?: please)? from (?:us|all|the both|both)\b")
_NOES = frozenset({"no", "not", "dont", "nobody", "noone", "never", "nope"})

_DOES = frozenset(
    {
        "is", "was", "has", "had", "will", "would", "can", "could", "wants", "needs", "thinks", "likes", "loves",
        "comes", "came", "goes", "went", "got", "gets", "asked", "gave", "made", "reads", "looks", "took", "takes",
        "keeps",
    }
)  # fmt: skip


def named_acts(words: tuple[str, ...], lexicons: Lexicons) -> bool:
    """Whether somebody who is named does something, where no child stands who it may be."""
    return not set(words) & _CHILDREN and any(
        word in lexicons.everyday("names") and after in _DOES and words[place - 1 : place] not in _OUR
        for place, (word, after) in enumerate(pairwise(words))
    )


#: "our Megan" is a child of the family.
_OUR = (("our",), ("wor",), ("my",))


def of_another(found: Found, covered: frozenset[int], lexicons: Lexicons) -> bool:
    """Whether a call may be meant to somebody else, or to another place: "call my mum", "ring Dave"."""
    words = found.read.words.words
    if _anothers_phone(found):
        return True
    kin = lexicons.everyday("kin")
    others = (lexicons.everyday("names") | kin) - lexicons.everyday("when") - _TEAM
    numbers = clauses(found)
    courtesy = lexicons.courtesy("en")
    last = [place for place, clause in enumerate(numbers) if clause == numbers[-1]]
    signed = last if last[0] and all(words[place] in others | courtesy for place in last) else []
    return any(
        word in others
        and place not in covered
        and place not in signed
        and not _signs(words, place)
        and not (word in kin and words[place - 1] in _SOMEBODYS)
        for place, word in enumerate(words)
    )


_RINGS = frozenset({"call", "ring", "phone", "bell", "telephone"})
_OWNERS = frozenset({"my", "the", "our", "his", "her", "their"})
_OWN_PHONE = frozenset(
    {
        "house",
        "home",
        "mobile",
        "mob",
        "phone",
        "number",
        "landline",
        "line",
        "cell",
        "kids",
        "children",
        "same",
        "usual",
    }
)


def _anothers_phone(found: Found) -> bool:
    """Whether a call is meant to another place: "ring my school"."""
    read = found.read.words
    words = read.words
    return any(
        word in _RINGS
        and words[place + 1] in _OWNERS
        and words[place + 2] not in _OWN_PHONE
        and not {place + 1, place + 2} & read.pauses
        and read.sentences[place] == read.sentences[place + 2]
        for place, word in enumerate(words[:-2])
    )


_TEAM = frozenset({"jo", "priya"})
_SOMEBODYS = frozenset({"their", "his", "the", "kids", "your"})


def _signs(words: tuple[str, ...], place: int) -> bool:
    """Whether a name is the writer's own, or the reader's: "it's Carol", "thanks Carol", "good morning Ana"."""
    before = words[place - 1 : place]
    greeted = 0 < place <= _GREETING and before in (("hello",), ("dear",), ("morning",), ("afternoon",), ("evening",))
    return greeted or before in (("its",), ("im",), ("here",), ("thanks",), ("x",), ("regards",))


_GREETING = 3


def somebody_else(words: tuple[str, ...], explained: frozenset[int], lexicons: Lexicons) -> bool:
    """Whether somebody but the writer acts, where no child stands who it may be."""
    said = set(words)
    owned = lexicons.everyday("children_and_school") | _OWNED_THINGS
    told = {
        word
        for place, word in enumerate(words)
        if place not in explained
        and not (word in _WHOSE and words[place + 1 : place + 2] and words[place + 1] in owned)
    }
    text = " ".join(words)
    aged = bool(_AGED.search(text))
    whose = {match[1] for match in _THEIR_DAD.finditer(text)}
    if told & HE and not said & _BOYS and not aged and "his" not in whose:
        return True
    if told & SHE and not said & (_GIRLS | _ELDERS) and not aged and "her" not in whose:
        return True
    if told & THEY and not said & _CHILDREN and "their" not in whose:
        return True
    if "hell" in told and not any(words[place : place + 2] in _CRIES for place in range(len(words))):
        return True
    grown = told & GROWN - ({"brother"} if _hailed(words) else set())
    return bool(grown - {"dad", "dads", "daddy"}) or (bool(grown) and not said & _CHILDREN)


def _hailed(words: tuple[str, ...]) -> bool:
    """Whether "brother" is how the reader is called: "yeah bro"."""
    return words.count("brother") == 1 and words[-1] == "brother" and words[-2:-1] not in _OWNED


_WHOSE = frozenset({"his", "her", "their"})
#: What a call or an answer may be about, of somebody who only owns it: "its about contact and his solicitor".
_OWNED_THINGS = frozenset(
    {
        "solicitor", "solicitors", "court", "contact", "hearing", "teacher", "appointment", "appointments", "rights",
        "sentence", "appeal", "visits", "visit", "letter", "letters", "papers", "autism", "adhd", "anxiety",
        "behaviour", "sleep", "diagnosis", "place", "case", "parental",
    }
)  # fmt: skip
_OWNED = tuple((word,) for word in ("my", "our", "his", "her", "their", "the", "me", "your", "from", "for"))


def refuses_call(found: Found) -> bool:
    """Whether a no stands right before or behind the call: "dont want a call", "call no"."""
    read = found.read.words
    told = {place for tag in found.tags if tag.kind == "neutral" for place in range(tag.start, tag.end)}
    for tag in found.tags:
        if tag.kind == "call":
            before = tag.start
            same = read.sentences[tag.start]
            while before > max(0, tag.start - 3) and before not in read.pauses and read.sentences[before - 1] == same:
                before -= 1
            said = [read.words[place] for place in range(before, tag.start) if place not in told]
            behind = read.words[tag.end : tag.end + 1] if tag.end not in read.pauses else ()
            if {"thanks", "yes", "just"} & set(said):
                continue
            if _NOES & set(said) or {"no", "nope", "never"} & set(behind):
                return True
    return False


def no_call(found: Found, covered: frozenset[int]) -> bool:
    """Whether the call is refused: by a no of its own, or by a no beside it in the same clause or behind it."""
    words = found.read.words.words
    last = next((tag.start for tag in found.tags if tag.kind == "call"), 0)
    if "but" in words[:last]:
        return False
    numbers = clauses(found)
    refused = any(tag.kind == "lead_no" and tag.length == 1 for tag in found.tags)
    declined = any(tag.kind == "decline" and numbers[tag.end - 1] >= numbers[last] for tag in found.tags)
    return refused or refuses_call(found) or declined
