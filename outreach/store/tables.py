"""Every table in one place, for migrations and for tests that look at all of them."""

from __future__ import annotations

from outreach.store import (
    alerts,
    areas,
    asides,
    batches,
    cadences,
    column_maps,
    conflicts,
    consents,
    conversations,
    digests,
    duplicates,
    events,
    exceptions,
    families,
    hiding,
    holds,
    import_jobs,
    notices,
    numbers,
    offers,
    practised,
    proofs,
    referrals,
    sealing,
    staff,
    standby,
    texts,
    trials,
    workers,
)
from outreach.store.base import Base

HOMES = (
    alerts, areas, asides, batches, cadences, column_maps, conflicts, consents, conversations, digests,
    duplicates, events, exceptions, families, hiding, holds, import_jobs, notices, numbers, offers, practised,
    proofs, referrals, sealing, staff, standby, texts, trials, workers,
)  # fmt: skip
METADATA = Base.metadata
APPEND_ONLY = ("consent", "event", "event_link", "receipt")
"""Tables whose rows are never changed and never deleted; triggers see to it."""
