"""What a command may use: settings, the clock, ids, the database, the phone line, mail, the library.

The four ports a test may put a fake behind are ``now``, ``new_id``, ``phone`` and ``mail``. Ask ``now`` once per
command and pass it down.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

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


def time_ordered_id() -> str:
    """A UUID of version 7 (RFC 9562) as text: later ids sort after earlier ones."""
    milliseconds = time.time_ns() // 1_000_000
    noise = int.from_bytes(os.urandom(10))
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | (noise >> 68 & 0xFFF) << 64
    return str(UUID(int=value | 0b10 << 62 | noise & (1 << 62) - 1))
