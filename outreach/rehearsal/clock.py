"""The rehearsal's clock: it stands still until it is turned on, and never goes back. Leases run on it too."""

from __future__ import annotations

from datetime import UTC, datetime


class TurnedClock:
    def __init__(self, begins: datetime) -> None:
        self._moment = begins.astimezone(UTC)

    def __call__(self) -> datetime:
        return self._moment

    def turn_to(self, moment: datetime) -> None:
        self._moment = max(self._moment, moment.astimezone(UTC))
