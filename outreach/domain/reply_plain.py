"""What a text means once danger has been read out of it: its intent, and whether that is clear enough to act on.

Rules (DESIGN 4.3):

- Precedence: stop > wrong_person > call > decline > later > question > accept > help > unclear.
- A stop is clear where the text says that and nothing else, spelt as it should be.
- A yes is clear where every word is accounted for and nothing hedges, conditions, asks, refuses, puts off, mocks or
  speaks for somebody else; what was said of the past may be taken back by a plain yes in the last sentence.
- What is not understood is held, and so is a no that is not clear: it may be a wish to stop. If what is not understood
  is longer, and speaks of people or in words that we do not know at all, it is an alert: danger is mostly told so, and
  a person looks at once. A phrase that we know does not make the rest of a text understood.
- In a language that nobody reviewed a stop holds, and everything else goes to a person.
"""

from __future__ import annotations

from outreach.domain.reply_doubt import PEOPLE, clauses, spoken_of, unknown_places, unknown_words
from outreach.domain.reply_find import ACCEPTS, NEEDS, STOPS, Found, evidence_of, stands_after
from outreach.domain.reply_lexicon import Lexicons, Tag
from outreach.domain.reply_values import NO_REPLY, WORDINGS, Action, Intent

HEDGES = frozenset({"hedge", "condition", "sarcasm", "relayed"})
#: What in a text takes a yes back, or makes it less than clear.
_BLOCKS = frozenset(
    {
        "stop", "near_stop", "cancel", "stop_doubt", "wrong_person", "call", "decline", "soft_decline", "lead_no",
        "later", "when", "question", "request", "hedge", "condition", "sarcasm", "negation", "abuse", "relayed", "help",
        "concern",
    }
)  # fmt: skip
_FIRST: tuple[tuple[Intent, frozenset[str]], ...] = (
    (Intent.STOP, STOPS),
    (Intent.WRONG_PERSON, frozenset({"wrong_person"})),
    (Intent.CALL, frozenset({"call"})),
    (Intent.DECLINE, frozenset({"decline", "soft_decline"})),
    (Intent.LATER, frozenset({"later", "when"})),
    (Intent.QUESTION, frozenset({"question", "request"})),
    (Intent.ACCEPT, ACCEPTS),
    (Intent.DECLINE, frozenset({"lead_no"})),
    (Intent.HELP, frozenset({"help"})),
)


def first_of(kinds: frozenset[str]) -> Intent:
    return next((intent for intent, wanted in _FIRST if kinds & wanted), Intent.UNCLEAR)


Verdict = tuple[Intent, Action, str, tuple[str, ...]]


def read_other_language(found: Found, kinds: frozenset[str], lexicons: Lexicons, stop: Tag | None) -> Verdict:
    intent = first_of(kinds)
    if stop is not None:
        intent = Intent.STOP
    if intent is Intent.UNCLEAR and found.read.words.asks:
        intent = Intent.QUESTION
    if not found.foreign_tags:
        long = len(found.foreign.words.words) >= _LONG
        return Intent.UNCLEAR, Action.ALERT if long else Action.HOLD, NO_REPLY, ()
    wanted = next((kinds_of for name, kinds_of in _FIRST if name is intent and kinds & kinds_of), frozenset())
    evidence = evidence_of(found, tuple(tag for tag in found.foreign_tags if tag.kind in wanted))
    if intent is Intent.STOP:
        return intent, Action.HOLD, NO_REPLY, evidence or evidence_of(found, (stop,) if stop else ())
    clear = lexicons.reviewed(found.language) and len(kinds & {k for _, w in _FIRST for k in w}) == 1
    if clear and intent in WORDINGS and intent is not Intent.ACCEPT:
        return intent, Action.ACT, WORDINGS[intent], evidence
    return intent, Action.ASK_PERSON, NO_REPLY, evidence


