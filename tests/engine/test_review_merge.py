"""Merging never loses a no, nor a pause, nor that they cannot be rung; and it waits for no text that comes in."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from outreach.domain.delivery import InboundText
from outreach.domain.hold import Kind
from outreach.engine.book_call import book_call
from outreach.engine.dispatch import dispatch
from outreach.engine.holds import set_hold
from outreach.engine.keep_apart import keep_apart
from outreach.engine.merge_families import merge_families
from outreach.engine.other_way import say_voice
from outreach.engine.receive import receive_text
from outreach.engine.run_cadences import run_cadences
from outreach.engine.set_exception import set_exception
from outreach.runtime import Runtime
from outreach.store import exceptions, numbers
from outreach.store.cadences import live_enrolment
from outreach.store.duplicates import DuplicateRow, pair_of
from outreach.store.families import carer_of
from outreach.store.offers import OfferRow, lock_open, open_offer
from outreach.store.texts import TextRow
from tests.cast import ANA, BEN, Family, a_family, an_open_offer, switch_on_texts
from tests.engine.test_lock_order import until_somebody_waits
from tests.fakes import Clock


def alike(runtime: Runtime, *refs: str) -> None:
    with runtime.sessions.begin() as session:
        ref, other = pair_of(*refs)
        session.add(DuplicateRow(ref=ref, other_ref=other, found_at=runtime.now()))


def a_pair(runtime: Runtime) -> tuple[Family, Family]:
    stays = a_family(runtime, "F001", e164="+447700900101", standing="verified", next_step=2)
    goes = a_family(runtime, "F002", e164="+447700900102", standing="verified", next_step=2)
    alike(runtime, "F001", "F002")
    return stays, goes


def they_write(runtime: Runtime, family: Family, body: str, sid: str) -> None:
    inbound = InboundText(
        sid=sid, sender=family.e164, recipient="+447700900999", body=body, media=0, received_at=runtime.now()
    )
    receive_text(runtime, inbound)


def test_a_pause_they_asked_for_goes_with_them(runtime: Runtime) -> None:
    stays, goes = a_pair(runtime)
    day = date(2026, 9, 1)
    assert set_exception(runtime, BEN, family_id=goes.id, kind="pause", day=day, channel=None, why="asked") is None
    assert merge_families(runtime, ANA, stays_id=stays.id, goes_id=goes.id) is None
    with runtime.sessions.read() as session:
        assert exceptions.paused_until(session, stays.id, runtime.now()) == day


def test_who_cannot_be_rung_is_not_rung_under_the_other_reference(runtime: Runtime) -> None:
    stays, goes = a_pair(runtime)
    say_voice(runtime, BEN, family_id=goes.id, possible=False)
    assert merge_families(runtime, ANA, stays_id=stays.id, goes_id=goes.id) is None
    with runtime.sessions.read() as session:
        assert carer_of(session, stays.id).cannot_use_voice is True


@pytest.mark.parametrize("noes", [1, 2])
def test_a_no_by_text_ends_texting_under_the_other_reference_too(runtime: Runtime, clock: Clock, noes: int) -> None:
    switch_on_texts(runtime)
    stays, goes = a_pair(runtime)
    an_open_offer(runtime, goes, channel="text")
    run_cadences(runtime)
    dispatch(runtime)
    with runtime.sessions.begin() as session:
        planned = open_offer(session, stays.id)
        assert planned is not None
        planned.channel, planned.due_at = "text", runtime.now() + timedelta(days=10)
    for each in range(noes):
        they_write(runtime, goes, "no thanks", f"SM{each}")
        dispatch(runtime)
        clock.move(days=1)
        with runtime.sessions.begin() as session:  # they were rung since: a no then is another one
            after = open_offer(session, goes.id)
            if after is not None:
                after.tries = 1
    assert merge_families(runtime, ANA, stays_id=stays.id, goes_id=goes.id) is None
    clock.move(days=14)
    run_cadences(runtime)
    dispatch(runtime)
    with runtime.sessions.read() as session:
        sent = session.scalars(
            select(TextRow).where(
                TextRow.family_id == stays.id, TextRow.purpose == "offer", TextRow.state.not_in(("dropped",))
            )
        ).all()
        offer, enrolment = open_offer(session, stays.id), live_enrolment(session, stays.id)
    assert sent == []
    if noes == 2:
        assert (offer, enrolment) == (None, None)
    else:
        assert offer is not None
        assert (offer.channel, offer.why) == ("call", "after_no")
        assert enrolment is not None
        assert (enrolment.state, enrolment.noes) == ("rested", 1)


@pytest.mark.postgres
@pytest.mark.xdist_group("pg")
@pytest.mark.parametrize("what", ["merge", "apart", "book"])
def test_who_holds_a_number_or_an_offer_may_write_about_the_family_that_is_being_changed(
    postgres_runtime: Runtime, what: str
) -> None:
    runtime = postgres_runtime
    stays, goes = a_pair(runtime)
    offer_id = an_open_offer(runtime, stays, channel="call")
    with runtime.sessions.begin() as session:
        session.get_one(OfferRow, offer_id).assigned_to = "ben"
    failed: list[BaseException] = []

    def the_page() -> None:
        try:
            if what == "merge":
                merge_families(runtime, ANA, stays_id=stays.id, goes_id=goes.id)
            elif what == "apart":
                keep_apart(runtime, ANA, family_id=stays.id, staff_id="ben", kind="friend", why="")
            else:
                book_call(runtime, BEN, family_id=stays.id, on=date(2026, 1, 20), at=None)
        except BaseException as fault:
            failed.append(fault)

    page = threading.Thread(target=the_page)
    with runtime.sessions.begin() as session:
        session.connection().exec_driver_sql("SET LOCAL lock_timeout = '30s'")
        numbers.lock(session, stays.number_id)
        lock_open(session, [stays.id])
        page.start()
        until_somebody_waits(runtime)
        set_hold(session, runtime, family_id=stays.id, kind=Kind.REPLY, by="system", now=runtime.now())
    page.join()
    assert failed == []
