"""Batches: one import of one file, from the plan that waits to what was committed."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Integer, LargeBinary, String, delete, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.domain.import_plan import Seen
from outreach.domain.import_undo import in_the_way
from outreach.domain.packed import Part
from outreach.store.base import Base, Id
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow
from outreach.store.sealing import SERVICE, cipher_of


class BatchRow(Base):
    """``plan`` is sealed under the service's key while it waits (at most 24 hours), and gone afterwards; what of it
    grows with the file stands in ``BatchPartRow``.

    ``undo`` is what it changed, sealed likewise: until another file comes, or for seven days.
    ``state``: ``planned``, ``committed``, ``cancelled``, ``expired`` or ``undone``.
    """

    __tablename__ = "batch"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    file_name: Mapped[str] = mapped_column(String(200))
    file_digest: Mapped[str] = mapped_column(String(64), index=True)
    known_digest: Mapped[str] = mapped_column(String(64))
    plan: Mapped[bytes | None] = mapped_column(LargeBinary)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    late: Mapped[str | None] = mapped_column(String(6))
    made_by: Mapped[str] = mapped_column(Id)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    committed_at: Mapped[datetime | None]
    undo: Mapped[bytes | None] = mapped_column(LargeBinary)
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(Id)


class BatchPartRow(Base):
    """A part of a plan that waits, of its file, or of what can be undone: compressed, then sealed likewise.

    ``label``: the status of the families in it, ``problem``, ``warning``, ``failed``, or one of ``BESIDE_THE_PLAN``.
    """

    __tablename__ = "batch_part"

    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    label: Mapped[str] = mapped_column(String(20))
    count: Mapped[int] = mapped_column(Integer)
    data: Mapped[bytes] = mapped_column(LargeBinary)


BESIDE_THE_PLAN = ("file", "columns", "undo")
"""Parts that are none of the plan's: its file, what a person said the columns of it mean, and what can be undone."""


def keep_parts(session: Session, batch_id: str, parts: Iterable[Part]) -> None:
    """Put parts beside those that are there."""
    last = session.scalar(select(func.max(BatchPartRow.number)).where(BatchPartRow.batch_id == batch_id))
    cipher = cipher_of(session, SERVICE)
    for number, part in enumerate(parts, (last or 0) + 1):
        sealed = cipher.seal_bytes(part.data, "batch_part", "data", f"{batch_id}.{number}")
        row = {"batch_id": batch_id, "number": number, "label": part.label, "count": part.count, "data": sealed}
        session.execute(insert(BatchPartRow), row)


def parts_of(session: Session, batch_id: str, *, but: Collection[str] = (), only: Collection[str] = ()) -> list[Part]:
    """The parts of a batch in their order; those of some labels ``only``, or all ``but`` some."""
    query = select(BatchPartRow.number, BatchPartRow.label, BatchPartRow.count, BatchPartRow.data)
    query = query.where(BatchPartRow.batch_id == batch_id).order_by(BatchPartRow.number)
    if only:
        query = query.where(BatchPartRow.label.in_(only))
    if but:
        query = query.where(BatchPartRow.label.not_in(but))
    cipher = cipher_of(session, SERVICE)
    return [
        Part(label, count, cipher.unseal_bytes(data, "batch_part", "data", f"{batch_id}.{number}"))
        for number, label, count, data in session.execute(query)
    ]


def file_of_batch(session: Session, batch_id: str) -> bytes:
    """The file of a plan that waits; nothing where none does."""
    return b"".join(zlib.decompress(part.data) for part in parts_of(session, batch_id, only=("file",)))


def drop_parts(session: Session, batch_ids: Collection[str], *, but: Collection[str] = ()) -> None:
    session.execute(delete(BatchPartRow).where(BatchPartRow.batch_id.in_(batch_ids), BatchPartRow.label.not_in(but)))


def seen_before(session: Session, file_digest: str) -> Seen:
    """Whether a file of these bytes was committed, and whether it was the last one."""
    committed = select(BatchRow.file_digest).where(BatchRow.state == "committed").order_by(
        BatchRow.committed_at.desc(), BatchRow.id.desc()
    )  # fmt: skip
    if session.scalars(committed.limit(1)).first() == file_digest:
        return Seen.LAST
    again = session.scalars(committed.where(BatchRow.file_digest == file_digest).limit(1)).first()
    return Seen.NEVER if again is None else Seen.EARLIER


def in_the_way_of_undo(session: Session, batch: BatchRow) -> int:
    """To how many families of a committed batch something happened since that cannot be taken back."""
    query = (
        select(EventRow.family_id, EventRow.name, EventRow.actor_id)
        .join(FamilyRow, FamilyRow.id == EventRow.family_id)
        .where(FamilyRow.last_batch_id == batch.id, EventRow.at >= batch.committed_at)
        .distinct()
    )
    return len({family_id for family_id, name, actor_id in session.execute(query) if in_the_way(name, actor_id)})


def lock_imports(session: Session) -> None:
    """One commit of a plan at a time. SQLite's ``BEGIN IMMEDIATE`` has seen to it already."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_IMPORTS)))


_IMPORTS = 20_260_105
