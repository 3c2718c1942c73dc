"""A person answers a thread: with an approved wording, or in their own words under the same rules.

Rules (DESIGN 4.6 rules 1, 3, 7)
* The gate is asked before the text is queued and again when it goes. A number somebody else was on, a stop and a
  safety hold let nothing through, whoever writes.
* Only wordings at the level of the number, no drafts, and in live use only approved ones.
* Own words keep to the banned words and the level; at a name we do not know the writer is asked once.
* Where they may want us to stop, no answer settles the thread; nor is one sent from the thread of another number.
* Who writes in their own name goes on by voice: a conversation about consent by text ends, and a call is on the list.
* At an unkind hour it waits for a kind one, and the writer is told so before; not within an hour of what the family
  wrote, nor while there is an open alert (ADR 10). Where they write again before it goes, on whichever number, it
  does not go.
* Only to a number of the family's own. The same words by a person to the same number within ten minutes are the same
  text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain import sending
from outreach.domain.access import Actor
from outreach.domain.free_text import Looked, look_at, vocabulary
from outreach.domain.wording import Level, MissingValueError, size
from outreach.engine import converse
from outreach.engine.answer_inbox import (
    STOP_FIRST,
    WHOSE_FIRST,
    NotDone,
    Work,
    close,
    first_to_do,
    gather_thread,
    note,
    take_up,
)
from outreach.engine.book_contact import reason_said
from outreach.engine.booking import Booked
from outreach.engine.queue_text import queue_text, text_values, wording_is_approved
from outreach.engine.situation import decide, number_value
from outreach.runtime import Runtime
from outreach.store import families
from outreach.store.offers import open_offer
from outreach.store.sealing import unseal
from outreach.store.texts import TextRow, body_of
from outreach.store.threads import may_want_stop, stop_waits

ANSWERS = ("call_booked", "who_is_this", "later", "decline", "missed_call", "crisis")
SAME_TEXT = timedelta(minutes=10)
A_KIND_HOUR = "quiet_hours"
"""What an answer may wait for in the queue; every other objection of the gate bars it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A wording that fits, filled in. ``purpose`` says what it is for."""

    name: str
    language: str
    purpose: str
    words: str


@dataclass(frozen=True, slots=True)
class Ways:
    """How the thread may be answered now. ``barred``: why no text may go at all; then there are no choices."""

    barred: str
    level: int
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """Queued; ``settled`` when the thread was closed with it. ``waits_until``: it goes only then."""

    settled: bool
    waits_until: datetime | None = None


def ways_to_answer(runtime: Runtime, actor: Actor, *, number_id: str) -> Ways:
    """What an answer could be."""
    now = runtime.now()
    with runtime.sessions.read() as session:
        work = gather_thread(session, actor, number_id, lock=False)
        level = number_value(session, work.number).level(now)
        barred = _barred(session, runtime, work, now=now)
        choices = () if barred else _choices(session, runtime, work, level, now=now)
        return Ways(barred, int(level), choices)


def waits_until(runtime: Runtime, actor: Actor, *, number_id: str) -> datetime | None:
    """When an answer that is sent now would go: at the next kind hour; ``None`` where it would go at once."""
    now = runtime.now()
    with runtime.sessions.read() as session:
        return _kind_hour(session, runtime, gather_thread(session, actor, number_id, lock=False), now=now)


def look_at_answer(runtime: Runtime, actor: Actor, *, number_id: str, wording: str, words: str) -> Looked | NotDone:
    """The text as it would go, and what is wrong with it. Nothing is written down."""
    now = runtime.now()
    with runtime.sessions.read() as session:
        work = gather_thread(session, actor, number_id, lock=False)
        barred = _barred(session, runtime, work, now=now)
        if barred:
            return NotDone(f"No text can go: {barred}.")
        return _looked(session, runtime, work, wording=wording, words=words, now=now)


def send_answer(
    runtime: Runtime,
    actor: Actor,
    *,
    number_id: str,
    seen: str,
    wording: str = "",
    words: str = "",
    sure: bool = False,
    settle: bool = False,
) -> Sent | Looked | NotDone:
    """Queue the answer. ``Looked`` where the words may not go as they are, or a name is still to be confirmed."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        work = take_up(session, actor, number_id=number_id, seen=seen, now=now)
        if isinstance(work, NotDone):
            return work
        barred = _barred(session, runtime, work, now=now)
        if barred:
            return NotDone(f"No text was sent: {barred}.")
        first = first_to_do(session, work) if settle else None
        if first == STOP_FIRST:
            return NotDone(first)
        looked = _looked(session, runtime, work, wording=wording, words=words, now=now)
        if isinstance(looked, NotDone):
            return looked
        if looked.faults or (looked.names and not sure):
            return looked
        assert work.family is not None  # _barred refuses a thread that is nobody's
        later = _kind_hour(session, runtime, work, now=now)
        if not _said_already(session, work, looked.words, now=now):
            chosen = _choice(session, runtime, work, wording, now=now) if wording else None
            booked = _booked(session, work.family.id, now=now)
            queue_text(
                session, runtime, number_id=number_id, family_id=work.family.id, purpose="person", body=looked.words,
                wording=chosen.name if chosen else None, language=chosen.language if chosen else "en",
                wording_version=runtime.library.wording(chosen.name, chosen.language).version if chosen else None,
                level=int(looked.level), answers_id=work.newest[0].id, by_staff=actor.id,
                due_at=later, true_until=booked.over if booked is not None and wording == "call_booked" else None,
                now=now,
            )  # fmt: skip
            converse.go_on_by_voice(session, runtime, family_id=work.family.id, by=actor.id, now=now)
            note(session, runtime, "thread_answered", work, by=actor.id, now=now, wording=wording or None)
        done = settle and first is None
        if done:
            close(session, runtime, work, by=actor.id, now=now)
    return Sent(settled=done, waits_until=later)


