"""Pairs of references that may be one family: found by an import, decided by a person, once and for good."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.store.base import Base, Id


class DuplicateRow(Base):
    """Two references in the order of the alphabet, so that a pair stands here once, whichever file finds it.

    ``decided``: ``same`` (merged), ``different`` (never asked again), or nobody has yet.
    """

    __tablename__ = "duplicate"
    __table_args__ = (Index("ix_duplicate_other_ref", "other_ref"),)

    ref: Mapped[str] = mapped_column(String(120), primary_key=True)
    other_ref: Mapped[str] = mapped_column(String(120), primary_key=True)
    found_at: Mapped[datetime]
    decided: Mapped[str | None] = mapped_column(String(10))
    decided_by: Mapped[str | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None]


def pair_of(ref: str, other: str) -> tuple[str, str]:
    return (ref, other) if ref < other else (other, ref)


def pairs_with(session: Session, ref: str) -> list[DuplicateRow]:
    """Every pair that a reference stands in, decided or not."""
    query = select(DuplicateRow).where(or_(DuplicateRow.ref == ref, DuplicateRow.other_ref == ref))
    return list(session.scalars(query.order_by(DuplicateRow.ref, DuplicateRow.other_ref)))


def not_duplicates(session: Session) -> frozenset[tuple[str, str]]:
    """The pairs that a person said are two families."""
    query = select(DuplicateRow.ref, DuplicateRow.other_ref).where(DuplicateRow.decided == "different")
    return frozenset((ref, other) for ref, other in session.execute(query))