def read_english(found: Found, kinds: frozenset[str], lexicons: Lexicons, stop: Tag | None) -> Verdict:
    def said(*wanted: str) -> tuple[str, ...]:
        return evidence_of(found, tuple(tag for tag in found.tags if tag.kind in wanted))

    asked = bool(found.read.words.asks) or bool(kinds & {"question", "request"})
    if stop is not None:
        clear = stop.language == "en" and _only(found, {"stop"}, lexicons)
        action = Action.ACT if clear else Action.HOLD
        return Intent.STOP, action, WORDINGS[Intent.STOP] if clear else NO_REPLY, said(*STOPS) or (found.words(stop),)
    if "wrong_person" in kinds:
        clear = not kinds & {"call", "stop_doubt", "accept"}
        return _verdict(Intent.WRONG_PERSON, clear=clear, evidence=said("wrong_person"))
    if "call" in kinds:
        odd = "condition" in kinds and bool(unknown_words(found, lexicons))
        clear = not odd and not kinds & {"stop_doubt", "sarcasm", "relayed"}
        return _verdict(Intent.CALL, clear=clear, evidence=said("call"))
    if _ends_in_yes(found, kinds, lexicons):
        clear = len(_strange_to_a_yes(found, lexicons)) <= 1 and not spoken_of(found)
        return _verdict(Intent.ACCEPT, clear=clear, evidence=said("accept", "weak_accept"))
    yes = kinds & ACCEPTS
    puts_off = kinds & {"later", "when"}
    if "decline" in kinds and not ("accept" in kinds and stands_after(found, "accept", "decline")):
        invited = puts_off and _invited(found)
        if invited and not stands_after(found, "decline", "later"):
            return _verdict(Intent.LATER, clear=False, evidence=said("later", "when"))
        mixed = "accept" in kinds and not (stands_after(found, "decline", "accept") and kinds & HEDGES)
        clear = (
            not mixed
            and not puts_off
            and not _only_if(found)
            and not kinds & {"stop_doubt", "question", "relayed", "sarcasm"}
        )
        return _verdict(Intent.DECLINE, clear=clear, evidence=said("decline"))
    if "soft_decline" in kinds and not kinds & {"accept", "question"} and not (puts_off and _invited(found)):
        clear = (
            not puts_off and not kinds & (HEDGES | {"stop_doubt", "weak_accept"}) and not unknown_words(found, lexicons)
        )
        return _verdict(Intent.DECLINE, clear=clear, evidence=said("soft_decline", "lead_no"))
    if puts_off:
        clear = not (kinds & {"question", "stop_doubt", "relayed", "sarcasm", "decline"}) and not _only_if(found)
        if "later" in kinds or not asked:
            return _verdict(Intent.LATER, clear=clear, evidence=said("later", "when"))
    if "help" in kinds and not yes:
        return Intent.HELP, Action.ALERT if _only_help(found) else Action.ASK_PERSON, NO_REPLY, said("help")
    if asked:
        if kinds & {"sarcasm"} and not kinds & {"question"}:
            return _unclear(found, kinds, lexicons)
        return _verdict(Intent.QUESTION, clear=False, evidence=said("question"))
    if "lead_no" in kinds and not yes:
        short = len(unknown_words(found, lexicons)) <= 1 and not kinds & (HEDGES | {"stop_doubt"})
        return _verdict(Intent.DECLINE, clear=short, evidence=said("lead_no"))
    if yes and not (kinds - _taken_back(found, lexicons)) & (HEDGES | {"lead_no", "abuse", "stop_doubt"}):
        clear = _clear_yes(found, kinds, lexicons)
        return _verdict(Intent.ACCEPT, clear=clear, evidence=said("accept", "weak_accept"))
    if "negation" in kinds and "thanks" in found.read.words.words and not kinds & (HEDGES | {"abuse", "stop_doubt"}):
        return _verdict(Intent.DECLINE, clear=not unknown_words(found, lexicons), evidence=())
    return _unclear(found, kinds, lexicons)


def _only_if(found: Found) -> bool:
    """Whether a condition stands in the text: "ask me tomorrow, if there is one"."""
    words = found.read.words.words
    return any(tag.kind == "condition" and words[tag.start] in ("if", "unless") for tag in found.tags)


