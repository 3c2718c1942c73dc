"""Takes one inbound text: stored once, read, and acted on or put before a person.

Rules
* A text stands once by the provider's id: the same webhook twice stands once.
* The number's row is locked first. What must stop stops in the same transaction as the text is stored in.
* Where another process was quicker at something (the first text of a number, at the same moment), it is taken anew.
* Whose it is: one family's, two families' (a person says whose), or nobody's (a person, never an answer).
* A reader that fails is a reader that understood nothing: the text is kept, and a person is asked.
* Danger tells a person as soon as the transaction is committed. A stop needs no switch and no click.
* After a stop nothing a text says lets another text go out; a *yes* then is a person's decision.
* The same words over and over, or once more within a minute, get no second answer (``said_lately``); a stop, a hold and
  an alert in them are followed each time.
* What the network took for a stop is one, in whatever words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from outreach.domain import reply
from outreach.domain.delivery import InboundText
from outreach.domain.quiet_hours import LONDON
from outreach.domain.reply_values import Action, Asked, Context, Intent, Reading, Term
from outreach.engine.alerts import tell_of_text
from outreach.engine.as_it_stands import Stands
from outreach.engine.follow_reading import follow, follow_for_many, follow_for_nobody, wants_stop
from outreach.engine.look_around import Around, look_around
from outreach.engine.said_lately import said_again, sent_lately
from outreach.engine.situation import number_of
from outreach.engine.stops import stop
from outreach.gateway.line import LineUnreachableError
from outreach.runtime import Runtime, host_time
from outreach.store import areas, events, few_rows
from outreach.store.areas import ServiceRow
from outreach.store.base import together
from outreach.store.sealing import SERVICE, seal
from outreach.store.texts import ReadingRow, TextRow, append

log = structlog.get_logger()
MOST_TRIES = 3
LONG_ENOUGH = 40
"""Signs: in a shorter text nobody quotes ours."""
FIRST_LOOK = timedelta(hours=36)
"""How far back the network is asked for missed texts where it was never asked before."""
OVERLAP = timedelta(minutes=5)
"""The network lists a text a little after it came."""


@dataclass(frozen=True, slots=True)
class Received:
    """``new``: it was not here before. ``action``: what was made of it."""

    text_id: str | None
    new: bool
    action: str = "none"


def receive_text(runtime: Runtime, inbound: InboundText) -> Received:
    """Take one inbound text. Safe to call any number of times with the same."""
    began = host_time()
    for tries in range(1, MOST_TRIES + 1):
        try:
            taken = _take(runtime, inbound, began=began)
            break
        except IntegrityError:
            if _here(runtime, [inbound.sid]):
                return Received(None, new=False)  # another process took the same webhook a moment ago
            if tries == MOST_TRIES:
                raise  # the text must not be lost in silence: the network, or the poll, brings it again
    if taken.text_id is not None and taken.action == Action.ALERT:
        try:
            tell_of_text(runtime, taken.text_id)
        except Exception as fault:  # the alert stands in the database: the next tick tells
            log.error("alert_not_told_at_once", fault=type(fault).__name__)
    return taken


def _take(runtime: Runtime, inbound: InboundText, *, began: datetime) -> Received:
    """Take it, in one transaction. Raises ``IntegrityError`` where another process was quicker at something."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        around = look_around(session, runtime, inbound, now=now)
        if around.here:
            return Received(None, new=False)
        number, theirs = around.number, around.theirs
        text = _text(session, runtime, inbound, around, now=now)
        reading = _read(session, runtime, around, inbound.body, now=now)
        row = _reading(session, text, reading, theirs)
        if inbound.opt_out_type == "STOP":
            number.stop_confirmed_at = number.stop_confirmed_at or now  # the network has answered; ours would fail
        again = said_again(session, text, inbound.body) if around.lately and _can_wait(reading, around) else None
        if again is not None:
            row.details = {**row.details, again: True}
            row.needs_person = again == "loop"
        elif not theirs:
            follow_for_nobody(session, runtime, text=text, number=number, reading=reading, row=row, now=now)
        elif len(theirs) > 1:
            families = [stands.family.id for stands in theirs]
            follow_for_many(
                session, runtime, text=text, number=number, reading=reading, row=row, families=families, now=now
            )
        else:
            follow(
                session, runtime, text=text, number=number, stands=theirs[0], talking=around.talking, reading=reading,
                row=row, now=now,
            )  # fmt: skip
        if inbound.opt_out_type == "STOP" and number.texts_stopped_at is None:  # in words that we do not know
            stop(
                session, runtime, number=number, family_ids=[stands.family.id for stands in theirs],
                scope=frozenset({"text"}), by="family", now=now, text_id=text.id,
            )  # fmt: skip
            row.needs_person = True
        row.held_after_ms = round((host_time() - began).total_seconds() * 1000)
        few_rows.flush(session)
        with together(session):  # the provider's id stands once
            append(session, text)
            append(session, row)
            events.write(session)
        return Received(text.id, new=True, action=row.action)


