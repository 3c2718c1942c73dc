"""The alerts of one thread: what each is about, who was told, who has it, and how long it took.

Rules
* The newest first. The clock runs from the alert to the first human, or until now where nobody has it yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.access import Actor
from outreach.store.alerts import AlertRow, AlertToldRow
from outreach.views.inbox import what_of


@dataclass(frozen=True, slots=True)
class Told:
    who: str
    ways: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ThreadAlert:
    """``minutes``: from the alert to the first human, or until now where nobody has it yet."""

    id: str
    what: str
    raised_at: datetime
    taken_by: str
    taken_at: datetime | None
    mine: bool
    minutes: int
    settled_by: str
    settled_at: datetime | None
    told: tuple[Told, ...]
    paused_area: bool


def alerts_of(
    session: Session, number_id: str, names: dict[str, str], actor: Actor, *, now: datetime
) -> tuple[ThreadAlert, ...]:
    query = select(AlertRow).where(AlertRow.number_id == number_id).order_by(AlertRow.raised_at.desc(), AlertRow.id)
    return tuple(
        ThreadAlert(
            id=row.id,
            what=what_of(row),
            raised_at=row.raised_at,
            taken_by=names.get(row.taken_by or "", "a colleague") if row.taken_at else "",
            taken_at=row.taken_at,
            mine=row.taken_by == actor.id,
            minutes=int(((row.taken_at or now) - row.raised_at).total_seconds() // 60),
            settled_by=names.get(row.settled_by or "", "a colleague") if row.settled_at else "",
            settled_at=row.settled_at,
            told=_told(session, row, names),
            paused_area=row.paused_area and row.taken_at is None,
        )
        for row in session.scalars(query)
    )


def _told(session: Session, alert: AlertRow, names: dict[str, str]) -> tuple[Told, ...]:
    query = select(AlertToldRow).where(AlertToldRow.alert_id == alert.id).order_by(AlertToldRow.at, AlertToldRow.id)
    by_person: dict[str, list[AlertToldRow]] = {}
    for row in session.scalars(query):
        by_person.setdefault(row.staff_id, []).append(row)
    return tuple(
        Told(names.get(staff_id, "a colleague"), " and ".join(row.channel for row in rows), rows[0].at)
        for staff_id, rows in by_person.items()
    )
