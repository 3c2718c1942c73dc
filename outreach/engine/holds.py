"""Sets and lifts holds.

Rules
* Anybody at work may set a hold; software does too. Setting a kind that stands already changes nothing.
* A waiting hold is lifted by one person with a reason. A safety or careful hold needs two: one asks with a
  reason, a supervisor (another person) agrees.
* While a wish to stop waits for a person, nobody lifts the hold it set: it is decided in the inbox.
* A hold drops nothing: due offers wait, and look again when it is lifted.
* A safety hold is a doubt: a referral that the partner has not opened waits for a person too.
* A witness: the officer in the case is asked first, and their answer written down; without a yes nobody lifts it.
* Every hold has a day on which somebody looks at it again; who looks and keeps it says why, and the day moves on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, Role, require
from outreach.domain.gate import look_again_after
from outreach.domain.hold import RULES, Kind, Weight
from outreach.domain.quiet_hours import london
from outreach.engine.refer import hold_unopened
from outreach.runtime import Runtime
from outreach.store import events, few_rows, offers
from outreach.store.base import locks_rows, table_of
from outreach.store.bulk import Row
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow
from outreach.store.holds import HoldRow
from outreach.store.offers import OfferRow
from outreach.store.sealing import seal
from outreach.store.texts import TextRow
from outreach.store.threads import stop_waits


@dataclass(frozen=True, slots=True)
class Lifted:
    """``second_person``: the supervisor is still to agree."""

    second_person: bool


@dataclass(frozen=True, slots=True)
class NotLifted:
    why: str


_STANDING = select(HoldRow).where(
    HoldRow.family_id == bindparam("family_id"), HoldRow.kind == bindparam("kind"), HoldRow.lifted_at.is_(None)
)
_TEXT = table_of(TextRow).c
_THEIR_WAITING_TEXTS = (
    select(_TEXT.id)
    .where(_TEXT.family_id == bindparam("family_id"), _TEXT.state == "waiting")
    .order_by(_TEXT.id)
    .with_for_update()
)


def set_hold(
    session: Session,
    runtime: Runtime,
    *,
    family_id: str,
    kind: Kind,
    by: str,
    now: datetime,
    why: str | None = None,
    until: datetime | None = None,
    offer_locked: bool = False,
) -> HoldRow:
    """Set a hold in the caller's transaction; the one that stands is given back where there is one. A new one is given
    back as a value: no change in it is kept."""
    # A claim of one of their texts, on whichever number, locks its row: it commits before this hold, or sees it.
    if not offer_locked:
        offers.lock_open(session, [family_id])
    if locks_rows(session):
        few_rows.do(session, _THEIR_WAITING_TEXTS, {"family_id": family_id})
    (_, values), (_, event) = hold_rows(kind, family_id=family_id, by=by, new_id=runtime.new_id, now=now)
    row = HoldRow(**values, until=until)
    if why:
        row.why = seal(session, why, key_id=family_id, table="hold", column="why", row_id=row.id)
    few_rows.flush(session)  # the family may be new itself
    while not few_rows.write(session, HoldRow, [vars(row)], new_only=True):
        standing = session.scalars(_STANDING, {"family_id": family_id, "kind": kind.value}).one_or_none()
        if standing is None:
            continue  # lifted at this very moment, which was not about this one
        if standing.until is not None and (until is None or until > standing.until):
            standing.until = until
        return standing
    events.append(session, event)
    if RULES[kind].weight is Weight.SAFETY:
        hold_unopened(session, runtime, family_id=family_id, by=by, now=now)
    return row


def hold_rows(kind: Kind, *, family_id: str, by: str, new_id: Callable[[], str], now: datetime) -> tuple[Row, Row]:
    """A hold to be set, and the event of it, as rows."""
    row_id = new_id()
    hold = {
        "id": row_id, "family_id": family_id, "kind": kind.value, "set_by": by, "set_at": now,
        "look_again_on": _look_again_on(kind, now),
    }  # fmt: skip
    event = {
        "id": new_id(), "at": now, "name": "hold_set", "actor_id": by, "family_id": family_id, "subjects": [row_id],
        "data": {"kind": kind.value},
    }  # fmt: skip
    return (HoldRow, hold), (EventRow, event)


def lift_hold(runtime: Runtime, actor: Actor, *, hold_id: str, why: str) -> Lifted | NotLifted:
    """Lift a hold, or ask for it where a second person is needed. A reason is needed."""
    if not why.strip():
        return NotLifted("Say why the hold can be lifted.")
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = session.get(HoldRow, hold_id)
        if row is None:
            return NotLifted("There is no such hold.")
        family = session.get_one(FamilyRow, row.family_id)
        waiting = RULES[Kind(row.kind)].weight is Weight.WAITING
        needed = Permission.HOLD_SET if waiting else Permission.HOLD_LIFT
        require(actor, needed, area=family.area_code, family=family.id)
        if row.lifted_at is not None:
            return NotLifted("The hold was lifted already.")
        if row.kind in (Kind.REPLY, Kind.READ_FIRST) and stop_waits(session, family.id):
            return NotLifted("They may want us to stop. Obey it in the inbox, or put the reading right there first.")
        if row.kind == Kind.WITNESS_IN_CASE and row.officer_agreed_at is None:
            return NotLifted("The officer in the case has not said yet that contact may begin. Ask, and write it down.")
        if not waiting and not (actor.role is Role.SUPERVISOR and row.asked_by not in (None, actor.id)):
            if row.asked_by is not None and actor.role is Role.SUPERVISOR:
                return NotLifted("You asked for this yourself; somebody else must agree.")
            if row.asked_by == actor.id:
                return Lifted(second_person=True)  # asked already: it is noted once
            row.asked_by, row.asked_at = actor.id, now
            row.asked_why = seal(session, why, key_id=row.family_id, table="hold", column="asked_why", row_id=row.id)
            _note(session, runtime, "hold_lift_asked", row, actor=actor, now=now)
            return Lifted(second_person=True)
        row.lifted_why = seal(session, why, key_id=row.family_id, table="hold", column="lifted_why", row_id=row.id)
        lift(session, runtime, row, by=actor.id, now=now)
    return Lifted(second_person=False)


def officer_answered(runtime: Runtime, actor: Actor, *, hold_id: str, words: str, agrees: bool) -> NotLifted | None:
    """What the officer in the case said about a witness. A later answer stands in the place of an earlier one."""
    if not words.strip():
        return NotLifted("Write down who answered, and what they said.")
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = session.get(HoldRow, hold_id, with_for_update=True)
        if row is None or row.kind != Kind.WITNESS_IN_CASE:
            return NotLifted("There is no such hold.")
        family = session.get_one(FamilyRow, row.family_id)
        require(actor, Permission.HOLD_LIFT, area=family.area_code, family=family.id)
        if row.lifted_at is not None:
            return NotLifted("The hold was lifted already.")
        row.officer_said = seal(
            session, words.strip(), key_id=row.family_id, table="hold", column="officer_said", row_id=row.id
        )
        row.officer_agreed_at = now if agrees else None
        if not agrees:  # what was asked for before is not agreed to either
            row.asked_by, row.asked_at, row.asked_why = None, None, None
        row.look_again_on = _look_again_on(Kind(row.kind), now)
        _note(session, runtime, "officer_agreed" if agrees else "officer_said_wait", row, actor=actor, now=now)
    return None


def keep_hold(runtime: Runtime, actor: Actor, *, hold_id: str, why: str) -> date | NotLifted:
    """Somebody looked, and the hold stays: the day it is looked at again. What was asked for is not agreed to."""
    if not why.strip():
        return NotLifted("Say why the hold stays.")
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = session.get(HoldRow, hold_id)
        if row is None:
            return NotLifted("There is no such hold.")
        family = session.get_one(FamilyRow, row.family_id)
        require(actor, Permission.HOLD_LIFT, area=family.area_code, family=family.id)
        if row.lifted_at is not None:
            return NotLifted("The hold was lifted already.")
        row.why = seal(session, why, key_id=row.family_id, table="hold", column="why", row_id=row.id)
        row.asked_by, row.asked_at, row.asked_why = None, None, None
        again = row.look_again_on = _look_again_on(Kind(row.kind), now)
        _note(session, runtime, "hold_kept", row, actor=actor, now=now)
    return again


def _look_again_on(kind: Kind, now: datetime) -> date:
    return london(now).date() + timedelta(days=look_again_after(kind))


def lift(session: Session, runtime: Runtime, row: HoldRow, *, by: str, now: datetime) -> None:
    """Lift a hold in the caller's transaction, whatever it is; offers and texts that waited for it look again now."""
    row.lifted_by, row.lifted_at = by, now
    session.execute(
        update(OfferRow)
        .where(OfferRow.family_id == row.family_id, OfferRow.state == "open", OfferRow.waits_for == row.kind)
        .values(due_at=now, waits_for=None)
    )
    session.execute(
        update(TextRow)
        .where(TextRow.family_id == row.family_id, TextRow.state == "waiting", TextRow.waits_for == row.kind)
        .values(due_at=now, waits_for=None)
    )
    events.note(
        session, "hold_lifted", id=runtime.new_id(), at=now, actor_id=by, family_id=row.family_id, subjects=[row.id],
        data={"kind": row.kind},
    )  # fmt: skip
    session.flush()


def lift_kinds(session: Session, runtime: Runtime, *, family_id: str, kinds: set[Kind], by: str, now: datetime) -> None:
    """Lift every standing hold of ``kinds``: a row was mended, a reply was read."""
    query = select(HoldRow).where(
        HoldRow.family_id == family_id, HoldRow.kind.in_([kind.value for kind in kinds]), HoldRow.lifted_at.is_(None)
    )
    for row in session.scalars(query.order_by(HoldRow.id)).all():
        lift(session, runtime, row, by=by, now=now)


def _note(session: Session, runtime: Runtime, name: str, row: HoldRow, *, actor: Actor, now: datetime) -> None:
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id=actor.id, family_id=row.family_id, subjects=[row.id],
        data={"kind": row.kind},
    )  # fmt: skip
