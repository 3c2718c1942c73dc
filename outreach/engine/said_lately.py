"""What was written on a number lately: the same words again, and our own words that come back.

Rules
* The same words three times in half an hour: two machines may be talking. Nothing answers the third.
* The same words within a minute of a text that was acted on are that text once more: told twice by the network under
  two ids, or pressed twice. Nothing more is done.
* Neither is asked of a text that stops, holds or alerts: those are obeyed however often they are said.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from outreach.store.sealing import unseal
from outreach.store.texts import ReadingRow, TextRow

LOOP_WINDOW = timedelta(minutes=30)
SAME_WORDS = 2
"""So many times the same words are taken as a person's."""
ONCE_MORE = timedelta(minutes=1)
_BEFORE = (
    select(TextRow.id, TextRow.key_id, TextRow.body, TextRow.at, ReadingRow.acted)
    .outerjoin(ReadingRow, ReadingRow.text_id == TextRow.id)
    .where(
        TextRow.number_id == bindparam("number_id"), TextRow.direction == "in", TextRow.id != bindparam("text_id"),
        TextRow.at >= bindparam("since"),
    )
    .order_by(TextRow.at.desc())
    .limit(20)
)  # fmt: skip
_SENT = (
    select(TextRow.id, TextRow.key_id, TextRow.body)
    .where(
        TextRow.number_id == bindparam("number_id"), TextRow.direction == "out", TextRow.handed_over_at.is_not(None)
    )
    .order_by(TextRow.at.desc())
    .limit(8)
)  # fmt: skip


def said_again(session: Session, text: TextRow, body: str) -> str | None:
    """``once_more``, ``loop`` or nothing: what the same words from this number, a moment before, make of this text."""
    asked = {"number_id": text.number_id, "text_id": text.id, "since": text.at - LOOP_WINDOW}
    same = [
        row
        for row in session.execute(_BEFORE, asked)
        if _plain(unseal(session, row.body, key_id=row.key_id, table="text", column="body", row_id=row.id))
        == _plain(body)
    ]
    if any(row.acted and abs(text.at - row.at) <= ONCE_MORE for row in same):
        return "once_more"
    return "loop" if len(same) >= SAME_WORDS else None


def sent_lately(session: Session, number_id: str) -> tuple[str, ...]:
    """What we texted to this number last: it may come back as a quotation."""
    rows = session.execute(_SENT, {"number_id": number_id}).all()
    words = (unseal(session, row.body, key_id=row.key_id, table="text", column="body", row_id=row.id) for row in rows)
    return tuple(each for each in words if each)


def _plain(words: str | None) -> str:
    return " ".join((words or "").casefold().split())
