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
from itertools import accumulate, chain, repeat

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
        return _as_uuid(number)

    def many(self, count: int) -> list[str]:
        """So many at once, at a third of the cost for each."""
        fresh = self._milliseconds() << 74 | int.from_bytes(os.urandom(9))
        steps = [step | 1 for step in memoryview(os.urandom(4 * count)).cast("I")]
        with self._lock:
            first = max(fresh, self._last)
            self._last = first + sum(steps)
            if first >> 62 != self._last >> 62:
                return [*map(_as_uuid, accumulate(steps, initial=first))][1:]
        # They differ in their ends only.
        begins = _as_uuid(first)[:19]
        ends = [f"{end:016x}" for end in accumulate(steps, initial=first & _END | _VARIANT)]
        return [f"{begins}{end[:4]}-{end[4:]}" for end in ends[1:]]


_END, _VARIANT = (1 << 62) - 1, 1 << 63


def _as_uuid(number: int) -> str:
    """48 bits of time, 12 more, and 62 more; the version and the variant come in between."""
    head, tail = number >> 62, number & _END | _VARIANT
    return (
        f"{head >> 28:08x}-{head >> 12 & 0xFFFF:04x}-7{head & 0xFFF:03x}-{tail >> 48:04x}-{tail & 0xFFFFFFFFFFFF:012x}"
    )


time_ordered_id = TimeOrderedIds(lambda: time.time_ns() // 1_000_000)


def ids_by(clock: Callable[[], datetime]) -> TimeOrderedIds:
    """Ids by the clock that several machines share: one that is made later sorts after, whichever machine made it."""
    return TimeOrderedIds(lambda: int(clock().timestamp() * 1000))


def in_batches(new_id: Callable[[], str], at_once: int = 500) -> Callable[[], str]:
    """The same ids for who needs very many: where ``new_id`` makes many at once, they are made so, and in its order."""
    many: Callable[[int], list[str]] | None = getattr(new_id, "many", None)
    if many is None:
        return new_id
    return chain.from_iterable(map(many, repeat(at_once))).__next__
