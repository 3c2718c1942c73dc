"""When a text of ours that waits will go, or what it waits for.

Rules
* What stands in its way now is said first, whatever it waited for before: somebody else on the number, a hold, a pause.
  None of these has an hour, but a hold that ends by itself.
* An hour is named only where something is known to happen then: the sending hours begin, somebody is on duty. It is
  the hour at which the gate is asked again; what may come between is not foretold.
* What was due already goes with the next turn of the worker, *in a moment*.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from outreach.domain.hold import RULES, Hold, Kind, Weight, in_force
from outreach.domain.quiet_hours import london
from outreach.domain.sending import SAYS, URGENT, Purpose
from outreach.store.areas import AreaRow, service
from outreach.store.families import FamilyRow
from outreach.store.holds import open_holds
from outreach.store.numbers import NumberRow
from outreach.store.texts import TextRow

A_MOMENT = timedelta(minutes=1)
THEN = {
    "quiet_hours": "when the sending hours begin",
    "nobody_on_duty": "when somebody is there for a reply",
    "too_soon": "when the last contact is long enough ago",
    "own_pause": "when the time is over that they asked for",
    "area_not_live": "when the area goes live",
}
"""What happens at the hour at which it goes, for each reason that has one."""


@dataclass(frozen=True, slots=True)
class Goes:
    """``at`` is empty where nobody knows: then ``why`` is what it waits for. Else ``why`` is what happens then."""

    at: datetime | None
    why: str


def when_it_goes(session: Session, row: TextRow, *, now: datetime) -> Goes | None:
    """Of a text that waits; ``None`` of any other."""
    if row.state != "waiting":
        return None
    if session.get_one(NumberRow, row.number_id).standing == "compromised":
        return Goes(None, f"it will not go: {SAYS['compromised']}")
    hold = _held_by(session, row, now)
    if hold is not None:
        return Goes(None, f"it waits{_until(hold)}: {RULES[hold.kind].says}")
    paused = _paused(session, row)
    if paused:
        return Goes(None, f"it waits: {SAYS[paused]}")
    due = row.due_at or now
    if due <= now + A_MOMENT:
        return Goes(None, "it goes in a moment")
    if row.waits_for is None or row.waits_for in THEN:  # what a person writes at night is put at the kind hour at once
        return Goes(due, THEN[row.waits_for or "quiet_hours"])
    if row.waits_for in SAYS:
        return Goes(None, f"it waits: {SAYS[row.waits_for]}")
    return Goes(due, "when it is looked at again")


def _held_by(session: Session, row: TextRow, now: datetime) -> Hold | None:
    """The hold that binds this text, the heaviest first."""
    software = row.purpose != Purpose.PERSON and row.purpose not in URGENT
    rows = open_holds(session, row.family_id) if row.family_id else []
    holds = [Hold(id=each.id, kind=Kind(each.kind), set_at=each.set_at, until=each.until) for each in rows]
    return next((each for each in in_force(holds, now) if each.weight is not Weight.WAITING or software), None)


def _until(hold: Hold) -> str:
    return f" until {london(hold.until).day} {london(hold.until):%B %Y}" if hold.until else ""


def _paused(session: Session, row: TextRow) -> str:
    if row.purpose == Purpose.PERSON:
        return ""
    if service(session).paused_at is not None:
        return "service_paused"
    if row.family_id is None or row.purpose in URGENT:
        return ""
    area = session.get_one(AreaRow, session.get_one(FamilyRow, row.family_id).area_code)
    return "area_paused" if area.paused_at is not None else ""
