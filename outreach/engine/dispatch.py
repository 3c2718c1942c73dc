"""Hands texts over to the network: row first, commit, call out with no transaction open, record.

Rules
* A text is claimed in one short transaction: the number's row is locked first (a stop locks it too), the gate is
  asked again with what is true now, and the row becomes *sending* with a token and a lease. Only who holds the
  token records what came of it.
* Three outcomes. *Accepted*: it is with the network. *Refused*: nothing went out; what follows is the remedy's.
  *Unknown*: it may have gone out; nobody sends it again. A text found *sending* with its lease over (a crash in
  between) is unknown too.
* Unknown texts are settled by a receipt, else by the provider's own list, else by a person.
* Limits and faults of the account pause all sending and lose nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import case, select
from sqlalchemy.orm import Session

from outreach.domain import delivery, sending
from outreach.domain.delivery import Accepted, Handover, Refused, Remedy
from outreach.domain.wording import Level
from outreach.engine.end_offer import end_offer
from outreach.engine.pause import pause_row
from outreach.engine.queue_text import wording_is_approved
from outreach.engine.run_cadences import withhold
from outreach.engine.situation import decide
from outreach.engine.stops import stop
from outreach.engine.tasks import open_task
from outreach.gateway.line import LineUnreachableError
from outreach.runtime import Runtime, real_time
from outreach.store import areas, events, numbers
from outreach.store.cadences import EnrolmentRow, version
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.texts import TextRow, body_of

log = structlog.get_logger()
LEASE = timedelta(minutes=3)
MOST = 200
ASK_THE_LIST_AFTER = timedelta(minutes=1)
ASK_A_PERSON_AFTER = timedelta(minutes=15)
MOST_CLAIMS = 5
URGENT_FIRST = case((TextRow.purpose.in_([str(each) for each in sending.URGENT]), 0), else_=1)
"""They go within ten minutes or never: they do not stand behind a morning's offers."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is needed to call out, once no transaction is open any more."""

    text_id: str
    token: str
    to: str
    body: str
    valid_for_seconds: int


def dispatch(runtime: Runtime) -> int:
    """Send what waits and may go now; returns how many texts were handed over or tried."""
    if runtime.settings.mode == "off":
        return 0
    count = 0
    for _ in range(MOST):
        claimed = claim_next(runtime)
        if claimed is None:
            return count
        if isinstance(claimed, Claimed):
            outcome = runtime.phone.send_text(
                to=claimed.to,
                body=claimed.body,
                reference=claimed.text_id,
                valid_for_seconds=claimed.valid_for_seconds,
            )
            record(runtime, claimed, outcome)
            count += 1
    return count


def claim_next(runtime: Runtime) -> Claimed | bool | None:
    """Claim the text that has waited longest. ``True``: it may not go now, look at the next; ``None``: none is due."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        due = select(TextRow.id, TextRow.number_id).where(TextRow.state == "waiting", TextRow.due_at <= now)
        found = session.execute(due.order_by(URGENT_FIRST, TextRow.due_at, TextRow.id).limit(1)).first()
        if found is None:
            return None
        number = numbers.lock(session, found.number_id)
        row = session.scalars(
            select(TextRow).where(TextRow.id == found.id, TextRow.state == "waiting").with_for_update()
        ).one_or_none()
        if row is None:
            return True
        answer = _ask(session, runtime, row, number, now=now)
        if not isinstance(answer, sending.Send):
            _put_back(session, runtime, row, answer, now=now)
            return True
        body = body_of(session, row)
        if body is None:
            row.state, row.waits_for = "dropped", "key_destroyed"
            return True
        service = areas.service(session, lock=True)
        if service.next_send_at is not None and service.next_send_at > now:
            return None
        service.next_send_at = now + timedelta(milliseconds=service.sender_gap_ms * row.segments)
        row.state, row.claim, row.lease_until = "sending", runtime.new_id(), real_time(runtime) + LEASE
        row.claims, row.waits_for = row.claims + 1, None
        if row.purpose == sending.Purpose.STOP:
            number.stop_confirmed_at = now
        to = numbers.written(session, number)
    return Claimed(row.id, row.claim, to, body, max(1, int(answer.valid_for.total_seconds())))


def record(runtime: Runtime, claimed: Claimed, outcome: Handover) -> None:
    """Write down what came of a claimed text, if the token still holds."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = _locked(session, claimed.text_id)
        if row.claim != claimed.token or row.state not in ("sending", "unknown"):
            return
        row.lease_until = None
        if isinstance(outcome, Accepted):
            taken(session, runtime, row, sid=outcome.sid, now=now)
            return
        if isinstance(outcome, Refused):
            refused(session, runtime, row, outcome, now=now)
        else:
            row.state, row.handed_over_at = "unknown", now
            _attempted(session, runtime, row, now=now)
        _note(session, runtime, f"text_{row.state}", row, now=now)


