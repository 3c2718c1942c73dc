"""The scheduler's work, once: what ``outreach worker`` does every few seconds and ``outreach tick`` does by hand.

Rules
* Each part is on its own: one that fails is written down, by name, and the others go on.
* The order is by urgency: alerts first, then what is due, then sending, then what was missed, then tidying. In a
  worker they run beside one another (``jobs``): an alert never waits for a morning's offers.
* Nothing here is true only here: what is due stands in the database.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from outreach.engine import (
    alerts,
    assign,
    deal_calls,
    dispatch,
    follow_conversations,
    import_families,
    import_jobs,
    map_columns,
    nightly_proof,
    notices,
    receive,
    run_cadences,
    send_digests,
    settle_texts,
    try_cadence,
)
from outreach.engine.link_events import link_events
from outreach.engine.parked_calls import watch_parked
from outreach.runtime import Runtime

log = structlog.get_logger()

Parts = dict[str, Callable[[Runtime], int]]

ALERTS: Parts = {"alerts": alerts.watch_alerts}
DUE: Parts = {
    "leases": settle_texts.expire_leases,
    "unknown": settle_texts.settle_unknown,
    "cadences": run_cadences.run_cadences,
}
SENDING: Parts = {"texts": dispatch.dispatch}
URGENT: Parts = ALERTS | DUE | SENDING
TIDYING: Parts = {
    "missed": receive.poll_missed,
    "conversations": follow_conversations.follow_up,
    "notices": notices.chase_notices,
    "plans": import_families.expire_plans,
    "files": map_columns.expire_files,
    "jobs": import_jobs.forget_jobs,
    "given_back": assign.give_back,
    "lists": deal_calls.deal_new,
    "digests": send_digests.send_digests,
    "parked": watch_parked,
    "events": link_events,
}

SLOW: Parts = {"trials": try_cadence.work_trials, "proof": nightly_proof.prove_tonight}
"""What may take half a minute: in a worker it has a thread of its own, so that nothing waits for it."""


def tick(runtime: Runtime) -> dict[str, int]:
    """Do everything once; returns what each part counted (-1: it failed)."""
    return run_parts(runtime, URGENT | TIDYING | SLOW)


def run_parts(runtime: Runtime, parts: Parts) -> dict[str, int]:
    counted: dict[str, int] = {}
    for name, part in parts.items():
        try:
            counted[name] = part(runtime)
        except Exception as fault:
            log.error("tick_failed", part=name, fault=type(fault).__name__, exc_info=runtime.settings.demo)
            counted[name] = -1
    return counted
