"""What a text means once danger has been read out of it: its intent, and whether that is clear enough to act on.

Rules (DESIGN 4.3):

- Precedence: stop > wrong_person > call > decline > later > question > accept > help > unclear.
- A stop is clear where the text says that and nothing else, spelt as it should be.
- What is not understood is held, and so is a no that is not clear: it may be a wish to stop. If what is not understood
  is longer, and speaks of people or in words that we do not know at all, it is an alert: danger is mostly told so, and
  a person looks at once. A phrase that we know does not make the rest of a text understood.
- In a language that nobody reviewed a stop holds, and everything else goes to a person.
"""

from __future__ import annotations

from outreach.domain.reply_doubt import PEOPLE, clauses, unknown_words
from outreach.domain.reply_find import ACCEPTS, STOPS, Found, evidence_of, stands_after
from outreach.domain.reply_lexicon import Lexicons, Tag
from outreach.domain.reply_values import NO_REPLY, WORDINGS, Action, Intent
from outreach.domain.reply_yes import asks, clear_yes, ends_in_yes, pledged, taken_back, without_asides

HEDGES = frozenset({"hedge", "condition", "sarcasm", "relayed"})
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

    asked = asks(found) or bool(kinds & {"question", "request"})
    if stop is not None:
        clear = stop.language == "en" and _only(found, {"stop"}, lexicons)
        action = Action.ACT if clear else Action.HOLD
        return Intent.STOP, action, WORDINGS[Intent.STOP] if clear else NO_REPLY, said(*STOPS) or (found.words(stop),)
    if "wrong_person" in kinds:
        clear = not kinds & {"call", "stop_doubt"} and ("accept" not in kinds or _but_wrong(found))
        return _verdict(Intent.WRONG_PERSON, clear=clear, evidence=said("wrong_person"))
    if "call" in kinds and not _only_tells_when(found, kinds):
        odd = _only_if(found) and bool(unknown_words(found, lexicons))
        clear = not odd and not kinds & {"stop_doubt", "sarcasm", "relayed"}
        return _verdict(Intent.CALL, clear=clear, evidence=said("call"))
    if ends_in_yes(found, kinds):
        return _verdict(Intent.ACCEPT, clear=True, evidence=said("accept", "weak_accept"))
    yes = kinds & ACCEPTS
    if "decline" in kinds or (yes and (pledged(found) or _LATE & set(found.read.words.words))):
        kinds = _but_why(found, kinds)
    puts_off = kinds & {"later", "when"}
    if "decline" in kinds and not ("accept" in kinds and stands_after(found, "accept", "decline")):
        invited = puts_off and _invited(found)
        if invited and not stands_after(found, "decline", "later"):
            return _verdict(Intent.LATER, clear=not _only_if(found), evidence=said("later", "when"))
        mixed = ("accept" in kinds or bool(yes and "condition" not in kinds)) and not (
            stands_after(found, "decline", "accept") and kinds & HEDGES
        )
        last = _says_last(found, "decline")
        doubtful = mixed or puts_off or _only_if(found) or "question" in kinds
        clear = (last or not doubtful) and not kinds & {"stop_doubt", "relayed"}
        return _verdict(Intent.DECLINE, clear=clear, evidence=said("decline"))
    if "soft_decline" in kinds and not kinds & {"accept", "question"} and not (puts_off and _awaits(found)):
        clear = not puts_off and not kinds & {"hedge", "sarcasm", "relayed", "stop_doubt", "weak_accept"}
        return _verdict(Intent.DECLINE, clear=clear, evidence=said("soft_decline", "lead_no"))
    if puts_off:
        clear = not (kinds & {"question", "stop_doubt", "relayed", "sarcasm", "decline"}) and not _only_if(found)
        if "later" in kinds or not asked:
            clear = clear and not _only_tells(found)
            return _verdict(Intent.LATER, clear=clear, evidence=said("later", "when"))
    if "help" in kinds and not yes:
        return Intent.HELP, Action.ALERT if _only_help(found) else Action.ASK_PERSON, NO_REPLY, said("help")
    if asked:
        if kinds & {"sarcasm"} and not kinds & {"question"}:
            return _unclear(found, kinds, lexicons)
        return _verdict(Intent.QUESTION, clear=False, evidence=said("question"))
    if "lead_no" in kinds and not yes:
        short = not kinds & {"hedge", "sarcasm", "relayed", "stop_doubt"} and _answers_no(found)
        return _verdict(Intent.DECLINE, clear=short, evidence=said("lead_no"))
    doubts = without_asides(found, kinds) - taken_back(found, lexicons) if yes else kinds
    if yes and not doubts & (HEDGES | {"lead_no", "abuse", "stop_doubt"}):
        clear = clear_yes(found, kinds, lexicons)
        return _verdict(Intent.ACCEPT, clear=clear, evidence=said("accept", "weak_accept"))
    if "negation" in kinds and "thanks" in found.read.words.words and not kinds & (HEDGES | {"abuse", "stop_doubt"}):
        return _verdict(Intent.DECLINE, clear=not unknown_words(found, lexicons), evidence=())
    return _unclear(found, kinds, lexicons)


def _but_wrong(found: Found) -> bool:
    """Whether a "but" leads from what sounded like a yes to the wrong number: "love to but this is a taxi rank"."""
    words = found.read.words.words
    yes = max(tag.end for tag in found.tags if tag.kind in ACCEPTS)
    wrong = max(tag.start for tag in found.tags if tag.kind == "wrong_person")
    return "but" in words[yes:wrong]


