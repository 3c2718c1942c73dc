"""On the family's page: a call is booked on the day they named; who cannot use voice is reached in another way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.domain.access import Actor
from outreach.engine.end_offer import asked_offer
from outreach.engine.guide_call import Opened, Refusal, open_call
from outreach.engine.run_cadences import run_cadences
from outreach.runtime import Runtime
from outreach.store.alerts import TaskRow
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow
from outreach.store.offers import OfferRow
from outreach.store.staff import ShiftRow
from tests.browsing import Visitor, words
from tests.cast import BEN, FINN, Family, a_family, an_open_offer, switch_on_texts

Be = Callable[[Actor | None], Visitor]


def the_offer(runtime: Runtime) -> OfferRow:
    with runtime.sessions.read() as session:
        return session.scalars(select(OfferRow).where(OfferRow.state == "open")).one()


def with_interpreter(runtime: Runtime, family: Family) -> None:
    with runtime.sessions.begin() as session:
        session.get_one(FamilyRow, family.id).interpreter = True


def test_a_call_is_booked_on_the_day_and_hour_they_named(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    before = an_open_offer(runtime, family)
    form: dict[str, object] = {"call-on": "2026-01-15", "call-at": "14:00"}
    ben = be(BEN)
    for _ in range(2):
        page = ben.post(f"/families/{family.id}/call", form, follow=True)
        assert "A call is booked on Thursday 15 January, 2 to 3." in page.text
    offer = the_offer(runtime)
    assert (offer.id, offer.due_at, offer.promised) == (before, datetime(2026, 1, 15, 14, tzinfo=UTC), True)
    assert offer.due_until == offer.due_at + timedelta(hours=1)
    with runtime.sessions.read() as session:
        assert len(session.scalars(select(EventRow).where(EventRow.name == "call_booked")).all()) == 1
    assert be(FINN).post(f"/families/{family.id}/call", form).status_code == 403


@pytest.mark.parametrize(
    ("on", "at", "says"),
    [
        ("", "", "Say on which day"),
        ("2026-01-12", "", "That time is over"),
        ("2027-06-01", "", "more than a year"),
        ("soon", "", "Write the day as year, month, day"),
        ("2026-01-15", "noonish", "Write the time as hours and minutes"),
    ],
)
def test_what_cannot_be_a_day_is_said_at_its_field_and_nothing_is_booked(
    be: Be, runtime: Runtime, on: str, at: str, says: str
) -> None:
    family = a_family(runtime, "F001")
    answer = be(BEN).post(f"/families/{family.id}/call", {"call-on": on, "call-at": at})
    assert answer.status_code == 400
    assert says in words(answer)
    with runtime.sessions.read() as session:
        assert session.scalars(select(OfferRow)).all() == []


def test_an_hour_with_nobody_on_duty_is_kept_as_a_day_and_not_promised(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    page = be(BEN).post(f"/families/{family.id}/call", {"call-on": "2026-01-15", "call-at": "20:00"}, follow=True)
    assert "A call is booked on Thursday 15 January." in page.text
    assert the_offer(runtime).due_until is None


def test_a_call_with_an_interpreter_takes_an_hour_and_a_half_and_needs_somebody_for_all_of_it(
    be: Be, runtime: Runtime
) -> None:
    family = a_family(runtime, "F001")
    with_interpreter(runtime, family)
    ben = be(BEN)
    assert "hour and a half" in ben.get(f"/families/{family.id}").text
    ben.post(f"/families/{family.id}/call", {"call-on": "2026-01-15", "call-at": "17:30"})
    offer = the_offer(runtime)
    assert (offer.promised, (offer.due_until or offer.due_at) - offer.due_at) == (True, timedelta(minutes=90))
    ben.post(f"/families/{family.id}/call", {"call-on": "2026-01-15", "call-at": "18:00"})  # the shift ends at seven
    offer = the_offer(runtime)
    assert offer.due_until is None
    with runtime.sessions.begin() as session:
        for shift in session.scalars(select(ShiftRow)):
            shift.ends = shift.starts.replace(hour=10)  # nobody is there for as long as it takes
    ben.post(f"/families/{family.id}/call", {"call-on": "2026-01-16"})
    assert the_offer(runtime).promised is False


def test_nobody_books_a_call_while_one_is_open(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    assert isinstance(open_call(runtime, BEN, offer_id=an_open_offer(runtime, family)), Opened)
    answer = be(BEN).post(f"/families/{family.id}/call", {"call-on": "2026-01-15"})
    assert "A call with them is not closed yet" in words(answer)


def test_who_cannot_use_voice_is_texted_where_that_is_allowed(be: Be, runtime: Runtime) -> None:
    switch_on_texts(runtime)
    family = a_family(runtime, "F001")
    offer_id = an_open_offer(runtime, family)
    ben = be(BEN)
    page = ben.post(f"/families/{family.id}/voice", {"possible": "no"}, follow=True)
    assert "What comes next goes by text." in page.text
    assert "Nobody rings them." in page.text
    assert the_offer(runtime).channel == "text"
    refused = open_call(runtime, BEN, offer_id=offer_id)
    assert isinstance(refused, Refusal)
    booked = ben.post(f"/families/{family.id}/call", {"call-on": "2026-01-15"})
    assert "they cannot use the phone by voice" in words(booked)
    ben.post(f"/families/{family.id}/voice", {"possible": "yes"})
    assert "Nobody rings them." not in ben.get(f"/families/{family.id}").text


def test_who_cannot_use_voice_and_may_not_be_texted_is_visited_and_somebody_asks_about_a_letter(
    be: Be, runtime: Runtime
) -> None:
    family = a_family(runtime, "F001")  # never spoken to on this number, and the area has no texts
    an_open_offer(runtime, family)
    page = be(BEN).post(f"/families/{family.id}/voice", {"possible": "no"}, follow=True)
    assert "What comes next is a visit" in page.text
    assert the_offer(runtime).channel == "visit"
    with runtime.sessions.read() as session:
        assert [row.kind for row in session.scalars(select(TaskRow))] == ["letter_or_visit"]


@pytest.mark.parametrize(("texts", "channel"), [(True, "text"), (False, "visit")])
def test_what_is_due_next_goes_another_way_too(be: Be, runtime: Runtime, texts: bool, channel: str) -> None:
    if texts:
        switch_on_texts(runtime)
    family = a_family(runtime, "F001")
    be(BEN).post(f"/families/{family.id}/voice", {"possible": "no"})
    run_cadences(runtime)
    assert the_offer(runtime).channel == channel
    with runtime.sessions.begin() as session:
        offer = session.scalars(select(OfferRow)).one()
        offer.state, offer.outcome = "ended", "no_reply"
        asked_offer(session, runtime, family_id=family.id, due_at=runtime.now(), now=runtime.now())
    assert the_offer(runtime).channel == "visit"


def test_it_can_be_said_on_the_call_itself(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    opened = open_call(runtime, BEN, offer_id=an_open_offer(runtime, family))
    assert isinstance(opened, Opened)
    ben = be(BEN)
    assert "They cannot use the phone by voice" in ben.get(f"/calls/{opened.conversation_id}").text
    page = ben.post(f"/calls/{opened.conversation_id}/no-voice", follow=True)
    assert "cannot use the phone by voice" in words(page)
    assert the_offer(runtime).channel == "visit"
