"""Claims texts that are due, a handful in one short transaction.

Rules
* Texts to those who wrote to us go before offers, the urgent ones before all; then whatever has waited longest.
* A number (a stop locks it too), its offer and its text are locked at once: what somebody else holds of them at this
  moment is passed over, and nobody waits. Where somebody waits for them, it is in this order. The service's row is
  locked last. What the gate is told is read after all that but the last, which says once more whether it is paused.
* What a person wrote and waited for the kind hour does not go where the family wrote again meanwhile, on whichever
  number.
* A question of a conversation that does not go on any more is withheld.
* An offer does not end because of what is wrong with its text alone (it waited too long, its number was replaced, its
  level lapsed): the text is dropped, and the offer is decided anew. One that is no text any more is left as it is.
* The gate is asked again with what is true now. *Send*: the row becomes *sending*, with a fencing token and a lease.
  *Wait* and *withhold* are written down. A text that cannot be read is put aside; it holds up nobody else.
* One text of a number at a time, so that what goes to one phone goes in its order.
* The rate of the sender is a row: so many texts as it allows are claimed, with a second's worth of credit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import bindparam, case, func, select
from sqlalchemy.orm import Session, load_only

from outreach.domain import sending
from outreach.domain.wording import Level
from outreach.engine.asked_by_text import NotTaken, may_speak
from outreach.engine.queue_text import wording_is_approved
from outreach.engine.run_cadences import withhold
from outreach.engine.situation import Facts, facts, question
from outreach.runtime import Runtime, real_time
from outreach.store import areas, events, numbers
from outreach.store.base import padded
from outreach.store.numbers import NumberRow
from outreach.store.offers import OfferRow
from outreach.store.sealing import SERVICE, load_keys
from outreach.store.texts import TextRow, body_of

log = structlog.get_logger()
LEASE = timedelta(minutes=3)
CREDIT = timedelta(seconds=1)
PUT_ASIDE = timedelta(hours=1)
MOVED = "offer_moved"
OF_THE_TEXT = frozenset({"expired", "number_taken_off", "number_lost", "parents_number", "not_a_mobile", "level"})
"""What may be wrong with one text of an offer, and not with the next."""
_URGENT = sorted(str(each) for each in sending.URGENT)
_ANSWERS = sorted(str(each) for each in sending.Purpose if each is not sending.Purpose.OFFER)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is needed to call out, once no transaction is open any more."""

    text_id: str
    number_id: str
    token: str
    to: str
    body: str
    valid_for_seconds: int
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Claims:
    """``looked_at``: how many were due and free; none: there is nothing to do now."""

    texts: tuple[Claimed, ...]
    looked_at: int


