"""Long work on an import: how far it is, and what came of it. Its truth is the batch; this is for who waits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from outreach.store.base import Base, Id


class ImportJobRow(Base):
    """``what``: ``plan``, ``commit`` or ``undo``. ``state``: ``working``, ``done`` or ``failed``.

    ``leads_to``: the batch whose page comes next; or, where column names are to be explained, the file that waits.
    """

    __tablename__ = "import_job"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    what: Mapped[str] = mapped_column(String(6))
    file_name: Mapped[str] = mapped_column(String(200))
    batch_id: Mapped[str | None] = mapped_column(Id)
    made_by: Mapped[str] = mapped_column(Id)
    begun_at: Mapped[datetime]
    touched_at: Mapped[datetime]
    done: Mapped[int] = mapped_column(Integer, default=0)
    in_all: Mapped[int] = mapped_column(Integer, default=0)
    state: Mapped[str] = mapped_column(String(8), default="working")
    answer: Mapped[str | None] = mapped_column(String(20))
    """``planned``, ``asked``, ``refused``, ``committed``, ``changed``, ``choose``, ``gone``, ``undone`` or
    ``not_undone``."""
    leads_to: Mapped[str | None] = mapped_column(Id)
    says: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Why a file as a whole is refused, or what changed underneath, or why an import stays: references and sentences,
    no names."""
