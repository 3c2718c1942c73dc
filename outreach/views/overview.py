"""Is every promise kept? Sentences for the coordinator, with what is held and why, who works, and what came of it.

Rules
* Of one's own areas. Counts are exact: this is a list of work, not a report. Nothing is counted by person.
* *This month* is from the first of the month to now, London time. An offer is due when its time has come.
* *On nobody's list*: contact is allowed, and yet nothing is planned: no open offer, no cadence at work, no ending.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.domain import rota
from outreach.domain.access import Actor, Permission, require
from outreach.domain.hold import RULES, Kind, Weight
from outreach.domain.plain_words import OFFER_OUTCOMES, TASKS
from outreach.domain.quiet_hours import at_london, london
from outreach.domain.sending import SAYS
from outreach.runtime import Runtime, real_time
from outreach.store.alert_line import alert_line, can_be_rung
from outreach.store.alerts import AlertRow, TaskRow
from outreach.store.areas import AreaRow
from outreach.store.cadences import EnrolmentRow
from outreach.store.conversations import ConversationRow
from outreach.store.families import FamilyRow
from outreach.store.holds import HoldRow
from outreach.store.offers import OfferRow
from outreach.store.proofs import findings_of, last_proof
from outreach.store.referrals import ReferralRow
from outreach.store.staff import StaffRow, shifts_of
from outreach.store.texts import ReadingRow, TextRow
from outreach.store.workers import HeartbeatRow
from outreach.views.family_line import FamilyLine, family_lines
from outreach.views.pause_state import PauseState, pause_state

IN_TIME = timedelta(minutes=15)
SILENT = timedelta(minutes=2)
PROOF_IS_OLD = timedelta(hours=36)
MOST = 50


@dataclass(frozen=True, slots=True)
class Promises:
    """Offers due this month: all, ended, and what the open ones wait for, in words, the most frequent first."""

    due: int
    ended: int
    open_because: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class HeldKind:
    says: str
    count: int
    since: datetime
    needs_two: bool
    families: tuple[FamilyLine, ...]


@dataclass(frozen=True, slots=True)
class Alerts:
    open: int
    untaken: int
    this_month: int
    in_time: int
    slowest_minutes: int | None
    nobody_to_tell: tuple[str, ...]
    """Areas in which danger would ring nobody now: nobody in line has a phone number here."""


@dataclass(frozen=True, slots=True)
class OpenTask:
    id: str
    says: str
    family: FamilyLine | None
    since: datetime
    number_id: str = ""
    """A number that somebody is to decide about."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A promise that did not hold last night, of how many things, and the families among the first of them."""

    says: str
    broken: int
    families: tuple[FamilyLine, ...]


@dataclass(frozen=True, slots=True)
class LastProof:
    night: date
    rules: int
    late: bool
    """There is none of last night: the worker was off, or it could not be made."""
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class AreaAtWork:
    name: str
    on_duty: tuple[str, ...]
    out_of_hours: str


@dataclass(frozen=True, slots=True)
class Overview:
    now: datetime
    families: int
    promises: Promises
    nobodys: tuple[FamilyLine, ...]
    nobodys_count: int
    held: tuple[HeldKind, ...]
    alerts: Alerts
    tasks: tuple[OpenTask, ...]
    tasks_count: int
    replies_waiting: int
    calls_unfinished: int
    outcomes: tuple[tuple[str, int], ...]
    referrals_made: int
    referrals_unopened: int
    referrals_held: int
    areas: tuple[AreaAtWork, ...]
    worker_silent: bool
    pause: PauseState
    proof: LastProof | None
    """``None``: none was ever made."""

    @property
    def family_ids(self) -> list[str]:
        lines = [*self.nobodys, *(line for kind in self.held for line in kind.families)]
        lines += [line for each in (self.proof.findings if self.proof else ()) for line in each.families]
        return sorted({line.id for line in lines} | {task.family.id for task in self.tasks if task.family})