def poll_missed(runtime: Runtime) -> int:
    """Ask the network for texts whose webhook never came; returns how many were new.

    It looks back to the last time when it asked and took all in, and some minutes more: no outage is too long. A text
    that cannot be taken in keeps nobody else's out, and is asked for again the next time.
    """
    if runtime.settings.mode == "off":
        return 0
    now = runtime.now()
    with runtime.sessions.read() as session:
        asked = areas.service(session).inbound_asked_at
    try:
        found = runtime.phone.inbound_since((asked or now - FIRST_LOOK) - OVERLAP)
    except LineUnreachableError:
        return 0
    here = _here(runtime, [each.sid for each in found])
    if len(here) < len(found):
        runtime.library.warm()  # seconds of reading words: not while a text holds what others wait for
    new, failed = 0, 0
    for inbound in found:
        if inbound.sid not in here:
            try:
                new += receive_text(runtime, inbound).new
            except Exception as fault:
                failed += 1
                log.error("missed_text_not_taken", fault=type(fault).__name__)
    if not failed:
        with runtime.sessions.begin() as session:
            session.execute(update(ServiceRow).values(inbound_asked_at=now))
    return new


def _here(runtime: Runtime, sids: Sequence[str]) -> set[str]:
    """Which of these texts stand in the database already."""
    here: set[str] = set()
    with runtime.sessions.read() as session:
        for start in range(0, len(sids), 500):
            part = select(TextRow.provider_sid).where(TextRow.provider_sid.in_(sids[start : start + 500]))
            here.update(sid for sid in session.scalars(part) if sid)
    return here


def _text(session: Session, runtime: Runtime, inbound: InboundText, around: Around, *, now: datetime) -> TextRow:
    """The text as it is to stand, a value; and the event of it."""
    row_id, theirs = runtime.new_id(), around.theirs
    family_id = theirs[0].family.id if len(theirs) == 1 else None
    key_id = family_id or SERVICE
    row = TextRow(
        id=row_id,
        direction="in",
        number_id=around.number.id,
        family_id=family_id,
        offer_id=around.offer_id,
        purpose="reply",
        key_id=key_id,
        body=seal(session, inbound.body, key_id=key_id, table="text", column="body", row_id=row_id),
        state="received",
        at=_came_at(inbound, now),
        provider_sid=inbound.sid,
    )
    events.note(
        session, "text_received", id=runtime.new_id(), at=now, actor_id="family", family_id=family_id,
        subjects=[row_id], data={"families": len(theirs), "media": inbound.media},
    )  # fmt: skip
    return row


def _came_at(inbound: InboundText, now: datetime) -> datetime:
    """When they wrote it: a poll after an outage brings hours-old texts, and *within ten minutes* counts from then."""
    came = inbound.received_at
    return came if came is not None and came <= now else now


def _can_wait(reading: Reading, around: Around) -> bool:
    """Nothing in it must be followed however often it is said; and it answers no question that was asked one by one."""
    urgent = reading.action in (Action.HOLD, Action.ALERT) or wants_stop(reading)
    return not urgent and around.talking is None


def _read(session: Session, runtime: Runtime, around: Around, body: str, *, now: datetime) -> Reading:
    number, theirs = around.number, around.theirs
    stands = theirs[0] if theirs else None
    context = Context(
        now=now.astimezone(LONDON),
        asked=Asked.CHOICE if around.talking is not None else Asked.OFFER,
        level=int(number_of(number, families=len(theirs)).level(now)),
        language=stands.family.language if stands else "en",
        by_itself=frozenset(Intent(each) for each in stands.area.self_acting) if stands else frozenset(),
        compromised=number.standing in ("compromised", "lost") or number.is_parents,
        terms=_terms(runtime),
        sent=sent_lately(session, number.id) if len(body) >= LONG_ENOUGH else (),
    )
    try:
        return reply.read(body, context, runtime.library.lexicons)
    except Exception as fault:  # whatever happens to the reader, the text is kept and a person is asked
        log.error("reader_failed", fault=type(fault).__name__)
        return Reading(Intent.UNCLEAR, Action.ASK_PERSON, reasons=("reader_failed",))


def _terms(runtime: Runtime) -> tuple[Term, ...]:
    return tuple(Term(first, last) for first, last in runtime.settings.school_terms)


def _reading(session: Session, text: TextRow, reading: Reading, theirs: Sequence[Stands]) -> ReadingRow:
    wish = reading.proposed_time
    return ReadingRow(
        text_id=text.id,
        family_id=text.family_id,
        area_code=theirs[0].area.code if theirs else None,
        intent=reading.intent.value,
        action=reading.action.value,
        signals=[signal.value for signal in reading.signals],
        needs=[need.value for need in reading.needs],
        proposed_on=f"{wish.on.isoformat()} {wish.at or ''}".strip() if wish else None,
        evidence=_evidence(session, text, reading),
        details={"language": reading.language, "reply": reading.reply, "exact": bool(wish and wish.exact)},
        acted=False,
        needs_person=False,
    )


def _evidence(session: Session, text: TextRow, reading: Reading) -> bytes | None:
    if not reading.evidence:
        return None
    words = "\n".join(reading.evidence)
    return seal(session, words, key_id=text.key_id, table="reading", column="evidence", row_id=text.id)
