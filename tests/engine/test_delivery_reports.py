from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import select

from outreach.domain.delivery import (
    Accepted,
    CallReceipt,
    CallState,
    Refused,
    Remedy,
    TextReceipt,
    TextState,
    Unknown,
)
from outreach.engine import dial_call, guide_call
from outreach.engine.connect_call import number_to_ring
from outreach.engine.delivery_reports import Report, call_state_after, record_call_state, record_receipt
from outreach.engine.dispatch import dispatch
from outreach.engine.run_cadences import run_cadences
from outreach.engine.settle_texts import settle_unknown
from outreach.runtime import Runtime
from outreach.store import areas, numbers
from outreach.store.alerts import TaskRow
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.texts import ReceiptRow, TextRow
from tests.cast import BEN, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock, FakeLine


@pytest.fixture
def offer_id(runtime: Runtime) -> str:
    """A family's offer by text, queued and not yet handed over."""
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified")
    offer_id = an_open_offer(runtime, family, channel="text", step=1)
    run_cadences(runtime)
    return offer_id


def the_text(runtime: Runtime) -> TextRow:
    with runtime.sessions.read() as session:
        return session.scalars(select(TextRow).order_by(TextRow.id.desc())).first()


def the_offer(runtime: Runtime, offer_id: str) -> OfferRow:
    with runtime.sessions.read() as session:
        return session.get_one(OfferRow, offer_id)


def tasks(runtime: Runtime) -> list[tuple[str, bool]]:
    with runtime.sessions.read() as session:
        return [(task.kind, task.done_at is not None) for task in session.scalars(select(TaskRow))]


def count(runtime: Runtime, table: type) -> int:
    with runtime.sessions.read() as session:
        return len(session.scalars(select(table)).all())


def receipt(state: TextState, *, sid: str = f"SM{1:032d}", code: int | None = None, remedy: Remedy | None = None):
    return TextReceipt(sid, state, code, remedy)


RECEIPTS = [receipt(TextState.SENDING), receipt(TextState.SENT), receipt(TextState.DELIVERED)]


@pytest.mark.parametrize("order", list(permutations(RECEIPTS)))
def test_receipts_in_any_order_end_in_delivered(runtime: Runtime, offer_id: str, order: tuple[TextReceipt]) -> None:
    assert dispatch(runtime) == 1
    text_id = the_text(runtime).id
    assert [record_receipt(runtime, one, text_id) for one in order] == [Report.NEW] * 3
    assert the_text(runtime).state == "delivered"


def test_the_same_receipt_twice_stands_once(runtime: Runtime, offer_id: str) -> None:
    dispatch(runtime)
    text_id = the_text(runtime).id
    assert record_receipt(runtime, RECEIPTS[1], text_id) is Report.NEW
    assert record_receipt(runtime, RECEIPTS[1], text_id) is Report.KNOWN
    assert count(runtime, ReceiptRow) == 1


def test_a_receipt_without_our_reference_is_found_by_the_providers_id(runtime: Runtime, offer_id: str) -> None:
    dispatch(runtime)
    assert record_receipt(runtime, RECEIPTS[2], "somebody-elses") is Report.NEW
    assert the_text(runtime).state == "delivered"


def test_a_receipt_of_nothing_of_ours_stores_nothing(runtime: Runtime, offer_id: str) -> None:
    dispatch(runtime)
    assert record_receipt(runtime, receipt(TextState.SENT, sid="SMother"), "somebody-elses") is Report.NOT_OURS
    assert count(runtime, ReceiptRow) == 0


def test_a_receipt_of_another_text_under_the_same_reference_changes_nothing(runtime: Runtime, offer_id: str) -> None:
    dispatch(runtime)
    other = receipt(TextState.UNDELIVERED, sid="SMother", code=30003, remedy=Remedy.TRANSIENT_DELIVERY)
    assert record_receipt(runtime, other, the_text(runtime).id) is Report.NOT_OURS
    assert the_text(runtime).state == "accepted"


def test_a_receipt_settles_a_text_nobody_could_say_anything_of(
    runtime: Runtime, offer_id: str, line: FakeLine, clock: Clock
) -> None:
    line.answers.append(Unknown("ReadTimeout"))
    dispatch(runtime)
    clock.move(hours=1)
    settle_unknown(runtime)
    assert tasks(runtime) == [("settle_unknown", False)]
    assert record_receipt(runtime, receipt(TextState.SENT, sid="SMx"), the_text(runtime).id) is Report.NEW
    text = the_text(runtime)
    assert (text.state, text.provider_sid) == ("sent", "SMx")
    assert tasks(runtime) == [("settle_unknown", True)]
    assert the_offer(runtime, offer_id).tries == 1


