"""A month that is exported again after a newer one was imported: the plan says so, and asks."""

from __future__ import annotations

from outreach.domain.import_plan import Plan
from outreach.engine.import_families import Committed, Waiting, commit_plan
from outreach.engine.undo_import import Undone, undo_import
from outreach.runtime import Runtime
from outreach.views.imports import plan_page
from tests.cast import ANA
from tests.domain.recognition_rows import a_row
from tests.engine.test_import_families import family, imported, planned
from tests.fakes import Clock

REFS = ("F001", "F002", "F003")


def month(day: str, **cells: str) -> list[dict[str, str]]:
    return [a_row(ref, custody_as_of=day, **cells) for ref in REFS]


JANUARY, FEBRUARY = month("2026-01-02"), month("2026-01-12")
EXPORTED_AGAIN = month("2026-01-02", postcode="OX1 1AA")


def said_of_file(plan: Plan) -> list[str]:
    return [each.problem for each in plan.warnings if each.row == 1]


def test_an_older_month_with_other_bytes_is_asked_about_and_not_refused(either_runtime: Runtime) -> None:
    runtime = either_runtime
    imported(runtime, *JANUARY)
    imported(runtime, *FEBRUARY)
    waiting = planned(runtime, *EXPORTED_AGAIN)
    assert waiting.plan.older
    assert said_of_file(waiting.plan) == [
        "This list is older than the newest one imported. Its latest date is 2 January 2026, and of 3 of the 3 "
        "families listed in its areas something newer is known. If you accept it, they go back to what it says. Is "
        "that meant? If not, cancel, and import the newest list."
    ]
    page = plan_page(runtime, ANA, waiting.batch_id)
    assert page is not None
    assert (page.older, len(page.of_file)) == (True, 1)
    assert isinstance(commit_plan(runtime, ANA, batch_id=waiting.batch_id), Committed)
    assert family(runtime).custody_as_of.isoformat() == "2026-01-02"


def test_a_newer_month_and_one_of_the_same_day_are_not(runtime: Runtime) -> None:
    imported(runtime, *JANUARY)
    for rows in (FEBRUARY, [{**row, "postcode": "OX1 1AA"} for row in FEBRUARY], month("")):
        assert not planned(runtime, *rows).plan.older
        imported(runtime, *rows)


def test_a_month_that_comes_after_a_file_of_releases_is_not(runtime: Runtime) -> None:
    imported(runtime, *JANUARY)
    imported(runtime, {**FEBRUARY[0], "custody": "released"})
    assert not planned(runtime, *month("2026-01-09")).plan.older


def test_a_file_of_releases_is_never_asked_about(runtime: Runtime) -> None:
    imported(runtime, *FEBRUARY)
    assert not planned(runtime, *month("2026-01-02", custody="released")).plan.older


def test_another_area_that_is_further_on_makes_no_list_old(runtime: Runtime) -> None:
    imported(runtime, *JANUARY)
    there = [a_row(f"F01{place}", area="MKC", custody_as_of="2026-01-12") for place in range(5)]
    imported(runtime, *there)
    assert not planned(runtime, *EXPORTED_AGAIN).plan.older


def test_a_newer_month_that_came_since_the_plan_was_shown_is_said_and_nothing_is_written(
    runtime: Runtime, clock: Clock
) -> None:
    imported(runtime, *JANUARY)
    waiting = planned(runtime, *month("2026-01-05"))
    assert not waiting.plan.older
    clock.move(hours=1)
    newer = imported(runtime, *FEBRUARY).batch_id
    answer = commit_plan(runtime, ANA, batch_id=waiting.batch_id)
    assert isinstance(answer, Waiting)
    assert answer.changed == ("A newer list was imported: this one is older than that now.",)
    assert answer.plan.older
    assert family(runtime).custody_as_of.isoformat() == "2026-01-12"
    assert isinstance(undo_import(runtime, ANA, batch_id=newer), Undone)
    assert isinstance(commit_plan(runtime, ANA, batch_id=waiting.batch_id), Committed)


def test_a_file_of_which_nothing_can_be_read_is_of_no_age(runtime: Runtime) -> None:
    imported(runtime, *FEBRUARY)
    assert not planned(runtime, a_row(custody_as_of="2026-01-02", child_born_on="?")).plan.older
