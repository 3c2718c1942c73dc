"""Danger: a person is told at once, and the next in line, until somebody says *I have it* (DESIGN 4.6 rules 4, 5).

Rules
* Raising an alert holds automatic texts to the family, in the same transaction.
* Told in this order, one more every five minutes: who is on duty in the area now, or else who is named for out of
  hours; its supervisors; its coordinators. Each gets a text and a call, with no name and no word of what was written;
  the console shows the rest. Somebody without a phone here is told by the console alone, and the next at once.
* Where nobody in line has a phone, that is logged as an error and stands in red on the overview.
* When everybody in line was told and nobody has it, it begins again with the first.
* Who is told, how and when is a row, committed before the network is asked: no telling is made twice.
* Danger that showed in a call: whoever is on that call comes last, so that the others are told first, and their phone
  does not ring while somebody needs them.
* Nobody for fifteen minutes: all automatic texts of the area pause until somebody takes it.
* Taking it is one click. The clock from the alert to the first human is what the overview shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from outreach.domain import rota
from outreach.domain.access import Actor, Permission, require
from outreach.domain.delivery import Accepted, Refused
from outreach.domain.hold import Kind
from outreach.engine.holds import set_hold
from outreach.engine.pause import go_on_row, pause_row
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.alert_line import alert_line, can_be_rung
from outreach.store.alerts import AlertRow, AlertToldRow
from outreach.store.areas import AreaRow
from outreach.store.conflicts import conflicts_of
from outreach.store.conversations import ConversationRow
from outreach.store.sealing import SERVICE, unseal
from outreach.store.staff import shifts_of

log = structlog.get_logger()
NEXT_IN_LINE_AFTER = timedelta(minutes=5)
PAUSE_AFTER = timedelta(minutes=15)
WORDS = "{team}: an alert needs a person now. Please open the console."


@dataclass(frozen=True, slots=True)
class Telling:
    """One way of telling one person: what is needed once no transaction is open."""

    told_id: str
    channel: str
    phone: str
    words: str


def raise_alert(
    session: Session,
    runtime: Runtime,
    *,
    area_code: str,
    family_id: str | None,
    kind: str,
    now: datetime,
    number_id: str | None = None,
    text_id: str | None = None,
    conversation_id: str | None = None,
) -> AlertRow:
    """Raise an alert in the caller's transaction. ``watch_alerts`` tells people; call it once that is committed."""
    row = AlertRow(
        id=runtime.new_id(),
        area_code=area_code,
        family_id=family_id,
        number_id=number_id,
        text_id=text_id,
        conversation_id=conversation_id,
        kind=kind,
        raised_at=now,
    )
    session.add(row)
    if family_id is not None:
        set_hold(session, runtime, family_id=family_id, kind=Kind.ALERT, by="system", now=now)
    events.note(
        session, "alert_raised", id=runtime.new_id(), at=now, actor_id="system", family_id=family_id,
        subjects=[row.id], data={"kind": kind},
    )  # fmt: skip
    session.flush()
    return row


def watch_alerts(runtime: Runtime) -> int:
    """Tell whoever is next for every alert that nobody has taken; pause the area after fifteen minutes."""
    now = runtime.now()
    with runtime.sessions.read() as session:
        told_lately = exists().where(
            AlertToldRow.alert_id == AlertRow.id, AlertToldRow.at > now - NEXT_IN_LINE_AFTER
        )  # fmt: skip
        to_pause = and_(AlertRow.paused_area.is_(False), AlertRow.raised_at <= now - PAUSE_AFTER)
        untaken = select(AlertRow.id).where(AlertRow.taken_at.is_(None), or_(~told_lately, to_pause))
        waiting = session.scalars(untaken.order_by(AlertRow.raised_at)).all()
    for alert_id in waiting:
        try:
            _watch(runtime, alert_id, now=now)
        except Exception as fault:  # one alert's fault must not keep another untold; it is looked at again next time
            log.error("alert_not_watched", alert=alert_id, fault=type(fault).__name__)
    return len(waiting)


def tell_of_text(runtime: Runtime, text_id: str) -> None:
    """Tell whoever is first of what one text raised, at once. The others are the tick's: a webhook answers quickly."""
    with runtime.sessions.read() as session:
        raised = session.scalars(
            select(AlertRow.id).where(AlertRow.text_id == text_id, AlertRow.taken_at.is_(None)).order_by(AlertRow.id)
        ).all()
    for alert_id in raised:
        _watch(runtime, alert_id, now=runtime.now())


def _watch(runtime: Runtime, alert_id: str, *, now: datetime) -> None:
    with runtime.sessions.begin() as session:
        alert = session.scalars(select(AlertRow).where(AlertRow.id == alert_id).with_for_update()).one()
        if alert.taken_at is not None:
            return
        tellings = _next_in_line(session, runtime, alert, now=now)
        if now - alert.raised_at >= PAUSE_AFTER and not alert.paused_area:
            alert.paused_area = True
            pause_row(session, runtime, area=alert.area_code, by="system", why="alert_not_taken", now=now)
    for telling in tellings:
        _tell(runtime, telling)


