"""Warm handover: only after a yes in this call, only where somebody stands by, and never in the referral's way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time

import pytest
from sqlalchemy import select, update

from outreach.domain.delivery import CallReceipt, CallState, Unknown
from outreach.engine.guide_call import Answered, Opened, Refusal, answer, change_answer, open_call
from outreach.engine.hand_over import NOBODY, Asked, ask_partner, note_state, number_to_join
from outreach.engine.keep_apart import keep_apart
from outreach.engine.set_standby import NotSet, add_standby, end_standby
from outreach.runtime import Runtime
from outreach.store.conversations import ConversationRow
from outreach.store.events import EventRow
from outreach.store.staff import StaffRow
from outreach.store.standby import HandoverRow, StandbyRow
from outreach.views.call import call_page
from tests.cast import ANA, BEN, EVE, STAFF_PHONES, Family, a_family, an_open_offer
from tests.fakes import Clock, FakeLine

EVES = "+447700900806"
TO_CONSENT = (
    ("opening/is_it_them", "yes"), ("opening/safe_to_talk", "yes"), ("first_offer/why", "next"),
    ("first_offer/privacy", "said"), ("first_offer/listen", "next"), ("first_offer/menu", "carer"),
    ("carer_needs/what", "talk"), ("first_offer/anything_else", ""),
)  # fmt: skip


@pytest.fixture
def family(runtime: Runtime) -> Family:
    return a_family(runtime, "F001")


@pytest.fixture
def call(runtime: Runtime, family: Family) -> str:
    """A call in which they have just said that their name may go to Lantern; Eve of Lantern stands by on Tuesdays."""
    assert add_standby(runtime, EVE, weekday=1, starts=time(9), ends=time(12), phone="07700 900806") is None
    opened = open_call(runtime, BEN, offer_id=an_open_offer(runtime, family))
    assert isinstance(opened, Opened)
    for step, given in (*TO_CONSENT, ("consent/refer", "yes")):
        said = answer(runtime, BEN, conversation_id=opened.conversation_id, step=step, visit=1, answer=given)
        assert isinstance(said, Answered)
    return opened.conversation_id


def states(runtime: Runtime) -> list[str]:
    with runtime.sessions.read() as session:
        return list(session.scalars(select(HandoverRow.state).order_by(HandoverRow.id)))


def noted(runtime: Runtime) -> list[str]:
    with runtime.sessions.read() as session:
        names = session.scalars(select(EventRow.name).where(EventRow.name.like("handover_%")).order_by(EventRow.id))
        return list(names)


def a_call(state: CallState) -> CallReceipt:
    return CallReceipt(sid="CA1", state=state, sequence=1, parent_sid=None, seconds=None)


def test_the_worker_is_rung_first_and_then_the_practitioners_own_phone(
    runtime: Runtime, call: str, line: FakeLine
) -> None:
    asked = ask_partner(runtime, BEN, conversation_id=call)
    assert asked == Asked("Eve Charity")
    dial = line.dials[-1]
    assert dial["first"] == EVES
    page = call_page(runtime, BEN, conversation_id=call)
    assert page.handover is not None
    assert (page.handover.state, page.handover.worker) == ("asked", "Eve Charity")
    assert number_to_join(runtime, dial["reference"]) == STAFF_PHONES["ben"]
    assert number_to_join(runtime, dial["reference"]) == STAFF_PHONES["ben"]  # the network asks twice
    assert states(runtime) == ["joined"]
    assert noted(runtime) == ["handover_asked", "handover_joined"]


def test_nothing_of_it_stands_on_the_page_before_they_agreed(runtime: Runtime, family: Family, line: FakeLine) -> None:
    add_standby(runtime, EVE, weekday=1, starts=time(9), ends=time(12), phone="07700 900806")
    opened = open_call(runtime, BEN, offer_id=an_open_offer(runtime, family))
    assert isinstance(opened, Opened)
    for step, given in TO_CONSENT:
        assert call_page(runtime, BEN, conversation_id=opened.conversation_id).handover is None
        answer(runtime, BEN, conversation_id=opened.conversation_id, step=step, visit=1, answer=given)
    refused = ask_partner(runtime, BEN, conversation_id=opened.conversation_id)
    assert isinstance(refused, Refusal)
    assert "Ask that first" in refused.why
    assert line.dials == []


@pytest.mark.parametrize("why", ["hours", "left", "knows", "no phone", "taken back"])
def test_where_nobody_stands_by_it_says_so_and_the_referral_goes_on(
    runtime: Runtime, family: Family, call: str, clock: Clock, line: FakeLine, why: str
) -> None:
    if why == "hours":
        clock.move(hours=3)
    elif why == "knows":
        assert keep_apart(runtime, ANA, family_id=family.id, staff_id="eve", kind="friend", why="") is None
    elif why == "taken back":
        with runtime.sessions.read() as session:
            standby_id = session.scalars(select(StandbyRow.id)).one()
        end_standby(runtime, EVE, standby_id=standby_id)
    else:
        gone: dict[str, object] = {"left_at": clock()} if why == "left" else {"phone": None}
        with runtime.sessions.begin() as session:
            session.execute(update(StaffRow).where(StaffRow.id == "eve").values(**gone))
    refused = ask_partner(runtime, BEN, conversation_id=call)
    assert refused == Refusal(NOBODY)
    assert line.dials == []
    assert noted(runtime) == ["handover_nobody_there"]
    said = answer(runtime, BEN, conversation_id=call, step="consent/authority", visit=1, answer="parent")
    assert isinstance(said, Answered)


def taken_back(runtime: Runtime, call: str) -> None:
    change_answer(runtime, BEN, conversation_id=call, step="consent/refer", visit=1, answer="no")


def closed(runtime: Runtime, call: str) -> None:
    with runtime.sessions.begin() as session:
        session.get_one(ConversationRow, call).state = "ended"


@pytest.mark.parametrize("meanwhile", [taken_back, closed])
def test_a_consent_that_was_taken_back_before_the_key_joins_nobody(
    runtime: Runtime, call: str, line: FakeLine, meanwhile: Callable[[Runtime, str], None]
) -> None:
    ask_partner(runtime, BEN, conversation_id=call)
    meanwhile(runtime, call)
    assert number_to_join(runtime, line.dials[-1]["reference"]) is None
    assert states(runtime) == ["withheld"]


def test_nobody_is_rung_twice_at_once_and_who_does_not_pick_up_can_be_asked_again(
    runtime: Runtime, call: str, line: FakeLine
) -> None:
    ask_partner(runtime, BEN, conversation_id=call)
    assert isinstance(ask_partner(runtime, BEN, conversation_id=call), Refusal)
    assert len(line.dials) == 1
    note_state(runtime, a_call(CallState.RINGING), line.dials[0]["reference"])
    assert states(runtime) == ["asked"]
    note_state(runtime, a_call(CallState.NO_ANSWER), line.dials[0]["reference"])
    assert states(runtime) == ["not_reached"]
    assert isinstance(ask_partner(runtime, BEN, conversation_id=call), Asked)


def test_a_network_that_does_not_take_the_call_is_said(runtime: Runtime, call: str, line: FakeLine) -> None:
    line.answers.append(Unknown("no answer in time"))
    refused = ask_partner(runtime, BEN, conversation_id=call)
    assert isinstance(refused, Refusal)
    assert states(runtime) == ["not_reached"]


def test_only_who_guides_the_call_asks(runtime: Runtime, call: str) -> None:
    assert isinstance(ask_partner(runtime, ANA, conversation_id=call), Refusal)


@pytest.mark.parametrize(
    ("weekday", "starts", "ends", "phone", "field"),
    [
        (None, time(9), time(12), "", "weekday"),
        (7, time(9), time(12), "", "weekday"),
        (1, None, time(12), "", "starts"),
        (1, time(12), time(12), "", "ends"),
        (1, time(9), time(12), "12", "phone"),
        (1, time(9), time(12), "", "phone"),
    ],
)
def test_hours_that_cannot_be_are_said_at_their_field(
    runtime: Runtime, weekday: int | None, starts: time | None, ends: time | None, phone: str, field: str
) -> None:
    refused = add_standby(runtime, EVE, weekday=weekday, starts=starts, ends=ends, phone=phone)
    assert isinstance(refused, NotSet)
    assert refused.field == field


def test_nobody_takes_back_anothers_hours(runtime: Runtime, call: str) -> None:
    with runtime.sessions.begin() as session:
        row = session.scalars(select(StandbyRow)).one()
        row.staff_id = "finn"
    end_standby(runtime, EVE, standby_id=row.id)
    with runtime.sessions.read() as session:
        assert session.scalars(select(StandbyRow.id)).all() == [row.id]
