"""The cadence read aloud, what a family would get by it, and what an edit would change, family by family.

Rules
* What is shown before saving is worked out by the very rules that plan offers (``domain/cadence.py``).
* An offer that was tried or promised goes on as it is; an untried one is planned anew by the new version.
* Families of one's own areas are shown one by one; those elsewhere are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.domain import cadence
from outreach.domain.access import Actor, Permission, require
from outreach.domain.cadence import Cadence, Planned, Step
from outreach.domain.quiet_hours import bank_holidays, london
from outreach.runtime import Runtime
from outreach.store.areas import AreaRow
from outreach.store.cadences import CadenceRow, CadenceVersionRow, EnrolmentRow, version
from outreach.store.families import FamilyRow, children_of
from outreach.store.offers import last_contact_at, offers_made, open_offer
from outreach.store.staff import StaffRow
from outreach.views.family_line import FamilyLine, family_lines

MOST_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    made_at: datetime
    made_by: str
    why: str


@dataclass(frozen=True, slots=True)
class CadencePage:
    id: str
    name: str
    cadence: Cadence
    versions: tuple[Version, ...]
    """The newest first."""
    families: int
    preview: tuple[tuple[Step, datetime], ...]
    """What a family imprisoned today would get."""
    holidays: tuple[date, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class FamilyChange:
    family: FamilyLine
    before: str
    before_at: datetime | None
    after: str
    after_at: datetime | None
    goes_on: bool
    """An offer that was tried or promised: it goes on as it is."""

    @property
    def changed(self) -> bool:
        return not self.goes_on and (self.before, self.before_at) != (self.after, self.after_at)


@dataclass(frozen=True, slots=True)
class Change:
    families: tuple[FamilyChange, ...]
    """Those that would change first."""
    changed: int
    unchanged: int
    elsewhere: int
    preview: tuple[tuple[Step, datetime], ...]


def cadence_page(runtime: Runtime, actor: Actor) -> CadencePage:
    """The cadence of the first area of the person who asks; there is one cadence, in this version of the product."""
    require(actor, Permission.CADENCE_READ)
    now = runtime.now()
    with runtime.sessions.read(actor.hides) as session:
        row = _cadence(session)
        pattern = version(session, row.current_version_id or "")
        live = select(func.count()).select_from(EnrolmentRow).where(EnrolmentRow.state != "ended")
        today = london(now).date()
        return CadencePage(
            id=row.id,
            name=row.name,
            cadence=pattern,
            versions=_versions(session, row.id),
            families=session.scalar(live) or 0,
            preview=_preview(pattern, today),
            holidays=tuple(sorted(bank_holidays("ENG", today.year) | bank_holidays("ENG", today.year + 1))),
            now=now,
        )


def cadence_change(runtime: Runtime, actor: Actor, new: Cadence) -> Change:
    """What saving ``new`` would change, for each live family."""
    require(actor, Permission.CADENCE_EDIT)
    now = runtime.now()
    with runtime.sessions.read(actor.hides) as session:
        row = _cadence(session)
        old = version(session, row.current_version_id or "")
        query = (
            select(EnrolmentRow, FamilyRow)
            .join(FamilyRow, FamilyRow.id == EnrolmentRow.family_id)
            .where(EnrolmentRow.state == "active", EnrolmentRow.cadence_version_id == row.current_version_id)
            .order_by(FamilyRow.ref)
        )
        pairs = [(enrolment, family) for enrolment, family in session.execute(query)]
        mine = [pair for pair in pairs if actor.works_in(pair[1].area_code)]
        lines = family_lines(session, [family.id for _, family in mine], now=now)
        nations = {area.code: area.nation for area in session.scalars(select(AreaRow))}
        changes = [
            _family_change(session, enrolment, family, lines[family.id], nations[family.area_code], old, new, now)
            for enrolment, family in mine
        ]
    changes.sort(key=lambda each: (not each.changed, each.family.ref))
    changed = sum(each.changed for each in changes)
    return Change(
        families=tuple(changes[:MOST_SHOWN]),
        changed=changed,
        unchanged=len(changes) - changed,
        elsewhere=len(pairs) - len(mine),
        preview=_preview(new, london(now).date()),
    )


def _family_change(
    session: Session,
    enrolment: EnrolmentRow,
    family: FamilyRow,
    line: FamilyLine,
    nation: str,
    old: Cadence,
    new: Cadence,
    now: datetime,
) -> FamilyChange:
    offer = open_offer(session, family.id)
    if offer is not None and (offer.tries or offer.promised or offer.step < 0):
        what = f"a {offer.channel}"
        return FamilyChange(line, what, offer.due_at, what, offer.due_at, goes_on=True)
    step = offer.step if offer is not None else enrolment.next_step
    born = tuple(child.born_on for child in children_of(session, family.id))

    def planned(pattern: Cadence) -> Planned | None:
        return cadence.plan(
            pattern,
            next_step=step,
            anchor=enrolment.anchor_on,
            made=offers_made(session, enrolment.id),
            last_contact=last_contact_at(session, family.id),
            calendar=cadence.calendar_for(pattern, nation=nation, born_on=born, imprisoned_on=family.imprisoned_on),
            now=now,
        )

    before, after = planned(old), planned(new)
    was, will = _said(old, before), _said(new, after)
    was_at = before.due_at if before is not None else None
    will_at = after.due_at if after is not None else None
    if offer is not None:
        same = (was, was_at) == (will, will_at) and was == f"a {offer.channel}"
        was, was_at = f"a {offer.channel}", offer.due_at
        will, will_at = (was, was_at) if same else (will, will_at)
    return FamilyChange(family=line, before=was, before_at=was_at, after=will, after_at=will_at, goes_on=False)


def _said(pattern: Cadence, planned: Planned | None) -> str:
    return f"a {pattern.steps[planned.step].channel}" if planned is not None else "nothing more"


def _cadence(session: Session) -> CadenceRow:
    return session.scalars(select(CadenceRow).order_by(CadenceRow.id)).first() or CadenceRow(id="", name="")


def _versions(session: Session, cadence_id: str) -> tuple[Version, ...]:
    names = {row.id: row.name for row in session.scalars(select(StaffRow))}
    query = select(CadenceVersionRow).where(CadenceVersionRow.cadence_id == cadence_id)
    return tuple(
        Version(
            number=row.number, made_at=row.made_at, made_by=names.get(row.made_by, "the service"), why=row.why or ""
        )
        for row in session.scalars(query.order_by(CadenceVersionRow.number.desc()))
    )


def _preview(pattern: Cadence, imprisoned_on: date) -> tuple[tuple[Step, datetime], ...]:
    return tuple(
        (pattern.steps[each.step], each.due_at) for each in cadence.preview(pattern, imprisoned_on=imprisoned_on)
    )
