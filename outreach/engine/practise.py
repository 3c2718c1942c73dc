"""Practice before live calls: a coordinator names the practice families, and who has not been through them waits.

Rules
* What is kept of a practice call is that it came to its end: who, with which practice family, when; the first time.
* An area may ask for some practice families, or none. Who lacks one of them opens no live call there, and answers
  none that comes in; they are told which are missing. A call that is open already goes on.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, require
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.areas import AreaRow
from outreach.store.practised import PractisedRow, practised


def note_practice(runtime: Runtime, actor: Actor, *, family: str) -> None:
    """A practice call came to its end. Practising again changes nothing."""
    require(actor, Permission.CALL_MAKE)
    if family not in runtime.library.practice:
        return
    now = runtime.now()
    with runtime.sessions.begin() as session:
        if session.get(PractisedRow, (actor.id, family)) is None:
            session.add(PractisedRow(staff_id=actor.id, family=family, at=now))
            events.note(
                session, "practice_done", id=runtime.new_id(), at=now, actor_id=actor.id, data={"family": family}
            )


def ask_for_practice(runtime: Runtime, actor: Actor, *, area: str, families: Iterable[str]) -> None:
    """Which practice families come before live calls in ``area``; none: practice is not required."""
    require(actor, Permission.SETTING_EDIT, area=area)
    wanted = set(families)
    chosen = [each for each in runtime.library.practice if each in wanted]
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = session.get_one(AreaRow, area, with_for_update=True)
        if row.practice_first != chosen:
            row.practice_first = chosen
            events.note(
                session, "practice_asked_for", id=runtime.new_id(), at=now, actor_id=actor.id,
                data={"area": area, "families": chosen},
            )  # fmt: skip


def still_to_practise(session: Session, runtime: Runtime, *, staff_id: str, area: str) -> list[str]:
    """The titles of the practice families that somebody has still to go through before live calls in ``area``."""
    asked = session.get_one(AreaRow, area).practice_first
    done = practised(session, staff_id) if asked else {}
    known = runtime.library.practice
    return [known[each].title for each in asked if each in known and each not in done]
