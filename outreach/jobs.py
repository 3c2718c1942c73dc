"""The heartbeat of the house: APScheduler with a few fixed intervals that call engine functions. It holds no truth.

Rules
* Memory job store, UTC intervals, no misfire limit, coalesced, one instance of each: a late tick runs once.
* Any number of workers may run: what is due is a row, claimed in the database.
* Alerts, what is due, and sending run beside one another: none waits for the others.
* A part that overruns or fails is written down; the next tick does its work.
"""

from __future__ import annotations

from datetime import UTC

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from outreach.engine.beat import beat
from outreach.engine.tick import ALERTS, DUE, SENDING, SLOW, TIDYING, run_parts
from outreach.runtime import Runtime

log = structlog.get_logger()
EVERY_SECONDS = {"due": 5, "sending": 1, "tidying": 30, "slow": 3, "beat": 20}


def scheduler(runtime: Runtime, *, worker: str, due_seconds: float = EVERY_SECONDS["due"]) -> BackgroundScheduler:
    """A scheduler for ``runtime``, not started. ``worker`` names this process in the heartbeat."""
    made = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(6)},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    for name, parts, seconds in (
        ("alerts", ALERTS, due_seconds), ("due", DUE, due_seconds), ("sending", SENDING, EVERY_SECONDS["sending"]),
    ):  # fmt: skip
        made.add_job(run_parts, "interval", args=(runtime, parts), seconds=seconds, id=name)
    made.add_job(lambda: run_parts(runtime, TIDYING), "interval", seconds=EVERY_SECONDS["tidying"], id="tidying")
    made.add_job(lambda: run_parts(runtime, SLOW), "interval", seconds=EVERY_SECONDS["slow"], id="slow")
    made.add_job(lambda: beat(runtime, worker), "interval", seconds=EVERY_SECONDS["beat"], id="beat")
    made.add_listener(_heard, EVENT_JOB_ERROR | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_MISSED)
    return made


def _heard(event: JobEvent) -> None:
    fault = getattr(event, "exception", None)
    log.warning("job_not_done", job=event.job_id, code=event.code, fault=type(fault).__name__ if fault else None)
