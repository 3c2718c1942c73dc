"""Lists of calls on both databases: one list for a call, moved by hand, by cover and by the gate."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from outreach.domain.access import NotAllowed
from outreach.domain.hold import Kind
from outreach.engine import guide_call
from outreach.engine.deal_calls import NotTaken, deal_calls, deal_new, take_over
from outreach.engine.hand_back import hand_back
from outreach.engine.holds import lift_hold, set_hold
from outreach.engine.set_cover import set_cover
from outreach.runtime import Runtime
from outreach.store.families import FamilyRow
from outreach.store.offers import OfferRow
from outreach.store.staff import StaffAreaRow
from outreach.views.worklist import worklist
from tests.cast import ANA, BEN, CORA, DEV, a_family, an_open_offer
from tests.fakes import Clock


def list_of(runtime: Runtime, offer_id: str) -> str | None:
    with runtime.sessions.read() as session:
        return session.get_one(OfferRow, offer_id).list_of


def test_the_database_keeps_a_family_off_two_lists(either_runtime: Runtime) -> None:
    runtime = either_runtime
    family = a_family(runtime, "F001")
    an_open_offer(runtime, family)
    deal_calls(runtime)
    with pytest.raises(IntegrityError), runtime.sessions.begin() as session:
        session.add(
            OfferRow(
                id=runtime.new_id(), enrolment_id=family.enrolment_id, family_id=family.id, step=1,
                planned_channel="call", channel="call", script="reoffer_call", why="offer_again",
                due_at=runtime.now(), made_at=runtime.now(), list_of="cora", list_on=runtime.now().date(),
            )
        )  # fmt: skip


def test_a_call_is_dealt_once_to_somebody_on_duty_and_stays_there(either_runtime: Runtime) -> None:
    offer_id = an_open_offer(either_runtime, a_family(either_runtime, "F001"))
    assert [deal_calls(either_runtime) for _ in range(3)] == [1, 0, 0]
    assert list_of(either_runtime, offer_id) == "ben"


def test_taking_over_moves_it_and_handing_back_passes_it_on(either_runtime: Runtime) -> None:
    runtime = either_runtime
    offer_id = an_open_offer(runtime, a_family(runtime, "F001"))
    deal_calls(runtime)
    assert take_over(runtime, CORA, offer_id=offer_id) is None
    deal_calls(runtime)
    assert [each.family.ref for each in worklist(runtime, CORA).calls] == ["F001"]
    assert list_of(runtime, offer_id) == "cora"
    assert hand_back(runtime, CORA, offer_id=offer_id)
    deal_calls(runtime)
    assert list_of(runtime, offer_id) == "ben"
    with pytest.raises(NotAllowed):
        take_over(runtime, DEV, offer_id=offer_id)


def test_a_call_that_somebody_is_on_is_not_taken_over(either_runtime: Runtime) -> None:
    runtime = either_runtime
    offer_id = an_open_offer(runtime, a_family(runtime, "F001", standing="verified"))
    deal_calls(runtime)
    assert isinstance(guide_call.open_call(runtime, BEN, offer_id=offer_id), guide_call.Opened)
    assert isinstance(take_over(runtime, CORA, offer_id=offer_id), NotTaken)


def test_who_covers_has_the_calls_of_who_is_away(either_runtime: Runtime) -> None:
    runtime = either_runtime
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        session.get_one(FamilyRow, family.id).assigned_to = "ben"
        session.add(StaffAreaRow(staff_id="dev", area_code="OXF"))
    offer_id = an_open_offer(runtime, family)
    deal_calls(runtime)
    assert list_of(runtime, offer_id) == "ben"
    today = runtime.now().date()
    assert set_cover(runtime, ANA, area="OXF", first=today, last=None, away="ben", covers="dev") is None
    deal_calls(runtime)
    assert list_of(runtime, offer_id) == "dev"


def test_what_the_gate_refuses_is_on_no_list_and_the_page_says_why(runtime: Runtime, clock: Clock) -> None:
    family = a_family(runtime, "F001")
    offer_id = an_open_offer(runtime, family)
    deal_calls(runtime)
    with runtime.sessions.begin() as session:
        set_hold(session, runtime, family_id=family.id, kind=Kind.OFFICER_SAFETY, by="import", now=runtime.now())
    deal_calls(runtime)
    assert list_of(runtime, offer_id) is None
    page = worklist(runtime, BEN)
    assert (page.calls, page.nobodys, page.colleagues) == ((), (), ())
    assert [(each.family.ref, each.because) for each in page.not_now] == [("F001", "the checks found a risk to staff")]
    assert family.id in page.family_ids


def test_on_a_bank_holiday_planned_calls_say_until_when_they_wait(runtime: Runtime, clock: Clock) -> None:
    clock.move(days=80)  # Good Friday, 3 April 2026
    an_open_offer(runtime, a_family(runtime, "F001"))
    deal_calls(runtime)
    (wait,) = worklist(runtime, BEN).not_now
    assert wait.because == "it is outside the hours"
    assert wait.until is not None
    assert wait.until.date().isoformat() == "2026-04-07", "after Easter Monday"


def test_the_worker_deals_what_nobody_looked_at_today_and_nothing_twice(runtime: Runtime, clock: Clock) -> None:
    offer_id = an_open_offer(runtime, a_family(runtime, "F001"))
    assert [deal_new(runtime) for _ in range(2)] == [1, 0]
    held = a_family(runtime, "F002", e164="+447700900102")
    an_open_offer(runtime, held)
    with runtime.sessions.begin() as session:
        lifted = set_hold(session, runtime, family_id=held.id, kind=Kind.BY_HAND, by="ben", now=runtime.now())
    assert deal_new(runtime) == 0
    assert list_of(runtime, offer_id) == "ben"
    lift_hold(runtime, BEN, hold_id=lifted.id, why="settled")
    assert [each.family.ref for each in worklist(runtime, CORA).nobodys] == ["F002"]
    assert deal_calls(runtime) == 1, "whoever looks has it dealt"
    clock.move(days=1)
    assert deal_new(runtime) == 0, "the next day it stays where it was"