def claim(runtime: Runtime, *, most: int = 1, busy: Collection[str] = ()) -> Claims:
    """Claim up to ``most`` texts, none to a number that is ``busy``."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        due = _lock_due(session, most=most, busy=busy, now=now)
        willing = _ask_the_gate(session, runtime, due, now=now)
        claimed = _take(session, runtime, willing, now=now) if willing else []
    if claimed:
        runtime.sessions.to_disk()  # nothing goes out of which a power cut could take away that it went
    return Claims(tuple(claimed), len(due) if claimed or not willing else 0)


@dataclass(frozen=True, slots=True)
class Due:
    text: TextRow
    number: NumberRow
    offer: OfferRow | None


@dataclass(frozen=True, slots=True)
class Willing:
    """The gate said yes, and the words are open."""

    due: Due
    body: str
    to: str
    valid_for: timedelta


_WAITING = (
    select(TextRow, NumberRow)
    .options(
        load_only(
            TextRow.number_id, TextRow.family_id, TextRow.offer_id, TextRow.answers_id, TextRow.conversation_id,
            TextRow.purpose, TextRow.wording, TextRow.wording_version, TextRow.language, TextRow.level,
            TextRow.key_id, TextRow.body,
            TextRow.segments, TextRow.state, TextRow.waits_for, TextRow.due_at, TextRow.expires_at, TextRow.claims,
            TextRow.code,
        ),
        load_only(
            NumberRow.e164, NumberRow.kind, NumberRow.standing, NumberRow.level, NumberRow.verified_at,
            NumberRow.is_parents, NumberRow.voicemail, NumberRow.texts_stopped_at, NumberRow.calls_stopped_at,
            NumberRow.stop_confirmed_at,
        ),
    )
    .join(NumberRow, NumberRow.id == TextRow.number_id)
    .where(
        TextRow.state == "waiting", TextRow.due_at <= bindparam("now"),
        TextRow.number_id.not_in(bindparam("busy", expanding=True)),
    )
    .limit(bindparam("most"))
)  # fmt: skip
_ANSWERS_WAITING = (
    _WAITING.where(TextRow.purpose.in_(_ANSWERS))
    .order_by(case((TextRow.purpose.in_(_URGENT), 0), else_=1), TextRow.due_at, TextRow.id)
    .with_for_update(of=[NumberRow, TextRow], skip_locked=True)
)
_OFFERS_WAITING = (
    _WAITING.add_columns(OfferRow)
    .options(load_only(OfferRow.family_id, OfferRow.state, OfferRow.channel, OfferRow.due_until, OfferRow.promised))
    .join(OfferRow, OfferRow.id == TextRow.offer_id)
    .where(TextRow.purpose == sending.Purpose.OFFER.value)
    .order_by(TextRow.due_at, TextRow.id)
    .with_for_update(of=[NumberRow, OfferRow, TextRow], skip_locked=True)
)
_ANYTHING_DUE = select(TextRow.id).where(TextRow.state == "waiting", TextRow.due_at <= bindparam("now")).limit(1)


def anything_due(runtime: Runtime) -> bool:
    """Whether some text is due: asked without a lock, as often as a worker looks."""
    with runtime.sessions.read() as session:
        return session.scalars(_ANYTHING_DUE, {"now": runtime.now()}).first() is not None


def _lock_due(session: Session, *, most: int, busy: Collection[str], now: datetime) -> list[Due]:
    """The first text of each number, locked."""
    asked = {"now": now, "busy": padded(busy)}
    found = [Due(text, number, None) for text, number in session.execute(_ANSWERS_WAITING, asked | {"most": most})]
    if len(found) < most:
        offers = session.execute(_OFFERS_WAITING, asked | {"most": most - len(found)})
        found += [Due(text, number, offer) for text, number, offer in offers]
    firsts: dict[str, Due] = {}
    for one in found:
        firsts.setdefault(one.number.id, one)
    return list(firsts.values())


def _ask_the_gate(session: Session, runtime: Runtime, due: Sequence[Due], *, now: datetime) -> list[Willing]:
    """Put back what may not go now, and open the words of what may."""
    if not due:
        return []
    known = facts(
        session, family_ids={one.text.family_id for one in due if one.text.family_id},
        number_ids={one.number.id for one in due}, now=now,
    )  # fmt: skip
    talking = may_speak(session, {one.text.conversation_id for one in due if one.text.conversation_id})
    asked_at = _asked_at(session, [one.text.answers_id for one in due if one.text.answers_id])
    overtaken = _wrote_again(session, due, asked_at, now=now)
    load_keys(session, {SERVICE, *(one.text.key_id for one in due)})
    approved: dict[tuple[str, str, str | None], bool] = {}
    willing = []
    for one in due:
        wording = (one.text.wording or "", one.text.language, one.text.wording_version)
        if wording not in approved:
            approved[wording] = not wording[0] or wording_is_approved(
                session, runtime, name=wording[0], language=wording[1], version=wording[2]
            )
        try:
            answer = _answer(
                one, known, asked_at, overtaken=overtaken, talking=talking, approved=approved[wording], now=now
            )
            body = body_of(session, one.text) if isinstance(answer, sending.Send) else None
            to = numbers.written(session, one.number) if body is not None else ""
        except Exception as fault:  # whatever is wrong with it, the others are not to wait for it
            log.error("text_put_aside", id=one.text.id, fault=type(fault).__name__, exc_info=runtime.settings.demo)
            one.text.due_at, one.text.waits_for = now + PUT_ASIDE, "fault"
            continue
        if not isinstance(answer, sending.Send):
            _put_back(session, runtime, one, answer, now=now)
        elif body is None:
            one.text.state, one.text.waits_for = "dropped", "key_destroyed"
        else:
            willing.append(Willing(one, body, to, answer.valid_for))
    return willing


def _asked_at(session: Session, inbound_ids: Collection[str]) -> dict[str, datetime]:
    """When the texts came that are answered."""
    inbound = select(TextRow.id, TextRow.at).where(TextRow.id.in_(padded(inbound_ids)))
    return {row[0]: row[1] for row in session.execute(inbound)} if inbound_ids else {}


def _wrote_again(session: Session, due: Sequence[Due], asked_at: dict[str, datetime], *, now: datetime) -> set[str]:
    """Of what people wrote and what waited for the kind hour: where the family wrote again before it went."""
    waited = {
        one.text.id: (one.text, asked_at[one.text.answers_id])
        for one in due
        if one.text.purpose == sending.Purpose.PERSON and one.text.answers_id in asked_at
    }
    waited = {text_id: one for text_id, one in waited.items() if now - one[1] > sending.THEY_ARE_THERE}
    if not waited:
        return set()
    newest: dict[str | None, datetime] = {}
    for whose in (TextRow.number_id, TextRow.family_id):  # from this phone, whoever wrote; from them, on whichever
        asked = padded({str(getattr(text, whose.key)) for text, _ in waited.values()})
        inbound = select(whose, func.max(TextRow.at)).where(whose.in_(asked), TextRow.direction == "in")
        newest |= {row[0]: row[1] for row in session.execute(inbound.group_by(whose))}
    return {
        text_id
        for text_id, (text, answered) in waited.items()
        if max(newest.get(text.number_id, answered), newest.get(text.family_id, answered)) > answered
    }


def _answer(
    one: Due, known: Facts, asked_at: dict[str, datetime], *, overtaken: set[str], talking: set[str], approved: bool,
    now: datetime,
) -> sending.Decision:  # fmt: skip
    text, number = one.text, one.number
    if text.family_id is None:
        return sending.Withhold("no_family")
    if text.expires_at is not None and text.expires_at <= now:
        return sending.Withhold("expired")
    if text.conversation_id is not None and text.conversation_id not in talking:
        return sending.Withhold(NotTaken.OVER.value)  # broken off, overtaken by a call, or switched off meanwhile
    if text.id in overtaken:
        return sending.Withhold("wrote_again")
    if one.offer is not None and one.offer.state != "open":
        return sending.Withhold("offer_ended")  # whoever ended it did not see this text yet
    if one.offer is not None and one.offer.channel != "text":
        return sending.Withhold(MOVED)
    apology = text.purpose == sending.Purpose.APOLOGY  # its number has just been taken off
    if not apology and text.family_id not in known.on_number.get(number.id, ()):
        return sending.Withhold("number_taken_off")
    contact = sending.Contact(
        channel="text",
        purpose=sending.Purpose(text.purpose),
        level=Level(text.level),
        asked=one.offer is not None and one.offer.on_their_day(now),
        asked_at=asked_at.get(text.answers_id or ""),
        approved=approved,
    )
    return sending.decide(question(known, family_id=text.family_id, number=number, contact=contact, now=now))


def _put_back(
    session: Session, runtime: Runtime, one: Due, answer: sending.Wait | sending.Withhold, *, now: datetime
) -> None:
    text, offer = one.text, one.offer
    text.waits_for = answer.reason
    if isinstance(answer, sending.Wait) and offer is None:
        text.due_at = max(answer.until, now + timedelta(seconds=30))
        return
    text.state = "dropped"
    if offer is not None and offer.state == "open" and answer.reason != MOVED:
        if answer.reason in OF_THE_TEXT:
            offer.due_at, offer.waits_for = now, None
        elif isinstance(answer, sending.Wait):
            offer.due_at, offer.waits_for = max(answer.until, now + timedelta(seconds=30)), answer.reason
        else:
            withhold(session, runtime, offer, answer.reason)
    events.note(
        session, "text_withheld", id=runtime.new_id(), at=now, actor_id="system", family_id=text.family_id,
        subjects=[text.id], data={"purpose": text.purpose, "why": text.waits_for, "code": text.code},
    )  # fmt: skip


def _take(session: Session, runtime: Runtime, willing: Sequence[Willing], *, now: datetime) -> list[Claimed]:
    """As many as the sender's rate allows. They are sending from now on."""
    service = areas.service(session, lock=True)
    if service.paused_at is not None:
        return []  # somebody pressed pause a moment ago: the gate says so when it is asked again
    gap, lease_until = timedelta(milliseconds=service.sender_gap_ms), real_time(runtime) + LEASE
    claimed = []
    for one in willing:
        if service.next_send_at is not None and service.next_send_at > now:
            break
        row = one.due.text
        if gap:
            service.next_send_at = max(service.next_send_at or now, now - CREDIT) + gap * row.segments
        token = runtime.new_id()
        row.state, row.claim, row.lease_until = "sending", token, lease_until
        row.claims, row.waits_for = row.claims + 1, None
        if row.purpose == sending.Purpose.STOP:
            one.due.number.stop_confirmed_at = now
        seconds = max(1, int(one.valid_for.total_seconds()))
        claimed.append(Claimed(row.id, row.number_id, token, one.to, one.body, seconds, lease_until))
    return claimed
