"""The demo's clock: real time plus an offset that stands in the database, so that a second run carries on."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from outreach.runtime import host_time
from outreach.store.areas import ServiceRow
from outreach.store.base import Sessions

FRESH_SECONDS = 0.02


class DemoClock:
    """Call it for the time it is in the demo; ``real`` is the time it is. Time only goes forward."""

    def __init__(self, begins: datetime) -> None:
        self._begins = begins
        self._sessions: Sessions | None = None
        self._offset = begins - host_time()
        self._read_at = float("-inf")
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        self._refresh()
        return host_time() + self._offset

    def real(self) -> datetime:
        return host_time()

    def attach(self, sessions: Sessions) -> None:
        """From now on the offset is the database's; a database that has none yet gets this clock's."""
        with sessions.begin() as session:
            row = session.get_one(ServiceRow, 1)
            if row.clock_offset_seconds == 0:
                row.clock_offset_seconds = round(self._offset.total_seconds())
        self._sessions = sessions

    def move_to(self, moment: datetime) -> None:
        """Move on to ``moment``; never back."""
        by = moment.astimezone(UTC) - self()
        if by <= timedelta(0) or self._sessions is None:
            return
        with self._sessions.begin() as session:
            seconds = round(by.total_seconds()) + 1
            session.execute(update(ServiceRow).values(clock_offset_seconds=ServiceRow.clock_offset_seconds + seconds))
        with self._lock:  # whoever is reading the old one finishes first
            self._read_at = float("-inf")

    def _refresh(self) -> None:
        with self._lock:
            if self._sessions is None or time.monotonic() - self._read_at < FRESH_SECONDS:
                return
            with self._sessions.read() as session:
                seconds = session.scalar(select(ServiceRow.clock_offset_seconds)) or 0
            self._offset, self._read_at = timedelta(seconds=seconds), time.monotonic()
