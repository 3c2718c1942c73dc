"""What the gate of each area goes by, as a coordinator reads and sets it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.access import GRANTS, Actor, NotAllowed, Permission, require
from outreach.domain.notice import THRESHOLDS, goes_whole
from outreach.gateway.mail import domain_of
from outreach.runtime import Runtime
from outreach.store.areas import AreaRow
from outreach.store.staff import OrganisationRow, StaffAreaRow, StaffRow


@dataclass(frozen=True, slots=True)
class GateOfArea:
    """``said`` is the whole of it in sentences."""

    code: str
    name: str
    said: tuple[str, ...]
    thresholds: tuple[str, ...]
    front_door: str
    chase_days: int
    champion_id: str
    pick_up_days: int
    people: tuple[tuple[str, str], ...]
    """Who may be the champion."""
    partner_id: str
    partners: tuple[tuple[str, str], ...]
    """Which charities families may be referred to."""


def gates(runtime: Runtime, actor: Actor) -> tuple[GateOfArea, ...]:
    require(actor, Permission.HOLD_LIFT)
    with runtime.sessions.read(actor.hides) as session:
        rows = session.scalars(select(AreaRow).where(AreaRow.code.in_(actor.areas)).order_by(AreaRow.name)).all()
        return tuple(_gate(session, runtime, row) for row in rows)


def gate_of_area(runtime: Runtime, actor: Actor, code: str) -> GateOfArea | None:
    require(actor, Permission.HOLD_LIFT)
    with runtime.sessions.read(actor.hides) as session:
        row = session.get(AreaRow, code)
        if row is None:
            return None
        if not actor.works_in(code):
            raise NotAllowed
        return _gate(session, runtime, row)


def _gate(session: Session, runtime: Runtime, row: AreaRow) -> GateOfArea:
    people = (
        select(StaffRow)
        .join(StaffAreaRow, StaffAreaRow.staff_id == StaffRow.id)
        .where(StaffAreaRow.area_code == row.code, StaffRow.left_at.is_(None))
        .where(StaffRow.role.in_([role.value for role, may in GRANTS.items() if Permission.CALL_MAKE in may]))
        .order_by(StaffRow.name)
    )
    names = {person.id: person.name for person in session.scalars(people)}
    others = select(OrganisationRow).where(OrganisationRow.kind != "police").order_by(OrganisationRow.name)
    charities = {each.id: each.name for each in session.scalars(others)}
    return GateOfArea(
        code=row.code,
        name=row.name,
        said=_said(runtime, row, names.get(row.champion_id or ""), charities.get(row.partner_id or "")),
        thresholds=tuple(row.notice_thresholds),
        front_door=row.front_door or "",
        chase_days=row.notice_chase_days,
        champion_id=row.champion_id or "",
        pick_up_days=row.pick_up_days,
        people=tuple(names.items()),
        partner_id=row.partner_id or "",
        partners=tuple(charities.items()),
    )


def _said(runtime: Runtime, row: AreaRow, champion: str | None, partner: str | None) -> tuple[str, ...]:
    open_to = " or ".join(THRESHOLDS[code] for code in THRESHOLDS if code in row.notice_thresholds)
    day = f"{row.live_on.day} {row.live_on:%B %Y}"
    whole = goes_whole(domain_of(row.front_door or ""), runtime.settings.notice_domains)
    how = "" if whole else ", without personal data, since it is no address where that may go"
    return (
        f"Live since {day}." if row.live_on <= runtime.now().date()
        else f"Goes live on {day}. Nobody is contacted before.",
        f"A child open to {open_to} gives a notice to the social worker." if open_to
        else "No help that is open to a child gives a notice; only safeguarding that goes on now does.",
        f"Without a named social worker it goes to {row.front_door}{how}." if row.front_door
        else "There is no front door: a notice without a named social worker is rung through by hand.",
        f"Not answered in {_days(row.notice_chase_days)}: a reminder.",
        f"New families land on the list of {champion}." if champion
        else "New families are dealt among those who are on duty.",
        f"Families who agree to it are referred to {partner}." if partner
        else "No charity is named that families could be referred to. No call is made before.",
        f"Not tried in {_days(row.pick_up_days)} by whoever has them: they go back to the coordinator.",
    )  # fmt: skip


def _days(days: int) -> str:
    return "1 working day" if days == 1 else f"{days} working days"
