"""Says who is in touch with a family.

Rules
* Only somebody who works in the family's area and may ring; for *careful contact* only who is trained for it.
* The open offer goes to the same person. Nobody is a choice too: then the area's list has it.
* New families land with the champion of their area in the transaction that imports them, and so does a family that
  moves area, with every promise made to it; the one who had it has it no more. One whom the champion may not ring
  (careful contact without the training, a conflict) lands on the area's own list.
* Not tried within the area's days (Monday to Friday are counted), a family goes back, and a coordinator has a task.
  Days on which nobody might ring it do not count: held, checks pending, the area not live yet. Nor does one go back
  that has no number to ring.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Select, exists, func, or_, select, update
from sqlalchemy.orm import Session

from outreach.domain.access import GRANTS, Actor, Permission, Role, require
from outreach.domain.hold import RULES, Kind, Weight
from outreach.domain.intake_holds import CAREFUL
from outreach.domain.quiet_hours import at_london, london
from outreach.domain.working_days import working_days_before
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.areas import AreaRow, areas
from outreach.store.conflicts import hidden_from
from outreach.store.families import FamilyRow
from outreach.store.holds import HoldRow, open_holds
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.staff import StaffAreaRow, StaffRow

MOST_AT_ONCE = 500
"""Families given back in one transaction; the next tick takes the rest."""


@dataclass(frozen=True, slots=True)
class NotAssigned:
    why: str


def assign(runtime: Runtime, actor: Actor, *, family_id: str, staff_id: str | None) -> NotAssigned | None:
    """Give a family to ``staff_id``, or to nobody in particular."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        family = session.get(FamilyRow, family_id)
        if family is None:
            return NotAssigned("There is no such family.")
        require(actor, Permission.FAMILY_ASSIGN, area=family.area_code, family=family.id)
        if staff_id is not None:
            person = session.get(StaffRow, staff_id)
            works_there = session.get(StaffAreaRow, (staff_id, family.area_code)) is not None
            if person is None or not works_there or not _may_ring(person):
                return NotAssigned("Choose somebody who works in this area.")
            why_not = _why_not(session, family, person)
            if why_not is not None:
                return why_not
        if family.assigned_to == staff_id:
            return None
        _give(session, family, staff_id, now=now)
        events.note(
            session, "family_assigned", id=runtime.new_id(), at=now, actor_id=actor.id, family_id=family_id,
            subjects=[staff_id] if staff_id else [],
        )  # fmt: skip
    return None


def land_with_champions(session: Session, runtime: Runtime, *, batch_id: str, now: datetime) -> None:
    """In the transaction of an import: its new families, onto the list of the champion of their area."""
    careful = exists().where(HoldRow.family_id == FamilyRow.id, HoldRow.kind.in_(CAREFUL), HoldRow.lifted_at.is_(None))
    for area in session.scalars(select(AreaRow).where(AreaRow.champion_id.is_not(None)).order_by(AreaRow.code)).all():
        champion = _champion(session, area)
        if champion is None:
            continue
        landing = (
            FamilyRow.first_batch_id == batch_id, FamilyRow.area_code == area.code, FamilyRow.assigned_to.is_(None),
            FamilyRow.excluded_why.is_(None), FamilyRow.id.not_in(hidden_from(session, champion.id)),
        )  # fmt: skip
        may = landing if champion.trained_in_careful_contact else (*landing, ~careful)
        found = session.execute(update(FamilyRow).where(*may).values(assigned_to=champion.id, assigned_at=now))
        landed = cast("CursorResult[Any]", found).rowcount
        if landed:
            events.note(
                session, "families_landed", id=runtime.new_id(), at=now, actor_id="import",
                subjects=[batch_id, champion.id], data={"area": area.code, "families": landed},
            )  # fmt: skip


def pass_on(session: Session, family: FamilyRow, *, now: datetime) -> None:
    """In the transaction of an import: a family that stands in another area now leaves its owner."""
    champion = _champion(session, session.get_one(AreaRow, family.area_code))
    if champion is not None and (family.excluded_why or _why_not(session, family, champion) is not None):
        champion = None
    _give(session, family, champion.id if champion else None, now=now)


def tell_who_lost_it(session: Session, runtime: Runtime, family: FamilyRow, *, left: str, now: datetime) -> None:
    """In the transaction of an import: somebody in the area a family left is to know, and may say that it is wrong."""
    open_task(
        session, runtime, kind="family_moved", subject_id=family.id, family_id=None, area_code=left, now=now,
        data={"ref": family.ref, "moved_to": family.area_code},
    )  # fmt: skip


