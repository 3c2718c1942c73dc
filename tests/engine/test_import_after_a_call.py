"""What a call found out about a family outlives every file that comes after it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from outreach.domain.hold import Kind
from outreach.engine import guide_call
from outreach.engine.finish_call import Finished, finish
from outreach.engine.guide_call import Answered, Opened
from outreach.engine.holds import Lifted, lift_hold
from outreach.engine.import_families import Committed, Waiting, commit_plan, plan_import
from outreach.runtime import Runtime
from outreach.store.alerts import TaskRow
from outreach.store.cadences import live_enrolment
from outreach.store.families import FamilyRow
from outreach.store.holds import HoldRow
from outreach.store.numbers import FamilyNumberRow
from outreach.views.call import call_page
from tests.cast import ANA, BEN, CORA, Family, an_open_offer
from tests.domain.recognition_rows import a_file, a_row

TO_CONSENT = ("yes", "yes", "next", "said", "next", "child", "feelings,school", "some", "carer")


def imported(runtime: Runtime, name: str, **cells: str) -> Waiting:
    """A month's file of one family; the plan that was shown and then committed."""
    plan = plan_import(runtime, ANA, data=a_file(a_row(**cells)), file_name=name)
    assert isinstance(plan, Waiting)
    assert isinstance(commit_plan(runtime, ANA, batch_id=plan.batch_id), Committed)
    return plan


def stands(runtime: Runtime) -> tuple[str | None, bool]:
    """Why the family is excluded, and whether anything is planned for it."""
    with runtime.sessions.read() as session:
        family = session.scalars(select(FamilyRow)).one()
        return family.excluded_why, live_enrolment(session, family.id) is not None


def she_says_she_is_a_foster_carer(runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        row = session.scalars(select(FamilyRow)).one()
        row.assigned_to = BEN.id
        number = session.scalars(select(FamilyNumberRow)).one()
        enrolment = live_enrolment(session, row.id)
        assert enrolment is not None
        family = Family(row.id, number.number_id, "+447700900001", enrolment.id)
    opened = guide_call.open_call(runtime, BEN, offer_id=an_open_offer(runtime, family))
    assert isinstance(opened, Opened), opened
    for one in (*TO_CONSENT, "yes", "foster"):
        page = call_page(runtime, BEN, conversation_id=opened.conversation_id)
        assert page.step is not None
        given = guide_call.answer(
            runtime, BEN, conversation_id=opened.conversation_id, step=page.step.address, visit=page.step.visit,
            answer=one, words="",
        )  # fmt: skip
        assert isinstance(given, Answered)
    assert isinstance(finish(runtime, BEN, conversation_id=opened.conversation_id), Finished)


def test_a_foster_carer_a_call_found_stays_excluded_whatever_the_next_files_say(either_runtime: Runtime) -> None:
    runtime = either_runtime
    imported(runtime, "january.csv")
    she_says_she_is_a_foster_carer(runtime)
    for name, cells in (("february.csv", {"postcode": "OX1 1AB"}), ("march.csv", {"carer_relationship": "other"})):
        (planned,) = imported(runtime, name, **cells).plan.families
        assert (planned.excluded, planned.held) == ("foster_carer", True)
        assert stands(runtime) == ("foster_carer", False)


def test_another_carer_is_believed_from_the_file_and_joins_behind_the_hold(runtime: Runtime) -> None:
    imported(runtime, "january.csv")
    she_says_she_is_a_foster_carer(runtime)
    (planned,) = imported(runtime, "february.csv", carer_ref="C002", carer_name="Carer Two").plan.families
    assert (planned.excluded, planned.set_holds) == (None, ("carer_changed",))
    assert stands(runtime) == (None, True)


def test_a_death_weighs_more_than_what_a_call_found(runtime: Runtime) -> None:
    imported(runtime, "january.csv")
    she_says_she_is_a_foster_carer(runtime)
    (planned,) = imported(runtime, "february.csv", deceased="parent").plan.families
    assert planned.excluded == "deceased"
    assert stands(runtime) == ("deceased", False)


@pytest.mark.parametrize("cells", [{"carer_relationship": "foster_carer"}, {"open_to": "child_we_care_for"}])
def test_what_a_file_takes_back_a_person_decides(either_runtime: Runtime, cells: dict[str, str]) -> None:
    runtime = either_runtime
    (before,) = imported(runtime, "january.csv", **cells).plan.families
    assert stands(runtime) == (before.excluded, False)
    (planned,) = imported(runtime, "february.csv").plan.families
    assert (planned.excluded, planned.set_holds, planned.held) == (None, (Kind.EXCLUSION_ENDED,), True)
    assert "a person decides" in planned.sentence
    assert stands(runtime) == (None, True), "it is planned for again, behind the hold"
    with runtime.sessions.read() as session:
        (hold,) = session.scalars(select(HoldRow).where(HoldRow.lifted_at.is_(None)))
    assert hold.kind == Kind.EXCLUSION_ENDED
    asked = lift_hold(runtime, CORA, hold_id=hold.id, why="The local authority has placed the child at home.")
    assert asked == Lifted(second_person=True), "nobody lifts it alone"


def test_a_hold_that_people_lifted_is_not_set_again_by_the_next_file(runtime: Runtime) -> None:
    imported(runtime, "january.csv", carer_relationship="foster_carer")
    imported(runtime, "february.csv")
    with runtime.sessions.begin() as session:
        session.execute(update(HoldRow).values(lifted_at=runtime.now(), lifted_by=CORA.id))
    (planned,) = imported(runtime, "march.csv", postcode="OX1 1AB").plan.families
    assert (planned.set_holds, planned.held) == ((), False)


@pytest.mark.parametrize(
    ("cells", "tasks"),
    [
        ({"postcode": "OX1 1AB"}, 1),
        ({"imprisoned_on": "2026-01-05", "postcode": "OX1 1AB"}, 2),
        ({"area": "MKC"}, 2),
        ({"open_to": "child_we_care_for"}, 1),
        ({"carer_relationship": "mother", "open_to": "child_we_care_for"}, 2),
    ],
)
def test_the_local_authority_is_to_be_told_once_for_an_imprisonment_and_a_reason(
    runtime: Runtime, cells: dict[str, str], tasks: int
) -> None:
    excluded = {"carer_relationship": "foster_carer"}
    imported(runtime, "january.csv", **excluded)
    with runtime.sessions.begin() as session:
        session.execute(update(TaskRow).values(done_at=runtime.now(), done_by=ANA.id))
    imported(runtime, "february.csv", **(excluded | cells))
    with runtime.sessions.read() as session:
        told = list(session.scalars(select(TaskRow.id).where(TaskRow.kind == "local_authority")))
        assert len(told) == tasks
