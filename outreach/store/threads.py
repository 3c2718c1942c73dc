"""Threads: what was written to and from one number, what was made of it, and who is at it now."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from outreach.domain.hold import Kind, of_reply
from outreach.domain.reply_values import Action, Intent
from outreach.store.alerts import AlertRow
from outreach.store.consents import standing_of
from outreach.store.families import FamilyRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
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


def undecided_stops(inbound: Sequence[Inbound]) -> list[Inbound]:
    """The texts that may ask us to stop, and that nobody has obeyed, put right or settled yet, the oldest first."""
    return [
        (text, row)
        for text, row in inbound
        if (row.corrected_intent or row.intent) == "stop" and not row.acted and row.settled_at is None
    ]


def stopped_ways(session: Session, number: NumberRow, family_id: str | None) -> frozenset[str]:
    """Which ways (``text``, ``call``) are stopped, on the number or for the family."""
    on_number = {"text"} if number.texts_stopped_at else set()
    on_number |= {"call"} if number.calls_stopped_at else set()
    return frozenset(on_number | (set(standing_of(session, family_id).stopped) if family_id else set()))


def hold_of(row: ReadingRow) -> Kind:
    """How a text holds until somebody has looked. A person's word on what it means goes before the reader's."""
    if row.corrected_intent:
        return of_reply(Intent(row.corrected_intent), None)
    return of_reply(Intent(row.intent), Action(row.action))


def unread(session: Session, family_id: str, *, beside: str | None = None) -> list[ReadingRow]:
    """The texts that wait for a person: the family's own, and those of nobody yet on a number that it shares.
    ``beside``: not counting this number's."""
    query = (
        select(ReadingRow)
        .join(TextRow, TextRow.id == ReadingRow.text_id)
        .where(ReadingRow.needs_person.is_(True), ReadingRow.settled_at.is_(None), _theirs(family_id))
    )
    if beside is not None:
        query = query.where(TextRow.number_id != beside)
    return list(session.scalars(query))


def calls_wait(session: Session, family_id: str, *, beside: str | None = None) -> bool:
    """Whether a text of the family waits to be read before anybody rings."""
    return any(hold_of(row) is Kind.READ_FIRST for row in unread(session, family_id, beside=beside))


def may_want_stop(session: Session, number: NumberRow, inbound: Sequence[Inbound], family_id: str | None) -> bool:
    """Whether a wish to stop in the thread still waits for a person. Where all is stopped there is none to lose."""
    return bool(undecided_stops(inbound)) and stopped_ways(session, number, family_id) != {"text", "call"}


def stop_waits(session: Session, family_id: str) -> bool:
    """Whether a wish to stop waits for a person in any thread of the family."""
    found = session.scalars(select(TextRow.number_id).where(TextRow.direction == "in", _theirs(family_id)).distinct())
    return any(
        may_want_stop(session, session.get_one(NumberRow, number_id), inbound_of(session, number_id), family_id)
        for number_id in found.all()
    )


def _theirs(family_id: str) -> ColumnElement[bool]:
    linked = select(FamilyNumberRow.number_id).where(
        FamilyNumberRow.family_id == family_id, FamilyNumberRow.off_at.is_(None)
    )
    return or_(TextRow.family_id == family_id, and_(TextRow.family_id.is_(None), TextRow.number_id.in_(linked)))