def take_alert(runtime: Runtime, actor: Actor, *, alert_id: str) -> bool:
    """*I have it.* False where a colleague had it before; the pause it caused ends with the last of its kind."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        alert = session.scalars(select(AlertRow).where(AlertRow.id == alert_id).with_for_update()).one()
        require(actor, Permission.INBOX_ANSWER, area=alert.area_code, family=alert.family_id)
        if alert.taken_at is not None:
            return alert.taken_by == actor.id
        alert.taken_by, alert.taken_at = actor.id, now
        _note(session, runtime, "alert_taken", alert, by=actor.id, now=now)
        _end_pause(session, runtime, alert, by=actor.id, now=now)
    return True


def settle_alert(runtime: Runtime, actor: Actor, *, alert_id: str) -> None:
    """The person is safe, or with somebody who sees to it. The family's hold is lifted by a click of its own. Settling
    what nobody took takes it too, and ends the pause it caused."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        alert = session.scalars(select(AlertRow).where(AlertRow.id == alert_id).with_for_update()).one()
        require(actor, Permission.INBOX_ANSWER, area=alert.area_code, family=alert.family_id)
        if alert.settled_at is None:
            alert.taken_by, alert.taken_at = alert.taken_by or actor.id, alert.taken_at or now
            alert.settled_by, alert.settled_at = actor.id, now
            _note(session, runtime, "alert_settled", alert, by=actor.id, now=now)
            _end_pause(session, runtime, alert, by=actor.id, now=now)


def _end_pause(session: Session, runtime: Runtime, alert: AlertRow, *, by: str, now: datetime) -> None:
    """A pause that alerts caused ends when the last of them is in somebody's hands."""
    session.flush()
    area = session.get_one(AreaRow, alert.area_code)
    others = select(AlertRow.id).where(
        AlertRow.area_code == alert.area_code, AlertRow.taken_at.is_(None), AlertRow.paused_area.is_(True)
    )
    if area.paused_why == "alert_not_taken" and session.scalars(others).first() is None:
        go_on_row(session, runtime, area=area.code, by=by, now=now)


def words_for_call(runtime: Runtime, reference: str) -> str | None:
    """What somebody hears who picks up the call about an alert; ``None`` where the call is about something else."""
    with runtime.sessions.read() as session:
        told = session.get(AlertToldRow, reference)
        if told is None:
            return None
        alert = session.get_one(AlertRow, told.alert_id)
        return WORDS.format(team=session.get_one(AreaRow, alert.area_code).team_name)


def area_for_stranger(session: Session, now: datetime) -> str:
    """Whose people are told when nobody knows the number: an area with somebody on duty, else one in which somebody
    can be rung, else the first."""
    codes = list(session.scalars(select(AreaRow.code).order_by(AreaRow.live_on, AreaRow.code)))
    on_duty = (code for code in codes if rota.on_duty(shifts_of(session, code), now))
    reached = (code for code in codes if can_be_rung(alert_line(session, code, now)))
    return next(on_duty, None) or next(reached, codes[0])


def _next_in_line(session: Session, runtime: Runtime, alert: AlertRow, *, now: datetime) -> list[Telling]:
    told = session.execute(
        select(AlertToldRow.staff_id, AlertToldRow.at, AlertToldRow.round).where(AlertToldRow.alert_id == alert.id)
    ).all()
    if told and now - max(row.at for row in told) < NEXT_IN_LINE_AFTER:
        return []
    knows = {staff.id for _, staff in conflicts_of(session, alert.family_id)} if alert.family_id else set()
    line = alert_line(session, alert.area_code, now, without=knows)
    if not can_be_rung(line) and alert.nobody_to_tell_at is None:
        alert.nobody_to_tell_at = now
        _note(session, runtime, "alert_nobody_to_tell", alert, by="system", now=now)
        log.error("alert_nobody_to_tell", alert=alert.id, area=alert.area_code)
    rounds = {one.id: max((row.round for row in told if row.staff_id == one.id), default=0) for one in line}
    words = WORDS.format(team=session.get_one(AreaRow, alert.area_code).team_name)
    tellings: list[Telling] = []
    call = session.get(ConversationRow, alert.conversation_id) if alert.conversation_id else None
    on_it = call.staff_id if call is not None else None
    # The first in line among those told least often.
    for person in sorted(line, key=lambda one: (rounds[one.id], one.id == on_it)):
        phone = unseal(session, person.phone, key_id=SERVICE, table="staff", column="phone", row_id=person.id)
        for channel in ("text", "call") if phone else ("console",):
            row = AlertToldRow(
                id=runtime.new_id(),
                alert_id=alert.id,
                staff_id=person.id,
                channel=channel,
                round=rounds[person.id] + 1,
                at=now,
            )
            session.add(row)
            if phone:
                tellings.append(Telling(row.id, channel, phone, words))
        if phone:
            break
    if line:
        _note(session, runtime, "alert_told", alert, by="system", now=now)
    session.flush()
    return tellings


def _tell(runtime: Runtime, telling: Telling) -> None:
    if telling.channel == "text":
        outcome = runtime.phone.send_text(
            to=telling.phone, body=telling.words, reference=telling.told_id, valid_for_seconds=900
        )
    else:
        outcome = runtime.phone.dial(first=telling.phone, reference=telling.told_id)
    result = "accepted" if isinstance(outcome, Accepted) else "refused" if isinstance(outcome, Refused) else "unknown"
    with runtime.sessions.begin() as session:
        session.get_one(AlertToldRow, telling.told_id).result = result
    if result != "accepted":
        log.warning("alert_not_told", told=telling.told_id, channel=telling.channel, result=result)


def _note(session: Session, runtime: Runtime, name: str, alert: AlertRow, *, by: str, now: datetime) -> None:
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id=by, family_id=alert.family_id, subjects=[alert.id],
        data={"kind": alert.kind},
    )  # fmt: skip
