"""What a carer said apart from the offer: about contact with the imprisoned parent, and about research."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.store.base import Base


class AsideRow(Base):
    """The answers of one call; empty where it was not asked, or not answered."""

    __tablename__ = "aside"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"), index=True)
    has_contact: Mapped[str | None] = mapped_column(String(8))
    """``yes`` or ``no``."""
    seen_as: Mapped[str | None] = mapped_column(String(8))
    """``positive``, ``negative`` or ``mixed``: the contact, or that there is none."""
    wants_contact: Mapped[str | None] = mapped_column(String(8))
    """``yes``, ``no`` or ``unsure``."""
    order_in_place: Mapped[str | None] = mapped_column(String(8))
    """An order that holds on release: ``yes`` or ``no``."""
    research: Mapped[str | None] = mapped_column(String(8))
    """May a researcher ring: ``yes`` or ``no``."""
    at: Mapped[datetime]


def last_aside(session: Session, family_id: str) -> AsideRow | None:
    """The newest answers of a family."""
    query = select(AsideRow).where(AsideRow.family_id == family_id)
    return session.scalars(query.order_by(AsideRow.at.desc(), AsideRow.conversation_id.desc()).limit(1)).one_or_none()
