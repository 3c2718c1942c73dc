"""Which words a call begins with: for whom nobody told yet who we are, and for whoever rings us."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from outreach.domain.access import Actor
from outreach.engine import guide_call
from outreach.engine.answer_ring import answer_ring
from outreach.engine.finish_call import Finished, finish
from outreach.engine.guide_call import Opened
from outreach.runtime import Runtime
from outreach.store.conversations import ConversationRow
from outreach.store.offers import AttemptRow
from outreach.views.call import call_page
from tests.cast import BEN, Family, a_family, an_open_offer
from tests.engine.test_guide_call import TO_SAFE, began, say


def script_of(runtime: Runtime, call: str) -> str:
    with runtime.sessions.read() as session:
        return session.get_one(ConversationRow, call).script


def rang(runtime: Runtime, family: Family, actor: Actor = BEN) -> Opened:
    opened = answer_ring(runtime, actor, family_id=family.id)
    assert isinstance(opened, Opened), opened
    return opened


def told(runtime: Runtime, family: Family) -> None:
    call = began(runtime, family)
    say(runtime, call, *TO_SAFE, "next", "said", "exit_dropped")
    assert isinstance(finish(runtime, BEN, conversation_id=call), Finished)


def caller_ids(runtime: Runtime) -> list[str | None]:
    with runtime.sessions.read() as session:
        return list(session.scalars(select(AttemptRow.caller_id)))


def test_an_offer_again_to_somebody_nobody_has_spoken_to_is_a_first_offer(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    opened = guide_call.open_call(runtime, BEN, offer_id=an_open_offer(runtime, family, step=2))
    assert isinstance(opened, Opened)
    assert script_of(runtime, opened.conversation_id) == "first_call"
    say(runtime, opened.conversation_id, *TO_SAFE)
    page = call_page(runtime, BEN, conversation_id=opened.conversation_id)
    assert page.step is not None
    assert "Willow team works with the police" in page.step.say


def test_an_offer_again_is_one_where_they_were_told_who_we_are(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    told(runtime, family)
    opened = rang(runtime, family)
    assert script_of(runtime, opened.conversation_id) == "rung_again"


def test_whoever_rings_us_hears_no_name_before_they_have_said_it(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    opened = rang(runtime, family)
    assert script_of(runtime, opened.conversation_id) == "rung_first"
    for answers in ([], ["yes"]):
        say(runtime, opened.conversation_id, *answers)
        page = call_page(runtime, BEN, conversation_id=opened.conversation_id)
        assert page.step is not None
        assert not {"Amina", "Rivera", "Robin", "Lantern"} & set(f"{page.step.say} {page.step.guide}".split())
    say(runtime, opened.conversation_id, "later")
    assert not call_page(runtime, BEN, conversation_id=opened.conversation_id).by_hand
    assert isinstance(finish(runtime, BEN, conversation_id=opened.conversation_id), Finished)
    assert caller_ids(runtime) == ["incoming"]


@pytest.mark.parametrize("answer", ["other", "child"])
def test_somebody_else_who_rings_us_rests_the_number(runtime: Runtime, answer: str) -> None:
    family = a_family(runtime, "F001")
    opened = rang(runtime, family)
    say(runtime, opened.conversation_id, answer)
    done = finish(runtime, BEN, conversation_id=opened.conversation_id)
    assert isinstance(done, Finished)
    assert done.outcome in ("A02", "A03")


def test_a_call_that_was_only_opened_begins_with_them_when_they_ring(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    call = began(runtime, family)
    assert rang(runtime, family) == Opened(call)
    assert script_of(runtime, call) == "rung_first"


def test_a_call_that_was_begun_says_so_when_they_ring_back(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    call = began(runtime, family)
    say(runtime, call, *TO_SAFE)
    assert rang(runtime, family) == Opened(call, begun=True)


@pytest.mark.parametrize(("said", "kept"), [("withheld", "withheld"), ("presented", "presented"), ("", None)])
def test_whether_our_number_was_shown_is_what_whoever_rang_says(runtime: Runtime, said: str, kept: str | None) -> None:
    call = began(runtime, a_family(runtime, "F001"))
    say(runtime, call, "none")
    assert call_page(runtime, BEN, conversation_id=call).by_hand
    assert isinstance(finish(runtime, BEN, conversation_id=call, caller_id=said), Finished)
    assert caller_ids(runtime) == [kept]
