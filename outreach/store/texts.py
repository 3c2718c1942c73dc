"""Texts in and out, what was made of those that came in, and what the network said of those that went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.store import few_rows
from outreach.store.base import Base, Id
from outreach.store.sealing import unseal


class TextRow(Base):
    """One text. The thread is the texts of one number.

    Out: ``waiting`` -> ``sending`` (committed before the provider is asked) -> ``accepted`` -> ``sent`` ->
    ``delivered`` | ``undelivered`` | ``failed``; ``unknown`` where nobody can say yet; ``dropped`` where the gate
    said no. In: ``received``. The id of an outgoing text is the reference the provider gives back.
    """

    __tablename__ = "text"
    __table_args__ = (
        Index("ix_text_queue", "state", "due_at", "id"),
        Index("ix_text_urgent", "state", "purpose", "due_at", "id"),
        Index("ix_text_thread", "number_id", "at"),
        Index(
            "ix_text_offer_id",  # of those that have one: else SQLite reckons that most are of one offer, none
            "offer_id",
            sqlite_where=text("offer_id IS NOT NULL"),
            postgresql_where=text("offer_id IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    direction: Mapped[str] = mapped_column(String(3))
    """``in`` or ``out``."""
    number_id: Mapped[str] = mapped_column(ForeignKey("number.id"))
    family_id: Mapped[str | None] = mapped_column(ForeignKey("family.id"), index=True)
    offer_id: Mapped[str | None] = mapped_column(ForeignKey("offer.id"))
    conversation_id: Mapped[str | None] = mapped_column(Id)
    answers_id: Mapped[str | None] = mapped_column(Id, index=True)
    """Out: the inbound text this one answers."""
    purpose: Mapped[str] = mapped_column(String(14))
    """Out: ``offer``, ``answer``, ``stop``, ``crisis``, ``apology``, ``conversation``, ``person``. In: ``reply``."""
    wording: Mapped[str | None] = mapped_column(String(60))
    wording_version: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(16), default="en")
    level: Mapped[int] = mapped_column(Integer, default=0)
    key_id: Mapped[str] = mapped_column(Id)
    """Whose key seals ``body``: the family's id, or ``service``."""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    segments: Mapped[int] = mapped_column(Integer, default=1)
    state: Mapped[str] = mapped_column(String(12))
    waits_for: Mapped[str | None] = mapped_column(String(30))
    by_staff: Mapped[str | None] = mapped_column(Id)
    at: Mapped[datetime]
    """When it was written (out) or came (in)."""
    due_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    claim: Mapped[str | None] = mapped_column(Id)
    """The fencing token of who is sending it now."""
    lease_until: Mapped[datetime | None]
    handed_over_at: Mapped[datetime | None]
    provider_sid: Mapped[str | None] = mapped_column(String(40), unique=True)
    code: Mapped[int | None] = mapped_column(Integer)
    """The provider's error code."""
    claims: Mapped[int] = mapped_column(Integer, default=0)


class ReceiptRow(Base):
    """What the provider told us, appended as it came: order is not assumed, the same twice stands once."""

    __tablename__ = "receipt"
    __table_args__ = (UniqueConstraint("provider_sid", "state", "code"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    provider_sid: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str | None] = mapped_column(Id, index=True)
    kind: Mapped[str] = mapped_column(String(5))
    """``text`` or ``call``."""
    state: Mapped[str] = mapped_column(String(20))
    code: Mapped[int] = mapped_column(Integer, default=0)
    sequence: Mapped[int] = mapped_column(Integer, default=0)
    at: Mapped[datetime]


class ReadingRow(Base):
    """What the reader made of one inbound text, and what a person made of that."""

    __tablename__ = "reading"

    text_id: Mapped[str] = mapped_column(ForeignKey("text.id"), primary_key=True)
    family_id: Mapped[str | None] = mapped_column(Id, index=True)
    area_code: Mapped[str | None] = mapped_column(String(12))
    intent: Mapped[str] = mapped_column(String(14))
    action: Mapped[str] = mapped_column(String(12))
    signals: Mapped[list[str]] = mapped_column(JSON, default=list)
    needs: Mapped[list[str]] = mapped_column(JSON, default=list)
    proposed_on: Mapped[str | None] = mapped_column(String(40))
    evidence: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The words that decided, JSON, sealed under the text's key."""
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Codes only: never words of the text."""
    acted: Mapped[bool] = mapped_column(Boolean, default=False)
    needs_person: Mapped[bool] = mapped_column(Boolean, default=False, index=True)
    taken_by: Mapped[str | None] = mapped_column(Id)
    taken_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(Id)
    settled_at: Mapped[datetime | None]
    corrected_intent: Mapped[str | None] = mapped_column(String(14))
    held_after_ms: Mapped[int | None] = mapped_column(Integer)


def append(session: Session, row: TextRow | ReadingRow) -> None:
    """Write a new row at once, past the unit of work. ``row`` is a value from then on: no change in it is kept."""
    few_rows.write(session, type(row), [vars(row)])


def body_of(session: Session, row: TextRow) -> str | None:
    """The words of a text; ``None`` once its key was destroyed."""
    return unseal(session, row.body, key_id=row.key_id, table="text", column="body", row_id=row.id)


def crisis_text_sent(session: Session, number_id: str, *, since: datetime) -> bool:
    """Whether a crisis text to this number was written since, and not withheld."""
    query = select(TextRow.id).where(
        TextRow.number_id == number_id, TextRow.direction == "out", TextRow.purpose == "crisis", TextRow.at >= since,
        TextRow.state != "dropped",
    )  # fmt: skip
    return session.scalars(query.limit(1)).first() is not None


def thread(session: Session, number_id: str) -> list[TextRow]:
    query = select(TextRow).where(TextRow.number_id == number_id).order_by(TextRow.at, TextRow.id)
    return list(session.scalars(query))
