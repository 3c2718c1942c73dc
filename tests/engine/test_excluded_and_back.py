"""Excluded or supported elsewhere, and back: a no, a rest and a promise stand, by a later file as by an undo."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from outreach.engine.end_offer import asked_offer, end_offer
from outreach.engine.enrol import end_enrolment, rest_enrolment
from outreach.engine.prove import prove
from outreach.engine.run_cadences import run_cadences
from outreach.engine.undo_import import Undone, undo_import
from outreach.runtime import Runtime
from outreach.store import offers
from outreach.store.families import FamilyRow
from outreach.store.offers import OfferRow
from tests.cast import ANA
from tests.domain.recognition_rows import a_row
from tests.engine.test_import_families import enrolment, family, holds, imported, tasks
from tests.fakes import Clock

ONE = a_row(imprisoned_on="2026-01-05")
OUT = [
    pytest.param({"open_to": "child_we_care_for"}, id="a child we care for"),
    pytest.param({"carer_relationship": "foster_carer"}, id="a foster carer"),
    pytest.param({"supported_before": "school"}, id="supported already"),
]


def stands(runtime: Runtime) -> dict[str, Any]:
    """Where the family is in its cadence, and the contact that is open."""
    row = enrolment(runtime)
    assert row is not None
    with runtime.sessions.read() as session:
        offer = offers.open_offer(session, row.family_id)
        facts = "step", "planned_channel", "channel", "script", "why", "due_at", "due_until", "promised", "tries"
        return {
            "offer": offer and {each: getattr(offer, each) for each in (*facts, "assigned_to")},
            **{
                each: getattr(row, each)
                for each in (
                    "id", "state", "state_why", "rest_until", "noes", "anchor_on", "late", "behind", "rested_why",
                    "imprisoned_on",
                )
            },
        }  # fmt: skip


def with_a_no_and_a_promise(runtime: Runtime) -> datetime:
    """She said no, and that we may ring once more in twelve days."""
    day = runtime.now() + timedelta(days=12)
    with runtime.sessions.begin() as session:
        session.get_one(FamilyRow, family(runtime).id).assigned_to = "ben"
        row = rest_enrolment(session, runtime, family_id=family(runtime).id, why="declined", now=runtime.now())
        assert row is not None
        row.noes = 1
        asked_offer(
            session, runtime, family_id=row.family_id, due_at=day, due_until=day + timedelta(hours=1),
            their_words="ring me after the move", now=runtime.now(),
        ).assigned_to = "ben"  # fmt: skip
    return day


@pytest.mark.parametrize("cells", OUT)
@pytest.mark.parametrize("by", ["undo", "file"])
def test_a_no_a_rest_and_a_promise_stand(runtime: Runtime, clock: Clock, cells: dict[str, str], by: str) -> None:
    imported(runtime, ONE)
    run_cadences(runtime)
    clock.move(hours=1)
    with_a_no_and_a_promise(runtime)
    with runtime.sessions.begin() as session:
        offer = offers.open_offer(session, family(runtime).id)
        assert offer is not None
        offer.assigned_to = "ben"
    before = stands(runtime)
    clock.move(days=1)
    batch = imported(runtime, ONE | cells).batch_id
    assert enrolment(runtime) is None
    clock.move(days=1)
    if by == "undo":
        assert undo_import(runtime, ANA, batch_id=batch) == Undone(removed=0, went_back=1, kept=0)
        assert (holds(runtime), tasks(runtime)) == (set(), set())
    else:
        imported(runtime, ONE | {"postcode": "OX1 1AA"})
    run_cadences(runtime)
    assert stands(runtime) == before
    assert {each.rule for each in prove(runtime).findings} <= {"events_linked"}, "nobody linked them here"


def test_a_promise_whose_time_has_passed_meanwhile_is_a_call_that_is_due(runtime: Runtime, clock: Clock) -> None:
    imported(runtime, ONE)
    day = with_a_no_and_a_promise(runtime)
    imported(runtime, ONE | {"supported_before": "school"})
    clock.move(days=30)
    imported(runtime, ONE | {"supported_before": "no"})
    offer = stands(runtime)["offer"]
    assert (offer["promised"], offer["due_at"], offer["why"]) == (False, day, "asked")


@pytest.mark.parametrize("cells", OUT)
@pytest.mark.parametrize("by", ["undo", "file"])
def test_a_first_call_that_was_made_is_not_planned_again(
    runtime: Runtime, clock: Clock, cells: dict[str, str], by: str
) -> None:
    imported(runtime, ONE)
    run_cadences(runtime)
    with runtime.sessions.begin() as session:
        offer = offers.open_offer(session, family(runtime).id)
        assert offer is not None
        end_offer(session, runtime, offer, outcome="O3", why="call", now=runtime.now())
    run_cadences(runtime)
    before = stands(runtime)
    clock.move(days=1)
    batch = imported(runtime, ONE | cells).batch_id
    clock.move(days=1)
    if by == "undo":
        undo_import(runtime, ANA, batch_id=batch)
    else:
        imported(runtime, ONE | {"postcode": "OX1 1AA"})
    run_cadences(runtime)
    assert stands(runtime) == before


@pytest.mark.parametrize("by", ["undo", "file"])
def test_a_late_found_family_that_was_offered_now_stays_so(runtime: Runtime, clock: Clock, by: str) -> None:
    late = ONE | {"imprisoned_on": "2025-11-20"}
    imported(runtime, late, late="now")
    run_cadences(runtime)
    before = stands(runtime)
    clock.move(days=1)
    batch = imported(runtime, late | {"open_to": "child_we_care_for"}).batch_id
    if by == "undo":
        undo_import(runtime, ANA, batch_id=batch)
    else:
        imported(runtime, late | {"postcode": "OX1 1AA"})
    run_cadences(runtime)
    assert (before["anchor_on"], before["late"]) == (date(2026, 1, 13), "now")
    assert stands(runtime) == before


@pytest.mark.parametrize("cells", OUT)
def test_who_has_declined_is_not_offered_anew(runtime: Runtime, cells: dict[str, str]) -> None:
    imported(runtime, ONE)
    with runtime.sessions.begin() as session:
        end_enrolment(session, runtime, family_id=family(runtime).id, why="declined", now=runtime.now())
    imported(runtime, ONE | cells)
    imported(runtime, ONE | {"postcode": "OX1 1AA"})
    assert enrolment(runtime) is None


def test_imprisoned_again_and_undone_goes_on_as_before(runtime: Runtime, clock: Clock) -> None:
    imported(runtime, ONE)
    run_cadences(runtime)
    imported(runtime, ONE | {"custody": "released"})
    before = stands(runtime)
    clock.move(days=60)
    batch = imported(runtime, ONE | {"imprisoned_on": "2026-03-01"}).batch_id
    assert stands(runtime)["id"] != before["id"]
    clock.move(hours=1)
    assert isinstance(undo_import(runtime, ANA, batch_id=batch), Undone)
    assert stands(runtime) == before
    with runtime.sessions.read() as session:
        assert session.query(OfferRow).filter_by(state="open").count() == 1
