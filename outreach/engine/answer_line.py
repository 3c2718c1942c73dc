"""Somebody rings our number: they hear a neutral greeting and reach whoever is on duty, else when somebody is there.

Rules
* Whose number it is decides in whose area somebody is sought; a number nobody knows goes to an area with somebody on
  duty. Nobody is put through who stands on a conflict list of a family on that number.
* Those on duty are rung one after the other, each once. Their phone says only that a call has come, and waits for a
  key: a voicemail box never takes a call of ours, so nothing anybody says is recorded anywhere.
* Whoever rings is told nothing: not who we are, not that their number is known. The greeting is the same for everybody.
* That a call came, and whether it went through, is an event; the number and the person are not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain import rota
from outreach.domain.quiet_hours import london
from outreach.engine.alerts import area_for_stranger
from outreach.runtime import Runtime
from outreach.store import events, numbers
from outreach.store.conflicts import hidden_from
from outreach.store.families import FamilyRow
from outreach.store.sealing import SERVICE, unseal
from outreach.store.staff import StaffRow, shifts_of

DAYS_AHEAD = 8


@dataclass(frozen=True, slots=True)
class PutThrough:
    """Ring ``to``, a colleague's phone; it is the ``turn``th try."""

    to: str
    turn: int


@dataclass(frozen=True, slots=True)
class NobodyThere:
    """``hours`` says when somebody is there next, as it is spoken; empty where the rota does not say."""

    hours: str


def who_takes(runtime: Runtime, *, caller: str, turn: int = 0) -> PutThrough | NobodyThere:
    """Whom to ring for who rings from ``caller`` (E.164, or nothing), where ``turn`` others did not take it."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        area, families = _whose(session, caller, now=now)
        phones = _on_duty(session, area, families, now=now)
        if turn == 0:
            events.note(
                session, "call_came_in", id=runtime.new_id(), at=now, actor_id="system",
                data={"area": area, "put_through": bool(phones)},
            )  # fmt: skip
        if turn < len(phones):
            return PutThrough(phones[turn], turn)
        return NobodyThere(_next_hours(session, area, now=now))


def _whose(session: Session, caller: str, *, now: datetime) -> tuple[str, list[str]]:
    number = numbers.find(session, caller) if caller.startswith("+") else None
    families = numbers.families_on(session, number.id) if number is not None else []
    known = select(FamilyRow.area_code).where(FamilyRow.id.in_(families)).order_by(FamilyRow.area_code)
    return session.scalars(known).first() or area_for_stranger(session, now), families


def _on_duty(session: Session, area: str, families: list[str], *, now: datetime) -> list[str]:
    phones = []
    for staff_id in rota.on_duty(shifts_of(session, area), now):
        staff = session.get_one(StaffRow, staff_id)
        phone = unseal(session, staff.phone, key_id=SERVICE, table="staff", column="phone", row_id=staff.id)
        if phone and staff.left_at is None and not hidden_from(session, staff.id) & set(families):
            phones.append(phone)
    return phones


def _next_hours(session: Session, area: str, *, now: datetime) -> str:
    shifts = shifts_of(session, area)
    for ahead in range(DAYS_AHEAD):
        day = london(now).date() + timedelta(days=ahead)
        for begin, end in rota.stretches(shifts, day):
            if begin > now:
                return f"Somebody is here on {day:%A}, from {_hour(begin)} to {_hour(end)}."
    return ""


def _hour(moment: datetime) -> str:
    at = london(moment)
    half = "in the morning" if at.hour < 12 else "in the afternoon" if at.hour < 18 else "in the evening"
    minutes = f" {at.minute}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes} {half}"
