"""Needs and referrals."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, LargeBinary, String, bindparam, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.store.base import Base, Id, locks_rows

LIVE = "state IN ('held', 'sent', 'opened', 'accepted', 'contacted', 'engaged')"


class NeedRow(Base):
    """What would help: ``child``, ``carer`` or ``legal``; one is primary."""

    __tablename__ = "need"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"), index=True)
    conversation_id: Mapped[str | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(8))
    detail: Mapped[str | None] = mapped_column(String(60))
    """A code of DOMAIN 1.9, such as ``school`` or ``peer_support``."""
    primary: Mapped[bool] = mapped_column(Boolean, default=False)
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime]


class ReferralRow(Base):
    """A hand-over to a partner. ``payload`` holds exactly what was consented to, sealed under the family's key.

    A conversation makes at most one referral, and a family has at most one live referral to a partner:
    repeated clicks cannot make repeated referrals.
    """

    __tablename__ = "referral"
    __table_args__ = (
        Index(
            "uq_referral_live",
            "family_id",
            "partner_id",
            unique=True,
            sqlite_where=text(LIVE),
            postgresql_where=text(LIVE),
        ),
        Index("ix_referral_partner_id_state", "partner_id", "state"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"), index=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    conversation_id: Mapped[str | None] = mapped_column(Id, unique=True)
    state: Mapped[str] = mapped_column(String(10))
    """``sent opened accepted contacted engaged ended declined held withdrawn``; see ``domain/referral.py``."""
    before_hold: Mapped[str | None] = mapped_column(String(10))
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    made_by: Mapped[str] = mapped_column(Id)
    made_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(Id)
    decline_reason: Mapped[str | None] = mapped_column(String(40))
    contacted_at: Mapped[datetime | None]
    engaged_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


_OF_FAMILY = (
    select(ReferralRow)
    .where(ReferralRow.family_id == bindparam("family_id"))
    .order_by(ReferralRow.made_at, ReferralRow.id)
)


def referrals_of(session: Session, family_id: str) -> list[ReferralRow]:
    return list(session.scalars(_OF_FAMILY, {"family_id": family_id}))


_LOCKED = _OF_FAMILY.with_for_update().execution_options(populate_existing=True)


_REFERRALS = 7_202
"""Beside the hash of a family's id: the name of the lock on its referrals, those to come too."""
_LOCK = select(func.pg_advisory_xact_lock(_REFERRALS, func.hashtext(bindparam("family_id", type_=String))))


def lock_referrals(session: Session, family_id: str) -> list[ReferralRow]:
    """A family's referrals, locked, as they are now, and those to come: whoever makes one, holds one or lets one go
    begins here. It is the last lock that is taken: after the number, the offer, the texts and the conversation.
    """
    if locks_rows(session):
        session.execute(_LOCK, {"family_id": family_id}).all()
    return list(session.scalars(_LOCKED, {"family_id": family_id}))
