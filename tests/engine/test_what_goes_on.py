"""What of a call goes to the charity: only what was agreed in it, and a doubt takes nothing back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from outreach.domain.access import Actor
from outreach.engine import refer
from outreach.engine.answer_ring import answer_ring
from outreach.engine.finish_call import Finished, finish
from outreach.engine.guide_call import Opened
from outreach.runtime import Runtime
from outreach.store.consents import standing_of
from outreach.store.numbers import FamilyNumberRow
from outreach.store.referrals import ReferralRow
from outreach.store.sealing import unseal
from outreach.views.call import call_page
from tests.cast import BEN, EVE, LANTERN, Family, a_family
from tests.engine.test_guide_call import CLOSE, TO_SAFE, accepted, began, say
from tests.fakes import Clock


def closed(runtime: Runtime, call: str) -> Finished:
    done = finish(runtime, BEN, conversation_id=call)
    assert isinstance(done, Finished), done
    return done


def again(runtime: Runtime, family: Family, actor: Actor = BEN) -> str:
    opened = answer_ring(runtime, actor, family_id=family.id)
    assert isinstance(opened, Opened), opened
    return opened.conversation_id


def carried(runtime: Runtime, referral_id: str | None) -> dict[str, Any]:
    with runtime.sessions.read() as session:
        row = session.get_one(ReferralRow, referral_id)
        words = unseal(session, row.payload, key_id=row.family_id, table="referral", column="payload", row_id=row.id)
        return dict(json.loads(words or "{}"))


def states(runtime: Runtime) -> list[str]:
    with runtime.sessions.read() as session:
        return list(session.scalars(select(ReferralRow.state)))


def test_what_they_would_not_have_told_before_does_not_go_with_what_they_tell_now(
    either_runtime: Runtime, clock: Clock
) -> None:
    runtime = either_runtime
    family = a_family(runtime, "F001")
    call = began(runtime, family)
    say(runtime, call, *TO_SAFE, "next", "said", "next", "carer", "money,home", "", "yes", "parent", "yes", "no", "no")
    say(runtime, call, "no", *CLOSE)
    first = closed(runtime, call).referral_id
    assert carried(runtime, first)["needs"] == []
    with runtime.sessions.begin() as session:
        session.get_one(ReferralRow, first).state = "ended"
    clock.move(hours=48)
    call = again(runtime, family)
    say(runtime, call, *TO_SAFE, "next", "said", "next", "legal", "say", "next", "next", "", "yes", "parent", "yes")
    say(runtime, call, "yes", "yes", "yes", *CLOSE)
    assert carried(runtime, closed(runtime, call).referral_id)["needs"] == [
        "Legal information (parental responsibility)"
    ]


def test_a_number_nobody_has_spoken_to_them_on_does_not_go(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    other = a_family(runtime, "F002", e164="+447700900555")
    with runtime.sessions.begin() as session:
        session.delete(session.get_one(FamilyNumberRow, (other.id, other.number_id)))
        session.add(FamilyNumberRow(family_id=family.id, number_id=other.number_id, position=2))
    done = closed(runtime, accepted(runtime, family))
    assert carried(runtime, done.referral_id)["numbers"] == [family.e164]


@pytest.mark.parametrize(("opened", "then"), [(True, "accepted"), (False, "held")])
def test_a_doubt_takes_back_nothing_that_they_agreed_to_before(runtime: Runtime, opened: bool, then: str) -> None:
    family = a_family(runtime, "F001")
    referral_id = closed(runtime, accepted(runtime, family)).referral_id
    assert referral_id is not None
    if opened:
        refer.open_referral(runtime, EVE, referral_id=referral_id)
        refer.accept(runtime, EVE, referral_id=referral_id)
    call = again(runtime, family)
    say(runtime, call, *TO_SAFE, "next", "said", "next", "already", "legal", "", "next", "next", "unsure")
    page = call_page(runtime, BEN, conversation_id=call)
    assert page.read_back is not None
    assert [(part.given, part.left_open) for part in page.read_back.parts] == [(False, True)]
    assert closed(runtime, call).outcome == "O10"
    assert states(runtime) == [then]
    with runtime.sessions.read() as session:
        assert standing_of(session, family.id).referred_to == {LANTERN}


def test_a_no_takes_it_back(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    closed(runtime, accepted(runtime, family))
    call = again(runtime, family)
    say(runtime, call, *TO_SAFE, "next", "said", "next", "already", "legal", "", "next", "next", "no")
    assert closed(runtime, call).outcome == "O4"
    assert states(runtime) == ["withdrawn"]
