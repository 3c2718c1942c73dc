"""The cadences: whom each is for, read aloud, with what a family would get by it, its versions and what to look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.domain import cadence
from outreach.domain.access import Actor, Permission, require
from outreach.domain.cadence import Cadence, Planned
from outreach.domain.cadence_choice import For
from outreach.domain.cadence_proposal import Proposal, warnings_about, whom_said
from outreach.domain.cadence_said import said_steps
from outreach.domain.quiet_hours import bank_holidays, london
from outreach.runtime import Runtime
from outreach.store.areas import areas
from outreach.store.cadences import CadenceVersionRow, EnrolmentRow, in_use
from outreach.store.families import FamilyRow
from outreach.store.staff import StaffRow


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    made_at: datetime
    made_by: str
    why: str


@dataclass(frozen=True, slots=True)
class CadenceLine:
    id: str
    name: str
    whom: str
    families: int


@dataclass(frozen=True, slots=True)
class CadencePage:
    id: str
    version_id: str
    name: str
    whom: For
    whom_said: str
    cadence: Cadence
    steps: tuple[str, ...]
    versions: tuple[Version, ...]
    """The newest first."""
    families: int
    preview: tuple[Planned, ...]
    """What a family imprisoned today would get."""
    holidays: tuple[date, ...]
    warnings: tuple[str, ...]
    all: tuple[CadenceLine, ...]
    """Every cadence in use, the oldest first."""
    areas: tuple[tuple[str, str], ...]
    languages: tuple[str, ...]
    """Those that a family speaks, and those that a cadence names."""
    now: datetime

    @property
    def assumed(self) -> bool:
        """Nobody has set it yet."""
        return self.versions[0].made_by == "the service"


def cadence_page(runtime: Runtime, actor: Actor, cadence_id: str | None = None) -> CadencePage | None:
    """One cadence, the oldest where none is named. ``None`` where there is no such one."""
    require(actor, Permission.CADENCE_READ)
    now = runtime.now()
    with runtime.sessions.read(actor.hides) as session:
        known = in_use(session)
        one = known.get(cadence_id) if cadence_id else next(iter(known.values()), None)
        if one is None:
            return None
        today, names = london(now).date(), {code: row.name for code, row in areas(session).items()}
        counts = _families(session)
        proposal = Proposal(
            cadence_id=one.id, based_on=one.version_id, name=one.name, whom=one.whom, cadence=one.cadence
        )
        others = [(each.name, each.whom) for each in known.values() if each.id != one.id]
        spoken = {each.split("-")[0] for each in session.scalars(select(FamilyRow.language).distinct())}
        return CadencePage(
            id=one.id,
            version_id=one.version_id,
            name=one.name,
            whom=one.whom,
            whom_said=whom_said(one.whom, names),
            cadence=one.cadence,
            steps=said_steps(one.cadence),
            versions=_versions(session, one.id),
            families=counts.get(one.id, 0),
            preview=tuple(cadence.preview(one.cadence, imprisoned_on=today)),
            holidays=tuple(sorted(bank_holidays("ENG", today.year) | bank_holidays("ENG", today.year + 1))),
            warnings=warnings_about(proposal, others),
            all=tuple(
                CadenceLine(each.id, each.name, whom_said(each.whom, names), counts.get(each.id, 0))
                for each in known.values()
            ),
            areas=tuple(names.items()),
            languages=tuple(sorted(spoken.union(*(each.whom.languages for each in known.values())))),
            now=now,
        )


def _families(session: Session) -> dict[str, int]:
    query = (
        select(CadenceVersionRow.cadence_id, func.count())
        .join(EnrolmentRow, EnrolmentRow.cadence_version_id == CadenceVersionRow.id)
        .where(EnrolmentRow.state != "ended")
        .group_by(CadenceVersionRow.cadence_id)
    )
    return {cadence_id: count for cadence_id, count in session.execute(query)}  # noqa: C416 - a Result is no mapping


def _versions(session: Session, cadence_id: str) -> tuple[Version, ...]:
    names = {row.id: row.name for row in session.scalars(select(StaffRow))}
    query = select(CadenceVersionRow).where(CadenceVersionRow.cadence_id == cadence_id)
    return tuple(
        Version(
            number=row.number, made_at=row.made_at, made_by=names.get(row.made_by, "the service"), why=row.why or ""
        )
        for row in session.scalars(query.order_by(CadenceVersionRow.number.desc()))
    )
