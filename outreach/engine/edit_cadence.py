"""Saves an edited cadence as its next version, and moves the live families to it.

Rules
* A version is never changed. An edit that says what is wrong is refused as a whole, with every problem.
* Families enrolled in the old version go on in the new one: a planned offer that nobody has tried yet ends as
  *superseded* and the next is planned by the new version; one that was tried goes on as it is. None is doubled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from outreach.domain.access import Actor, Permission, require
from outreach.domain.cadence import CHANNELS, UNITS, Cadence, written
from outreach.engine.end_offer import end_offer
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.cadences import CadenceRow, CadenceVersionRow, EnrolmentRow
from outreach.store.offers import open_offer

_ANY_DAY = date(2026, 1, 5)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Saved:
    version_id: str
    number: int
    superseded: int


@dataclass(frozen=True, slots=True)
class NotSaved:
    problems: tuple[str, ...]


def problems_of(cadence: Cadence) -> tuple[str, ...]:
    """Everything that is wrong with a cadence, in plain words, each with its place."""
    found: list[str] = []
    if not cadence.steps:
        found.append("Add at least one step.")
    for place, step in enumerate(cadence.steps, start=1):
        if step.after.unit not in UNITS or not 0 <= step.after.count <= 520:
            found.append(f"Step {place}: say after how many days, weeks or months, from 0 to 520.")
        if step.channel not in CHANNELS:
            found.append(f"Step {place}: choose text, call or visit.")
        if step.channel == "letter":
            found.append(f"Step {place}: letters cannot be written down here yet; choose text, call or visit.")
        if not 1 <= step.attempts <= 6:
            found.append(f"Step {place}: between 1 and 6 attempts.")
        if not 1 <= step.patience_days <= 90:
            found.append(f"Step {place}: wait between 1 and 90 days for an answer.")
    if not 1 <= cadence.most_offers <= 12:
        found.append("At most between 1 and 12 offers.")
    if not 1 <= cadence.gap_days <= 90:
        found.append("Between two contacts leave 1 to 90 days.")
    for name, day in zip(WEEKDAYS, cadence.hours.week, strict=True):
        for window in day:
            if window.starts >= window.ends:
                found.append(f"{name}: the hours must end after they begin.")
            if window.starts.hour < 8 or window.ends.hour > 20 or (window.ends.hour == 20 and window.ends.minute):
                found.append(f"{name}: hours lie between 8.00 and 20.00.")
    if not any(cadence.hours.week):
        found.append("At least one day needs hours.")
    if not found:
        from_day = [step.after.from_day(_ANY_DAY) for step in cadence.steps]
        if from_day != sorted(from_day) or len(set(from_day)) != len(from_day):
            found.append("Each step must come later than the one before it.")
    return tuple(found)


def new_version(runtime: Runtime, actor: Actor, *, cadence_id: str, cadence: Cadence, why: str) -> Saved | NotSaved:
    """Save ``cadence`` as the next version of ``cadence_id``."""
    require(actor, Permission.CADENCE_EDIT)
    problems = problems_of(cadence)
    if problems:
        return NotSaved(problems)
    now, superseded = runtime.now(), 0
    with runtime.sessions.begin() as session:
        row = session.scalars(select(CadenceRow).where(CadenceRow.id == cadence_id).with_for_update()).one()
        old = session.get_one(CadenceVersionRow, row.current_version_id)
        made = CadenceVersionRow(
            id=runtime.new_id(),
            cadence_id=cadence_id,
            number=old.number + 1,
            body=written(cadence),
            made_by=actor.id,
            made_at=now,
            why=why[:200] or None,
        )
        session.add(made)
        session.flush()
        row.current_version_id = made.id
        live = select(EnrolmentRow).where(EnrolmentRow.cadence_version_id == old.id, EnrolmentRow.state != "ended")
        for enrolment in session.scalars(live.order_by(EnrolmentRow.id)).all():
            enrolment.cadence_version_id = made.id
            offer = open_offer(session, enrolment.family_id)
            if offer is not None and offer.step >= 0 and offer.tries == 0 and not offer.promised:
                end_offer(session, runtime, offer, outcome="superseded", why="cadence_edited", now=now, by=actor.id)
                enrolment.next_step = offer.step
                superseded += 1
        events.note(
            session, "cadence_edited", id=runtime.new_id(), at=now, actor_id=actor.id, subjects=[made.id],
            data={"number": made.number, "superseded": superseded},
        )  # fmt: skip
    return Saved(made.id, made.number, superseded)
