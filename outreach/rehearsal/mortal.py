"""Deaths at named points: what a worker does when the machine stops in the middle of sending.

* ``before_send``: the claim is committed, the network was not asked.
* ``after_send``: the network was asked and answered, nobody wrote it down.
* ``after_record``: what came of it is written down, the rest of the turn is not done.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from sqlalchemy.orm import Session

from outreach.domain.delivery import Handover
from outreach.gateway.twilio import TwilioLine
from outreach.store.base import Sessions


class Point(StrEnum):
    BEFORE_SEND = "before_send"
    AFTER_SEND = "after_send"
    AFTER_RECORD = "after_record"


class Killed(BaseException):
    """The worker is no more. Nothing that it would have caught catches this."""


class Fate:
    """Whether, and where, one worker dies next, in whichever of its threads; ``deaths`` counts those of them all."""

    def __init__(self, deaths: dict[Point, int]) -> None:
        self._deaths, self._turning = deaths, threading.Lock()
        self._point: Point | None = None
        self._sent = False

    def arm(self, point: Point | None) -> None:
        with self._turning:
            self._point, self._sent = point, False

    def reached(self, point: Point) -> None:
        with self._turning:
            if self._point is not point:
                return
            self._point = None
            self._deaths[point] += 1
        raise Killed(point)

    def sent(self) -> None:
        self._sent = True

    def committed(self) -> None:
        if self._sent:
            self._sent = False
            self.reached(Point.AFTER_RECORD)


class MortalLine(TwilioLine):
    """The real line, in the hands of a worker that may die."""

    fate: Fate

    def send_text(self, *, to: str, body: str, reference: str, valid_for_seconds: int) -> Handover:
        self.fate.reached(Point.BEFORE_SEND)
        answer = super().send_text(to=to, body=body, reference=reference, valid_for_seconds=valid_for_seconds)
        self.fate.reached(Point.AFTER_SEND)
        self.fate.sent()
        return answer


class MortalSessions(Sessions):
    """The real sessions; a death may follow the commit that records a text."""

    fate: Fate

    @contextmanager
    def begin(self) -> Iterator[Session]:
        with super().begin() as session:
            yield session
        self.fate.committed()