_RINGS = frozenset(
    {
        "call", "ring", "phone", "telephone", "bell", "buzz", "dial", "calling", "ringing", "phoning", "tel", "blower",
        "phonecall", "☎", "📞", "📱", "🤙",
    }
)  # fmt: skip


_TALKS = frozenset({"talk", "speak", "chat", "natter", "talked", "spoken", "word"})


def _only_tells_when(found: Found, kinds: frozenset[str]) -> bool:
    """Whether what sounds like a call is part of a yes: "good for him to talk to someone", "I'm free most days"."""
    words = found.read.words.words
    wanted = _RINGS if "need_child" in kinds else _RINGS | _TALKS
    calls = [tag for tag in found.tags if tag.kind == "call"]
    return bool(kinds & ACCEPTS) and not any(
        wanted & set(words[tag.start : tag.end]) and words[tag.start : tag.end] != ("on", "the", "phone")
        for tag in calls
    )


_PUTS_OFF = frozenset(
    {
        "ask", "text", "try", "later", "again", "till", "until", "after", "next", "back", "message", "when", "once",
        "cant", "not", "wait", "first", "leave", "give", "time", "remind", "yet", "ready", "another", "reply", "soon",
        "while", "maybe", "now", "bit", "come", "check", "catch", "much", "beginning", "start", "end", "new", "middle",
        "drop", "before", "during", "over", "between", "around",
    }
)  # fmt: skip
_BUSY = frozenset(
    {
        "work", "shift", "shifts", "nights", "driving", "meeting", "hospital", "doctors", "dentist", "holiday",
        "holidays", "bed", "poorly", "ill", "flu", "covid", "busy", "hectic", "bus", "train", "car", "class", "course",
        "exams", "hands", "tired", "snowed", "swamped", "moving", "move", "feet", "cold", "bug", "away", "think",
        "chat",
    }
)  # fmt: skip


#: What a no that is an answer is followed by: "no we're fine". "No signal", "there is no such number" answer nothing.
_AFTER_NO = frozenset(
    {
        "thanks", "please", "sorry", "i", "im", "ive", "id", "ill", "we", "were", "weve", "wed", "well", "its", "thats",
        "it", "this", "that", "not", "dont", "cant", "wont", "never", "no", "nah", "nope", "and", "but", "so", "you",
        "your", "us", "me", "my", "our", "the", "all", "love", "mate", "pal", "hun", "pet", "hen", "bro", "duck",
        "babe", "la", "lad", "lass", "x", "just", "sounds", "okay", "fine", "good", "honestly", "really", "afraid",
        "wor", "bab", "man", "bud", "way", "need", "point", "use", "to", "for", "from", "thing", "because", "he", "hes",
        "she", "shes", "they", "theyre", "kids", "am", "are", "is", "was", "tbh", "laughing", "god", "dear",
    }
)  # fmt: skip


def _answers_no(found: Found) -> bool:
    """Whether a no stands by itself, or begins an answer; not before what there is none of."""
    words, pauses = found.read.words.words, found.read.words.pauses
    sentences = found.read.words.sentences
    for tag in found.tags:
        if tag.kind == "lead_no":
            ends = tag.end == len(words) or tag.end in pauses or sentences[tag.end] != sentences[tag.end - 1]
            if ends or words[tag.end] in _AFTER_NO:
                return True
    return False


#: Words of somebody who says why the answer comes late.
_LATE = frozenset({"late", "delay", "replying", "seen", "been"})


def _but_why(found: Found, kinds: frozenset[str]) -> frozenset[str]:
    """Without what only tells why somebody is busy ("at work"), beside a plain yes or no."""
    words = found.read.words.words
    off = [tag for tag in found.tags if tag.kind in ("later", "when")]
    said = [set(words[tag.start + (words[tag.start] == "ill") : tag.end]) for tag in off]  # "I'll", not poorly
    if any(_PUTS_OFF & each or not _BUSY & each for each in said):
        return kinds
    return kinds - {"later", "when"}


def _only_tells(found: Found) -> bool:
    """Whether a text only tells where people are, and asks for nothing: "im at work, kids are at nans, car failed"."""
    words = found.read.words.words
    numbers = clauses(found)
    off = [tag for tag in found.tags if tag.kind in ("later", "when")]
    busy = all(
        _BUSY & set(words[tag.start : tag.end]) and not _PUTS_OFF & set(words[tag.start : tag.end]) for tag in off
    )
    return busy and len(set(numbers) - {numbers[tag.start] for tag in off}) > 1 and not _SORRY & set(words)


_SORRY = frozenset({"sorry", "cant", "busy", "now", "atm", "later", "talk"})


def _awaits(found: Found) -> bool:
    """Whether a later is asked for, or a turning point named: "maybe when the baby comes and we're settled"."""
    return _invited(found) or bool({"when", "once", "until", "till", "maybe"} & set(found.read.words.words))


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


def _says_last(found: Found, kind: str) -> bool:
    """Whether the last clause says this, and nothing else that counts: "I'd say yes if we needed it, but we don't"."""
    numbers = clauses(found)
    last = {tag.kind for tag in found.tags if numbers[tag.end - 1] == numbers[-1]} & _COUNTS
    return last == {kind} and numbers[-1] > 0


_COUNTS = frozenset({"decline", "later", "when", "call", "question", "request", "hedge", "condition", *ACCEPTS})
