"""What may be a wish to stop or to wait is read by a person before anybody rings; a yes is answered by a call."""

from __future__ import annotations

from datetime import date, time

import pytest

from outreach.domain.delivery import InboundText
from outreach.domain.hold import Kind
from outreach.engine import dial_call, guide_call
from outreach.engine.alerts import take_alert
from outreach.engine.answer_inbox import NotDone, settle
from outreach.engine.answer_ring import answer_ring
from outreach.engine.book_call import NotBooked, book_call
from outreach.engine.book_contact import book_contact
from outreach.engine.booking import Booked
from outreach.engine.do_as_read import correct, obey_stop
from outreach.engine.guide_call import Opened, Refusal
from outreach.engine.holds import NotLifted, lift_hold, set_hold
from outreach.engine.prove import prove
from outreach.engine.receive import receive_text
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow
from outreach.store.areas import AreaRow
from outreach.store.conversations import ConversationRow
from outreach.store.holds import open_holds
from outreach.store.numbers import FamilyNumberRow
from outreach.store.offers import open_offer
from outreach.views.family_page import family_page
from outreach.views.thread import thread_page
from outreach.views.worklist import worklist
from tests.cast import BEN, Family, a_family, an_open_offer, switch_on_texts

NEAR_STOPS = ("pls stop txting", "Stop. Thank you", "no more")
READ_FIRST = "they may want us to stop or to wait"
_SIDS = iter(range(10_000))


@pytest.fixture
def family(either_runtime: Runtime) -> Family:
    """A family that is to be rung today."""
    switch_on_texts(either_runtime)
    found = a_family(either_runtime, "F001", standing="verified", level=1, next_step=2)
    an_open_offer(either_runtime, found, channel="call", step=1)
    return found


def wrote(runtime: Runtime, sender: str, words: str) -> str:
    sid = f"SMread{next(_SIDS):06d}"
    taken = receive_text(runtime, InboundText(sid=sid, sender=sender, recipient="+447700900999", body=words))
    assert taken.text_id
    return taken.text_id


def held(runtime: Runtime, family: Family) -> set[str]:
    with runtime.sessions.read() as session:
        return {row.kind for row in open_holds(session, family.id)}


def rings(runtime: Runtime, family: Family) -> Opened | Refusal:
    with runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
    assert offer is not None
    return guide_call.open_call(runtime, BEN, offer_id=offer.id)