def test_the_list_is_asked_again_at_growing_distances_at_most_a_day_apart(
    runtime: Runtime, offer_id: str, line: FakeLine, clock: Clock
) -> None:
    line.answers.append(Unknown("ReadTimeout"))
    dispatch(runtime)
    distances = []
    for hours in (0.1, 0.4, 1, 19, 30 * 24):
        clock.move(hours=hours)
        settle_unknown(runtime)
        distances.append(the_text(runtime).due_at - runtime.now())
    assert distances[:3] == [timedelta(minutes=1), timedelta(hours=1), timedelta(hours=1)]
    assert timedelta(hours=5) < distances[3] < timedelta(hours=6)
    assert distances[4] == timedelta(days=1)


def test_a_receipt_that_is_quicker_than_the_answer_counts_the_attempt_once(
    runtime: Runtime, offer_id: str, line: FakeLine
) -> None:
    sid = f"SM{9:032d}"

    class QuickLine(FakeLine):
        def send_text(self, **asked):  # type: ignore[override]
            for state in (TextState.SENDING, TextState.SENT, TextState.DELIVERED):
                record_receipt(runtime, receipt(state, sid=sid), asked["reference"])
            return Accepted(sid)

    line.__class__ = QuickLine
    assert dispatch(runtime) == 1
    text, offer = the_text(runtime), the_offer(runtime, offer_id)
    assert (text.state, text.provider_sid, text.lease_until) == ("delivered", sid, None)
    assert (offer.tries, count(runtime, AttemptRow)) == (1, 1)
    assert offer.closes_at is not None


def test_a_text_that_we_thought_refused_but_went_is_not_sent_again(
    runtime: Runtime, offer_id: str, line: FakeLine, clock: Clock
) -> None:
    line.answers.append(Refused(None, Remedy.TRANSIENT))
    dispatch(runtime)
    assert the_text(runtime).state == "waiting"
    record_receipt(runtime, receipt(TextState.SENT, sid="SMx"), the_text(runtime).id)
    clock.move(hours=1)
    dispatch(runtime)
    assert the_text(runtime).state == "sent"
    assert len(line.texts) == 1


def test_a_phone_that_was_off_is_tried_again_another_day_as_the_gate_allows(
    runtime: Runtime, offer_id: str, line: FakeLine, clock: Clock
) -> None:
    dispatch(runtime)
    off = receipt(TextState.UNDELIVERED, code=30003, remedy=Remedy.TRANSIENT_DELIVERY)
    record_receipt(runtime, off, the_text(runtime).id)
    assert (the_text(runtime).state, the_text(runtime).code) == ("undelivered", 30003)
    run_cadences(runtime)
    dispatch(runtime)
    assert len(line.texts) == 1
    for _ in range(14):
        clock.move(days=1)
        run_cadences(runtime)
        dispatch(runtime)
    assert len(line.texts) == 2
    assert the_offer(runtime, offer_id).tries == 2
    assert tasks(runtime) == []


def test_after_the_third_time_a_person_is_asked_instead(runtime: Runtime, offer_id: str) -> None:
    dispatch(runtime)
    with runtime.sessions.begin() as session:
        session.get_one(OfferRow, offer_id).tries = 3
    off = receipt(TextState.UNDELIVERED, code=30003, remedy=Remedy.TRANSIENT_DELIVERY)
    record_receipt(runtime, off, the_text(runtime).id)
    assert tasks(runtime) == [("text_failed", False)]
    assert the_offer(runtime, offer_id).outcome == "failed"


def test_a_number_that_does_not_exist_ends_the_offer_and_asks_for_another(runtime: Runtime, offer_id: str) -> None:
    dispatch(runtime)
    unknown = receipt(TextState.UNDELIVERED, code=30005, remedy=Remedy.PERMANENT_NUMBER)
    record_receipt(runtime, unknown, the_text(runtime).id)
    assert tasks(runtime) == [("find_number", False)]
    assert the_offer(runtime, offer_id).outcome == "failed"
    assert the_text(runtime).state == "undelivered"


def test_a_limit_of_the_account_pauses_all_sending_and_keeps_the_offer(runtime: Runtime, offer_id: str) -> None:
    dispatch(runtime)
    limit = receipt(TextState.FAILED, code=30023, remedy=Remedy.ACCOUNT_LIMIT)
    record_receipt(runtime, limit, the_text(runtime).id)
    with runtime.sessions.read() as session:
        assert areas.service(session).paused_why == "account_limit"
    assert the_offer(runtime, offer_id).state == "open"


