"""One time for several machines: that of the database, kept by this machine's own clock between two looks.

Rules
* The difference between the two clocks is measured around one question to the database: the answer is taken to be of
  the middle. A measurement whose question took long is worth less; of three, the quickest counts.
* It is measured again after a minute, by whoever asks for the time then. While the database does not answer, the last
  difference holds.
* A difference beyond ``TELL_FROM`` is written to the log: somebody should set that machine's clock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

log = structlog.get_logger()
MEASURED_FOR = timedelta(minutes=1)
TELL_FROM = timedelta(seconds=5)
_ASK = text("SELECT clock_timestamp()")


class DatabaseClock:
    """Called, it gives the time of the database on PostgreSQL. ``host`` is this machine's clock."""

    def __init__(self, engine: Engine, host: Callable[[], datetime]) -> None:
        self._engine, self._host = engine, host
        self._turn = threading.Lock()
        self._skew, self._measured_at = timedelta(), datetime.min.replace(tzinfo=host().tzinfo)

    def __call__(self) -> datetime:
        now = self._host()
        if abs(now - self._measured_at) >= MEASURED_FOR and self._turn.acquire(blocking=False):
            try:
                self._measure()
            finally:
                self._turn.release()
        return self._host() + self._skew

    def _measure(self) -> None:
        self._measured_at = self._host()
        try:
            with self._engine.connect() as connection:
                self._skew = min((self._look(connection) for _ in range(3)), key=lambda one: one[0])[1]
        except DBAPIError:
            return
        if abs(self._skew) >= TELL_FROM:
            log.warning("clock_is_off", seconds=round(self._skew.total_seconds(), 1))

    def _look(self, connection: Connection) -> tuple[timedelta, timedelta]:
        before = self._host()
        theirs: datetime = connection.execute(_ASK).scalar_one()
        took = self._host() - before
        return took, theirs - (before + took / 2)