def overview(runtime: Runtime, actor: Actor) -> Overview:
    require(actor, Permission.OVERVIEW_READ)
    now = runtime.now()
    month = at_london(london(now).date().replace(day=1), time(0))
    with runtime.sessions.read(actor.hides) as session:
        mine = select(FamilyRow.id).where(FamilyRow.area_code.in_(actor.areas))
        nobodys = _on_nobodys_list(session, actor)
        tasks = _tasks(session, actor)
        holds = _holds(session, actor, now)
        shown = {row.family_id for row in tasks[:MOST] if row.family_id} | set(nobodys[:MOST])
        lines = family_lines(
            session, shown | {row.family_id for rows in holds.values() for row in rows[:MOST]}, now=now
        )
        referrals = select(func.count()).select_from(ReferralRow).where(ReferralRow.family_id.in_(mine))
        return Overview(
            now=now,
            families=session.scalar(select(func.count()).select_from(mine.subquery())) or 0,
            promises=_promises(session, actor, month, now),
            nobodys=tuple(lines[each] for each in nobodys[:MOST]),
            nobodys_count=len(nobodys),
            held=tuple(_held(kind, rows, lines) for kind, rows in holds.items()),
            alerts=_alerts(session, actor, month, now),
            tasks=tuple(
                OpenTask(
                    id=row.id,
                    says=_task_says(session, row),
                    family=lines.get(row.family_id or ""),
                    since=row.made_at,
                    number_id=row.subject_id if row.kind == "decide_number" else "",
                )
                for row in tasks[:MOST]
            ),
            tasks_count=len(tasks),
            replies_waiting=_count(
                session, ReadingRow, ReadingRow.needs_person.is_(True), ReadingRow.settled_at.is_(None),
                ReadingRow.area_code.in_(actor.areas),
            ),
            calls_unfinished=_count(
                session, ConversationRow, ConversationRow.state == "parked", ConversationRow.family_id.in_(mine)
            ),
            outcomes=_outcomes(session, actor, month),
            referrals_made=session.scalar(referrals.where(ReferralRow.made_at >= month)) or 0,
            referrals_unopened=session.scalar(referrals.where(ReferralRow.state == "sent")) or 0,
            referrals_held=session.scalar(referrals.where(ReferralRow.state == "held")) or 0,
            areas=_at_work(session, actor, now),
            worker_silent=_worker_silent(session, runtime),
            pause=pause_state(runtime, actor),
            proof=_last_proof(session, actor, now),
        )  # fmt: skip


def _promises(session: Session, actor: Actor, month: datetime, now: datetime) -> Promises:
    mine = (FamilyRow.area_code.in_(actor.areas), OfferRow.due_at <= now)
    ended_query = select(func.count()).select_from(OfferRow).join(FamilyRow, FamilyRow.id == OfferRow.family_id)
    ended = session.scalar(ended_query.where(*mine, OfferRow.state == "ended", OfferRow.ended_at >= month)) or 0
    still_open = select(OfferRow).join(FamilyRow, FamilyRow.id == OfferRow.family_id)
    rows = session.scalars(still_open.where(*mine, OfferRow.state == "open")).all()
    query = select(HoldRow).where(HoldRow.family_id.in_([row.family_id for row in rows]), HoldRow.lifted_at.is_(None))
    holds = {hold.family_id: RULES[Kind(hold.kind)].says for hold in session.scalars(query.order_by(HoldRow.set_at))}
    because = Counter(_open_because(row, holds) for row in rows)
    return Promises(due=ended + len(rows), ended=ended, open_because=tuple(because.most_common()))


def _open_because(row: OfferRow, holds: dict[str, str]) -> str:
    if row.closes_at is not None:
        return "a text is out and may still be answered"
    if row.family_id in holds:
        return holds[row.family_id]
    if row.waits_for:
        return SAYS.get(row.waits_for) or _hold_says(row.waits_for) or "it waits"
    return f"the {row.channel} is still to be made" if row.channel != "text" else "the text is about to go"


def _hold_says(code: str) -> str | None:
    return RULES[Kind(code)].says if code in set(Kind) else None


def _on_nobodys_list(session: Session, actor: Actor) -> list[str]:
    planned = select(OfferRow.family_id).where(OfferRow.state == "open")
    enrolled = select(EnrolmentRow.family_id)
    held = select(HoldRow.family_id).where(HoldRow.lifted_at.is_(None))
    at_work = select(EnrolmentRow.family_id).where(EnrolmentRow.state.in_(("active", "rested")))
    query = select(FamilyRow.id).where(
        FamilyRow.area_code.in_(actor.areas),
        FamilyRow.excluded_why.is_(None),
        FamilyRow.listed.is_(True),
        FamilyRow.id.not_in(planned),
        FamilyRow.id.not_in(held),
        FamilyRow.id.not_in(at_work),
        FamilyRow.id.not_in(enrolled),
    )
    return list(session.scalars(query.order_by(FamilyRow.made_at, FamilyRow.id)))


def _holds(session: Session, actor: Actor, now: datetime) -> dict[Kind, list[HoldRow]]:
    query = (
        select(HoldRow)
        .join(FamilyRow, FamilyRow.id == HoldRow.family_id)
        .where(FamilyRow.area_code.in_(actor.areas), HoldRow.lifted_at.is_(None))
        .order_by(HoldRow.set_at, HoldRow.id)
    )
    found: dict[Kind, list[HoldRow]] = {}
    for row in session.scalars(query):
        if row.until is None or row.until > now:
            found.setdefault(Kind(row.kind), []).append(row)
    order = {Weight.SAFETY: 0, Weight.CAREFUL: 1, Weight.WAITING: 2}
    return dict(sorted(found.items(), key=lambda each: (order[RULES[each[0]].weight], -len(each[1]))))


def _held(kind: Kind, rows: list[HoldRow], lines: dict[str, FamilyLine]) -> HeldKind:
    return HeldKind(
        says=RULES[kind].says,
        count=len(rows),
        since=rows[0].set_at,
        needs_two=RULES[kind].weight is not Weight.WAITING,
        families=tuple(lines[row.family_id] for row in rows[:MOST]),
    )


