"""Takes one inbound text: stored once, read, and acted on or put before a person.

Rules
* A text is claimed by inserting the provider's id: the same webhook twice stands once.
* The number's row is locked first. What must stop stops in the same transaction as the text is stored in.
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
from sqlalchemy import and_, bindparam, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, load_only

from outreach.domain import reply
from outreach.domain.delivery import InboundText
from outreach.domain.phone import Phone, parse_phone
from outreach.domain.quiet_hours import LONDON
from outreach.domain.reply_values import Action, Asked, Context, Intent, Reading, Term
from outreach.engine import converse
from outreach.engine.alerts import tell_of_text
from outreach.engine.follow_reading import follow, follow_for_many, follow_for_nobody, wants_stop
from outreach.engine.said_lately import LOOP_WINDOW, said_again, sent_lately
from outreach.engine.situation import number_of
from outreach.engine.stops import stop
from outreach.gateway.line import LineUnreachableError
from outreach.runtime import Runtime, host_time
from outreach.store import areas, events, numbers
from outreach.store.areas import AreaRow, ServiceRow
from outreach.store.consents import ConsentRow
from outreach.store.conversations import ConversationRow
from outreach.store.families import FamilyRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.referrals import ReferralRow
from outreach.store.sealing import SERVICE, DataKeyRow, blind, open_rows, seal
from outreach.store.texts import ReadingRow, TextRow, append

log = structlog.get_logger()
LONG_ENOUGH = 40
"""Signs: in a shorter text nobody quotes ours."""
FIRST_LOOK = timedelta(hours=36)
"""How far back the network is asked for missed texts where it was never asked before."""
OVERLAP = timedelta(minutes=5)
"""The network lists a text a little after it came."""
Theirs = list[tuple[FamilyRow, AreaRow]]
"""The families on a number, each with its area."""


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a number when a text comes in; held through the transaction, so that nobody asks again.

    ``offer_id``: the offer texted last. ``lately``: texts from it of late. ``talking``: a conversation that goes on.
    Of the first family ``said``: something stands in its consent ledger; ``referred``: there is a referral.
    """

    number: NumberRow
    theirs: Theirs
    offer_id: str | None
    lately: int
    talking: ConversationRow | None
    said: bool
    referred: bool


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
            around = _look_around(session, runtime, inbound.sender, now=now)
            number, theirs = around.number, around.theirs
            text = _store(session, runtime, inbound, number, around, now=now)
            reading = _read(session, runtime, number, around, inbound.body, now=now)
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
                families = [family.id for family, _ in theirs]
                follow_for_many(
                    session, runtime, text=text, number=number, reading=reading, row=row, families=families, now=now
                )
            else:
                follow(
                    session, runtime, text=text, number=number, family=theirs[0][0], talking=around.talking,
                    said=around.said, referred=around.referred, reading=reading, row=row, now=now,
                )  # fmt: skip
            if inbound.opt_out_type == "STOP" and number.texts_stopped_at is None:  # in words that we do not know
                families = [family.id for family, _ in theirs]
                scope = frozenset({"text"})
                stop(
                    session, runtime, number=number, family_ids=families, scope=scope, by="family", now=now,
                    text_id=text.id,
                )  # fmt: skip
                row.needs_person = True
            row.held_after_ms = round((host_time() - began).total_seconds() * 1000)
            append(session, row)  # once, as it is in the end
            action = row.action
    except IntegrityError:
        if not _here(runtime, [inbound.sid]):
            raise  # not the same webhook twice: the text must not be lost in silence
        return Received(None, new=False)  # another process took the same webhook a moment ago
    if action == Action.ALERT:
        try:
            tell_of_text(runtime, text.id)
        except Exception as fault:  # the alert stands in the database: the next tick tells
            log.error("alert_not_told_at_once", fault=type(fault).__name__)
    return Received(text.id, new=True, action=action)


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


