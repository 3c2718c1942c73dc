"""What follows from a reading: obey a stop, tell of danger, act where software may, hold and ask a person else.

Rules (DESIGN 4.3 and 4.6)
* A stop is obeyed whatever else the text says; with a signal in silence, without one it is confirmed once.
* A signal that somebody else is on the phone makes the number compromised.
* A landline, and a number that two families stand on, is never answered by itself, not even a stop.
* While somebody of the family may be in danger, or wants us to stop as far as anybody knows, software does nothing that
  they write but stop, and says nothing: whoever reads it may have written it.
* The crisis text goes once in half an hour, however often it is asked for.
* Every reading but a clear *act* holds automatic texts to the family until a person has looked; and calls too, where it
  may be a wish to stop or to wait (``hold.of_reply``).
* Any stop or doubt holds a referral that the partner has not opened.
* Nothing here is consent.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from outreach.domain.reply_values import CRISIS, Action, Intent, ProposedTime, Reading, Signal, StopScope
from outreach.engine import converse
from outreach.engine.act_on_reading import act
from outreach.engine.alerts import area_for_stranger, raise_alert
from outreach.engine.answer_text import answer_text
from outreach.engine.as_it_stands import Stands
from outreach.engine.ask_person import a_person_ends_it, ask_person, compromise
from outreach.engine.asked_by_text import NotTaken, just_ended
from outreach.engine.holds import set_hold
from outreach.engine.refer import hold_unopened, withdraw_all
from outreach.engine.said_lately import said_again
from outreach.engine.stops import EVERYTHING, stop
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store.consents import standing_of
from outreach.store.conversations import ConversationRow, spoken_since
from outreach.store.families import FamilyRow
from outreach.store.holds import held_for_a_person, in_danger
from outreach.store.numbers import NumberRow, families_on
from outreach.store.texts import ReadingRow, TextRow, body_of, crisis_text_sent
from outreach.store.threads import hold_of

SOMEBODY_ELSE = frozenset({Signal.THIRD_PARTY, Signal.CHILD_SENDER, Signal.WATCHED})
CRISIS_ONCE_IN = timedelta(minutes=30)
CARRIER_STOPS = frozenset({"cancel", "end", "quit", "revoke"})
"""Single words that mean *stop* to the network and something else to a person (rule 7)."""
SCOPES = {
    StopScope.TEXTS: frozenset({"text"}),
    StopScope.CALLS: frozenset({"call"}),
    StopScope.CHARITY: EVERYTHING,
    StopScope.EVERYTHING: EVERYTHING,
}


def follow(
    session: Session,
    runtime: Runtime,
    *,
    text: TextRow,
    number: NumberRow,
    stands: Stands,
    talking: ConversationRow | None,
    reading: Reading,
    row: ReadingRow,
    now: datetime,
) -> None:
    """One family's text. ``number`` is locked. ``talking``: the conversation by text that goes on with it."""
    family = stands.family
    had_stopped = number.texts_stopped_at is not None or (stands.said and bool(standing_of(session, family.id).stopped))
    if SOMEBODY_ELSE & set(reading.signals):
        compromise(session, runtime, number=number, family_id=family.id, why=reading.signals[0].value, now=now)
    if wants_stop(reading):
        if talking is not None:
            converse.break_off(session, runtime, talking, why="stopped", now=now)
        _obey_stop(
            session, runtime, text=text, number=number, family_ids=[family.id], reading=reading, row=row, now=now,
            stands=stands,
        )  # fmt: skip
        return
    if reading.action is Action.ALERT:
        if talking is not None:
            converse.break_off(session, runtime, talking, why="danger", now=now)
        _alert(session, runtime, text=text, number=number, family=family, reading=reading, row=row, now=now)
        return
    if had_stopped:
        open_task(
            session, runtime, kind="reopen", subject_id=text.id, family_id=family.id, now=now, for_role="supervisor"
        )
        ask_person(session, runtime, stands=stands, row=row, now=now)
        return
    if number.kind != "mobile":  # we never texted it: whose words these are, a person asks
        ask_person(session, runtime, stands=stands, row=row, now=now)
        return
    if talking is not None:
        why_not: NotTaken | None = NotTaken.NO_ANSWER
        if reading.action is Action.ACT and reading.answer is not None:
            why_not = converse.take_answer(session, runtime, talking, answer=reading.answer, text=text, now=now)
        elif _once_more(session, text):
            why_not = NotTaken.TOLD_TWICE
        row.acted = why_not is None
        if why_not is not None:
            row.details = {**row.details, "not_taken": why_not.value, "once_more": why_not is NotTaken.TOLD_TWICE}
        if why_not not in (None, NotTaken.TOLD_TWICE):
            ask_person(session, runtime, stands=stands, row=row, now=now)
        return
    if reading.action is Action.HOLD and just_ended(session, text) and _once_more(session, text):
        row.details = {**row.details, "once_more": True}
        return
    # It was lost for a while, and somebody rang meanwhile.
    overtaken = text.at < now and spoken_since(session, family.id, text.at)
    a_persons = family.excluded_why is not None or overtaken
    if reading.action is not Action.ACT or a_persons or held_for_a_person(session, family.id):
        ask_person(session, runtime, stands=stands, row=row, now=now)
        return
    act(
        session,
        runtime,
        text=text,
        number=number,
        stands=stands,
        intent=reading.intent,
        wish=_exact(reading),
        row=row,
        now=now,
    )


