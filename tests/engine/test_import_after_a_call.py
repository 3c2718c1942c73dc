"""What a call found out about a family outlives every file that comes after it."""

from __future__ import annotations

from sqlalchemy import select

from outreach.engine import guide_call
from outreach.engine.finish_call import Finished, finish
from outreach.engine.guide_call import Answered, Opened
from outreach.engine.import_families import Committed, Waiting, commit_plan, plan_import
from outreach.runtime import Runtime
from outreach.store.cadences import live_enrolment
from outreach.store.families import FamilyRow
from outreach.store.numbers import FamilyNumberRow
from outreach.views.call import call_page
from tests.cast import ANA, BEN, Family, an_open_offer
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


def test_a_file_takes_back_what_only_a_file_said(runtime: Runtime) -> None:
    imported(runtime, "january.csv", carer_relationship="foster_carer")
    assert stands(runtime) == ("foster_carer", False)
    (planned,) = imported(runtime, "february.csv").plan.families
    assert planned.excluded is None
    assert stands(runtime) == (None, True)
