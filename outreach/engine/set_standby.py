"""A partner's worker says when they stand by to be joined to a call: their own hours, kept by themselves.

Rules
* Only for oneself. An hour in which one stands by has an end after its beginning; the same one twice is once.
* A phone is needed to be rung on: a number that can be written as E.164, sealed as every colleague's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from sqlalchemy import select

from outreach.domain.access import Actor, Permission, require
from outreach.domain.phone import Phone, parse_phone
from outreach.domain.quiet_hours import london
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.sealing import SERVICE, seal
from outreach.store.staff import StaffRow
from outreach.store.standby import StandbyRow

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class NotSet:
    """``field``: what to put right on the form."""

    why: str
    field: str


def add_standby(
    runtime: Runtime, actor: Actor, *, weekday: int | None, starts: time | None, ends: time | None, phone: str
) -> NotSet | None:
    """Stand by on a weekday between two hours. ``phone`` is only looked at where it is written."""
    require(actor, Permission.REFERRAL_ANSWER)
    if weekday is None or weekday not in range(7):
        return NotSet("Choose a day of the week.", "weekday")
    if starts is None:
        return NotSet("Say from when, such as 10:00.", "starts")
    if ends is None or ends <= starts:
        return NotSet("Say until when: a time after the first.", "ends")
    written = parse_phone(phone, fictional_allowed=runtime.settings.fictional_numbers == "allow") if phone else None
    if phone and not isinstance(written, Phone):
        return NotSet("That number cannot be rung. Write it in full, such as 07700 900123.", "phone")
    now = runtime.now()
    with runtime.sessions.begin() as session:
        staff = session.get_one(StaffRow, actor.id)
        if isinstance(written, Phone):
            staff.phone = seal(session, written.e164, key_id=SERVICE, table="staff", column="phone", row_id=staff.id)
        if staff.phone is None:
            return NotSet("Say on which number you can be rung.", "phone")
        same = select(StandbyRow.id).where(
            StandbyRow.staff_id == actor.id, StandbyRow.weekday == weekday, StandbyRow.starts == starts,
            StandbyRow.ends == ends,
        )  # fmt: skip
        if session.scalars(same).first() is None:
            row = StandbyRow(
                id=runtime.new_id(), organisation_id=actor.organisation_id, staff_id=actor.id, weekday=weekday,
                starts=starts, ends=ends, valid_from=london(now).date(),
            )  # fmt: skip
            session.add(row)
            events.note(session, "standby_added", id=runtime.new_id(), at=now, actor_id=actor.id, subjects=[row.id])
    return None


def end_standby(runtime: Runtime, actor: Actor, *, standby_id: str) -> None:
    """Take one's own standby back. Twice changes nothing."""
    require(actor, Permission.REFERRAL_ANSWER)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = session.get(StandbyRow, standby_id)
        if row is not None and row.staff_id == actor.id:
            session.delete(row)
            events.note(session, "standby_ended", id=runtime.new_id(), at=now, actor_id=actor.id, subjects=[row.id])
