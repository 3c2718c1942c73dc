"""What the learned opinion (`reply_learned`) may change of what the phrases read.

Rules:

- It is asked only where the phrases found no danger and no signal, and only of a text of three words or more, most of
  them English. **It lowers no danger, and no stop** that the phrases heard, clear or not.
- **It raises**: where it hears danger the text is an alert; where it hears a stop, the text is held as one.
- **It doubts**: what the phrases would act on, and it hears next to nothing of, goes to a person.
- **It grants**: a no, a later, a call or a wrong number that the phrases did not understand, or not all of, is acted
  on where it is sure. **Never a yes**: that is for the phrases alone. Not where a word of trouble, a grown man, or
  somebody who knows her stands in the text, or a call is refused; a call not for somebody else; and where the word
  stop stands or the text sounds like a stop, only where it is all but certain that it is none. Where the phrases
  would have a person look at once at words that they do not know, it must be surer.
"""

from __future__ import annotations

from outreach.domain.reply_company import explained, plain_company, turned
from outreach.domain.reply_doubt import complains, mentions_stop, tells_more, troubled
from outreach.domain.reply_find import Found, evidence_of
from outreach.domain.reply_learned import Opinion
from outreach.domain.reply_lexicon import Lexicons, Tag
from outreach.domain.reply_others import GROWN, no_call, of_another, refuses_call, somebody_else
from outreach.domain.reply_plain import Verdict
from outreach.domain.reply_values import NO_REPLY, WORDINGS, Action, Intent

#: From how much on it hears danger; hears enough of it to grant nothing; hears a stop.
_ALERTS, _UNEASY, _STOPS = 0.4, 0.3, 0.5
#: A text of fewer words is for the phrases alone; and more than this part of the words must be English.
_FEWEST = 3
_ENGLISH = 0.6
#: Below how much it doubts what the phrases read, and a yes.
_DOUBTS, _DOUBTS_A_YES = 0.05, 0.1
#: How sure it must be to grant what the phrases did not read; what they read; and what may be a stop.
_SURE, _AGREES = 0.7, 0.5
_NO_STOP, _SURE_OF_NO_STOP = 0.02, 0.92
#: How sure, where the phrases would have a person look at once.
_SURE_OVER_ALERT = 0.85
_GRANTS = frozenset({Intent.DECLINE, Intent.LATER, Intent.CALL, Intent.WRONG_PERSON})


def second(found: Found, verdict: Verdict, stop: Tag | None, lexicons: Lexicons) -> Verdict:
    """The verdict on an English text without danger or a signal, with the learned opinion heard."""
    intent, action, reply, evidence = verdict
    stopped = intent is Intent.STOP and action is Action.ACT
    if lexicons.learned is None or stopped or len(found.read.words.words) < _FEWEST or not _english(found, lexicons):
        return verdict
    opinion = lexicons.learned.opinion(found.read.words)
    if opinion.signal >= _ALERTS and intent is not Intent.STOP:
        danger = opinion.intent is Intent.DISTRESS
        return (Intent.DISTRESS if danger else intent), Action.ALERT, NO_REPLY, evidence
    if action is Action.ACT:
        if opinion.shares[intent] >= (_DOUBTS_A_YES if intent is Intent.ACCEPT else _DOUBTS):
            return verdict
        action, reply = Action.HOLD if intent is Intent.DECLINE else Action.ASK_PERSON, NO_REPLY
    best = opinion.intent
    if best is Intent.STOP and opinion.shares[best] >= _STOPS:
        calm = opinion.shares[best] >= _SURE_OVER_ALERT and opinion.signal < _UNEASY
        more = action is Action.ALERT and (not calm or tells_more(found, lexicons, stopped=True))
        told = evidence if intent is best else _telling(found, best, lexicons)
        return best, Action.ALERT if more else Action.HOLD, NO_REPLY, told
    calm = best in _GRANTS and opinion.signal < _UNEASY
    calm = calm and (action is not Action.ALERT or opinion.shares[best] >= _SURE_OVER_ALERT)
    if calm and _sure(found, intent, opinion, stop) and not _forbids(found, best, lexicons):
        told = evidence if best is intent else _telling(found, best, lexicons)
        return best, Action.ACT, WORDINGS[best], told
    return intent, action, reply, evidence


def _sure(found: Found, intent: Intent, opinion: Opinion, stop: Tag | None) -> bool:
    """Whether it is as sure as it must be."""
    best = opinion.intent
    share = opinion.shares[best]
    if stop is not None or intent is Intent.STOP:
        return False
    if mentions_stop(found) or complains(found):
        return share >= _SURE_OF_NO_STOP and opinion.shares[Intent.STOP] <= _NO_STOP
    return share >= (_AGREES if best is intent else _SURE)


def _english(found: Found, lexicons: Lexicons) -> bool:
    """Whether most of the words are English."""
    words = found.read.words.words
    known = sum(1 for word in words if lexicons.known(word) or word in lexicons.everyday() or lexicons.name(word))
    return known > _ENGLISH * len(words)


def _forbids(found: Found, intent: Intent, lexicons: Lexicons) -> bool:
    """Whether something stands in the text for which a person is asked, however sure it is."""
    words = found.read.words.words
    if troubled(found) or (GROWN - {"dad", "dads", "daddy"}) & set(words):
        return True
    if intent is Intent.WRONG_PERSON or "wrong_person" in found.kinds():
        return intent is not Intent.WRONG_PERSON or not plain_company(found, intent, lexicons)
    if refuses_call(found):
        return True
    if intent is not Intent.CALL:
        return False
    told = explained(found)
    elsewhere = somebody_else(words, frozenset(), lexicons) or of_another(found, told, lexicons)
    return elsewhere or turned(found, intent, told) or no_call(found, told)


def _telling(found: Found, intent: Intent, lexicons: Lexicons) -> tuple[str, ...]:
    """The words that most speak for it."""
    assert lexicons.learned is not None
    start, end = lexicons.learned.telling(found.read.words, intent)
    return evidence_of(found, (Tag(intent.value, "en", start, end, whole=False),))
