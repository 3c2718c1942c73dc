"""The day's list on paper: whom to ring, on which number, and how it is safe. For calls away from a screen.

Rules
* Only the calls on the list of the person who asks, as Today has them, and in that order.
* Initials, never a name; nothing of why the family is known, nothing they wrote. Paper is found by others.
* The number is the one the call would be made on, with what is known of reaching somebody safely on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outreach.domain.access import Actor, Permission, require
from outreach.domain.plain_words import number_said
from outreach.runtime import Runtime
from outreach.store import numbers, sealing
from outreach.store.due_calls import due_today
from outreach.store.numbers import NumberRow
from outreach.views.family_line import safe_contact_of
from outreach.views.worklist import CallToMake, worklist


@dataclass(frozen=True, slots=True)
class PaperCall:
    """``promised_at``: the time they were promised, where there is one."""

    family_id: str
    who: str
    number: str
    promised_at: datetime | None
    promised_until: datetime | None
    language: str
    interpreter: bool
    safe_contact: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaperList:
    now: datetime
    calls: tuple[PaperCall, ...]


def paper_list(runtime: Runtime, actor: Actor) -> PaperList:
    require(actor, Permission.CALL_MAKE)
    page = worklist(runtime, actor)
    mine = [*page.promised, *page.calls]
    with runtime.sessions.read(actor.hides) as session:
        sealing.load_keys(session, [sealing.SERVICE])
        due = {each.offer.id: each.question.number for each in due_today(session, actor.areas, now=page.now)}
        calls = []
        for one in mine:
            known = due.get(one.offer_id)
            row = session.get(NumberRow, known.id) if known is not None else None
            said = numbers.written(session, row) if row is not None else ""
            calls.append(_on_paper(one, said, safe_contact_of(session, row, now=page.now) if row is not None else []))
    return PaperList(page.now, tuple(calls))


def _on_paper(one: CallToMake, number: str, facts: list[str]) -> PaperCall:
    return PaperCall(
        family_id=one.family.id,
        who=f"{one.family.who}, {one.family.ref}",
        number=number_said(number) if number else "no number",
        promised_at=one.due_at if one.promised else None,
        promised_until=one.due_until if one.promised else None,
        language=one.family.language,
        interpreter=one.family.interpreter,
        safe_contact=tuple(facts),
    )
