"""Writes down what came of texts that were handed over: accepted, refused, unknown.

Rules
* Only who holds the token of the claim records; a receipt that was quicker than the answer has recorded already.
* *Accepted*: it is with the network. *Refused*: nothing went out; what follows is the remedy's. *Unknown*: it may have
  gone out; nobody sends it again.
* Limits and faults of the account pause all sending and lose nothing.
* A network that takes nothing for a while loses nothing either: the offer is decided anew an hour later, some twenty
  times; then it has failed, and a person hears of it. One that says *too many* is left alone for as long as it asks.
* A number that can take no text is texted no more: what comes next goes to another one, or is a call.
* A refusal that comes when the text was thought to be out takes the try back: nothing went.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, text, update
from sqlalchemy.orm import Session, load_only
from sqlalchemy.orm.attributes import set_committed_value

from outreach.domain.cadence import Cadence
from outreach.domain.delivery import Accepted, Handover, Refused, Remedy
from outreach.domain.phone import PhoneKind
from outreach.engine.claim_texts import Claimed
from outreach.engine.end_offer import end_offer
from outreach.engine.pause import pause_row
from outreach.engine.stops import stop
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import areas, events, numbers
from outreach.store.alerts import TaskRow
from outreach.store.base import locks_rows, padded, together
from outreach.store.cadences import WORDS, CadenceVersionRow, EnrolmentRow, read_words
from outreach.store.numbers import NumberRow
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.texts import TextRow

MOST_CLAIMS = 5
NETWORK_DOWN, MOST_HOURS_DOWN = timedelta(hours=1), 20
TOO_MANY = frozenset({429, 20429, 21611})
LONGEST_REST = timedelta(minutes=5)
"""Of the sender, whatever the network asks for: a stop is confirmed within ten minutes, or never."""
_NOT_AT_ONCE = text("SET LOCAL synchronous_commit TO OFF")
"""A record that a power cut takes away leaves the text *sending*: it becomes unknown, and is settled."""


@dataclass(frozen=True, slots=True)
class Locked:
    """``texts`` and ``offers`` by id; ``patterns``: the cadence that each offer belongs to."""

    texts: dict[str, TextRow]
    offers: dict[str, OfferRow]
    patterns: dict[str, Cadence]

    def offer_of(self, row: TextRow) -> OfferRow | None:
        return self.offers.get(row.offer_id or "") if row.purpose == "offer" else None


def record(runtime: Runtime, outcomes: Sequence[tuple[Claimed, Handover]]) -> None:
    """Write down what came of claimed texts, where the token still holds."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        if not runtime.sessions.on_sqlite:
            with together(session) as connection:
                connection.execute(_NOT_AT_ONCE)
        locked = lock_texts(session, [claimed.text_id for claimed, _ in outcomes])
        mine = [
            (row, outcome)
            for claimed, outcome in outcomes
            if (row := locked.texts[claimed.text_id]).claim == claimed.token and row.state in ("sending", "unknown")
        ]
        accepted = [(row, outcome.sid) for row, outcome in mine if isinstance(outcome, Accepted)]
        taken(session, runtime, locked, [each for each in accepted if each[0].state != "unknown"], now=now)
        for row, sid in accepted:
            if row.state == "unknown":  # the answer came after the lease
                settled(session, runtime, row, sid, now=now)
        for row, outcome in mine:
            if isinstance(outcome, Refused):
                if row.state == "unknown":
                    _was_not_tried(session, locked, row, now=now)
                row.lease_until = None
                refused(session, runtime, row, outcome, now=now)
                note_text(session, runtime, f"text_{row.state}", row, now=now)
            elif not isinstance(outcome, Accepted) and row.state == "sending":
                unknown(session, runtime, locked, row, now=now)


