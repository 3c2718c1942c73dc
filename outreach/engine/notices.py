"""Notices to social workers: drafted by an import, approved by a coordinator, sent, chased, answered.

Rules
* A child is told of once for each imprisonment, not once an import; again only when it weighs more than before, or to
  a social worker who is new. Whoever did not answer is then waited for no longer, once the new one is told or answers.
* Nothing leaves before a coordinator approved it, nor when it is not so any more: after a death, a release or a merge,
  or where a child weighs more by now, or has another social worker. Personal data goes to addresses of
  ``notice_domains`` only; to any other the words without it. What cannot go by mail is read out and marked as sent by
  hand.
* Committed before the mail server is asked: one that may have gone is never sent twice by itself.
* Not answered in so many working days: a reminder without personal data, twice; then a person has a task.
* *You may* lifts the hold ``social_worker_first`` once every notice the family waits for says so. *Wait* and *do
  not* set it where it does not stand. A supervisor and a colleague can still decide otherwise at the gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain import notice
from outreach.domain.access import Actor, Permission, require
from outreach.domain.hold import Kind
from outreach.domain.intake_holds import MERGED
from outreach.domain.quiet_hours import london
from outreach.domain.working_days import working_days_after
from outreach.engine.holds import lift_kinds, set_hold
from outreach.engine.known_families import records_of
from outreach.engine.tasks import open_task
from outreach.gateway.mail import Sent, domain_of
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.areas import AreaRow
from outreach.store.families import FamilyRow
from outreach.store.notices import NoticeRow, notices_of
from outreach.store.sealing import seal, unseal

PAST = (
    "What it says is not so any more: the family has changed since it was approved. Look at their page, then drop the "
    "notice and say so."
)


@dataclass(frozen=True, slots=True)
class NotDone:
    why: str


@dataclass(frozen=True, slots=True)
class Went:
    """``how``: ``mail`` or ``bare``."""

    how: str


def approve_notice(runtime: Runtime, actor: Actor, *, notice_id: str, words: str) -> NotDone | None:
    """Approve a draft, in ``words`` that may have been mended."""
    now = runtime.now()
    if not words.strip():
        return NotDone("The notice has no words.")
    with runtime.sessions.begin() as session:
        row = _locked(session, actor, notice_id, Permission.NOTICE_APPROVE)
        if row is None or row.state != "drafted":
            return NotDone("This notice was approved or dropped already.")
        row.body = seal(session, words.strip(), key_id=row.family_id, table="notice", column="body", row_id=row.id)
        row.state, row.approved_by, row.approved_at = "approved", actor.id, now
        _note(session, runtime, "notice_approved", row, by=actor.id, now=now)
    return None


def send_notice(runtime: Runtime, actor: Actor, *, notice_id: str) -> Went | NotDone:
    """Send an approved notice by e-mail: whole where personal data may go, else without it."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = _locked(session, actor, notice_id, Permission.NOTICE_APPROVE)
        if row is None or row.state != "approved":
            return NotDone("Only an approved notice that was not sent can be sent.")
        if not _still_so(session, row):
            return NotDone(PAST)
        address = _open(session, row, row.address, "address")
        if not address:
            return NotDone("No e-mail address is known. Ring them, then mark it as sent by hand.")
        words, how = _words_for(session, runtime, row, address)
        row.state, row.sent_how = "sending", how
        _note(session, runtime, "notice_sending", row, by=actor.id, now=now)
    answer = runtime.mail.send(to=address, subject=notice.SUBJECT, body=words)
    with runtime.sessions.begin() as session:
        row = session.get_one(NoticeRow, notice_id, with_for_update=True)
        if isinstance(answer, Sent):
            _sent(session, runtime, row, how=how, by=actor.id, now=runtime.now())
            return Went(how)
        row.state, row.sent_how, row.not_sent_why = "approved", None, answer.reason[:120]
        _note(session, runtime, "notice_not_sent", row, by=actor.id, now=runtime.now())
    return NotDone(f"It did not go: {answer.reason}. Ring them, then mark it as sent by hand.")


def sent_by_hand(runtime: Runtime, actor: Actor, *, notice_id: str) -> NotDone | None:
    """Somebody told them by another way: rang, or used a secure mailbox."""
    with runtime.sessions.begin() as session:
        row = _locked(session, actor, notice_id, Permission.NOTICE_APPROVE)
        if row is None or row.state not in ("approved", "sending"):
            return NotDone("Only an approved notice that was not sent can be marked so.")
        _sent(session, runtime, row, how="by_hand", by=actor.id, now=runtime.now())
    return None


def answer_notice(runtime: Runtime, actor: Actor, *, notice_id: str, answer: str, words: str = "") -> NotDone | None:
    """Write down what the social worker said: a key of ``notice.ANSWERS``. The last answer counts."""
    if answer not in notice.ANSWERS:
        return NotDone("Choose what they answered.")
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = _locked(session, actor, notice_id, Permission.HOLD_LIFT)
        if row is None or row.state not in ("sent", "sending", "answered"):
            return NotDone("The notice was not sent yet.")
        row.state, row.answer, row.answered_at, row.answered_by = "answered", answer, now, actor.id
        row.chase_on = None
        if words.strip():
            row.answer_words = seal(
                session, words.strip(), key_id=row.family_id, table="notice", column="answer_words", row_id=row.id
            )
        _note(session, runtime, "notice_answered", row, by=actor.id, now=now)
        session.flush()
        if answer != "go_ahead":
            set_hold(session, runtime, family_id=row.family_id, kind=Kind.SOCIAL_WORKER_FIRST, by=actor.id, now=now)
        elif _all_say_go_ahead(session, row):
            kinds = {Kind.SOCIAL_WORKER_FIRST}
            lift_kinds(session, runtime, family_id=row.family_id, kinds=kinds, by=actor.id, now=now)
    return None


