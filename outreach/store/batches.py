"""Batches: one import of one file, from the plan that waits to what was committed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, LargeBinary, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.domain.import_plan import Seen
from outreach.domain.import_undo import in_the_way
from outreach.store.base import Base, Id
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow


class BatchRow(Base):
    """``plan`` is sealed under the service's key while it waits (at most 24 hours), and gone afterwards.

    ``undo`` is what it changed, sealed likewise: until another file comes, or for seven days.
    ``state``: ``planned``, ``committed``, ``cancelled``, ``expired`` or ``undone``.
    """

    __tablename__ = "batch"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    file_name: Mapped[str] = mapped_column(String(200))
    file_digest: Mapped[str] = mapped_column(String(64), index=True)
    known_digest: Mapped[str] = mapped_column(String(64))
    plan: Mapped[bytes | None] = mapped_column(LargeBinary)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    late: Mapped[str | None] = mapped_column(String(6))
    made_by: Mapped[str] = mapped_column(Id)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    committed_at: Mapped[datetime | None]
    undo: Mapped[bytes | None] = mapped_column(LargeBinary)
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(Id)


def seen_before(session: Session, file_digest: str) -> Seen:
    """Whether a file of these bytes was committed, and whether it was the last one."""
    committed = select(BatchRow.file_digest).where(BatchRow.state == "committed").order_by(
        BatchRow.committed_at.desc(), BatchRow.id.desc()
    )  # fmt: skip
    if session.scalars(committed.limit(1)).first() == file_digest:
        return Seen.LAST
    again = session.scalars(committed.where(BatchRow.file_digest == file_digest).limit(1)).first()
    return Seen.NEVER if again is None else Seen.EARLIER


def last_committed(session: Session) -> str | None:
    """The id of the import that was committed last."""
    committed = select(BatchRow.id).where(BatchRow.state == "committed")
    return session.scalars(committed.order_by(BatchRow.committed_at.desc(), BatchRow.id.desc()).limit(1)).first()


def in_the_way_of_undo(session: Session, batch: BatchRow) -> int:
    """To how many families of a committed batch something happened since that cannot be taken back."""
    query = (
        select(EventRow.family_id, EventRow.name, EventRow.actor_id)
        .join(FamilyRow, FamilyRow.id == EventRow.family_id)
        .where(FamilyRow.last_batch_id == batch.id, EventRow.at >= batch.committed_at)
        .distinct()
    )
    return len({family_id for family_id, name, actor_id in session.execute(query) if in_the_way(name, actor_id)})


def lock_imports(session: Session) -> None:
    """One commit of a plan at a time. SQLite's ``BEGIN IMMEDIATE`` has seen to it already."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_IMPORTS)))


_IMPORTS = 20_260_105
