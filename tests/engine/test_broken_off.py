"""A consent conversation that breaks off leaves its offer in somebody's hands, never between two chairs."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from outreach.domain.delivery import InboundText
from outreach.engine.alerts import settle_alert
from outreach.engine.answer_inbox import settle
from outreach.engine.dispatch import dispatch
from outreach.engine.prove import prove
from outreach.engine.receive import receive_text
from outreach.engine.run_cadences import run_cadences
from outreach.engine.tick import tick
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow
from outreach.store.conversations import ConversationRow
from outreach.store.offers import OfferRow
from outreach.store.texts import TextRow
from tests.cast import BEN, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock


@pytest.mark.parametrize("words", ["he hits me", "How did you get my number?", "I want to die"])
def test_the_offer_of_a_conversation_that_broke_off_becomes_a_call(runtime: Runtime, words: str) -> None:
    assert isinstance(runtime.now, Clock)
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", level=2, next_step=2)
    an_open_offer(runtime, family, channel="text", step=1)
    run_cadences(runtime)
    dispatch(runtime)
    for sid, body in (("SM1", "Yes please"), ("SM2", words)):
        receive_text(runtime, InboundText(sid=sid, sender=family.e164, recipient="+447700900999", body=body))
    with runtime.sessions.read() as session:
        assert session.scalars(select(ConversationRow)).one() is not None
        alerts = session.scalars(select(AlertRow.id)).all()
        seen = session.scalars(select(TextRow.id).where(TextRow.provider_sid == "SM2")).one()
    for alert_id in alerts:
        settle_alert(runtime, BEN, alert_id=alert_id)
    settle(runtime, BEN, number_id=family.number_id, seen=seen)

    for _ in range(20):
        runtime.now.move(days=1)
        tick(runtime)
    with runtime.sessions.read() as session:
        offer = session.scalars(select(OfferRow).where(OfferRow.state == "open")).one()
        assert offer.channel == "call"
        assert offer.list_of is not None
    assert prove(runtime).findings == ()  # the call stands on somebody's list