_LONG = 3
#: What is understood well enough to know that it is no wish to stop.
_UNDERSTOOD = frozenset({"bare", "beside_yes", "hedge", "condition", "sarcasm", "relayed", "neutral", *ACCEPTS})


def _unclear(found: Found, kinds: frozenset[str], lexicons: Lexicons) -> Verdict:
    words = found.read.words.words
    strange = sum(1 for word in words if not lexicons.known(word)) * 2 > len(words) >= _LONG
    understood = bool(kinds & _UNDERSTOOD) and len(unknown_words(found, lexicons)) <= 1
    if not understood and (strange or (len(words) > _LONG and PEOPLE & set(words))):
        return Intent.UNCLEAR, Action.ALERT, NO_REPLY, ()
    held = bool(kinds & {"stop_doubt", "abuse", "sarcasm"}) or not understood
    return Intent.UNCLEAR, Action.HOLD if held else Action.ASK_PERSON, NO_REPLY, ()


def _only_help(found: Found) -> bool:
    return "help" in found.read.words.words


def _verdict(intent: Intent, *, clear: bool, evidence: tuple[str, ...]) -> Verdict:
    if clear:
        return intent, Action.ACT, WORDINGS[intent], evidence
    refused = intent is Intent.DECLINE
    return intent, Action.HOLD if refused else Action.ASK_PERSON, NO_REPLY, evidence


_INVITES = frozenset({"ask", "try", "again", "back", "remind", "touch", "check", "text", "message"})


def _invited(found: Found) -> bool:
    return any(
        tag.kind == "later" and _INVITES & set(found.read.words.words[tag.start : tag.end]) for tag in found.tags
    )


def _only(found: Found, wanted: set[str], lexicons: Lexicons) -> bool:
    """Whether the text says this and nothing else, spelt as it should be."""
    covered: set[int] = set()
    for tag in found.tags:
        if tag.kind in wanted and not tag.fuzzy:
            covered.update(place for place in range(tag.start, tag.end) if place not in found.read.respelt)
    words = found.read.words.words
    return bool(covered) and all(place in covered or word in _BESIDE_STOP for place, word in enumerate(words))


_BESIDE_STOP = frozenset({"please", "x", "now", "hello", "sorry"})
_PAST = frozenset(
    {
        "was", "wasnt", "werent", "didnt", "did", "said", "last", "before", "first", "ago", "then", "used", "couldnt",
        "wouldnt", "had", "been", "refused", "never", "previously",
    }
)  # fmt: skip


def _taken_back(found: Found, lexicons: Lexicons) -> frozenset[str]:
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


#: A yes in so many words: without one of these an agreeable phrase is no more than a bare yes.
_PLEDGES = frozenset(
    {
        "yes", "yeah", "aye", "yep", "please", "sign", "put", "count", "refer", "support", "help", "offer", "accept",
        "interested", "down", "proceed", "signed", "start", "list", "ahead", "up",
    }
)  # fmt: skip


def _pledged(found: Found) -> bool:
    words = found.read.words.words
    sure = [tag for tag in found.tags if tag.kind == "accept"]
    return bool(sure) and any(_PLEDGES & set(words[tag.start : tag.end]) for tag in found.tags if tag.kind in ACCEPTS)


_PLAIN_YES = frozenset({"accept", "weak_accept", "beside_yes"})
#: A bare yes that opens or ends a text which tells of a need is a yes to the help.
_YES = frozenset({"yes", "yeah", "aye", "yep", "please"})
_WANTS = frozenset(
    {
        "need", "needs", "want", "wants", "like", "love", "use", "benefit", "help", "support", "struggling", "struggle",
        "talk", "speak", "good", "great", "keen", "could", "for",
    }
)  # fmt: skip


#: What may stand before a plain yes at the end and is taken back by it, or never was against it.
_SOFT = frozenset({"lead_no", "negation", "neutral", "beside_yes", "bare", "concern", "uneasy", *ACCEPTS, *NEEDS})
_TELLS = frozenset({"neutral", "beside_yes", "decline", *ACCEPTS})
_LINKS = frozenset({"so", "and", "but", "then", "oh", "just", "again", "now", "well", "okay", "right"})
_ONLY_LINKS = frozenset({"but", "only", "though", "although", "however"})
_OF_SAYING_NO = frozenset({"say", "saying", "said", "way", "refuse", "turn"})


