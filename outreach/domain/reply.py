"""Reads a family's text: what it wants, what software may do, and the words that decided.

Pure: no file, no clock, and nothing leaves the machine. Rules (DESIGN 4.3, 4.6 rules 3, 4, 7, 8):

- Danger is read first and over everything, in every language at once. It is never outweighed.
- Precedence: distress > stop > wrong_person > call > decline > later > question > accept > help > unclear.
- A wish to stop is obeyed wherever it may be one: acted on where the text says that and nothing else,
  held for a person in every other case. CANCEL, END, QUIT and REVOKE hold, and a person is asked.
- A yes is acted on only where every word of the text is accounted for, and none hedges, conditions,
  asks, refuses, puts off, mocks, or speaks for somebody else. In a language that no native speaker
  reviewed it always goes to a person. It makes a call task at most: consent is never read from a text.
- English is acted on only where all that stands beside the wish leaves it what it is (`reply_company`).
- Any signal forbids `act`. A stop with a signal is obeyed in silence, and a person is told.
- A reply goes out only with `act`; and the crisis text, where a writer speaks of harming themselves,
  that is the only signal, they did not ask us to stop, and the number is theirs.
- What the reader cannot read at all is held: it may be a wish to stop in words that it does not know.
- The switches of rule 8 turn `act` into `ask_person`; stop, hold and alert need none.
"""

from __future__ import annotations

import re
from dataclasses import replace

from outreach.domain.reply_apart import Apart, own_words
from outreach.domain.reply_charity import not_the_charity
from outreach.domain.reply_company import plain_company
from outreach.domain.reply_doubt import (
    complains,
    mentions_stop,
    tells_more,
    unknown_abroad,
    unknown_words,
)
from outreach.domain.reply_find import ACCEPTS, NEEDS, STOPS, Found, evidence_of, find, wish_to_stop
from outreach.domain.reply_lexicon import Lexicons
from outreach.domain.reply_others import refuses_call
from outreach.domain.reply_plain import first_of, read_english, read_other_language
from outreach.domain.reply_second import second
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
_DETAILS = re.compile(
    r"(?<!\d)(?:\+?44|0)[\s\-().]*\d(?:[\s\-().]*\d){7,10}(?!\d)|[\w.+-]+@[\w-]+\.\w"
    r"|\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b|\b\d{1,4}[a-z]?,? (?:\w+ ){1,2}"
    r"(?:street|road|avenue|close|lane|drive|court|way|crescent|terrace|place|grove|st|rd|ave)\b",
    re.IGNORECASE,
)
#: "Take. Me. Off.": a stop behind every word.
_STOPS_BETWEEN = re.compile(r"\s*(?:[^\W\d_]+[.!]+\s*){2,}[^\W\d_]*\s*")
_CHOICES = {
    "1": 1, "one": 1, "number 1": 1, "2": 2, "two": 2, "number 2": 2, "3": 3, "three": 3, "number 3": 3, "4": 4,
    "four": 4, "number 4": 4,
}  # fmt: skip
_NOT_MERE_COURTESY = frozenset({
    "to", "but", "sorry", "asked", "asking", "said", "again", "just", "my", "i", "for", "all", "no", "no.", "laughing",
})  # fmt: skip
"""Beside a number these may make it no answer at all."""
_ASKS = re.compile("[?？؟⁇⁈⁉❓❔🤔🤷]")


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
    found = find(own.text, context, lexicons)
    reading = _decide(own.text, found, context, lexicons)
    if ("\n" in own.text or _STOPS_BETWEEN.fullmatch(own.text)) and reading.intent is not Intent.STOP:
        reading = _joined(own.text, reading, context, lexicons)
    harmless = reading.action is Action.ACT or (reading.action is Action.ALERT and not reading.signals)
    if own.apart is Apart.AUTOMATIC and harmless:
        reading = replace(reading, intent=Intent.UNCLEAR, action=Action.ASK_PERSON, reply=NO_REPLY)
    if own.apart is Apart.AUTOMATIC and reading.intent not in (Intent.DISTRESS, Intent.STOP):
        reading = replace(reading, intent=Intent.UNCLEAR, reasons=(*reading.reasons, own.apart.value))
    return reading


