"""A number somebody else was on: a supervisor decides, saying how we know; software never does."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from outreach.domain.access import NotAllowed
from outreach.engine.answer_inbox import NotDone
from outreach.engine.decide_number import STILL_A_PARENTS, decide_number
from outreach.engine.tasks import open_task
from outreach.engine.undo_import import Undone, undo_import
from outreach.runtime import Runtime
from outreach.store import numbers
from outreach.store.alerts import TaskRow
from outreach.store.events import EventRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.views.gate import gate_family
from tests.cast import ANA, BEN, CORA, Family, a_family
from tests.domain.recognition_rows import a_row
from tests.engine.test_import_families import family as family_row
from tests.engine.test_import_families import imported, planned


def compromised(runtime: Runtime) -> Family:
    family = a_family(runtime, "F001", standing="verified", level=2)
    with runtime.sessions.begin() as session:
        number = session.get_one(NumberRow, family.number_id)
        number.standing, number.compromised_at, number.compromised_why = "compromised", runtime.now(), "third_party"
        open_task(
            session, runtime, kind="decide_number", subject_id=number.id, family_id=family.id, now=runtime.now(),
            for_role="supervisor",
        )  # fmt: skip
    return family


def open_tasks(runtime: Runtime) -> list[str]:
    with runtime.sessions.read() as session:
        return list(session.scalars(select(TaskRow.kind).where(TaskRow.done_at.is_(None))))


def test_used_again_it_is_a_number_nobody_has_spoken_on(runtime: Runtime) -> None:
    family = compromised(runtime)
    assert decide_number(runtime, CORA, number_id=family.number_id, choice="again", how="in_person") is None
    with runtime.sessions.read() as session:
        number = session.get_one(NumberRow, family.number_id)
        assert (number.standing, number.level, number.verified_at, number.compromised_at) == (
            "unverified",
            0,
            None,
            None,
        )
        (event,) = session.scalars(select(EventRow).where(EventRow.name == "number_decided")).all()
    assert (event.actor_id, event.family_id, event.data) == ("cora", family.id, {"choice": "again", "how": "in_person"})
    assert open_tasks(runtime) == []
    again = decide_number(runtime, CORA, number_id=family.number_id, choice="never", how="in_person")
    assert isinstance(again, NotDone)


def test_never_again_takes_it_off_and_asks_for_another_where_it_was_the_last(runtime: Runtime) -> None:
    family = compromised(runtime)
    assert decide_number(runtime, CORA, number_id=family.number_id, choice="never", how="professional") is None
    with runtime.sessions.read() as session:
        assert session.get_one(FamilyNumberRow, (family.id, family.number_id)).off_why == "somebody_else"
        assert session.get_one(NumberRow, family.number_id).standing == "compromised"
    assert open_tasks(runtime) == ["find_number"]


def test_another_number_that_works_is_enough(runtime: Runtime) -> None:
    family = compromised(runtime)
    other = a_family(runtime, "F002", e164="+447700900102")
    with runtime.sessions.begin() as session:
        session.add(FamilyNumberRow(family_id=family.id, number_id=other.number_id, position=2))
    decide_number(runtime, CORA, number_id=family.number_id, choice="never", how="professional")
    assert open_tasks(runtime) == []


@pytest.mark.parametrize(("choice", "how"), [("again", ""), ("", "in_person"), ("again", "a hunch")])
def test_nobody_decides_without_saying_how_they_know(runtime: Runtime, choice: str, how: str) -> None:
    family = compromised(runtime)
    assert isinstance(decide_number(runtime, CORA, number_id=family.number_id, choice=choice, how=how), NotDone)
    assert open_tasks(runtime) == ["decide_number"]


def test_only_a_supervisor_decides(runtime: Runtime) -> None:
    family = compromised(runtime)
    for who in (ANA, BEN):
        with pytest.raises(NotAllowed):
            decide_number(runtime, who, number_id=family.number_id, choice="again", how="in_person")


SWAPPED = a_row(imprisoned_on="2026-01-12", parent_phone="07700 900001", carer_phone="07700 900555")
RIGHT = SWAPPED | {"parent_phone": "07700 900555", "carer_phone": "07700 900001"}


def number_of(runtime: Runtime, e164: str) -> NumberRow:
    with runtime.sessions.read() as session:
        number = numbers.find(session, e164)
        assert number is not None
        return number


def sentence(runtime: Runtime, row: dict[str, str]) -> str:
    return next(iter(planned(runtime, row).plan.families)).sentence


def test_a_number_stored_as_a_parents_is_so_in_the_plan_too_until_somebody_decides(runtime: Runtime) -> None:
    """The columns were swapped, that import was undone, and the right file comes."""
    batch = imported(runtime, SWAPPED).batch_id
    assert isinstance(undo_import(runtime, ANA, batch_id=batch), Undone)
    assert sentence(runtime, RIGHT) == "New. No number that can be used, so a first offer needs another way."
    imported(runtime, RIGHT)
    assert open_tasks(runtime) == ["find_number"]
    page = gate_family(runtime, CORA, family_row(runtime).id)
    assert page is not None
    assert {each.code for each in page.reasons} == {"no_number"}
    number = number_of(runtime, "+447700900001")
    assert decide_number(runtime, CORA, number_id=number.id, choice="again", how="in_person") is None
    assert number_of(runtime, "+447700900001").is_parents is False
    assert open_tasks(runtime) == []
    page = gate_family(runtime, CORA, family_row(runtime).id)
    assert page is not None
    assert page.reasons == ()


def test_while_a_file_says_that_it_is_a_parents_nobody_decides_otherwise(runtime: Runtime) -> None:
    imported(runtime, RIGHT | {"parent_phone": "07700 900001"})
    number = number_of(runtime, "+447700900001")
    assert decide_number(runtime, CORA, number_id=number.id, choice="again", how="record") == NotDone(STILL_A_PARENTS)
    assert sentence(runtime, RIGHT).endswith("No number that can be used, so they need another way.")
    imported(runtime, RIGHT)
    assert number_of(runtime, "+447700900001").is_parents
    assert decide_number(runtime, CORA, number_id=number.id, choice="again", how="record") is None
    assert not number_of(runtime, "+447700900001").is_parents


def test_a_parents_number_that_is_never_to_be_used_comes_off(runtime: Runtime) -> None:
    imported(runtime, RIGHT | {"parent_phone": "07700 900001"})
    number = number_of(runtime, "+447700900001")
    assert decide_number(runtime, CORA, number_id=number.id, choice="never", how="record") is None
    with runtime.sessions.read() as session:
        assert session.get_one(FamilyNumberRow, (family_row(runtime).id, number.id)).off_why == "somebody_else"
    assert number_of(runtime, "+447700900001").is_parents
