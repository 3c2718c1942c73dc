"""One number somebody else was on, or that a file says is an imprisoned parent's: for whoever decides about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outreach.domain.access import Actor, NotAllowed, Permission, require
from outreach.domain.plain_words import ALERTS, number_said
from outreach.runtime import Runtime
from outreach.store.numbers import NumberRow, families_on, numbers_of, written
from outreach.store.threads import inbound_of
from outreach.views.family_line import FamilyLine, family_lines

WHY = {
    "another_adult": "another adult answered the call",
    "a_child": "a child answered the call",
    "not_safe": "they said that it was not safe to talk",
    "exit_phrase": "they used the words agreed for danger",
}


@dataclass(frozen=True, slots=True)
class NumberPage:
    number_id: str
    written: str
    families: tuple[FamilyLine, ...]
    elsewhere: bool
    """It stands with a family of another area too."""
    undecided: bool
    parents: bool
    """A file said that it is the imprisoned parent's."""
    since: datetime | None
    why: str
    has_thread: bool
    last: bool
    """One of the families has no other number."""


def number_page(runtime: Runtime, actor: Actor, number_id: str) -> NumberPage | None:
    """``None`` where there is no such number. Raises ``NotAllowed`` outside one's areas."""
    require(actor, Permission.FAMILY_READ)
    now = runtime.now()
    with runtime.sessions.read(actor.hides) as session:
        number = session.get(NumberRow, number_id)
        if number is None:
            return None
        linked = families_on(session, number_id)
        lines = family_lines(session, linked, now=now)
        mine = tuple(line for line in lines.values() if line.area_code in actor.areas)
        if not mine:
            raise NotAllowed
        code = number.compromised_why or ""
        return NumberPage(
            number_id=number_id,
            written=number_said(written(session, number)),
            families=mine,
            elsewhere=len(mine) < len(lines),
            undecided=number.standing == "compromised" or number.is_parents,
            parents=number.is_parents and number.standing != "compromised",
            since=number.compromised_at,
            why=WHY.get(code) or ALERTS.get(code, "somebody else was on it").lower(),
            has_thread=bool(inbound_of(session, number_id)),
            last=any(len(numbers_of(session, line.id)) == 1 for line in mine),
        )
