"""Every table in one place, for migrations and for tests that look at all of them."""

from __future__ import annotations

from outreach.store import (
    alerts,
    areas,
    asides,
    batches,
    cadences,
    conflicts,
    consents,
    conversations,
    events,
    families,
    hiding,
    holds,
    notices,
    numbers,
    offers,
    practised,
    referrals,
    sealing,
    staff,
    standby,
    texts,
    workers,
)
from outreach.store.base import Base

HOMES = (
    alerts, areas, asides, batches, cadences, conflicts, consents, conversations, events, families, hiding, holds,
    notices, numbers, offers, practised, referrals, sealing, staff, standby, texts, workers,
)  # fmt: skip
METADATA = Base.metadata
APPEND_ONLY = ("consent", "event", "event_link", "receipt")
"""Tables whose rows are never changed and never deleted; triggers see to it."""
