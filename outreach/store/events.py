"""What happened: one event per thing, appended in the transaction of the thing itself, chained afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, func, insert, select
from sqlalchemy import Row as RowOfEvent
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.store import few_rows
from outreach.store.base import Base, Id, locks_rows

_LINKING = 20_260_106
"""The number of the lock that a linker holds on PostgreSQL."""


class EventRow(Base):
    """Ids, codes and hashes; never a name, a number or a word somebody said."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_family_id_at", "family_id", "at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(60))
    """Past tense: ``family_imported``, ``text_handed_over``, ``page_seen``."""
    actor_id: Mapped[str] = mapped_column(Id)
    family_id: Mapped[str | None] = mapped_column(Id)
    subjects: Mapped[list[str]] = mapped_column(JSON, default=list)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class LinkRow(Base):
    """One link of the chain: the digest of an event and of the link before."""

    __tablename__ = "event_link"

    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"), unique=True)
    digest: Mapped[str] = mapped_column(String(64))


_WAITING = "events"


def note(
    session: Session,
    name: str,
    *,
    id: str,
    at: datetime,
    actor_id: str,
    family_id: str | None = None,
    subjects: Sequence[str] = (),
    data: Mapping[str, Any] | None = None,
) -> None:
    """Append an event in the caller's transaction. ``data`` holds codes and counts only."""
    row = {
        "id": id, "at": at, "name": name, "actor_id": actor_id, "family_id": family_id, "subjects": list(subjects),
        "data": dict(data or {}),
    }  # fmt: skip
    append(session, row)


def append(session: Session, row: Mapping[str, Any]) -> None:
    """Append an event whose values are all there. The events of a transaction are written together, as it commits."""
    if session.info.get("reading"):
        raise RuntimeError("a view tried to write; only commands do")
    session.info.setdefault(_WAITING, []).append(row)


@listens_for(Session, "before_commit")
def write(session: Session) -> None:
    """Write what was appended so far. Who writes other things together with it does not wait for the commit."""
    rows = session.info.pop(_WAITING, None)
    if rows:
        few_rows.write(session, EventRow, rows)  # without the unit of work: an event hangs on no other row


def link_events(session: Session, *, most: int = 5000) -> int:
    """Link committed events that stand outside the chain, oldest first; returns how many.

    Ids are ordered by time, but a slow transaction may commit an older id later: it is linked when it is seen.
    One worker links at a time; where another is at it, this one leaves it. The primary key on ``seq`` makes two
    linkers collide instead of fork, whatever else.
    """
    if locks_rows(session) and not session.scalar(select(func.pg_try_advisory_xact_lock(_LINKING))):
        return 0
    last = session.scalars(select(LinkRow).order_by(LinkRow.seq.desc()).limit(1)).one_or_none()
    seq, digest = (last.seq, last.digest) if last else (0, "")
    loose = (
        select(*EventRow.__table__.columns)
        .outerjoin(LinkRow, LinkRow.event_id == EventRow.id)
        .where(LinkRow.event_id.is_(None))
        .order_by(EventRow.id)
        .limit(most)
    )
    links = []
    for row in session.execute(loose):
        seq, digest = seq + 1, _digest(row, digest)
        links.append({"seq": seq, "event_id": row.id, "digest": digest})
    if links:
        session.execute(insert(LinkRow), links)
    return len(links)


def first_broken_link(session: Session) -> tuple[int | None, int, int]:
    """Walk the chain: ``(seq of the first link that does not hold or None, links, events not yet linked)``."""
    digest, links = "", 0
    query = select(LinkRow, EventRow).outerjoin(EventRow, EventRow.id == LinkRow.event_id).order_by(LinkRow.seq)
    for link, row in session.execute(query.execution_options(yield_per=1000)):
        links += 1
        if row is None or link.seq != links or link.digest != _digest(row, digest):
            return link.seq, links, 0
        digest = link.digest
    loose = select(EventRow.id).outerjoin(LinkRow, LinkRow.event_id == EventRow.id).where(LinkRow.event_id.is_(None))
    return None, links, len(session.scalars(loose).all())


def _digest(row: EventRow | RowOfEvent[Any], before: str) -> str:
    content = [
        row.id,
        row.at.isoformat(),
        row.name,
        row.actor_id,
        row.family_id,
        row.subjects,
        row.data,
        before,
    ]
    return sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
