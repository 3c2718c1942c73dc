"""Hands texts over to the network: row first, commit, call out with no transaction open, record.

Rules
* A handful of texts is claimed in one short transaction (``claim_texts``), handed over by a few threads at once, and
  what came of them is written down in one transaction (``record_texts``), while others are on their way.
* So many are in flight as the account allows, and three times as many are claimed ahead, so that the line never waits
  for the database, and not more than the sender's rate allows in a second: that is how many a death leaves behind as
  *unknown*.
* What goes to one number goes one after the other.
* Nothing is handed over after its lease: who slept so long (a machine that was put to sleep) asks the gate again.
* A turn ends when nothing is due, or after a while: whoever calls goes on with what else is to be done.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta

import structlog

from outreach.domain.delivery import Handover, Refused, Remedy, Unknown
from outreach.engine.claim_texts import Claimed, anything_due, claim
from outreach.engine.record_texts import record
from outreach.runtime import Runtime, real_time

log = structlog.get_logger()
MOST = 2000
AHEAD, LEAST_AHEAD = 3, 8
LONGEST_TURN = timedelta(seconds=10)
GATHER = 0.005
"""Seconds."""


def dispatch(runtime: Runtime) -> int:
    """Send what waits and may go now; returns how many texts were handed over or tried."""
    if runtime.settings.mode == "off" or not anything_due(runtime):
        return 0
    in_flight = runtime.settings.sends_in_flight
    ahead = max(in_flight * AHEAD, LEAST_AHEAD) if in_flight > 1 else 0
    until, tried = real_time(runtime) + LONGEST_TURN, 0
    flying: dict[Future[Handover], Claimed] = {}
    pool = ThreadPoolExecutor(in_flight, thread_name_prefix="line")
    try:
        while True:
            looked_at, room = 0, in_flight + ahead - len(flying)
            if room > ahead // 2 and tried < MOST and real_time(runtime) < until:
                claims = claim(runtime, most=room, busy={each.number_id for each in flying.values()})
                flying |= {pool.submit(_hand_over, runtime, each): each for each in claims.texts}
                looked_at = claims.looked_at
            if flying:
                wait(flying, return_when=FIRST_COMPLETED)
                done, _ = wait(flying, timeout=GATHER)  # those that come with it are written down with it
                record(runtime, [(flying.pop(each), each.result()) for each in done])
                tried += len(done)
            elif not looked_at:
                return tried
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _hand_over(runtime: Runtime, claimed: Claimed) -> Handover:
    if real_time(runtime) >= claimed.lease_until:
        return Refused(None, Remedy.TRANSIENT, retry_after=0.0)
    try:
        return runtime.phone.send_text(
            to=claimed.to,
            body=claimed.body,
            reference=claimed.text_id,
            valid_for_seconds=claimed.valid_for_seconds,
        )
    except Exception as fault:  # the line never raises for what a network does; if it does, the text may be out
        log.error("line_failed", id=claimed.text_id, fault=type(fault).__name__, exc_info=runtime.settings.demo)
        return Unknown(type(fault).__name__)
