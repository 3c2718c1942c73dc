"""Offers from the plan to the network, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.domain.cadence import DEFAULT, After, Cadence, Step
from outreach.domain.delivery import Refused, Remedy, Unknown
from outreach.domain.hold import Kind
from outreach.engine.claim_texts import claim
from outreach.engine.dispatch import dispatch
from outreach.engine.edit_cadence import NotSaved, Saved, new_version, problems_of
from outreach.engine.end_offer import asked_offer, end_offer
from outreach.engine.holds import Lifted, NotLifted, lift_hold, set_hold
from outreach.engine.pause import go_on, pause
from outreach.engine.record_texts import record
from outreach.engine.run_cadences import run_cadences
from outreach.engine.settle_texts import expire_leases, settle_unknown
from outreach.engine.stops import EVERYTHING, stop
from outreach.runtime import Runtime
from outreach.store import numbers
from outreach.store.alerts import TaskRow
from outreach.store.areas import AreaRow, service
from outreach.store.cadences import CadenceRow, EnrolmentRow
from outreach.store.holds import HoldRow
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.texts import TextRow
from tests.cast import ANA, BEN, CORA, Family, a_family, an_open_offer, switch_on_texts
from tests.fakes import Clock, FakeLine

Make = Callable[..., Family]


def offers(runtime: Runtime, family: Family) -> list[OfferRow]:
    with runtime.sessions.read() as session:
        return list(session.scalars(select(OfferRow).where(OfferRow.family_id == family.id).order_by(OfferRow.id)))


def texts(runtime: Runtime) -> list[TextRow]:
    with runtime.sessions.read() as session:
        return list(session.scalars(select(TextRow).order_by(TextRow.id)))


def a_text_offer(runtime: Runtime, **more: object) -> tuple[Family, str]:
    """A verified family of the area with texts on, with an offer by text that is due now."""
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", level=1, next_step=2, **more)  # type: ignore[arg-type]
    return family, an_open_offer(runtime, family, channel="text", step=1)


def test_the_first_offer_is_a_call_at_the_next_kind_hour(either_runtime: Runtime) -> None:
    family = a_family(either_runtime, "F001")
    run_cadences(either_runtime)
    (offer,) = offers(either_runtime, family)
    assert (offer.channel, offer.step, offer.why, offer.state) == ("call", 0, "first_offer", "open")
    assert offer.due_at == either_runtime.now()


def test_planning_twice_plans_once(either_runtime: Runtime) -> None:
    family = a_family(either_runtime, "F001")
    for _ in range(3):
        run_cadences(either_runtime)
    assert len(offers(either_runtime, family)) == 1


def test_a_due_text_is_handed_over_once_and_silence_ends_it_as_no_reply(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    family, _ = a_text_offer(either_runtime)
    for _ in range(3):
        run_cadences(either_runtime)
        dispatch(either_runtime)
    assert [sent["to"] for sent in line.texts] == [family.e164]
    assert "support" in str(line.texts[0]["body"])
    assert line.texts[0]["valid_for_seconds"] == 5 * 3600
    clock.move(days=15)
    run_cadences(either_runtime)
    first, second = offers(either_runtime, family)
    assert (first.outcome, first.tries) == ("no_reply", 1)
    assert (second.step, second.channel, second.state) == (2, "call", "open")


def test_a_number_nobody_verified_is_rung_instead_unless_the_area_has_texts_on(
    either_runtime: Runtime, line: FakeLine
) -> None:
    family = a_family(either_runtime, "F001", next_step=2)
    an_open_offer(either_runtime, family, channel="text", step=1)
    run_cadences(either_runtime)
    dispatch(either_runtime)
    (offer,) = offers(either_runtime, family)
    assert (offer.channel, offer.state) == ("call", "open")
    switch_on_texts(either_runtime)
    other = a_family(either_runtime, "F002", e164="+447700900102", next_step=2)
    an_open_offer(either_runtime, other, channel="text", step=1)
    run_cadences(either_runtime)
    dispatch(either_runtime)
    assert [sent["to"] for sent in line.texts] == [other.e164]
    assert "support" not in str(line.texts[0]["body"])


@pytest.mark.parametrize("when", [datetime(2026, 1, 13, 18, tzinfo=UTC), datetime(2026, 4, 3, 10, tzinfo=UTC)])
def test_outside_the_hours_and_on_good_friday_it_waits_for_the_next_kind_hour(
    either_runtime: Runtime, line: FakeLine, clock: Clock, when: datetime
) -> None:
    clock.moment = when
    family, _ = a_text_offer(either_runtime)
    run_cadences(either_runtime)
    dispatch(either_runtime)
    (offer,) = offers(either_runtime, family)
    assert line.texts == []
    assert (offer.state, offer.waits_for) == ("open", "quiet_hours")
    clock.moment = offer.due_at
    run_cadences(either_runtime)
    dispatch(either_runtime)
    assert len(line.texts) == 1


def test_a_stop_between_queue_and_claim_keeps_the_text_back(either_runtime: Runtime, line: FakeLine) -> None:
    runtime = either_runtime
    family, _ = a_text_offer(runtime)
    run_cadences(runtime)
    assert [row.state for row in texts(runtime)] == ["waiting"]
    with runtime.sessions.begin() as session:
        number = numbers.lock(session, family.number_id)
        stop(session, runtime, number=number, family_ids=[family.id], scope=EVERYTHING, by="family", now=runtime.now())
    dispatch(runtime)
    run_cadences(runtime)
    assert line.texts == []
    (offer,) = offers(runtime, family)
    assert offer.outcome == "stopped"
    with runtime.sessions.read() as session:
        assert session.scalars(select(EnrolmentRow.state)).all() == ["ended"]


def test_a_stop_of_texts_alone_leaves_the_calls_of_the_cadence(either_runtime: Runtime) -> None:
    runtime = either_runtime
    family, _ = a_text_offer(runtime)
    with runtime.sessions.begin() as session:
        number = numbers.lock(session, family.number_id)
        stop(
            session, runtime, number=number, family_ids=[family.id], scope=frozenset({"text"}), by="family",
            now=runtime.now(),
        )  # fmt: skip
    run_cadences(runtime)
    first, second = offers(runtime, family)
    assert (first.outcome, second.channel) == ("stopped", "call")


def test_a_hold_between_queue_and_claim_keeps_the_text_back_and_loses_nothing(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    runtime = either_runtime
    family, _ = a_text_offer(runtime)
    run_cadences(runtime)
    with runtime.sessions.begin() as session:
        held = set_hold(session, runtime, family_id=family.id, kind=Kind.BY_HAND, by="ben", now=runtime.now())
    dispatch(runtime)
    (offer,) = offers(runtime, family)
    assert (line.texts, offer.state, offer.waits_for) == ([], "open", "by_hand")
    assert lift_hold(runtime, BEN, hold_id=held.id, why="settled") == Lifted(second_person=False)
    run_cadences(runtime)
    dispatch(runtime)
    assert len(line.texts) == 1


def test_a_safety_hold_is_lifted_by_two_people_only(either_runtime: Runtime) -> None:
    runtime = either_runtime
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        held = set_hold(session, runtime, family_id=family.id, kind=Kind.OFFICER_SAFETY, by="import", now=runtime.now())
    assert isinstance(lift_hold(runtime, ANA, hold_id=held.id, why=" "), NotLifted)
    assert lift_hold(runtime, CORA, hold_id=held.id, why="the risk is over") == Lifted(second_person=True)
    assert isinstance(lift_hold(runtime, CORA, hold_id=held.id, why="the risk is over"), NotLifted)
    assert lift_hold(runtime, ANA, hold_id=held.id, why="the risk is over") == Lifted(second_person=True)
    assert lift_hold(runtime, CORA, hold_id=held.id, why="agreed") == Lifted(second_person=False)
    with runtime.sessions.read() as session:
        assert session.get_one(HoldRow, held.id).lifted_by == "cora"


def test_a_pause_of_the_area_holds_texts_back_and_going_on_lets_them_go(
    either_runtime: Runtime, line: FakeLine
) -> None:
    family, _ = a_text_offer(either_runtime)
    pause(either_runtime, ANA, area="OXF")
    run_cadences(either_runtime)
    dispatch(either_runtime)
    assert (line.texts, offers(either_runtime, family)[0].waits_for) == ([], "area_paused")
    go_on(either_runtime, ANA, area="OXF")
    run_cadences(either_runtime)
    dispatch(either_runtime)
    assert len(line.texts) == 1


def test_an_unknown_outcome_is_never_sent_again_and_ends_with_a_person(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    family, _ = a_text_offer(either_runtime)
    line.answers.append(Unknown("read timeout"))
    for _ in range(5):
        run_cadences(either_runtime)
        dispatch(either_runtime)
        clock.move(minutes=10)
        expire_leases(either_runtime)
        settle_unknown(either_runtime)
    assert len(line.texts) == 1
    assert [row.state for row in texts(either_runtime)] == ["unknown"]
    with either_runtime.sessions.read() as session:
        assert session.scalars(select(TaskRow.kind)).all() == ["settle_unknown"]
    clock.move(days=15)
    run_cadences(either_runtime)
    assert offers(either_runtime, family)[0].outcome == "no_reply"


def test_who_lost_the_claim_records_nothing(either_runtime: Runtime) -> None:
    a_text_offer(either_runtime)
    run_cadences(either_runtime)
    (claimed,) = claim(either_runtime).texts
    with either_runtime.sessions.begin() as session:
        session.get_one(TextRow, claimed.text_id).claim = "somebody else"
    record(either_runtime, [(claimed, Refused(30007, Remedy.CONTENT))])
    assert [row.state for row in texts(either_runtime)] == ["sending"]


def test_a_transient_refusal_is_tried_again_after_the_time_it_named(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    a_text_offer(either_runtime)
    line.answers.append(Refused(20429, Remedy.TRANSIENT, 120.0))
    run_cadences(either_runtime)
    dispatch(either_runtime)
    dispatch(either_runtime)
    assert len(line.texts) == 1
    clock.move(seconds=121)
    dispatch(either_runtime)
    assert len(line.texts) == 2
    assert [row.state for row in texts(either_runtime)] == ["accepted"]


@pytest.mark.parametrize("remedy", [Remedy.ACCOUNT_LIMIT, Remedy.CONFIGURATION])
def test_a_fault_of_the_account_pauses_everything_and_loses_nothing(
    either_runtime: Runtime, line: FakeLine, remedy: Remedy
) -> None:
    a_text_offer(either_runtime)
    line.answers.append(Refused(63038, remedy))
    run_cadences(either_runtime)
    dispatch(either_runtime)
    dispatch(either_runtime)
    with either_runtime.sessions.read() as session:
        assert service(session).paused_why == remedy.value
    assert len(line.texts) == 1
    go_on(either_runtime, ANA)
    run_cadences(either_runtime)
    dispatch(either_runtime)
    assert len(line.texts) == 2


def test_what_twilio_calls_opted_out_is_a_stop_here_too(either_runtime: Runtime, line: FakeLine) -> None:
    family, _ = a_text_offer(either_runtime)
    line.answers.append(Refused(21610, Remedy.OPTED_OUT))
    run_cadences(either_runtime)
    dispatch(either_runtime)
    with either_runtime.sessions.read() as session:
        assert session.get_one(numbers.NumberRow, family.number_id).texts_stopped_at is not None
    assert offers(either_runtime, family)[0].outcome == "stopped"


def test_a_contact_they_asked_for_takes_the_open_offer_over(either_runtime: Runtime) -> None:
    runtime = either_runtime
    family, offer_id = a_text_offer(runtime)
    when = runtime.now() + timedelta(days=2)
    for _ in range(2):
        with runtime.sessions.begin() as session:
            asked_offer(
                session, runtime, family_id=family.id, due_at=when, their_words="ring thursday", now=runtime.now()
            )
    (offer,) = offers(runtime, family)
    assert (offer.id, offer.channel, offer.due_at, offer.promised) == (offer_id, "call", when, True)


def test_an_offer_ends_once(either_runtime: Runtime) -> None:
    runtime = either_runtime
    _, offer_id = a_text_offer(runtime)
    with runtime.sessions.begin() as session:
        end_offer(session, runtime, session.get_one(OfferRow, offer_id), outcome="O1", now=runtime.now())
    with pytest.raises(ValueError, match="ended already"), runtime.sessions.begin() as session:
        end_offer(session, runtime, session.get_one(OfferRow, offer_id), outcome="O4", now=runtime.now())


def test_an_edit_of_the_cadence_supersedes_what_nobody_tried_and_doubles_nothing(either_runtime: Runtime) -> None:
    runtime = either_runtime
    family = a_family(runtime, "F001", imprisoned_on=date(2026, 1, 12))
    run_cadences(runtime)
    with runtime.sessions.read() as session:
        cadence_id = session.scalars(select(CadenceRow.id)).one()
    sooner = replace(DEFAULT, steps=(replace(DEFAULT.steps[0], after=After(2, "days")), *DEFAULT.steps[1:]))
    saved = new_version(runtime, ANA, cadence_id=cadence_id, cadence=sooner, why="a little later")
    assert isinstance(saved, Saved)
    assert (saved.number, saved.superseded) == (2, 1)
    run_cadences(runtime)
    old, new = offers(runtime, family)
    assert (old.outcome, new.state, new.step, new.round) == ("superseded", "open", 0, 1)
    assert new.due_at == datetime(2026, 1, 14, 9, 30, tzinfo=UTC)


def test_a_cadence_that_makes_no_sense_is_refused_with_every_problem(either_runtime: Runtime) -> None:
    twice = Cadence(steps=(Step(after=After(1, "days"), channel="fax", script="first_call", attempts=9),), gap_days=0)
    assert len(problems_of(twice)) == 3
    with either_runtime.sessions.read() as session:
        cadence_id = session.scalars(select(CadenceRow.id)).one()
    assert isinstance(new_version(either_runtime, ANA, cadence_id=cadence_id, cadence=twice, why=""), NotSaved)


def test_texts_wait_when_what_we_know_of_the_custody_is_too_old(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    family, _ = a_text_offer(either_runtime)
    clock.move(days=36)
    run_cadences(either_runtime)
    dispatch(either_runtime)
    (offer,) = offers(either_runtime, family)
    assert (line.texts, offer.waits_for) == ([], "custody_old")


def test_texts_wait_when_nobody_would_be_there_for_the_reply(either_runtime: Runtime, line: FakeLine) -> None:
    family, _ = a_text_offer(either_runtime)
    with either_runtime.sessions.begin() as session:
        session.get_one(AreaRow, "OXF").staffed_hours_after_text = 10
    run_cadences(either_runtime)
    dispatch(either_runtime)
    assert (line.texts, offers(either_runtime, family)[0].waits_for) == ([], "nobody_on_duty")


def test_each_text_handed_over_is_one_attempt(either_runtime: Runtime) -> None:
    family, offer_id = a_text_offer(either_runtime)
    run_cadences(either_runtime)
    dispatch(either_runtime)
    with either_runtime.sessions.read() as session:
        attempts = session.scalars(select(AttemptRow).where(AttemptRow.family_id == family.id)).all()
    assert [(each.offer_id, each.number_of, each.channel) for each in attempts] == [(offer_id, 1, "text")]
