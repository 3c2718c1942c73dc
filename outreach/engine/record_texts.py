"""Writes down what came of texts that were handed over: accepted, refused, unknown.

Rules
* Only who holds the token of the claim records; a receipt that was quicker than the answer has recorded already.
* *Accepted*: it is with the network. *Refused*: nothing went out; what follows is the remedy's. *Unknown*: it may have
  gone out; nobody sends it again.
* Limits and faults of the account pause all sending and lose nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from outreach.domain.delivery import Accepted, Handover, Refused, Remedy
from outreach.engine.claim_texts import Claimed
from outreach.engine.end_offer import end_offer
from outreach.engine.pause import pause_row
from outreach.engine.stops import stop
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import events, numbers, offers
from outreach.store.cadences import CadenceVersionRow, EnrolmentRow, version
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.texts import TextRow

MOST_CLAIMS = 5
_NOT_AT_ONCE = text("SET LOCAL synchronous_commit TO OFF")
"""A record that a power cut takes away leaves the text *sending*: it becomes unknown, and is settled."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Texts by id. What they hang on is kept in the session as long as this is, so that nobody asks for it again."""

    texts: dict[str, TextRow]
    offers: list[OfferRow]
    enrolments: list[EnrolmentRow]
    versions: list[CadenceVersionRow]


def record(runtime: Runtime, outcomes: Sequence[tuple[Claimed, Handover]]) -> None:
    """Write down what came of claimed texts, where the token still holds."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        if not runtime.sessions.on_sqlite:
            session.execute(_NOT_AT_ONCE)
        locked = lock_texts(session, [claimed.text_id for claimed, _ in outcomes])
        mine = [
            (row, outcome)
            for claimed, outcome in outcomes
            if (row := locked.texts[claimed.text_id]).claim == claimed.token and row.state in ("sending", "unknown")
        ]
        with session.no_autoflush:  # written in one go at the end: nothing of this is asked for again before
            for row, outcome in mine:
                if isinstance(outcome, Accepted):
                    taken(session, runtime, row, sid=outcome.sid, now=now)
        for row, outcome in mine:
            if isinstance(outcome, Refused):
                row.lease_until = None
                refused(session, runtime, row, outcome, now=now)
                note_text(session, runtime, f"text_{row.state}", row, now=now)
            elif not isinstance(outcome, Accepted):
                unknown(session, runtime, row, now=now)


def lock_texts(session: Session, text_ids: Collection[str]) -> Locked:
    """Texts, locked after their numbers and their offers, as everywhere: a receipt may come while we write."""
    ids = sorted(text_ids)
    found = session.execute(select(TextRow.number_id, TextRow.offer_id).where(TextRow.id.in_(ids))).all()
    numbers.lock_all(session, [row.number_id for row in found])
    theirs = offers.lock_all(session, [row.offer_id for row in found if row.offer_id])
    texts = select(TextRow).where(TextRow.id.in_(ids)).order_by(TextRow.id).with_for_update()
    rows = session.scalars(texts.execution_options(populate_existing=True)).all()
    enrolled = select(EnrolmentRow).where(EnrolmentRow.id.in_(sorted({offer.enrolment_id for offer in theirs})))
    enrolments = list(session.scalars(enrolled)) if theirs else []
    made = select(CadenceVersionRow).where(CadenceVersionRow.id.in_(sorted({e.cadence_version_id for e in enrolments})))
    versions = list(session.scalars(made)) if enrolments else []
    return Locked({row.id: row for row in rows}, theirs, enrolments, versions)


def taken(session: Session, runtime: Runtime, row: TextRow, *, sid: str, now: datetime) -> None:
    """The network has it: by its answer, or by a receipt that was quicker than the answer."""
    row.state, row.provider_sid, row.handed_over_at, row.lease_until = "accepted", sid, now, None
    _attempted(session, row, now=now)
    note_text(session, runtime, "text_accepted", row, now=now)


def unknown(session: Session, runtime: Runtime, row: TextRow, *, now: datetime, died: bool = False) -> None:
    """It may have gone out. Nobody sends it again. ``died``: who sent it did; the lease stays as the sign of it."""
    row.state, row.handed_over_at, row.due_at = "unknown", now, now
    if not died:
        row.lease_until = None
    _attempted(session, row, now=now)
    note_text(session, runtime, "text_unknown", row, now=now)


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
    offer = _offer(session, row)
    if offer is not None and offer.state == "open" and offer.channel == "text":
        outcome = "expired" if remedy is Remedy.EXPIRED else "failed"
        end_offer(session, runtime, offer, outcome=outcome, why=remedy.value, now=now)


def _attempted(session: Session, row: TextRow, *, now: datetime) -> None:
    """The offer was tried: count it, and give the family time to answer."""
    offer = _offer(session, row)
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


def _offer(session: Session, row: TextRow) -> OfferRow | None:
    return session.get(OfferRow, row.offer_id) if row.offer_id and row.purpose == "offer" else None


def note_text(session: Session, runtime: Runtime, name: str, row: TextRow, *, now: datetime) -> None:
    """The event of a text."""
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id="system", family_id=row.family_id, subjects=[row.id],
        data={"purpose": row.purpose, "why": row.waits_for, "code": row.code},
    )  # fmt: skip
