"""Takes one inbound text: stored once, read, and acted on or put before a person.

Rules
* A text is claimed by inserting the provider's id: the same webhook twice stands once.
* The number's row is locked first. What must stop stops in the same transaction as the text is stored in.
* Whose it is: one family's, two families' (a person says whose), or nobody's (a person, never an answer).
* A reader that fails is a reader that understood nothing: the text is kept, and a person is asked.
* Danger tells a person as soon as the transaction is committed. A stop needs no switch and no click.
* After a stop nothing a text says lets another text go out; a *yes* then is a person's decision.
* The same words over and over (two machines talking) get no answer after the second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from outreach.domain import reply
from outreach.domain.delivery import InboundText
from outreach.domain.phone import Phone, parse_phone
from outreach.domain.quiet_hours import LONDON
from outreach.domain.reply_values import Action, Asked, Context, Intent, Reading, Term
from outreach.engine import converse
from outreach.engine.alerts import watch_alerts
from outreach.engine.follow_reading import follow, follow_for_many, follow_for_nobody
from outreach.engine.situation import number_value
from outreach.gateway.line import LineUnreachableError
from outreach.runtime import Runtime, host_time
from outreach.store import events, numbers
from outreach.store.areas import AreaRow
from outreach.store.families import FamilyRow
from outreach.store.numbers import NumberRow
from outreach.store.sealing import SERVICE, blind, seal
from outreach.store.texts import ReadingRow, TextRow, body_of

log = structlog.get_logger()
SAME_WORDS = 2
LOOP_WINDOW = timedelta(minutes=30)
POLL_BACK = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class Received:
    """``new``: it was not here before. ``action``: what was made of it."""

    text_id: str | None
    new: bool
    action: str = "none"


def receive_text(runtime: Runtime, inbound: InboundText) -> Received:
    """Take one inbound text. Safe to call any number of times with the same."""
    began, now = host_time(), runtime.now()
    try:
        with runtime.sessions.begin() as session:
            if session.scalars(select(TextRow.id).where(TextRow.provider_sid == inbound.sid)).first() is not None:
                return Received(None, new=False)
            number = _number(session, runtime, inbound.sender)
            family_ids = numbers.families_on(session, number.id)
            text = _store(session, runtime, inbound, number, family_ids)
            session.flush()
            reading = _read(session, runtime, number, family_ids, inbound.body)
            row = _write(session, text, reading, family_ids)
            talking = converse.open_with(session, number.id) is not None  # 1, 1, 1 is no loop then
            if not talking and _repeats(session, text, inbound.body):
                row.details = {**row.details, "loop": True}
                row.needs_person = True
            elif not family_ids:
                follow_for_nobody(session, runtime, text=text, number=number, reading=reading, row=row, now=now)
            elif len(family_ids) > 1:
                follow_for_many(
                    session, runtime, text=text, number=number, reading=reading, row=row, families=family_ids, now=now
                )
            else:
                family = session.get_one(FamilyRow, family_ids[0])
                follow(session, runtime, text=text, number=number, family=family, reading=reading, row=row, now=now)
            row.held_after_ms = round((host_time() - began).total_seconds() * 1000)
            action = row.action
    except IntegrityError:
        if not _is_here(runtime, inbound.sid):
            raise  # not the same webhook twice: the text must not be lost in silence
        return Received(None, new=False)  # another process took the same webhook a moment ago
    if action == Action.ALERT:
        try:
            watch_alerts(runtime)
        except Exception as fault:  # the alert stands in the database: the next tick tells
            log.error("alert_not_told_at_once", fault=type(fault).__name__)
    return Received(text.id, new=True, action=action)


def poll_missed(runtime: Runtime) -> int:
    """Ask the network for texts whose webhook never came; returns how many were new."""
    if runtime.settings.mode == "off":
        return 0
    try:
        found = runtime.phone.inbound_since(runtime.now() - POLL_BACK)
    except LineUnreachableError:
        return 0
    return sum(receive_text(runtime, inbound).new for inbound in found)


def _is_here(runtime: Runtime, sid: str) -> bool:
    with runtime.sessions.read() as session:
        return session.scalars(select(TextRow.id).where(TextRow.provider_sid == sid)).first() is not None


def _number(session: Session, runtime: Runtime, sender: str) -> NumberRow:
    """The sender's row, locked; made where nobody knows it."""
    known = numbers.find(session, sender)
    if known is not None:
        return numbers.lock(session, known.id)
    parsed = parse_phone(sender, fictional_allowed=runtime.settings.fictional_numbers == "allow")
    row_id = runtime.new_id()
    row = NumberRow(
        id=row_id,
        e164=seal(session, sender, key_id=SERVICE, table="number", column="e164", row_id=row_id),
        e164_index=blind(session, "e164", sender),
        last4_index=blind(session, "last4", sender[-4:]),
        kind=parsed.kind.value if isinstance(parsed, Phone) else "other",
    )
    session.add(row)
    session.flush()
    return row


