"""Trials of a cadence before it is saved: the job as a row, what it found by day, and family by family in pages."""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.store.base import Base, Id

PAGE = 50
"""How many families are shown at a time."""


class TrialRow(Base):
    """``proposal`` is what would be saved; nothing of it is in force.

    ``state``: ``waiting`` (for a worker), ``working``, ``ready``, ``to_save`` (a worker is to save it), ``saved``,
    ``dropped``. ``digest`` is of what was shown; saving works it out again and saves only where it is the same.
    """

    __tablename__ = "trial"
    __table_args__ = (Index("ix_trial_state", "state", "made_at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    state: Mapped[str] = mapped_column(String(8))
    proposal: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_by: Mapped[str] = mapped_column(Id)
    made_at: Mapped[datetime]
    why: Mapped[str | None] = mapped_column(String(200))
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    lease_until: Mapped[datetime | None]
    digest: Mapped[str | None] = mapped_column(String(64))
    worked_at: Mapped[datetime | None]
    days: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """By day: calls and texts as it is, calls and texts by the new one."""
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    shown_again: Mapped[bool] = mapped_column(default=False)
    """Something changed between the showing and the saving, so it was worked out anew and not saved."""
    saved_number: Mapped[int | None] = mapped_column(Integer)


class TrialPageRow(Base):
    """So many differences, in the order of the families' ids: ids and codes, packed."""

    __tablename__ = "trial_page"

    trial_id: Mapped[str] = mapped_column(ForeignKey("trial.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


def pack(lines: list[str]) -> bytes:
    return zlib.compress("\n".join(lines).encode(), 1)


def page_of(session: Session, trial_id: str, number: int) -> list[str]:
    row = session.get(TrialPageRow, (trial_id, number))
    return [] if row is None else zlib.decompress(row.content).decode().split("\n")


def forget_pages(session: Session, trial_id: str) -> None:
    session.execute(delete(TrialPageRow).where(TrialPageRow.trial_id == trial_id))


def next_to_work(session: Session) -> TrialRow | None:
    """The trial that waits longest for a worker, or whose worker died; locked where the database can."""
    query = select(TrialRow).where(TrialRow.state.in_(("waiting", "working", "to_save"))).order_by(TrialRow.made_at)
    return session.scalars(query.with_for_update(skip_locked=True).limit(1)).first()
