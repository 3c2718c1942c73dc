"""Offers and attempts: what is due is a row here, and every offer ends in exactly one outcome."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.store.base import Base, Id, locks_rows
from outreach.store.texts import TextRow


class OfferRow(Base):
    """One planned contact, of one family at one step.

    ``state`` is ``open`` or ``ended``; ``outcome`` is there exactly when it has ended. ``channel`` is the
    way it goes now: a text answered with *CALL* becomes a call, and stays the same offer.
    """

    __tablename__ = "offer"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "step", "round"),
        CheckConstraint("(state = 'ended') = (outcome IS NOT NULL)", name="one_outcome"),
        Index(
            "uq_offer_open",
            "family_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_offer_due", "state", "channel", "due_at"),
        Index("ix_offer_closes", "state", "closes_at"),
        Index(
            "ix_offer_to_follow",
            "to_follow",
            sqlite_where=text("to_follow IS NOT NULL"),
            postgresql_where=text("to_follow IS NOT NULL"),
        ),
        CheckConstraint("list_of IS NULL OR list_on IS NOT NULL", name="listed_for_a_day"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolment.id"))
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"), index=True)
    step: Mapped[int] = mapped_column(Integer)
    """The step's lasting number; -1 for a contact the family asked for."""
    round: Mapped[int] = mapped_column(Integer, default=0)
    planned_channel: Mapped[str] = mapped_column(String(6))
    channel: Mapped[str] = mapped_column(String(6))
    script: Mapped[str] = mapped_column(String(60))
    why: Mapped[str] = mapped_column(String(20))
    """``first_offer``, ``offer_again``, ``asked`` (they asked to be rung), ``after_no``."""
    due_at: Mapped[datetime]
    due_until: Mapped[datetime | None]
    """The end of a promised time, or of the day they named for a text; empty where there is neither."""
    promised: Mapped[bool] = mapped_column(Boolean, default=False)
    waits_for: Mapped[str | None] = mapped_column(String(30))
    """Why it was not done when it was due: the gate's last answer."""
    their_words: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What the family said that led here, sealed under its key."""
    tries: Mapped[int] = mapped_column(Integer, default=0)
    closes_at: Mapped[datetime | None]
    """A text was handed over; silence until then is *no_reply*."""
    assigned_to: Mapped[str | None] = mapped_column(Id)
    """Whom the family knows: its named practitioner, or who rang last."""
    list_of: Mapped[str | None] = mapped_column(Id)
    """On whose list the call stands. One column of the family's one open offer: it is on one list, or on none."""
    list_on: Mapped[date | None] = mapped_column(Date)
    """The day for which it was put there."""
    passed_by: Mapped[str | None] = mapped_column(Id)
    """Who handed it back: it goes to somebody else."""
    state: Mapped[str] = mapped_column(String(6), default="open")
    outcome: Mapped[str | None] = mapped_column(String(12))
    outcome_why: Mapped[str | None] = mapped_column(String(40))
    ended_at: Mapped[datetime | None]
    to_follow: Mapped[datetime | None]
    """When it ended; empty while it is open, and once the worker saw to what comes after it."""
    made_at: Mapped[datetime]

    @property
    def asked_for(self) -> bool:
        """They named the time, or asked to be rung: days on which others are left alone do not bind it."""
        return self.promised or self.why == "asked"

    def on_their_day(self, now: datetime) -> bool:
        """It is a text for a day that they named, and that day is not over."""
        return not self.promised and self.due_until is not None and now < self.due_until


