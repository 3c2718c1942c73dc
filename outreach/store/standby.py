"""Warm handover: when a partner's workers stand by to be joined to a call, and each time one was asked."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import Date, ForeignKey, Integer, String, Time, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.domain.rota import Shift
from outreach.store.base import Base, Id


class StandbyRow(Base):
    """A worker of a partner stands by each ``weekday`` (0 is Monday) from ``starts`` to ``ends``, London time."""

    __tablename__ = "standby"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    weekday: Mapped[int] = mapped_column(Integer)
    starts: Mapped[time] = mapped_column(Time)
    ends: Mapped[time] = mapped_column(Time)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)


class HandoverRow(Base):
    """A worker of the partner was asked into a call. The id is what the network is given as reference.

    ``state``: ``asked``, ``joined``, ``not_reached`` or ``withheld`` (the consent was gone when they answered).
    """

    __tablename__ = "handover"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"), index=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"), index=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    state: Mapped[str] = mapped_column(String(12), default="asked")
    provider_sid: Mapped[str | None] = mapped_column(String(40))
    asked_by: Mapped[str] = mapped_column(Id)
    asked_at: Mapped[datetime]
    joined_at: Mapped[datetime | None]


def standby_of(session: Session, organisation_id: str) -> list[StandbyRow]:
    query = select(StandbyRow).where(StandbyRow.organisation_id == organisation_id)
    return list(session.scalars(query.order_by(StandbyRow.weekday, StandbyRow.starts, StandbyRow.id)))


def stands_by(session: Session, organisation_id: str) -> list[Shift]:
    """The same as the duty rota knows them."""
    return [
        Shift(
            staff_id=row.staff_id, weekday=row.weekday, starts=row.starts, ends=row.ends, valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
        for row in standby_of(session, organisation_id)
    ]  # fmt: skip


def handovers_of(session: Session, conversation_id: str) -> list[HandoverRow]:
    query = select(HandoverRow).where(HandoverRow.conversation_id == conversation_id)
    return list(session.scalars(query.order_by(HandoverRow.asked_at, HandoverRow.id)))
