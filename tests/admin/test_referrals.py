from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from outreach.domain.access import Actor
from outreach.engine.record_consent import record_consent
from outreach.engine.refer import hold_unopened, refer, withdraw
from outreach.runtime import Runtime
from outreach.store.events import EventRow
from outreach.store.referrals import NeedRow, ReferralRow
from tests.browsing import Visitor, words
from tests.cast import ANA, EVE, LANTERN, a_family

Be = Callable[[Actor | None], Visitor]
ALL = ("share.name_number", "share.children", "share.needs", "share.safe_contact")


def a_referral(runtime: Runtime, *, parts: tuple[str, ...] = ALL, partner: str = LANTERN) -> str:
    """Amina agreed to be referred, and to ``parts``; Robin is her child, school is what would help."""
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        for purpose in ("refer", *parts):
            record_consent(
                session, runtime, family_id=family.id, purpose=purpose, value="given", by="ben", how="voice",
                now=runtime.now(), partner_id=partner, authority="parental_responsibility",
            )  # fmt: skip
        session.add(
            NeedRow(
                id=runtime.new_id(), family_id=family.id, kind="child", detail="school", primary=True, at=runtime.now()
            )
        )
        session.flush()
        row = refer(
            session, runtime, family_id=family.id, partner_id=partner, conversation_id=None, by="ben", now=runtime.now()
        )
        assert row
        return row.id


def state(runtime: Runtime, referral_id: str) -> str:
    with runtime.sessions.read() as session:
        return session.get_one(ReferralRow, referral_id).state


def test_a_new_referral_says_no_name_until_it_is_opened(be: Be, runtime: Runtime) -> None:
    referral_id = a_referral(runtime)
    eve = be(EVE)
    assert "A family in Oxfordshire" in words(eve.get("/referrals/"))
    assert "Amina" not in eve.get("/referrals/").text
    assert "Amina" not in eve.get(f"/referrals/{referral_id}").text
    assert state(runtime, referral_id) == "sent"
    eve.post(f"/referrals/{referral_id}/open")
    assert state(runtime, referral_id) == "opened"
    assert "Amina Rivera" in words(eve.get(f"/referrals/{referral_id}"))


def test_everything_that_was_agreed_is_there(be: Be, runtime: Runtime) -> None:
    referral_id = a_referral(runtime)
    eve = be(EVE)
    page = words(eve.post(f"/referrals/{referral_id}/open", follow=True))
    for said in ("07700 900101", "Robin, 7", "Something for the child or children (school)", "Leave no voicemail"):
        assert said in page, said


@pytest.mark.parametrize(
    ("left_out", "never"),
    [("share.children", "Robin"), ("share.needs", "school"), ("share.safe_contact", "No voicemail.")],
)
def test_what_was_not_agreed_is_nowhere_on_the_page(be: Be, runtime: Runtime, left_out: str, never: str) -> None:
    referral_id = a_referral(runtime, parts=tuple(part for part in ALL if part != left_out))
    page = be(EVE).post(f"/referrals/{referral_id}/open", follow=True).text
    assert never not in page
    assert "They did not agree to share" in page


def test_a_partner_sees_no_other_partners_referrals(be: Be, runtime: Runtime) -> None:
    referral_id = a_referral(runtime, partner="org-police")
    eve = be(EVE)
    assert "No new referrals" in words(eve.get("/referrals/"))
    assert eve.get(f"/referrals/{referral_id}").status_code == 404
    assert eve.post(f"/referrals/{referral_id}/open").status_code == 403


def test_a_withdrawal_ends_the_partners_view_at_once(be: Be, runtime: Runtime) -> None:
    referral_id = a_referral(runtime)
    eve = be(EVE)
    eve.post(f"/referrals/{referral_id}/open")
    with runtime.sessions.read() as session:
        family_id = session.get_one(ReferralRow, referral_id).family_id
    withdraw(runtime, ANA, family_id=family_id, partner_id=LANTERN, how="voice")
    assert eve.get(f"/referrals/{referral_id}").status_code == 404
    assert "Amina" not in eve.get("/referrals/").text
    assert eve.post(f"/referrals/{referral_id}/accept").status_code == 403


def test_a_held_referral_is_not_there_for_the_partner(be: Be, runtime: Runtime) -> None:
    referral_id = a_referral(runtime)
    with runtime.sessions.begin() as session:
        family_id = session.get_one(ReferralRow, referral_id).family_id
        hold_unopened(session, runtime, family_id=family_id, by="system", now=runtime.now())
    assert "No new referrals" in words(be(EVE).get("/referrals/"))
    assert be(EVE).get(f"/referrals/{referral_id}").status_code == 404


def test_from_accepted_to_ended_and_the_same_click_twice_changes_nothing(be: Be, runtime: Runtime) -> None:
    referral_id = a_referral(runtime)
    eve = be(EVE)
    eve.post(f"/referrals/{referral_id}/open")
    for move, then in (("accept", "accepted"), ("contacted", "contacted"), ("engaged", "engaged"), ("ended", "ended")):
        eve.post(f"/referrals/{referral_id}/{move}")
        again = eve.post(f"/referrals/{referral_id}/{move}", follow=True)
        assert again.status_code == 200
        assert state(runtime, referral_id) == then
    with runtime.sessions.read() as session:
        names = session.scalars(select(EventRow.name).where(EventRow.name.like("referral_%"))).all()
    assert sorted(names) == sorted(set(names))
    assert "Nothing more is asked of you" in words(eve.get(f"/referrals/{referral_id}"))


def test_declining_needs_a_reason_and_says_so_at_the_field(be: Be, runtime: Runtime) -> None:
    referral_id = a_referral(runtime)
    eve = be(EVE)
    eve.post(f"/referrals/{referral_id}/open")
    refused = eve.post(f"/referrals/{referral_id}/decline")
    assert refused.status_code == 400
    assert 'href="#reason"' in refused.text
    assert "Choose why you cannot take this referral" in words(refused)
    eve.post(f"/referrals/{referral_id}/decline", {"reason": "no_capacity"})
    assert state(runtime, referral_id) == "declined"
    assert "We have no room at the moment" in words(eve.get(f"/referrals/{referral_id}"))


def test_a_step_out_of_order_is_refused_in_words(be: Be, runtime: Runtime) -> None:
    referral_id = a_referral(runtime)
    eve = be(EVE)
    eve.post(f"/referrals/{referral_id}/open")
    answer = eve.post(f"/referrals/{referral_id}/engaged", follow=True)
    assert "Look at where it stands now" in answer.text
    assert state(runtime, referral_id) == "opened"
    assert eve.post(f"/referrals/{referral_id}/withdraw").status_code == 404
