"""An offer by text outlives what happens to one text of it: an outage, a new number, a network that is down."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import select

from outreach.domain.delivery import (
    Accepted,
    InboundText,
    Refused,
    Remedy,
    SentText,
    TextReceipt,
    TextState,
    Unknown,
)
from outreach.engine.approve_wording import approve
from outreach.engine.book_call import book_call
from outreach.engine.claim_texts import LEASE, claim
from outreach.engine.delivery_reports import record_receipt
from outreach.engine.dispatch import _hand_over, dispatch
from outreach.engine.pause import go_on, pause
from outreach.engine.prove import prove
from outreach.engine.queue_text import queue_text, wording_is_approved
from outreach.engine.receive import receive_text
from outreach.engine.record_texts import MOST_HOURS_DOWN, record
from outreach.engine.run_cadences import run_cadences
from outreach.engine.set_exception import set_exception
from outreach.engine.settle_texts import expire_leases, settle_unknown
from outreach.runtime import Runtime
from outreach.store.alerts import TaskRow
from outreach.store.families import FamilyRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.sealing import SERVICE, blind, seal
from outreach.store.texts import TextRow
from tests.cast import ANA, BEN, CORA, Family, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock, FakeLine

NOTHING_LEFT = Refused(None, Remedy.TRANSIENT)


def a_due_text(runtime: Runtime, *, level: int = 1) -> Family:
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", level=level, next_step=2)
    an_open_offer(runtime, family, channel="text", step=1)
    return family


def work(runtime: Runtime) -> None:
    expire_leases(runtime)
    run_cadences(runtime)
    dispatch(runtime)


def the_offer(runtime: Runtime) -> OfferRow:
    with runtime.sessions.read() as session:
        return session.scalars(select(OfferRow).order_by(OfferRow.id)).all()[-1]


def states(runtime: Runtime) -> list[str]:
    with runtime.sessions.read() as session:
        return list(session.scalars(select(TextRow.state).where(TextRow.direction == "out").order_by(TextRow.id)))


def tasks(runtime: Runtime) -> list[str]:
    with runtime.sessions.read() as session:
        return list(session.scalars(select(TaskRow.kind).where(TaskRow.done_at.is_(None))))


def next_due(runtime: Runtime) -> datetime | None:
    """Of the text that waits, else of the offer."""
    with runtime.sessions.read() as session:
        waiting = session.scalars(select(TextRow.due_at).where(TextRow.state == "waiting")).first()
        return waiting or session.scalars(select(OfferRow.due_at).where(OfferRow.state == "open")).first()


def known_today(runtime: Runtime, clock: Clock) -> None:
    with runtime.sessions.begin() as session:
        for family in session.scalars(select(FamilyRow)):
            family.custody_as_of = clock.moment.date()


def test_a_text_that_waited_through_an_outage_is_decided_anew(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    a_due_text(either_runtime)
    run_cadences(either_runtime)
    clock.move(days=7)
    work(either_runtime)
    work(either_runtime)
    assert len(line.texts) == 1
    offer = the_offer(either_runtime)
    assert (offer.state, offer.tries) == ("open", 1)


def test_a_number_that_a_file_replaced_is_texted_in_the_place_of_the_old_one(
    either_runtime: Runtime, line: FakeLine
) -> None:
    runtime, number_id = either_runtime, either_runtime.new_id()
    family = a_due_text(runtime)
    run_cadences(runtime)
    with runtime.sessions.begin() as session:
        for link in session.scalars(select(FamilyNumberRow).where(FamilyNumberRow.family_id == family.id)):
            link.off_at, link.off_why = runtime.now(), "file"
        e164 = seal(session, "+447700900555", key_id=SERVICE, table="number", column="e164", row_id=number_id)
        session.add(
            NumberRow(
                id=number_id, e164=e164, e164_index=blind(session, "e164", "+447700900555"),
                last4_index=blind(session, "last4", "0555"), kind="mobile", standing="unverified", level=0,
            )
        )  # fmt: skip
        session.flush()
        session.add(FamilyNumberRow(family_id=family.id, number_id=number_id, position=2))
    work(runtime)
    work(runtime)
    assert [sent["to"] for sent in line.texts] == ["+447700900555"]


def test_a_level_that_lapsed_while_the_text_waited_makes_it_say_less(either_runtime: Runtime, line: FakeLine) -> None:
    family = a_due_text(either_runtime)
    run_cadences(either_runtime)
    with either_runtime.sessions.begin() as session:
        session.get_one(NumberRow, family.number_id).level = 0
    work(either_runtime)
    work(either_runtime)
    (sent,) = line.texts
    assert "support" not in str(sent["body"])


def test_a_network_that_is_down_for_a_morning_loses_nothing_and_bothers_nobody(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    a_due_text(either_runtime)
    line.answers.extend([NOTHING_LEFT] * 7)
    for _ in range(60):
        work(either_runtime)
        clock.move(minutes=3)
    assert states(either_runtime) == ["failed", "accepted"]
    assert (the_offer(either_runtime).state, tasks(either_runtime)) == ("open", [])


def test_an_offer_that_no_network_ever_takes_fails_in_the_end_and_a_person_hears_of_it(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    a_due_text(either_runtime)
    line.answers.extend([NOTHING_LEFT] * 10 * MOST_HOURS_DOWN)
    for _ in range(10 * MOST_HOURS_DOWN):
        known_today(either_runtime, clock)
        work(either_runtime)
        if tasks(either_runtime):
            break
        clock.moment = max(clock.moment, next_due(either_runtime) or clock.moment)
    assert (tasks(either_runtime), the_offer(either_runtime).outcome) == (["text_failed"], "failed")
    assert states(either_runtime).count("failed") == MOST_HOURS_DOWN + 1


def test_too_many_requests_slow_the_sender_and_not_one_text_alone(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    switch_on_texts(either_runtime)
    for place in range(4):
        family = a_family(
            either_runtime, f"F{place}", e164=f"+44770090011{place}", standing="verified", level=1, next_step=2
        )
        an_open_offer(either_runtime, family, channel="text", step=1)
    line.answers.append(Refused(20429, Remedy.TRANSIENT, 120.0))
    run_cadences(either_runtime)
    (first,) = claim(either_runtime).texts
    record(either_runtime, [(first, _hand_over(either_runtime, first))])
    clock.move(seconds=60)
    dispatch(either_runtime)
    assert len(line.texts) == 1
    clock.move(seconds=61)
    dispatch(either_runtime)
    assert len(line.texts) == 5


def test_a_stop_is_confirmed_though_the_network_was_busy_at_first(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    family = a_due_text(either_runtime)
    line.answers.append(Refused(20429, Remedy.TRANSIENT, 5.0))
    receive_text(either_runtime, InboundText("SMin1", family.e164, line.number, "STOP"))
    dispatch(either_runtime)
    clock.move(seconds=6)
    dispatch(either_runtime)
    assert (len(line.texts), states(either_runtime)) == (2, ["accepted"])


def test_a_call_that_is_booked_takes_back_the_text_that_waits(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    family = a_due_text(runtime)
    line.answers.append(Refused(None, Remedy.TRANSIENT, 120.0))
    work(runtime)
    book_call(runtime, BEN, family_id=family.id, on=date(2026, 1, 15), at=time(10))
    clock.move(minutes=5)
    work(runtime)
    assert len(line.texts) == 1
    offer = the_offer(runtime)
    assert (offer.channel, offer.promised, offer.tries) == ("call", True, 0)


def test_a_text_of_an_offer_that_is_a_call_now_is_dropped_and_the_call_stays(
    either_runtime: Runtime, line: FakeLine
) -> None:
    runtime = either_runtime
    a_due_text(runtime)
    run_cadences(runtime)
    with runtime.sessions.begin() as session:
        session.scalars(select(OfferRow)).one().channel = "call"
    dispatch(runtime)
    offer = the_offer(runtime)
    assert (line.texts, states(runtime), offer.state, offer.channel) == ([], ["dropped"], "open", "call")


def test_who_slept_past_the_lease_hands_nothing_over(either_runtime: Runtime, line: FakeLine, clock: Clock) -> None:
    a_due_text(either_runtime)
    run_cadences(either_runtime)
    (claimed,) = claim(either_runtime).texts
    clock.move(seconds=LEASE.total_seconds())
    outcome = _hand_over(either_runtime, claimed)
    assert (line.texts, isinstance(outcome, Refused)) == ([], True)
    record(either_runtime, [(claimed, outcome)])
    dispatch(either_runtime)
    assert len(line.texts) == 1


def test_a_refusal_that_comes_after_the_lease_takes_the_try_back(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    a_due_text(runtime)
    run_cadences(runtime)
    (claimed,) = claim(runtime).texts
    clock.move(minutes=20)
    expire_leases(runtime)
    settle_unknown(runtime)
    assert tasks(runtime) == []
    clock.move(minutes=20)
    settle_unknown(runtime)
    assert tasks(runtime) == ["settle_unknown"]
    record(runtime, [(claimed, Refused(20429, Remedy.TRANSIENT, 10.0))])
    offer = the_offer(runtime)
    assert (offer.tries, offer.closes_at, tasks(runtime)) == (0, None, [])
    clock.move(seconds=11)
    work(runtime)
    assert (len(line.texts), the_offer(runtime).tries) == (1, 1)
    with runtime.sessions.read() as session:
        assert len(session.scalars(select(AttemptRow)).all()) == 1


@pytest.mark.parametrize(("outcome", "state"), [(Accepted("SM1"), "accepted"), (Unknown("late"), "unknown")])
def test_an_answer_that_comes_after_the_lease_is_written_down_and_so_are_those_beside_it(
    either_runtime: Runtime, clock: Clock, outcome: Accepted | Unknown, state: str
) -> None:
    runtime = either_runtime
    a_due_text(runtime)
    run_cadences(runtime)
    (slow,) = claim(runtime).texts
    clock.move(seconds=LEASE.total_seconds() + 1)
    expire_leases(runtime)
    other = a_family(runtime, "F002", e164="+447700900102", standing="verified", level=1, next_step=2)
    an_open_offer(runtime, other, channel="text", step=1)
    run_cadences(runtime)
    (quick,) = claim(runtime).texts
    record(runtime, [(slow, outcome), (quick, Accepted("SM2"))])
    assert states(runtime) == [state, "accepted"]
    with runtime.sessions.read() as session:
        assert [each.tries for each in session.scalars(select(OfferRow))] == [1, 1]
        assert len(session.scalars(select(AttemptRow)).all()) == 2


def test_a_text_that_arrived_after_all_is_not_texted_again_and_silence_ends_it(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    a_due_text(runtime)
    work(runtime)
    reference, sid = str(line.texts[0]["reference"]), f"SM{1:032d}"
    record_receipt(runtime, TextReceipt(sid, TextState.UNDELIVERED, 30003, Remedy.TRANSIENT_DELIVERY), reference)
    assert the_offer(runtime).closes_at is None
    record_receipt(runtime, TextReceipt(sid, TextState.DELIVERED), reference)
    for _ in range(15):
        clock.move(days=1)
        known_today(runtime, clock)
        work(runtime)
    with runtime.sessions.read() as session:
        first = session.scalars(select(OfferRow).order_by(OfferRow.id)).first()
    assert first is not None
    assert (first.outcome, len(line.texts)) == ("no_reply", 1)


def test_a_text_that_expired_on_the_way_is_tried_again_on_another_day(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    a_due_text(runtime)
    work(runtime)
    expired = TextReceipt(f"SM{1:032d}", TextState.FAILED, 30036, Remedy.EXPIRED)
    record_receipt(runtime, expired, str(line.texts[0]["reference"]))
    for _ in range(8):
        clock.move(days=1)
        work(runtime)
    assert (len(line.texts), the_offer(runtime).state, the_offer(runtime).tries) == (2, "open", 2)


@pytest.mark.parametrize(
    ("state", "code", "remedy", "kept", "outcome"),
    [
        (TextState.DELIVERED, None, None, "delivered", None),
        (TextState.UNDELIVERED, 30006, Remedy.PERMANENT_NUMBER, "undelivered", "failed"),
    ],
)
def test_what_the_list_says_of_an_unknown_text_counts_as_if_the_network_had_told_us(
    either_runtime: Runtime, line: FakeLine, clock: Clock, monkeypatch: pytest.MonkeyPatch,
    state: TextState, code: int | None, remedy: Remedy | None, kept: str, outcome: str | None,
) -> None:  # fmt: skip
    runtime = either_runtime
    a_due_text(runtime)
    line.answers.append(Unknown("read timeout"))
    work(runtime)
    for minutes in (5, 15):  # a person has it by then
        clock.move(minutes=minutes)
        settle_unknown(runtime)
    assert tasks(runtime) == ["settle_unknown"]
    listed = SentText("SM1", str(line.texts[0]["to"]), str(line.texts[0]["body"]), state, code, clock(), remedy)
    monkeypatch.setattr(line, "find_texts", lambda *, to, since: [listed])
    clock.move(hours=1)
    settle_unknown(runtime)
    assert (states(runtime), the_offer(runtime).outcome) == ([kept], outcome)
    assert "settle_unknown" not in tasks(runtime)


def test_words_whose_approval_was_taken_back_do_not_go_though_newer_ones_are_approved(either_runtime: Runtime) -> None:
    live = replace(either_runtime, settings=either_runtime.settings.model_copy(update={"mode": "live", "demo": False}))
    version = live.library.wording("offer_again_l1", "en").version
    for actor in (ANA, CORA):
        approve(live, actor, kind="text", name="offer_again_l1", language="en", version=version)
    with live.sessions.read() as session:
        words = {"name": "offer_again_l1", "language": "en"}
        assert wording_is_approved(session, live, **words)
        assert wording_is_approved(session, live, **words, version=version)
        assert not wording_is_approved(session, live, **words, version="an-older-one")


def test_a_text_that_was_thought_refused_and_arrived_is_the_one_that_counts(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    a_due_text(runtime)
    line.answers.extend([NOTHING_LEFT] * 5)
    while "failed" not in states(runtime):
        work(runtime)
        clock.moment = max(clock.moment, next_due(runtime) or clock.moment)
    tried = len(line.texts)
    run_cadences(runtime)
    reference = str(line.texts[0]["reference"])
    record_receipt(runtime, TextReceipt("SMlate", TextState.DELIVERED), reference)
    work(runtime)
    assert (len(line.texts), states(runtime)) == (tried, ["delivered", "dropped"])
    offer = the_offer(runtime)
    assert (offer.tries, offer.closes_at is not None) == (1, True)


def test_a_text_that_names_the_day_of_a_call_does_not_go_once_the_day_is_over(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    family = a_due_text(runtime)
    work(runtime)
    pause(runtime, ANA)
    receive_text(runtime, InboundText("SMin1", family.e164, line.number, "call me"))
    work(runtime)
    clock.move(days=1)
    go_on(runtime, ANA)
    work(runtime)
    assert len(line.texts) == 1
    assert states(runtime) == ["accepted", "dropped"]
    assert the_offer(runtime).channel == "call"


# -- a day that they named -------------------------------------------------------------------------------------


def test_their_own_day_is_kept_by_text_on_a_tender_date_and_within_the_gap(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    clock.moment = datetime(2026, 12, 1, 10, tzinfo=UTC)
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", level=1, next_step=1, imprisoned_on=date(2026, 11, 10))
    set_exception(
        runtime, ANA, family_id=family.id, kind="date", day=date(2026, 12, 23), channel=None, why="their wish"
    )
    work(runtime)
    with runtime.sessions.begin() as session:
        offer_id = session.scalars(select(OfferRow.id)).one()
        session.add(
            AttemptRow(
                id=runtime.new_id(), offer_id=offer_id, family_id=family.id, number_of=9, channel="call",
                at=datetime(2026, 12, 20, 10, tzinfo=UTC),
            )
        )  # fmt: skip
    clock.moment = datetime(2026, 12, 23, 10, tzinfo=UTC)
    known_today(runtime, clock)
    work(runtime)
    assert len(line.texts) == 1
    assert [each.rule for each in prove(runtime).findings if each.rule == "kind_hours"] == []


def test_a_day_that_went_by_is_no_reason_to_text_on_a_tender_date(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    clock.moment = datetime(2026, 12, 1, 10, tzinfo=UTC)
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", level=1, next_step=1, imprisoned_on=date(2026, 11, 10))
    set_exception(
        runtime, ANA, family_id=family.id, kind="date", day=date(2026, 12, 22), channel=None, why="their wish"
    )
    work(runtime)
    clock.moment = datetime(2026, 12, 23, 10, tzinfo=UTC)  # nobody was at work on the day
    known_today(runtime, clock)
    work(runtime)
    assert (line.texts, the_offer(runtime).waits_for) == ([], "quiet_hours")


def test_a_later_with_a_day_is_kept_on_that_day_and_one_without_on_none_that_is_tender(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    clock.moment = datetime(2026, 11, 10, 10, tzinfo=UTC)
    switch_on_texts(runtime)
    with_a_day = a_family(runtime, "F001", standing="verified", level=1, next_step=2)
    without = a_family(runtime, "F002", e164="+447700900102", standing="verified", level=1, next_step=2)
    for family in (with_a_day, without):
        an_open_offer(runtime, family, channel="text", step=1)
    work(runtime)
    receive_text(
        runtime, InboundText("SMin1", with_a_day.e164, line.number, "later please, try me again on 22 december")
    )
    receive_text(runtime, InboundText("SMin2", without.e164, line.number, "later"))
    with runtime.sessions.read() as session:
        due = {row.family_id: row.due_at for row in session.scalars(select(OfferRow).where(OfferRow.state == "open"))}
    assert due[with_a_day.id] == datetime(2026, 12, 22, 9, 30, tzinfo=UTC)
    assert due[without.id] == datetime(2027, 1, 4, 9, 30, tzinfo=UTC)  # six weeks on is 22 December too
    dispatch(runtime)
    sent = len(line.texts)
    clock.moment = datetime(2026, 12, 22, 10, tzinfo=UTC)
    known_today(runtime, clock)
    work(runtime)
    assert [each["to"] for each in line.texts[sent:]] == [with_a_day.e164]


def test_a_later_after_a_no_is_kept_by_call(either_runtime: Runtime, line: FakeLine, clock: Clock) -> None:
    runtime = either_runtime
    family = a_due_text(runtime)
    work(runtime)
    receive_text(runtime, InboundText("SMin1", family.e164, line.number, "No thank you"))
    work(runtime)
    clock.move(days=1)
    receive_text(runtime, InboundText("SMin2", family.e164, line.number, "later"))
    assert (the_offer(runtime).channel, the_offer(runtime).why) == ("call", "asked")


def test_an_offer_does_not_follow_on_the_heels_of_what_a_colleague_wrote(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    family = a_due_text(runtime)
    with runtime.sessions.begin() as session:
        queue_text(
            session, runtime, number_id=family.number_id, family_id=family.id, purpose="person", body="Thank you",
            by_staff="ben", now=runtime.now(),
        )  # fmt: skip
    dispatch(runtime)
    work(runtime)
    offer = the_offer(runtime)
    assert ([each["body"] for each in line.texts], offer.waits_for) == (["Thank you"], "too_soon")
    clock.moment = offer.due_at
    known_today(runtime, clock)
    work(runtime)
    assert len(line.texts) == 2