_IS_IN = and_(TextRow.number_id == NumberRow.id, TextRow.direction == "in", TextRow.at >= bindparam("since"))
_IS_OFFER = and_(
    TextRow.number_id == NumberRow.id,
    TextRow.direction == "out",
    TextRow.purpose == "offer",
    TextRow.state != "dropped",
)
_AROUND = (
    select(
        select(TextRow.offer_id).where(_IS_OFFER).order_by(TextRow.at.desc(), TextRow.id.desc()).limit(1)
        .correlate(NumberRow).scalar_subquery().label("offer_id"),
        select(func.count()).select_from(TextRow).where(_IS_IN).correlate(NumberRow).scalar_subquery().label("lately"),
        exists().where(
            ConversationRow.number_id == NumberRow.id, ConversationRow.kind == "text", ConversationRow.state == "open"
        ).label("talking"),
        exists().where(ConsentRow.family_id == FamilyRow.id).label("said"),
        exists().where(ReferralRow.family_id == FamilyRow.id).label("referred"),
        NumberRow, FamilyRow, AreaRow, DataKeyRow,
    )
    .select_from(NumberRow)
    .outerjoin(FamilyNumberRow, and_(FamilyNumberRow.number_id == NumberRow.id, FamilyNumberRow.off_at.is_(None)))
    .outerjoin(FamilyRow, FamilyRow.id == FamilyNumberRow.family_id)
    .outerjoin(AreaRow, AreaRow.code == FamilyRow.area_code)
    .outerjoin(DataKeyRow, DataKeyRow.id == FamilyRow.id)
    .where(NumberRow.e164_index == bindparam("index"))
    .order_by(FamilyRow.id)
    .options(
        load_only(
            FamilyRow.id, FamilyRow.area_code, FamilyRow.language, FamilyRow.interpreter, FamilyRow.excluded_why,
            FamilyRow.assigned_to,
        ),
        load_only(AreaRow.code, AreaRow.self_acting, AreaRow.team_name, AreaRow.text_consent, AreaRow.partner_id),
    )
)  # fmt: skip
"""Of the wide rows only what a clear answer needs; the rest is read where somebody asks for it."""


def _look_around(session: Session, runtime: Runtime, sender: str, *, now: datetime) -> Around:
    """The sender's row, locked, and what stands around it; the row is made where nobody knows the number."""
    numbers.lock_known(session, sender)  # by itself: what is asked next is as the one who had the lock left it
    found = session.execute(_AROUND, {"index": blind(session, "e164", sender), "since": now - LOOP_WINDOW}).all()
    if not found:
        return Around(
            number=_new_number(session, runtime, sender), theirs=[], offer_id=None, lately=0, talking=None, said=False,
            referred=False,
        )  # fmt: skip
    first = found[0]
    open_rows(session, *(row.DataKeyRow for row in found))
    return Around(
        number=first.NumberRow,
        theirs=[(row.FamilyRow, row.AreaRow) for row in found if row.FamilyRow is not None],
        offer_id=first.offer_id,
        lately=first.lately,
        talking=converse.open_with(session, first.NumberRow.id) if first.talking else None,
        said=first.said,
        referred=first.referred,
    )


def _new_number(session: Session, runtime: Runtime, sender: str) -> NumberRow:
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
    session: Session, runtime: Runtime, inbound: InboundText, number: NumberRow, around: Around, *, now: datetime
) -> TextRow:
    """Claim it: the provider's id stands once. Nothing else was written before."""
    row_id, theirs = runtime.new_id(), around.theirs
    family_id = theirs[0][0].id if len(theirs) == 1 else None
    key_id = family_id or SERVICE
    row = TextRow(
        id=row_id,
        direction="in",
        number_id=number.id,
        family_id=family_id,
        offer_id=around.offer_id,
        purpose="reply",
        key_id=key_id,
        body=seal(session, inbound.body, key_id=key_id, table="text", column="body", row_id=row_id),
        state="received",
        at=_came_at(inbound, now),
        provider_sid=inbound.sid,
    )
    append(session, row)
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


def _read(
    session: Session, runtime: Runtime, number: NumberRow, around: Around, body: str, *, now: datetime
) -> Reading:
    theirs = around.theirs
    family, area = theirs[0] if theirs else (None, None)
    context = Context(
        now=now.astimezone(LONDON),
        asked=Asked.CHOICE if around.talking is not None else Asked.OFFER,
        level=int(number_of(number, families=len(theirs)).level(now)),
        language=family.language if family else "en",
        by_itself=frozenset(Intent(each) for each in area.self_acting) if area else frozenset(),
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


def _reading(session: Session, text: TextRow, reading: Reading, theirs: Theirs) -> ReadingRow:
    wish = reading.proposed_time
    return ReadingRow(
        text_id=text.id,
        family_id=text.family_id,
        area_code=theirs[0][1].code if theirs else None,
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
