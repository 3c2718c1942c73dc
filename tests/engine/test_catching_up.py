"""Families that come back after a long time, whose numbers take no text, or whose child has grown up meanwhile."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.cadence import DEFAULT, Standing, calendar_for, timeline
from outreach.domain.delivery import Refused, Remedy
from outreach.domain.hold import Kind
from outreach.domain.quiet_hours import london
from outreach.domain.time_machine import OpenOffer, TimeMachine
from outreach.engine.deal_calls import deal_calls
from outreach.engine.dispatch import dispatch
from outreach.engine.end_offer import end_offer
from outreach.engine.enrol import enrol
from outreach.engine.holds import lift_hold, set_hold
from outreach.engine.prove import prove
from outreach.engine.run_cadences import run_cadences
from outreach.runtime import Runtime
from outreach.store.cadences import EnrolmentRow
from outreach.store.families import ChildRow, FamilyRow
from outreach.store.numbers import NumberRow
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.staff import StaffRow
from tests.cast import BEN, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock, FakeLine


def test_after_a_long_rest_the_steps_keep_their_distance(runtime: Runtime, line: FakeLine, clock: Clock) -> None:
    clock.moment = datetime(2026, 2, 3, 10, tzinfo=UTC)
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", next_step=1)
    with runtime.sessions.begin() as session:
        row = session.get_one(EnrolmentRow, family.enrolment_id)
        row.state, row.state_why, row.rest_until = "rested", "later", date(2026, 10, 1)
    for _ in range(460):
        clock.move(days=1)
        with runtime.sessions.begin() as session:
            session.get_one(FamilyRow, family.id).custody_as_of = clock.moment.date()
            ring(session, runtime)
        run_cadences(runtime)
        dispatch(runtime)
    with runtime.sessions.read() as session:
        days = [london(at).date() for at in session.scalars(select(AttemptRow.at).order_by(AttemptRow.at))]
    assert days[0] == date(2026, 10, 1)
    assert [(after - before).days >= 21 for before, after in pairwise(days)] == [True] * 3


def ring(session: Session, runtime: Runtime) -> None:
    """A practitioner makes every call that is due, once, and nobody answers."""
    due = select(OfferRow).where(OfferRow.state == "open", OfferRow.channel == "call", OfferRow.due_at <= runtime.now())
    for offer in session.scalars(due):
        offer.tries += 1
        session.add(
            AttemptRow(
                id=runtime.new_id(), offer_id=offer.id, family_id=offer.family_id, number_of=1, channel="call",
                at=runtime.now(),
            )
        )  # fmt: skip
        end_offer(session, runtime, offer, outcome="no_reply", now=runtime.now())


@pytest.mark.parametrize("last_contact", [None, *(date(2026, month, 1) for month in range(1, 10))])
@pytest.mark.parametrize("behind", [(0,), (0, 1), (0, 1, 2, 3)])
def test_the_time_machine_shows_what_will_be_planned_for_a_family_that_is_behind(
    last_contact: date | None, behind: tuple[int, ...]
) -> None:
    now, anchor = datetime(2026, 9, 2, 10, tzinfo=UTC), date(2026, 1, 5)
    machine = TimeMachine({"v": DEFAULT}, now=now)
    alike = machine.alike(
        old="v", new="v", nation="ENG", imprisoned=(1, 5), anchor=anchor, behind=behind, made=len(behind),
        last_contact=last_contact,
    )  # fmt: skip
    calendar = calendar_for(DEFAULT, nation="ENG", born_on=(), imprisoned_on=anchor)
    standing = Standing(anchor, behind, len(behind), last_contact)
    planned = timeline(DEFAULT, standing, calendar=calendar, now=now)
    assert [each.due_at for each in machine.future(alike, frozenset()).before] == [each.due_at for each in planned]


def test_the_time_machine_leaves_an_untried_offer_of_a_family_that_is_behind_as_it_is() -> None:
    now, anchor = datetime(2026, 9, 2, 10, tzinfo=UTC), date(2026, 1, 5)
    due_at = datetime(2026, 9, 22, 8, 30, tzinfo=UTC)
    machine = TimeMachine({"v": DEFAULT, "w": DEFAULT}, now=now)
    alike = machine.alike(
        old="v", new="w", nation="ENG", imprisoned=(1, 5), anchor=anchor, behind=(0, 1), made=1,
        last_contact=date(2026, 9, 1), offer=OpenOffer("o", 1, "text", due_at, False),
    )  # fmt: skip
    future = machine.future(alike, frozenset())
    assert (future.anew, future.changed, alike.last_contact) == (False, False, date(2026, 9, 1))


def test_a_number_that_can_take_no_text_is_texted_no_more_and_rung_instead(
    either_runtime: Runtime, line: FakeLine
) -> None:
    runtime = either_runtime
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", level=1, next_step=4)
    an_open_offer(runtime, family, channel="text", step=1)
    line.answers.append(Refused(21614, Remedy.PERMANENT_NUMBER))
    run_cadences(runtime)
    dispatch(runtime)
    with runtime.sessions.begin() as session:
        assert session.get_one(NumberRow, family.number_id).kind == "other"
    next_offer = an_open_offer(runtime, family, channel="text", step=3)
    run_cadences(runtime)
    dispatch(runtime)
    with runtime.sessions.read() as session:
        assert session.get_one(OfferRow, next_offer).channel == "call"
    assert len(line.texts) == 1


def test_a_call_that_waited_until_the_youngest_was_18_is_not_made(runtime: Runtime, clock: Clock) -> None:
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        session.scalars(select(ChildRow)).one().born_on = "2008-02-01"
    run_cadences(runtime)
    with runtime.sessions.begin() as session:
        held = set_hold(session, runtime, family_id=family.id, kind=Kind.BY_HAND, by="ben", now=runtime.now())
    clock.move(days=40)
    lift_hold(runtime, BEN, hold_id=held.id, why="it may go on")
    deal_calls(runtime)
    with runtime.sessions.read() as session:
        offer = session.scalars(select(OfferRow)).one()
    assert (offer.outcome, offer.outcome_why) == ("withheld", "youngest_is_18")


def test_a_call_of_somebody_who_has_left_is_in_nobodys_hands(runtime: Runtime, clock: Clock) -> None:
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        session.get_one(FamilyRow, family.id).assigned_to = "ben"
    run_cadences(runtime)
    clock.move(days=20)
    assert "has_a_future" not in {each.rule for each in prove(runtime).findings}
    with runtime.sessions.begin() as session:
        session.get_one(StaffRow, "ben").left_at = runtime.now()
    assert "has_a_future" in {each.rule for each in prove(runtime).findings}


def test_who_is_found_after_the_last_step_gets_the_last_offer_now(runtime: Runtime) -> None:
    family = a_family(runtime, "F001", imprisoned_on=date(2024, 5, 1))
    with runtime.sessions.begin() as session:
        session.delete(session.get_one(EnrolmentRow, family.enrolment_id))
        session.flush()
        enrol(session, runtime, family=session.get_one(FamilyRow, family.id), late="next", now=runtime.now())
    run_cadences(runtime)
    with runtime.sessions.read() as session:
        offer = session.scalars(select(OfferRow)).one()
    assert (offer.state, offer.channel, offer.why, offer.due_at) == ("open", "call", "first_offer", runtime.now())
