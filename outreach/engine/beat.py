"""The heartbeat: a row per worker, in real time, so that the console can say when nobody is working."""

from __future__ import annotations

from datetime import timedelta

from outreach.runtime import Runtime, real_time
from outreach.store.workers import HeartbeatRow

SILENT_AFTER = timedelta(minutes=2)


def beat(runtime: Runtime, worker: str) -> None:
    now = real_time(runtime)
    with runtime.sessions.begin() as session:
        row = session.get(HeartbeatRow, worker)
        if row is None:
            session.add(HeartbeatRow(worker=worker, began_at=now, beat_at=now))
        else:
            row.beat_at = now


def anybody_working(runtime: Runtime) -> bool:
    """Whether some worker's heart beat within the last two minutes."""
    with runtime.sessions.read() as session:
        last = session.query(HeartbeatRow.beat_at).order_by(HeartbeatRow.beat_at.desc()).limit(1).scalar()
    return last is not None and real_time(runtime) - last < SILENT_AFTER
