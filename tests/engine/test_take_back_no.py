"""A no that was none counts for nothing once a person has put the reading right; a true stop is never taken back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from outreach.domain.delivery import InboundText
from outreach.engine import proofs_of_offers
from outreach.engine.answer_inbox import settle
from outreach.engine.dispatch import dispatch
from outreach.engine.do_as_read import correct, do_as_read
from outreach.engine.end_offer import end_offer
from outreach.engine.guide_call import Refusal, open_call
from outreach.engine.prove import prove
from outreach.engine.receive import receive_text
from outreach.engine.run_cadences import run_cadences
from outreach.engine.tick import tick
from outreach.runtime import Runtime
from outreach.store.cadences import EnrolmentRow
from outreach.store.consents import standing_of
from outreach.store.offers import OfferRow, open_offer
from outreach.store.texts import ReadingRow
from tests.cast import BEN, Family, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock, FakeLine

_SIDS = iter(range(10_000))


@pytest.fixture
def family(either_runtime: Runtime, line: FakeLine) -> Family:
    """Just offered again by text; every switch is on."""
    switch_on_texts(either_runtime)
    found = a_family(either_runtime, "F001", standing="verified", level=1, next_step=2)
    an_open_offer(either_runtime, found, channel="text", step=1)
    run_cadences(either_runtime)
    dispatch(either_runtime)
    line.texts.clear()
    return found


def wrote(runtime: Runtime, family: Family, words: str) -> str:
    sid = f"SMnone{next(_SIDS):06d}"
    taken = receive_text(runtime, InboundText(sid=sid, sender=family.e164, recipient="+447700900999", body=words))
    assert taken.text_id
    return taken.text_id


def put_right(runtime: Runtime, family: Family, text_id: str, intent: str = "question") -> None:
    assert correct(runtime, BEN, number_id=family.number_id, text_id=text_id, intent=intent) is None


def enrolment(runtime: Runtime, family: Family) -> EnrolmentRow:
    with runtime.sessions.read() as session:
        return session.get_one(EnrolmentRow, family.enrolment_id)


def offers(runtime: Runtime) -> list[tuple[str, str, str | None]]:
    with runtime.sessions.read() as session:
        rows = session.scalars(select(OfferRow).order_by(OfferRow.id)).all()
        return [(row.channel, row.why, row.outcome) for row in rows]


def findings(runtime: Runtime) -> set[str]:
    """The rules about offers that are broken."""
    return {rule.rule for rule in prove(runtime).findings} & {rule.name for rule in proofs_of_offers.RULES}


def test_a_misread_no_is_no_no(either_runtime: Runtime, family: Family) -> None:
    seen = wrote(either_runtime, family, "No thanks")
    assert (enrolment(either_runtime, family).noes, enrolment(either_runtime, family).state) == (1, "rested")
    put_right(either_runtime, family, seen)
    row = enrolment(either_runtime, family)
    assert (row.noes, row.state, row.state_why) == (0, "active", None)
    assert offers(either_runtime) == [
        ("text", "offer_again", "superseded"), ("call", "after_no", "superseded"), ("call", "offer_again", None)
    ]  # fmt: skip
    assert findings(either_runtime) == set()


def test_a_misread_no_does_not_end_texting(either_runtime: Runtime, family: Family) -> None:
    seen = wrote(either_runtime, family, "No thanks")
    put_right(either_runtime, family, seen)
    assert settle(either_runtime, BEN, number_id=family.number_id, seen=seen) is None
    with either_runtime.sessions.begin() as session:
        offer = open_offer(session, family.id)
        assert offer is not None
        end_offer(session, either_runtime, offer, outcome="no_reply", now=either_runtime.now())
        session.get_one(EnrolmentRow, family.enrolment_id).behind = (0, 1, 2)  # the text at six months comes next
    run_cadences(either_runtime)
    with either_runtime.sessions.read() as session:
        planned = open_offer(session, family.id)
        assert planned is not None
        assert planned.channel == "text"


def test_a_second_no_that_was_none_leaves_the_first_one_standing(
    either_runtime: Runtime, family: Family, clock: Clock
) -> None:
    wrote(either_runtime, family, "No thanks")
    clock.move(days=184)
    with either_runtime.sessions.begin() as session:
        offer = open_offer(session, family.id)
        assert offer is not None
        offer.tries = 1  # rung, and nobody answered
    seen = wrote(either_runtime, family, "no thank you")
    assert (enrolment(either_runtime, family).noes, enrolment(either_runtime, family).state) == (2, "ended")
    put_right(either_runtime, family, seen)
    row = enrolment(either_runtime, family)
    assert (row.noes, row.state, row.state_why, row.ended_at) == (1, "rested", "declined", None)
    assert offers(either_runtime)[-1] == ("call", "offer_again", None)
    assert findings(either_runtime) == set()
    settle(either_runtime, BEN, number_id=family.number_id, seen=seen)
    clock.move(days=1)
    tick(either_runtime)
    assert findings(either_runtime) == set()


def test_a_stop_that_came_after_the_misread_no_stands(either_runtime: Runtime, family: Family, clock: Clock) -> None:
    seen = wrote(either_runtime, family, "No thanks")
    clock.move(minutes=5)
    wrote(either_runtime, family, "stop contacting me")
    put_right(either_runtime, family, seen)
    row = enrolment(either_runtime, family)
    assert (row.noes, row.state, row.state_why) == (0, "ended", "stopped")
    with either_runtime.sessions.read() as session:
        assert standing_of(session, family.id).stopped == {"text", "call"}
        assert open_offer(session, family.id) is None


def test_what_they_answered_since_is_left_as_it_is(either_runtime: Runtime, family: Family, clock: Clock) -> None:
    seen = wrote(either_runtime, family, "No thanks")
    clock.move(days=1)
    wrote(either_runtime, family, "later")
    put_right(either_runtime, family, seen)
    row = enrolment(either_runtime, family)
    assert (row.noes, row.state, row.state_why) == (0, "rested", "later")
    assert [each for each in offers(either_runtime) if each[2] is None] == [("call", "asked", None)]


def test_a_no_that_is_put_right_twice_is_counted_once(either_runtime: Runtime, family: Family) -> None:
    seen = wrote(either_runtime, family, "No thanks")
    put_right(either_runtime, family, seen)
    put_right(either_runtime, family, seen, "decline")
    assert enrolment(either_runtime, family).noes == 0
    assert do_as_read(either_runtime, BEN, number_id=family.number_id, seen=seen) is None
    assert enrolment(either_runtime, family).noes == 1
    put_right(either_runtime, family, seen, "later")
    put_right(either_runtime, family, seen, "question")
    assert enrolment(either_runtime, family).noes == 0


def test_the_same_no_said_again_takes_nothing_back_but_itself(
    either_runtime: Runtime, family: Family, clock: Clock
) -> None:
    wrote(either_runtime, family, "No thanks")
    clock.move(minutes=5)
    again = wrote(either_runtime, family, "no thank you")
    put_right(either_runtime, family, again)
    assert enrolment(either_runtime, family).noes == 1
    assert [each for each in offers(either_runtime) if each[2] is None] == [("call", "after_no", None)]


def test_a_no_that_was_a_wish_to_stop_is_read_before_anybody_rings(either_runtime: Runtime, family: Family) -> None:
    seen = wrote(either_runtime, family, "No thanks")
    put_right(either_runtime, family, seen, "stop")
    with either_runtime.sessions.read() as session:
        assert session.get_one(ReadingRow, seen).details["did"] == ["decline"]
        offer = open_offer(session, family.id)
        assert offer is not None
        assert offer.due_at <= either_runtime.now()
    assert isinstance(open_call(either_runtime, BEN, offer_id=offer.id), Refusal)
