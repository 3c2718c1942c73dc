"""A text of ours that waits says when it goes; where a hold or a pause stands, what it waits for, and no hour."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from outreach.domain.access import Actor
from outreach.domain.delivery import InboundText
from outreach.domain.hold import Kind
from outreach.engine.ask_person import compromise
from outreach.engine.dispatch import dispatch
from outreach.engine.hold_by_hand import hold_by_hand
from outreach.engine.holds import lift_hold, set_hold
from outreach.engine.pause import go_on, pause
from outreach.engine.receive import receive_text
from outreach.engine.write_answer import Sent, send_answer
from outreach.runtime import Runtime
from outreach.store import numbers
from outreach.store.holds import open_holds
from outreach.views.thread import thread_page
from outreach.views.when_it_goes import Goes
from tests.browsing import Visitor, words
from tests.cast import ANA, BEN, CORA, Family, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock

EVENING = datetime(2026, 1, 13, 20, 0, tzinfo=UTC)
MORNING = datetime(2026, 1, 14, 9, 30, tzinfo=UTC)
AT_THE_KIND_HOUR = Goes(MORNING, "when the sending hours begin")


@pytest.fixture
def family(runtime: Runtime, clock: Clock) -> Family:
    """At eight in the evening they said later; the answer waits for the morning."""
    switch_on_texts(runtime)
    found = a_family(runtime, "F001", standing="verified", level=1, next_step=2)
    an_open_offer(runtime, found, channel="text", step=1)
    clock.moment = EVENING
    came = InboundText(sid="SMgoes", sender=found.e164, recipient="+447700900999", body="later")
    receive_text(runtime, came)
    dispatch(runtime)
    return found


def goes(runtime: Runtime, family: Family) -> list[Goes]:
    page = thread_page(runtime, BEN, family.number_id)
    assert page is not None
    return [each.goes for each in page.bubbles if each.goes is not None]


def test_the_thread_names_the_hour(be: Callable[[Actor | None], Visitor], runtime: Runtime, family: Family) -> None:
    assert goes(runtime, family) == [AT_THE_KIND_HOUR]
    page = words(be(BEN).get(f"/inbox/{family.number_id}"))
    assert re.search(r"waits to be sent; it goes tomorrow at 9\.30am .{0,40}, when the sending hours begin", page)


def test_an_answer_by_a_person_names_its_hour_too(runtime: Runtime, family: Family, clock: Clock) -> None:
    clock.move(hours=2)
    page = thread_page(runtime, BEN, family.number_id)
    assert page is not None
    said = send_answer(
        runtime, BEN, number_id=family.number_id, seen=page.newest.text_id, words="We will leave it for now."
    )
    assert isinstance(said, Sent)
    assert goes(runtime, family) == [AT_THE_KIND_HOUR, AT_THE_KIND_HOUR]


def test_what_is_due_goes_in_a_moment(runtime: Runtime, family: Family, clock: Clock) -> None:
    clock.moment = MORNING
    assert goes(runtime, family) == [Goes(None, "it goes in a moment")]
    dispatch(runtime)
    assert goes(runtime, family) == []


def test_a_hold_that_was_set_since_is_what_it_waits_for(runtime: Runtime, family: Family, clock: Clock) -> None:
    hold_by_hand(runtime, BEN, family_id=family.id, why="Her mother rang")
    assert goes(runtime, family) == [Goes(None, "it waits: a colleague asked to wait")]
    clock.moment = MORNING
    dispatch(runtime)
    assert goes(runtime, family) == [Goes(None, "it waits: a colleague asked to wait")]
    with runtime.sessions.read() as session:
        (row,) = open_holds(session, family.id)
    lift_hold(runtime, BEN, hold_id=row.id, why="She may be texted")
    assert goes(runtime, family) == [Goes(None, "it goes in a moment")]
    assert dispatch(runtime) == 1


def test_a_hold_that_ends_by_itself_names_its_day(runtime: Runtime, family: Family) -> None:
    with runtime.sessions.begin() as session:
        set_hold(
            session, runtime, family_id=family.id, kind=Kind.BY_HAND, by="ben", now=EVENING,
            until=EVENING + timedelta(days=6),
        )  # fmt: skip
    assert goes(runtime, family) == [Goes(None, "it waits until 19 January 2026: a colleague asked to wait")]


def test_a_pause_is_what_it_waits_for_until_it_goes_on(runtime: Runtime, family: Family) -> None:
    pause(runtime, ANA, area="OXF")
    assert goes(runtime, family) == [Goes(None, "it waits: the area is paused")]
    pause(runtime, CORA)
    assert goes(runtime, family) == [Goes(None, "it waits: everything is paused")]
    go_on(runtime, CORA)
    go_on(runtime, ANA, area="OXF")
    assert goes(runtime, family) == [AT_THE_KIND_HOUR]


def test_a_pause_does_not_hold_what_a_person_wrote(runtime: Runtime, family: Family, clock: Clock) -> None:
    clock.move(hours=2)
    page = thread_page(runtime, BEN, family.number_id)
    assert page is not None
    send_answer(runtime, BEN, number_id=family.number_id, seen=page.newest.text_id, words="We will leave it for now.")
    pause(runtime, CORA)
    assert goes(runtime, family) == [Goes(None, "it waits: everything is paused"), AT_THE_KIND_HOUR]


def test_what_will_not_go_says_so(runtime: Runtime, family: Family) -> None:
    with runtime.sessions.begin() as session:
        number = numbers.lock(session, family.number_id)
        compromise(session, runtime, number=number, family_id=family.id, why="third_party", now=EVENING)
    assert goes(runtime, family) == [Goes(None, "it will not go: somebody else was on the number; a person decides")]