def taken(session: Session, runtime: Runtime, row: TextRow, *, sid: str, now: datetime) -> None:
    """The network has it: by its answer, or by a receipt that was quicker than the answer."""
    row.state, row.provider_sid, row.handed_over_at, row.lease_until = "accepted", sid, now, None
    _attempted(session, runtime, row, now=now)
    _note(session, runtime, "text_accepted", row, now=now)


def expire_leases(runtime: Runtime) -> int:
    """Texts found *sending* after their lease: somebody died on the way. They are unknown, never sent again."""
    now, count = runtime.now(), 0
    over = real_time(runtime)
    with runtime.sessions.read() as session:
        stale = select(TextRow.id).where(TextRow.state == "sending", TextRow.lease_until < over)
        found = session.scalars(stale.order_by(TextRow.id).limit(MOST)).all()
    for text_id in found:
        with runtime.sessions.begin() as session:
            row = _locked(session, text_id)
            if row.state != "sending" or row.lease_until is None or row.lease_until >= over:
                continue
            row.state, row.handed_over_at, count = "unknown", now, count + 1
            _attempted(session, runtime, row, now=now)
            _note(session, runtime, "text_unknown", row, now=now)
    return count


def settle_unknown(runtime: Runtime) -> int:
    """Ask the provider's list about texts nobody can say anything of; after a while, ask a person."""
    now, settled = runtime.now(), 0
    with runtime.sessions.read() as session:
        query = select(TextRow).where(TextRow.state == "unknown", TextRow.handed_over_at <= now - ASK_THE_LIST_AFTER)
        rows = session.scalars(query.order_by(TextRow.handed_over_at).limit(50)).all()
        asked = []
        for row in rows:
            number = session.get_one(numbers.NumberRow, row.number_id)
            asked.append(
                (row.id, numbers.written(session, number), body_of(session, row) or "", row.handed_over_at or now)
            )
    for text_id, to, body, since in asked:
        try:
            found = delivery.find_sent(
                runtime.phone.find_texts(to=to, since=since - timedelta(minutes=5)),
                body=body,
                since=since - timedelta(minutes=5),
                claimed=_known_sids(runtime),
            )
        except LineUnreachableError:
            continue
        with runtime.sessions.begin() as session:
            row = _locked(session, text_id)
            if row.state != "unknown":
                continue
            if found is not None:
                row.state, row.provider_sid, settled = "accepted", found.sid, settled + 1
                _note(session, runtime, "text_settled", row, now=now)
            elif now - since > ASK_A_PERSON_AFTER:
                open_task(session, runtime, kind="settle_unknown", subject_id=row.id, family_id=row.family_id, now=now)
    return settled


def refused(session: Session, runtime: Runtime, row: TextRow, outcome: Refused, *, now: datetime) -> None:
    """What follows a refusal, by its remedy. Nothing went out."""
    row.code, row.claim = outcome.code, None
    remedy = outcome.remedy
    if remedy in (Remedy.ACCOUNT_LIMIT, Remedy.CONFIGURATION):
        row.state, row.due_at = "waiting", now
        pause_row(session, runtime, area=None, by="system", why=remedy.value, now=now)
    elif remedy is Remedy.TRANSIENT and row.claims < MOST_CLAIMS:
        wait = outcome.retry_after if outcome.retry_after is not None else 60.0 * 2**row.claims
        row.state, row.due_at = "waiting", now + timedelta(seconds=wait)
    else:
        failed(session, runtime, row, remedy, now=now)