def _store(
    session: Session, runtime: Runtime, inbound: InboundText, number: NumberRow, family_ids: list[str]
) -> TextRow:
    now, row_id = runtime.now(), runtime.new_id()
    family_id = family_ids[0] if len(family_ids) == 1 else None
    key_id = family_id or SERVICE
    last = select(TextRow).where(
        TextRow.number_id == number.id,
        TextRow.direction == "out",
        TextRow.purpose == "offer",
        TextRow.state != "dropped",
    )
    answered = session.scalars(last.order_by(TextRow.at.desc(), TextRow.id.desc()).limit(1)).first()
    row = TextRow(
        id=row_id,
        direction="in",
        number_id=number.id,
        family_id=family_id,
        offer_id=answered.offer_id if answered else None,
        purpose="reply",
        key_id=key_id,
        body=seal(session, inbound.body, key_id=key_id, table="text", column="body", row_id=row_id),
        state="received",
        at=_came_at(inbound, now),
        provider_sid=inbound.sid,
    )
    session.add(row)
    events.note(
        session, "text_received", id=runtime.new_id(), at=now, actor_id="family", family_id=family_id,
        subjects=[row_id], data={"families": len(family_ids), "media": inbound.media},
    )  # fmt: skip
    return row


def _came_at(inbound: InboundText, now: datetime) -> datetime:
    """When they wrote it: a poll after an outage brings hours-old texts, and *within ten minutes* counts from then."""
    came = inbound.received_at
    return came if came is not None and now - POLL_BACK <= came <= now else now


def _read(session: Session, runtime: Runtime, number: NumberRow, family_ids: list[str], body: str) -> Reading:
    area: AreaRow | None = None
    language = "en"
    if family_ids:
        family = session.get_one(FamilyRow, family_ids[0])
        area, language = session.get_one(AreaRow, family.area_code), family.language
    talking = converse.open_with(session, number.id)
    context = Context(
        now=runtime.now().astimezone(LONDON),
        asked=Asked.CHOICE if talking is not None else Asked.OFFER,
        level=int(number_value(session, number).level(runtime.now())),
        language=language,
        by_itself=frozenset(Intent(each) for each in area.self_acting) if area else frozenset(),
        compromised=number.standing in ("compromised", "lost") or number.is_parents,
        terms=_terms(runtime),
    )
    try:
        return reply.read(body, context, runtime.library.lexicons)
    except Exception as fault:  # whatever happens to the reader, the text is kept and a person is asked
        log.error("reader_failed", fault=type(fault).__name__)
        return Reading(Intent.UNCLEAR, Action.ASK_PERSON, reasons=("reader_failed",))


def _terms(runtime: Runtime) -> tuple[Term, ...]:
    return tuple(Term(first, last) for first, last in runtime.settings.school_terms)


def _write(session: Session, text: TextRow, reading: Reading, family_ids: list[str]) -> ReadingRow:
    family = session.get(FamilyRow, family_ids[0]) if family_ids else None
    wish = reading.proposed_time
    row = ReadingRow(
        text_id=text.id,
        family_id=text.family_id,
        area_code=family.area_code if family else None,
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
    session.add(row)
    return row


def _evidence(session: Session, text: TextRow, reading: Reading) -> bytes | None:
    if not reading.evidence:
        return None
    words = "\n".join(reading.evidence)
    return seal(session, words, key_id=text.key_id, table="reading", column="evidence", row_id=text.id)


def _repeats(session: Session, text: TextRow, body: str) -> bool:
    """Whether the same words came from this number so often lately that a machine must be at the other end."""
    recent = select(TextRow).where(
        TextRow.number_id == text.number_id,
        TextRow.direction == "in",
        TextRow.id != text.id,
        TextRow.at >= text.at - LOOP_WINDOW,
    )
    rows = session.scalars(recent.order_by(TextRow.at.desc()).limit(20)).all()
    return sum(body_of(session, row) == body for row in rows) >= SAME_WORDS