class AttemptRow(Base):
    """One try at an offer: one text, one dial. ``code`` is A01 to A13 for a call."""

    __tablename__ = "attempt"
    __table_args__ = (UniqueConstraint("offer_id", "number_of"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    offer_id: Mapped[str] = mapped_column(ForeignKey("offer.id"))
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"), index=True)
    number_of: Mapped[int] = mapped_column(Integer)
    """1 for the first try."""
    channel: Mapped[str] = mapped_column(String(6))
    number_id: Mapped[str | None] = mapped_column(ForeignKey("number.id"))
    staff_id: Mapped[str | None] = mapped_column(Id)
    conversation_id: Mapped[str | None] = mapped_column(Id)
    code: Mapped[str | None] = mapped_column(String(4))
    caller_id: Mapped[str | None] = mapped_column(String(10))
    """``presented`` or ``withheld``; ``incoming`` where they rang us; empty where nobody knows."""
    band: Mapped[str | None] = mapped_column(String(10))
    """``morning``, ``midday``, ``afternoon`` or ``evening``, London time."""
    pre_text: Mapped[bool] = mapped_column(Boolean, default=False)
    provider_sid: Mapped[str | None] = mapped_column(String(40))
    provider_state: Mapped[str | None] = mapped_column(String(20))
    at: Mapped[datetime]


IS_OPEN = OfferRow.state == literal_column("'open'")
"""As words of the statement: only so is the index of the open ones used, and the plan kept."""
_OPEN = select(OfferRow).where(OfferRow.family_id == bindparam("family_id"), IS_OPEN)


def open_offer(session: Session, family_id: str) -> OfferRow | None:
    return session.scalars(_OPEN, {"family_id": family_id}).one_or_none()


_OPEN_LOCKED = _OPEN.with_for_update().execution_options(populate_existing=True)


def lock_open_offer(session: Session, family_id: str) -> OfferRow | None:
    """The family's open offer, locked, as it is now."""
    return session.scalars(_OPEN_LOCKED, {"family_id": family_id}).one_or_none()


_LOCK_OPEN = (
    select(OfferRow.id)
    .where(OfferRow.family_id.in_(bindparam("family_ids", expanding=True)), IS_OPEN)
    .order_by(OfferRow.id)
    .with_for_update()
)


def lock_open(session: Session, family_ids: Collection[str]) -> None:
    """Lock the families' open offers. An offer is locked after the number and before its texts, everywhere."""
    if locks_rows(session):
        session.execute(_LOCK_OPEN, {"family_ids": list(family_ids)}).all()


def lock_all(session: Session, offer_ids: Collection[str]) -> list[OfferRow]:
    """Lock offers by their ids, always in the same order."""
    query = select(OfferRow).where(OfferRow.id.in_(sorted(set(offer_ids)))).order_by(OfferRow.id).with_for_update()
    return list(session.scalars(query.execution_options(populate_existing=True)))


def last_contact_at(session: Session, family_id: str) -> datetime | None:
    """When the family was last tried, by any channel."""
    return session.scalar(select(func.max(AttemptRow.at)).where(AttemptRow.family_id == family_id))


def offers_made(session: Session, enrolment_id: str) -> int:
    """How many of the cadence's own offers were made to the family (withheld and superseded ones do not count)."""
    return (
        session.scalar(
            select(func.count())
            .select_from(OfferRow)
            .where(OfferRow.enrolment_id == enrolment_id, OfferRow.step >= 0, OfferRow.tries > 0)
        )
        or 0
    )


def followed(session: Session, family_id: str) -> None:
    """What comes after the family's ended offers is seen to in this transaction. Look for an open one afterwards."""
    ended = update(OfferRow).where(OfferRow.family_id == family_id, OfferRow.to_follow.is_not(None))
    session.execute(ended.values(to_follow=None))


def rounds(session: Session, enrolment_id: str, step: int) -> int:
    """How often this step was planned already: the ``round`` of the next time. Lock the enrolment first."""
    query = select(func.count()).select_from(OfferRow)
    return session.scalar(query.where(OfferRow.enrolment_id == enrolment_id, OfferRow.step == step)) or 0


_NOT_OVER = and_(TextRow.purpose == "offer", TextRow.state.not_in(("dropped", "undelivered", "failed")))
TEXT_UNDER_WAY = exists().where(TextRow.offer_id == OfferRow.id, _NOT_OVER)
"""In a query of offers: whether a text of it is under way, as ``text_under_way`` says."""


def text_under_way(session: Session, offer_id: str) -> bool:
    """Whether a text of this offer waits in the queue, or went to the network and is not known to have failed."""
    query = select(TextRow.id).where(TextRow.offer_id == offer_id, _NOT_OVER)
    return session.scalars(query.limit(1)).first() is not None


def goes_on_as_it_is(session: Session, offer: OfferRow) -> bool:
    """Whether an open offer was tried, promised or asked for, or its text may have gone: no edit takes it back."""
    if offer.step < 0 or offer.tries or offer.promised or offer.why == "asked" or offer.closes_at is not None:
        return True
    gone = select(TextRow.id).where(
        TextRow.offer_id == offer.id,
        TextRow.purpose == "offer",
        TextRow.state.not_in(("waiting", "dropped", "undelivered", "failed")),
    )
    return session.scalars(gone.limit(1)).first() is not None
