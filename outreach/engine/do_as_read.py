"""What the reader made of a text, put into effect by one click of a person; or put right by one.

Rules (DESIGN 4.6 rules 3, 4, 7, 8)
* One click does what a clear text asks for: exactly what software would do where the switch is on.
* Not on a number somebody else was on, not after a stop, not while an alert or a wish to stop waits for a person, and
  not where they were spoken to since: there a person thinks first.
* A stop is obeyed whoever noticed it. It is confirmed once, within ten minutes of the text, never after a sign of
  danger. *Not the charity* ends what goes to the charity; we may still be in touch.
* Putting a reading right is kept beside what the reader had, and puts the thread before a person again: automatic
  texts are held, what was queued on the wrong reading is dropped, what a *no* counted for is taken back, and the click
  that fits may be made. Calling it distress raises an alert; calling it a stop, nothing goes on until somebody has
  said what is to stop.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.domain.access import Actor
from outreach.domain.hold import Kind
from outreach.domain.quiet_hours import london
from outreach.domain.reply_values import Intent, ProposedTime, StopScope
from outreach.domain.sending import AT_ONCE
from outreach.engine import converse
from outreach.engine.act_on_reading import act
from outreach.engine.alerts import raise_alert, watch_alerts
from outreach.engine.answer_inbox import WHOSE_FIRST, NotDone, Work, close, first_to_do, gather_thread, note, take_up
from outreach.engine.as_it_stands import as_it_stands
from outreach.engine.ask_person import a_person_ends_it, ask_person
from outreach.engine.booking import book
from outreach.engine.follow_reading import SCOPES
from outreach.engine.holds import lift_kinds
from outreach.engine.queue_text import queue_text, text_values
from outreach.engine.refer import withdraw_all
from outreach.engine.situation import pattern_of
from outreach.engine.stops import stop
from outreach.engine.take_back_no import PUT_RIGHT, take_back_no
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow
from outreach.store.conversations import spoken_since
from outreach.store.families import FamilyRow
from outreach.store.texts import ReadingRow, TextRow
from outreach.store.threads import calls_wait, open_alerts, stopped_ways, undecided_stops

DOABLE = frozenset({Intent.ACCEPT, Intent.CALL, Intent.LATER, Intent.DECLINE, Intent.WRONG_PERSON})
WAYS = {**SCOPES, StopScope.CHARITY: frozenset[str]()}
"""Which ways each of the four stops ends, where a person says which it is."""
CONCERN = "colleague"
"""The kind of an alert that a person raised."""


def what_it_asks(runtime: Runtime, actor: Actor, *, number_id: str) -> str | None:
    """What one click would do, as a sentence; ``None`` where there is nothing to do by a click."""
    now = runtime.now()
    with runtime.sessions.read() as session:
        work = gather_thread(session, actor, number_id, lock=False)
        row = work.newest[1]
        if _forbids(session, work) is not None or work.family is None or row.settled_at is not None:
            return None
        return _said(session, runtime, work, work.family, now=now)


def do_as_read(runtime: Runtime, actor: Actor, *, number_id: str, seen: str) -> NotDone | None:
    """Do what the newest text asks for, and settle the thread."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        work = take_up(session, actor, number_id=number_id, seen=seen, now=now)
        if isinstance(work, NotDone):
            return work
        forbidden = _forbids(session, work)
        if forbidden is not None:
            return NotDone(forbidden)
        if work.family is None:
            return NotDone(WHOSE_FIRST)
        text, row = work.newest
        talking = converse.open_with(session, number_id)
        if talking is not None:
            converse.break_off(session, runtime, talking, why="answered_by_a_person", now=now)
        intent = meant(row)
        act(
            session, runtime, text=text, number=work.number, stands=as_it_stands(session, work.family), intent=intent,
            wish=_wish(row, now), row=row, now=now, by=actor.id,
        )  # fmt: skip
        row.details = {**row.details, "clicked": intent.value}
        note(session, runtime, "reading_done", work, by=actor.id, now=now, intent=intent.value)
        close(session, runtime, work, by=actor.id, now=now)
    return None


