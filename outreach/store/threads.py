"""Threads: what was written to and from one number, what was made of it, and who is at it now."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.store.alerts import AlertRow
from outreach.store.families import FamilyRow
from outreach.store.numbers import FamilyNumberRow
from outreach.store.texts import ReadingRow, TextRow

Inbound = tuple[TextRow, ReadingRow]


def inbound_of(session: Session, number_id: str) -> list[Inbound]:
    """The texts that came from a number, each with its reading, the oldest first."""
    query = (
        select(TextRow, ReadingRow)
        .join(ReadingRow, ReadingRow.text_id == TextRow.id)
        .where(TextRow.number_id == number_id, TextRow.direction == "in")
        .order_by(TextRow.at, TextRow.id)
    )
    return [(text, reading) for text, reading in session.execute(query)]


def areas_of(session: Session, number_id: str, inbound: Sequence[Inbound]) -> frozenset[str]:
    """The areas whose people may see a thread: those of the families on the number, and of what came from it."""
    linked = (
        select(FamilyRow.area_code)
        .join(FamilyNumberRow, FamilyNumberRow.family_id == FamilyRow.id)
        .where(FamilyNumberRow.number_id == number_id, FamilyNumberRow.off_at.is_(None))
    )
    return frozenset(session.scalars(linked)) | {row.area_code for _, row in inbound if row.area_code}


def is_open(reading: ReadingRow) -> bool:
    """Somebody is to look, or is looking."""
    return reading.settled_at is None and (reading.needs_person or reading.taken_by is not None)


def holder_of(inbound: Sequence[Inbound]) -> str | None:
    """Who has the thread now."""
    return next((row.taken_by for _, row in reversed(inbound) if is_open(row) and row.taken_by), None)


def open_alerts(session: Session, number_id: str) -> list[AlertRow]:
    """Alerts of a thread that nobody has settled."""
    query = select(AlertRow).where(AlertRow.number_id == number_id, AlertRow.settled_at.is_(None))
    return list(session.scalars(query.order_by(AlertRow.raised_at)))
