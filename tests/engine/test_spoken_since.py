"""What was said by voice after a text was written stands: the text, read late, takes nothing of it back."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from outreach.domain.delivery import InboundText
from outreach.engine.answer_inbox import NotDone, settle
from outreach.engine.do_as_read import do_as_read, what_it_asks
from outreach.engine.finish_call import Finished, finish
from outreach.engine.guide_call import Opened, answer, open_call
from outreach.engine.receive import receive_text
from outreach.runtime import Runtime
from outreach.store.offers import OfferRow
from outreach.store.texts import ReadingRow, TextRow
from outreach.views.call import call_page
from tests.cast import BEN, Family, a_family, an_open_offer, switch_on_texts
from tests.engine.test_days_of_calls import said_not_now
from tests.fakes import Clock

THE_DAY = date(2026, 1, 22)


def writes(runtime: Runtime, family: Family, words: str, *, ago: timedelta = timedelta()) -> str:
    inbound = InboundText(
        sid=f"SM{words[:4]}", sender=family.e164, recipient="+447700900999", body=words, received_at=runtime.now() - ago
    )
    text_id = receive_text(runtime, inbound).text_id
    assert text_id is not None
    return text_id


def rings_and_gives_a_day(runtime: Runtime, family: Family, *, words: str = "") -> str:
    """``words``: what they texted while the call stood open."""
    assert isinstance(runtime.now, Clock)
    conversation_id = said_not_now(runtime, family)
    runtime.now.move(hours=1)
    seen = writes(runtime, family, words) if words else ""
    runtime.now.move(minutes=1)
    done = finish(runtime, BEN, conversation_id=conversation_id, next_on=THE_DAY)
    assert isinstance(done, Finished)
    runtime.now.move(hours=1)
    return seen


def rings_when_it_does_not_suit(runtime: Runtime, family: Family, *, words: str) -> str:
    assert isinstance(runtime.now, Clock)
    opened = open_call(runtime, BEN, offer_id=an_open_offer(runtime, family))
    assert isinstance(opened, Opened)
    for said in ("yes", "later"):
        step = call_page(runtime, BEN, conversation_id=opened.conversation_id).step
        assert step is not None
        answer(runtime, BEN, conversation_id=opened.conversation_id, step=step.address, visit=step.visit, answer=said)
    seen = writes(runtime, family, words)
    runtime.now.move(minutes=1)
    done = finish(runtime, BEN, conversation_id=opened.conversation_id, next_on=THE_DAY, next_time=time(13))
    assert isinstance(done, Finished)
    assert done.outcome == "A10"
    runtime.now.move(hours=1)
    return seen


def promised_days(runtime: Runtime) -> list[date]:
    with runtime.sessions.read() as session:
        found = session.scalars(select(OfferRow).where(OfferRow.state == "open", OfferRow.promised.is_(True))).all()
        return [offer.due_at.date() for offer in found]


@pytest.mark.parametrize("words", ["Not right now thanks", "no thank you", "CALL"])
def test_a_click_on_an_older_text_does_not_take_back_the_day_that_was_given(runtime: Runtime, words: str) -> None:
    family = a_family(runtime, "F001", standing="verified")
    seen = rings_and_gives_a_day(runtime, family, words=words)
    assert what_it_asks(runtime, BEN, number_id=family.number_id) is None
    done = do_as_read(runtime, BEN, number_id=family.number_id, seen=seen)
    assert isinstance(done, NotDone)
    assert "spoken" in done.why
    assert promised_days(runtime) == [THE_DAY]
    assert settle(runtime, BEN, number_id=family.number_id, seen=seen) is None


def test_nor_where_they_only_said_that_another_time_is_better(runtime: Runtime) -> None:
    family = a_family(runtime, "F001", standing="verified")
    seen = rings_when_it_does_not_suit(runtime, family, words="LATER")
    assert isinstance(do_as_read(runtime, BEN, number_id=family.number_id, seen=seen), NotDone)
    assert promised_days(runtime) == [THE_DAY]


def test_software_asks_a_person_where_a_lost_text_comes_after_a_call(runtime: Runtime) -> None:
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified")
    rings_and_gives_a_day(runtime, family)
    text_id = writes(runtime, family, "Not right now thanks", ago=timedelta(hours=3))
    with runtime.sessions.read() as session:
        reading = session.get_one(ReadingRow, text_id)
        assert (reading.acted, reading.needs_person) == (False, True)
        assert session.scalars(select(TextRow.id).where(TextRow.direction == "out")).all() == []
    assert promised_days(runtime) == [THE_DAY]