def drop_notice(runtime: Runtime, actor: Actor, *, notice_id: str, why: str) -> NotDone | None:
    """A notice that is not to go, with a reason. Holds stay as they are."""
    if not why.strip():
        return NotDone("Say why the notice is not needed.")
    with runtime.sessions.begin() as session:
        row = _locked(session, actor, notice_id, Permission.NOTICE_APPROVE)
        if row is None or row.state not in ("drafted", "approved"):
            return NotDone("The notice was sent or dropped already.")
        row.state = "dropped"
        row.dropped_why = seal(session, why, key_id=row.family_id, table="notice", column="dropped_why", row_id=row.id)
        _note(session, runtime, "notice_dropped", row, by=actor.id, now=runtime.now())
    return None


def chase_notices(runtime: Runtime) -> int:
    """Remind whoever has not answered; after the last reminder a person has a task. Returns how many were due."""
    now = runtime.now()
    today = london(now).date()
    due = select(NoticeRow.id).where(NoticeRow.state == "sent", NoticeRow.chase_on <= today).order_by(NoticeRow.id)
    with runtime.sessions.read() as session:
        waiting = session.scalars(due).all()
    for notice_id in waiting:
        letter = None
        with runtime.sessions.begin() as session:
            row = session.get_one(NoticeRow, notice_id, with_for_update=True)
            if row.state != "sent" or row.chase_on is None or row.chase_on > today:
                continue
            area = session.get_one(AreaRow, row.area_code)
            address = _open(session, row, row.address, "address")
            if row.chased >= notice.MOST_CHASES or not address or row.sent_how == "by_hand":
                row.chase_on = None
                open_task(
                    session, runtime, kind="notice_unanswered", subject_id=row.id, family_id=row.family_id, now=now
                )
            else:
                row.chased += 1
                row.chase_on = working_days_after(today, area.notice_chase_days, nation=area.nation)
                letter = (address, notice.reminder(team=area.team_name, area=area.name))
            _note(session, runtime, "notice_chased", row, by="system", now=now)
        if letter is not None:
            runtime.mail.send(to=letter[0], subject=notice.SUBJECT, body=letter[1])
    return len(waiting)


def _still_so(session: Session, row: NoticeRow) -> bool:
    family = session.get_one(FamilyRow, row.family_id)
    if family.excluded_why in ("deceased", MERGED):
        return False
    area = session.get_one(AreaRow, family.area_code)
    record = records_of(session, [family.id])[family.ref]
    to = notice.Told(*(_open(session, row, getattr(row, each), each) or "" for each in ("recipient", "address")))
    return notice.still_so(record, area.notice_thresholds, children=row.children, why=row.why, to=to)


def _words_for(session: Session, runtime: Runtime, row: NoticeRow, address: str) -> tuple[str, str]:
    if notice.goes_whole(domain_of(address), runtime.settings.notice_domains):
        return _open(session, row, row.body, "body") or "", "mail"
    area = session.get_one(AreaRow, row.area_code)
    return notice.bare(team=area.team_name, area=area.name), "bare"


def _sent(session: Session, runtime: Runtime, row: NoticeRow, *, how: str, by: str, now: datetime) -> None:
    area = session.get_one(AreaRow, row.area_code)
    row.state, row.sent_how, row.sent_at, row.not_sent_why = "sent", how, now, None
    row.chase_on = working_days_after(london(now).date(), area.notice_chase_days, nation=area.nation)
    for before in _of_imprisonment(session, row):
        if before.state == "sent" and before.id != row.id and set(before.children) <= set(row.children):
            before.chase_on = None
    _note(session, runtime, "notice_sent", row, by=by, now=now)


def _all_say_go_ahead(session: Session, row: NoticeRow) -> bool:
    about = _of_imprisonment(session, row)
    answered = [(set(each.children), each.made_at) for each in about if each.answer]

    def somebody_else_has(waited: NoticeRow) -> bool:
        return any(set(waited.children) <= children and waited.made_at < made_at for children, made_at in answered)

    count = (each for each in about if each.answer or (each.waits and not somebody_else_has(each)))
    return all(each.answer == "go_ahead" for each in count)


def _of_imprisonment(session: Session, row: NoticeRow) -> list[NoticeRow]:
    same = (each for each in notices_of(session, row.family_id) if each.imprisoned_on == row.imprisoned_on)
    return [each for each in same if each.state != "dropped"]


def _locked(session: Session, actor: Actor, notice_id: str, permission: Permission) -> NoticeRow | None:
    require(actor, permission)
    row = session.get(NoticeRow, notice_id, with_for_update=True)
    if row is not None:
        family = session.get_one(FamilyRow, row.family_id)
        require(actor, permission, area=family.area_code, family=family.id)
    return row


def _open(session: Session, row: NoticeRow, sealed: bytes | None, column: str) -> str | None:
    return unseal(session, sealed, key_id=row.family_id, table="notice", column=column, row_id=row.id)


def _note(session: Session, runtime: Runtime, name: str, row: NoticeRow, *, by: str, now: datetime) -> None:
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id=by, family_id=row.family_id, subjects=[row.id],
        data={"why": row.why, "how": row.sent_how, "answer": row.answer},
    )  # fmt: skip
