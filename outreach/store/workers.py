"""Heartbeats: who is working, so that the console can say when nobody is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from outreach.store.base import Base


class HeartbeatRow(Base):
    __tablename__ = "heartbeat"

    worker: Mapped[str] = mapped_column(String(80), primary_key=True)
    began_at: Mapped[datetime]
    beat_at: Mapped[datetime]
