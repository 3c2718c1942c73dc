"""Reads a family's text: what it wants, what software may do, and the words that decided.

Pure: no file, no clock, and nothing leaves the machine. Rules (DESIGN 4.3, 4.6 rules 3, 4, 7, 8):

- Danger is read first and over everything, in every language at once. It is never outweighed.
- Precedence: distress > stop > wrong_person > call > decline > later > question > accept > help > unclear.
- A wish to stop is obeyed wherever it may be one: acted on where the text says that and nothing else,
  held for a person in every other case. CANCEL, END, QUIT and REVOKE hold, and a person is asked.
- A yes is acted on only where every word of the text is accounted for, and none hedges, conditions,
  asks, refuses, puts off, mocks, or speaks for somebody else. In a language that no native speaker
  reviewed it always goes to a person. It makes a call task at most: consent is never read from a text.
- Any signal forbids `act`. A stop with a signal is obeyed in silence, and a person is told.
- A reply goes out only with `act`; and the crisis text, where a writer speaks of harming themselves,
  that is the only signal, they did not ask us to stop, and the number is theirs.
- What the reader cannot read at all is held: it may be a wish to stop in words that it does not know.
- The switches of rule 8 turn `act` into `ask_person`; stop, hold and alert need none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from outreach.domain.reply_apart import Apart, own_words
from outreach.domain.reply_lexicon import DANGER, Lexicons, Read, Tag
from outreach.domain.reply_times import read_time
from outreach.domain.reply_values import (
    CRISIS,
    NO_REPLY,
    PRECEDENCE,
    SWITCHED,
    WORDINGS,
    Action,
    Asked,
    Context,
    Intent,
    Need,
    ProposedTime,
    Reading,
    Signal,
    StopScope,
    Term,
)

__all__ = [
    "CRISIS",
    "NO_REPLY",
    "PRECEDENCE",
    "SWITCHED",
    "WORDINGS",
    "Action",
    "Asked",
    "Context",
    "Intent",
    "Need",
    "ProposedTime",
    "Reading",
    "Signal",
    "StopScope",
    "Term",
    "read",
]

_SIGNAL_OF: dict[str, Signal] = {
    "self_harm": Signal.SELF_HARM,
    "self_harm_other": Signal.SELF_HARM,
    "violence": Signal.VIOLENCE,
    "refuge": Signal.VIOLENCE,
    "danger": Signal.VIOLENCE,
    "dread": Signal.VIOLENCE,
    "watched": Signal.WATCHED,
    "fear": Signal.WATCHED,
    "released": Signal.RELEASED,
    "release_ahead": Signal.RELEASED,
    "partner": Signal.THIRD_PARTY,
    "third_party": Signal.THIRD_PARTY,
    "child_sender": Signal.CHILD_SENDER,
    "bereaved": Signal.BEREAVED,
    "new_contact_details": Signal.NEW_CONTACT_DETAILS,
}
_STOPS = frozenset({"stop", "near_stop", "cancel"})
_ACCEPTS = frozenset({"accept", "weak_accept"})
#: What in a text takes a yes back, or makes it less than clear.
_BLOCKS = frozenset(
    {
        "stop", "near_stop", "cancel", "stop_doubt", "wrong_person", "call", "decline", "soft_decline", "lead_no",
        "later", "when", "question", "request", "hedge", "condition", "sarcasm", "negation", "abuse", "relayed", "help",
        "concern",
    }
)  # fmt: skip
_HEDGES = frozenset({"hedge", "condition", "sarcasm", "relayed"})
_NEEDS = {"need_child": Need.CHILD, "need_carer": Need.CARER, "need_legal": Need.LEGAL}
_DETAILS = re.compile(
    r"(?<!\d)(?:\+?44|0)[\s\-().]*\d(?:[\s\-().]*\d){7,10}(?!\d)|[\w.+-]+@[\w-]+\.\w"
    r"|\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b|\b\d{1,4}[a-z]?,? (?:\w+ ){1,2}"
    r"(?:street|road|avenue|close|lane|drive|court|way|crescent|terrace|place|grove|st|rd|ave)\b",
    re.IGNORECASE,
)
_CHOICES = {"1": 1, "one": 1, "2": 2, "two": 2, "to": 2, "number 1": 1, "number 2": 2}


@dataclass(frozen=True, slots=True)
class _Found:
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


def read(text: str, context: Context, lexicons: Lexicons) -> Reading:
    """The reading of one text. Never raises on anything that a person can type."""
    own = own_words(text[:5000], context.sent)
    if own.apart is not None and own.apart is not Apart.AUTOMATIC:
        held = Action.HOLD if own.apart is Apart.DISLIKE else Action.ASK_PERSON
        return Reading(Intent.UNCLEAR, held, reasons=(own.apart.value,))
    if context.asked is Asked.CHOICE:
        answer = _answer(own.text, lexicons)
        if answer is not None and not context.compromised:
            return Reading(Intent.UNCLEAR, Action.ACT, answer=answer, evidence=(own.text.strip(),))
    found = _find(own.text, context, lexicons)
    reading = _decide(own.text, found, context, lexicons)
    if "\n" in own.text and reading.action not in (Action.ALERT, Action.HOLD):
        joined = own.text.replace("\n", " ")
        other = _decide(joined, _find(joined, context, lexicons), context, lexicons)
        if other.intent in (Intent.STOP, Intent.DISTRESS) or other.action is Action.ALERT:
            reading = other
    if own.apart is Apart.AUTOMATIC and reading.action is Action.ACT:
        reading = replace(reading, intent=Intent.UNCLEAR, action=Action.ASK_PERSON, reply=NO_REPLY)
    if own.apart is Apart.AUTOMATIC and reading.intent not in (Intent.DISTRESS, Intent.STOP):
        reading = replace(reading, intent=Intent.UNCLEAR, reasons=(*reading.reasons, own.apart.value))
    return reading


def _answer(text: str, lexicons: Lexicons) -> int | None:
    words = lexicons.respell(text).words
    kept = [word for word in words if word not in lexicons.courtesy("en") or word == "to"]
    return _CHOICES.get(" ".join(kept))


# -- finding ------------------------------------------------------------------------------------------


def _find(text: str, context: Context, lexicons: Lexicons) -> _Found:
    english, foreign = lexicons.read(text)
    languages = sorted({tag.language for tag in foreign.tags})
    foreign_tags = tuple(tag for language in languages for tag in _settled(foreign, lexicons, language))
    tags = _without_but(_settled(english, lexicons), english)
    danger = (*_danger(english, lexicons), *_danger(foreign, lexicons))
    language = _language(english, tags, foreign, foreign_tags, context, lexicons)
    return _Found(english, tags, danger, foreign, foreign_tags, language)


def _danger(read: Read, lexicons: Lexicons) -> tuple[Tag, ...]:
    """The signs of danger; a word that only frightens counts where nothing says more."""
    found = _signs(read, lexicons)
    return tuple(tag for tag in found if tag.kind != "dread") or found


def _signs(read: Read, lexicons: Lexicons) -> tuple[Tag, ...]:
    silent = [tag for tag in read.tags if tag.kind == "not_danger"]
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
        and tag.kind != "not_danger"
        and (not tag.whole or _alone(read, tag, lexicons))
    ]
    apart = [tag for tag in candidates if tag.kind in _ASIDE]
    candidates = [tag for tag in candidates if tag.kind not in _ASIDE]
    candidates = _explained(candidates, read)
    candidates.sort(key=lambda tag: (-tag.length, _RANK.get(tag.kind, 9), not tag.whole))
    kept: list[Tag] = []
    for tag in candidates:
        over = [other for other in kept if other.start < tag.end and tag.start < other.end]
        if tag.kind in _STOPS:
            explains = _EXPLAINS | (_MAY_HOLD if tag.kind == "near_stop" else frozenset())
            over = [
                other for other in over if other.kind in explains and other.start <= tag.start and tag.end <= other.end
            ]
        if over:
            continue
        kept.append(tag)
    return tuple(sorted((*kept, *apart), key=lambda tag: (tag.start, -tag.end)))


def _without_but(tags: tuple[Tag, ...], read: Read) -> tuple[Tag, ...]:
    """A "but" that stands right before the yes takes nothing back: "never thought I'd say this but yes"."""
    yes = {tag.start for tag in tags if tag.kind in _ACCEPTS}
    return tuple(
        tag for tag in tags if not (tag.kind == "condition" and tag.end in yes and read.words.words[tag.start] == "but")
    )


_STOP_WORDS = frozenset({"stop", "stopish", "stopall", "stopped", "stops"})


def _explained(candidates: list[Tag], read: Read) -> list[Tag]:
    """Without the wishes to stop whose very word "stop" is part of something else: "bus stop", "don't stop asking".

    A clear wish is only explained by `neutral`; a word "stop" by itself by `stop_doubt` too.
    """
    words = read.words.words
    stops = {place for place, word in enumerate(words) if word in _STOP_WORDS}
    if not stops:
        return candidates
    plain: set[int] = set()
    doubt: set[int] = set()
    for tag in candidates:
        if tag.kind in ("neutral", "stop_doubt"):
            places = stops & set(range(tag.start, tag.end))
            doubt |= places
            if tag.kind == "neutral":
                plain |= places
    kept = []
    for tag in candidates:
        places = stops & set(range(tag.start, tag.end))
        if tag.kind in _STOPS and places and places <= (plain if tag.kind == "stop" else doubt):
            continue
        kept.append(tag)
    return kept


#: Kinds that stand beside the others and never compete with them for words.
_ASIDE = frozenset(
    {"third_party", "child_sender", "bereaved", "new_contact_details", "release_ahead", "concern", "uneasy", *_NEEDS}
)
#: What may hold a near wish to stop as part of a longer phrase: "she don't live here no more", "is this a scam".
_MAY_HOLD = frozenset({"wrong_person", "question"})
#: What may explain the word "stop" away.
_EXPLAINS = frozenset({"neutral", "stop_doubt", "stop", "near_stop", "cancel"})
_RANK = {
    "neutral": 0, "stop_doubt": 1, "stop": 1, "cancel": 1, "near_stop": 2, "wrong_person": 2, "call": 3, "sarcasm": 3,
    "hedge": 4, "decline": 4, "later": 4, "soft_decline": 5, "question": 5, "accept": 5, "weak_accept": 6, "when": 6,
    "condition": 7, "lead_no": 7,
}  # fmt: skip


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


# -- deciding -----------------------------------------------------------------------------------------


def _decide(text: str, found: _Found, context: Context, lexicons: Lexicons) -> Reading:
    kinds = found.kinds()
    foreign = frozenset(tag.kind for tag in found.foreign_tags)
    signals = _signals(text, found)
    needs = _needs(found)
    stop = _stop(found)
    if found.danger:
        return _alert(found, signals, needs, context, stopped=stop is not None)
    if found.language != "en":
        intent, action, reply, evidence = _other_language(found, foreign, lexicons, stop)
    else:
        intent, action, reply, evidence = _english(found, kinds, lexicons, stop)
    if action is not Action.ALERT and intent is not Intent.STOP and _complains(found):
        intent = Intent.STOP if intent in (Intent.UNCLEAR, Intent.ACCEPT) else intent
        action, reply = Action.HOLD, NO_REPLY
    if action is Action.ASK_PERSON and (stop is not None or _mentions_stop(found)):
        action = Action.HOLD
    if action in (Action.ASK_PERSON, Action.HOLD) and intent is Intent.UNCLEAR and "uneasy" in kinds:
        action = Action.ALERT
    if action is Action.ACT and intent in SWITCHED and intent not in context.by_itself:
        action, reply = Action.ASK_PERSON, NO_REPLY
    if signals or context.compromised:
        action, reply = _guarded(intent, action, signals, compromised=context.compromised)
    time = None
    if intent in (Intent.LATER, Intent.CALL):
        time = read_time(" ".join(found.read.words.words), context.now, context.terms)
    return Reading(
        intent,
        action,
        reply,
        needs,
        time,
        signals,
        evidence,
        found.language,
        _scope(found) if intent is Intent.STOP else None,
    )


_MENTIONS = _STOP_WORDS | {
    "cancel",
    "quit",
    "revoke",
    "spam",
    "delete",
    "unsubscribe",
    "optout",
    "block",
    "blocked",
    "remove",
}


def _mentions_stop(found: _Found) -> bool:
    """Whether the word stands in the text, and nothing explains it."""
    plain = {place for tag in found.tags if tag.kind == "neutral" for place in range(tag.start, tag.end)}
    words = found.read.words.words
    return any(
        word in _MENTIONS and (place not in plain or words[place - 1 : place] == ("to",))
        for place, word in enumerate(words)
    )


def _signals(text: str, found: _Found) -> tuple[Signal, ...]:
    said = {_SIGNAL_OF[tag.kind] for tag in found.danger if tag.kind in _SIGNAL_OF}
    said |= {_SIGNAL_OF[tag.kind] for tag in (*found.tags, *found.foreign_tags) if tag.kind in _SIGNAL_OF}
    if _DETAILS.search(text):
        said.add(Signal.NEW_CONTACT_DETAILS)
    return tuple(signal for signal in Signal if signal in said)


def _needs(found: _Found) -> tuple[Need, ...]:
    said = {_NEEDS[tag.kind] for tag in (*found.tags, *found.foreign_tags) if tag.kind in _NEEDS}
    return tuple(need for need in Need if need in said)


def _stop(found: _Found) -> Tag | None:
    """The first wish to stop, in any language."""
    for tag in (*found.tags, *found.foreign_tags):
        if tag.kind in _STOPS:
            return tag
    return None


def _alert(
    found: _Found, signals: tuple[Signal, ...], needs: tuple[Need, ...], context: Context, *, stopped: bool
) -> Reading:
    evidence = _evidence(found, found.danger)
    kinds = {tag.kind for tag in found.danger}
    intent = Intent.DISTRESS
    quiet = (
        {"fear", "refuge"}
        if found.kinds() & (_ACCEPTS | {"decline", "soft_decline", "later", "when", "call", "lead_no"})
        else _QUIET
    )
    if not kinds - quiet or (kinds == {"partner"} and found.kinds() & {"relayed", *_ACCEPTS}):
        plain = found.kinds()
        intent = _first(plain) if kinds != {"partner"} else Intent.UNCLEAR
        if intent is Intent.UNCLEAR and "partner" not in kinds:
            intent = Intent.DISTRESS
    own_harm = {tag.kind for tag in found.danger} == {"self_harm"}
    crisis = signals == (Signal.SELF_HARM,) and own_harm and not stopped and not context.compromised
    return Reading(
        intent,
        Action.ALERT,
        CRISIS if crisis else NO_REPLY,
        needs,
        None,
        signals,
        evidence,
        found.language,
        _scope(found) if stopped else None,
    )


#: Danger that leaves a question, a stop or a wrong number what it is.
_QUIET = frozenset({"fear", "refuge", "dread"})

_FIRST: tuple[tuple[Intent, frozenset[str]], ...] = (
    (Intent.STOP, _STOPS),
    (Intent.WRONG_PERSON, frozenset({"wrong_person"})),
    (Intent.CALL, frozenset({"call"})),
    (Intent.DECLINE, frozenset({"decline", "soft_decline"})),
    (Intent.LATER, frozenset({"later", "when"})),
    (Intent.QUESTION, frozenset({"question", "request"})),
    (Intent.ACCEPT, _ACCEPTS),
    (Intent.DECLINE, frozenset({"lead_no"})),
    (Intent.HELP, frozenset({"help"})),
)


def _first(kinds: frozenset[str]) -> Intent:
    return next((intent for intent, wanted in _FIRST if kinds & wanted), Intent.UNCLEAR)


def _guarded(intent: Intent, action: Action, signals: tuple[Signal, ...], *, compromised: bool) -> tuple[Action, str]:
    """With a signal, or on a number that somebody else holds, nothing goes out."""
    if intent is Intent.STOP or action is Action.HOLD or compromised:
        return Action.HOLD, NO_REPLY
    held = {Signal.THIRD_PARTY, Signal.CHILD_SENDER}
    return (Action.HOLD if held & set(signals) else Action.ASK_PERSON), NO_REPLY


_Verdict = tuple[Intent, Action, str, tuple[str, ...]]


def _other_language(found: _Found, kinds: frozenset[str], lexicons: Lexicons, stop: Tag | None) -> _Verdict:
    intent = _first(kinds)
    if stop is not None:
        intent = Intent.STOP
    if intent is Intent.UNCLEAR and found.read.words.asks:
        intent = Intent.QUESTION
    if not found.foreign_tags:
        return Intent.UNCLEAR, Action.HOLD, NO_REPLY, ()
    wanted = next((kinds_of for name, kinds_of in _FIRST if name is intent and kinds & kinds_of), frozenset())
    evidence = _evidence(found, tuple(tag for tag in found.foreign_tags if tag.kind in wanted))
    if intent is Intent.STOP:
        return intent, Action.HOLD, NO_REPLY, evidence or _evidence(found, (stop,) if stop else ())
    clear = lexicons.reviewed(found.language) and len(kinds & {k for _, w in _FIRST for k in w}) == 1
    if clear and intent in WORDINGS and intent is not Intent.ACCEPT:
        return intent, Action.ACT, WORDINGS[intent], evidence
    return intent, Action.ASK_PERSON, NO_REPLY, evidence


def _english(found: _Found, kinds: frozenset[str], lexicons: Lexicons, stop: Tag | None) -> _Verdict:
    def said(*wanted: str) -> tuple[str, ...]:
        return _evidence(found, tuple(tag for tag in found.tags if tag.kind in wanted))

    asked = bool(found.read.words.asks) or bool(kinds & {"question", "request"})
    if stop is not None:
        clear = stop.language == "en" and _only(found, {"stop"}, lexicons)
        action = Action.ACT if clear else Action.HOLD
        return Intent.STOP, action, WORDINGS[Intent.STOP] if clear else NO_REPLY, said(*_STOPS) or (found.words(stop),)
    if "wrong_person" in kinds:
        clear = not kinds & {"call", "stop_doubt", "accept"}
        return _verdict(Intent.WRONG_PERSON, clear=clear, evidence=said("wrong_person"))
    if "call" in kinds:
        clear = not kinds & {"stop_doubt", "sarcasm", "relayed"}
        return _verdict(Intent.CALL, clear=clear, evidence=said("call"))
    yes = kinds & _ACCEPTS
    puts_off = kinds & {"later", "when"}
    if "decline" in kinds and not ("accept" in kinds and _after(found, "accept", "decline")):
        invited = puts_off and _invited(found)
        if invited and not _after(found, "decline", "later"):
            return _verdict(Intent.LATER, clear=False, evidence=said("later", "when"))
        mixed = "accept" in kinds and not (_after(found, "decline", "accept") and kinds & _HEDGES)
        clear = not mixed and not puts_off and not kinds & {"stop_doubt", "question", "relayed", "sarcasm"}
        return _verdict(Intent.DECLINE, clear=clear, evidence=said("decline"))
    if "soft_decline" in kinds and not kinds & {"accept", "question"} and not (puts_off and _invited(found)):
        clear = not puts_off and not kinds & (_HEDGES | {"stop_doubt", "weak_accept"}) and not _unknown(found, lexicons)
        return _verdict(Intent.DECLINE, clear=clear, evidence=said("soft_decline", "lead_no"))
    if puts_off:
        clear = not (kinds & {"question", "stop_doubt", "relayed", "sarcasm", "decline"})
        if "later" in kinds or not asked:
            return _verdict(Intent.LATER, clear=clear, evidence=said("later", "when"))
    if "help" in kinds and not yes:
        return Intent.HELP, Action.ALERT if _only_help(found) else Action.ASK_PERSON, NO_REPLY, said("help")
    if asked:
        if kinds & {"sarcasm"} and not kinds & {"question"}:
            return _unclear(found, kinds, lexicons)
        return _verdict(Intent.QUESTION, clear=False, evidence=said("question"))
    if "lead_no" in kinds and not yes:
        short = len(_unknown(found, lexicons)) <= 2 and not kinds & (_HEDGES | {"stop_doubt"})
        return _verdict(Intent.DECLINE, clear=short, evidence=said("lead_no"))
    if yes and not (kinds - _taken_back(found, lexicons)) & (_HEDGES | {"lead_no", "abuse", "stop_doubt"}):
        clear = _clear_yes(found, kinds, lexicons)
        return _verdict(Intent.ACCEPT, clear=clear, evidence=said("accept", "weak_accept"))
    if "negation" in kinds and "thanks" in found.read.words.words and not kinds & (_HEDGES | {"abuse", "stop_doubt"}):
        return _verdict(Intent.DECLINE, clear=not _unknown(found, lexicons), evidence=())
    return _unclear(found, kinds, lexicons)


#: A longer text that answers nothing, is not understood, and tells of people: that is how danger is mostly told.
_PEOPLE = frozenset(
    {
        "i", "im", "ive", "we", "weve", "were", "he", "hes", "hed", "hell", "him", "his", "she", "shes", "her", "they",
        "theyve", "them", "my", "me", "us", "our", "kids", "children", "son", "daughter", "mum", "dad", "mam", "baby",
        "someone",
    }
)  # fmt: skip
#: What is understood well enough to know that it is no wish to stop.
_UNDERSTOOD = frozenset({"bare", "hedge", "condition", "sarcasm", "relayed", "neutral", *_ACCEPTS})


def _unclear(found: _Found, kinds: frozenset[str], lexicons: Lexicons) -> _Verdict:
    words = found.read.words.words
    if not kinds & _UNDERSTOOD and len(words) >= 4 and _PEOPLE & set(words):
        return Intent.UNCLEAR, Action.ALERT, NO_REPLY, ()
    held = bool(kinds & {"stop_doubt", "abuse"}) or not kinds & _UNDERSTOOD
    return Intent.UNCLEAR, Action.HOLD if held else Action.ASK_PERSON, NO_REPLY, ()


def _only_help(found: _Found) -> bool:
    return "help" in found.read.words.words


def _verdict(intent: Intent, *, clear: bool, evidence: tuple[str, ...]) -> _Verdict:
    if clear:
        return intent, Action.ACT, WORDINGS[intent], evidence
    return intent, Action.ASK_PERSON, NO_REPLY, evidence


def _after(found: _Found, later: str, sooner: str) -> bool:
    """Whether the last phrase of one kind stands after the last of the other."""
    last = {tag.kind: tag.start for tag in found.tags}
    return later in last and sooner in last and last[later] > last[sooner]


_INVITES = frozenset({"ask", "try", "again", "back", "remind", "touch", "check", "text", "message"})


def _invited(found: _Found) -> bool:
    return any(
        tag.kind == "later" and _INVITES & set(found.read.words.words[tag.start : tag.end]) for tag in found.tags
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


def _complains(found: _Found) -> bool:
    """Whether a sentence speaks of texting and against something, in words that nothing else explains."""
    explained = {
        place for tag in found.tags if tag.kind in ("neutral", "call", "later") for place in range(tag.start, tag.end)
    }
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


def _unknown(found: _Found, lexicons: Lexicons) -> list[str]:
    """The words that nothing accounts for."""
    covered = {place for tag in found.tags if tag.kind != "negation" for place in range(tag.start, tag.end)}
    filler = lexicons.filler("en")
    return [
        word
        for place, word in enumerate(found.read.words.words)
        if place not in covered and word not in filler and not lexicons.name(word)
    ]


def _only(found: _Found, wanted: set[str], lexicons: Lexicons) -> bool:
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


def _taken_back(found: _Found, lexicons: Lexicons) -> frozenset[str]:
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


_PLAIN_YES = frozenset({"weak_accept", *_NEEDS})


def _clear_yes(found: _Found, kinds: frozenset[str], lexicons: Lexicons) -> bool:
    if (kinds - _taken_back(found, lexicons)) & _BLOCKS or any(
        tag.fuzzy for tag in found.tags if tag.kind == "weak_accept"
    ):
        return False
    unknown = len(_unknown(found, lexicons))
    if "accept" in kinds:
        count = len(found.read.words.words)
        return unknown * 5 <= count or (unknown == 1 and count >= 4)
    covered = {place for tag in found.tags for place in range(tag.start, tag.end) if tag.kind in _PLAIN_YES}
    beside = (lexicons.courtesy("en") | lexicons.assent()) - {"laughing"}
    return all(place in covered or word in beside for place, word in enumerate(found.read.words.words))


_CALLS = frozenset({"call", "calling", "ring", "ringing", "phone", "phoning", "calls"})
_TEXTS = frozenset({"text", "texts", "texting", "message", "messages", "messaging"})


def _scope(found: _Found) -> StopScope:
    """Which of the four stops, where the words tell them apart; everything where they do not."""
    said = {word for tag in found.tags if tag.kind in _STOPS for word in found.read.words.words[tag.start : tag.end]}
    texts, calls = bool(said & _TEXTS), bool(said & _CALLS)
    if texts and not calls and found.kinds() & {"call"}:
        return StopScope.TEXTS
    if calls and not texts:
        return StopScope.CALLS
    return StopScope.EVERYTHING


def _evidence(found: _Found, tags: tuple[Tag, ...]) -> tuple[str, ...]:
    """The words that decided: the longest phrases first found, at most four, none inside another."""
    kept: list[Tag] = []
    for tag in sorted(tags, key=lambda tag: -tag.length):
        if not any(
            other.language == tag.language and other.start <= tag.start and tag.end <= other.end for other in kept
        ):
            kept.append(tag)
    kept.sort(key=lambda tag: tag.start)
    return tuple(found.words(tag) for tag in kept[:4])
