"""Notices to social workers: which wait to be approved, to be sent, to be answered; one notice as it will go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.domain import notice
from outreach.domain.access import Actor, NotAllowed, Permission, require
from outreach.gateway.mail import domain_of
from outreach.runtime import Runtime
from outreach.store.areas import AreaRow
from outreach.store.families import FamilyRow
from outreach.store.notices import NoticeRow, notices_of
from outreach.store.sealing import unseal
from outreach.store.staff import StaffRow
from outreach.views.family_line import FamilyLine, family_lines

LINES_A_PAGE = 30
GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "drafted": ("To be approved", ("drafted",)),
    "approved": ("Approved, not sent", ("approved", "sending")),
    "sent": ("Sent, not answered", ("sent",)),
    "answered": ("Answered or dropped", ("answered", "dropped")),
}
HOW = {"mail": "by e-mail", "bare": "by e-mail, without personal data", "by_hand": "by hand"}


@dataclass(frozen=True, slots=True)
class NoticeLine:
    id: str
    family: FamilyLine
    why: str
    waits: bool
    to: str
    state_said: str
    made_at: datetime
    sent_at: datetime | None
    chase_on: date | None
    chased: int


@dataclass(frozen=True, slots=True)
class NoticeGroup:
    code: str
    title: str
    lines: tuple[NoticeLine, ...]
    notices: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class NoticePage:
    line: NoticeLine
    state: str
    family_id: str
    address: str
    body: str
    goes: str
    """As it would go by mail now: the same as ``body``, or without personal data."""
    whole: bool
    told_before: tuple[str, ...]
    """Who was told of one of these children for the same imprisonment, and what came of it."""
    approved_by: str | None
    approved_at: datetime | None
    not_sent_why: str | None
    answer: str | None
    answer_words: str | None
    answered_by: str | None
    answered_at: datetime | None
    dropped_why: str | None


def notices_page(runtime: Runtime, actor: Actor, *, group: str, page: int) -> NoticeGroup:
    require(actor, Permission.HOLD_LIFT)
    title, states = GROUPS[group]
    now = runtime.now()
    with runtime.sessions.read(actor.hides) as session:
        mine = (FamilyRow.area_code.in_(actor.areas), NoticeRow.state.in_(states))
        found = select(NoticeRow).join(FamilyRow, FamilyRow.id == NoticeRow.family_id).where(*mine)
        notices = session.scalar(select(func.count()).select_from(found.subquery())) or 0
        pages = max(1, -(-notices // LINES_A_PAGE))
        page = min(max(page, 1), pages)
        query = found.order_by(NoticeRow.waits.desc(), NoticeRow.made_at, NoticeRow.id)
        rows = session.scalars(query.limit(LINES_A_PAGE).offset((page - 1) * LINES_A_PAGE)).all()
        lines = family_lines(session, [row.family_id for row in rows], now=now)
        shown = tuple(_line(session, row, lines[row.family_id]) for row in rows)
        return NoticeGroup(group, title, shown, notices, page, pages)


def notice_counts(runtime: Runtime, actor: Actor) -> dict[str, int]:
    """How many notices stand in each of ``GROUPS``."""
    require(actor, Permission.HOLD_LIFT)
    with runtime.sessions.read(actor.hides) as session:
        query = (
            select(NoticeRow.state, func.count())
            .join(FamilyRow, FamilyRow.id == NoticeRow.family_id)
            .where(FamilyRow.area_code.in_(actor.areas))
            .group_by(NoticeRow.state)
        )
        by_state = {state: count for state, count in session.execute(query)}  # noqa: C416 - a Result is no mapping
    return {code: sum(by_state.get(state, 0) for state in states) for code, (_, states) in GROUPS.items()}


def notice_page(runtime: Runtime, actor: Actor, notice_id: str) -> NoticePage | None:
    require(actor, Permission.HOLD_LIFT)
    with runtime.sessions.read(actor.hides) as session:
        row = session.get(NoticeRow, notice_id)
        if row is None:
            return None
        family = session.get_one(FamilyRow, row.family_id)
        if not actor.works_in(family.area_code):
            raise NotAllowed
        area = session.get_one(AreaRow, row.area_code)
        staff = {each.id: each.name for each in session.scalars(select(StaffRow))}
        line = _line(session, row, family_lines(session, [row.family_id], now=runtime.now())[row.family_id])
        address = _open(session, row, row.address, "address") or ""
        body = _open(session, row, row.body, "body") or ""
        whole = notice.goes_whole(domain_of(address), runtime.settings.notice_domains)
        return NoticePage(
            line=line,
            state=row.state,
            family_id=row.family_id,
            address=address,
            body=body,
            goes=body if whole else notice.bare(team=area.team_name, area=area.name),
            whole=whole,
            told_before=_told_before(session, row),
            approved_by=staff.get(row.approved_by) if row.approved_by else None,
            approved_at=row.approved_at,
            not_sent_why=row.not_sent_why,
            answer=notice.ANSWERS.get(row.answer) if row.answer else None,
            answer_words=_open(session, row, row.answer_words, "answer_words"),
            answered_by=staff.get(row.answered_by) if row.answered_by else None,
            answered_at=row.answered_at,
            dropped_why=_open(session, row, row.dropped_why, "dropped_why"),
        )


def _told_before(session: Session, row: NoticeRow) -> tuple[str, ...]:
    told = (each for each in notices_of(session, row.family_id) if each.state in ("sending", "sent", "answered"))
    same = (each for each in told if each.imprisoned_on == row.imprisoned_on and each.made_at < row.made_at)
    return tuple(
        f"{_to(session, each)}: {_state_said(each)}" for each in same if set(each.children) & set(row.children)
    )


def family_notices(runtime: Runtime, actor: Actor, family_id: str) -> tuple[NoticeLine, ...]:
    """The notices about one family, for its page at the gate."""
    require(actor, Permission.HOLD_LIFT)
    with runtime.sessions.read(actor.hides) as session:
        rows = notices_of(session, family_id)
        lines = family_lines(session, [family_id], now=runtime.now())
        return tuple(_line(session, row, lines[family_id]) for row in rows)


def _line(session: Session, row: NoticeRow, family: FamilyLine) -> NoticeLine:
    return NoticeLine(
        id=row.id,
        family=family,
        why=notice.WHY_SAID[row.why],
        waits=row.waits,
        to=_to(session, row),
        state_said=_state_said(row),
        made_at=row.made_at,
        sent_at=row.sent_at,
        chase_on=row.chase_on,
        chased=row.chased,
    )


def _to(session: Session, row: NoticeRow) -> str:
    known = "the front door" if row.front_door else "the social worker"
    return _open(session, row, row.recipient, "recipient") or known


def _state_said(row: NoticeRow) -> str:
    match row.state:
        case "drafted":
            return "to be approved"
        case "approved":
            return "approved, not sent"
        case "sending":
            return "nobody can say whether it went"
        case "sent":
            return f"sent {HOW[row.sent_how or 'by_hand']}, not answered"
        case "answered":
            return f"answered: {notice.ANSWERS.get(row.answer or '', 'something')}"
    return "dropped"


def _open(session: Session, row: NoticeRow, sealed: bytes | None, column: str) -> str | None:
    return unseal(session, sealed, key_id=row.family_id, table="notice", column=column, row_id=row.id)