def _joined(text: str, reading: Reading, context: Context, lexicons: Lexicons) -> Reading:
    """The same with its lines as one: what runs over a line is a wish to stop or a danger all the same.

    Nothing is acted on that reads otherwise so: a yes on a line of its own may be the end of "mum would say / yes".
    """
    whole = text.replace("\n", " ").replace(".", " ") if _STOPS_BETWEEN.fullmatch(text) else text.replace("\n", " ")
    other = _decide(whole, find(whole, context, lexicons), context, lexicons)
    if reading.action is Action.ALERT:
        stopped = other.stop_scope is not None and reading.reply != NO_REPLY
        return replace(reading, reply=NO_REPLY, stop_scope=other.stop_scope) if stopped else reading
    if other.intent in (Intent.STOP, Intent.DISTRESS) or other.action is Action.ALERT:
        return other
    if reading.action is Action.ACT and other.intent is not reading.intent:
        return replace(reading, action=Action.HOLD, reply=NO_REPLY)
    return reading


def _answer(text: str, lexicons: Lexicons) -> int | None:
    """The number that a text is, with nothing beside it but courtesy. A number that asks back is no answer."""
    if _ASKS.search(text):
        return None
    courtesy = lexicons.courtesy("en") - _NOT_MERE_COURTESY
    return _CHOICES.get(" ".join(word for word in lexicons.respell(text).words if word not in courtesy))


def _decide(text: str, found: Found, context: Context, lexicons: Lexicons) -> Reading:
    kinds = found.kinds()
    foreign = frozenset(tag.kind for tag in found.foreign_tags)
    signals = _signals(text, found)
    if "wrong_person" in kinds and not _DETAILS.search(text):  # "new number" is this one, and theirs
        signals = tuple(signal for signal in signals if signal is not Signal.NEW_CONTACT_DETAILS)
    needs = _needs(found)
    stop = wish_to_stop(found)
    if found.danger:
        return _alert(found, signals, needs, context, stopped=stop is not None)
    if found.language != "en":
        intent, action, reply, evidence = read_other_language(found, foreign, lexicons, stop)
    else:
        intent, action, reply, evidence = read_english(found, kinds, lexicons, stop)
    if action is not Action.ALERT and intent is not Intent.STOP and complains(found):
        intent = Intent.STOP if intent in (Intent.UNCLEAR, Intent.ACCEPT) else intent
        action, reply = Action.HOLD, NO_REPLY
    if found.language != "en" and action is Action.ACT and unknown_abroad(found, lexicons):
        action, reply = Action.HOLD if intent is Intent.DECLINE else Action.ASK_PERSON, NO_REPLY
    english = found.language == "en" and intent is not Intent.STOP
    if action is Action.ACT and english and not plain_company(found, intent, lexicons):
        if intent is Intent.CALL and refuses_call(found):
            intent = Intent.DECLINE
        action, reply = Action.HOLD if intent is Intent.DECLINE else Action.ASK_PERSON, NO_REPLY
    if action is Action.ASK_PERSON and (stop is not None or "sarcasm" in kinds):
        action = Action.HOLD
    if action in (Action.ACT, Action.ASK_PERSON) and intent is not Intent.STOP and mentions_stop(found):
        action, reply = Action.HOLD, NO_REPLY
    if action in (Action.ASK_PERSON, Action.HOLD):
        action = _wary(found, kinds, lexicons, action, stopped=intent is Intent.STOP)
    if found.language == "en" and not signals:
        intent, action, reply, evidence = second(found, (intent, action, reply, evidence), stop, lexicons)
    if action is Action.ACT and intent is Intent.ACCEPT and text.rstrip().endswith(("...", "…")):  # it trails off
        action, reply = Action.ASK_PERSON, NO_REPLY
    spoken_for = bool({Signal.THIRD_PARTY, Signal.CHILD_SENDER} & set(signals)) and intent is not Intent.STOP
    if action is not Action.ACT and (intent is Intent.UNCLEAR or spoken_for) and "uneasy" in kinds:
        action, reply = Action.ALERT, NO_REPLY
    if action is Action.ACT and intent in SWITCHED and intent not in context.by_itself:
        action, reply = Action.ASK_PERSON, NO_REPLY
    if signals or context.compromised:
        action, reply = _guarded(intent, action, signals, compromised=context.compromised)
    scope = _scope(found) if intent is Intent.STOP else None
    if not signals and not_the_charity(found.read.words.words):
        intent, action, reply, scope = Intent.STOP, Action.HOLD, NO_REPLY, StopScope.CHARITY
        evidence = (text.strip(),)
    time = None
    if intent in (Intent.LATER, Intent.CALL):
        time = read_time(" ".join(found.read.words.words), context.now, context.terms, context.half_terms)
    return Reading(
        intent,
        action,
        reply,
        needs,
        time,
        signals,
        evidence,
        found.language,
        scope,
    )


