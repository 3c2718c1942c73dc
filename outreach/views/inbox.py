"""The inbox: the threads of one's own areas, danger first, then who has waited longest, and who has each.

Rules
* A thread waits from its oldest text that nobody has looked at. What waits stands above what does not.
* Of several alerts of a thread the one that nobody has is shown, else the newest.
* *Waiting* are the threads in which we wait: for them, or for a text of ours to go (``inbox_waiting``).
* Families of other areas are not named, even where a number stands in two.
* Alerts that came from a call have no thread; they stand above the threads until they are settled.
* At most a hundred threads that wait for nobody are listed, the newest first; all that wait are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, require
from outreach.domain.plain_words import ALERTS, INTENTS
from outreach.runtime import Runtime
from outreach.store import sealing
from outreach.store.alerts import AlertRow
from outreach.store.families import FamilyRow
from outreach.store.numbers import FamilyNumberRow
from outreach.store.staff import StaffRow
from outreach.store.texts import ReadingRow, TextRow, body_of
from outreach.store.threads import Inbound, holder_of, is_open
from outreach.views.family_history import GONE
from outreach.views.family_line import FamilyLine, family_lines
from outreach.views.inbox_waiting import Awaited, awaited, where_we_may_wait

SHOWS = ("needs", "danger", "mine", "waiting", "all")
MOST_AT_REST = 100
PREVIEW = 160
A_CONCERN = "A colleague raised a concern"
A_WORRY = "They wrote something worrying"


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alert nobody has settled. ``taken_by`` is empty until somebody said *I have it*."""

    id: str
    what: str
    raised_at: datetime
    taken_by: str
    mine: bool
    family: FamilyLine | None


@dataclass(frozen=True, slots=True)
class ThreadLine:
    number_id: str
    families: tuple[FamilyLine, ...]
    shared: bool
    """More than one family stands on the number, or one that is not of my areas."""
    words: str
    at: datetime
    waiting_since: datetime | None
    reads_as: str
    alarm: Alarm | None
    awaited: Awaited | None
    holder: str
    mine: bool

    @property
    def who(self) -> str:
        """Initials and references; nobody's number says so."""
        named = " or ".join(f"{line.who}, {line.ref}" for line in self.families)
        return named or "A number nobody knows"


@dataclass(frozen=True, slots=True)
class InboxPage:
    show: str
    threads: tuple[ThreadLine, ...]
    alarms: tuple[Alarm, ...]
    counts: dict[str, int]
    now: datetime

    @property
    def family_ids(self) -> list[str]:
        """Whom the page shows, for the note of access."""
        lines = [line for thread in self.threads for line in thread.families]
        return sorted({line.id for line in lines} | {each.family.id for each in self.alarms if each.family})


def inbox(runtime: Runtime, actor: Actor, *, show: str = "needs") -> InboxPage:
    require(actor, Permission.INBOX_READ)
    now = runtime.now()
    with runtime.sessions.read(actor.hides) as session:
        names = names_of(session)
        alerts = _alerts(session, actor)
        threads = _threads(session, actor, {row.number_id for row in alerts if row.number_id})
        linked = _linked(session, threads)
        families = _families(session, actor, threads, linked)
        ids = {each for found in families.values() for each in found} | {
            row.family_id for row in alerts if row.family_id
        }
        lines = {
            key: line for key, line in family_lines(session, ids, now=now).items() if line.area_code in actor.areas
        }
        waits = awaited(session, threads)
        by_number: dict[str, Alarm] = {}
        for row in sorted(alerts, key=lambda row: row.taken_at is not None):  # the newest first, of each kind
            if row.number_id in threads:
                by_number.setdefault(row.number_id, alarm_of(row, names, lines, actor))
        loose = tuple(alarm_of(row, names, lines, actor) for row in alerts if row.number_id not in threads)
        rows = [
            _line(
                session,
                inbound,
                families[number_id],
                linked[number_id],
                lines,
                by_number.get(number_id),
                waits.get(number_id),
                names,
                actor,
            )
            for number_id, inbound in threads.items()
            if families[number_id] or inbound[-1][0].family_id is None  # else it is a family's of another area
        ]
        rows.sort(key=_order)
        shown = {name: [row for row in rows if _fits(row, name)] for name in SHOWS}
        counts = {name: len(found) for name, found in shown.items()}
        counts["danger"] += len(loose)
        chosen = show if show in SHOWS else "needs"
        alarms = loose if chosen != "mine" else tuple(each for each in loose if each.mine)
        alarms = () if chosen == "waiting" else alarms
        return InboxPage(chosen, tuple(shown[chosen]), alarms, counts, now)


def where_alert_is(runtime: Runtime, actor: Actor, alert_id: str) -> tuple[str | None, str | None]:
    """The thread and the family an alert belongs to, by their ids."""
    require(actor, Permission.INBOX_READ)
    with runtime.sessions.read(actor.hides) as session:
        row = session.get_one(AlertRow, alert_id)
        require(actor, Permission.INBOX_READ, area=row.area_code)
        came = (
            row.number_id
            and session.scalars(
                select(TextRow.id).where(TextRow.number_id == row.number_id, TextRow.direction == "in").limit(1)
            ).first()
        )
        return (row.number_id if came else None), row.family_id


def names_of(session: Session) -> dict[str, str]:
    return {key: name for key, name in session.execute(select(StaffRow.id, StaffRow.name))}  # noqa: C416


