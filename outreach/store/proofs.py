"""What the nightly proof found: one row a night, and one for each promise that did not hold."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, Boolean, Date, ForeignKey, Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.store.base import Base, Id


class ProofRow(Base):
    """``finished_at`` is empty while it is being worked out; who began it holds the night (unique)."""

    __tablename__ = "proof"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    night: Mapped[date] = mapped_column(Date, unique=True)
    """The day, in London, whose small hours it was asked in."""
    began_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    rules: Mapped[int] = mapped_column(Integer, default=0)
    clean: Mapped[bool | None] = mapped_column(Boolean)


class FindingRow(Base):
    """A promise that did not hold. ``examples``: the ids of the first that break it, never names."""

    __tablename__ = "finding"

    proof_id: Mapped[str] = mapped_column(ForeignKey("proof.id"), primary_key=True)
    rule: Mapped[str] = mapped_column(String(60), primary_key=True)
    says: Mapped[str] = mapped_column(String(300))
    broken: Mapped[int] = mapped_column(Integer)
    examples: Mapped[list[str]] = mapped_column(JSON, default=list)


def last_proof(session: Session) -> ProofRow | None:
    query = select(ProofRow).where(ProofRow.finished_at.is_not(None))
    return session.scalars(query.order_by(ProofRow.night.desc()).limit(1)).first()


def findings_of(session: Session, proof_id: str) -> list[FindingRow]:
    query = select(FindingRow).where(FindingRow.proof_id == proof_id).order_by(FindingRow.rule)
    return list(session.scalars(query))
