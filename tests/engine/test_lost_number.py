"""A stranger's number is a stranger's for everybody who stands on it: each family gets its search for another."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from outreach.engine import guide_call
from outreach.engine.finish_call import Finished, finish
from outreach.engine.guide_call import Opened
from outreach.runtime import Runtime
from outreach.store.alerts import TaskRow
from outreach.store.families import FamilyRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.views.call import call_page
from tests.cast import BEN, Family, a_family, an_open_offer
from tests.engine.test_spoken_since import writes


@pytest.fixture
def two(runtime: Runtime) -> tuple[Family, Family]:
    """Two families on the first one's number."""
    first, other = a_family(runtime, "F001"), a_family(runtime, "F002", e164="+447700900102")
    with runtime.sessions.begin() as session:
        session.delete(session.get_one(FamilyNumberRow, (other.id, other.number_id)))
        session.add(FamilyNumberRow(family_id=other.id, number_id=first.number_id, position=1))
    return first, other


def searched_for(runtime: Runtime) -> set[str]:
    with runtime.sessions.read() as session:
        tasks = session.scalars(select(TaskRow).where(TaskRow.kind == "find_number")).all()
        return {session.get_one(FamilyRow, task.subject_id).ref for task in tasks}


def standing(runtime: Runtime, family: Family) -> str:
    with runtime.sessions.read() as session:
        return session.get_one(NumberRow, family.number_id).standing


def test_a_wrong_number_on_a_call_is_lost_for_both_families(runtime: Runtime, two: tuple[Family, Family]) -> None:
    first, _ = two
    opened = guide_call.open_call(runtime, BEN, offer_id=an_open_offer(runtime, first))
    assert isinstance(opened, Opened)
    step = call_page(runtime, BEN, conversation_id=opened.conversation_id).step
    assert step is not None
    guide_call.answer(
        runtime, BEN, conversation_id=opened.conversation_id, step=step.address, visit=step.visit, answer="wrong"
    )
    assert isinstance(finish(runtime, BEN, conversation_id=opened.conversation_id), Finished)
    assert (standing(runtime, first), searched_for(runtime)) == ("lost", {"F001", "F002"})


def test_a_wrong_number_by_text_is_lost_for_the_only_family_on_it(runtime: Runtime) -> None:
    family = a_family(runtime, "F001", standing="verified")
    writes(runtime, family, "wrong number mate")
    assert (standing(runtime, family), searched_for(runtime)) == ("lost", {"F001"})