def correct(runtime: Runtime, actor: Actor, *, number_id: str, text_id: str, intent: str) -> NotDone | None:
    """*Not what they meant.* The reader's own word is kept beside it, to learn from."""
    if intent not in set(Intent):
        return NotDone("Choose what they meant.")
    now, alarmed = runtime.now(), False
    with runtime.sessions.begin() as session:
        work = gather_thread(session, actor, number_id)
        found = next(((text, row) for text, row in work.inbound if text.id == text_id), None)
        if found is None:
            return NotDone("This text is not in this thread.")
        text, row = found
        before = row.corrected_intent or row.intent
        if before == intent:
            return None
        row.corrected_intent = None if intent == row.intent else intent
        note(session, runtime, "reading_corrected", work, by=actor.id, now=now, was=before, now_is=intent)
        _look_again(session, runtime, work, text, row, did=before if row.acted else None, by=actor.id, now=now)
        known = session.scalars(select(AlertRow.id).where(AlertRow.text_id == text_id)).first()
        if intent == Intent.DISTRESS and known is None:
            area = row.area_code or sorted(actor.areas)[0]
            raise_alert(
                session, runtime, area_code=area, family_id=text.family_id, kind=CONCERN, number_id=number_id,
                text_id=text_id, now=now,
            )  # fmt: skip
            alarmed = True
    if alarmed:
        watch_alerts(runtime)
    return None


def obey_stop(runtime: Runtime, actor: Actor, *, number_id: str, seen: str, scope: str) -> NotDone | None:
    """A person read a stop where the reader did not, or not all of it. Stopping twice stops once."""
    if scope not in set(StopScope):
        return NotDone("Choose what is to stop.")
    now, ways = runtime.now(), WAYS[StopScope(scope)]
    with runtime.sessions.begin() as session:
        work = take_up(session, actor, number_id=number_id, seen=seen, now=now)
        if isinstance(work, NotDone):
            return work
        asked = undecided_stops(work.inbound)
        text, row = asked[-1] if asked else work.newest
        families = work.linked or ([work.family.id] if work.family else [])
        if scope == StopScope.CHARITY and not families:
            return NotDone("Nobody knows whose number this is, so no charity has it from us. Choose what else stops.")
        whose: list[str | None] = [*families] or [None]
        stands = bool(ways) and all(ways <= stopped_ways(session, work.number, each) for each in whose)
        if stands and not asked:
            return NotDone("That was stopped already. Nothing goes out.")
        talking = converse.open_with(session, number_id)
        if talking is not None:
            converse.break_off(session, runtime, talking, why="stopped", now=now)
        if scope == StopScope.CHARITY:
            for each in families:
                withdraw_all(session, runtime, family_id=each, by=actor.id, how="text", now=now, text_id=text.id)
                a_person_ends_it(session, runtime, family_id=each, now=now)
        elif not stands:
            stop(
                session, runtime, number=work.number, family_ids=families, scope=ways, by=actor.id, now=now,
                text_id=text.id,
            )  # fmt: skip
        for _, each_row in asked or [(text, row)]:
            each_row.acted = True
            each_row.corrected_intent = None if each_row.intent == Intent.STOP else Intent.STOP.value
        quiet = bool(row.signals) or (work.number.standing != "verified" and work.number.standing != "unverified")
        fresh = now - text.at <= AT_ONCE and work.number.stop_confirmed_at is None and not stands
        if "text" in ways and fresh and not quiet and work.family is not None and not open_alerts(session, number_id):
            queue_text(
                session, runtime, number_id=number_id, family_id=work.family.id, purpose="stop", wording="stop",
                values=text_values(session, runtime, family_id=work.family.id), answers_id=text.id, now=now,
            )  # fmt: skip
        note(session, runtime, "stop_seen_by_a_person", work, by=actor.id, now=now, scope=scope)
        if first_to_do(session, work) is None:
            close(session, runtime, work, by=actor.id, now=now)
    return None


def meant(row: ReadingRow) -> Intent:
    """What the text means: a person's word before the reader's."""
    return Intent(row.corrected_intent or row.intent)


