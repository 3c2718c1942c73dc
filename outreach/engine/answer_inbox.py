"""Work on a thread: claim it, hand it back, say whose it is, settle it.

Rules
* A thread is worked on by one person at a time. The first thing somebody does there claims it; a colleague's thread
  is taken over in so many words, never by accident.
* Everything a person does carries the last text they saw. Where the family wrote again since, nothing is done: they
  read it first.
* Settling says that a person has looked: the holds a reply or an alert set are lifted, and what waited looks again.
  An alert is settled first, by its own click. A wish to stop is obeyed first, or put right in so many words: it is
  never settled away.
* Doing a thing twice does it once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, NotAllowed, Permission, require
from outreach.domain.hold import Kind
from outreach.engine.holds import lift_kinds, set_hold
from outreach.runtime import Runtime
from outreach.store import events, numbers
from outreach.store.alerts import AlertRow, TaskRow
from outreach.store.families import FamilyRow
from outreach.store.numbers import NumberRow
from outreach.store.sealing import seal, unseal
from outreach.store.texts import ReadingRow, TextRow, body_of
from outreach.store.threads import (
    Inbound,
    areas_of,
    calls_wait,
    hold_of,
    holder_of,
    inbound_of,
    is_open,
    may_want_stop,
    open_alerts,
    unread,
)

WROTE_AGAIN = "They wrote again since you opened this page. Read it first; nothing was done."
SOMEBODY_HAS_IT = "A colleague has this thread. Nothing was done. Take it over first if they cannot go on."
ALERT_FIRST = "There is an alert in this thread. Settle it first."
WHOSE_FIRST = "Say first which family this is."
REPLIES = {Kind.REPLY, Kind.READ_FIRST}
"""The holds that what they wrote has set."""
STOP_FIRST = "They may want us to stop: obey it, or put the reading right first. Nothing was done."


@dataclass(frozen=True, slots=True)
class NotDone:
    """Refused, and why, as a sentence."""

    why: str


@dataclass(frozen=True, slots=True)
class Work:
    """A thread in somebody's hands, inside one transaction. ``number`` is locked; ``newest`` is what they saw."""

    number: NumberRow
    inbound: list[Inbound]
    linked: list[str]
    family: FamilyRow | None

    @property
    def newest(self) -> Inbound:
        return self.inbound[-1]


def claim(runtime: Runtime, actor: Actor, *, number_id: str, take_over: bool = False) -> NotDone | None:
    """*I answer this one.* Where a colleague has it: only with ``take_over``."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        work = gather_thread(session, actor, number_id)
        holder = holder_of(work.inbound)
        if holder == actor.id:
            return None
        if holder is not None and not take_over:
            return NotDone(SOMEBODY_HAS_IT)
        _, newest = work.newest
        newest.settled_by, newest.settled_at = None, None  # claimed again after it was settled: it is open again
        _take(work, actor, now=now)
        note(session, runtime, "thread_taken_over" if holder else "thread_claimed", work, by=actor.id, now=now)
    return None


def give_back(runtime: Runtime, actor: Actor, *, number_id: str) -> None:
    """Somebody else may have it. Giving back what one has not changes nothing."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        work = gather_thread(session, actor, number_id)
        if holder_of(work.inbound) != actor.id:
            return
        for _, row in work.inbound:
            if is_open(row):
                row.taken_by, row.taken_at = None, None
        note(session, runtime, "thread_given_back", work, by=actor.id, now=now)


def settle(runtime: Runtime, actor: Actor, *, number_id: str, seen: str) -> NotDone | None:
    """A person has looked, and nothing more is to be done about what came."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        work = take_up(session, actor, number_id=number_id, seen=seen, now=now)
        if isinstance(work, NotDone):
            return work
        first = first_to_do(session, work)
        if first is not None:
            return NotDone(first)
        close(session, runtime, work, by=actor.id, now=now)
    return None


def choose_family(
    runtime: Runtime, actor: Actor, *, number_id: str, seen: str, family_id: str = "", ref: str = ""
) -> NotDone | None:
    """Whose the texts of a shared or unknown number are. It never makes the number one of the family's (rule 3)."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        work = take_up(session, actor, number_id=number_id, seen=seen, now=now)
        if isinstance(work, NotDone):
            return work
        query = select(FamilyRow).where(FamilyRow.area_code.in_(actor.areas), FamilyRow.id.not_in(actor.hides))
        wanted = FamilyRow.id.in_(work.linked) & (FamilyRow.id == family_id) if family_id else FamilyRow.ref == ref
        family = session.scalars(query.where(wanted)).one_or_none()
        if family is None:
            return NotDone("There is no family with this reference in your areas. Look it up under Who is ringing?")
        for text, row in work.inbound:
            if text.family_id is None and is_open(row):
                _give_to(session, runtime, text, row, family, by=actor.id, now=now)
        for other in work.linked:
            if other != family.id and not unread(session, other):
                lift_kinds(session, runtime, family_id=other, kinds=REPLIES, by=actor.id, now=now)
        note(session, runtime, "thread_family_chosen", work, by=actor.id, now=now, family_id=family.id)
    return None


def take_up(session: Session, actor: Actor, *, number_id: str, seen: str, now: datetime) -> Work | NotDone:
    """The thread, locked and claimed for ``actor``, if they have read all of it and nobody else has it."""
    work = gather_thread(session, actor, number_id)
    if holder_of(work.inbound) not in (None, actor.id):
        return NotDone(SOMEBODY_HAS_IT)
    if seen != work.newest[0].id:
        return NotDone(WROTE_AGAIN)
    _take(work, actor, now=now)
    return work


