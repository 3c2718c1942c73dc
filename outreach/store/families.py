"""Families and their people: the carer, the children, the imprisoned parents. Names are sealed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, LargeBinary, String, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.store.base import Base, Id, table_of

LOCKED = {"key_share": True}
"""How a family's row is locked: whoever holds a number or an offer may still write what points to the family."""


class FamilyRow(Base):
    """A household around one carer, as the matching core's ``family_ref`` names it."""

    __tablename__ = "family"
    __table_args__ = (
        Index("ix_family_area_code_assigned_to", "area_code", "assigned_to"),
        # A month's file gives nearly every family another date of knowledge: with room for it on the same page,
        # PostgreSQL leaves the indexes alone.
        {"postgresql_with": {"fillfactor": 50}},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    ref: Mapped[str] = mapped_column(String(120), unique=True)
    area_code: Mapped[str] = mapped_column(ForeignKey("area.code"))
    assigned_to: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    imprisoned_on: Mapped[date] = mapped_column(Date)
    """The anchor: the later imprisonment where two parents are imprisoned."""
    custody: Mapped[str] = mapped_column(String(12))
    custody_as_of: Mapped[date] = mapped_column(Date)
    checks: Mapped[str] = mapped_column(String(12))
    open_to: Mapped[str] = mapped_column(String(24))
    language: Mapped[str] = mapped_column(String(16), default="en")
    interpreter: Mapped[bool] = mapped_column(Boolean, default=False)
    supported_before: Mapped[str] = mapped_column(String(12), default="no")
    social_worker: Mapped[bytes | None] = mapped_column(LargeBinary)
    postcode: Mapped[bytes | None] = mapped_column(LargeBinary)
    record: Mapped[bytes] = mapped_column(LargeBinary)
    """The whole ``FamilyRecord`` as last imported (JSON, sealed): what the next month is compared with."""
    fingerprint: Mapped[str] = mapped_column(String(64))
    as_filed: Mapped[str] = mapped_column(String(32), default="")
    """Digest of its cells in the file of ``record``: while they stand the same, nothing is read anew. Empty: read."""
    match_keys: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    """Keyed digests by which families are compared, eight bytes each (``import_matches.keys_of``)."""
    listed: Mapped[bool] = mapped_column(Boolean, default=True)
    excluded_why: Mapped[str | None] = mapped_column(String(40))
    """No family contact at all, and why: ``foster_carer``, ``child_we_care_for``, ``deceased``, ``merged``."""
    merged_into: Mapped[str | None] = mapped_column(Id)
    """The family that it is one with; what a later file says of its safety goes there too."""
    assigned_at: Mapped[datetime | None]
    """Since when ``assigned_to`` has it."""
    first_batch_id: Mapped[str | None] = mapped_column(Id)
    last_batch_id: Mapped[str | None] = mapped_column(Id)
    made_at: Mapped[datetime]


class CarerRow(Base):
    __tablename__ = "carer"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"), unique=True)
    ref: Mapped[str] = mapped_column(String(120), index=True)
    name: Mapped[bytes] = mapped_column(LargeBinary)
    relationship: Mapped[str] = mapped_column(String(20))
    authority: Mapped[str | None] = mapped_column(String(30))
    """As the carer said on a call: ``parental_responsibility``, ``special_guardianship``,
    ``child_arrangements_order``, ``informal``, ``unsure``."""
    words_for_it: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The words this family uses, and what the children know."""
    cannot_use_voice: Mapped[bool] = mapped_column(Boolean, default=False)


class NameIndexRow(Base):
    """Blind index of the unaccented, lower-case words of a carer's name, for *Who is ringing?*"""

    __tablename__ = "name_index"

    word: Mapped[str] = mapped_column(String(32), primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"), primary_key=True)


class ChildRow(Base):
    __tablename__ = "child"
    __table_args__ = (UniqueConstraint("family_id", "ref"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"))
    ref: Mapped[str] = mapped_column(String(120), index=True)
    first_name: Mapped[bytes | None] = mapped_column(LargeBinary)
    born_on: Mapped[str] = mapped_column(String(10))
    """``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``: as precise as the file was."""
    sex: Mapped[str] = mapped_column(String(1), default="")
    open_to: Mapped[str] = mapped_column(String(24), default="unknown")


class ParentRow(Base):
    """An imprisoned parent. Never a name: only the core's key."""

    __tablename__ = "parent"
    __table_args__ = (UniqueConstraint("family_id", "ref"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"))
    ref: Mapped[str] = mapped_column(String(120), index=True)
    sex: Mapped[str] = mapped_column(String(1), default="")
    imprisoned_on: Mapped[date] = mapped_column(Date)
    custody: Mapped[str] = mapped_column(String(12))


_CARER = select(CarerRow).where(CarerRow.family_id == bindparam("family_id"))
_C = table_of(CarerRow).c
_CANNOT_USE_VOICE = select(_C.cannot_use_voice).where(_C.family_id == bindparam("family_id"))


def carer_of(session: Session, family_id: str) -> CarerRow:
    return session.scalars(_CARER, {"family_id": family_id}).one()


def cannot_use_voice(session: Session, family_id: str) -> bool:
    """Whether the carer cannot use the phone by voice."""
    return bool(session.execute(_CANNOT_USE_VOICE, {"family_id": family_id}).scalar_one())


_CHILDREN = select(ChildRow).where(ChildRow.family_id == bindparam("family_id")).order_by(ChildRow.born_on, ChildRow.id)


def children_of(session: Session, family_id: str) -> list[ChildRow]:
    return list(session.scalars(_CHILDREN, {"family_id": family_id}))
