"""Column names that are not ours: what a person said they mean, and a file that waits for that answer."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, LargeBinary, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.domain.column_map import ColumnAnswer
from outreach.domain.packed import Part
from outreach.store.base import Base, Id
from outreach.store.batches import keep_parts, parts_of
from outreach.store.sealing import SERVICE, seal, unseal


class ColumnMapRow(Base):
    """What the column names of one source mean. ``signature``: which names stand in its header, in whatever order."""

    __tablename__ = "column_map"

    signature: Mapped[str] = mapped_column(String(64), primary_key=True)
    meanings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """The file's name in small letters -> our column; empty: left alone."""
    made_by: Mapped[str] = mapped_column(Id)
    made_at: Mapped[datetime]


class WaitingFileRow(Base):
    """A file whose column names nobody has explained yet; gone once somebody has, or after 24 hours.

    ``data`` is sealed under the service's key (table ``waiting_file``, column ``data``).
    """

    __tablename__ = "waiting_file"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    file_name: Mapped[str] = mapped_column(String(200))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    made_by: Mapped[str] = mapped_column(Id)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]


def meanings_of(session: Session, signature: str) -> dict[str, str]:
    """What somebody said the names of such a header mean; empty where nobody has."""
    row = session.get(ColumnMapRow, signature)
    return dict(row.meanings) if row is not None else {}


def keep_answer(session: Session, batch_id: str, answer: ColumnAnswer) -> None:
    """Let an answer wait, sealed, with the plan that was made by it."""
    written = json.dumps({"names": answer.names, "meanings": dict(answer.meanings)})
    keep_parts(session, batch_id, [Part("columns", 0, written.encode())])


def answer_of(session: Session, batch_id: str) -> ColumnAnswer | None:
    """The answer that waits with a plan; None where nobody gave one."""
    for part in parts_of(session, batch_id, only=("columns",)):
        said = json.loads(part.data)
        return ColumnAnswer(tuple(said["names"]), said["meanings"])
    return None


def keep_file(session: Session, row: WaitingFileRow, data: bytes) -> None:
    text = data.decode("latin-1")
    row.data = seal(session, text, key_id=SERVICE, table="waiting_file", column="data", row_id=row.id)
    session.add(row)


def file_of(session: Session, file_id: str, *, staff_id: str, now: datetime) -> tuple[str, bytes] | None:
    """The name and the bytes of a file that waits for this person; None where none does."""
    row = session.get(WaitingFileRow, file_id)
    if row is None or row.made_by != staff_id or row.expires_at <= now:
        return None
    text = unseal(session, row.data, key_id=SERVICE, table="waiting_file", column="data", row_id=row.id)
    return None if text is None else (row.file_name, text.encode("latin-1"))
