"""Threads in which we wait: for an answer of theirs, or for a text of ours to go.

Rules
* We wait for them where our words are the last: a question about consent that is open, or what a colleague wrote in a
  thread that nobody has settled since.
* A text of ours that waits to go is said first, with what it waits for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from outreach.domain.hold import RULES, Kind
from outreach.domain.sending import SAYS
from outreach.store.conversations import ConversationRow
from outreach.store.texts import TextRow
from outreach.store.threads import Inbound, is_open

_TO_GO = ("waiting", "sending")
_NEVER_WENT = ("dropped", "failed", "undelivered")
_TALKING = select(ConversationRow.number_id).where(ConversationRow.kind == "text", ConversationRow.state == "open")


@dataclass(frozen=True, slots=True)
class Awaited:
    """``who``: ``them``, or ``us`` where a text of ours is still to go; then ``why`` says what it waits for."""

    who: str
    since: datetime
    why: str = ""


def where_we_may_wait(session: Session) -> set[str]:
    """Numbers with a text of ours to go, or a conversation by text that goes on."""
    to_go = select(TextRow.number_id).where(TextRow.direction == "out", TextRow.state.in_(_TO_GO))
    return {*session.scalars(to_go), *(each for each in session.scalars(_TALKING) if each)}


def awaited(session: Session, threads: Mapping[str, list[Inbound]]) -> dict[str, Awaited]:
    """By number; only where we wait."""
    ours: dict[str, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    ordered = sorted(threads)
    for start in range(0, len(ordered), 500):
        query = select(
            TextRow.number_id,
            TextRow.at,
            TextRow.id,
            TextRow.handed_over_at,
            TextRow.purpose,
            TextRow.state,
            TextRow.waits_for,
        ).where(
            TextRow.number_id.in_(ordered[start : start + 500]),
            TextRow.direction == "out",
            or_(TextRow.state.in_(_TO_GO), TextRow.purpose.in_(("person", "conversation"))),
        )
        for row in session.execute(query.order_by(TextRow.at, TextRow.id)):
            ours[row.number_id].append(row)
    talking = set(session.scalars(_TALKING)) if ours else set()
    found = {
        number_id: _awaited(rows, threads[number_id], talking=number_id in talking) for number_id, rows in ours.items()
    }
    return {number_id: one for number_id, one in found.items() if one is not None}


def _awaited(rows: list[Row[*tuple[Any, ...]]], inbound: list[Inbound], *, talking: bool) -> Awaited | None:
    to_go = next((row for row in rows if row.state in _TO_GO), None)
    if to_go is not None:
        return Awaited("us", to_go.at, _why(to_go.waits_for or ""))
    theirs = inbound[-1][0]
    went = [row for row in rows if row.state not in _NEVER_WENT and (row.at, row.id) > (theirs.at, theirs.id)]
    if not went:
        return None
    asked = talking if went[-1].purpose == "conversation" else any(is_open(reading) for _, reading in inbound)
    return Awaited("them", went[-1].handed_over_at or went[-1].at) if asked else None


def _why(code: str) -> str:
    return RULES[Kind(code)].says if code in set(Kind) else SAYS.get(code, "")
