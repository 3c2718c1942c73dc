"""Two people in one call, and a call that was opened before something forbade it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from outreach.domain.hold import Kind
from outreach.engine import dial_call, guide_call
from outreach.engine.answer_ring import answer_ring
from outreach.engine.finish_call import Finished, finish
from outreach.engine.guide_call import Answered, Opened, Refusal
from outreach.engine.holds import set_hold
from outreach.runtime import Runtime
from outreach.store import numbers
from outreach.store.offers import open_offer
from outreach.views.call import call_page
from tests.cast import ANA, BEN, Family, a_family
from tests.engine.test_guide_call import TO_SAFE, began, say

WHY = ("first_offer/why", 1, "next")


def offer_of(runtime: Runtime, family: Family) -> str:
    with runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
        assert offer is not None
        return offer.id


def answered(runtime: Runtime, actor: object, call: str) -> Answered | Refusal:
    step, visit, answer = WHY
    return guide_call.answer(runtime, actor, conversation_id=call, step=step, visit=visit, answer=answer)  # type: ignore[arg-type]


def test_a_colleague_answers_only_after_saying_that_they_carry_on(runtime: Runtime) -> None:
    call = began(runtime, a_family(runtime, "F001"))
    say(runtime, call, *TO_SAFE)
    refused = answered(runtime, ANA, call)
    assert isinstance(refused, Refusal)
    assert "Ben Practitioner has this call" in refused.why
    guide_call.resume(runtime, ANA, conversation_id=call)
    assert isinstance(answered(runtime, BEN, call), Refusal)
    assert isinstance(answered(runtime, ANA, call), Answered)


def test_nobody_closes_a_call_that_a_colleague_is_on(runtime: Runtime) -> None:
    call = began(runtime, a_family(runtime, "F001"))
    say(runtime, call, *TO_SAFE, "exit_talk")
    assert isinstance(finish(runtime, ANA, conversation_id=call), Refusal)
    guide_call.resume(runtime, ANA, conversation_id=call)
    assert isinstance(finish(runtime, ANA, conversation_id=call), Finished)


def a_hold(session: Session, runtime: Runtime, family: Family) -> None:
    set_hold(session, runtime, family_id=family.id, kind=Kind.NO_CONTACT_ORDER, by="ana", now=runtime.now())


def somebody_else(session: Session, runtime: Runtime, family: Family) -> None:
    numbers.lock(session, family.number_id).standing = "compromised"


def careful(session: Session, runtime: Runtime, family: Family) -> None:
    set_hold(session, runtime, family_id=family.id, kind=Kind.CARER_IS_VICTIM, by="ana", now=runtime.now())


@pytest.mark.parametrize("happens", [a_hold, somebody_else, careful])
@pytest.mark.parametrize("left", [True, False])
def test_a_call_in_which_nobody_was_rung_passes_the_gate_again(
    runtime: Runtime, happens: Callable[[Session, Runtime, Family], None], left: bool
) -> None:
    family = a_family(runtime, "F001")
    call = began(runtime, family)
    assert call_page(runtime, BEN, conversation_id=call).phone
    if left:
        guide_call.leave(runtime, BEN, conversation_id=call)
    with runtime.sessions.begin() as session:
        happens(session, runtime, family)
    for actor in (ANA, BEN):
        assert isinstance(guide_call.open_call(runtime, actor, offer_id=offer_of(runtime, family)), Refusal)
        assert isinstance(answer_ring(runtime, actor, family_id=family.id), Refusal)
        page = call_page(runtime, actor, conversation_id=call)
        assert page.objection
        assert page.phone == ""
    assert isinstance(dial_call.dial(runtime, BEN, conversation_id=call), Refusal)


def test_the_paperwork_of_a_call_that_was_made_is_never_shut_off(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    call = began(runtime, family)
    say(runtime, call, *TO_SAFE)
    guide_call.leave(runtime, BEN, conversation_id=call)
    with runtime.sessions.begin() as session:
        a_hold(session, runtime, family)
    assert guide_call.open_call(runtime, ANA, offer_id=offer_of(runtime, family)) == Opened(call, begun=True)
    assert call_page(runtime, ANA, conversation_id=call).phone