def _ends_in_yes(found: Found, kinds: frozenset[str], lexicons: Lexicons) -> bool:
    """Whether the last clause is a yes and nothing else, and those before it only talk of saying no.

    "You won't hear me saying no. Sign us up"; "never thought I'd say this but yes". Beside a yes in so many words three
    words of a clause may be anything that we know; beside a bare one, one.
    """
    words = found.read.words.words
    numbers = clauses(found)
    if not words or not kinds & ACCEPTS or numbers[-1] == 0 or found.read.words.asks:
        return False
    for tag in found.tags:
        said = set(words[tag.start : tag.end])
        talk = (tag.kind == "condition" and said <= _ONLY_LINKS) or (tag.kind == "decline" and said & _OF_SAYING_NO)
        if tag.kind not in _SOFT and not talk:
            return False
    yes = {
        place
        for tag in found.tags
        if tag.kind in ACCEPTS and not tag.fuzzy
        for place in range(tag.start, tag.end)
        if numbers[place] == numbers[-1]
    }
    beside = _LINKS | lexicons.courtesy("en")
    last = [place for place, clause in enumerate(numbers) if clause == numbers[-1]]
    if not yes or not all(place in yes or words[place] in beside for place in last):
        return False
    told = {place for tag in found.tags if tag.kind in _TELLS for place in range(tag.start, tag.end)}
    free = [clause for place, clause in enumerate(numbers) if place not in told and words[place] not in beside]
    bear = 3 if _pledged(found) else 1
    return all(free.count(clause) <= bear for clause in set(free) - {numbers[-1]})


def _strange_to_a_yes(found: Found, lexicons: Lexicons) -> list[int]:
    """Where the words stand that nothing accounts for, and that do not go along with a yes."""
    words = found.read.words.words
    return [
        place
        for place in unknown_places(found, lexicons)
        if words[place] not in lexicons.company()
        and not (words[place].isdigit() and len(words[place]) < _AN_AGE)
        and not _typed_as_name(found, place)
    ]


_AN_AGE = 3


def _typed_as_name(found: Found, place: int) -> bool:
    """Whether a word that nobody knows was typed as a name is: `Tyler`, inside a sentence."""
    read = found.read
    if (
        len(read.typed) != read.origin[-1]
        or not place
        or read.words.sentences[place] != read.words.sentences[place - 1]
    ):
        return False
    typed = read.typed[read.origin[place]].removesuffix("'s").removesuffix("’s")
    return typed.istitle() and typed.isalpha()


#: A yes in so many words bears one word that nobody knows, outside its own clause, in a text at least this long.
_ENOUGH = 5


def _clear_yes(found: Found, kinds: frozenset[str], lexicons: Lexicons) -> bool:
    if (kinds - _taken_back(found, lexicons)) & _BLOCKS or any(
        tag.fuzzy for tag in found.tags if tag.kind == "weak_accept"
    ):
        return False
    if spoken_of(found):
        return False
    words = found.read.words.words
    unknown = _strange_to_a_yes(found, lexicons)
    if _pledged(found):
        numbers = clauses(found)
        said = {numbers[place] for tag in found.tags if tag.kind == "accept" for place in range(tag.start, tag.end)}
        elsewhere = not said & {numbers[place] for place in unknown}
        return not unknown or (len(unknown) == 1 and len(words) >= _ENOUGH and elsewhere)
    if not unknown and kinds & set(NEEDS) and _YES & {words[0], words[-1]} and _WANTS & set(words):
        return True
    covered = {place for tag in found.tags for place in range(tag.start, tag.end) if tag.kind in _PLAIN_YES}
    beside = (lexicons.courtesy("en") | lexicons.assent()) - {"laughing"}
    return all(place in covered or word in beside for place, word in enumerate(words))