def test_a_late_failure_after_delivery_changes_nothing(runtime: Runtime, offer_id: str) -> None:
    dispatch(runtime)
    text_id = the_text(runtime).id
    record_receipt(runtime, RECEIPTS[2], text_id)
    late = receipt(TextState.UNDELIVERED, code=30005, remedy=Remedy.PERMANENT_NUMBER)
    record_receipt(runtime, late, text_id)
    assert the_text(runtime).state == "delivered"
    assert tasks(runtime) == []


# Calls


def first(state: CallState, sid: str = "CA1") -> CallReceipt:
    return CallReceipt(sid, state)


def carers(state: CallState) -> CallReceipt:
    return CallReceipt("CA2", state, parent_sid="CA1")


BOTH_LEGS = [
    first(CallState.RINGING),
    first(CallState.COMPLETED),
    carers(CallState.RINGING),
    carers(CallState.COMPLETED),
]


@pytest.mark.parametrize("order", list(permutations(BOTH_LEGS)))
def test_the_states_of_a_call_end_alike_in_any_order(order: tuple[CallReceipt]) -> None:
    state = "asked"
    for one in order:
        state = call_state_after(state, one)
    assert state == "completed"


@pytest.fixture
def call(runtime: Runtime, line: FakeLine) -> str:
    """Ben has opened the call and dialled; the attempt's id. The network calls the practitioner's leg CA1."""
    family = a_family(runtime, "F002")
    offer_id = an_open_offer(runtime, family)
    line.answers.append(Accepted("CA1"))
    opened = guide_call.open_call(runtime, BEN, offer_id=offer_id)
    dialled = dial_call.dial(runtime, BEN, conversation_id=opened.conversation_id)
    assert isinstance(dialled, dial_call.Dialled), dialled
    return dialled.attempt_id


def the_attempt(runtime: Runtime) -> AttemptRow:
    with runtime.sessions.read() as session:
        return session.scalars(select(AttemptRow)).one()


def test_the_carers_number_is_given_once_a_key_was_pressed(runtime: Runtime, call: str) -> None:
    record_call_state(runtime, first(CallState.IN_PROGRESS), call)
    assert number_to_ring(runtime, first(CallState.IN_PROGRESS), call) == "+447700900101"
    assert record_call_state(runtime, carers(CallState.RINGING), call) is Report.NEW
    assert record_call_state(runtime, carers(CallState.RINGING), call) is Report.KNOWN
    assert the_attempt(runtime).provider_state == "ringing"


def test_a_stop_between_the_dial_and_the_key_still_counts(runtime: Runtime, call: str, clock: Clock) -> None:
    with runtime.sessions.begin() as session:
        number = numbers.lock(session, the_attempt(runtime).number_id or "")
        number.calls_stopped_at = clock()
    assert number_to_ring(runtime, first(CallState.IN_PROGRESS), call) is None


@pytest.mark.parametrize("stranger", [CallReceipt("CA9", CallState.IN_PROGRESS), carers(CallState.RINGING)])
def test_no_number_is_given_to_a_call_that_is_not_this_one(runtime: Runtime, call: str, stranger: CallReceipt) -> None:
    record_call_state(runtime, carers(CallState.COMPLETED), call)
    assert number_to_ring(runtime, stranger, call) is None
    assert number_to_ring(runtime, first(CallState.IN_PROGRESS), "no-attempt") is None


@pytest.mark.parametrize("state", [CallState.NO_ANSWER, CallState.BUSY, CallState.COMPLETED])
def test_a_practitioner_who_rang_nobody_may_dial_again(runtime: Runtime, call: str, state: CallState) -> None:
    record_call_state(runtime, first(state), call)
    attempt = the_attempt(runtime)
    dialled = dial_call.dial(runtime, BEN, conversation_id=attempt.conversation_id or "")
    assert isinstance(dialled, dial_call.Dialled)


def test_once_the_family_was_rung_the_same_attempt_is_not_dialled_again(runtime: Runtime, call: str) -> None:
    number_to_ring(runtime, first(CallState.IN_PROGRESS), call)
    record_call_state(runtime, first(CallState.COMPLETED), call)
    record_call_state(runtime, carers(CallState.NO_ANSWER), call)
    attempt = the_attempt(runtime)
    assert attempt.provider_state == "no-answer"
    again = dial_call.dial(runtime, BEN, conversation_id=attempt.conversation_id or "")
    assert isinstance(again, guide_call.Refusal)


def test_a_state_of_no_call_of_ours_stores_nothing(runtime: Runtime) -> None:
    assert record_call_state(runtime, first(CallState.RINGING), "no-attempt") is Report.NOT_OURS
    assert count(runtime, ReceiptRow) == 0
