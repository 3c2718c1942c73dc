"""Plans what comes next for every family, turns due offers into queued texts, and closes silent ones.

Rules
* An active enrolment without an open offer gets its next one, or ends with a reason.
* A due offer by text asks the gate: *send* queues the text, *wait* moves the offer to its new time (with why),
  *withhold* because nobody has spoken to her yet, or the words would say too much, makes it a call; any other
  *withhold* ends it as *withheld* (or *stopped*).
* An offer by text that was handed over ends as *no_reply* when its patience is over, or becomes a call where its step
  says so.
* A first offer is one before which nobody was tried: its call is the first call, at whatever step it comes.
* Nothing is planned for a day on which the youngest child is 18, and nothing goes out that waited until then.
* A step by a channel that was stopped ends as *stopped* at once: nobody could ever make it. After a *no* by text
  the steps go on by call; where that one call found nobody, or nothing more was asked for, the cadence ends.
* Each family is one short transaction: one that fails is written down and does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from outreach.domain import cadence, sending
from outreach.domain.hold import Weight, in_force
from outreach.domain.quiet_hours import end_of_day, london, next_open
from outreach.domain.wording import Level
from outreach.engine.end_offer import end_offer, move_offer
from outreach.engine.other_way import way_for
from outreach.engine.queue_text import queue_text, text_values, wording_is_approved
from outreach.engine.situation import (
    best_number,
    calendar_of,
    decide,
    holds_of,
    number_value,
    pattern_of,
    standing_in,
)
from outreach.runtime import Runtime, real_time
from outreach.store import cadences, consents, events, families, numbers, offers
from outreach.store.areas import AreaRow
from outreach.store.cadences import EnrolmentRow
from outreach.store.exceptions import date_was_used
from outreach.store.families import FamilyRow
from outreach.store.offers import OfferRow

log = structlog.get_logger()
Work = Callable[[Session, Runtime, str], None]
MOST, MOST_ROUNDS = 500, 20
LONGEST_TURN = timedelta(seconds=10)
BY_CALL_INSTEAD = frozenset({"not_verified", "level", "not_a_mobile", "two_families", "language"})


ENDS_WITH_ITS_OFFER = ("declined", "asked")
"""Why an enrolment rests without a day: for one contact that is still to come. After it, it is over."""


def run_cadences(runtime: Runtime) -> int:
    """Do what is due now; returns how many families were looked at."""
    until, looked_at = real_time(runtime) + LONGEST_TURN, 0
    for _ in range(MOST_ROUNDS):
        count = _round(runtime)
        looked_at += count
        if count < MOST or real_time(runtime) >= until:
            break
    return looked_at


def _round(runtime: Runtime) -> int:
    """One look at each of the three queues. What they cost does not depend on how many families are enrolled."""
    now = runtime.now()
    closing = select(OfferRow.id).where(OfferRow.state == "open", OfferRow.closes_at <= now)
    after = select(OfferRow.family_id).where(OfferRow.to_follow <= now).order_by(OfferRow.to_follow)
    fresh = select(EnrolmentRow.family_id).where(EnrolmentRow.plan_from <= london(now).date())
    due = select(OfferRow.id).where(
        OfferRow.state == "open", OfferRow.channel == "text", OfferRow.due_at <= now, OfferRow.closes_at.is_(None),
        ~offers.TEXT_UNDER_WAY,
    )  # fmt: skip
    queues: tuple[tuple[Select[str], Work], ...] = (
        (closing.order_by(OfferRow.closes_at), _close),
        (after, _look),
        (fresh.order_by(EnrolmentRow.plan_from), _look),
        (due.order_by(OfferRow.due_at), _ask_the_gate),
    )
    count = 0
    for queue, work in queues:
        with runtime.sessions.read() as session:
            found = session.scalars(queue.limit(MOST)).all()
        for row_id in dict.fromkeys(found):
            _guarded(runtime, work, row_id)
        count += len(found)
    return count


def _guarded(runtime: Runtime, work: Work, row_id: str) -> None:
    try:
        with runtime.sessions.begin() as session:
            work(session, runtime, row_id)
    except Exception as fault:  # one family's fault must not stop the others; it is looked at again next time
        log.error("cadence_failed", id=row_id, fault=type(fault).__name__, exc_info=runtime.settings.demo)


def _close(session: Session, runtime: Runtime, offer_id: str) -> None:
    now, offer = runtime.now(), _locked(session, offer_id)
    if offer is None or offer.closes_at is None or offer.closes_at > now:
        return
    enrolment = session.get_one(EnrolmentRow, offer.enrolment_id)
    step = cadences.version(session, enrolment.cadence_version_id).step(offer.step)
    calls_stopped = "call" in consents.standing_of(session, offer.family_id).stopped
    way = "text"
    if step is not None and step.silence == "call" and enrolment.state == "active" and not calls_stopped:
        way = way_for(session, runtime, family=session.get_one(FamilyRow, offer.family_id), way="call", now=now)
    if way != "text":  # a second text in silence is none of the ways
        move_offer(session, runtime, offer, channel=way, due_at=_kind_hour(session, offer, now), now=now)
    else:
        end_offer(session, runtime, offer, outcome="no_reply", now=now)


def _kind_hour(session: Session, offer: OfferRow, now: datetime) -> datetime:
    family = session.get_one(FamilyRow, offer.family_id)
    area, pattern = session.get_one(AreaRow, family.area_code), pattern_of(session, family.id)
    return next_open(pattern.hours, calendar_of(session, family, area, pattern), now) or now


def _look(session: Session, runtime: Runtime, family_id: str) -> None:
    """Plan what comes next for a family, or end its cadence; then look again when there is something to see."""
    live = select(EnrolmentRow).where(EnrolmentRow.family_id == family_id, EnrolmentRow.state != "ended")
    enrolment = session.scalars(live.with_for_update()).one_or_none()
    offers.followed(session, family_id)
    if enrolment is None:
        return
    if enrolment.state == "rested" and enrolment.rest_until is None:
        over = enrolment.state_why in ENDS_WITH_ITS_OFFER and offers.open_offer(session, family_id) is None
        if over:
            _end(session, runtime, enrolment, enrolment.state_why or "")
    else:
        _plan(session, runtime, enrolment)
    enrolment.plan_from = enrolment.rest_until if enrolment.state == "rested" else None


def _plan(session: Session, runtime: Runtime, enrolment: EnrolmentRow) -> None:
    now = runtime.now()
    if enrolment.state == "rested" and enrolment.rest_until and enrolment.rest_until <= london(now).date():
        enrolment.state, enrolment.state_why, enrolment.rest_until = "active", None, None
    if enrolment.state != "active" or offers.open_offer(session, enrolment.family_id) is not None:
        return None
    family = session.get_one(FamilyRow, enrolment.family_id)
    area = session.get_one(AreaRow, family.area_code)
    pattern = cadences.version(session, enrolment.cadence_version_id)
    standing, calendar = standing_in(session, enrolment), calendar_of(session, family, area, pattern)
    planned = cadence.plan(pattern, standing, calendar=calendar, now=now)
    if planned is None:
        as_a_child = cadence.plan(pattern, replace(standing, grown_on=None), calendar=calendar, now=now)
        return _end(session, runtime, enrolment, "no_step_left" if as_a_child is None else "youngest_is_18")
    first = standing.made == 0
    channel, script = _made_fit(session, enrolment, planned, first=first, now=now)
    channel = way_for(session, runtime, family=family, way=channel, now=now)
    offer = OfferRow(
        id=runtime.new_id(),
        enrolment_id=enrolment.id,
        family_id=family.id,
        step=planned.step.id,
        round=offers.rounds(session, enrolment.id, planned.step.id),
        planned_channel=planned.channel,
        channel=channel,
        script=script,
        why="asked" if planned.theirs else "first_offer" if first else "offer_again",
        due_at=planned.due_at,
        due_until=end_of_day(planned.due_at) if planned.theirs and channel == "text" else None,
        assigned_to=family.assigned_to,
        made_at=now,
    )
    session.add(offer)
    enrolment.behind = (*enrolment.behind, planned.step.id)
    if planned.theirs:
        date_was_used(session, family.id, now=now)
    session.flush()
    if ("text" if offer.channel == "text" else "call") in consents.standing_of(session, family.id).stopped:
        end_offer(session, runtime, offer, outcome="stopped", now=now)
    return None


def _made_fit(
    session: Session, enrolment: EnrolmentRow, planned: cadence.Planned, *, first: bool, now: datetime
) -> tuple[str, str]:
    """The channel and the script of a planned offer, as this family may be reached."""
    channel = planned.channel
    if channel == "text" and _said_no_by_text(session, enrolment.id):
        channel = "call"
    if channel == "visit" and _is_careful(session, enrolment.family_id, now):
        channel = "call"
    if channel == "text":
        return channel, "offer_again"
    if channel == planned.step.channel and planned.step.script not in ("first_call", "reoffer_call"):
        return channel, planned.step.script
    return channel, "first_call" if first else "reoffer_call"


def _is_careful(session: Session, family_id: str, now: datetime) -> bool:
    return any(each.weight is Weight.CAREFUL for each in in_force(holds_of(session, family_id), now))


def _said_no_by_text(session: Session, enrolment_id: str) -> bool:
    query = select(OfferRow.id).where(
        OfferRow.enrolment_id == enrolment_id, OfferRow.channel == "text", OfferRow.outcome == "O4"
    )
    return session.scalars(query.limit(1)).first() is not None


def _end(session: Session, runtime: Runtime, enrolment: EnrolmentRow, why: str) -> None:
    now = runtime.now()
    enrolment.state, enrolment.state_why, enrolment.ended_at = "ended", why, now
    events.note(
        session, "enrolment_ended", id=runtime.new_id(), at=now, actor_id="system", family_id=enrolment.family_id,
        subjects=[enrolment.id], data={"why": why},
    )  # fmt: skip


def _ask_the_gate(session: Session, runtime: Runtime, offer_id: str) -> None:
    now = runtime.now()
    family_id = session.scalar(select(OfferRow.family_id).where(OfferRow.id == offer_id))
    family = session.get_one(FamilyRow, family_id)
    number = best_number(session, family.id, channel="text")
    number = numbers.lock(session, number.id) if number else None  # before the offer, as a text that comes in does
    offer = _locked(session, offer_id)
    if offer is None or offer.channel != "text" or offer.due_at > now or offer.closes_at is not None:
        return None
    if offers.text_under_way(session, offer.id):
        return None  # it is in the queue, or with the network: dispatch sees to it
    grown_on = cadence.grown_on(child.born_on for child in families.children_of(session, family.id))
    if grown_on is not None and grown_on <= london(now).date() and not offer.asked_for:
        return end_offer(session, runtime, offer, outcome="withheld", why="youngest_is_18", now=now)
    if not _reads_english(family):
        return withhold(session, runtime, offer, "language")
    level = Level.L0 if number is None else number_value(session, number).level(now)
    name, language = f"offer_again_l{int(level)}", "en"
    ok = wording_is_approved(session, runtime, name=name, language=language)
    contact = sending.Contact(channel="text", level=level, approved=ok, asked=offer.on_their_day(now))
    answer = decide(session, runtime, family_id=family.id, number=number, contact=contact, now=now)
    if isinstance(answer, sending.Wait):
        offer.due_at, offer.waits_for = max(answer.until, now + timedelta(minutes=1)), answer.reason
    elif isinstance(answer, sending.Withhold):
        withhold(session, runtime, offer, answer.reason)
    elif number is not None:
        offer.waits_for = None
        flag_modified(offer, "waits_for")  # written even where nothing changes: a save from a snapshot meets it
        wanted = runtime.library.wording(name, language).values
        values = text_values(session, runtime, family_id=family.id, wanted=wanted)
        queue_text(
            session, runtime, number_id=number.id, family_id=family.id, purpose="offer", wording=name,
            language=language, values=values, offer_id=offer.id, now=now,
        )  # fmt: skip
    return None


def withhold(session: Session, runtime: Runtime, offer: OfferRow, reason: str) -> None:
    """What becomes of an offer the gate will not let go by text: a call where that is safe, else its end."""
    now = runtime.now()
    if reason in BY_CALL_INSTEAD:
        family = session.get_one(FamilyRow, offer.family_id)
        way = way_for(session, runtime, family=family, way="call", now=now)
        move_offer(session, runtime, offer, channel="visit" if way == "text" else way, due_at=now, now=now)
        offer.waits_for = None
    else:
        outcome = "stopped" if reason == "stopped" else "withheld"
        end_offer(session, runtime, offer, outcome=outcome, why=reason, now=now)


def _reads_english(family: FamilyRow) -> bool:
    """A family that reads another language gets no English text by software: a person rings, with an interpreter."""
    return family.language.split("-")[0] == "en"


def _locked(session: Session, offer_id: str) -> OfferRow | None:
    query = select(OfferRow).where(OfferRow.id == offer_id, OfferRow.state == "open").with_for_update()
    return session.scalars(query).one_or_none()