_OF_TEXTS = TextRow.id.in_(bindparam("ids", expanding=True))
_NUMBERS = (
    select(NumberRow.id)
    .where(NumberRow.id.in_(select(TextRow.number_id).where(_OF_TEXTS)))
    .order_by(NumberRow.id)
    .with_for_update()
)
_OFFERS = (
    select(OfferRow, WORDS)
    .options(
        load_only(
            OfferRow.family_id, OfferRow.step, OfferRow.state, OfferRow.channel, OfferRow.tries, OfferRow.closes_at
        )
    )
    .join(EnrolmentRow, EnrolmentRow.id == OfferRow.enrolment_id)
    .join(CadenceVersionRow, CadenceVersionRow.id == EnrolmentRow.cadence_version_id)
    .where(OfferRow.id.in_(select(TextRow.offer_id).where(_OF_TEXTS)))
    .order_by(OfferRow.id)
    .with_for_update(of=OfferRow)
    .execution_options(populate_existing=True)
)
_TEXTS = (
    select(TextRow)
    .options(
        load_only(
            TextRow.number_id,
            TextRow.family_id,
            TextRow.offer_id,
            TextRow.purpose,
            TextRow.state,
            TextRow.claim,
            TextRow.claims,
            TextRow.waits_for,
            TextRow.code,
            TextRow.lease_until,
        )
    )
    .where(_OF_TEXTS)
    .order_by(TextRow.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)


def lock_texts(session: Session, text_ids: Collection[str]) -> Locked:
    """Texts, locked after their numbers and their offers, as everywhere: a receipt may come while we write."""
    ids = {"ids": padded(text_ids)}
    if locks_rows(session):
        session.execute(_NUMBERS, ids).all()
    found = [(offer, read_words(words)) for offer, words in session.execute(_OFFERS, ids)]
    return Locked(
        {row.id: row for row in session.scalars(_TEXTS, ids)},
        {offer.id: offer for offer, _ in found},
        {offer.id: pattern for offer, pattern in found},
    )


_ACCEPTED = (
    update(TextRow.__table__)  # type: ignore[arg-type]
    .where(TextRow.id == bindparam("text_id"))
    .values(
        state="accepted", provider_sid=bindparam("sid"), handed_over_at=bindparam("now"), lease_until=None
    )
)  # fmt: skip
_TRIED = (
    update(OfferRow.__table__)  # type: ignore[arg-type]
    .where(OfferRow.id == bindparam("offer_id"))
    .values(tries=bindparam("tried"), closes_at=bindparam("closes"))
)
_ATTEMPTS = insert(AttemptRow.__table__)  # type: ignore[arg-type]


def taken(
    session: Session, runtime: Runtime, locked: Locked, texts: Sequence[tuple[TextRow, str]], *, now: datetime
) -> None:
    """The network has them, each under its id there: by its answer, or by a receipt that was quicker than the answer.

    Written by one statement a table, all of them in one journey; the rows in the session say the same afterwards.
    """
    attempts: list[dict[str, Any]] = []
    tried: list[dict[str, Any]] = []
    for row, sid in texts:
        offer = locked.offer_of(row)
        if offer is not None:
            attempts.append(_attempt(row, offer, sid=sid, now=now))
            set_committed_value(offer, "tries", offer.tries + 1)
            set_committed_value(offer, "closes_at", closes_at(locked, offer, now=now))
            tried.append({"offer_id": offer.id, "tried": offer.tries, "closes": offer.closes_at})
        note_text(session, runtime, "text_accepted", row, now=now)
        for name, value in {
            "state": "accepted",
            "provider_sid": sid,
            "handed_over_at": now,
            "lease_until": None,
        }.items():
            set_committed_value(row, name, value)
    with together(session) as connection:
        if texts:
            connection.execute(_ACCEPTED, [{"text_id": row.id, "sid": sid, "now": now} for row, sid in texts])
        if attempts:
            connection.execute(_ATTEMPTS, attempts)
            connection.execute(_TRIED, tried)
        events.write(session)


def unknown(
    session: Session, runtime: Runtime, locked: Locked, row: TextRow, *, now: datetime, died: bool = False
) -> None:
    """It may have gone out. Nobody sends it again. ``died``: who sent it did; the lease stays as the sign of it."""
    row.state, row.handed_over_at, row.due_at = "unknown", now, now
    if not died:
        row.lease_until = None
    offer = locked.offer_of(row)
    if offer is not None:
        session.execute(_ATTEMPTS, [_attempt(row, offer, sid=None, now=now)])
        offer.tries, offer.closes_at = offer.tries + 1, closes_at(locked, offer, now=now)
    note_text(session, runtime, "text_unknown", row, now=now)


def refused(session: Session, runtime: Runtime, row: TextRow, outcome: Refused, *, now: datetime) -> None:
    """What follows a refusal, by its remedy. Nothing went out."""
    row.code, row.claim = outcome.code, None
    remedy = outcome.remedy
    if row.purpose == "stop":
        numbers.lock(session, row.number_id).stop_confirmed_at = None
    if remedy in (Remedy.ACCOUNT_LIMIT, Remedy.CONFIGURATION):
        row.state, row.due_at = "waiting", now
        pause_row(session, runtime, area=None, by="system", why=remedy.value, now=now)
    elif remedy is Remedy.TRANSIENT and row.claims < MOST_CLAIMS:
        wait = timedelta(seconds=outcome.retry_after if outcome.retry_after is not None else 60.0 * 2**row.claims)
        row.state, row.due_at = "waiting", now + wait
        if outcome.code in TOO_MANY:
            service = areas.service(session, lock=True)
            service.next_send_at = max(service.next_send_at or now, now + min(wait, LONGEST_REST))
    elif remedy is Remedy.TRANSIENT and _may_wait(session, row):
        row.state = "failed"
        offer = _offer(session, row)
        if offer is not None:
            offer.due_at, offer.waits_for = now + NETWORK_DOWN, "network_down"
    else:
        failed(session, runtime, row, remedy, now=now)


def _may_wait(session: Session, row: TextRow) -> bool:
    """Whether it is of an open offer by text that has not met a network without an answer too often."""
    offer = _offer(session, row)
    if offer is None or offer.state != "open" or offer.channel != "text":
        return False
    before = select(func.count()).where(TextRow.offer_id == offer.id, TextRow.state == "failed")
    return (session.scalar(before) or 0) < MOST_HOURS_DOWN


def _was_not_tried(session: Session, locked: Locked, row: TextRow, *, now: datetime) -> None:
    """Nothing went out after all: what *unknown* wrote down is taken back, and nobody need look for it."""
    offer = locked.offer_of(row)
    if offer is not None:
        session.execute(delete(AttemptRow).where(AttemptRow.id == row.id))
        offer.tries, offer.closes_at = offer.tries - 1, None
    tasks_settled(session, row, now=now)


def settled(session: Session, runtime: Runtime, row: TextRow, sid: str, *, now: datetime) -> None:
    """One that was unknown is with the network: it was counted as a try already. A lease that ran out stays: it says
    that nobody noted when it was handed over."""
    row.state, row.provider_sid = "accepted", sid
    note_text(session, runtime, "text_settled", row, now=now)
    tasks_settled(session, row, now=now)


def tasks_settled(session: Session, row: TextRow, *, now: datetime) -> None:
    """Nobody need find out any more what became of it."""
    query = select(TaskRow).where(
        TaskRow.kind == "settle_unknown", TaskRow.subject_id == row.id, TaskRow.done_at.is_(None)
    )
    for task in session.scalars(query).all():
        task.done_at, task.done_by = now, "system"


def failed(session: Session, runtime: Runtime, row: TextRow, remedy: Remedy, *, now: datetime) -> None:
    """A text that will not arrive: refused for good, or reported as failed. A person hears of it where one can help."""
    row.state = "failed"
    if remedy is Remedy.PERMANENT_NUMBER:
        numbers.lock(session, row.number_id).kind = PhoneKind.OTHER.value  # no text goes there again; it may be rung
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


def _attempt(row: TextRow, offer: OfferRow, *, sid: str | None, now: datetime) -> dict[str, Any]:
    """The offer was tried: the values of its attempt."""
    return {
        "id": row.id, "offer_id": offer.id, "family_id": offer.family_id, "number_of": offer.tries + 1,
        "channel": "text", "number_id": row.number_id, "provider_sid": sid, "at": now,
    }  # fmt: skip


def closes_at(locked: Locked, offer: OfferRow, *, now: datetime) -> datetime | None:
    """How long the family has to answer. Where the offer ended, or became a call, while its text was on the way, the
    gap counts, and silence ends nothing."""
    if offer.state != "open" or offer.channel != "text":
        return offer.closes_at
    step = locked.patterns[offer.id].step(offer.step)
    return now + timedelta(days=step.patience_days if step is not None else 14)


def _offer(session: Session, row: TextRow) -> OfferRow | None:
    return session.get(OfferRow, row.offer_id) if row.offer_id and row.purpose == "offer" else None


def note_text(session: Session, runtime: Runtime, name: str, row: TextRow, *, now: datetime) -> None:
    """The event of a text."""
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id="system", family_id=row.family_id, subjects=[row.id],
        data={"purpose": row.purpose, "why": row.waits_for, "code": row.code},
    )  # fmt: skip
