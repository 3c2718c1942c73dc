"""Every table in one place, for migrations and for tests that look at all of them."""

from __future__ import annotations

from outreach.store import (
    alerts,
    areas,
    batches,
    cadences,
    consents,
    conversations,
    events,
    families,
    holds,
    notices,
    numbers,
    offers,
    referrals,
    sealing,
    staff,
    texts,
    workers,
)
from outreach.store.base import Base

HOMES = (
    alerts, areas, batches, cadences, consents, conversations, events, families, holds, notices, numbers, offers,
    referrals, sealing, staff, texts, workers,
)  # fmt: skip
METADATA = Base.metadata
APPEND_ONLY = ("consent", "event", "event_link", "receipt")
"""Tables whose rows are never changed and never deleted; triggers see to it."""
