"""The nightly proof is made once a night, kept, and said on the overview; and who may tick off a task."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from outreach.domain.access import NotAllowed
from outreach.domain.hold import Kind
from outreach.engine.holds import Lifted, lift_hold, set_hold
from outreach.engine.nightly_proof import prove_tonight
from outreach.engine.run_cadences import run_cadences
from outreach.engine.tasks import finish_task, open_task
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.alerts import TaskRow
from outreach.store.cadences import EnrolmentRow
from outreach.store.events import EventRow
from outreach.store.offers import open_offer
from outreach.store.proofs import ProofRow, findings_of, last_proof
from outreach.views.overview import overview
from tests.cast import ANA, BEN, CORA, a_family
from tests.fakes import Clock


def test_a_proof_is_made_once_a_night_and_never_before_one_in_the_morning(runtime: Runtime, clock: Clock) -> None:
    assert [prove_tonight(runtime) for _ in range(3)] == [1, 0, 0]
    clock.move(hours=14, minutes=30)  # half past midnight of the next day
    assert prove_tonight(runtime) == 0
    clock.move(hours=1)
    assert prove_tonight(runtime) == 1
    with runtime.sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(ProofRow)) == 2


def test_a_proof_whose_worker_died_is_begun_again(runtime: Runtime, clock: Clock) -> None:
    with runtime.sessions.begin() as session:
        session.add(ProofRow(id=runtime.new_id(), night=clock.moment.date(), began_at=clock.moment))
    assert prove_tonight(runtime) == 0
    clock.move(hours=2)
    assert prove_tonight(runtime) == 1


def test_a_worker_back_after_days_links_what_happened_before_it_proves(runtime: Runtime, clock: Clock) -> None:
    a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        events.note(session, "task_opened", id=runtime.new_id(), at=clock.moment, actor_id="system", subjects=["T1"])
    clock.move(days=3)
    prove_tonight(runtime)
    with runtime.sessions.read() as session:
        proof = last_proof(session)
        assert proof
        assert "events_linked" not in {each.rule for each in findings_of(session, proof.id)}


def test_a_family_that_fell_out_of_its_cadence_is_said_on_the_overview(runtime: Runtime, clock: Clock) -> None:
    family = a_family(runtime, "F001")
    run_cadences(runtime)
    with runtime.sessions.begin() as session:
        row = session.get_one(EnrolmentRow, family.enrolment_id)
        row.state, row.state_why = "rested", None  # nobody said why, and nothing wakes it
        offer = open_offer(session, family.id)
        assert offer
        session.delete(offer)
    clock.move(days=1)
    prove_tonight(runtime)
    with runtime.sessions.read() as session:
        proof = last_proof(session)
        assert proof
        assert proof.clean is False
        assert "nobody_fell_out" in {each.rule for each in findings_of(session, proof.id)}
    page = overview(runtime, ANA)
    assert page.proof
    found = next(each for each in page.proof.findings if "next offer, a rest with a reason, or an end" in each.says)
    assert [line.ref for line in found.families] == ["F001"]
    assert family.id in page.family_ids


def test_no_proof_of_last_night_is_said_too(runtime: Runtime, clock: Clock) -> None:
    assert overview(runtime, ANA).proof is None
    prove_tonight(runtime)
    first = overview(runtime, ANA).proof
    assert first
    assert (first.late, first.findings) == (False, ())
    clock.move(days=3)
    late = overview(runtime, ANA).proof
    assert late
    assert late.late


@pytest.fixture
def task(runtime: Runtime) -> Callable[[str], str]:
    family = a_family(runtime, "F001")

    def make(for_role: str) -> str:
        with runtime.sessions.begin() as session:
            return open_task(
                session, runtime, kind="release_review", subject_id=family.id, family_id=family.id, now=runtime.now(),
                for_role=for_role,
            ).id  # fmt: skip

    return make


def test_a_practitioner_ticks_off_no_task_of_a_supervisor(runtime: Runtime, task: Callable[[str], str]) -> None:
    task_id = task("supervisor")
    with pytest.raises(NotAllowed):
        finish_task(runtime, BEN, task_id=task_id)
    finish_task(runtime, CORA, task_id=task_id)
    with runtime.sessions.read() as session:
        assert session.get_one(TaskRow, task_id).done_by == "cora"


def test_a_practitioner_ticks_off_their_own(runtime: Runtime, task: Callable[[str], str]) -> None:
    task_id = task("practitioner")
    finish_task(runtime, BEN, task_id=task_id)
    with runtime.sessions.read() as session:
        assert session.get_one(TaskRow, task_id).done_at == runtime.now()


def test_asking_twice_to_lift_a_hold_is_noted_once(runtime: Runtime, clock: Clock) -> None:
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        held = set_hold(session, runtime, family_id=family.id, kind=Kind.OFFICER_SAFETY, by="import", now=runtime.now())
    for _ in range(3):
        assert lift_hold(runtime, ANA, hold_id=held.id, why="the risk is over") == Lifted(second_person=True)
        clock.moment += timedelta(minutes=1)
    with runtime.sessions.read() as session:
        asked = session.scalars(select(EventRow).where(EventRow.name == "hold_lift_asked")).all()
    assert len(asked) == 1
