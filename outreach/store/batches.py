"""Batches: one import of one file, from the plan that waits to what was committed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

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
