"""The texts of a thread as bubbles: who wrote, when, what was made of it by which words, and what came of it.

Rules
* What they wrote stands as they wrote it, the words that decided marked in it.
* A text of ours that waits says when it goes, or what it waits for (``when_it_goes``).
* What software did stands between the texts, in small plain words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from outreach.domain.hold import RULES, Kind
from outreach.domain.plain_words import ALERTS, INTENTS, NOT_TAKEN
from outreach.domain.sending import SAYS
from outreach.store import sealing
from outreach.store.texts import ReadingRow, TextRow, body_of
from outreach.store.threads import hold_of
from outreach.views.family_history import GONE, TEXT_STATES
from outreach.views.family_line import FamilyLine
from outreach.views.marked_words import Piece, marked
from outreach.views.when_it_goes import Goes, when_it_goes

DID = {
    "accept": "They said yes: a call was put on the list, or the questions about consent began.",
    "call": "They asked to be rung: a call was put on the list.",
    "later": "They said later: the next contact waits until then.",
    "decline": "They said no: no more texts about it.",
    "wrong_person": "A wrong number: it was taken off, with one apology.",
    "stop": "They said stop: it was obeyed.",
}
ASKS = {
    "alert": "A person was told at once. Automatic texts to the family wait.",
    "read_first": "Nothing more is sent, and nobody rings, until a person has looked.",
    "hold": "Nothing more is sent until a person has looked.",
    "ask_person": "Automatic texts to the family wait until a person has looked.",
    "act": "Automatic texts to the family wait until a person has looked.",
}
SOMEBODY_ELSE = {"third_party", "child_sender", "watched"}
PURPOSES = {
    "offer": "an offer",
    "answer": "an answer by itself",
    "stop": "confirms the stop",
    "crisis": "where help is",
    "apology": "says sorry",
    "conversation": "a question about consent",
}


@dataclass(frozen=True, slots=True)
class Read:
    """What the reader made of a text, and what came of it."""

    reads_as: str
    was: str
    """What the reader had, where a colleague put it right."""
    signals: tuple[str, ...]
    decided_by: tuple[str, ...]
    """The deciding words that do not stand in the text as such."""
    proposed: date | None
    proposed_hour: str
    did: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bubble:
    text_id: str
    side: str
    pieces: tuple[Piece, ...]
    at: datetime
    who: str
    about: tuple[str, ...]
    danger: bool
    read: Read | None
    goes: Goes | None = None
    """Of a text of ours that waits: when it goes, or what it waits for."""


def bubble_of(
    session: Session,
    row: TextRow,
    readings: dict[str, ReadingRow],
    names: dict[str, str],
    mine: dict[str, FamilyLine],
    *,
    now: datetime,
) -> Bubble:
    words = body_of(session, row) or GONE
    reading = readings.get(row.id)
    if row.direction == "in":
        who = _writer(row, reading, mine)
        pieces, missing = marked(words, _evidence(session, row, reading))
        read = _read(reading, missing, names) if reading else None
        danger = bool(reading and reading.action == "alert")
        return Bubble(row.id, "theirs", pieces, row.at, who, (), danger, read)
    state = TEXT_STATES.get(row.state, row.state)
    why = SAYS.get(row.waits_for or "") or (RULES[Kind(row.waits_for)].says if row.waits_for in set(Kind) else "")
    who = names.get(row.by_staff or "", "a colleague") if row.by_staff else "by itself"
    about = [f"{state}: {why}" if why and row.state == "dropped" else state]
    if row.purpose in PURPOSES:
        about.insert(0, PURPOSES[row.purpose])
    at = row.handed_over_at or row.at
    goes = when_it_goes(session, row, now=now)
    return Bubble(row.id, "ours", (Piece(words, False),), at, who, tuple(about), False, None, goes)


def _writer(row: TextRow, reading: ReadingRow | None, mine: dict[str, FamilyLine]) -> str:
    """Who wrote, as far as we know: never the carer's initials under words that may be somebody else's."""
    if reading is not None and SOMEBODY_ELSE & set(reading.signals):
        return "somebody with this phone"
    return mine[row.family_id].who if row.family_id in mine else "they"


def _evidence(session: Session, row: TextRow, reading: ReadingRow | None) -> tuple[str, ...]:
    if reading is None:
        return ()
    found = sealing.unseal(
        session, reading.evidence, key_id=row.key_id, table="reading", column="evidence", row_id=row.id
    )
    return tuple((found or "").splitlines())


def _read(row: ReadingRow, missing: tuple[str, ...], names: dict[str, str]) -> Read:
    day, _, hour = (row.proposed_on or "").partition(" ")
    intent = row.corrected_intent or row.intent
    did = [f"Before it was put right: {DID[each]}" for each in row.details.get("did", ()) if each in DID]
    if row.acted and intent in DID:
        did.append(DID[intent])
    if row.intent == "stop" and row.held_after_ms is not None and row.corrected_intent is None:
        did.append(f"Every send was held {row.held_after_ms} ms after it came.")
    if row.details.get("loop"):
        did.append("The same words again and again: a machine may be writing. It gets no answer.")
    if row.details.get("once_more"):
        did.append("The same words once more, a moment later. Nothing more was done.")
    if row.details.get("not_taken") in NOT_TAKEN:
        did.append(f"It was not taken as consent: {NOT_TAKEN[row.details['not_taken']]}. Nothing was recorded.")
    calls_too = row.action != "alert" and hold_of(row) is Kind.READ_FIRST
    if row.needs_person and row.settled_at is None:
        did.append(ASKS["read_first" if calls_too else row.action])
    if row.settled_at is not None:
        did.append(f"{names.get(row.settled_by or '', 'A colleague')} has looked.")
    return Read(
        reads_as=intent_said(intent),
        was=intent_said(row.intent) if row.corrected_intent else "",
        signals=tuple(ALERTS.get(each, each.replace("_", " ")) for each in row.signals),
        decided_by=missing,
        proposed=date.fromisoformat(day) if day else None,
        proposed_hour=hour,
        did=tuple(did),
    )


def intent_said(code: str) -> str:
    return INTENTS.get(code, "not clear")
