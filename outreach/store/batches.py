"""Batches: one import of one file, from the plan that waits to what was committed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, LargeBinary, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.domain.import_plan import Seen
from outreach.store.base import Base, Id


class BatchRow(Base):
    """``plan`` is sealed under the service's key while it waits (at most 24 hours), and gone afterwards.

    ``state``: ``planned``, ``committed``, ``cancelled`` or ``expired``.
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


def seen_before(session: Session, file_digest: str) -> Seen:
    """Whether a file of these bytes was committed, and whether it was the last one."""
    committed = select(BatchRow.file_digest).where(BatchRow.state == "committed").order_by(
        BatchRow.committed_at.desc(), BatchRow.id.desc()
    )  # fmt: skip
    if session.scalars(committed.limit(1)).first() == file_digest:
        return Seen.LAST
    again = session.scalars(committed.where(BatchRow.file_digest == file_digest).limit(1)).first()
    return Seen.NEVER if again is None else Seen.EARLIER


def lock_imports(session: Session) -> None:
    """One commit of a plan at a time. SQLite's ``BEGIN IMMEDIATE`` has seen to it already."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_IMPORTS)))


_IMPORTS = 20_260_105
