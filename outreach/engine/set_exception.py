"""A family's own exceptions from its cadence, written down by a person with a reason, and taken back.

Rules
* Of three kinds: *their date* (the next contact is on that day, once), *their channel* (every contact is that way),
  *pause* (none before a day). One of a kind stands at a time: setting it again replaces it.
* An exception changes when and how, never whether: stops, holds and the gate stand above it.
* What is planned and not begun is superseded and planned anew by it. What was tried or promised goes on as it is.
* Their date needs a cadence that still plans something; else a call is booked instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, require
from outreach.domain.quiet_hours import london
from outreach.engine.end_offer import plan_anew
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.cadences import live_enrolment
from outreach.store.exceptions import KINDS, ExceptionRow, standing_exceptions
from outreach.store.families import FamilyRow
from outreach.store.sealing import seal

FURTHEST = timedelta(days=731)
OWN_CHANNELS = ("call", "text", "visit")


@dataclass(frozen=True, slots=True)
class NotSet:
    field: str
    why: str


def set_exception(
    runtime: Runtime, actor: Actor, *, family_id: str, kind: str, day: date | None, channel: str | None, why: str
) -> NotSet | None:
    """``day`` for ``date`` and ``pause``; ``channel`` for ``channel``."""
    require(actor, Permission.HOLD_SET)
    now = runtime.now()
    wrong = _wrong(kind, day, channel, why, london(now).date())
    if wrong is not None:
        return wrong
    with runtime.sessions.begin() as session:
        family = session.get_one(FamilyRow, family_id)
        require(actor, Permission.HOLD_SET, area=family.area_code, family=family.id)
        enrolment = live_enrolment(session, family_id)
        if kind == "date" and (enrolment is None or (enrolment.state == "rested" and enrolment.rest_until is None)):
            return NotSet("exception-day", "Nothing more is planned for this family. Book a call instead.")
        for row in standing_exceptions(session, family_id):
            if row.kind == kind:
                _end(session, runtime, row, by=actor.id, now=now)
        row_id = runtime.new_id()
        session.add(
            ExceptionRow(
                id=row_id, family_id=family_id, kind=kind, day=None if kind == "channel" else day,
                channel=channel if kind == "channel" else None, set_by=actor.id, set_at=now,
                why=seal(
                    session, why.strip(), key_id=family_id, table="family_exception", column="why", row_id=row_id
                ),
            )
        )  # fmt: skip
        if kind == "date" and enrolment is not None and enrolment.state == "rested":
            enrolment.rest_until = day
        _note(session, runtime, "exception_set", family_id, row_id, kind, by=actor.id, now=now)
        session.flush()
        _plan_anew(session, runtime, family_id, by=actor.id, now=now)
    return None


def end_exception(runtime: Runtime, actor: Actor, *, exception_id: str) -> bool:
    """Take one back. False where it is over already."""
    require(actor, Permission.HOLD_SET)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = session.get(ExceptionRow, exception_id)
        if row is None or row.ended_at is not None:
            return False
        family = session.get_one(FamilyRow, row.family_id)
        require(actor, Permission.HOLD_SET, area=family.area_code, family=family.id)
        _end(session, runtime, row, by=actor.id, now=now)
        _plan_anew(session, runtime, row.family_id, by=actor.id, now=now)
    return True


def _plan_anew(session: Session, runtime: Runtime, family_id: str, *, by: str, now: datetime) -> None:
    enrolment = live_enrolment(session, family_id)
    if enrolment is not None:
        plan_anew(session, runtime, enrolment, why="own_exception", now=now, by=by)


def _end(session: Session, runtime: Runtime, row: ExceptionRow, *, by: str, now: datetime) -> None:
    row.ended_at, row.ended_by = now, by
    _note(session, runtime, "exception_ended", row.family_id, row.id, row.kind, by=by, now=now)
    session.flush()


def _note(
    session: Session, runtime: Runtime, name: str, family_id: str, row_id: str, kind: str, *, by: str, now: datetime
) -> None:
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id=by, family_id=family_id, subjects=[row_id],
        data={"kind": kind},
    )  # fmt: skip


def _wrong(kind: str, day: date | None, channel: str | None, why: str, today: date) -> NotSet | None:
    if kind not in KINDS:
        return NotSet("exception-kind", "Choose what is different for this family.")
    if kind == "channel" and channel not in OWN_CHANNELS:
        return NotSet("exception-channel", "Choose call, text or visit.")
    if kind != "channel" and (day is None or day <= today):
        return NotSet("exception-day", "Give a day that is still to come, like 28 11 2026.")
    if kind != "channel" and day is not None and day - today > FURTHEST:
        return NotSet("exception-day", "That is more than two years from now. Choose a day that is nearer.")
    if not why.strip():
        return NotSet("exception-why", "Say in a few words why, so that a colleague can understand it later.")
    return None
