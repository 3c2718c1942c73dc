"""Holds: reasons not to contact a family now, with who set each and when it ends."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String, bindparam, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.store.base import Base, Id, padded


class HoldRow(Base):
    """``kind`` is one of ``outreach.domain.hold.Kind``. ``why`` is sealed under the family's key."""

    __tablename__ = "hold"
    __table_args__ = (
        Index(
            "uq_hold_open",
            "family_id",
            "kind",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"))
    kind: Mapped[str] = mapped_column(String(30))
    set_by: Mapped[str] = mapped_column(Id)
    """A person's id, ``import`` or ``system``."""
    set_at: Mapped[datetime]
    until: Mapped[datetime | None]
    look_again_on: Mapped[date | None] = mapped_column(Date)
    """The day, in London, on which somebody looks whether it still stands. It lifts nothing by itself."""
    why: Mapped[bytes | None] = mapped_column(LargeBinary)
    asked_by: Mapped[str | None] = mapped_column(Id)
    """Who asked to lift it, where a second person must agree."""
    asked_at: Mapped[datetime | None]
    asked_why: Mapped[bytes | None] = mapped_column(LargeBinary)
    officer_said: Mapped[bytes | None] = mapped_column(LargeBinary)
    """``witness_in_case``: who answered for the case, and what they said."""
    officer_agreed_at: Mapped[datetime | None]
    """When the officer in the case said that contact may begin; without it the hold is not lifted."""
    lifted_by: Mapped[str | None] = mapped_column(Id)
    lifted_at: Mapped[datetime | None]
    lifted_why: Mapped[bytes | None] = mapped_column(LargeBinary)


_OPEN = (
    select(HoldRow)
    .where(HoldRow.family_id == bindparam("family_id"), HoldRow.lifted_at.is_(None))
    .order_by(HoldRow.set_at, HoldRow.id)
)
_OPEN_OF = (
    select(HoldRow)
    .where(HoldRow.family_id.in_(bindparam("family_ids", expanding=True)), HoldRow.lifted_at.is_(None))
    .order_by(HoldRow.set_at, HoldRow.id)
)


_OF_KINDS = (
    select(HoldRow.id)
    .where(
        HoldRow.family_id == bindparam("family_id"), HoldRow.kind.in_(bindparam("kinds", expanding=True)),
        HoldRow.lifted_at.is_(None),
    )
    .limit(1)
)  # fmt: skip


def in_danger(session: Session, family_id: str) -> bool:
    """Whether somebody of the family may be in danger, as far as anybody has said."""
    return session.scalars(_OF_KINDS, {"family_id": family_id, "kinds": ["alert"]}).first() is not None


def held_for_a_person(session: Session, family_id: str) -> bool:
    """Whether danger, or what may be a wish to stop, waits for a person."""
    return session.scalars(_OF_KINDS, {"family_id": family_id, "kinds": ["alert", "read_first"]}).first() is not None


def open_holds(session: Session, family_id: str) -> list[HoldRow]:
    return list(session.scalars(_OPEN, {"family_id": family_id}))


def open_holds_of(session: Session, family_ids: Collection[str]) -> list[HoldRow]:
    """The same, of many families, in the same order."""
    return list(session.scalars(_OPEN_OF, {"family_ids": padded(family_ids)}))
