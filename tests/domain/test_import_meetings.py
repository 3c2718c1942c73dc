"""One person under two references: a carer who is inside, a carer who said stop, a family that becomes another's."""

from __future__ import annotations

import pytest

from outreach.domain import import_matches
from outreach.domain.hold import Kind
from outreach.domain.import_plan import Status
from tests.domain.recognition_rows import a_plan, a_row, known, known_after, of

ONE = a_row()
HER_CHILDREN = a_row("F002", parent_ref="C001", child_ref="K009", carer_relationship="grandparent")


@pytest.mark.parametrize("rows", [(ONE, HER_CHILDREN), (HER_CHILDREN, ONE), (HER_CHILDREN | {"custody": "sentenced"},)])
def test_a_carer_who_is_an_imprisoned_parent_of_another_family_is_held(rows: tuple[dict[str, str], ...]) -> None:
    plan = a_plan(*rows, known=known(ONE))
    family = of(plan, "F001")
    assert Kind.CARER_IMPRISONED in family.set_holds
    assert "Held: the carer stands in the file as an imprisoned parent" in family.sentence or len(rows) == 1
    assert of(plan, "F002").set_holds == ()
    assert [each.ref for each in plan.families].count("F001") == 1


def test_so_is_one_whose_family_is_new_and_the_parents_known() -> None:
    assert of(a_plan(ONE, HER_CHILDREN, known=known(HER_CHILDREN)), "F001").set_holds == (Kind.CARER_IMPRISONED,)


def test_a_file_of_another_area_holds_a_family_that_does_not_stand_in_it() -> None:
    plan = a_plan(HER_CHILDREN | {"area": "MKC"}, known=known(ONE))
    family = of(plan, "F001")
    assert (family.status, family.set_holds, family.rows) == (Status.CHANGED, (Kind.CARER_IMPRISONED,), ())
    assert family.sentence == "Changed: carer. Held: the carer stands in the file as an imprisoned parent."


def test_it_is_said_once_and_again_when_she_goes_in_again() -> None:
    first = a_plan(ONE, HER_CHILDREN, known=known(ONE))
    held = known_after(first, known(ONE))
    assert of(a_plan(ONE, HER_CHILDREN, known=held), "F001").status is Status.UNCHANGED
    out = HER_CHILDREN | {"custody": "released"}
    released = known_after(a_plan(ONE, out, known=held), held)
    lifted = [each.but(holds=()) for each in released]
    assert of(a_plan(ONE, out, known=lifted), "F001").set_holds == ()
    again = a_plan(ONE, HER_CHILDREN | {"imprisoned_on": "2026-01-03"}, known=lifted)
    assert of(again, "F001").set_holds == (Kind.CARER_IMPRISONED,)


def test_a_family_that_takes_on_a_carer_who_said_stop_is_stopped_and_compared() -> None:
    nine = a_row("F009")
    before = [*known(ONE), *(each.but(stopped=True) for each in known(nine))]
    theirs = ONE | {"carer_ref": "C009", "carer_name": "Carer 009", "carer_phone": "07700 900555"}
    family = of(a_plan(theirs, nine, known=before), "F001")
    assert family.stopped
    assert set(family.set_holds) == {Kind.CARER_CHANGED, Kind.LIKELY_DUPLICATE}
    assert family.duplicate_of == ("F009",)


def test_a_known_family_that_comes_to_have_the_number_and_name_of_another_is_compared_with_it() -> None:
    nine = a_row("F009")
    plan = a_plan(ONE | {"carer_name": "Carer 009", "carer_phone": "07700 900009"}, nine, known=known(ONE, nine))
    assert of(plan, "F001").duplicate_of == ("F009",)
    assert of(plan, "F009").duplicate_of == ()
    assert any("may be the same family as F009" in each.problem for each in plan.warnings)


def test_who_is_compared_already_asks_nobody_again() -> None:
    twin = a_row("F009", carer_ref="C001")
    before = [*known(ONE), *known(twin, holds=("likely_duplicate",))]
    assert of(a_plan(ONE | {"carer_phone": "07700 900555"}, twin, known=before), "F001").duplicate_of == ()


@pytest.mark.parametrize("cells", [{}, {"postcode": "OX1 1AA"}])
def test_the_same_carer_stops_under_every_reference(cells: dict[str, str]) -> None:
    other = a_row("F002", carer_ref="C001", carer_phone="07700 900333")
    before = [*(each.but(stopped=True) for each in known(ONE)), *known(other)]
    family = of(a_plan(ONE, other | cells, known=before), "F002")
    assert (family.status, family.stopped) == (Status.CHANGED, True)
    assert family.sentence.endswith("Has said stop and will not be contacted.")


@pytest.mark.parametrize("boxes", [1, 1 << 22])
def test_who_meets_whom_does_not_hang_on_what_keys_share_a_box(monkeypatch: pytest.MonkeyPatch, boxes: int) -> None:
    monkeypatch.setattr(import_matches, "_BOXES", boxes)
    twin = a_row("F002") | {"carer_phone": ONE["carer_phone"], "carer_name": ONE["carer_name"]}
    plan = a_plan(ONE, twin, a_row("F003"), a_row("F004", parent_phone="07700 900003"))
    assert [of(plan, ref).duplicate_of for ref in ("F001", "F002", "F003", "F004")] == [("F002",), ("F001",), (), ()]
    assert [bool(of(plan, ref).shared_numbers) for ref in ("F001", "F002", "F003")] == [True, True, False]
    assert of(plan, "F003").never_contact == ("+447700900003",)
