"""What a call's page shows, and what it keeps off the screen."""

from __future__ import annotations

from outreach.runtime import Runtime
from outreach.store.staff import StaffRow
from outreach.views.call import Shown, call_page
from tests.cast import BEN, a_family
from tests.engine.test_guide_call import began, say


def stands_at(runtime: Runtime, conversation_id: str) -> Shown:
    """The step on the page."""
    step = call_page(runtime, BEN, conversation_id=conversation_id).step
    assert step is not None
    return step


def test_no_word_before_it_is_safe_tells_what_whoever_rings_is(runtime: Runtime) -> None:
    conversation_id = began(runtime, a_family(runtime, "F001"))
    with runtime.sessions.begin() as session:
        session.get_one(StaffRow, BEN.id).name = "PC 4312 Ben Ash"
    say(runtime, conversation_id, "yes")
    assert "my name is Ben, from" in stands_at(runtime, conversation_id).say