def failed(session: Session, runtime: Runtime, row: TextRow, remedy: Remedy, *, now: datetime) -> None:
    """A text that will not arrive: refused for good, or reported as failed. A person hears of it where one can help."""
    row.state = "failed"
    if remedy is Remedy.OPTED_OUT:
        number = numbers.lock(session, row.number_id)
        if number.texts_stopped_at is None:
            stop(
                session, runtime, number=number, family_ids=numbers.families_on(session, number.id),
                scope=frozenset({"text"}), by="network", now=now, text_id=row.id,
            )  # fmt: skip
    elif remedy is not Remedy.EXPIRED:
        kind = "find_number" if remedy is Remedy.PERMANENT_NUMBER else "text_failed"
        open_task(session, runtime, kind=kind, subject_id=row.family_id or row.id, family_id=row.family_id, now=now)
    offer = session.get(OfferRow, row.offer_id) if row.offer_id and row.purpose == "offer" else None
    if offer is not None and offer.state == "open" and offer.channel == "text":
        outcome = "expired" if remedy is Remedy.EXPIRED else "failed"
        end_offer(session, runtime, offer, outcome=outcome, why=remedy.value, now=now)


def _locked(session: Session, text_id: str) -> TextRow:
    """A text, its number locked before it as everywhere: a receipt may come while we write down the answer."""
    number_id = session.scalars(select(TextRow.number_id).where(TextRow.id == text_id)).one()
    numbers.lock(session, number_id)
    return session.scalars(select(TextRow).where(TextRow.id == text_id).with_for_update()).one()


def _ask(
    session: Session, runtime: Runtime, row: TextRow, number: numbers.NumberRow, *, now: datetime
) -> sending.Decision:
    if row.family_id is None:
        return sending.Withhold("no_family")
    if row.expires_at is not None and row.expires_at <= now:
        return sending.Withhold("expired")
    apology = row.purpose == sending.Purpose.APOLOGY  # its number has just been taken off
    if not apology and row.family_id not in numbers.families_on(session, number.id):
        return sending.Withhold("number_taken_off")
    asked = session.get(TextRow, row.answers_id) if row.answers_id else None
    contact = sending.Contact(
        channel="text",
        purpose=sending.Purpose(row.purpose),
        level=Level(row.level),
        asked_at=asked.at if asked else None,
        approved=row.wording is None or wording_is_approved(session, runtime, name=row.wording, language=row.language),
    )
    return decide(session, runtime, family_id=row.family_id, number=number, contact=contact, now=now)


def _put_back(
    session: Session, runtime: Runtime, row: TextRow, answer: sending.Wait | sending.Withhold, *, now: datetime
) -> None:
    row.waits_for = answer.reason
    offer = session.get(OfferRow, row.offer_id) if row.offer_id and row.purpose == "offer" else None
    if isinstance(answer, sending.Wait) and offer is None:
        row.due_at = max(answer.until, now + timedelta(seconds=30))
        return
    row.state = "dropped"
    if offer is not None and offer.state == "open":
        if isinstance(answer, sending.Wait):
            offer.due_at, offer.waits_for = max(answer.until, now + timedelta(seconds=30)), answer.reason
        else:
            withhold(session, runtime, offer, answer.reason)
    _note(session, runtime, "text_withheld", row, now=now)


def _attempted(session: Session, runtime: Runtime, row: TextRow, *, now: datetime) -> None:
    """The offer was tried: count it, and give the family time to answer."""
    offer = session.get(OfferRow, row.offer_id) if row.offer_id and row.purpose == "offer" else None
    if offer is None:
        return
    offer.tries += 1
    session.add(
        AttemptRow(
            id=row.id,
            offer_id=offer.id,
            family_id=offer.family_id,
            number_of=offer.tries,
            channel="text",
            number_id=row.number_id,
            provider_sid=row.provider_sid,
            at=now,
        )
    )
    if offer.state != "open" or offer.channel != "text":
        return  # it ended, or became a call, while the text was on its way: the gap counts, silence ends nothing
    enrolment = session.get_one(EnrolmentRow, offer.enrolment_id)
    step = version(session, enrolment.cadence_version_id).step(offer.step)
    patience = step.patience_days if step is not None else 14
    offer.closes_at = now + timedelta(days=patience)


def _known_sids(runtime: Runtime) -> set[str]:
    with runtime.sessions.read() as session:
        query = select(TextRow.provider_sid).where(TextRow.provider_sid.is_not(None), TextRow.direction == "out")
        return {sid for sid in session.scalars(query.order_by(TextRow.at.desc()).limit(2000)) if sid}


def _note(session: Session, runtime: Runtime, name: str, row: TextRow, *, now: datetime) -> None:
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id="system", family_id=row.family_id, subjects=[row.id],
        data={"purpose": row.purpose, "why": row.waits_for, "code": row.code},
    )  # fmt: skip
