"""New families land on a person's list at once, a digest says so without a name, and who is not tried goes back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from outreach.domain.access import NotAllowed
from outreach.domain.hold import Kind
from outreach.domain.import_plan import FieldChange
from outreach.engine.assign import assign, give_back
from outreach.engine.deal_calls import deal_calls
from outreach.engine.guide_call import Opened, Refusal, open_call
from outreach.engine.holds import lift_hold
from outreach.engine.import_families import Waiting, plan_import
from outreach.engine.run_cadences import run_cadences
from outreach.engine.send_digests import send_digests
from outreach.engine.set_gate import Gate, NotSet, set_gate
from outreach.engine.tick import tick
from outreach.engine.undo_import import Undone, undo_import
from outreach.gateway.mail import CatchMail, Letter
from outreach.runtime import Runtime
from outreach.store.alerts import TaskRow
from outreach.store.areas import AreaRow
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow
from outreach.store.holds import open_holds
from outreach.store.offers import AttemptRow, OfferRow, open_offer
from outreach.store.staff import OrganisationRow, StaffRow
from outreach.views.family_page import family_page
from outreach.views.imports import plan_page
from outreach.views.overview import overview
from outreach.views.plan_lines import OF_ANOTHER_AREA, LineOfPlan
from outreach.views.worklist import worklist
from tests.cast import ANA, BEN, CORA, DEV, LANTERN, POLICE, a_family, an_open_offer
from tests.domain.recognition_rows import a_file, a_row
from tests.engine.test_import_families import family, imported, tasks
from tests.fakes import Clock

NEW = a_row("F001", imprisoned_on="2026-01-12", carer_name="Amina Rivera")


def a_gate(
    *,
    thresholds: Collection[str] = ("early_help",),
    front_door: str = "",
    chase_days: int = 3,
    champion_id: str = "ben",
    pick_up_days: int = 3,
) -> Gate:
    return Gate(
        thresholds=thresholds, front_door=front_door, chase_days=chase_days, champion_id=champion_id,
        pick_up_days=pick_up_days,
    )  # fmt: skip


@pytest.fixture
def champions(runtime: Runtime) -> None:
    """Ben in Oxfordshire (trained for careful contact), Dev in Milton Keynes (not)."""
    assert set_gate(runtime, ANA, area="OXF", gate=a_gate()) is None
    assert set_gate(runtime, ANA, area="MKC", gate=a_gate(champion_id="dev")) is None


def letters(runtime: Runtime) -> tuple[Letter, ...]:
    assert isinstance(runtime.mail, CatchMail)
    return runtime.mail.letters


def test_a_new_family_is_on_the_champions_list_the_same_minute(runtime: Runtime, champions: None) -> None:
    imported(runtime, NEW)
    assert family(runtime).assigned_to == "ben"
    run_cadences(runtime)
    (call,) = worklist(runtime, BEN).calls
    assert (call.family.ref, call.mine) == ("F001", True)
    assert worklist(runtime, CORA).calls == (), "it is on one person's list"
    with runtime.sessions.read() as session:
        landed = session.scalars(select(EventRow).where(EventRow.name == "families_landed")).one()
        assert landed.data == {"area": "OXF", "families": 1}


def test_without_a_champion_a_new_family_is_dealt_like_any_other(runtime: Runtime) -> None:
    imported(runtime, NEW)
    run_cadences(runtime)
    assert family(runtime).assigned_to is None
    assert worklist(runtime, BEN).calls == ()
    deal_calls(runtime)
    assert [call.family.ref for call in worklist(runtime, BEN).calls] == ["F001"]


@pytest.mark.parametrize(
    ("cells", "owner"),
    [
        ({"area": "OXF", "hold": "carer_is_victim"}, "ben"),
        ({"area": "MKC", "hold": "carer_is_victim"}, None),
        ({"area": "MKC", "hold": "no_contact_order"}, "dev"),
        ({"area": "OXF", "carer_relationship": "foster_carer"}, None),
    ],
)
def test_careful_contact_lands_with_who_is_trained_and_nobody_gets_whom_we_do_not_contact(
    runtime: Runtime, champions: None, cells: dict[str, str], owner: str | None
) -> None:
    imported(runtime, NEW | cells)
    assert family(runtime).assigned_to == owner


def test_a_champion_who_left_gets_nothing(runtime: Runtime, champions: None) -> None:
    with runtime.sessions.begin() as session:
        session.get_one(StaffRow, "ben").left_at = runtime.now()
    imported(runtime, NEW)
    assert family(runtime).assigned_to is None


def test_of_a_family_of_an_area_one_does_not_work_in_only_the_move_is_shown(runtime: Runtime, champions: None) -> None:
    imported(runtime, NEW | {"postcode": "OX1 1AA", "hold": "no_contact_order"})
    there = replace(ANA, areas=frozenset({"MKC"}))
    taken = a_file(NEW | {"area": "MKC", "carer_name": "Somebody Else", "carer_phone": "07700 900555"})
    waiting = plan_import(runtime, there, data=taken, file_name="february.csv")
    assert isinstance(waiting, Waiting)
    page = plan_page(runtime, there, waiting.batch_id)
    assert page is not None
    ((line,),) = (group.lines for group in page.groups)
    assert line == LineOfPlan(
        ref="F001", family_id="", who="", area="Milton Keynes", sentence=OF_ANOTHER_AREA, rows=(2,), marks=(), facts=(),
        changes=(FieldChange("area", "one that you do not work in", "Milton Keynes"),),
    )  # fmt: skip
    whole = plan_page(runtime, ANA, waiting.batch_id)
    assert whole is not None
    assert "Amina Rivera" in repr(whole.groups), "who works in both areas sees what changes"


def test_the_area_that_a_family_left_is_told_until_the_import_is_undone(runtime: Runtime, champions: None) -> None:
    imported(runtime, NEW)
    moved = imported(runtime, NEW | {"area": "MKC"}, name="february.csv")

    def told(area: str) -> list[str]:
        page = overview(runtime, replace(ANA, areas=frozenset({area})))
        return [task.says for task in page.tasks if "moved a family" in task.says]

    assert told("OXF") == ["A file moved a family of yours to another area: is that right? (F001, now Milton Keynes)"]
    assert told("MKC") == []
    undo_import(runtime, ANA, batch_id=moved.batch_id)
    assert family(runtime).area_code == "OXF"
    assert told("OXF") == []


def test_a_family_that_moves_takes_its_promise_to_the_new_owner_and_the_old_one_loses_access(
    runtime: Runtime, champions: None
) -> None:
    imported(runtime, NEW)
    run_cadences(runtime)
    with runtime.sessions.begin() as session:
        offer = open_offer(session, family(runtime).id)
        assert offer is not None
        offer.promised, offer.why, due = True, "asked", offer.due_at
    family_id = family(runtime).id
    assert family_page(runtime, BEN, family_id)
    imported(runtime, NEW | {"area": "MKC"}, name="february.csv")
    assert family(runtime).assigned_to == "dev"
    with runtime.sessions.read() as session:
        offer = open_offer(session, family_id)
        assert offer is not None
        assert (offer.assigned_to, offer.promised, offer.due_at) == ("dev", True, due)
    assert [call.family.ref for call in worklist(runtime, DEV).calls + worklist(runtime, DEV).promised] == ["F001"]
    assert worklist(runtime, BEN).calls == worklist(runtime, BEN).promised == ()
    with pytest.raises(NotAllowed):
        family_page(runtime, BEN, family_id)
    with pytest.raises(NotAllowed):
        assign(runtime, replace(ANA, areas=frozenset({"OXF"})), family_id=family_id, staff_id="ben")


def test_who_is_not_tried_in_time_goes_back_to_the_coordinator(runtime: Runtime, champions: None, clock: Clock) -> None:
    imported(runtime, NEW)  # Tuesday the 13th
    run_cadences(runtime)
    clock.move(days=2)
    assert give_back(runtime) == 0
    clock.move(days=1)  # Friday: three working days
    assert give_back(runtime) == 1
    assert family(runtime).assigned_to is None
    assert "not_picked_up" in tasks(runtime)
    with runtime.sessions.read() as session:
        offer = open_offer(session, family(runtime).id)
        assert offer is not None
        assert offer.assigned_to is None
    assert give_back(runtime) == 0, "it goes back once"


def test_a_weekend_is_no_time_in_which_to_pick_up(runtime: Runtime, champions: None, clock: Clock) -> None:
    clock.move(days=3)  # Friday
    imported(runtime, NEW)
    run_cadences(runtime)
    clock.move(days=3)  # Monday: one working day
    assert give_back(runtime) == 0
    clock.move(days=2)
    assert give_back(runtime) == 1


def test_a_bank_holiday_is_no_time_in_which_to_pick_up(runtime: Runtime, champions: None, clock: Clock) -> None:
    clock.move(days=79)  # Thursday before Easter
    imported(runtime, a_row(imprisoned_on="2026-04-01", child_born_on="2017-06-02"))
    run_cadences(runtime)
    clock.move(days=6)  # Wednesday: two working days
    assert give_back(runtime) == 0
    clock.move(days=1)
    assert give_back(runtime) == 1


def test_a_family_that_was_tried_or_is_held_stays(runtime: Runtime, champions: None, clock: Clock) -> None:
    imported(runtime, NEW, a_row("F002", imprisoned_on="2026-01-12", hold="no_contact_order"))
    run_cadences(runtime)
    clock.move(hours=2)
    with runtime.sessions.begin() as session:
        offer = open_offer(session, family(runtime).id)
        assert offer is not None
        session.add(
            AttemptRow(
                id=runtime.new_id(), offer_id=offer.id, family_id=offer.family_id, number_of=1, channel="call",
                at=runtime.now(),
            )
        )  # fmt: skip
    clock.move(days=10)
    assert give_back(runtime) == 0
    assert {family(runtime, ref).assigned_to for ref in ("F001", "F002")} == {"ben"}


def test_a_digest_goes_once_a_day_without_a_name_or_a_number(runtime: Runtime, champions: None, clock: Clock) -> None:
    imported(runtime, NEW)
    assert send_digests(runtime) == 1
    assert send_digests(runtime) == 0
    (letter,) = letters(runtime)
    assert letter.to == "ben@paramount.example"
    for word in ("Amina", "Rivera", "F001", "Oxfordshire", "07700"):
        assert word not in letter.subject + letter.body
    assert not any(each.isdigit() for each in letter.subject + letter.body)
    clock.move(hours=1)
    imported(runtime, NEW, a_row("F002", imprisoned_on="2026-01-12"), name="more.csv")
    assert send_digests(runtime) == 0, "one a day"
    clock.move(days=1)
    assert send_digests(runtime) == 1
    clock.move(days=1)
    assert send_digests(runtime) == 0, "nothing is new"


def test_no_digest_at_night_nor_at_a_weekend(runtime: Runtime, champions: None, clock: Clock) -> None:
    imported(runtime, NEW)
    clock.move(hours=13)  # eleven at night
    assert send_digests(runtime) == 0
    clock.move(days=4)  # Saturday
    assert send_digests(runtime) == 0
    clock.move(days=1, hours=12)  # Monday, eleven in the morning
    assert send_digests(runtime) == 1


def test_the_tick_gives_back_and_sends_digests(runtime: Runtime, champions: None) -> None:
    imported(runtime, NEW)
    counted = tick(runtime)
    assert (counted["digests"], counted["given_back"], counted["files"]) == (1, 0, 0)


def test_an_import_that_landed_can_still_be_undone(runtime: Runtime, champions: None) -> None:
    done = imported(runtime, NEW)
    assert isinstance(undo_import(runtime, ANA, batch_id=done.batch_id), Undone)


def test_the_gate_of_an_area_is_set_by_who_may_and_the_next_import_goes_by_it(runtime: Runtime) -> None:
    gate = a_gate(thresholds=["child_protection", "early_help"], front_door="front.door@oxf.gov.uk", pick_up_days=5)
    assert set_gate(runtime, ANA, area="OXF", gate=gate) is None
    with runtime.sessions.read() as session:
        area = session.get_one(AreaRow, "OXF")
        assert area.notice_thresholds == ["early_help", "child_protection"]
        assert (area.front_door, area.champion_id, area.pick_up_days) == ("front.door@oxf.gov.uk", "ben", 5)
        event = session.scalars(select(EventRow).where(EventRow.name == "gate_set")).one()
        assert event.data["before"]["thresholds"] == ["early_help", "child_in_need", "child_protection"]
        assert "oxf.gov.uk" not in str(event.data)
    for who, area_code in ((BEN, "OXF"), (replace(ANA, areas=frozenset({"MKC"})), "OXF")):
        with pytest.raises(NotAllowed):
            set_gate(runtime, who, area=area_code, gate=gate)


def test_everything_wrong_with_a_gate_is_said_at_once(runtime: Runtime) -> None:
    wrong = a_gate(thresholds=["none"], front_door="the desk", chase_days=0, champion_id="dev", pick_up_days=99)
    answer = set_gate(runtime, ANA, area="OXF", gate=wrong)
    assert isinstance(answer, NotSet)
    fields = {field for field, _ in answer.problems}
    assert fields == {"thresholds", "front_door", "chase_days", "champion", "pick_up_days"}


def test_assigning_by_hand_begins_the_days_anew(runtime: Runtime, clock: Clock) -> None:
    imported(runtime, NEW)
    run_cadences(runtime)
    clock.move(days=10)
    assign(runtime, ANA, family_id=family(runtime).id, staff_id="ben")
    assert give_back(runtime) == 0
    clock.move(days=6)
    assert give_back(runtime) == 1
    with runtime.sessions.read() as session:
        task = session.scalars(select(TaskRow).where(TaskRow.kind == "not_picked_up")).one()
        assert (task.for_role, task.area_code) == ("coordinator", "OXF")
        assert session.scalars(select(FamilyRow.assigned_at)).one() is None
        assert session.scalars(select(OfferRow.assigned_to).where(OfferRow.state == "open")).one() is None
    assert timedelta(0) < clock() - family(runtime).made_at
    assert Kind.LIKELY_DUPLICATE not in tasks(runtime)


def test_landing_digest_and_going_back_are_the_same_on_either_database(either_runtime: Runtime) -> None:
    runtime, clock = either_runtime, either_runtime.now
    assert isinstance(clock, Clock)
    assert set_gate(runtime, ANA, area="OXF", gate=a_gate()) is None
    imported(runtime, NEW)
    run_cadences(runtime)
    assert family(runtime).assigned_to == "ben"
    assert send_digests(runtime) == 1
    assert send_digests(runtime) == 0
    clock.move(days=3)
    assert give_back(runtime) == 1
    assert family(runtime).assigned_to is None


@pytest.mark.parametrize("cells", [{"checks": "pending"}, {"hold": "no_contact_order"}])
def test_who_could_not_be_rung_has_the_whole_time_once_they_can(
    runtime: Runtime, champions: None, clock: Clock, cells: dict[str, str]
) -> None:
    imported(runtime, NEW | cells)
    run_cadences(runtime)
    clock.move(days=9)  # Thursday the 22nd
    assert give_back(runtime) == 0
    if "hold" in cells:
        lifted(runtime)
    else:
        imported(runtime, NEW)
    clock.move(days=1)
    assert give_back(runtime) == 0, "they could be rung since yesterday only"
    clock.move(days=4)
    assert give_back(runtime) == 1


def test_a_family_without_a_number_is_no_fault_of_who_has_it(runtime: Runtime, champions: None, clock: Clock) -> None:
    imported(runtime, NEW | {"carer_phone": ""})
    run_cadences(runtime)
    clock.move(days=9)
    assert give_back(runtime) == 0


def lifted(runtime: Runtime) -> None:
    with runtime.sessions.read() as session:
        (hold_id,) = [row.id for row in open_holds(session, family(runtime).id)]
    for who in (ANA, CORA):
        lift_hold(runtime, who, hold_id=hold_id, why="the order has ended")


def test_before_an_area_is_live_nobody_is_asked_why_a_family_was_not_tried(
    runtime: Runtime, champions: None, clock: Clock
) -> None:
    with runtime.sessions.begin() as session:
        session.get_one(AreaRow, "OXF").live_on = date(2026, 1, 22)
    imported(runtime, NEW)
    run_cadences(runtime)
    clock.move(days=10)  # live since yesterday
    assert give_back(runtime) == 0
    clock.move(days=4)
    assert give_back(runtime) == 1


def partner_of(runtime: Runtime, area: str) -> str | None:
    with runtime.sessions.read() as session:
        return session.get_one(AreaRow, area).partner_id


def test_the_charity_of_an_area_is_named_by_who_may_and_no_call_is_made_before(runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        session.get_one(AreaRow, "OXF").partner_id = None
    offer_id = an_open_offer(runtime, a_family(runtime, "F900"))
    refused = open_call(runtime, BEN, offer_id=offer_id)
    assert isinstance(refused, Refusal)
    assert "no charity yet" in refused.why
    for wrong in (POLICE, "nobody"):
        answer = set_gate(runtime, ANA, area="OXF", gate=replace(a_gate(), partner_id=wrong))
        assert isinstance(answer, NotSet)
        assert [field for field, _ in answer.problems] == ["partner"]
    assert set_gate(runtime, ANA, area="OXF", gate=replace(a_gate(), partner_id=LANTERN)) is None
    assert partner_of(runtime, "OXF") == LANTERN
    assert isinstance(open_call(runtime, BEN, offer_id=offer_id), Opened)


def test_the_charity_does_not_change_under_a_call_that_names_it(runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        session.add(OrganisationRow(id="org-harbour", name="Harbour", kind="charity"))
    opened = open_call(runtime, BEN, offer_id=an_open_offer(runtime, a_family(runtime, "F900")))
    assert isinstance(opened, Opened)
    other = replace(a_gate(), partner_id="org-harbour")
    assert isinstance(set_gate(runtime, ANA, area="OXF", gate=other), NotSet)
    assert set_gate(runtime, ANA, area="OXF", gate=a_gate()) is None, "what leaves it as it is may be set"
    assert partner_of(runtime, "OXF") == LANTERN
    assert set_gate(runtime, ANA, area="MKC", gate=replace(other, champion_id="dev")) is None
