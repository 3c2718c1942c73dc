"""Sets apart what a text holds but its writer did not write.

Rules:

- A reaction (*Liked "..."*), an automatic answer, a receipt and an empty text say nothing of their own.
- Lines quoted with `>`, what follows *On ... wrote:* or *Original message*, and a phone's signature go.
- A sentence that holds our keywords CALL, LATER and STOP together is our own offer, quoted back, and
  so are the sentences before it that came with it; also any sentence of a text that we sent lately, whole or cut off.
- What is left is the writer's own. If nothing is left the text says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Apart(StrEnum):
    """Why a text has no words of its own."""

    EMPTY = "empty"
    REACTION = "reaction"
    DISLIKE = "dislike"
    AUTOMATIC = "automatic"
    RECEIPT = "receipt"
    QUOTED = "quoted"


@dataclass(frozen=True, slots=True)
class Own:
    """The writer's own words; `apart` says why there are none; `quoted` whether something was taken off."""

    text: str
    apart: Apart | None
    quoted: bool


_QUOTES = "\"“”„«»‘’'"
_REACTION = re.compile(
    rf"^\W*(?P<verb>liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|reacted(?: with)? \S+ to|\S{{1,8}} to"
    rf"|removed an? .{{1,20}} from)\s*[{_QUOTES}].*[{_QUOTES}]?\W*$",
    re.IGNORECASE | re.DOTALL,
)
_AUTOMATIC = re.compile(
    r"do not disturb (turned )?on|do not disturb while driving|i'?m driving with|out of (the )?office"
    r"|automatic(ally)? (reply|generated|response)|auto-?(reply|response|mated (reply|response|message))"
    r"|this is an automated|your message has been received|we (have received|will respond|aim to respond)"
    r"|this mailbox|this number (is not monitored|does not accept)|on annual leave until|sent automatically"
    r"|^sorry,? i missed your call\b"
    r"|i'?ll (get back to you|see your message) when i (get|arrive)|^sorry,? i can'?t talk right now\.?$"
    r"|can i call you later\?$",
    re.IGNORECASE,
)
_RECEIPT = re.compile(
    r"^\W*(message|text|sms|msg)?\s*(failed to (deliver|send)|not delivered|delivered\b|undeliverable"
    r"|delivery (report|receipt|status|failed)|could not be (sent|delivered)|was read|read receipt"
    r"|(failed|undelivered)$|seen at|read at)",
    re.IGNORECASE,
)
_WROTE = re.compile(r"(?im)^\s*(on .{4,80} wrote:|-{2,}\s*(original|forwarded) message.*|begin forwarded message.*)")
_SIGNATURE = re.compile(
    r"(?im)^\s*(sent from (my|outlook|yahoo|samsung)\b.*|get outlook for .*|sent via .*|-- ?)$"
    r"|\s*sent from my \w+( \w+)?\.?\s*$"
)
_FROM_A_CAR = re.compile(r"\bsent from my (car|vehicle)\b", re.IGNORECASE)
_FEW_WORDS = 2
"""So many spaces at least stand in a sentence that is taken for ours: *STOP please* can be anybody's."""
_CUT_OFF = 20
"""So long at least is the beginning of a sentence of ours that was cut off."""
_TYPED = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " "})
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")
_OURS = re.compile(
    r"\bwillow team\b|\bjust checking in\b|\bno rush\. reply\b|won'?t text (you )?again\b|to leave it for now"
    r"|call for a chat|to opt out text stop|the support we talked about",
    re.IGNORECASE,
)
_OUR_LATER = re.compile(r"\bwhatever you choose is fine\b|\bno rush\b", re.IGNORECASE)


def own_words(text: str, sent: Sequence[str] = ()) -> Own:
    """What the writer wrote."""
    if not text.strip():
        return Own("", Apart.EMPTY, quoted=False)
    found = _REACTION.match(text.strip())
    if found:
        verb = found["verb"].lower()
        known = verb[:5] in ("liked", "loved", "disli", "laugh", "empha", "quest", "react", "remov")
        if known or not verb.split()[0].isalnum():
            return Own("", Apart.DISLIKE if verb == "disliked" else Apart.REACTION, quoted=True)
    if _RECEIPT.match(text):
        return Own("", Apart.RECEIPT, quoted=False)
    own = _WROTE.split(text, maxsplit=1)[0]
    own = "\n".join(line for line in own.splitlines() if not line.lstrip().startswith((">", "|>")))
    driving = bool(_FROM_A_CAR.search(own))
    own = _SIGNATURE.sub("", own)
    own = _without_offer(_without_sent(own, sent))
    quoted = own.strip() != text.strip()
    if not re.search(r"[^\W_]", own) and not any(ord(sign) > 0x2000 for sign in own) and "?" not in own:
        return Own("", Apart.QUOTED if quoted else Apart.EMPTY, quoted=quoted)
    if driving or _AUTOMATIC.search(own):
        return Own(own.strip(), Apart.AUTOMATIC, quoted=quoted)
    return Own(own.strip(), None, quoted=quoted)


def _without_sent(text: str, sent: Sequence[str]) -> str:
    ours = {_plain(sentence) for each in sent for sentence in _SENTENCE.findall(each)}
    ours = {each for each in ours if each.count(" ") >= _FEW_WORDS}
    if not ours:
        return text
    for each in sent:
        text = text.replace(each.strip(), "\n")
    return "".join(sentence for sentence in _SENTENCE.findall(text) if not _is_ours(_plain(sentence), ours))


def _is_ours(sentence: str, ours: Collection[str]) -> bool:
    cut_off = len(sentence) >= _CUT_OFF and any(each.startswith(sentence) for each in ours)
    return cut_off or any(sentence == each or sentence.endswith(": " + each) for each in ours)


def _plain(sentence: str) -> str:
    signs = sentence.translate(_TYPED).casefold()
    return " ".join(signs.split()).strip(" .!?\"'*_>")


def _without_offer(text: str) -> str:
    if not ("STOP" in text and "CALL" in text and "LATER" in text):
        return text
    kept: list[str] = []
    for sentence in _SENTENCE.findall(text):
        ours = "STOP" in sentence and ("CALL" in sentence or "LATER" in sentence)
        if not ours and not _OURS.search(sentence) and not _OUR_LATER.search(sentence):
            kept.append(sentence)
    return "".join(kept)
