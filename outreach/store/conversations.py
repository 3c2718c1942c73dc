"""Guided calls and text conversations: the script they began with, and every answer as it was given."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.domain.script import NOT_SPOKEN
from outreach.store.base import Base, Id


class BundleRow(Base):
    """A script with all it can reach, as it was when somebody used it: the words can be replayed for ever."""

    __tablename__ = "bundle"

    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    script: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(16))
    content: Mapped[str] = mapped_column(Text)
    first_used_at: Mapped[datetime]


class ConversationRow(Base):
    """A call, a visit or a text conversation. ``state`` is ``open``, ``parked`` (finish later) or ``ended``."""

    __tablename__ = "conversation"
    __table_args__ = (
        Index("ix_conversation_family_id_state", "family_id", "state"),
        Index("ix_conversation_number_id", "number_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(6))
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"))
    offer_id: Mapped[str | None] = mapped_column(ForeignKey("offer.id"))
    number_id: Mapped[str | None] = mapped_column(ForeignKey("number.id"))
    staff_id: Mapped[str | None] = mapped_column(Id)
    """Who is guiding it now; empty for a text conversation."""
    script: Mapped[str] = mapped_column(String(60))
    bundle_version: Mapped[str] = mapped_column(ForeignKey("bundle.version"))
    language: Mapped[str] = mapped_column(String(16), default="en")
    state: Mapped[str] = mapped_column(String(8), default="open")
    outcome: Mapped[str | None] = mapped_column(String(12))
    attempt_code: Mapped[str | None] = mapped_column(String(4))
    nudged_at: Mapped[datetime | None]
    began_at: Mapped[datetime]
    touched_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    on_paper: Mapped[bool] = mapped_column(Boolean, default=False)
    """Made on paper at ``began_at``; its answers were entered afterwards."""


class AnswerRow(Base):
    """One answer. A changed answer is a new row; the old one is marked ``replaced``."""

    __tablename__ = "answer"
    __table_args__ = (UniqueConstraint("conversation_id", "seq"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"))
    seq: Mapped[int] = mapped_column(Integer)
    address: Mapped[str] = mapped_column(String(120))
    """``script/step``."""
    visit: Mapped[int] = mapped_column(Integer, default=1)
    answer: Mapped[str] = mapped_column(String(60))
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Free words beside the answer, sealed under the family's key."""
    by_staff: Mapped[str | None] = mapped_column(Id)
    text_id: Mapped[str | None] = mapped_column(Id)
    """By text: the one that answered, and with ``question_id`` the one that asked."""
    question_id: Mapped[str | None] = mapped_column(Id)
    replaced: Mapped[bool] = mapped_column(Boolean, default=False)
    at: Mapped[datetime]


class ApprovalRow(Base):
    """A named person approved one version of one wording. Both roles are needed before it may go live."""

    __tablename__ = "approval"
    __table_args__ = (UniqueConstraint("kind", "name", "language", "version", "role"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(6))
    """``script`` or ``text``."""
    name: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(16))
    version: Mapped[str] = mapped_column(String(64))
    words: Mapped[str | None] = mapped_column(Text)
    """What was signed, line by line: what changed later can be shown. Nobody's data: placeholders stand as such."""
    role: Mapped[str] = mapped_column(String(20))
    staff_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
    demo: Mapped[bool] = mapped_column(Boolean, default=False)
    withdrawn_at: Mapped[datetime | None]


_STANDING = (
    select(AnswerRow)
    .where(AnswerRow.conversation_id == bindparam("conversation_id"), AnswerRow.replaced.is_(False))
    .order_by(AnswerRow.seq)
)


def answers_of(session: Session, conversation_id: str) -> list[AnswerRow]:
    """The answers that stand, in the order they were given."""
    return list(session.scalars(_STANDING, {"conversation_id": conversation_id}))


def said_at(session: Session, conversation: ConversationRow) -> dict[str, datetime]:
    """When each answer that stands was given, by its address; all at once where the call was made on paper."""
    rows = answers_of(session, conversation.id)
    return {row.address: conversation.began_at if conversation.on_paper else row.at for row in rows}


def made_at(session: Session, conversation: ConversationRow) -> datetime:
    """When a call was really made: at its first answer. It may have been opened long before, or closed long after."""
    first = select(func.min(AnswerRow.at)).where(AnswerRow.conversation_id == conversation.id)
    return conversation.began_at if conversation.on_paper else session.scalar(first) or conversation.began_at


_KNOW = (
    select(AnswerRow.answer)
    .join(ConversationRow, ConversationRow.id == AnswerRow.conversation_id)
    .where(
        ConversationRow.family_id == bindparam("family_id"),
        ConversationRow.state == "ended",
        AnswerRow.address == "child_needs/know",
        AnswerRow.answer.in_(("all", "some", "none")),
        AnswerRow.replaced.is_(False),
    )
    .order_by(AnswerRow.at.desc(), AnswerRow.id.desc())
    .limit(1)
)


def children_know(session: Session, family_id: str) -> str | None:
    """What the carer last said that the children know: ``all``, ``some`` or ``none``; None where nobody asked."""
    return session.scalar(_KNOW, {"family_id": family_id})


def spoken_since(session: Session, family_id: str, moment: datetime) -> bool:
    """Whether the family was spoken to by voice, however shortly, and the call or visit ended, after ``moment``."""
    query = select(ConversationRow.id).where(
        ConversationRow.family_id == family_id,
        ConversationRow.kind.in_(("call", "visit")),
        ConversationRow.ended_at > moment,
        ConversationRow.attempt_code.not_in(NOT_SPOKEN),
    )
    return session.scalars(query.limit(1)).first() is not None


def privacy_told(session: Session, family_id: str) -> datetime | None:
    """When somebody first marked, on a call or a visit, that they had given the privacy information."""
    query = (
        select(func.min(AnswerRow.at))
        .join(ConversationRow, ConversationRow.id == AnswerRow.conversation_id)
        .where(
            ConversationRow.family_id == family_id,
            AnswerRow.address.like("%/privacy"),
            AnswerRow.answer == "said",
            AnswerRow.replaced.is_(False),
        )
    )
    return session.scalar(query)


def approved(session: Session, *, kind: str, name: str, language: str, version: str) -> bool:
    """Whether coordinator and supervisor have both approved this very version."""
    query = select(ApprovalRow.role).where(
        ApprovalRow.kind == kind,
        ApprovalRow.name == name,
        ApprovalRow.language == language,
        ApprovalRow.version == version,
        ApprovalRow.withdrawn_at.is_(None),
    )
    return {"coordinator", "supervisor"} <= set(session.scalars(query))