def give_back(runtime: Runtime) -> int:
    """Families that nobody tried in time go back to the coordinator; returns how many."""
    now = runtime.now()
    given = 0
    with runtime.sessions.read() as session:
        longest = select(FamilyRow.area_code, func.min(FamilyRow.assigned_at)).where(FamilyRow.assigned_to.is_not(None))
        held_since = dict(session.execute(longest.group_by(FamilyRow.area_code)).all())
        since = {code: _before(now, area.pick_up_days, nation=area.nation) for code, area in areas(session).items()}
    for code, before in since.items():
        earliest = held_since.get(code)
        if earliest is None or earliest > before:
            continue  # nobody has had a family of theirs for so long: most areas, most of the time
        with runtime.sessions.begin() as session:
            for family in session.scalars(_not_picked_up(code, before)).all():
                _give(session, family, None, now=now)
                open_task(
                    session, runtime, kind="not_picked_up", subject_id=family.id, family_id=family.id, now=now
                )  # fmt: skip
                events.note(
                    session, "family_given_back", id=runtime.new_id(), at=now, actor_id="system", family_id=family.id
                )  # fmt: skip
                given += 1
    return given


def _not_picked_up(code: str, before: datetime) -> Select[FamilyRow]:
    """Somebody has had them since ``before``, might have rung them all that time, and tried nothing."""
    due = exists().where(
        OfferRow.family_id == FamilyRow.id, OfferRow.state == "open", OfferRow.channel == "call",
        OfferRow.due_at <= before,
    )  # fmt: skip
    tried = exists().where(AttemptRow.family_id == FamilyRow.id, AttemptRow.at >= FamilyRow.assigned_at)
    held = exists().where(
        HoldRow.family_id == FamilyRow.id, HoldRow.kind.not_in(CAREFUL),
        or_(HoldRow.lifted_at.is_(None), HoldRow.lifted_at > before),
        or_(HoldRow.until.is_(None), HoldRow.until > before),
    )  # fmt: skip
    live = exists().where(AreaRow.code == FamilyRow.area_code, AreaRow.live_on <= london(before).date())
    number = exists().where(
        FamilyNumberRow.family_id == FamilyRow.id, FamilyNumberRow.off_at.is_(None),
        NumberRow.id == FamilyNumberRow.number_id, NumberRow.is_parents.is_(False),
        NumberRow.standing.not_in(("lost", "compromised")), NumberRow.calls_stopped_at.is_(None),
    )  # fmt: skip
    return (
        select(FamilyRow)
        .where(FamilyRow.area_code == code, FamilyRow.assigned_to.is_not(None), FamilyRow.assigned_at <= before)
        .where(FamilyRow.excluded_why.is_(None), FamilyRow.checks == "complete", live, number, due, ~tried, ~held)
        .order_by(FamilyRow.id)
        .limit(MOST_AT_ONCE)
        .with_for_update()
    )


def _before(now: datetime, days: int, *, nation: str) -> datetime:
    """So many working days ago, at this hour of the day."""
    here = london(now)
    return at_london(working_days_before(here.date(), days, nation=nation), here.time())


def _champion(session: Session, area: AreaRow) -> StaffRow | None:
    """Who the champion is, where they still work there and may ring."""
    person = session.get(StaffRow, area.champion_id) if area.champion_id else None
    there = person is not None and session.get(StaffAreaRow, (person.id, area.code)) is not None
    return person if person is not None and there and _may_ring(person) else None


def _may_ring(person: StaffRow) -> bool:
    return person.left_at is None and Permission.CALL_MAKE in GRANTS[Role(person.role)]


def _why_not(session: Session, family: FamilyRow, person: StaffRow) -> NotAssigned | None:
    if family.id in hidden_from(session, person.id):
        return NotAssigned("They know this family: it stands on the conflict list. Choose somebody else.")
    careful = any(RULES[Kind(row.kind)].weight is Weight.CAREFUL for row in open_holds(session, family.id))
    if careful and not person.trained_in_careful_contact:
        return NotAssigned("Careful contact: choose somebody who is trained for it.")
    return None


def _give(session: Session, family: FamilyRow, staff_id: str | None, *, now: datetime) -> None:
    """The family and its open offer, with what was promised, to somebody or to the area's list."""
    family.assigned_to, family.assigned_at = staff_id, now if staff_id else None
    theirs = (OfferRow.family_id == family.id, OfferRow.state == "open")
    session.execute(update(OfferRow).where(*theirs).values(assigned_to=staff_id, list_of=None))
