"""Any call at all, answered and changed at random: what must never happen does not."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import func, select

from outreach.domain.script import is_safe
from outreach.domain.wording import disclosed_by
from outreach.engine import guide_call, pinned
from outreach.engine.finish_call import Finished, finish
from outreach.engine.guide_call import Answered, Opened
from outreach.runtime import Runtime
from outreach.store.consents import ConsentRow
from outreach.store.conversations import ConversationRow
from outreach.store.offers import OfferRow
from outreach.store.referrals import ReferralRow
from outreach.views.call import CallPage, call_page
from tests.cast import BEN, a_family, an_open_offer

REFERS = {"O1", "O2"}


def shown(page: CallPage) -> str:
    """Every word of the page."""
    steps = [one for one in (page.step, page.changing) if one]
    lines = [f"{one.say} {one.guide} {one.tips} {one.signposts} {one.answers}" for one in steps]
    lines += [f"{one.say} {one.label} {one.words}" for one in page.trail]
    return " ".join([*lines, str(page.card), str(page.read_back)])


def a_random_step(page: CallPage, chance: random.Random) -> str:
    """An answer to what stands: mostly the first, sometimes another, now and then an exit."""
    assert page.step is not None
    own = [one.id for one in page.step.answers] + (["next"] if page.step.next_label else [])
    exits = [one.id for one in page.exits]
    if chance.random() < 0.7:
        return own[0]
    return chance.choice(own * 4 + exits)


@pytest.mark.parametrize("seed", range(24))
def test_no_call_discloses_too_soon_or_refers_without_a_yes(runtime: Runtime, seed: int) -> None:
    chance = random.Random(seed)
    family = a_family(runtime, "F001")
    opened = guide_call.open_call(runtime, BEN, offer_id=an_open_offer(runtime, family, step=seed % 2))
    assert isinstance(opened, Opened)
    call = opened.conversation_id
    for _ in range(80):
        page = call_page(runtime, BEN, conversation_id=call)
        if not page.safe:
            assert disclosed_by(shown(page)) & {"prison", "police", "charity"} == set()
            assert "Robin" not in shown(page)
        if page.read_back is not None:
            break
        assert page.step is not None
        if page.trail and chance.random() < 0.1:
            earlier = chance.choice(page.trail[2:] or page.trail)
            changing = call_page(runtime, BEN, conversation_id=call, change=(earlier.address, earlier.visit)).changing
            assert changing is not None
            if changing.answers and not changing.many:
                again = chance.choice(changing.answers).id
                guide_call.change_answer(
                    runtime, BEN, conversation_id=call, step=earlier.address, visit=earlier.visit, answer=again
                )
            continue
        given = guide_call.answer(
            runtime, BEN, conversation_id=call, step=page.step.address, visit=page.step.visit,
            answer=a_random_step(page, chance),
        )  # fmt: skip
        assert isinstance(given, Answered)
    done = finish(runtime, BEN, conversation_id=call)
    assert isinstance(done, Finished)
    with runtime.sessions.read() as session:
        _, stands = pinned.walked(session, session.get_one(ConversationRow, call))
        values = session.scalars(select(ConsentRow.value).where(ConsentRow.purpose == "refer")).all()
        referred = session.scalar(select(func.count()).select_from(ReferralRow))
        assert referred == (1 if done.outcome in REFERS else 0)
        assert ("given" in values) is (done.outcome in REFERS)
        assert done.outcome not in REFERS or is_safe(stands.facts)
        assert (session.scalar(select(func.count()).where(OfferRow.state == "open")) or 0) <= 1
    again = finish(runtime, BEN, conversation_id=call)
    assert isinstance(again, Finished)
    assert again.outcome == done.outcome