def _forbids(session: Session, work: Work) -> str | None:
    row = work.newest[1]
    if row.acted:
        return "That was done already. Nothing was done twice."
    if meant(row) not in DOABLE:
        return "There is nothing in this text that one click could do. Answer it, or book a call."
    first = first_to_do(session, work)
    if first is not None:
        return first
    if work.number.standing in ("compromised", "lost") or work.number.is_parents:
        return "Somebody else was on this number. A person decides; nothing is done by a click."
    if stopped_ways(session, work.number, work.family.id if work.family else None):
        return "They said stop. Only a person may decide what is right now; nothing is done by a click."
    if work.family is not None and work.family.id not in work.linked:
        return "This number is not one of the family's. Ring them on one that is."
    if work.family is not None and work.family.excluded_why:
        return "This family is not contacted. It goes another way."
    if work.family is not None and spoken_since(session, work.family.id, work.newest[0].at):
        return "They were spoken to since they wrote this, and what was said then stands. Answer it, or settle it."
    return None


def _look_again(
    session: Session,
    runtime: Runtime,
    work: Work,
    text: TextRow,
    row: ReadingRow,
    *,
    did: str | None,
    by: str,
    now: datetime,
) -> None:
    """The thread stands before a person again. ``did``: as what the text was acted on, where it was."""
    row.settled_by, row.settled_at = None, None
    talking = converse.open_with(session, work.number.id)
    if did is not None and talking is not None:
        converse.break_off(session, runtime, talking, why=PUT_RIGHT, now=now)
    families = [text.family_id] if text.family_id else work.linked
    for family_id in families:
        stands = as_it_stands(session, session.get_one(FamilyRow, family_id))
        ask_person(session, runtime, stands=stands, row=row, now=now)
    row.needs_person = True
    session.flush()
    for family_id in families:  # what it was taken for held calls too; what it is may be answered by one
        if not calls_wait(session, family_id):
            lift_kinds(session, runtime, family_id=family_id, kinds={Kind.READ_FIRST}, by=by, now=now)
    if did is None:
        return
    row.acted = False
    if text.family_id is not None:
        take_back_no(session, runtime, row, family_id=text.family_id, by=by, now=now)
    row.details = {**row.details, "did": [*row.details.get("did", []), did]}
    session.execute(
        update(TextRow)
        .where(
            TextRow.answers_id == text.id, TextRow.state == "waiting", TextRow.by_staff.is_(None),
            TextRow.purpose.in_(("answer", "apology", "conversation")),
        )
        .values(state="dropped", waits_for=PUT_RIGHT)
    )  # fmt: skip


def _wish(row: ReadingRow, now: datetime) -> ProposedTime | None:
    """The day (and hour) the reader understood, if it is still to come; the person who clicks has seen it."""
    if not row.proposed_on:
        return None
    day, _, hour = row.proposed_on.partition(" ")
    on = date.fromisoformat(day)
    return ProposedTime(on, hour or None, True, "") if on >= london(now).date() else None


def _said(session: Session, runtime: Runtime, work: Work, family: FamilyRow, *, now: datetime) -> str:
    row = work.newest[1]
    intent, wish = meant(row), _wish(row, now)
    if intent is Intent.WRONG_PERSON:
        return "Take this number off the family for good, with one apology, and look for another"
    if intent is Intent.DECLINE:
        return "Take the no kindly: no more texts about it, and at most one call in half a year"
    if intent is Intent.LATER:
        if wish is not None:
            return f"Leave them until {wish.on:%A} {wish.on.day} {wish.on:%B %Y}, and tell them that is fine"
        weeks = pattern_of(session, family.id).later_default_weeks
        return f"Leave them for {weeks} weeks, and tell them that is fine"
    if intent is Intent.ACCEPT and converse.may_converse(session, runtime, family=family, number=work.number, now=now):
        return "Ask them about consent by text, one part at a time"
    booked = book(session, runtime, family=family, wish=wish, now=now)
    return f"Put a call on the list for {booked.said(now).removeprefix('on ')}, and tell them so"