def all_switches_off(runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        session.get_one(AreaRow, "OXF").self_acting = []


@pytest.mark.parametrize("words", [*NEAR_STOPS, "this has to stop", "no thanks, dont call either"])
def test_nobody_rings_while_a_wish_to_stop_waits_to_be_read(
    either_runtime: Runtime, family: Family, words: str
) -> None:
    seen = wrote(either_runtime, family.e164, words)
    assert held(either_runtime, family) == {"read_first"}
    refused = rings(either_runtime, family)
    assert isinstance(refused, Refusal)
    assert READ_FIRST in refused.why
    rang_us = answer_ring(either_runtime, BEN, family_id=family.id)
    assert isinstance(rang_us, Refusal)
    (waits,) = worklist(either_runtime, BEN).not_now
    assert READ_FIRST in waits.because
    page = family_page(either_runtime, BEN, family.id)
    assert page is not None
    assert (page.next.kind, READ_FIRST in page.next.because) == ("held", True)
    thread = thread_page(either_runtime, BEN, family.number_id)
    assert thread is not None
    read = thread.bubbles[-1].read
    assert read is not None
    assert "nobody rings" in read.did[-1]

    if isinstance(settle(either_runtime, BEN, number_id=family.number_id, seen=seen), NotDone):
        correct(either_runtime, BEN, number_id=family.number_id, text_id=seen, intent="question")
    assert isinstance(rings(either_runtime, family), Opened)


@pytest.mark.parametrize(
    "words", ["yes please mate sort us out", "can you ring me about our Tyler", "how did you get my number"]
)
def test_a_yes_a_question_and_a_wish_to_be_rung_are_answered_by_a_call(
    either_runtime: Runtime, family: Family, words: str
) -> None:
    all_switches_off(either_runtime)
    wrote(either_runtime, family.e164, words)
    assert held(either_runtime, family) == {"reply"}
    assert isinstance(rings(either_runtime, family), Opened)


@pytest.mark.parametrize("words", ["No thanks", "later", "Sam changed her number ages ago"])
def test_a_no_a_later_and_a_wrong_number_that_wait_for_a_click_are_not_rung(
    either_runtime: Runtime, family: Family, words: str
) -> None:
    all_switches_off(either_runtime)
    wrote(either_runtime, family.e164, words)
    assert "read_first" in held(either_runtime, family)
    assert isinstance(rings(either_runtime, family), Refusal)


def test_a_call_that_stands_open_is_not_dialled_once_a_wish_to_stop_came(
    either_runtime: Runtime, family: Family
) -> None:
    opened = rings(either_runtime, family)
    assert isinstance(opened, Opened)
    wrote(either_runtime, family.e164, "no more")
    refused = dial_call.dial(either_runtime, BEN, conversation_id=opened.conversation_id)
    assert isinstance(refused, Refusal)
    assert READ_FIRST in refused.why


def test_a_single_cancel_holds_calls_until_somebody_has_read_it(either_runtime: Runtime, family: Family) -> None:
    seen = wrote(either_runtime, family.e164, "CANCEL")
    assert isinstance(rings(either_runtime, family), Refusal)
    assert settle(either_runtime, BEN, number_id=family.number_id, seen=seen) is None
    assert held(either_runtime, family) == set()
    assert isinstance(rings(either_runtime, family), Opened)


def test_no_call_is_booked_before_the_wish_to_stop_is_decided(either_runtime: Runtime, family: Family) -> None:
    seen, number_id, on = wrote(either_runtime, family.e164, "no more"), family.number_id, date(2026, 1, 15)
    from_the_inbox = book_contact(either_runtime, BEN, number_id=number_id, seen=seen, on=on, at=time(14))
    assert isinstance(from_the_inbox, NotDone)
    assert "want us to stop" in from_the_inbox.why
    assert isinstance(book_call(either_runtime, BEN, family_id=family.id, on=on, at=time(14)), NotBooked)
    assert obey_stop(either_runtime, BEN, number_id=number_id, seen=seen, scope="texts") is None
    assert isinstance(book_call(either_runtime, BEN, family_id=family.id, on=on, at=time(14)), Booked)


def test_who_books_a_call_in_the_inbox_has_read_what_may_be_a_stop(either_runtime: Runtime, family: Family) -> None:
    seen, on = wrote(either_runtime, family.e164, "asdkj qpwoe"), date(2026, 1, 13)  # it may be anything
    assert held(either_runtime, family) == {"read_first"}
    booked = book_contact(either_runtime, BEN, number_id=family.number_id, seen=seen, on=on, at=time(11))
    assert isinstance(booked, Booked)
    assert isinstance(rings(either_runtime, family), Opened)


def test_what_waits_on_another_number_is_not_read_by_who_books_on_this_one(
    either_runtime: Runtime, family: Family
) -> None:
    second = a_family(either_runtime, "F002", e164="+447700900102")
    with either_runtime.sessions.begin() as session:
        link = session.get_one(FamilyNumberRow, (second.id, second.number_id))
        link.off_at = either_runtime.now()
        session.add(FamilyNumberRow(family_id=family.id, number_id=second.number_id, position=2))
    seen = wrote(either_runtime, family.e164, "how did you get my number")
    wrote(either_runtime, "+447700900102", "no more")
    page = thread_page(either_runtime, BEN, family.number_id)
    assert page is not None
    assert [READ_FIRST in each for each in page.holds] == [True]
    booked = book_contact(either_runtime, BEN, number_id=family.number_id, seen=seen, on=date(2026, 1, 15), at=time(14))
    assert isinstance(booked, NotDone)
    assert READ_FIRST in booked.why
    assert settle(either_runtime, BEN, number_id=family.number_id, seen=seen) is None
    assert isinstance(rings(either_runtime, family), Refusal)


def test_in_danger_a_person_rings_whatever_else_they_wrote(either_runtime: Runtime, family: Family) -> None:
    wrote(either_runtime, family.e164, "no more")
    wrote(either_runtime, family.e164, "he hit me again")
    with either_runtime.sessions.read() as session:
        alert_id = session.query(AlertRow.id).one()[0]
    take_alert(either_runtime, BEN, alert_id=alert_id)
    assert isinstance(rings(either_runtime, family), Opened)


def test_the_hold_is_not_lifted_on_the_family_page_while_the_stop_is_undecided(
    either_runtime: Runtime, family: Family
) -> None:
    wrote(either_runtime, family.e164, "no more")
    with either_runtime.sessions.read() as session:
        (row,) = open_holds(session, family.id)
    assert isinstance(lift_hold(either_runtime, BEN, hold_id=row.id, why="Looked"), NotLifted)


def test_a_call_that_was_begun_all_the_same_is_found_by_prove(either_runtime: Runtime, family: Family) -> None:
    opened = rings(either_runtime, family)
    assert isinstance(opened, Opened)
    assert "read_before_ringing" not in {rule.rule for rule in prove(either_runtime).findings}
    with either_runtime.sessions.begin() as session:
        set_hold(
            session, either_runtime, family_id=family.id, kind=Kind.READ_FIRST, by="system", now=either_runtime.now()
        )
        old = session.get_one(ConversationRow, opened.conversation_id)
        kept = {column.name: getattr(old, column.name) for column in ConversationRow.__table__.columns}
        rung = kept | {"id": either_runtime.new_id()}
        session.add(ConversationRow(**rung))
    found = {rule.rule: rule.examples for rule in prove(either_runtime).findings}
    assert found["read_before_ringing"] == (rung["id"],)
