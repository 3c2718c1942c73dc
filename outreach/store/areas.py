"""Areas, and the one row about the service itself."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, CheckConstraint, Date, Integer, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.domain.notice import CHASE_AFTER_DAYS, DEFAULT_THRESHOLDS
from outreach.store.base import Base, Id


class AreaRow(Base):
    """A police area with its go-live date and what its people have switched on."""

    __tablename__ = "area"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    nation: Mapped[str] = mapped_column(String(3), default="ENG")
    live_on: Mapped[date] = mapped_column(Date)
    team_name: Mapped[str] = mapped_column(String(40), default="Willow team")
    l0_texts_by: Mapped[str | None] = mapped_column(Id)
    """Who switched on texts to numbers nobody has verified by voice (rule 2); empty: off."""
    text_consent: Mapped[bool] = mapped_column(Boolean, default=False)
    self_acting: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Of ``accept later decline call``: what the reply reader may act on without a click (rule 8)."""
    custody_limit_days: Mapped[int] = mapped_column(Integer, default=35)
    staffed_hours_after_text: Mapped[int] = mapped_column(Integer, default=4)
    front_door: Mapped[str | None] = mapped_column(String(200))
    """The local authority's e-mail address for children without a named social worker."""
    notice_thresholds: Mapped[list[str]] = mapped_column(JSON, default=lambda: list(DEFAULT_THRESHOLDS))
    """Of ``open_to``: what a child is open to that gives a notice to the social worker."""
    notice_chase_days: Mapped[int] = mapped_column(Integer, default=CHASE_AFTER_DAYS)
    champion_id: Mapped[str | None] = mapped_column(Id)
    """Whose list new families land on at once; empty: the area's own list."""
    pick_up_days: Mapped[int] = mapped_column(Integer, default=3)
    """Not tried by then, a family goes back to the coordinator."""
    partner_id: Mapped[str | None] = mapped_column(Id)
    """The charity that referrals of this area go to."""
    out_of_hours_by: Mapped[str | None] = mapped_column(Id)
    """Who is told of danger first when nobody is on duty: somebody of the area's staff with a phone."""
    practice_first: Mapped[list[str]] = mapped_column(JSON, default=list)
    """The practice families that everybody goes through before live calls here; empty: practice is not required."""
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[str | None] = mapped_column(Id)
    paused_why: Mapped[str | None] = mapped_column(String(40))
    """``by_hand`` or ``alert_not_taken``."""


class ServiceRow(Base):
    """What is true of the whole service: one row, id 1."""

    __tablename__ = "service"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    demo: Mapped[bool] = mapped_column(Boolean, default=False)
    clock_offset_seconds: Mapped[int] = mapped_column(Integer, default=0)
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[str | None] = mapped_column(Id)
    paused_why: Mapped[str | None] = mapped_column(String(40))
    """``by_hand``, ``account_limit`` or ``configuration``."""
    sender_gap_ms: Mapped[int] = mapped_column(Integer, default=1000)
    next_send_at: Mapped[datetime | None]
    """The sender's rate as a row: the next text may be handed over from then on."""
    inbound_asked_at: Mapped[datetime | None]
    """When the network was last asked for missed texts and all it named was taken in."""
    live_confirmed: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Rule 9: what was confirmed before going live -> who and when."""
    note: Mapped[str | None] = mapped_column(Text)


_SERVICE = select(ServiceRow).where(ServiceRow.id == 1)
_LOCKED = _SERVICE.with_for_update().execution_options(populate_existing=True)


def service(session: Session, *, lock: bool = False) -> ServiceRow:
    """The one row. Raises when the database was never set up (``outreach db upgrade`` makes it).

    ``lock``: until the transaction ends. It is the last thing that anybody locks.
    """
    return session.scalars(_LOCKED if lock else _SERVICE).one()


def is_paused(session: Session) -> bool:
    """Whether the whole service is paused."""
    return session.scalars(select(ServiceRow.paused_at).where(ServiceRow.id == 1)).one() is not None


def area(session: Session, code: str) -> AreaRow:
    return session.scalars(select(AreaRow).where(AreaRow.code == code)).one()


_ALL = select(AreaRow).order_by(AreaRow.code)


def areas(session: Session) -> dict[str, AreaRow]:
    return {row.code: row for row in session.scalars(_ALL)}
