"""Remembers what a person said that the column names of a file mean: in the transaction that commits its plan."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from outreach.domain.column_map import signature
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.column_maps import ColumnMapRow, answer_of


def remember_columns(session: Session, runtime: Runtime, batch_id: str, *, by: str, now: datetime) -> None:
    """Keep the answer that waits with a plan, where one does, for every later file with the same names."""
    answer = answer_of(session, batch_id)
    if answer is None:
        return
    key = signature(answer.names)
    row = session.get(ColumnMapRow, key) or ColumnMapRow(signature=key)
    row.meanings, row.made_by, row.made_at = dict(answer.meanings), by, now
    session.add(row)
    events.note(
        session, "columns_explained", id=runtime.new_id(), at=now, actor_id=by, subjects=[batch_id],
        data={"signature": key, "columns": sorted({column for column in answer.meanings.values() if column})},
    )  # fmt: skip
