"""What the network says of texts and calls that it took: receipts and call states.

Rules
* A report is claimed by inserting it: the same one twice stands once and does nothing the second time.
* Order is not assumed: a text's state, and a call's, only ever move up one line (``domain/delivery``).
* A receipt is found by our own reference, else by the provider's id. One that is not about a text of ours, or about
  another text under the same reference, is kept or passed over, and changes nothing.
* A receipt may be quicker than the answer to our own request, or come where no answer came: it settles what became
  of the text, also of one that is *unknown* or that we thought refused.
* A text that did not arrive is tried again only where the remedy says so, and at most ``MOST_TRIES`` times, on
  another day, through the gate; a person hears of every other. One that arrived after all is not: silence ends it.
* One attempt is one call with two legs. The practitioner's states are kept as ``first_…``, the carer's as they are;
  the carer's outrank. A practitioner who was not reached, or rang nobody, may dial again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from outreach.domain.delivery import CallReceipt, CallState, Remedy, TextReceipt, TextState, advance, advance_call
from outreach.engine.pause import pause_row
from outreach.engine.record_texts import closes_at, failed, lock_texts, settled, taken
from outreach.runtime import Runtime
from outreach.store import events, numbers
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.texts import ReceiptRow, TextRow

MOST_TRIES = 3
TRY_AGAIN_AFTER = timedelta(days=1)
CONNECTING = "connecting"
"""The carer's number was handed to the network; no state of that leg is known yet."""

_OF_THE_ACCOUNT = frozenset({Remedy.ACCOUNT_LIMIT, Remedy.CONFIGURATION})
_WORTH_ANOTHER_TRY = _OF_THE_ACCOUNT | {Remedy.TRANSIENT, Remedy.TRANSIENT_DELIVERY, Remedy.EXPIRED}
_KEPT_AS = {
    TextState.ACCEPTED: "accepted",
    TextState.SCHEDULED: "accepted",
    TextState.QUEUED: "accepted",
    TextState.SENDING: "accepted",
    TextState.SENT: "sent",
    TextState.CANCELED: "failed",
    TextState.FAILED: "failed",
    TextState.UNDELIVERED: "undelivered",
    TextState.DELIVERED: "delivered",
    TextState.READ: "delivered",
}
_NOT_KNOWN_AS_TAKEN = frozenset({"sending", "unknown", "waiting"})


class Report(StrEnum):
    """What a report was to us."""

    NEW = "new"
    KNOWN = "known"
    NOT_OURS = "not_ours"


def record_receipt(runtime: Runtime, receipt: TextReceipt, reference: str) -> Report:
    """Write down one delivery receipt and what follows from it."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = _text(session, receipt.sid, reference)
        if row is None:
            return Report.NOT_OURS
        if not _claim(session, runtime, receipt.sid, receipt.state, code=receipt.code or 0, row_id=row.id, now=now):
            return Report.KNOWN
        if row.provider_sid not in (None, receipt.sid):
            return Report.NOT_OURS
        thought_refused = row.state == "failed" and row.provider_sid is None
        if row.state in _NOT_KNOWN_AS_TAKEN or thought_refused:
            _settle(session, runtime, row, receipt.sid, now=now)
            _drop_the_next(session, row)
        if row.state not in _KEPT_AS.values():
            return Report.NEW
        _advance(session, runtime, row, receipt, now=now)
    return Report.NEW


def record_call_state(runtime: Runtime, call: CallReceipt, reference: str) -> Report:
    """Write down one state of one leg of a call."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        query = select(AttemptRow).where(AttemptRow.id == reference).with_for_update()
        attempt = session.scalars(query).one_or_none()
        if attempt is None:
            return Report.NOT_OURS
        if not _claim(session, runtime, call.sid, call.state, row_id=attempt.id, now=now, sequence=call.sequence or 0):
            return Report.KNOWN
        if not is_this_call(attempt, call):
            return Report.NOT_OURS
        attempt.provider_sid = call.parent_sid or call.sid
        attempt.provider_state = call_state_after(attempt.provider_state, call)
        reached_nobody = call.state.is_final and attempt.provider_state.startswith("first_")
        if reached_nobody and not call.is_the_carers:
            attempt.provider_sid = None
        if call.state.is_final:
            events.note(
                session, "call_leg_ended", id=runtime.new_id(), at=now, actor_id="system", family_id=attempt.family_id,
                subjects=[attempt.id], data={"leg": "carer" if call.is_the_carers else "first", "state": call.state},
            )  # fmt: skip
    return Report.NEW


def is_this_call(attempt: AttemptRow, call: CallReceipt) -> bool:
    """Whether a leg belongs to the call that the attempt has now; a dial whose answer is still to come counts."""
    leading = call.parent_sid or call.sid
    if attempt.provider_sid is None:
        return attempt.provider_state in ("asked", "unknown")
    return attempt.provider_sid == leading