def _wary(found: Found, kinds: frozenset[str], lexicons: Lexicons, action: Action, *, stopped: bool) -> Action:
    """What a person is asked about is held where a word of it is not explained, and is an alert where it tells more."""
    if found.language != "en":
        unknown = unknown_abroad(found, lexicons)
        if unknown >= (5 if stopped else 3):
            return Action.ALERT
        return Action.HOLD if unknown or "decline" in {tag.kind for tag in found.foreign_tags} else action
    if tells_more(found, lexicons, stopped=stopped):
        return Action.ALERT
    return Action.HOLD if "negation" in kinds or unknown_words(found, lexicons) else action


def _signals(text: str, found: Found) -> tuple[Signal, ...]:
    said = {_SIGNAL_OF[tag.kind] for tag in found.danger if tag.kind in _SIGNAL_OF}
    said |= {_SIGNAL_OF[tag.kind] for tag in (*found.tags, *found.foreign_tags) if tag.kind in _SIGNAL_OF}
    if _DETAILS.search(text):
        said.add(Signal.NEW_CONTACT_DETAILS)
    return tuple(signal for signal in Signal if signal in said)


def _needs(found: Found) -> tuple[Need, ...]:
    said = {NEEDS[tag.kind] for tag in (*found.tags, *found.foreign_tags) if tag.kind in NEEDS}
    return tuple(need for need in Need if need in said)


def _alert(
    found: Found, signals: tuple[Signal, ...], needs: tuple[Need, ...], context: Context, *, stopped: bool
) -> Reading:
    evidence = evidence_of(found, found.danger)
    kinds = {tag.kind for tag in found.danger}
    intent = Intent.DISTRESS
    quiet = (
        {"fear", "refuge"}
        if found.kinds() & (ACCEPTS | {"decline", "soft_decline", "later", "when", "call", "lead_no"})
        else _QUIET
    )
    if not kinds - quiet or (kinds == {"partner"} and found.kinds() & {"relayed", *ACCEPTS}):
        plain = found.kinds()
        intent = first_of(plain) if kinds != {"partner"} else Intent.UNCLEAR
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


def _guarded(intent: Intent, action: Action, signals: tuple[Signal, ...], *, compromised: bool) -> tuple[Action, str]:
    """With a signal, or on a number that somebody else holds, nothing goes out; an alert stays one, and a stop."""
    if action is Action.ALERT or (intent is Intent.STOP and action is Action.ACT and not signals):
        return action, NO_REPLY
    if intent is Intent.STOP or action is Action.HOLD or compromised:
        return Action.HOLD, NO_REPLY
    held = {Signal.THIRD_PARTY, Signal.CHILD_SENDER}
    return (Action.HOLD if held & set(signals) else Action.ASK_PERSON), NO_REPLY


_CALLS = frozenset({"call", "calling", "ring", "ringing", "phone", "phoning", "calls"})
_TEXTS = frozenset({"text", "texts", "texting", "message", "messages", "messaging"})


def _scope(found: Found) -> StopScope:
    """Which of the four stops, where the words tell them apart; everything where they do not."""
    said = {word for tag in found.tags if tag.kind in STOPS for word in found.read.words.words[tag.start : tag.end]}
    texts, calls = bool(said & _TEXTS), bool(said & _CALLS)
    if texts and not calls and found.kinds() & {"call"}:
        return StopScope.TEXTS
    if calls and not texts:
        return StopScope.CALLS
    return StopScope.EVERYTHING
