"""Households as a file may have them: for each a rule, a sentence, and what is offered to whom."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from outreach.domain.hold import Kind
from outreach.engine.deal_calls import deal_calls
from outreach.engine.holds import lift_hold
from outreach.engine.import_families import Committed, Waiting, commit_plan, plan_import
from outreach.engine.merge_families import tell_apart
from outreach.engine.run_cadences import run_cadences
from outreach.engine.stops import EVERYTHING
from outreach.runtime import Runtime
from outreach.store.consents import standing_of
from outreach.store.families import ChildRow, FamilyRow, ParentRow
from outreach.store.holds import open_holds
from outreach.store.notices import NoticeRow
from outreach.store.offers import OfferRow
from outreach.views.family_page import family_page
from outreach.views.gate import gate_family
from outreach.views.worklist import worklist
from tests.cast import ANA, BEN, CORA
from tests.domain.recognition_rows import a_file, a_row
from tests.engine.test_import_families import a_stop, enrolment, family, holds, imported, planned, tasks, written

ONE = a_row("F001", imprisoned_on="2026-01-12", carer_name="Amina Rivera")


def sentence(runtime: Runtime, *rows: dict[str, str], ref: str = "F001") -> str:
    return next(each.sentence for each in planned(runtime, *rows).plan.families if each.ref == ref)


def offers(runtime: Runtime) -> dict[str, int]:
    """How many offers stand open for each family, by reference."""
    run_cadences(runtime)
    with runtime.sessions.read() as session:
        query = select(FamilyRow.ref).join(OfferRow, OfferRow.family_id == FamilyRow.id).where(OfferRow.state == "open")
        found: dict[str, int] = {}
        for ref in session.scalars(query):
            found[ref] = found.get(ref, 0) + 1
        return found


def test_several_children_with_one_carer_are_one_family_and_one_offer(runtime: Runtime) -> None:
    rows = [ONE | {"child_ref": f"K{number}", "child_first_name": f"Child{number}"} for number in range(4)]
    assert sentence(runtime, *rows) == "New. A first call will be planned."
    imported(runtime, *rows)
    assert offers(runtime) == {"F001": 1}
    with runtime.sessions.read() as session:
        assert len(session.scalars(select(ChildRow)).all()) == 4


def test_one_carer_with_two_imprisoned_parents_is_one_family_of_the_later_imprisonment(runtime: Runtime) -> None:
    rows = [ONE, ONE | {"parent_ref": "P009", "imprisoned_on": "2026-01-05"}]
    imported(runtime, *rows)
    assert family(runtime).imprisoned_on.isoformat() == "2026-01-12"
    assert offers(runtime) == {"F001": 1}
    with runtime.sessions.read() as session:
        assert len(session.scalars(select(ParentRow)).all()) == 2
    one_out = [ONE | {"custody": "released"}, rows[1]]
    assert sentence(runtime, *one_out) == "Changed: parent P001: custody. The family goes on as planned."
    both_out = [row | {"custody": "released"} for row in rows]
    assert sentence(runtime, *both_out) == (
        "The parent has been released. Offers pause, and the supervisor has a review to make today."
    )


def test_the_same_carer_under_two_references_is_held_until_a_person_has_compared_them(runtime: Runtime) -> None:
    imported(runtime, ONE)
    twice = ONE | {"family_ref": "F002", "child_ref": "K002"}
    assert sentence(runtime, ONE, twice, ref="F002") == (
        "New. May be the same family as F001: held until a person has compared them."
    )
    imported(runtime, ONE, twice)
    assert holds(runtime, "F002") == {Kind.LIKELY_DUPLICATE}
    page = gate_family(runtime, ANA, family(runtime, "F002").id)
    assert page is not None
    assert page.pairs == ((family(runtime).id, "F001"),)


def test_one_phone_in_two_families_is_never_texted_by_itself_and_both_are_called(runtime: Runtime) -> None:
    other = a_row("F002", imprisoned_on="2026-01-12", carer_name="Zofia Nowak", carer_phone=ONE["carer_phone"])
    plan = planned(runtime, ONE, other).plan
    assert {each.ref: bool(each.shared_numbers) for each in plan.families} == {"F001": True, "F002": True}
    assert any("stands in family F002 too. It is never texted" in each.problem for each in plan.warnings)
    assert not any(each.duplicate_of for each in plan.families)
    imported(runtime, ONE, other)
    assert offers(runtime) == {"F001": 1, "F002": 1}


def test_brothers_and_sisters_with_different_carers_are_two_families_and_neither_is_told_of_the_other(
    runtime: Runtime,
) -> None:
    sister = a_row(
        "F002", imprisoned_on="2026-01-12", parent_ref="P001", carer_name="Wanda Rivera", child_first_name="Sasha",
        carer_relationship="grandparent",
    )  # fmt: skip
    plan = planned(runtime, ONE, sister).plan
    assert {each.sentence for each in plan.families} == {"New. A first call will be planned."}
    assert not any(each.duplicate_of or each.shared_numbers for each in plan.families)
    imported(runtime, ONE, sister)
    assert offers(runtime) == {"F001": 1, "F002": 1}
    for ref, theirs in (("F001", ("F002", "Sasha", "Wanda")), ("F002", ("F001", "Amina", "Child001"))):
        page = str(family_page(runtime, BEN, family(runtime, ref).id))
        assert not any(word in page for word in theirs), "nothing of the one is on the page of the other"


def test_a_carer_who_becomes_the_imprisoned_parent_is_held_for_two_people(runtime: Runtime) -> None:
    imported(runtime, ONE)
    inside = ONE | {"parent_ref": ONE["carer_ref"], "parent_phone": ONE["carer_phone"]}
    assert "Held: the carer stands in the file as an imprisoned parent" in sentence(runtime, inside)
    imported(runtime, inside)
    assert Kind.CARER_IMPRISONED in holds(runtime)
    assert written(runtime) == [("+447700900001", True)], "her number is a parent's now, and never contacted"


def test_a_carer_who_changes_begins_anew_behind_a_hold(runtime: Runtime) -> None:
    imported(runtime, ONE)
    grandmother = ONE | {
        "carer_ref": "C900", "carer_name": "Wanda Rivera", "carer_relationship": "grandparent",
        "carer_phone": "07700 900009",
    }  # fmt: skip
    assert "Held: the file names another carer; nothing agreed with the last one carries over" in sentence(
        runtime, grandmother
    )
    imported(runtime, grandmother)
    assert Kind.CARER_CHANGED in holds(runtime)
    assert written(runtime) == [("+447700900009", False)]


def test_a_child_who_changes_carer_leaves_the_one_family_and_makes_another_without_a_word_to_either(
    runtime: Runtime,
) -> None:
    brother = ONE | {"child_ref": "K009", "child_first_name": "Alex", "child_born_on": "2012-05-06"}
    imported(runtime, ONE, brother)
    moved = a_row(
        "F002", imprisoned_on="2026-01-12", parent_ref="P001", child_ref="K009", child_first_name="Alex",
        child_born_on="2012-05-06", carer_name="Wanda Rivera", carer_relationship="grandparent",
    )  # fmt: skip
    rows = [ONE, moved]
    assert sentence(runtime, *rows) == "Changed: child K009. The family goes on as planned."
    assert sentence(runtime, *rows, ref="F002") == "New. A first call will be planned."
    imported(runtime, *rows)
    with runtime.sessions.read() as session:
        theirs = select(ChildRow.ref).where(ChildRow.family_id == family(runtime).id)
        assert set(session.scalars(theirs)) == {"K001"}
    assert "Wanda" not in str(family_page(runtime, BEN, family(runtime).id))


def test_the_last_child_who_changes_carer_leaves_a_family_that_is_held_and_not_closed(runtime: Runtime) -> None:
    imported(runtime, ONE)
    moved = a_row("F002", imprisoned_on="2026-01-12", parent_ref="P001", child_ref="K001", carer_name="Wanda Rivera")
    assert sentence(runtime, moved) == "Not in this file. Held until somebody knows why; nothing is closed."
    imported(runtime, moved)
    assert holds(runtime) == {Kind.NO_LONGER_LISTED}
    offers(runtime)
    deal_calls(runtime)
    assert [call.family.ref for call in worklist(runtime, BEN).calls] == ["F002"]


def test_a_child_in_two_families_at_once_is_said_to_the_coordinator_alone(runtime: Runtime) -> None:
    other = a_row("F002", imprisoned_on="2026-01-12", child_ref="K001", carer_name="Wanda Rivera")
    plan = planned(runtime, ONE, other).plan
    said = [each.problem for each in plan.warnings if each.column == "child_ref"]
    assert any("neither is told of the other" in each for each in said)


def test_who_had_support_already_is_offered_nothing_and_the_gate_says_why(runtime: Runtime) -> None:
    supported = ONE | {"supported_before": "school", "imprisoned_on": "2025-01-12"}
    plan = planned(runtime, supported).plan
    assert not plan.needs_choice, "nothing is planned for them, so nobody chooses when"
    assert plan.counts()["held"] == 0
    assert [each.sentence for each in plan.families] == [
        "New. Had support already, so nothing is offered until they ask."
    ]  # fmt: skip
    imported(runtime, supported)
    assert enrolment(runtime) is None
    assert offers(runtime) == {}
    page = gate_family(runtime, ANA, family(runtime).id)
    assert page is not None
    assert [reason.says for reason in page.reasons] == [
        "they had support already, so nothing is offered until they ask"
    ]
    imported(runtime, supported | {"supported_before": "no"}, late="now")
    assert enrolment(runtime) is not None, "a later file puts it right"


def test_who_gets_support_elsewhere_meanwhile_is_offered_nothing_more(runtime: Runtime) -> None:
    imported(runtime, ONE)
    assert offers(runtime) == {"F001": 1}
    assert sentence(runtime, ONE | {"supported_before": "self"}) == (
        "Changed: support before. Had support already, so nothing is offered until they ask."
    )
    imported(runtime, ONE | {"supported_before": "self"})
    assert offers(runtime) == {}


def test_a_foster_carer_or_a_child_we_care_for_is_routed_to_the_local_authority(runtime: Runtime) -> None:
    rows = [ONE | {"carer_relationship": "foster_carer"},
            a_row("F002", imprisoned_on="2026-01-12", open_to="child_we_care_for",
                  social_worker="Jo Example <jo@example.gov.uk>")]  # fmt: skip
    for ref in ("F001", "F002"):
        assert "No contact by this service" in sentence(runtime, *rows, ref=ref)
    imported(runtime, *rows)
    for ref, why in (("F001", "foster_carer"), ("F002", "child_we_care_for")):
        assert family(runtime, ref).excluded_why == why
        assert enrolment(runtime, ref) is None
        assert "local_authority" in tasks(runtime, ref)
        page = gate_family(runtime, ANA, family(runtime, ref).id)
        assert page is not None
        assert page.stands == "excluded"
    assert offers(runtime) == {}
    with runtime.sessions.read() as session:
        assert {row.why for row in session.scalars(select(NoticeRow))} == {"foster_carer", "child_we_care_for"}


def test_a_carer_who_is_imprisoned_in_another_family_is_held_once(runtime: Runtime) -> None:
    imported(runtime, ONE)
    hers = a_row("F002", imprisoned_on="2026-01-12", parent_ref=ONE["carer_ref"], carer_relationship="grandparent")
    imported(runtime, ONE, hers)
    assert holds(runtime) == {Kind.CARER_IMPRISONED}
    assert holds(runtime, "F002") == set()
    for who in (ANA, CORA):
        with runtime.sessions.read() as session:
            standing = open_holds(session, family(runtime).id)
        lift_hold(runtime, who, hold_id=standing[0].id, why="it is another person")
    imported(runtime, ONE, hers | {"postcode": "OX1 1AA"})
    assert holds(runtime) == set(), "what two people lifted stays lifted"


def test_the_same_carer_told_apart_is_stopped_under_both_references(runtime: Runtime) -> None:
    other = a_row("F002", imprisoned_on="2026-01-12", carer_ref=ONE["carer_ref"], carer_phone="07700 900333")
    imported(runtime, ONE)
    imported(runtime, ONE, other)
    ids = {"family_id": family(runtime).id, "other_id": family(runtime, "F002").id}
    assert tell_apart(runtime, ANA, **ids) is None
    a_stop(runtime, "+447700900001", "F001")
    imported(runtime, ONE | {"postcode": "OX1 1AA"}, other)
    assert enrolment(runtime, "F002") is None
    with runtime.sessions.read() as session:
        assert standing_of(session, family(runtime, "F002").id).stopped == EVERYTHING


def test_a_family_that_takes_on_another_ones_carer_is_compared_with_it_by_a_person(runtime: Runtime) -> None:
    nine = a_row("F009", imprisoned_on="2026-01-12")
    imported(runtime, ONE, nine)
    theirs = ONE | {"carer_ref": "C009", "carer_name": "Carer 009", "carer_phone": "07700 900555"}
    imported(runtime, theirs, nine)
    assert holds(runtime) == {Kind.CARER_CHANGED, Kind.LIKELY_DUPLICATE}
    page = gate_family(runtime, ANA, family(runtime).id)
    assert page is not None
    assert page.pairs == ((family(runtime, "F009").id, "F009"),)


def test_a_carer_of_another_area_is_held_though_the_plan_says_nothing_of_her(runtime: Runtime) -> None:
    imported(runtime, ONE)
    theirs = replace(ANA, areas=frozenset({"MKC"}))
    hers = a_row("F002", area="MKC", imprisoned_on="2026-01-12", parent_ref=ONE["carer_ref"])
    for each in (hers, hers | {"postcode": "OX1 1AA"}):
        waiting = plan_import(runtime, theirs, data=a_file(each), file_name="mkc.csv")
        assert isinstance(waiting, Waiting)
        assert [planned.ref for planned in waiting.plan.families] == ["F002"]
        assert isinstance(commit_plan(runtime, theirs, batch_id=waiting.batch_id), Committed)
        assert holds(runtime) == {Kind.CARER_IMPRISONED}