def _once_more(session: Session, text: TextRow) -> bool:
    return said_again(session, text, body_of(session, text) or "") == "once_more"


def follow_for_many(
    session: Session,
    runtime: Runtime,
    *,
    text: TextRow,
    number: NumberRow,
    reading: Reading,
    row: ReadingRow,
    families: list[str],
    now: datetime,
) -> None:
    """Two families stand on the number: a stop counts for both, anything else asks a person whose it is."""
    if SOMEBODY_ELSE & set(reading.signals):
        compromise(session, runtime, number=number, family_id=families[0], why=reading.signals[0].value, now=now)
    if wants_stop(reading):
        _obey_stop(session, runtime, text=text, number=number, family_ids=families, reading=reading, row=row, now=now)
    elif reading.action is Action.ALERT:
        first = session.get_one(FamilyRow, families[0])
        row.needs_person = True
        raise_alert(
            session, runtime, area_code=first.area_code, family_id=None, kind=_danger(reading), number_id=number.id,
            text_id=text.id, now=now,
        )  # fmt: skip
    for family_id in families:
        set_hold(session, runtime, family_id=family_id, kind=hold_of(row), by="system", now=now)
        hold_unopened(session, runtime, family_id=family_id, by="system", now=now)
    row.needs_person = True
    open_task(
        session, runtime, kind="which_family", subject_id=text.id, family_id=None, now=now, for_role="practitioner",
        area_code=session.get_one(FamilyRow, families[0]).area_code,
    )  # fmt: skip


def follow_for_nobody(
    session: Session,
    runtime: Runtime,
    *,
    text: TextRow,
    number: NumberRow,
    reading: Reading,
    row: ReadingRow,
    now: datetime,
) -> None:
    """Nobody's number: never an answer. A stop is kept, danger is told, a person sees the rest."""
    row.area_code = area_for_stranger(session, now)
    row.needs_person = True
    if wants_stop(reading):
        stop(
            session, runtime, number=number, family_ids=families_on(session, number.id), scope=EVERYTHING, by="family",
            now=now, text_id=text.id,
        )  # fmt: skip
    if reading.action is Action.ALERT:
        raise_alert(
            session, runtime, area_code=row.area_code, family_id=None, kind=_danger(reading), number_id=number.id,
            text_id=text.id, now=now,
        )  # fmt: skip
    open_task(
        session, runtime, kind="who_is_it", subject_id=text.id, family_id=None, now=now, for_role="practitioner",
        area_code=row.area_code,
    )  # fmt: skip


