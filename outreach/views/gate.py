"""Who waits at the gate before first contact: for what, since when, on whom, and when somebody looks again.

Rules
* Only in one's own areas. Lists show initials and references; the page of one family shows the reasons in full.
* A family stands in one place only: excluded, held, careful contact or ready, the first that is true.
* What a second person is asked to agree to, and what is due to be looked at again, come first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session

from outreach.domain import gate
from outreach.domain.access import GRANTS, Actor, NotAllowed, Permission, require
from outreach.domain.gate import Stands
from outreach.domain.hold import RULES, Kind, Weight
from outreach.domain.intake_holds import CAREFUL
from outreach.domain.quiet_hours import london
from outreach.runtime import Runtime
from outreach.store.areas import AreaRow
from outreach.store.cadences import EnrolmentRow, live_enrolment
from outreach.store.families import FamilyRow, carer_of
from outreach.store.holds import HoldRow, open_holds
from outreach.store.sealing import load_keys, unseal
from outreach.store.staff import StaffAreaRow, StaffRow
from outreach.views import ways
from outreach.views.duplicates import count_pairs, pairs_of
from outreach.views.family_line import FamilyLine, family_lines

LINES_A_PAGE = 30


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a family waits. ``hold_id`` is there where a person can lift it. ``code`` is a hold's kind or another's."""

    code: str
    says: str
    waits_on: str
    since: datetime | None = None
    look_again_on: date | None = None
    until: datetime | None = None
    hold_id: str | None = None
    safety: bool = False
    careful: bool = False
    two_people: bool = False
    asked_by: str | None = None
    asked_why: str | None = None
    asked_by_me: bool = False
    why: str | None = None
    officer: bool = False
    """The officer in the case is asked first."""
    officer_said: str | None = None
    officer_agreed: bool = False
    holds: bool = True
    """Whether the family waits for it; else it only says how contact is."""


@dataclass(frozen=True, slots=True)
class GateLine:
    family: FamilyLine
    reasons: tuple[Reason, ...]
    practitioner: str | None


@dataclass(frozen=True, slots=True)
class ReasonCount:
    code: str
    says: str
    waits_on: str
    families: int


@dataclass(frozen=True, slots=True)
class GatePage:
    counts: dict[str, int]
    asked: tuple[GateLine, ...]
    """A second person is to agree."""
    due: tuple[GateLine, ...]
    due_in_all: int
    """Somebody is to look again, today or since."""
    reasons: tuple[ReasonCount, ...]
    pairs: int
    """Likely duplicates that this person may compare."""
    nobody_named: int
    """Families in careful contact for whom no trained practitioner is named."""
    today: date


@dataclass(frozen=True, slots=True)
class GateList:
    stands: Stands
    says: str
    why: str | None
    lines: tuple[GateLine, ...]
    families: int
    page: int
    pages: int
    today: date


@dataclass(frozen=True, slots=True)
class GateFamily:
    family_id: str
    ref: str
    who: str
    area: str
    stands: Stands
    says: str
    reasons: tuple[Reason, ...]
    excluded: str | None
    careful: bool
    assigned_to: str | None
    assigned_name: str | None
    choices: tuple[tuple[str, str], ...]
    pairs: tuple[tuple[str, str], ...]
    """Families that it may be one with: id and reference of each."""
    merged: tuple[tuple[str, str], ...]
    """The family it was merged into, or those that were merged into it."""
    today: date


def gate_page(runtime: Runtime, actor: Actor) -> GatePage:
    require(actor, Permission.HOLD_LIFT)
    now = runtime.now()
    today = london(now).date()
    with runtime.sessions.read(actor.hides) as session:
        where = _Places(session, actor, now)
        mine = FamilyRow.area_code.in_(actor.areas)
        counts = {place.value: _count(session, where.of(place)) for place in Stands}
        standing = (
            select(HoldRow.family_id)
            .join(FamilyRow, FamilyRow.id == HoldRow.family_id)
            .where(mine, FamilyRow.excluded_why.is_(None), HoldRow.lifted_at.is_(None))
            .order_by(HoldRow.look_again_on, HoldRow.set_at, HoldRow.id)
        )
        asked = session.scalars(standing.where(HoldRow.asked_by.is_not(None)).limit(LINES_A_PAGE)).all()
        due = standing.where(HoldRow.look_again_on <= today)
        waiting = session.scalars(due.limit(LINES_A_PAGE)).all()
        named = exists().where(StaffRow.id == FamilyRow.assigned_to, StaffRow.trained_in_careful_contact)
        return GatePage(
            counts=counts,
            asked=_lines(session, actor, asked, now),
            due=_lines(session, actor, waiting, now),
            due_in_all=session.scalar(select(func.count()).select_from(due.order_by(None).subquery())) or 0,
            reasons=_reason_counts(session, where),
            pairs=count_pairs(session, actor),
            nobody_named=_count(session, and_(mine, FamilyRow.excluded_why.is_(None), where.careful, not_(named))),
            today=today,
        )


