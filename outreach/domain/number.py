"""A phone number as the rules see it: what kind, how safe, how much a text on it may say.

Rules
* A number begins ``unverified``. Spoken to on it in person, it is ``verified``, at the level she agreed to.
* Verified levels count for 90 days; then the number still counts as verified, at level 0 (rule 1, rule 2).
* ``compromised`` (somebody else was on it): no automatic text, redial or voicemail until a person decides.
* ``lost``: a stranger's. It is taken off for good.
* A message is left on a machine only where she agreed to one on a call, and never for a family in careful contact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from outreach.domain.wording import Level

LEVEL_LASTS = timedelta(days=90)
_MESSAGE_AGREED = frozenset({"neutral", "ok"})


class NumberStanding(StrEnum):
    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    COMPROMISED = "compromised"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    id: str
    kind: str
    standing: NumberStanding
    agreed: Level = Level.L0
    verified_at: datetime | None = None
    texts_stopped: bool = False
    calls_stopped: bool = False
    stop_confirmed: bool = False
    is_parents: bool = False
    families: int = 1
    voicemail: str = "unknown"

    def level(self, now: datetime) -> Level:
        """What a text may say at ``now``: the agreed level while it is fresh, else L0."""
        fresh = self.verified_at is not None and now - self.verified_at < LEVEL_LASTS
        return self.agreed if fresh and self.standing is NumberStanding.VERIFIED else Level.L0


def takes_message(standing: str, voicemail: str, *, careful: bool) -> bool:
    """May a short, neutral voicemail be left? ``careful``: a hold of careful contact is in force."""
    return standing == NumberStanding.VERIFIED and voicemail in _MESSAGE_AGREED and not careful
