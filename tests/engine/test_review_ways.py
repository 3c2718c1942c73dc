"""What was said once holds by every later door: a no by text, an ended offer, a colleague who knows the family."""

from __future__ import annotations

from sqlalchemy import select

from outreach.domain.delivery import InboundText
from outreach.engine.claim_texts import claim
from outreach.engine.dispatch import dispatch
from outreach.engine.other_way import say_voice
from outreach.engine.receive import receive_text
from outreach.engine.run_cadences import run_cadences
from outreach.runtime import Runtime
from outreach.store.cadences import CadenceVersionRow, EnrolmentRow, version
from outreach.store.offers import OfferRow, open_offer
from outreach.store.texts import TextRow
from tests.cast import BEN, Family, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock, FakeLine


def they_write(runtime: Runtime, family: Family, body: str, sid: str = "SM1") -> None:
    inbound = InboundText(
        sid=sid, sender=family.e164, recipient="+447700900999", body=body, media=0, received_at=runtime.now()
    )
    receive_text(runtime, inbound)


def test_the_one_call_after_a_no_by_text_never_becomes_a_text(runtime: Runtime, clock: Clock, line: FakeLine) -> None:
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", next_step=2)
    an_open_offer(runtime, family, channel="text")
    run_cadences(runtime)
    dispatch(runtime)
    they_write(runtime, family, "no thanks")
    dispatch(runtime)
    with runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
        assert offer is not None
        assert (offer.channel, offer.why) == ("call", "after_no")
    assert say_voice(runtime, BEN, family_id=family.id, possible=False) != "text"
    with runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
        assert offer is not None
        assert offer.channel == "visit"


def test_a_text_whose_offer_has_ended_does_not_go(runtime: Runtime, line: FakeLine) -> None:
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", next_step=2)
    offer_id = an_open_offer(runtime, family, channel="text")
    run_cadences(runtime)
    with runtime.sessions.begin() as session:
        offer = session.get_one(OfferRow, offer_id)
        offer.state, offer.outcome, offer.ended_at = "ended", "superseded", runtime.now()
    assert claim(runtime).texts == ()
    with runtime.sessions.read() as session:
        (row,) = session.scalars(select(TextRow).where(TextRow.purpose == "offer")).all()
        assert (row.state, row.waits_for) == ("dropped", "offer_ended")


def test_silence_after_a_text_makes_no_call_for_who_cannot_hear_one(
    runtime: Runtime, clock: Clock, line: FakeLine
) -> None:
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", next_step=2)
    offer_id = an_open_offer(runtime, family, channel="text")
    run_cadences(runtime)
    dispatch(runtime)
    with runtime.sessions.begin() as session:
        offer = session.get_one(OfferRow, offer_id)
        enrolment = session.get_one(EnrolmentRow, offer.enrolment_id)
        steps = version(session, enrolment.cadence_version_id).steps
        offer.step = next(step.id for step in steps if step.channel == "text")
        row = session.get_one(CadenceVersionRow, enrolment.cadence_version_id)
        row.body = {
            **row.body,
            "steps": [{**one, "silence": "call"} if one["channel"] == "text" else one for one in row.body["steps"]],
        }
    say_voice(runtime, BEN, family_id=family.id, possible=False)
    clock.move(days=60)
    run_cadences(runtime)
    with runtime.sessions.read() as session:
        assert session.get_one(OfferRow, offer_id).channel != "call"
