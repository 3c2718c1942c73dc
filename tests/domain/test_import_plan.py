"""A month's file against what is known: each family stands in one status, and a stop always survives."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain.hold import Kind
from outreach.domain.import_plan import (
    FieldChange,
    Seen,
    Status,
    import_answer,
    read_plan,
    written_plan,
)
from outreach.domain.import_sentences import differences, plan_sentences
from outreach.domain.intake_export import failed_rows_csv
from tests.domain.recognition_rows import Remembered, a_file, a_plan, a_row, known, known_after, of, plan_of

MAY = date(2026, 5, 4)


def test_a_family_never_seen_is_new_and_nothing_else() -> None:
    plan = a_plan(a_row(), a_row("F002"))
    assert plan.counts() == {
        "new": 2, "unchanged": 0, "changed": 0, "released": 0, "no_longer_listed": 0, "stopped": 0, "held": 0,
    }  # fmt: skip
    assert of(plan, "F001").sentence == "New. A first call will be planned."


def test_the_same_file_twice_changes_nothing_and_refreshes_nothing() -> None:
    rows = (a_row(), a_row("F002", custody="released"), a_row("F003", child_born_on="?"), a_row("F003", child_ref="K9"))
    first = a_plan(*rows)
    again = a_plan(*rows, known=known_after(first), seen=Seen.LAST, today=MAY)
    assert again.counts()["unchanged"] == 3
    assert all(family.record is None and family.custody_as_of is None for family in again.families)
    assert not any(family.set_holds or family.lift_holds for family in again.families)
    assert again.counts()["held"] == first.counts()["held"] == 2


def test_a_new_date_of_knowledge_alone_is_no_change_but_is_noted() -> None:
    plan = a_plan(a_row(custody_as_of="2026-01-04"), known=known(a_row(custody_as_of="2025-12-30")))
    family = of(plan, "F001")
    assert (family.status, family.record, family.custody_as_of) == (Status.UNCHANGED, None, date(2026, 1, 4))


def test_an_old_file_after_a_newer_one_takes_nothing_back() -> None:
    plan = a_plan(a_row(carer_phone="07700 900111"), known=known(a_row()), seen=Seen.EARLIER)
    assert of(plan, "F001").status is Status.UNCHANGED
    assert plan.warnings[0].problem.startswith("This very file was imported before")


def test_a_change_is_named_field_by_field() -> None:
    plan = a_plan(a_row(carer_phone="07700 900111", checks="complete"), known=known(a_row(checks="pending")))
    family = of(plan, "F001")
    assert family.status is Status.CHANGED
    assert family.changes == (
        FieldChange("carer's phone", "07700 900001", "07700 900111"),
        FieldChange("checks", "pending", "complete"),
    )
    assert family.sentence == "Changed: carer's phone, checks. The family goes on as planned."


def test_a_child_who_came_and_a_child_who_went_are_named() -> None:
    before = known(a_row(), a_row(child_ref="K002", child_first_name="Mia"))
    after = a_plan(a_row(), a_row(child_ref="K003", child_first_name="Leo"), known=before)
    assert of(after, "F001").changes == (
        FieldChange("child K002", "Mia, born 2 April 2017", ""),
        FieldChange("child K003", "", "Leo, born 2 April 2017"),
    )


def test_released_is_said_once_and_holds_for_review() -> None:
    first = a_plan(a_row(custody="released"), known=known(a_row()))
    family = of(first, "F001")
    assert (family.status, family.held, family.set_holds) == (Status.RELEASED, True, (Kind.RELEASED,))
    again = a_plan(a_row(custody="released"), known=known_after(first, known(a_row())))
    assert (of(again, "F001").status, of(again, "F001").held) == (Status.UNCHANGED, True)


def test_back_in_custody_does_not_lift_the_hold_of_the_release() -> None:
    plan = a_plan(a_row(custody="remand"), known=known(a_row(custody="released")))
    assert (of(plan, "F001").status, of(plan, "F001").held) == (Status.CHANGED, True)
    assert of(plan, "F001").lift_holds == ()


def test_released_only_when_both_imprisoned_parents_are() -> None:
    both = known(a_row(), a_row(parent_ref="P002"))
    one_out = a_plan(a_row(custody="released"), known=both)
    assert of(one_out, "F001").status is Status.CHANGED
    assert {parent.ref for parent in (of(one_out, "F001").record or both[0].record).parents} == {"P001", "P002"}
    two_out = a_plan(a_row(custody="released"), a_row(parent_ref="P002", custody="released"), known=both)
    assert of(two_out, "F001").status is Status.RELEASED


def test_a_family_not_in_the_file_of_its_area_is_held_and_not_closed() -> None:
    before = known(a_row(), a_row("F002"), a_row("F003", area="MKC"))
    plan = a_plan(a_row(), known=before)
    gone = of(plan, "F002")
    assert (gone.status, gone.held, gone.set_holds) == (Status.NO_LONGER_LISTED, True, (Kind.NO_LONGER_LISTED,))
    assert gone.record is None
    assert [family.ref for family in plan.families] == ["F001", "F002"]


def test_a_file_of_releases_says_nothing_of_who_is_missing() -> None:
    plan = a_plan(a_row(custody="released"), known=known(a_row(), a_row("F002")))
    assert [family.ref for family in plan.families] == ["F001"]


def test_a_family_of_which_no_row_can_be_read_is_still_listed_and_is_held() -> None:
    plan = a_plan(a_row("F002"), a_row(child_born_on="?"), known=known(a_row()))
    family = of(plan, "F001")
    assert (family.status, family.held) == (Status.CHANGED, True)
    assert family.record is not None
    assert [child.ref for child in family.record.children] == ["K001"]


def test_a_rejected_row_does_not_take_a_known_child_away() -> None:
    before = known(a_row(), a_row(child_ref="K002"))
    plan = a_plan(a_row(), a_row(child_ref="K002", child_born_on="?"), known=before)
    record = of(plan, "F001").record
    assert record is not None
    assert [child.ref for child in record.children] == ["K001", "K002"]


def test_a_mended_row_lifts_the_hold_that_it_made() -> None:
    before = known_after(a_plan(a_row(), a_row(child_ref="K002", child_born_on="?")))
    assert before[0].family.held
    family = of(a_plan(a_row(), a_row(child_ref="K002"), known=before), "F001")
    assert (family.status, family.lift_holds, family.held) == (Status.CHANGED, (Kind.ROW_TO_MEND,), False)


def test_a_file_of_mended_rows_misses_nobody_and_lifts_no_hold() -> None:
    rows = (a_row(hold="officer_safety"), a_row(child_ref="K002", child_born_on="?"), a_row("F002"))
    first = a_plan(*rows)
    again = failed_rows_csv(first.intake).replace(b"?", b"2015")
    plan = plan_of(again, known=known_after(first))
    assert [family.ref for family in plan.families] == ["F001"]
    family = of(plan, "F001")
    assert family.record is not None
    assert [child.ref for child in family.record.children] == ["K001", "K002"]
    assert (family.record.holds, family.lift_holds, family.held) == (("officer_safety",), (Kind.ROW_TO_MEND,), True)
    assert {each.column for each in plan.warnings} == {"child_ref"}, "K002 stands in F002 too"


def test_a_hold_in_a_row_that_cannot_be_read_holds_a_known_family() -> None:
    plan = a_plan(a_row(child_born_on="?", hold="no_contact_order"), known=known(a_row()))
    assert of(plan, "F001").set_holds == (Kind.NO_CONTACT_ORDER, Kind.ROW_TO_MEND)


def test_a_family_listed_again_is_let_go_on() -> None:
    before = known(a_row(), listed=False, holds=(Kind.NO_LONGER_LISTED.value,))
    family = of(a_plan(a_row(), known=before), "F001")
    assert (family.status, family.held) == (Status.CHANGED, False)
    assert family.sentence == "Listed again. The family goes on as planned."


def test_a_hold_that_a_person_lifted_is_not_set_again_by_the_same_record() -> None:
    lifted = known(a_row(hold="officer_safety"), holds=())
    same = of(a_plan(a_row(hold="officer_safety"), known=lifted), "F001")
    assert (same.status, same.set_holds, same.held) == (Status.UNCHANGED, (), False)
    other = of(a_plan(a_row(hold="officer_safety;shared_household"), known=lifted), "F001")
    assert other.set_holds == (Kind.SHARED_HOUSEHOLD,)


def test_a_hold_gone_from_the_file_is_not_lifted_by_the_file() -> None:
    family = of(a_plan(a_row(hold=""), known=known(a_row(hold="no_contact_order"))), "F001")
    assert (family.status, family.held, family.lift_holds) == (Status.CHANGED, True, ())


@pytest.mark.parametrize("cells", [{}, {"carer_phone": "07700 900777"}, {"custody": "released"}, {"carer_ref": "C2"}])
def test_a_stop_survives_every_import(cells: dict[str, str]) -> None:
    family = of(a_plan(a_row(**cells), known=known(a_row(), stopped=True)), "F001")
    assert family.stopped
    assert "Has said stop and will not be contacted." in family.sentence


def test_a_number_or_a_carer_that_said_stop_stops_a_new_reference_too() -> None:
    by_number = a_plan(a_row("F002", carer_phone="07700 900001"), stopped_numbers=frozenset({"+447700900001"}))
    by_carer = a_plan(a_row("F002", carer_ref="C001"), known=known(a_row(), stopped=True))
    assert of(by_number, "F002").stopped
    assert of(by_carer, "F002").stopped


def test_a_careful_family_is_not_held_but_is_not_texted_either() -> None:
    family = of(a_plan(a_row(hold="carer_is_victim")), "F001")
    assert (family.held, family.careful) == (False, True)
    assert family.sentence == "New. A named, trained practitioner may call; nothing else is sent."


def test_a_foster_carer_is_routed_to_the_local_authority() -> None:
    family = of(a_plan(a_row(carer_relationship="foster_carer"), late=True), "F001")
    assert (family.excluded, family.held, family.late) == ("foster_carer", True, False)
    assert "tell the local authority" in family.sentence


def test_a_late_found_family_needs_a_choice_unless_nothing_is_planned_for_it() -> None:
    plan = a_plan(a_row(), a_row("F002", custody="released"), a_row("F003", deceased="parent"), late=True)
    assert [family.ref for family in plan.families if family.late] == ["F001"]
    assert plan.needs_choice
    assert "you choose: offer now, or join at the next step" in of(plan, "F001").sentence
    assert not a_plan(a_row(), known=known(a_row()), late=True).needs_choice


def test_one_number_in_two_families_is_marked_in_both() -> None:
    shared = a_plan(a_row("F002", carer_phone="07700 900001"), a_row("F003"), known=known(a_row("F001")))
    assert of(shared, "F002").shared_numbers == ("+447700900001",)
    assert of(shared, "F003").shared_numbers == ()
    assert [(each.row, each.column, each.value) for each in shared.warnings] == [(2, "carer_phone", "07700 900001")]


def test_an_imprisoned_parents_number_is_never_contacted_in_whichever_family_it_stands() -> None:
    plan = a_plan(a_row(parent_phone="07700 900002"), a_row("F002"), a_row("F003", parent_phone="07700900003"))
    assert of(plan, "F001").never_contact == ()
    assert of(plan, "F002").never_contact == ("+447700900002",)
    assert of(plan, "F003").sentence == "New. No number that can be used, so a first offer needs another way."


@pytest.mark.parametrize(
    ("cells", "alike"),
    [
        ({"carer_ref": "C001"}, True),
        ({"carer_name": "CÁRER 001", "carer_phone": "07700 900001"}, True),
        ({"carer_name": "001 Carer", "child_first_name": "child001"}, True),
        ({"carer_name": "Carer 001"}, False),
        ({"carer_phone": "07700 900001"}, False),
    ],
)
def test_a_likely_duplicate_is_counted_new_flagged_and_held(cells: dict[str, str], alike: bool) -> None:
    family = of(a_plan(a_row("F002", **cells), known=known(a_row("F001"))), "F002")
    assert (family.status, family.duplicate_of, family.held) == (Status.NEW, ("F001",) if alike else (), alike)


def test_another_carer_holds_the_family_because_nothing_agreed_carries_over() -> None:
    family = of(a_plan(a_row(carer_ref="C900", carer_name="Nan"), known=known(a_row())), "F001")
    assert (family.status, family.set_holds) == (Status.CHANGED, (Kind.CARER_CHANGED,))


def test_an_area_that_is_not_live_says_when_it_will_be() -> None:
    (warning,) = a_plan(a_row(area="NEW")).warnings
    assert warning.problem == "Newtown goes live on 1 July 2026. Nobody there is contacted before."


def test_most_of_an_area_missing_asks_whether_the_file_is_whole() -> None:
    before = known(*(a_row(f"F{n:03}") for n in range(1, 9)))
    (warning,) = a_plan(a_row("F001"), known=before).warnings
    assert warning.problem.startswith("7 of 8 families that we know in Oxfordshire are not in this file.")


def test_a_plan_goes_to_storage_and_back_without_a_loss() -> None:
    rows = (a_row(hold="carer_is_victim"), a_row("F002", custody="?"), a_row("F003", custody="sentenced"))
    plan = a_plan(*rows, known=known(a_row("F003"), a_row("F004")), late=True)
    again = read_plan(*written_plan(plan))
    assert replace(again, intake=plan.intake) == plan
    assert replace(again.intake, families=plan.intake.families, warnings=plan.intake.warnings) == plan.intake


def test_the_difference_between_two_plans_is_said() -> None:
    before = known(a_row())
    shown = a_plan(a_row(), known=before)
    stopped = a_plan(a_row(), known=[before[0].but(stopped=True)])
    assert differences(shown, stopped) == (
        "F001: it said “Nothing has changed. The family goes on as planned.” "
        "and now says “Nothing has changed. Has said stop and will not be contacted.”",
    )
    assert differences(shown, shown) == ()


def test_the_answer_of_the_command_has_the_agreed_shape() -> None:
    answer = import_answer(a_plan(a_row(), a_row("F002", child_born_on="?", carer_phone="x")), "b1")
    (problem,) = answer.pop("problems")
    (warning,) = answer.pop("warnings")
    assert answer == {
        "batch": "b1",
        "families": {
            "new": 1, "unchanged": 0, "changed": 0, "released": 0, "no_longer_listed": 0, "stopped": 0, "held": 0,
        },
        "rows": {"read": 2, "accepted": 1, "rejected": 1},
    }  # fmt: skip
    assert (problem["row"], problem["column"], problem["value"]) == (3, "child_born_on", "?")
    assert sorted(problem) == sorted(warning) == ["column", "problem", "row", "value"]


def test_the_plan_speaks_in_sentences_with_counts() -> None:
    plan = a_plan(a_row(), a_row("F002"), a_row("F003", custody="?"), known=known(a_row("F002"), stopped=True))
    assert [each.sentence for each in plan_sentences(plan)] == [
        "1 new family.",
        "1 family is unchanged.",
        "1 row cannot be read.",
        "1 has said stop and will not be contacted.",
    ]


REFS = st.sampled_from(["F001", "F002", "F003"])
ROWS = st.builds(
    lambda ref, cells: a_row(ref) | cells,
    REFS,
    st.fixed_dictionaries(
        {},
        optional={
            "area": st.sampled_from(["OXF", "MKC", "bad"]),
            "custody": st.sampled_from(["remand", "released", "?"]),
            "child_ref": st.sampled_from(["K001", "K777"]),
            "carer_phone": st.sampled_from(["07700 900001", "", "07700 900002"]),
            "hold": st.sampled_from(["", "officer_safety", "carer_is_victim"]),
            "checks": st.sampled_from(["complete", "pending"]),
        },
    ),
)
FILES = st.lists(ROWS, min_size=1, max_size=5)


@settings(max_examples=150, deadline=None)
@given(st.lists(FILES, min_size=1, max_size=4), st.sampled_from(["F001", "F002"]))
def test_over_any_months_each_family_has_one_status_stops_survive_and_the_last_file_again_is_no_change(
    months: list[list[dict[str, str]]], stopper: str
) -> None:
    store: list[Remembered] = []
    for rows in months:
        plan = a_plan(*rows, known=store)
        refs = [family.ref for family in plan.families]
        assert len(refs) == len(set(refs))
        store = [
            each.but(stopped=each.family.stopped or each.family.ref == stopper) for each in known_after(plan, store)
        ]
        again = a_plan(*rows, known=store, seen=Seen.LAST)
        assert {family.status for family in again.families} <= {Status.UNCHANGED}
        assert all(family.stopped for family in again.families if family.ref == stopper)
        assert not any(family.set_holds or family.lift_holds for family in again.families)


@settings(max_examples=100, deadline=None)
@given(FILES, FILES)
def test_a_family_that_is_not_read_anew_is_planned_as_if_it_were(
    first: list[dict[str, str]], second: list[dict[str, str]]
) -> None:
    before = known_after(a_plan(*first))
    months = ([*first, *second], first)
    for rows in months:
        by_digest = a_plan(*rows, known=before, today=MAY)
        anew = a_plan(*rows, known=[each.but(as_filed="") for each in before], today=MAY)
        assert by_digest.counts() == anew.counts()
        assert [each._replace(as_filed="") for each in by_digest.families] == [
            each._replace(as_filed="") for each in anew.families
        ]
        assert list(by_digest.warnings) == list(anew.warnings)


def test_cells_that_stand_as_last_month_are_not_read_anew_until_they_mean_something_else() -> None:
    before = known_after(a_plan(a_row(child_born_on="2008-02-01")))
    again = plan_of(a_file(a_row(child_born_on="2008-02-01")), known=before)
    assert [each.record for each in again.intake.families] == [None]
    of_age = plan_of(a_file(a_row(child_born_on="2008-02-01")), known=before, today=MAY)
    assert [warning.column for warning in of_age.warnings] == ["child_born_on"]


def test_what_was_remarked_once_is_remarked_every_month() -> None:
    row = a_row(carer_phone="not sure")
    first = a_plan(row)
    again = a_plan(row, known=known_after(first))
    assert [(each.row, each.column) for each in again.warnings][:1] == [(2, "carer_phone")]
    assert again.counts()["unchanged"] == 1


def test_a_family_that_meets_a_new_one_is_warned_of_though_its_own_cells_stand_as_before() -> None:
    before = known_after(a_plan(a_row()))
    plan = a_plan(a_row(), a_row("F002", carer_phone="07700 900001"), known=before)
    assert {(each.row, each.column) for each in plan.warnings} == {(2, "carer_phone"), (3, "carer_phone")}
    assert of(plan, "F001").shared_numbers == ("+447700900001",)


def test_a_part_of_a_month_does_not_stand_for_the_whole() -> None:
    first = known_after(a_plan(a_row(), a_row(child_ref="K002", child_first_name="Mia")))
    releases = known_after(a_plan(a_row(custody="released"), known=first), first)
    assert releases[0].family.as_filed == ""
