"""Phone numbers: rows of their own, many-to-many to families, and the lock between a stop and a send."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.store.base import Base, Id, locks_rows, padded, table_of
from outreach.store.sealing import SERVICE, blind, unseal


class NumberRow(Base):
    """A number, sealed under the service's key (table ``number``, columns as named).

    ``standing`` is ``unverified`` (nobody has spoken to her on it), ``verified`` (by voice), ``compromised``
    (rule 3: somebody else was on it) or ``lost`` (a stranger's). A stop is never taken back by software.
    """

    __tablename__ = "number"
    __table_args__ = (Index("ix_number_last4_index", "last4_index"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    e164: Mapped[bytes] = mapped_column(LargeBinary)
    e164_index: Mapped[str] = mapped_column(String(32), unique=True)
    last4_index: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(10))
    """``mobile``, ``landline`` or ``other``."""
    standing: Mapped[str] = mapped_column(String(12), default="unverified")
    level: Mapped[int] = mapped_column(Integer, default=0)
    """0, 1 or 2: what she agreed texts may say. Counts for 90 days from ``verified_at``, then 0."""
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[str | None] = mapped_column(Id)
    shared: Mapped[str] = mapped_column(String(8), default="unknown")
    """``yes``, ``no`` or ``unknown``."""
    voicemail: Mapped[str] = mapped_column(String(8), default="unknown")
    """``none``, ``neutral``, ``ok`` or ``unknown``; only ``neutral`` and ``ok`` allow one."""
    private_times: Mapped[bytes | None] = mapped_column(LargeBinary)
    exit_phrase: Mapped[bytes | None] = mapped_column(LargeBinary)
    is_parents: Mapped[bool] = mapped_column(Boolean, default=False)
    """The imprisoned parent's: never contacted."""
    texts_stopped_at: Mapped[datetime | None]
    calls_stopped_at: Mapped[datetime | None]
    stop_confirmed_at: Mapped[datetime | None]
    compromised_at: Mapped[datetime | None]
    compromised_why: Mapped[str | None] = mapped_column(String(40))


class FamilyNumberRow(Base):
    """A family can be reached on a number. ``position`` 1 is tried first. ``off_at``: taken off for good."""

    __tablename__ = "family_number"

    family_id: Mapped[str] = mapped_column(ForeignKey("family.id"), primary_key=True)
    number_id: Mapped[str] = mapped_column(ForeignKey("number.id"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(Integer)
    off_at: Mapped[datetime | None]
    off_why: Mapped[str | None] = mapped_column(String(40))


_LOCKED = select(NumberRow).with_for_update().execution_options(populate_existing=True)
_LOCKED_BY_ID = _LOCKED.where(NumberRow.id == bindparam("id"))
_C = table_of(NumberRow).c
_LOCK_KNOWN = select(_C.id).where(_C.e164_index == bindparam("index")).with_for_update()


def lock(session: Session, number_id: str) -> NumberRow:
    """The number's row, locked until the transaction ends. Stop, hold and claim all begin here."""
    return session.scalars(_LOCKED_BY_ID, {"id": number_id}).one()


def lock_known(session: Session, e164: str) -> None:
    """Lock the row of a number where it is known. On SQLite who writes has locked everything."""
    if locks_rows(session):
        session.execute(_LOCK_KNOWN, {"index": blind(session, "e164", e164)}).all()


def find(session: Session, e164: str) -> NumberRow | None:
    index = blind(session, "e164", e164)
    return session.scalars(select(NumberRow).where(NumberRow.e164_index == index)).one_or_none()


def written(session: Session, number: NumberRow) -> str:
    """The number itself, E.164."""
    opened = unseal(session, number.e164, key_id=SERVICE, table="number", column="e164", row_id=number.id)
    if opened is None:
        raise LookupError("the service's key is gone")
    return opened


_OF_FAMILY = (
    select(FamilyNumberRow, NumberRow)
    .join(NumberRow, NumberRow.id == FamilyNumberRow.number_id)
    .where(FamilyNumberRow.family_id == bindparam("family_id"), FamilyNumberRow.off_at.is_(None))
    .order_by(FamilyNumberRow.position, NumberRow.id)
)
_FAMILIES_ON = (
    select(FamilyNumberRow.family_id)
    .where(FamilyNumberRow.number_id == bindparam("number_id"), FamilyNumberRow.off_at.is_(None))
    .order_by(FamilyNumberRow.family_id)
)
_FAMILIES_ON_EACH = (
    select(FamilyNumberRow.number_id, FamilyNumberRow.family_id)
    .where(FamilyNumberRow.number_id.in_(bindparam("number_ids", expanding=True)), FamilyNumberRow.off_at.is_(None))
    .order_by(FamilyNumberRow.family_id)
)


def numbers_of(session: Session, family_id: str) -> list[tuple[FamilyNumberRow, NumberRow]]:
    """The numbers of a family that were not taken off, the first to try first."""
    return [(link, number) for link, number in session.execute(_OF_FAMILY, {"family_id": family_id})]


def families_on(session: Session, number_id: str) -> list[str]:
    """Ids of the families that stand on this number (two: it is never texted automatically)."""
    return list(session.scalars(_FAMILIES_ON, {"number_id": number_id}))


def families_on_each(session: Session, number_ids: Collection[str]) -> dict[str, list[str]]:
    """The same, of many numbers."""
    if not number_ids:
        return {}
    found: dict[str, list[str]] = defaultdict(list)
    for number_id, family_id in session.execute(_FAMILIES_ON_EACH, {"number_ids": padded(number_ids)}):
        found[number_id].append(family_id)
    return found


def lock_all(session: Session, number_ids: Collection[str]) -> None:
    """Lock the rows of many numbers, always in the same order."""
    ids = sorted(set(number_ids))
    session.scalars(_LOCKED.where(NumberRow.id.in_(ids)).order_by(NumberRow.id)).all()
