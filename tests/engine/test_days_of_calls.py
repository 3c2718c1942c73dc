"""The day a family names on a call is kept, and nobody is rung on a day on which families are left alone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from outreach.engine import guide_call
from outreach.engine.booking import book
from outreach.engine.end_offer import asked_offer
from outreach.engine.finish_call import Finished, finish
from outreach.engine.guide_call import Answered, Opened, Refusal
from outreach.engine.queue_text import queue_text
from outreach.engine.run_cadences import run_cadences
from outreach.runtime import Runtime
from outreach.store.families import FamilyRow
from outreach.store.offers import OfferRow
from outreach.store.texts import TextRow
from outreach.views.call import call_page
from tests.cast import BEN, Family, a_family, an_open_offer
from tests.fakes import Clock

NOT_NOW = ("yes", "yes", "next", "said", "next", "later", "shared", "none", "next", "next")
BIRTHDAY = datetime(2027, 5, 4, 10, 0, tzinfo=UTC)  # of the cast's child
ANNIVERSARY = datetime(2027, 1, 5, 10, 0, tzinfo=UTC)
CHRISTMAS = datetime(2026, 12, 21, 10, 0, tzinfo=UTC)
EASTER = datetime(2026, 4, 6, 9, 0, tzinfo=UTC)


def said_not_now(runtime: Runtime, family: Family) -> str:
    opened = guide_call.open_call(runtime, BEN, offer_id=an_open_offer(runtime, family))
    assert isinstance(opened, Opened)
    for one in NOT_NOW:
        step = call_page(runtime, BEN, conversation_id=opened.conversation_id).step
        assert step is not None
        given = guide_call.answer(
            runtime, BEN, conversation_id=opened.conversation_id, step=step.address, visit=step.visit, answer=one
        )
        assert isinstance(given, Answered)
    return opened.conversation_id


def test_a_day_named_on_a_call_is_the_day_of_the_next_one(runtime: Runtime) -> None:
    assert isinstance(runtime.now, Clock)
    family = a_family(runtime, "F001")
    conversation_id = said_not_now(runtime, family)
    done = finish(runtime, BEN, conversation_id=conversation_id, next_on=date(2026, 1, 22))
    assert isinstance(done, Finished)
    for _ in range(10):
        runtime.now.move(days=1)
        run_cadences(runtime)
    with runtime.sessions.read() as session:
        offer = session.scalars(select(OfferRow).where(OfferRow.state == "open")).one()
        assert (offer.channel, offer.promised, offer.due_until) == ("call", True, None)
        assert offer.due_at == datetime(2026, 1, 22, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("day", [BIRTHDAY, ANNIVERSARY, CHRISTMAS, EASTER])
def test_nobody_is_rung_on_a_bank_holiday_or_a_tender_date(runtime: Runtime, day: datetime) -> None:
    assert isinstance(runtime.now, Clock)
    runtime.now.moment = day
    refused = guide_call.open_call(runtime, BEN, offer_id=an_open_offer(runtime, a_family(runtime, "F001")))
    assert isinstance(refused, Refusal)
    assert "outside the hours" in refused.why


@pytest.mark.parametrize("promised", [True, False])
def test_who_asked_to_be_rung_is_rung_on_any_day(runtime: Runtime, promised: bool) -> None:
    assert isinstance(runtime.now, Clock)
    runtime.now.moment = BIRTHDAY
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        offer = asked_offer(
            session, runtime, family_id=family.id, due_at=BIRTHDAY, promised=promised, now=runtime.now()
        )
    assert isinstance(guide_call.open_call(runtime, BEN, offer_id=offer.id), Opened)


def test_a_text_that_says_when_we_ring_names_the_day_for_it_may_go_out_tomorrow(runtime: Runtime) -> None:
    tonight = datetime(2026, 1, 13, 19, 0, tzinfo=UTC)
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        row = session.get_one(FamilyRow, family.id)
        booked = book(session, runtime, family=row, wish=None, now=tonight)
    assert booked.said(tonight) == "tomorrow"
    assert booked.dated() == "on Wednesday 14 January"


def test_a_text_that_says_that_we_will_ring_does_not_go_once_we_rang(runtime: Runtime) -> None:
    family = a_family(runtime, "F001", standing="verified")
    with runtime.sessions.begin() as session:
        for wording, when in (("call_soon", "on Tuesday 13 January"), ("later", "")):
            queue_text(
                session, runtime, number_id=family.number_id, family_id=family.id, purpose="answer", wording=wording,
                values={"team": "Willow team", "when": when, "phone": "+447700900999"}, now=runtime.now(),
            )  # fmt: skip
    assert isinstance(guide_call.open_call(runtime, BEN, offer_id=an_open_offer(runtime, family)), Opened)
    with runtime.sessions.read() as session:
        said = {row.wording: (row.state, row.waits_for) for row in session.scalars(select(TextRow))}
    assert said == {"call_soon": ("dropped", "rung_already"), "later": ("waiting", None)}
