"""What a command may use: settings, the clock, ids, the database, the phone line, mail, the library.

The four ports a test may put a fake behind are ``now``, ``new_id``, ``phone`` and ``mail``. Ask ``now`` once per
command and pass it down.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from outreach.gateway.line import PhoneLine
from outreach.gateway.mail import MailLine
from outreach.library.contents import Library
from outreach.settings import Settings
from outreach.store.base import Sessions


@dataclass(frozen=True, slots=True)
class Runtime:
    settings: Settings
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    sessions: Sessions
    phone: PhoneLine
    mail: MailLine
    library: Library


def host_time() -> datetime:
    """Real time of this machine: leases, heartbeats, sign-in; and ``now`` outside the demo."""
    return datetime.now(UTC)


def real_time(runtime: Runtime) -> datetime:
    """Real time, where ``now`` may be the demo's (its clock says ``real``): sign-in, leases, heartbeats."""
    real: Callable[[], datetime] = getattr(runtime.now, "real", runtime.now)
    return real()


class TimeOrderedIds:
    """UUIDs of version 7 (RFC 9562) as text. Within one process each sorts after the one before, also within a
    millisecond: what one command writes down at one moment keeps its order (the consent ledger rests on it)."""

    def __init__(self, milliseconds: Callable[[], int]) -> None:
        self._milliseconds = milliseconds
        self._last = 0
        self._lock = threading.Lock()

    def __call__(self) -> str:
        chance = int.from_bytes(os.urandom(13))
        fresh = self._milliseconds() << 74 | chance >> 32
        with self._lock:
            step = 1 + (chance & 0xFFFFFFFF)  # so that the next id cannot be guessed from the last
            self._last = number = max(fresh, self._last + step)
        head, middle, tail = number >> 74 & (1 << 48) - 1, number >> 62 & 0xFFF, number & (1 << 62) - 1
        text = f"{head << 80 | 0x7 << 76 | middle << 64 | 0b10 << 62 | tail:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


time_ordered_id = TimeOrderedIds(lambda: time.time_ns() // 1_000_000)