def _obey_stop(
    session: Session,
    runtime: Runtime,
    *,
    text: TextRow,
    number: NumberRow,
    family_ids: list[str],
    reading: Reading,
    row: ReadingRow,
    now: datetime,
    stands: Stands | None = None,
) -> None:
    single = (body_of(session, text) or "").strip().strip(".!").lower()
    plain = reading.action is Action.ACT and not number.is_parents  # he does not end what is offered to her
    clear = plain or bool(reading.signals) or reading.action is Action.ALERT
    if clear or single in CARRIER_STOPS:
        scope = SCOPES.get(reading.stop_scope or StopScope.EVERYTHING, EVERYTHING)
        somebody_else = number.standing == "compromised"  # their word ends texts; for the rest a person looks
        scope = frozenset({"text"}) if single in CARRIER_STOPS or (somebody_else and plain) else scope
        if Signal.SELF_HARM in reading.signals:
            scope = frozenset({"text"})  # it may be life that should stop: no text any more, but a person may ring
        if reading.stop_scope is StopScope.CHARITY:
            for each in family_ids:
                withdraw_all(session, runtime, family_id=each, by="family", how="text", now=now, text_id=text.id)
        stop(
            session, runtime, number=number, family_ids=family_ids, scope=scope, by="family", now=now, text_id=text.id,
            stands=stands,
        )  # fmt: skip
        row.acted = True
        one_phone = number.kind == "mobile" and len(family_ids) == 1  # else nothing is ever texted to it by itself
        quiet = bool(reading.signals) or reading.action is Action.ALERT or "text" not in scope or not one_phone
        quiet = quiet or somebody_else or any(in_danger(session, each) for each in family_ids)
        if not quiet and number.stop_confirmed_at is None:
            answer_text(
                session,
                runtime,
                text=text,
                number=number,
                family_id=family_ids[0],
                wording="stop",
                purpose="stop",
                now=now,
            )
    if reading.action is Action.ALERT:
        family = session.get_one(FamilyRow, family_ids[0])
        _alert(session, runtime, text=text, number=number, family=family, reading=reading, row=row, now=now)
    elif not plain or number.standing == "compromised":
        for family_id in family_ids:
            set_hold(session, runtime, family_id=family_id, kind=hold_of(row), by="system", now=now, offer_locked=True)
            if stands is None or stands.referred:
                hold_unopened(session, runtime, family_id=family_id, by="system", now=now)
        row.needs_person = True


def _alert(
    session: Session,
    runtime: Runtime,
    *,
    text: TextRow,
    number: NumberRow,
    family: FamilyRow,
    reading: Reading,
    row: ReadingRow,
    now: datetime,
) -> None:
    row.needs_person = True
    raise_alert(
        session, runtime, area_code=family.area_code, family_id=family.id, kind=_danger(reading), number_id=number.id,
        text_id=text.id, now=now,
    )  # fmt: skip
    hold_unopened(session, runtime, family_id=family.id, by="system", now=now)
    may = number.texts_stopped_at is None and number.standing != "compromised" and number.kind == "mobile"
    if reading.reply == CRISIS and may and not crisis_text_sent(session, number.id, since=now - CRISIS_ONCE_IN):
        answer_text(
            session, runtime, text=text, number=number, family_id=family.id, wording="crisis", purpose="crisis", now=now
        )
    a_person_ends_it(session, runtime, family_id=family.id, now=now)


def wants_stop(reading: Reading) -> bool:
    """A wish to stop beside danger is read as danger, and is a stop all the same: obeyed, in silence."""
    return reading.intent is Intent.STOP or reading.stop_scope is not None


def _exact(reading: Reading) -> ProposedTime | None:
    """Only a time that can mean one thing is acted on; the rest is shown to a person."""
    wish = reading.proposed_time
    return wish if wish is not None and wish.exact else None


def _danger(reading: Reading) -> str:
    return reading.signals[0].value if reading.signals else reading.intent.value