def _barred(session: Session, runtime: Runtime, work: Work, *, now: datetime) -> str:
    """Why no text by a person may go to this number now; empty where one may."""
    if work.family is None:
        return WHOSE_FIRST.removesuffix(".").lower() if work.linked else "nobody knows whose number this is"
    if work.family.id not in work.linked:
        return "this number is not one of the family's"
    here = may_want_stop(session, work.number, work.inbound, work.family.id)
    if not here and stop_waits(session, work.family.id):
        return "they may want us to stop, as they wrote on another of their numbers; decide about that first"
    answer = _gate(session, runtime, work, now=now)
    return "" if isinstance(answer, sending.Send) or answer.reason == A_KIND_HOUR else reason_said(answer.reason)


def _kind_hour(session: Session, runtime: Runtime, work: Work, *, now: datetime) -> datetime | None:
    answer = _gate(session, runtime, work, now=now)
    return answer.until if isinstance(answer, sending.Wait) and answer.reason == A_KIND_HOUR else None


def _gate(session: Session, runtime: Runtime, work: Work, *, now: datetime) -> sending.Decision:
    if work.family is None:
        return sending.Withhold("no_family")
    contact = sending.Contact(channel="text", purpose=sending.Purpose.PERSON, asked_at=work.newest[0].at)
    return decide(session, runtime, family_id=work.family.id, number=work.number, contact=contact, now=now)


def _looked(
    session: Session, runtime: Runtime, work: Work, *, wording: str, words: str, now: datetime
) -> Looked | NotDone:
    if wording:
        chosen = _choice(session, runtime, work, wording, now=now)
        if chosen is None:
            return NotDone("This wording does not fit any more. Choose again.")
        found = runtime.library.wording(chosen.name, chosen.language)
        return Looked(chosen.words, size(chosen.words), found.level, (), ())
    assert work.family is not None
    family_id = work.family.id
    values = text_values(session, runtime, family_id=family_id)
    carer = families.carer_of(session, family_id)
    name = unseal(session, carer.name, key_id=family_id, table="carer", column="name", row_id=carer.id) or ""
    children = [
        unseal(session, row.first_name, key_id=family_id, table="child", column="first_name", row_id=row.id) or ""
        for row in families.children_of(session, family_id)
    ]
    said = [one.source for one in runtime.library.wordings.values() if one.language == "en"]
    said += [
        step.say for one in runtime.library.scripts.values() if one.language == "en" for step in one.steps.values()
    ]
    return look_at(
        words,
        level=number_value(session, work.number).level(now),
        known=vocabulary([*said, values["team"]], runtime.library.ordinary_words),
        children=children,
        carer=name,
        partner=values["partner"],
        team=values["team"],
    )


def _choices(session: Session, runtime: Runtime, work: Work, level: Level, *, now: datetime) -> tuple[Choice, ...]:
    assert work.family is not None
    booked = _booked(session, work.family.id, now=now)
    more = {"when": booked.dated()} if booked is not None else {}
    values = text_values(session, runtime, family_id=work.family.id) | more
    found = []
    for name in ANSWERS:
        for language in dict.fromkeys((work.family.language, "en")):
            try:
                wording = runtime.library.wording(name, language)
                words = wording.render(**values)
            except (LookupError, MissingValueError):
                continue
            if wording.level <= level and wording_is_approved(session, runtime, name=name, language=language):
                found.append(Choice(name, wording.language, wording.purpose, words))
                break
    return tuple(found)


def _booked(session: Session, family_id: str, *, now: datetime) -> Booked | None:
    """The call that they asked for, where it is still to come. The text may wait, so it names the day."""
    offer = open_offer(session, family_id)
    if offer is None or offer.channel != "call" or not offer.asked_for or offer.due_at <= now:
        return None
    return Booked(offer.due_at, offer.due_until, offer.promised)


def _choice(session: Session, runtime: Runtime, work: Work, name: str, *, now: datetime) -> Choice | None:
    level = number_value(session, work.number).level(now)
    return next((one for one in _choices(session, runtime, work, level, now=now) if one.name == name), None)


def _said_already(session: Session, work: Work, words: str, *, now: datetime) -> bool:
    recent = select(TextRow).where(
        TextRow.number_id == work.number.id, TextRow.purpose == "person", TextRow.at >= now - SAME_TEXT
    )
    return any(body_of(session, row) == words for row in session.scalars(recent))