def call_state_after(old: str | None, call: CallReceipt) -> str:
    """The state of an attempt's call, once a leg has reported: the carer's leg outranks *connecting* and ours."""
    carers = old in {state.value for state in CallState}
    if call.is_the_carers:
        return advance_call(CallState(old), call.state) if carers and old else call.state.value
    if carers or old == CONNECTING:
        return old or ""
    first = CallState(old.removeprefix("first_")) if old and old.startswith("first_") else None
    return f"first_{advance_call(first, call.state)}"


def _text(session: Session, sid: str, reference: str) -> TextRow | None:
    """The text a receipt is about, its number locked before it, as everywhere."""
    ours = (TextRow.id == reference) | (TextRow.provider_sid == sid)
    found = session.execute(
        select(TextRow.id, TextRow.number_id).where(TextRow.direction == "out", ours).order_by(TextRow.id != reference)
    ).first()
    if found is None:
        return None
    numbers.lock(session, found.number_id)
    return session.scalars(select(TextRow).where(TextRow.id == found.id).with_for_update()).one()


def _claim(
    session: Session,
    runtime: Runtime,
    sid: str,
    state: TextState | CallState,
    *,
    row_id: str,
    now: datetime,
    code: int = 0,
    sequence: int = 0,
) -> bool:
    """Whether this is the first time that we hear it."""
    report = ReceiptRow(
        id=runtime.new_id(),
        provider_sid=sid,
        reference=row_id,
        kind="text" if isinstance(state, TextState) else "call",
        state=state.value,
        code=code,
        sequence=sequence,
        at=now,
    )
    try:
        with session.begin_nested():
            session.add(report)
            session.flush()
    except IntegrityError:
        return False
    return True


def _settle(session: Session, runtime: Runtime, row: TextRow, sid: str, *, now: datetime) -> None:
    """It went out, whatever we knew of it until now."""
    if row.state != "unknown":
        taken(session, runtime, lock_texts(session, [row.id]), [(row, sid)], now=now)
        return
    settled(session, runtime, row, sid, now=now)


def _advance(session: Session, runtime: Runtime, row: TextRow, receipt: TextReceipt, *, now: datetime) -> None:
    state = _KEPT_AS[advance(TextState(row.state), receipt.state)]
    if state == row.state:
        return
    was, row.state = row.state, state
    if receipt.remedy is not None:
        row.code = receipt.code
        _did_not_arrive(session, runtime, row, receipt.remedy, now=now)
        row.state = state
    elif was in ("failed", "undelivered"):
        _arrived_after_all(session, row, now=now)
    _note(session, runtime, f"text_{state}", row, now=now)


def _arrived_after_all(session: Session, row: TextRow, *, now: datetime) -> None:
    """The offer was to be texted again: it waits for their answer instead."""
    locked = lock_texts(session, [row.id])
    offer = locked.offer_of(row)
    if offer is None or offer.state != "open" or offer.channel != "text" or offer.closes_at is not None:
        return
    offer.closes_at, offer.waits_for = closes_at(locked, offer, now=now), None
    _drop_the_next(session, row)


def _drop_the_next(session: Session, row: TextRow) -> None:
    """Another text of the same offer may wait already."""
    if row.offer_id is not None and row.purpose == "offer":
        session.execute(
            update(TextRow)
            .where(
                TextRow.offer_id == row.offer_id, TextRow.state == "waiting", TextRow.purpose == "offer",
                TextRow.id != row.id,
            )
            .values(state="dropped", waits_for="offer_ended")
        )  # fmt: skip


def _did_not_arrive(session: Session, runtime: Runtime, row: TextRow, remedy: Remedy, *, now: datetime) -> None:
    if remedy in _OF_THE_ACCOUNT:
        pause_row(session, runtime, area=None, by="system", why=remedy.value, now=now)
    offer = session.get(OfferRow, row.offer_id) if row.offer_id and row.purpose == "offer" else None
    is_open = offer is not None and offer.state == "open" and offer.channel == "text"
    if offer is not None and is_open and remedy in _WORTH_ANOTHER_TRY and offer.tries < MOST_TRIES:
        offer.closes_at, offer.due_at, offer.waits_for = None, now + TRY_AGAIN_AFTER, None
        return
    failed(session, runtime, row, remedy, now=now)


def _note(session: Session, runtime: Runtime, name: str, row: TextRow, *, now: datetime) -> None:
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id="system", family_id=row.family_id, subjects=[row.id],
        data={"purpose": row.purpose, "code": row.code},
    )  # fmt: skip
