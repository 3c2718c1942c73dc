"""A call is left and its paperwork done later, or made on paper: what happened in between comes after what was said."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from outreach.domain.hold import Kind
from outreach.engine import guide_call, refer
from outreach.engine.finish_call import Finished, finish
from outreach.engine.holds import set_hold
from outreach.engine.made_on_paper import made_on_paper
from outreach.engine.maybe_out import maybe_out
from outreach.engine.stops import EVERYTHING, stop
from outreach.runtime import Runtime
from outreach.store import numbers
from outreach.store.alerts import TaskRow
from outreach.store.areas import AreaRow
from outreach.store.numbers import NumberRow
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.referrals import ReferralRow
from outreach.store.spoken_values import spoken_values
from tests.cast import BEN, Family, a_family, an_open_offer
from tests.engine.test_guide_call import CLOSE, TO_CONSENT, TO_SAFE, YES_TO_ALL, accepted, began, say
from tests.fakes import Clock


def stopped(runtime: Runtime, family: Family) -> None:
    with runtime.sessions.begin() as session:
        stop(
            session, runtime, number=numbers.lock(session, family.number_id), family_ids=[family.id],
            scope=EVERYTHING, by="system", now=runtime.now(),
        )  # fmt: skip


def taken_back(runtime: Runtime, family: Family) -> None:
    with runtime.sessions.begin() as session:
        refer.withdraw_all(
            session, runtime, family_id=family.id, by="system", how="text", now=runtime.now(), text_id="text"
        )


def referrals(runtime: Runtime) -> list[str]:
    with runtime.sessions.read() as session:
        return list(session.scalars(select(ReferralRow.state)))


def tasks(runtime: Runtime) -> list[str]:
    with runtime.sessions.read() as session:
        return list(session.scalars(select(TaskRow.kind)))


def left(runtime: Runtime, family: Family, clock: Clock) -> str:
    call = accepted(runtime, family)
    guide_call.leave(runtime, BEN, conversation_id=call)
    clock.move(hours=1)
    return call


def test_a_stop_after_the_call_holds_the_referral_of_its_paperwork(either_runtime: Runtime, clock: Clock) -> None:
    runtime = either_runtime
    family = a_family(runtime, "F001")
    call = left(runtime, family, clock)
    stopped(runtime, family)
    assert isinstance(finish(runtime, BEN, conversation_id=call), Finished)
    assert referrals(runtime) == ["held"]


def test_consent_taken_back_after_the_call_is_not_given_again_by_its_paperwork(runtime: Runtime, clock: Clock) -> None:
    family = a_family(runtime, "F001")
    call = left(runtime, family, clock)
    taken_back(runtime, family)
    assert finish(runtime, BEN, conversation_id=call) == Finished("O1", None, hard=False)
    assert referrals(runtime) == []
    assert tasks(runtime) == ["not_referred"]


@pytest.mark.parametrize(("between", "then"), [(stopped, ["held"]), (taken_back, [])])
def test_a_call_on_paper_was_made_when_it_was_made(runtime: Runtime, clock: Clock, between, then) -> None:  # type: ignore[no-untyped-def]
    family = a_family(runtime, "F001")
    call = began(runtime, family)
    on = clock.move(hours=2)
    between(runtime, family)
    clock.move(hours=40)
    say(runtime, call, *TO_CONSENT, *YES_TO_ALL, *CLOSE)
    assert made_on_paper(runtime, BEN, conversation_id=call, at=on - timedelta(hours=1), by="ben") is None
    assert isinstance(finish(runtime, BEN, conversation_id=call), Finished)
    assert referrals(runtime) == then


@pytest.mark.parametrize("standing", ["compromised", "lost"])
def test_a_number_found_out_after_the_call_stays_as_it_was_found(runtime: Runtime, clock: Clock, standing: str) -> None:
    family = a_family(runtime, "F001")
    call = left(runtime, family, clock)
    with runtime.sessions.begin() as session:
        numbers.lock(session, family.number_id).standing = standing
    assert isinstance(finish(runtime, BEN, conversation_id=call), Finished)
    with runtime.sessions.read() as session:
        number = session.get_one(NumberRow, family.number_id)
        assert (number.standing, number.level) == (standing, 0)


def test_nothing_is_agreed_about_texts_in_a_call_in_which_he_may_be_out(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    call = accepted(runtime, family)
    maybe_out(runtime, BEN, family_id=family.id)
    assert isinstance(finish(runtime, BEN, conversation_id=call), Finished)
    with runtime.sessions.read() as session:
        assert session.get_one(NumberRow, family.number_id).level == 0
    assert referrals(runtime) == ["held"]


def test_a_day_agreed_before_a_stop_is_not_promised_after_it(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    call = began(runtime, family)
    say(runtime, call, *TO_SAFE, "next", "said", "next", "later", *CLOSE)
    stopped(runtime, family)
    assert isinstance(finish(runtime, BEN, conversation_id=call, next_on=date(2026, 2, 3)), Finished)
    with runtime.sessions.read() as session:
        assert session.scalars(select(OfferRow.state)).all() == ["ended"]


def test_a_yes_where_no_charity_is_named_asks_somebody(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    call = accepted(runtime, family)
    with runtime.sessions.begin() as session:
        session.get_one(AreaRow, "OXF").partner_id = None
    assert finish(runtime, BEN, conversation_id=call) == Finished("O1", None, hard=False)
    assert tasks(runtime) == ["not_referred"]


def test_a_try_was_made_when_it_was_made_and_not_when_it_was_closed(runtime: Runtime, clock: Clock) -> None:
    call = began(runtime, a_family(runtime, "F001"))
    rang = clock.move(minutes=20)
    say(runtime, call, "none")
    clock.move(hours=6)
    assert isinstance(finish(runtime, BEN, conversation_id=call), Finished)
    with runtime.sessions.read() as session:
        attempt = session.scalars(select(AttemptRow)).one()
        assert (attempt.at, attempt.band) == (rang, "morning")


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        (["yes", "exit_language", "next", "next"], "open"),
        (["yes", "later"], "open"),
        ([*TO_SAFE, "exit_dropped"], "open"),
        (["exit_dropped"], "ended"),
        (["none"], "ended"),
    ],
)
def test_whom_we_told_that_we_ring_again_is_rung_again_whichever_try_it_was(
    runtime: Runtime, answers: list[str], state: str
) -> None:
    family = a_family(runtime, "F001")
    call = began(runtime, family)
    with runtime.sessions.begin() as session:
        session.scalars(select(OfferRow)).one().tries = 2
    say(runtime, call, *answers)
    assert isinstance(finish(runtime, BEN, conversation_id=call), Finished)
    with runtime.sessions.read() as session:
        assert session.scalars(select(OfferRow.state)).one() == state


def test_children_whom_the_council_placed_go_to_no_charity_before_somebody_looked(runtime: Runtime) -> None:
    call = began(runtime, a_family(runtime, "F001"))
    say(runtime, call, *TO_SAFE, "next", "said", "next", "carer", "", "", "yes", "informal", "grandparent", "council")
    say(runtime, call, "next", *CLOSE)
    assert isinstance(finish(runtime, BEN, conversation_id=call), Finished)
    assert referrals(runtime) == ["held"]
    assert tasks(runtime) == ["local_authority"]


@pytest.mark.parametrize(
    ("answers", "says"), [([], "We have not spoken before."), (["yes"], "We last spoke in January.")]
)
def test_a_line_that_dropped_before_we_knew_who_it_was_is_no_talk(
    runtime: Runtime, clock: Clock, answers: list[str], says: str
) -> None:
    family = a_family(runtime, "F001")
    call = began(runtime, family)
    say(runtime, call, *answers, "exit_dropped")
    assert isinstance(finish(runtime, BEN, conversation_id=call), Finished)
    now = clock.move(hours=30)
    with runtime.sessions.read() as session:
        assert spoken_values(session, family_id=family.id, staff_id="ben", now=now)["last_time.line"] == says


@pytest.mark.parametrize(("hours", "may"), [(10.9, True), (11.1, False), (21.9, False), (22.1, True)])
def test_nobody_is_rung_at_night_who_has_not_asked_for_it(
    runtime: Runtime, clock: Clock, hours: float, may: bool
) -> None:
    offer_id = an_open_offer(runtime, a_family(runtime, "F001"))
    clock.move(hours=hours)
    opened = guide_call.open_call(runtime, BEN, offer_id=offer_id)
    assert isinstance(opened, guide_call.Opened) is may


def test_somebody_in_danger_is_rung_at_night(runtime: Runtime, clock: Clock) -> None:
    family = a_family(runtime, "F001")
    offer_id = an_open_offer(runtime, family)
    clock.move(hours=14)
    with runtime.sessions.begin() as session:
        set_hold(session, runtime, family_id=family.id, kind=Kind.ALERT, by="system", now=runtime.now())
    assert isinstance(guide_call.open_call(runtime, BEN, offer_id=offer_id), guide_call.Opened)
