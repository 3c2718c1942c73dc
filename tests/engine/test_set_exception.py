"""What one family asked for itself: their day, their channel, a pause; kept by planning and by the gate, and shown."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from outreach.domain.quiet_hours import london
from outreach.engine.dispatch import dispatch
from outreach.engine.run_cadences import run_cadences
from outreach.engine.set_exception import NotSet, end_exception, set_exception
from outreach.runtime import Runtime
from outreach.store.cadences import EnrolmentRow
from outreach.store.exceptions import ExceptionRow, standing_exceptions
from outreach.store.offers import OfferRow, open_offer
from outreach.views.family_page import family_page
from tests.cast import BEN, Family, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock, FakeLine


def different(runtime: Runtime, family: Family, kind: str, *, day: date | None = None, channel: str = "") -> None:
    refused = set_exception(
        runtime, BEN, family_id=family.id, kind=kind, day=day, channel=channel, why="She works nights"
    )
    assert refused is None


def the_offer(runtime: Runtime, family: Family) -> OfferRow:
    with runtime.sessions.read() as session:
        found = open_offer(session, family.id)
    assert found
    return found


def test_their_day_takes_the_place_of_the_cadences_and_is_used_once(runtime: Runtime) -> None:
    family = a_family(runtime, "F001", next_step=1)
    run_cadences(runtime)
    different(runtime, family, "date", day=date(2026, 12, 22))  # a tender date: they chose it
    run_cadences(runtime)
    offer = the_offer(runtime, family)
    assert (offer.step, offer.round, london(offer.due_at).date()) == (1, 1, date(2026, 12, 22))
    assert offer.asked_for
    with runtime.sessions.read() as session:
        assert standing_exceptions(session, family.id) == []


def test_their_channel_is_kept_for_every_step(runtime: Runtime) -> None:
    family = a_family(runtime, "F001", next_step=1)
    run_cadences(runtime)
    different(runtime, family, "channel", channel="call")
    run_cadences(runtime)
    assert the_offer(runtime, family).channel == "call"
    page = family_page(runtime, BEN, family.id)
    assert page
    assert {each.title for each in page.coming} == {"Planned: a call"}
    assert page.exceptions[0].says == "Every contact is by call"


def test_nothing_goes_out_before_the_day_they_named_not_even_what_waits_in_the_queue(
    runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", next_step=2, imprisoned_on=date(2025, 11, 20))
    an_open_offer(runtime, family, channel="text", step=1)
    run_cadences(runtime)
    different(runtime, family, "pause", day=date(2026, 2, 3))
    run_cadences(runtime)
    dispatch(runtime)
    assert line.texts == []
    assert london(the_offer(runtime, family).due_at).date() == date(2026, 2, 3)
    page = family_page(runtime, BEN, family.id)
    assert page
    assert (page.next.kind, page.next.because) == ("held", "they asked us to wait")
    clock.moment = the_offer(runtime, family).due_at
    run_cadences(runtime)
    dispatch(runtime)
    assert len(line.texts) == 1


def test_the_gate_keeps_a_pause_that_was_set_after_the_planning(runtime: Runtime, line: FakeLine) -> None:
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", next_step=2)
    offer_id = an_open_offer(runtime, family, channel="text", step=1)
    with runtime.sessions.begin() as session:
        session.get_one(OfferRow, offer_id).tries = 1  # it goes on as it is
    different(runtime, family, "pause", day=date(2026, 2, 3))
    run_cadences(runtime)
    dispatch(runtime)
    offer = the_offer(runtime, family)
    assert (line.texts, offer.id, offer.waits_for) == ([], offer_id, "own_pause")


def test_taking_it_back_plans_by_the_cadence_again_and_nothing_is_doubled(runtime: Runtime) -> None:
    family = a_family(runtime, "F001", next_step=1)
    run_cadences(runtime)
    before = the_offer(runtime, family).due_at
    different(runtime, family, "pause", day=date(2026, 6, 1))
    run_cadences(runtime)
    with runtime.sessions.read() as session:
        exception_id = session.scalars(select(ExceptionRow.id)).one()
    assert end_exception(runtime, BEN, exception_id=exception_id)
    assert not end_exception(runtime, BEN, exception_id=exception_id)
    run_cadences(runtime)
    assert the_offer(runtime, family).due_at == before
    with runtime.sessions.read() as session:
        ended = session.scalars(select(OfferRow).where(OfferRow.state == "ended")).all()
        assert session.get_one(EnrolmentRow, family.enrolment_id).behind == (0, 1)
    assert {(each.outcome, each.outcome_why) for each in ended} == {("superseded", "own_exception")}
    page = family_page(runtime, BEN, family.id)
    assert page
    assert ("Why: they asked for something else; it was planned anew.",) in [each.lines for each in page.moments]


def test_setting_it_again_replaces_it_and_all_of_it_is_on_their_line_of_time(runtime: Runtime) -> None:
    family = a_family(runtime, "F001", next_step=1)
    different(runtime, family, "channel", channel="call")
    different(runtime, family, "channel", channel="visit")
    page = family_page(runtime, BEN, family.id)
    assert page
    assert [each.says for each in page.exceptions] == ["Every contact is by visit"]
    titles = [each.title for each in page.moments]
    assert "They asked: every contact is by call" in titles
    assert "Taken back: every contact is by call" in titles
    assert page.exceptions[0].why == "She works nights"


@pytest.mark.parametrize(
    ("kind", "day", "channel", "why", "field"),
    [
        ("never", None, "", "x", "exception-kind"),
        ("date", None, "", "x", "exception-day"),
        ("pause", date(2026, 1, 13), "", "x", "exception-day"),
        ("date", date(2026, 1, 13) + timedelta(days=800), "", "x", "exception-day"),
        ("channel", None, "fax", "x", "exception-channel"),
        ("pause", date(2026, 3, 1), "", "  ", "exception-why"),
    ],
)
def test_what_is_missing_is_said_with_its_place(
    runtime: Runtime, kind: str, day: date | None, channel: str, why: str, field: str
) -> None:
    family = a_family(runtime, "F001")
    refused = set_exception(runtime, BEN, family_id=family.id, kind=kind, day=day, channel=channel, why=why)
    assert isinstance(refused, NotSet)
    assert refused.field == field


def test_their_day_needs_a_cadence_that_still_plans_something(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        row = session.get_one(EnrolmentRow, family.enrolment_id)
        row.state, row.state_why = "rested", "accepted"
    refused = set_exception(
        runtime, BEN, family_id=family.id, kind="date", day=date(2026, 3, 2), channel=None, why="She asked"
    )
    assert refused == NotSet("exception-day", "Nothing more is planned for this family. Book a call instead.")
