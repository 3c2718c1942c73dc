"""What whoever watches over the service may see of it: counts of work, from the database alone.

Rules
* Of the whole service, never of an area, a person, a kind of text or an outcome of an offer: nothing here tells of
  few families, and nothing of how anybody works. No name, number or word.
* Ages are in seconds of the service's own clock; workers are counted by real time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from outreach.runtime import Runtime, real_time
from outreach.store import areas, migrating
from outreach.store.alerts import AlertRow
from outreach.store.texts import TextRow
from outreach.store.workers import HeartbeatRow
from outreach.views.health import STALE

UNKNOWN, WAITING = "unknown", "waiting"
OUTCOMES = ("accepted", "sent", "delivered", "undelivered", "failed", "dropped")
"""States in which a text has left the queue; their sum only grows."""


@dataclass(frozen=True, slots=True)
class Measures:
    texts_due: int
    oldest_due_seconds: float
    texts_unknown: int
    texts_by_outcome: Mapping[str, int]
    alerts_untaken: int
    workers: int
    paused: bool


def measures(runtime: Runtime) -> Measures:
    now = runtime.now()
    with runtime.sessions.read() as session:
        due = select(func.count(), func.min(TextRow.due_at)).where(TextRow.state == WAITING, TextRow.due_at <= now)
        waiting, oldest = session.execute(due).one()
        states = select(TextRow.state, func.count()).where(TextRow.direction == "out").group_by(TextRow.state)
        counted = {row[0]: row[1] for row in session.execute(states)}
        untaken = select(func.count()).select_from(AlertRow).where(AlertRow.taken_at.is_(None))
        beating = (
            select(func.count()).select_from(HeartbeatRow).where(HeartbeatRow.beat_at > real_time(runtime) - STALE)
        )
        return Measures(
            texts_due=waiting,
            oldest_due_seconds=(now - oldest).total_seconds() if oldest else 0.0,
            texts_unknown=counted.get(UNKNOWN, 0),
            texts_by_outcome={state: counted.get(state, 0) for state in OUTCOMES},
            alerts_untaken=session.scalar(untaken) or 0,
            workers=session.scalar(beating) or 0,
            paused=areas.is_paused(session),
        )


def not_ready(runtime: Runtime) -> tuple[str, ...]:
    """What keeps this console from serving anybody: ``database`` (it does not answer), ``migrations``."""
    try:
        return () if migrating.is_current(runtime.sessions) else ("migrations",)
    except DBAPIError:
        return ("database",)
