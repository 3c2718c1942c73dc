"""What others would do with the same offers: one APScheduler job for each, or one procrastinate task for each.

Rules
* ``writes``: a job writes what dispatch writes of one text, by the bare driver on a copy of the same database. It is
  marked as being sent, and that is committed; it is handed over; what came of it is written (the text, its attempt, its
  offer, an event) and committed. On SQLite nothing is brought to the disk in between. Without ``writes`` a job hands
  over and writes nothing of it down.
* Neither asks the gate anything, opens sealed words, locks against a stop, or knows what a death leaves behind.
* Jobs are put into their store before the time is taken. The job stores are their makers' own, as they come.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.provider import SENT, hand_over
from benchmarks.taken import Taken, timed
from tests import postgres

NOW = datetime(2026, 1, 13, 10, tzinfo=UTC)
_BEFORE = (
    "UPDATE text SET state = 'sending', claim = %(token)s, lease_until = %(now)s, claims = claims + 1"
    " WHERE id = %(text)s AND state = 'waiting'",
)
_AFTER = (
    "UPDATE text SET state = 'accepted', provider_sid = %(token)s, handed_over_at = %(now)s, lease_until = NULL"
    " WHERE id = %(text)s AND claim = %(token)s",
    "INSERT INTO attempt (id, offer_id, family_id, number_of, channel, number_id, pre_text, provider_sid, at)"
    " VALUES (%(text)s, %(offer)s, %(family)s, 1, 'text', %(number)s, %(no)s, %(token)s, %(now)s)",
    "UPDATE offer SET tries = 1, closes_at = %(now)s WHERE id = %(offer)s",
    "INSERT INTO event (id, at, name, actor_id, family_id, subjects, data)"
    " VALUES (%(token)s, %(now)s, 'text_accepted', 'system', %(family)s, %(subjects)s, %(data)s)",
)


class Writing:
    """The statements of one offer on one database, for threads and for tasks."""

    def __init__(self, url: str, many: int) -> None:
        self._url, self._kept = url, threading.local()
        self._on_sqlite = url.startswith("sqlite")
        self._before, self._after = (self._in_its_own_words(each) for each in (_BEFORE, _AFTER))
        connection = self.connection()
        found = connection.execute("SELECT id, offer_id, family_id, number_id FROM text ORDER BY id").fetchall()[:many]
        names = ("text", "offer", "family", "number")
        self.offers = [dict(zip(names, row, strict=True)) for row in found]
        connection.close()
        self._kept = threading.local()

    def _in_its_own_words(self, statements: tuple[str, ...]) -> list[str]:
        return [re.sub(r"%\((\w+)\)s", r":\1", one) if self._on_sqlite else one for one in statements]

    def connection(self) -> Any:
        """This thread's own."""
        if not hasattr(self._kept, "connection"):
            if self._on_sqlite:
                made: Any = sqlite3.connect(self._url.removeprefix("sqlite:///"), isolation_level=None, timeout=45)
                for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL"):
                    made.execute(f"PRAGMA {pragma}")
            else:
                import psycopg

                made = psycopg.connect(self._url, autocommit=True)
            self._kept.connection = made
        return self._kept.connection

    def values(self, place: int) -> dict[str, Any]:
        given = self.offers[place]
        now = NOW.replace(tzinfo=None).isoformat(" ") if self._on_sqlite else NOW
        return given | {
            "token": str(uuid4()), "now": now, "no": False, "subjects": json.dumps([given["text"]]),
            "data": json.dumps({"purpose": "offer", "why": None, "code": None}),
        }  # fmt: skip

    def in_a_thread(self, place: int) -> None:
        connection, values = self.connection(), self.values(place)
        self._commit(connection, self._before, values)
        hand_over(values["text"])
        self._commit(connection, self._after, values)

    def _commit(self, connection: Any, statements: list[str], values: dict[str, Any]) -> None:
        connection.execute("BEGIN IMMEDIATE" if self._on_sqlite else "BEGIN")
        for one in statements:
            connection.execute(one, values)
        connection.execute("COMMIT")

    async def in_a_task(self, pool: Any, place: int) -> None:
        values = self.values(place)
        async with pool.connection() as connection:
            for one in self._before:
                await connection.execute(one, values)
        hand_over(values["text"])
        async with pool.connection() as connection:
            for one in self._after:
                await connection.execute(one, values)


WRITING: list[Writing] = []
"""Of the jobs that run now: APScheduler finds a job by its name."""


def job(place: int) -> None:
    if WRITING:
        WRITING[0].in_a_thread(place)
    else:
        hand_over(f"o{place}")


def with_apscheduler(url: str, home: Path, *, many: int, name: str, writes: bool) -> Taken:
    """``many`` jobs. ``url``: where the offers are, and, on PostgreSQL, the jobs too."""
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler

    address = url.replace("postgresql://", "postgresql+psycopg://")
    address = f"sqlite:///{home}/{name}-jobs.sqlite" if url.startswith("sqlite") else address
    store = SQLAlchemyJobStore(url=address, tablename=f"jobs_{name}")
    made = BackgroundScheduler(
        jobstores={"default": store}, timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True}
    )
    made.start(paused=True)
    SENT.clear()
    WRITING[:] = [Writing(url, many)] if writes else []
    for place in range(many):
        made.add_job("benchmarks.peers:job", "date", args=(place,), id=f"o{place}")
    with timed(taken := Taken(), url):
        made.resume()
        while len(SENT) < many or made.get_jobs():
            time.sleep(0.01)
        made.shutdown()  # waits for those that still write
    store.shutdown()
    assert len(set(SENT)) == len(SENT) == many, len(SENT)
    return taken


def with_procrastinate(url: str, *, many: int, at_once: int, writes: bool) -> Taken:
    """``many`` tasks, ``at_once`` at a time. The tasks are in a database of their own."""
    import procrastinate
    from psycopg_pool import AsyncConnectionPool

    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=postgres.fresh_database()))
    writing = Writing(url, many) if writes else None
    SENT.clear()

    async def run() -> Taken:
        async with app.open_async(), AsyncConnectionPool(url, min_size=at_once, max_size=at_once) as pool:

            @app.task(name="offer")
            async def offer(place: int) -> None:
                if writing is not None:
                    await writing.in_a_task(pool, place)
                else:
                    hand_over(f"o{place}")

            await app.schema_manager.apply_schema_async()
            await offer.batch_defer_async(*({"place": place} for place in range(many)))
            with timed(taken := Taken(), url):
                await app.run_worker_async(wait=False, concurrency=at_once, install_signal_handlers=False)
            return taken

    taken = asyncio.run(run())
    assert len(set(SENT)) == len(SENT) == many, len(SENT)
    return taken
