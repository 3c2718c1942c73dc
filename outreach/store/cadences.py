"""Cadences, their versions, and who is enrolled in which."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, Integer, String, UniqueConstraint, bindparam, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.domain.cadence import Cadence, read_cadence
from outreach.store.base import Base, Id


class CadenceRow(Base):
    __tablename__ = "cadence"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    current_version_id: Mapped[str | None] = mapped_column(Id)


class CadenceVersionRow(Base):
    """A version is never changed; an edit makes the next one."""

    __tablename__ = "cadence_version"
    __table_args__ = (UniqueConstraint("cadence_id", "number"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    cadence_id: Mapped[str] = mapped_column(ForeignKey("cadence.id"))
    number: Mapped[int] = mapped_column(Integer)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_by: Mapped[str] = mapped_column(Id)
    made_at: Mapped[datetime]
    why: Mapped[str | None] = mapped_column(String(200))


class EnrolmentRow(Base):
    """A family in one version of a cadence, for one imprisonment."""

    __tablename__ = "enrolment"
    __table_args__ = (
        Index(
            "uq_enrolment_live",
            "family_id",
            unique=True,
            sqlite_where=text("state <> 'ended'"),
            postgresql_where=text("state <> 'ended'"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"))
    cadence_version_id: Mapped[str] = mapped_column(ForeignKey("cadence_version.id"), index=True)
    anchor_on: Mapped[date] = mapped_column(Date)
    """Steps count from here: the imprisonment, or the day of import for a late-found family offered now."""
    imprisoned_on: Mapped[date] = mapped_column(Date)
    late: Mapped[str | None] = mapped_column(String(6))
    """``now`` or ``next`` where the family was found late."""
    state: Mapped[str] = mapped_column(String(8))
    """``active``, ``rested`` (nothing planned, but not over) or ``ended``."""
    state_why: Mapped[str | None] = mapped_column(String(30))
    rest_until: Mapped[date | None] = mapped_column(Date)
    next_step: Mapped[int] = mapped_column(Integer, default=0)
    """Index of the next step to plan; equal to the number of steps when none is left."""
    asked_rounds: Mapped[int] = mapped_column(Integer, default=0)
    """How many contacts the family asked for have been planned; the ``round`` of the last one."""
    noes: Mapped[int] = mapped_column(Integer, default=0)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def version(session: Session, version_id: str) -> Cadence:
    row = session.get_one(CadenceVersionRow, version_id)
    return read_cadence(row.body)


_LIVE = select(EnrolmentRow).where(EnrolmentRow.family_id == bindparam("family_id"), EnrolmentRow.state != "ended")


def live_enrolment(session: Session, family_id: str) -> EnrolmentRow | None:
    return session.scalars(_LIVE, {"family_id": family_id}).one_or_none()
