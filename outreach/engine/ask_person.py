"""Puts a thread before a person: automatic texts to the family are held, and silence no longer ends its offer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from outreach.engine.as_it_stands import Stands
from outreach.engine.end_offer import move_offer
from outreach.engine.holds import set_hold
from outreach.engine.refer import hold_unopened
from outreach.engine.situation import in_conversation
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import events, offers
from outreach.store.numbers import NumberRow
from outreach.store.offers import OfferRow
from outreach.store.texts import ReadingRow
from outreach.store.threads import hold_of


def ask_person(
    session: Session,
    runtime: Runtime,
    *,
    stands: Stands,
    row: ReadingRow,
    now: datetime,
) -> None:
    """Hold every automatic text to the family, and put the thread before a person."""
    row.needs_person = True
    family_id = stands.family.id
    set_hold(session, runtime, family_id=family_id, kind=hold_of(row), by="system", now=now, offer_locked=True)
    if stands.referred:
        hold_unopened(session, runtime, family_id=family_id, by="system", now=now)
    _by_a_person(session, runtime, stands.open_offer, now=now)


def compromise(
    session: Session, runtime: Runtime, *, number: NumberRow, family_id: str, why: str, now: datetime
) -> None:
    """Somebody else was on the number: nothing automatic goes there until a person decides (rule 3)."""
    if number.standing in ("compromised", "lost"):
        return
    number.standing, number.compromised_at, number.compromised_why = "compromised", now, why
    open_task(
        session,
        runtime,
        kind="decide_number",
        subject_id=number.id,
        family_id=family_id,
        now=now,
        for_role="supervisor",
    )
    events.note(
        session, "number_compromised", id=runtime.new_id(), at=now, actor_id="system", family_id=family_id,
        subjects=[number.id], data={"why": why},
    )  # fmt: skip


def a_person_ends_it(session: Session, runtime: Runtime, *, family_id: str, now: datetime) -> None:
    """They did answer the text of the open offer: silence does not end it any more, a person who rings does."""
    _by_a_person(session, runtime, offers.open_offer(session, family_id), now=now)


def _by_a_person(session: Session, runtime: Runtime, offer: OfferRow | None, *, now: datetime) -> None:
    if offer is None or offer.channel != "text":
        return
    if offer.closes_at is not None or (offer.tries and not in_conversation(session, offer.family_id)):
        move_offer(session, runtime, offer, channel="call", due_at=now, now=now)
