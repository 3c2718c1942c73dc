from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from outreach.domain.access import Actor
from outreach.domain.hold import Kind
from outreach.engine.beat import beat
from outreach.engine.end_offer import end_offer
from outreach.engine.holds import set_hold
from outreach.engine.link_events import link_events
from outreach.engine.nightly_proof import prove_tonight
from outreach.engine.run_cadences import run_cadences
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow
from outreach.store.cadences import EnrolmentRow
from outreach.store.offers import OfferRow
from outreach.store.staff import StaffRow
from outreach.views.overview import overview
from tests.browsing import Visitor, words
from tests.cast import ANA, BEN, CORA, Family, a_family, an_open_offer
from tests.fakes import Clock

Be = Callable[[Actor | None], Visitor]


def ended(runtime: Runtime, family: Family, outcome: str = "O3") -> None:
    offer_id = an_open_offer(runtime, family)
    with runtime.sessions.begin() as session:
        end_offer(session, runtime, session.get_one(OfferRow, offer_id), outcome=outcome, now=runtime.now())


def test_an_empty_house_says_so_in_sentences(be: Be) -> None:
    page = words(be(ANA).get("/overview/"))
    for said in (
        "No offer has been due this month yet.",
        "No family has been imported in your areas yet.",
        "No reply waits to be read.",
        "No family is held.",
        "Nothing waits for a decision.",
    ):
        assert said in page, said


def test_it_says_when_every_offer_ended_in_an_outcome(be: Be, runtime: Runtime) -> None:
    for place in range(3):
        ended(runtime, a_family(runtime, f"F{place}", e164=f"+44770090010{place}"))
    assert "All 3 offers due this month ended in an outcome." in words(be(ANA).get("/overview/"))


def test_open_offers_are_counted_with_what_they_wait_for(be: Be, runtime: Runtime) -> None:
    families = [a_family(runtime, f"F{place}", e164=f"+44770090010{place}") for place in range(4)]
    ended(runtime, families[0])
    for family in families[1:]:
        an_open_offer(runtime, family)
    with runtime.sessions.begin() as session:
        set_hold(session, runtime, family_id=families[1].id, kind=Kind.REPLY, by="system", now=runtime.now())
    page = words(be(ANA).get("/overview/"))
    assert "1 offer ended in an outcome this month. 3 more are due and still open" in page
    assert "2 because the call is still to be made" in page
    assert "1 because they wrote something a person should read first" in page


def test_a_family_on_nobodys_list_is_named(be: Be, runtime: Runtime) -> None:
    lost = a_family(runtime, "LOST1")
    a_family(runtime, "FINE1", e164="+447700900102")
    with runtime.sessions.begin() as session:
        session.delete(session.get_one(EnrolmentRow, lost.enrolment_id))
    assert [line.ref for line in overview(runtime, ANA).nobodys] == ["LOST1"]
    assert "1 family is on nobody's list: A. R., LOST1" in words(be(ANA).get("/overview/"))


def test_holds_are_listed_with_why_safety_first(runtime: Runtime) -> None:
    families = [a_family(runtime, f"F{place}", e164=f"+44770090010{place}") for place in range(3)]
    with runtime.sessions.begin() as session:
        for family, kind in zip(families, (Kind.REPLY, Kind.REPLY, Kind.RELEASED), strict=True):
            set_hold(session, runtime, family_id=family.id, kind=kind, by="system", now=runtime.now())
    held = overview(runtime, CORA).held
    assert [(each.says, each.count, each.needs_two) for each in held] == [
        ("a supervisor is to review the family first", 1, True),
        ("they wrote something a person should read first", 2, False),
    ]


def test_the_time_until_a_person_took_an_alert_is_told(be: Be, runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        for taken_after in (timedelta(minutes=4), timedelta(minutes=22), None):
            raised = runtime.now() - timedelta(hours=1)
            session.add(
                AlertRow(
                    id=runtime.new_id(), area_code="OXF", kind="violence", raised_at=raised,
                    taken_at=raised + taken_after if taken_after else None,
                )
            )  # fmt: skip
    page = words(be(ANA).get("/overview/"))
    assert "1 alert has not been taken by anybody" in page
    assert "1 of 3 alerts this month reached a person within 15 minutes; the slowest took 22 minutes" in page


def test_what_waits_for_a_decision_can_be_done_once(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        task = open_task(
            session, runtime, kind="find_number", subject_id=family.id, family_id=family.id, now=runtime.now()
        )
    ana = be(ANA)
    assert "No number works" in words(ana.get("/overview/"))
    for _ in range(2):
        assert "Nothing waits for a decision" in words(ana.post(f"/overview/tasks/{task.id}/done", follow=True))


def test_a_silent_worker_is_said_and_a_beating_one_is_not(be: Be, runtime: Runtime) -> None:
    assert "Nobody is doing the sending" in words(be(ANA).get("/overview/"))
    beat(runtime, "w1")
    assert "Nobody is doing the sending" not in words(be(ANA).get("/overview/"))


def test_nothing_is_counted_by_person_and_practitioners_have_no_overview(be: Be, runtime: Runtime) -> None:
    ended(runtime, a_family(runtime, "F001"), "O1")
    page = words(be(ANA).get("/overview/"))
    assert "They accepted 1" in page
    assert "Ben Practitioner" not in page.replace("Oxfordshire: Ben Practitioner is on duty.", "")
    assert be(BEN).get("/overview/").status_code == 403


def test_the_overview_page_says_what_the_proof_found(be: Be, runtime: Runtime, clock: Clock) -> None:
    ana = be(ANA)
    assert "No proof has been made yet" in words(ana.get("/overview/"))
    a_family(runtime, "F001")
    clock.move(days=1)
    prove_tonight(runtime)
    page = words(ana.get("/overview/"))
    assert "Not kept Every family in a cadence has a next offer, a rest with a reason, or an end." in page
    assert "1 thing breaks it, among them A. R., F001" in page
    run_cadences(runtime)
    link_events(runtime)
    clock.move(days=1)
    prove_tonight(runtime)
    assert "promises held, in the night to Thursday 15 January 2026" in words(ana.get("/overview/"))


def test_an_area_in_which_danger_would_ring_nobody_stands_in_red(be: Be, runtime: Runtime) -> None:
    assert "Danger would ring nobody" not in words(be(CORA).get("/overview/"))
    with runtime.sessions.begin() as session:
        for each in ("ana", "ben", "cora"):
            session.get_one(StaffRow, each).phone = None
    page = be(CORA).get("/overview/")
    assert "Danger would ring nobody in Oxfordshire." in words(page)
    assert 'class="po-danger' in page.text