def first_to_do(session: Session, work: Work) -> str | None:
    """What must be seen to before the thread may be settled; ``None`` where nothing is in the way."""
    if open_alerts(session, work.number.id):
        return ALERT_FIRST
    family_id = work.family.id if work.family else None
    return STOP_FIRST if may_want_stop(session, work.number, work.inbound, family_id) else None


def close(session: Session, runtime: Runtime, work: Work, *, by: str, now: datetime) -> None:
    """Settle what is open in the thread, in the caller's transaction; the caller has asked ``first_to_do``. Settling
    twice changes nothing."""
    still = [(text, row) for text, row in work.inbound if is_open(row)]
    for _, row in still:
        row.needs_person, row.settled_by, row.settled_at = False, by, now
    session.flush()
    _finish_tasks(session, [text.id for text, _ in work.inbound], by=by, now=now)
    for family_id in {*work.linked, *(row.family_id for _, row in work.inbound if row.family_id)}:
        if unread(session, family_id):
            continue
        kinds = REPLIES if _in_danger(session, family_id) else REPLIES | {Kind.ALERT}
        lift_kinds(session, runtime, family_id=family_id, kinds=kinds, by=by, now=now)
    if still:
        note(session, runtime, "thread_settled", work, by=by, now=now)


def read_by_a_person(session: Session, runtime: Runtime, work: Work, *, by: str, now: datetime) -> None:
    """Who works on the thread has read all of it: ringing waits for it no longer, but for what another number of theirs
    says. The caller has asked whether they want us to stop."""
    for family_id in {*work.linked, *(row.family_id for _, row in work.inbound if row.family_id)}:
        if not calls_wait(session, family_id, beside=work.number.id):
            lift_kinds(session, runtime, family_id=family_id, kinds={Kind.READ_FIRST}, by=by, now=now)


def note(
    session: Session, runtime: Runtime, name: str, work: Work, *, by: str, now: datetime, **more: str | None
) -> None:
    """One event about the thread: ids and codes only."""
    family_id = more.pop("family_id", None) or (work.family.id if work.family else None)
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id=by, family_id=family_id,
        subjects=[work.number.id, work.newest[0].id], data=more,
    )  # fmt: skip


def gather_thread(session: Session, actor: Actor, number_id: str, *, lock: bool = True) -> Work:
    """The thread, its number locked to work on it. ``NotAllowed`` outside one's areas, ``NoResultFound`` where
    nothing ever came."""
    require(actor, Permission.INBOX_ANSWER)
    number = numbers.lock(session, number_id) if lock else session.get_one(NumberRow, number_id)
    inbound = inbound_of(session, number_id)
    if not inbound:
        raise NoResultFound
    if not areas_of(session, number_id, inbound) & actor.areas:
        raise NotAllowed
    linked = numbers.families_on(session, number_id)
    family_id = inbound[-1][0].family_id or (linked[0] if len(linked) == 1 else None)
    family = session.get(FamilyRow, family_id) if family_id else None
    for each in [family_id] if family_id else linked:
        require(actor, Permission.INBOX_ANSWER, family=each)
    if family is not None and family.area_code not in actor.areas:
        raise NotAllowed
    return Work(number, inbound, linked, family)


def _take(work: Work, actor: Actor, *, now: datetime) -> None:
    for text, row in work.inbound:
        newest = text is work.newest[0]
        if row.taken_by != actor.id and (is_open(row) or (newest and row.settled_at is None)):
            row.taken_by, row.taken_at = actor.id, now


def _give_to(
    session: Session, runtime: Runtime, text: TextRow, row: ReadingRow, family: FamilyRow, *, by: str, now: datetime
) -> None:
    """The words move under the family's own key, so that they go when its key goes."""
    words = body_of(session, text)
    evidence = unseal(session, row.evidence, key_id=text.key_id, table="reading", column="evidence", row_id=text.id)
    text.key_id, text.family_id = family.id, family.id
    row.family_id, row.area_code = family.id, family.area_code
    if words is not None:
        text.body = seal(session, words, key_id=family.id, table="text", column="body", row_id=text.id)
    row.evidence = (
        seal(session, evidence, key_id=family.id, table="reading", column="evidence", row_id=text.id)
        if evidence
        else None
    )
    for alert in session.scalars(select(AlertRow).where(AlertRow.text_id == text.id, AlertRow.settled_at.is_(None))):
        alert.family_id = family.id
        set_hold(session, runtime, family_id=family.id, kind=Kind.ALERT, by=by, now=now)
    set_hold(session, runtime, family_id=family.id, kind=hold_of(row), by=by, now=now)
    session.flush()
    _finish_tasks(session, [text.id], by=by, now=now)


def _finish_tasks(session: Session, text_ids: list[str], *, by: str, now: datetime) -> None:
    session.execute(
        update(TaskRow)
        .where(
            TaskRow.kind.in_(("which_family", "who_is_it")), TaskRow.subject_id.in_(text_ids), TaskRow.done_at.is_(None)
        )
        .values(done_at=now, done_by=by)
    )


def _in_danger(session: Session, family_id: str) -> bool:
    query = select(AlertRow.id).where(AlertRow.family_id == family_id, AlertRow.settled_at.is_(None))
    return session.scalars(query.limit(1)).first() is not None
