"""Whether the database answers and a worker is at work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from outreach.runtime import Runtime, real_time
from outreach.store.workers import HeartbeatRow

STALE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Health:
    """``worker_seconds_ago``: since a worker last said that it is there; ``None`` when none ever did."""

    database: bool
    worker_seconds_ago: int | None

    @property
    def ok(self) -> bool:
        return self.database and self.worker_seconds_ago is not None and self.worker_seconds_ago < STALE.total_seconds()


def health(runtime: Runtime) -> Health:
    with runtime.sessions.read() as session:
        beat = session.scalar(select(func.max(HeartbeatRow.beat_at)))
    return Health(database=True, worker_seconds_ago=int((real_time(runtime) - beat).total_seconds()) if beat else None)
