"""Keeps what a plan changes as it is written, so that the import can be undone (``undo_import``).

Rules
* What stood of a family before is kept compressed, and sealed beside the batch once all is through.
* Of an older batch nothing is kept any more, unless this one changed nothing.
"""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.domain.packed import Part
from outreach.store.batches import BatchRow, drop_parts, keep_parts
from outreach.store.sealing import SERVICE, seal


class Undoing:
    """What a plan changes, as it is written: kept compressed, then sealed beside its batch when it is through."""

    def __init__(self, session: Session, row: BatchRow) -> None:
        self._session, self._row = session, row
        self._families: list[Part] = []
        self._dates: dict[str, list[str]] = defaultdict(list)

    def keep(self, families: Sequence[dict[str, Any]]) -> None:
        """Families as they stood before (``keep_family``)."""
        if families:
            self._families.append(Part("undo", len(families), zlib.compress(json.dumps(families).encode(), 1)))

    def keep_dates(self, families: Mapping[str, Sequence[str]]) -> None:
        """Unchanged families, by the date of knowledge they had."""
        for day, ids in families.items():
            self._dates[day] += ids

    def close(self, *, new: int) -> None:
        """Nothing of an older batch is kept, unless this one changed nothing. ``new``: how many families it made."""
        if not (new or self._families or any(self._dates.values())):
            return
        session, row = self._session, self._row
        older = list(session.scalars(select(BatchRow.id).where(BatchRow.undo.is_not(None))))
        session.execute(update(BatchRow).where(BatchRow.id.in_(older)).values(undo=None))
        drop_parts(session, older)
        keep_parts(session, row.id, self._families)
        row.undo = seal(session, json.dumps(self._dates), key_id=SERVICE, table="batch", column="undo", row_id=row.id)
