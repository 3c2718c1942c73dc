"""A family's own exceptions from its cadence: their day, their channel, no contact before a day."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.domain.cadence import AS_THE_CADENCE_SAYS, Own
from outreach.domain.quiet_hours import london
from outreach.store.base import Base, Id

KINDS = ("date", "channel", "pause")


class ExceptionRow(Base):
    """``kind``: ``date`` (the next contact is on ``day``, once), ``channel`` (every contact is by ``channel``),
    ``pause`` (none before ``day``). One of a kind stands at a time. ``why`` is sealed under the family's key.
    """

    __tablename__ = "family_exception"
    __table_args__ = (
        Index(
            "uq_family_exception_standing",
            "family_id",
            "kind",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"))
    kind: Mapped[str] = mapped_column(String(8))
    day: Mapped[date | None] = mapped_column(Date)
    channel: Mapped[str | None] = mapped_column(String(6))
    why: Mapped[bytes | None] = mapped_column(LargeBinary)
    set_by: Mapped[str] = mapped_column(Id)
    set_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(Id)
    ended_at: Mapped[datetime | None]


def standing_exceptions(session: Session, family_id: str) -> list[ExceptionRow]:
    query = select(ExceptionRow).where(ExceptionRow.family_id == family_id, ExceptionRow.ended_at.is_(None))
    return list(session.scalars(query.order_by(ExceptionRow.kind)))


def own_of(session: Session, family_id: str) -> Own:
    """What the family asked for itself, as the cadence knows it."""
    rows = {row.kind: row for row in standing_exceptions(session, family_id)}
    if not rows:
        return AS_THE_CADENCE_SAYS
    return Own(
        on=rows["date"].day if "date" in rows else None,
        channel=rows["channel"].channel if "channel" in rows else None,
        paused_until=rows["pause"].day if "pause" in rows else None,
    )


def paused_until(session: Session, family_id: str, now: datetime) -> date | None:
    """The day before which this family asked not to be contacted; ``None`` where it is over or there is none."""
    query = select(ExceptionRow.day).where(
        ExceptionRow.family_id == family_id,
        ExceptionRow.kind == "pause",
        ExceptionRow.ended_at.is_(None),
        ExceptionRow.day > london(now).date(),
    )
    return session.scalars(query).one_or_none()


def date_was_used(session: Session, family_id: str, *, now: datetime) -> None:
    """The contact on the day they named is planned: the exception has done its work."""
    session.execute(
        update(ExceptionRow)
        .where(ExceptionRow.family_id == family_id, ExceptionRow.kind == "date", ExceptionRow.ended_at.is_(None))
        .values(ended_at=now, ended_by="system")
    )
