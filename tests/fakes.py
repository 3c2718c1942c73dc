"""Fakes of the four ports: the clock, the ids, the phone line (mail has the house's own ``CatchMail``)."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from outreach.domain.delivery import Accepted, Handover
from outreach.gateway.closed import ClosedLine


@dataclass
class Clock:
    """Stands still until it is moved. It begins on a Tuesday at ten in London: a kind hour."""

    moment: datetime = datetime(2026, 1, 13, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> datetime:
        self.moment += timedelta(**by)
        return self.moment


@dataclass
class Ids:
    """Counted ids, in order, as long as real ones."""

    count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> str:
        with self._lock:  # the console's threads ask at once
            self.count += 1
            return f"00000000-0000-7000-8000-{self.count:012d}"


@dataclass
class FakeLine(ClosedLine):
    """Takes every text and call, and remembers; ``answers`` are given first, in order, instead of *accepted*."""

    texts: list[dict[str, object]] = field(default_factory=list)
    dials: list[dict[str, str]] = field(default_factory=list)
    answers: deque[Handover] = field(default_factory=deque)
    taken: int = 0

    @property
    def number(self) -> str:
        return "+447700900999"

    def send_text(self, *, to: str, body: str, reference: str, valid_for_seconds: int) -> Handover:  # type: ignore[override]
        self.texts.append({"to": to, "body": body, "reference": reference, "valid_for_seconds": valid_for_seconds})
        self.taken += 1
        return self.answers.popleft() if self.answers else Accepted(f"SM{self.taken:032d}")

    def dial(self, *, first: str, reference: str) -> Handover:  # type: ignore[override]
        self.dials.append({"first": first, "reference": reference})
        return self.answers.popleft() if self.answers else Accepted(f"CA{len(self.dials):032d}")