def gate_list(runtime: Runtime, actor: Actor, *, stands: Stands, why: str | None, page: int) -> GateList:
    """The families of one place, ``LINES_A_PAGE`` a page; only those that wait for ``why`` where it is given."""
    require(actor, Permission.HOLD_LIFT)
    now = runtime.now()
    with runtime.sessions.read(actor.hides) as session:
        where = _Places(session, actor, now)
        chosen = where.of(stands) if why is None else and_(where.of(stands), where.because(why))
        families = _count(session, chosen)
        pages = max(1, -(-families // LINES_A_PAGE))
        page = min(max(page, 1), pages)
        query = select(FamilyRow.id).where(chosen).order_by(FamilyRow.made_at, FamilyRow.id)
        ids = session.scalars(query.limit(LINES_A_PAGE).offset((page - 1) * LINES_A_PAGE)).all()
        return GateList(
            stands=stands,
            says=gate.SAYS_OF[stands],
            why=None if why is None else gate.says(why),
            lines=_lines(session, actor, ids, now),
            families=families,
            page=page,
            pages=pages,
            today=london(now).date(),
        )


def gate_family(runtime: Runtime, actor: Actor, family_id: str) -> GateFamily | None:
    """One family at the gate; None where there is none."""
    require(actor, Permission.HOLD_LIFT)
    now = runtime.now()
    with runtime.sessions.read(actor.hides) as session:
        family = session.get(FamilyRow, family_id)
        if family is None:
            return None
        if not actor.works_in(family.area_code):
            raise NotAllowed
        carer = carer_of(session, family_id)
        line = _lines(session, actor, [family_id], now)[0]
        careful = any(reason.careful for reason in line.reasons)
        stands = _stands(family, line.reasons)
        who = unseal(session, carer.name, key_id=family_id, table="carer", column="name", row_id=carer.id)
        return GateFamily(
            family_id=family_id,
            ref=family.ref,
            who=who or "a family whose words were destroyed",
            area=line.family.area,
            stands=stands,
            says=gate.SAYS_OF[stands],
            reasons=line.reasons,
            excluded=gate.ROUTED.get(family.excluded_why) if family.excluded_why else None,
            careful=careful,
            assigned_to=family.assigned_to,
            assigned_name=line.practitioner,
            choices=_choices(session, family.area_code, careful=careful),
            pairs=pairs_of(session, actor, family.ref),
            merged=_merged(session, family),
            today=london(now).date(),
        )


class _Places:
    """Where a family stands, as conditions on ``FamilyRow``; what ``_stands`` says of one, said of all."""

    def __init__(self, session: Session, actor: Actor, now: datetime) -> None:
        areas = session.scalars(select(AreaRow).where(AreaRow.code.in_(actor.areas))).all()
        today = london(now).date()
        self._mine = FamilyRow.area_code.in_(actor.areas)
        self._in_force = and_(
            HoldRow.family_id == FamilyRow.id,
            HoldRow.lifted_at.is_(None),
            or_(HoldRow.until.is_(None), HoldRow.until > now),
        )
        enrolled = exists().where(EnrolmentRow.family_id == FamilyRow.id, EnrolmentRow.state != "ended")
        self.others: dict[str, ColumnElement[bool]] = {
            "checks_pending": FamilyRow.checks == "pending",
            "area_not_live": FamilyRow.area_code.in_([area.code for area in areas if area.live_on > today]),
            "supported_already": and_(FamilyRow.supported_before != "no", not_(enrolled)),
            **ways.CONDITIONS,
        }
        self.careful = exists().where(self._in_force, HoldRow.kind.in_(CAREFUL))

    def of(self, stands: Stands) -> ColumnElement[bool]:
        excluded = FamilyRow.excluded_why.is_not(None)
        held = or_(exists().where(self._in_force, HoldRow.kind.not_in(CAREFUL)), *self.others.values())
        match stands:
            case Stands.EXCLUDED:
                return and_(self._mine, excluded)
            case Stands.HELD:
                return and_(self._mine, not_(excluded), held)
            case Stands.CAREFUL:
                return and_(self._mine, not_(excluded), not_(held), self.careful)
        return and_(self._mine, not_(excluded), not_(held), not_(self.careful))

    def because(self, code: str) -> ColumnElement[bool]:
        return self.others[code] if code in self.others else exists().where(self._in_force, HoldRow.kind == code)

    def in_force(self) -> ColumnElement[bool]:
        return and_(self._mine, self._in_force, FamilyRow.excluded_why.is_(None))


def _reason_counts(session: Session, where: _Places) -> tuple[ReasonCount, ...]:
    query = select(HoldRow.kind, func.count()).select_from(FamilyRow).join(HoldRow, where.in_force())
    by_kind = {Kind(kind): count for kind, count in session.execute(query.group_by(HoldRow.kind))}
    order = list(Weight)
    found = [
        ReasonCount(kind.value, RULES[kind].says, gate.lifted_by(kind), by_kind[kind])
        for kind in sorted(by_kind, key=lambda each: (order.index(RULES[each].weight), -by_kind[each]))
        if RULES[kind].weight is not Weight.CAREFUL
    ]
    for code, other in gate.OTHERS.items():
        if not other.holds:
            continue
        families = _count(session, and_(where.of(Stands.HELD), where.because(code)))
        if families:
            found.append(ReasonCount(code, other.says, other.waits_on, families))
    return tuple(found)


def _lines(session: Session, actor: Actor, family_ids: Sequence[str], now: datetime) -> tuple[GateLine, ...]:
    ids = list(dict.fromkeys(family_ids))
    families = {row.id: row for row in session.scalars(select(FamilyRow).where(FamilyRow.id.in_(ids)))}
    areas = {row.code: row for row in session.scalars(select(AreaRow))}
    staff = {row.id: row.name for row in session.scalars(select(StaffRow))}
    lines = family_lines(session, ids, now=now)
    load_keys(session, ids)
    ways_open, today = ways.ways_of(session, ids), london(now).date()
    found = []
    for family_id in ids:
        family = families[family_id]
        reasons = [
            _hold_reason(session, row, staff, actor)
            for row in open_holds(session, family_id)
            if row.until is None or row.until > now
        ]
        area = areas[family.area_code]
        others = {
            "checks_pending": family.checks == "pending",
            "area_not_live": area.live_on > today,
            "supported_already": family.supported_before != "no" and live_enrolment(session, family_id) is None,
            **ways_open[family_id],
            "other_language": family.language.split("-")[0] != "en",
            "custody_old": today > family.custody_as_of + timedelta(days=area.custody_limit_days),
        }
        for code, there in others.items():
            if there:
                on = area.live_on if code == "area_not_live" else None
                other = gate.OTHERS[code]
                reasons.append(
                    Reason(code, other.says, other.waits_on, since=family.made_at, look_again_on=on, holds=other.holds)
                )
        named = staff.get(family.assigned_to) if family.assigned_to else None
        found.append(GateLine(lines[family_id], tuple(reasons), named))
    return tuple(found)


def _hold_reason(session: Session, row: HoldRow, staff: dict[str, str], actor: Actor) -> Reason:
    kind = Kind(row.kind)
    weight = RULES[kind].weight

    def opened(sealed: bytes | None, column: str) -> str | None:
        return unseal(session, sealed, key_id=row.family_id, table="hold", column=column, row_id=row.id)

    return Reason(
        code=row.kind,
        says=RULES[kind].says,
        waits_on=gate.lifted_by(kind),
        since=row.set_at,
        look_again_on=row.look_again_on,
        until=row.until,
        hold_id=row.id,
        safety=weight is Weight.SAFETY,
        careful=weight is Weight.CAREFUL,
        two_people=weight is not Weight.WAITING,
        asked_by=staff.get(row.asked_by, "a colleague") if row.asked_by else None,
        asked_why=opened(row.asked_why, "asked_why"),
        asked_by_me=row.asked_by == actor.id,
        why=opened(row.why, "why"),
        officer=kind is Kind.WITNESS_IN_CASE,
        officer_said=opened(row.officer_said, "officer_said"),
        officer_agreed=row.officer_agreed_at is not None,
    )


def _merged(session: Session, family: FamilyRow) -> tuple[tuple[str, str], ...]:
    one_with = or_(FamilyRow.merged_into == family.id, FamilyRow.id == family.merged_into)
    query = select(FamilyRow.id, FamilyRow.ref).where(one_with).order_by(FamilyRow.ref)
    return tuple((family_id, ref) for family_id, ref in session.execute(query))


def _stands(family: FamilyRow, reasons: tuple[Reason, ...]) -> Stands:
    if family.excluded_why:
        return Stands.EXCLUDED
    if any(reason.holds and not reason.careful for reason in reasons):
        return Stands.HELD
    return Stands.CAREFUL if any(reason.careful for reason in reasons) else Stands.READY


def _choices(session: Session, area: str, *, careful: bool) -> tuple[tuple[str, str], ...]:
    query = (
        select(StaffRow)
        .join(StaffAreaRow, StaffAreaRow.staff_id == StaffRow.id)
        .where(StaffAreaRow.area_code == area, StaffRow.left_at.is_(None))
        .where(StaffRow.role.in_([role.value for role, may in GRANTS.items() if Permission.CALL_MAKE in may]))
        .order_by(StaffRow.name)
    )
    return tuple((row.id, row.name) for row in session.scalars(query) if row.trained_in_careful_contact or not careful)


def _count(session: Session, where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(FamilyRow).where(where)) or 0
