"""Undoing an import: what happened to a family since that does not stand in the way.

Rules
* What the import itself did, what the cadence only planned, and that somebody looked, can be taken back.
* Anything else that happened to a family of the import (a text, a call, a reply, a consent, a decision of a person, a
  notice approved) stays, and so does the import. What is not named here is in the way.
"""

from __future__ import annotations

from datetime import timedelta

UNDO_LASTS = timedelta(days=7)

_HARMLESS = frozenset(
    {
        "enrolment_ended", "enrolment_resumed", "family_changed", "family_enrolled", "family_given_back",
        "family_imported", "family_no_longer_listed", "family_released", "notice_drafted", "offer_ended", "page_seen",
        "task_opened",
    }
)  # fmt: skip
_HARMLESS_BY_IMPORT = frozenset({"consent_recorded", "hold_lifted", "hold_set", "referral_held"})
IMPORT = "import"


def in_the_way(event: str, actor_id: str) -> bool:
    return event not in _HARMLESS and not (event in _HARMLESS_BY_IMPORT and actor_id == IMPORT)