def _alerts(session: Session, actor: Actor, month: datetime, now: datetime) -> Alerts:
    live = select(AreaRow).where(AreaRow.code.in_(actor.areas), AreaRow.live_on <= london(now).date())
    mine = AlertRow.area_code.in_(actor.areas)
    taken = session.execute(
        select(AlertRow.raised_at, AlertRow.taken_at).where(mine, AlertRow.raised_at >= month)
    ).all()
    waits = [row.taken_at - row.raised_at for row in taken if row.taken_at is not None]
    return Alerts(
        open=_count(session, AlertRow, mine, AlertRow.settled_at.is_(None)),
        untaken=_count(session, AlertRow, mine, AlertRow.settled_at.is_(None), AlertRow.taken_at.is_(None)),
        this_month=len(taken),
        in_time=sum(wait <= IN_TIME for wait in waits),
        slowest_minutes=round(max(waits).total_seconds() / 60) if waits else None,
        nobody_to_tell=tuple(
            area.name
            for area in session.scalars(live.order_by(AreaRow.name))
            if not can_be_rung(alert_line(session, area.code, now))
        ),
    )


def _last_proof(session: Session, actor: Actor, now: datetime) -> LastProof | None:
    row = last_proof(session)
    if row is None:
        return None
    findings = findings_of(session, row.id)
    examples = {each for one in findings for each in one.examples}
    homes = _families_behind(session, actor, examples)
    lines = family_lines(session, set(homes.values()), now=now)
    return LastProof(
        night=row.night,
        rules=row.rules,
        late=now - row.began_at > PROOF_IS_OLD,
        findings=tuple(
            Finding(
                each.says,
                each.broken,
                tuple(lines[home] for home in dict.fromkeys(homes[one] for one in each.examples if one in homes)),
            )
            for each in findings
        ),
    )


def _families_behind(session: Session, actor: Actor, ids: set[str]) -> dict[str, str]:
    """The families, of one's own areas, that offers, enrolments, texts, alerts or referrals of these ids belong to."""
    found: dict[str, str] = {}
    for table in (OfferRow, EnrolmentRow, TextRow, AlertRow, ReferralRow):
        query = (
            select(table.id, table.family_id)
            .join(FamilyRow, FamilyRow.id == table.family_id)
            .where(table.id.in_(ids), FamilyRow.area_code.in_(actor.areas))
        )
        found |= {one: home for one, home in session.execute(query) if home}
    own = select(FamilyRow.id).where(FamilyRow.id.in_(ids), FamilyRow.area_code.in_(actor.areas))
    return found | {each: each for each in session.scalars(own)}


def _task_says(session: Session, row: TaskRow) -> str:
    """What is to be seen to; where a colleague asked for it, who that is."""
    said = TASKS.get(row.kind, "Something to look at")
    asked = session.get(StaffRow, row.data["asked_by"]) if "asked_by" in row.data else None
    if "moved_to" in row.data:
        return f"{said} ({row.data['ref']}, now {session.get_one(AreaRow, row.data['moved_to']).name})"
    return f"{said} ({asked.name})" if asked else said


def _tasks(session: Session, actor: Actor) -> list[TaskRow]:
    query = select(TaskRow).where(TaskRow.done_at.is_(None), TaskRow.area_code.in_(actor.areas))
    return list(session.scalars(query.order_by(TaskRow.made_at, TaskRow.id)))


def _outcomes(session: Session, actor: Actor, month: datetime) -> tuple[tuple[str, int], ...]:
    query = (
        select(OfferRow.outcome, func.count())
        .join(FamilyRow, FamilyRow.id == OfferRow.family_id)
        .where(FamilyRow.area_code.in_(actor.areas), OfferRow.state == "ended", OfferRow.ended_at >= month)
        .group_by(OfferRow.outcome)
    )
    found = {outcome: count for outcome, count in session.execute(query)}  # noqa: C416 - a Result is no mapping
    return tuple((words, found[code]) for code, words in OFFER_OUTCOMES.items() if code in found)


def _at_work(session: Session, actor: Actor, now: datetime) -> tuple[AreaAtWork, ...]:
    names = {row.id: row.name for row in session.scalars(select(StaffRow))}
    at_work = []
    for area in session.scalars(select(AreaRow).where(AreaRow.code.in_(actor.areas)).order_by(AreaRow.name)):
        shifts = shifts_of(session, area.code)
        on = tuple(names.get(each, "somebody") for each in rota.on_duty(shifts, now))
        at_work.append(AreaAtWork(name=area.name, on_duty=on, out_of_hours=names.get(area.out_of_hours_by or "", "")))
    return tuple(at_work)


def _worker_silent(session: Session, runtime: Runtime) -> bool:
    beat = session.scalar(select(func.max(HeartbeatRow.beat_at)))
    return beat is None or real_time(runtime) - beat > SILENT


def _count(session: Session, table: type, *where: object) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*where)) or 0  # type: ignore[arg-type]