def alarm_of(row: AlertRow, names: dict[str, str], lines: dict[str, FamilyLine], actor: Actor) -> Alarm:
    return Alarm(
        id=row.id,
        what=what_of(row),
        raised_at=row.raised_at,
        taken_by=names.get(row.taken_by or "", "a colleague") if row.taken_at else "",
        mine=row.taken_by == actor.id,
        family=lines.get(row.family_id or ""),
    )


def what_of(row: AlertRow) -> str:
    """What an alert is about, in words."""
    return ALERTS.get(row.kind, A_WORRY if row.text_id else A_CONCERN)


def _alerts(session: Session, actor: Actor) -> list[AlertRow]:
    query = select(AlertRow).where(AlertRow.area_code.in_(actor.areas), AlertRow.settled_at.is_(None))
    return list(session.scalars(query.order_by(AlertRow.raised_at.desc(), AlertRow.id)))


def _threads(session: Session, actor: Actor, alarmed: set[str]) -> dict[str, list[Inbound]]:
    """What came, by number: every thread that somebody waits in, has, or is in danger in, or in which we wait; and the
    newest others."""
    open_ones = ReadingRow.settled_at.is_(None) & (ReadingRow.needs_person | ReadingRow.taken_by.is_not(None))
    base = select(TextRow.number_id).join(ReadingRow, ReadingRow.text_id == TextRow.id)
    ours = (
        select(FamilyNumberRow.number_id)
        .join(FamilyRow, FamilyRow.id == FamilyNumberRow.family_id)
        .where(FamilyRow.area_code.in_(actor.areas), FamilyNumberRow.off_at.is_(None))
    )
    base = base.where(
        TextRow.direction == "in", or_(ReadingRow.area_code.in_(actor.areas), TextRow.number_id.in_(ours))
    )
    wanted = set(session.scalars(base.where(or_(open_ones, TextRow.number_id.in_(alarmed))).distinct()))
    waiting = sorted(where_we_may_wait(session) - wanted)
    for start in range(0, len(waiting), 500):
        wanted |= set(session.scalars(base.where(TextRow.number_id.in_(waiting[start : start + 500])).distinct()))
    for number_id in session.scalars(base.order_by(TextRow.at.desc()).limit(MOST_AT_REST * 5)):
        if len(wanted) >= MOST_AT_REST and number_id not in wanted:
            break
        wanted.add(number_id)
    found: dict[str, list[Inbound]] = defaultdict(list)
    ordered = sorted(wanted)
    for start in range(0, len(ordered), 500):
        query = (
            select(TextRow, ReadingRow)
            .join(ReadingRow, ReadingRow.text_id == TextRow.id)
            .where(TextRow.number_id.in_(ordered[start : start + 500]), TextRow.direction == "in")
        )
        for text, reading in session.execute(query.order_by(TextRow.at, TextRow.id)):
            found[text.number_id].append((text, reading))
    return dict(found)


def _linked(session: Session, number_ids: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {each: set() for each in number_ids}
    ordered = sorted(found)
    for start in range(0, len(ordered), 500):
        query = select(FamilyNumberRow.number_id, FamilyNumberRow.family_id).where(
            FamilyNumberRow.number_id.in_(ordered[start : start + 500]), FamilyNumberRow.off_at.is_(None)
        )
        for number_id, family_id in session.execute(query):
            found[number_id].add(family_id)
    return found


def _families(
    session: Session, actor: Actor, threads: dict[str, list[Inbound]], linked: dict[str, set[str]]
) -> dict[str, list[str]]:
    """Whose each thread is: as the newest text says, else every family on the number; only of my areas."""
    wanted = {}
    for number_id, inbound in threads.items():
        said = inbound[-1][0].family_id
        wanted[number_id] = [said] if said else sorted(linked[number_id])
    ids = {each for found in wanted.values() for each in found}
    mine = set(session.scalars(select(FamilyRow.id).where(FamilyRow.area_code.in_(actor.areas), FamilyRow.id.in_(ids))))
    return {number_id: [each for each in found if each in mine] for number_id, found in wanted.items()}


def _line(
    session: Session,
    inbound: list[Inbound],
    family_ids: list[str],
    linked: set[str],
    lines: dict[str, FamilyLine],
    alarm: Alarm | None,
    waits: Awaited | None,
    names: dict[str, str],
    actor: Actor,
) -> ThreadLine:
    text, reading = inbound[-1]
    sealing.load_keys(session, [text.key_id])
    words = " ".join((body_of(session, text) or GONE).split())
    holder = holder_of(inbound)
    waiting = [each.at for each, row in inbound if row.needs_person and is_open(row)]
    return ThreadLine(
        number_id=text.number_id,
        families=tuple(lines[each] for each in family_ids if each in lines),
        shared=len(linked) > 1 and text.family_id is None,
        words=words if len(words) <= PREVIEW else words[: PREVIEW - 1].rstrip() + "…",
        at=text.at,
        waiting_since=min(waiting) if waiting else None,
        reads_as=INTENTS.get(reading.corrected_intent or reading.intent, "not clear"),
        alarm=alarm,
        awaited=waits,
        holder=names.get(holder, "a colleague") if holder else "",
        mine=holder == actor.id,
    )


def _order(row: ThreadLine) -> tuple[int, float]:
    if row.alarm is not None:
        return (1 if row.alarm.taken_by else 0), row.alarm.raised_at.timestamp()
    if row.waiting_since is not None:
        return 2, row.waiting_since.timestamp()
    return 3, -row.at.timestamp()


def _fits(row: ThreadLine, show: str) -> bool:
    if show == "needs":
        return row.alarm is not None or row.waiting_since is not None
    if show == "danger":
        return row.alarm is not None
    if show == "waiting":
        return row.alarm is None and row.awaited is not None
    return show == "all" or row.mine
