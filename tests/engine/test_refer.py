"""Referrals: only what was consented to, once, and closed at once when consent ends."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from outreach.domain.access import Actor, NotAllowed, Role
from outreach.domain.referral import State
from outreach.engine import refer as referrals
from outreach.engine.record_consent import record_consent
from outreach.engine.stops import EVERYTHING, stop
from outreach.runtime import Runtime
from outreach.store import numbers
from outreach.store.consents import ConsentRow
from outreach.store.referrals import ReferralRow
from outreach.store.sealing import unseal
from tests.cast import BEN, EVE, LANTERN, Family, a_family

OTHER = Actor("olu", "Olu Elsewhere", Role.PARTNER, "org-other", frozenset({"OXF"}))


def agreed(runtime: Runtime, *parts: str, authority: str = "parental_responsibility") -> Family:
    family = a_family(runtime, "F001", name="Amina Rivera")
    with runtime.sessions.begin() as session:
        for purpose in ("refer", "share.name_number", *parts):
            record_consent(
                session, runtime, family_id=family.id, purpose=purpose, value="given", by="ben", how="voice",
                now=runtime.now(), partner_id=LANTERN, authority=authority, wording="May we?",
            )  # fmt: skip
    return family


def made(runtime: Runtime, family: Family, conversation: str = "c1") -> ReferralRow | None:
    with runtime.sessions.begin() as session:
        return referrals.refer(
            session, runtime, family_id=family.id, partner_id=LANTERN, conversation_id=conversation, by="ben",
            now=runtime.now(),
        )  # fmt: skip


def payload(runtime: Runtime, row: ReferralRow) -> dict[str, object]:
    with runtime.sessions.read() as session:
        words = unseal(session, row.payload, key_id=row.family_id, table="referral", column="payload", row_id=row.id)
    found: dict[str, object] = json.loads(words or "{}")
    return found


def state(runtime: Runtime, row: ReferralRow) -> str:
    with runtime.sessions.read() as session:
        return session.get_one(ReferralRow, row.id).state


def test_without_consent_there_is_no_referral(either_runtime: Runtime) -> None:
    assert made(either_runtime, a_family(either_runtime, "F001")) is None


def test_it_carries_the_parts_that_were_agreed_and_no_other(either_runtime: Runtime) -> None:
    row = made(either_runtime, agreed(either_runtime, "share.needs"))
    assert row is not None
    carried = payload(either_runtime, row)
    assert (carried["carer_name"], carried["numbers"]) == ("Amina Rivera", ["+447700900101"])
    assert (carried["children"], carried["safe_contact"], carried["words_for_it"]) == ([], [], None)


def test_without_authority_no_child_is_named(either_runtime: Runtime) -> None:
    row = made(either_runtime, agreed(either_runtime, "share.children", authority="informal"))
    assert row is not None
    assert payload(either_runtime, row)["children"] == []


def test_with_authority_first_name_and_age_go(either_runtime: Runtime) -> None:
    row = made(either_runtime, agreed(either_runtime, "share.children"))
    assert row is not None
    assert payload(either_runtime, row)["children"] == ["Robin, 7"]


def test_repeated_clicks_make_one_referral(either_runtime: Runtime) -> None:
    family = agreed(either_runtime)
    first, second = made(either_runtime, family, "c1"), made(either_runtime, family, "c2")
    assert first is not None
    assert second is not None
    assert first.id == second.id


def test_the_partner_walks_it_through_its_states_and_no_other_partner_can(either_runtime: Runtime) -> None:
    runtime = either_runtime
    row = made(runtime, agreed(runtime))
    assert row is not None
    with pytest.raises(NotAllowed):
        referrals.open_referral(runtime, OTHER, referral_id=row.id)
    with pytest.raises(NotAllowed):
        referrals.accept(runtime, BEN, referral_id=row.id)
    referrals.open_referral(runtime, EVE, referral_id=row.id)
    assert referrals.accept(runtime, EVE, referral_id=row.id) is None
    assert referrals.accept(runtime, EVE, referral_id=row.id) is None
    assert isinstance(referrals.decline(runtime, EVE, referral_id=row.id, reason="because"), referrals.NotMoved)
    assert referrals.contacted(runtime, EVE, referral_id=row.id) is None
    assert referrals.engaged(runtime, EVE, referral_id=row.id) is None
    assert isinstance(referrals.accept(runtime, EVE, referral_id=row.id), referrals.NotMoved)
    assert state(runtime, row) == State.ENGAGED


def test_a_stop_holds_what_was_not_opened_and_the_partner_sees_it_no_more(either_runtime: Runtime) -> None:
    runtime = either_runtime
    family = agreed(runtime)
    row = made(runtime, family)
    assert row is not None
    with runtime.sessions.begin() as session:
        number = numbers.lock(session, family.number_id)
        stop(session, runtime, number=number, family_ids=[family.id], scope=EVERYTHING, by="family", now=runtime.now())
    assert state(runtime, row) == State.HELD
    with pytest.raises(NotAllowed):
        referrals.open_referral(runtime, EVE, referral_id=row.id)


def held(runtime: Runtime, family: Family, *, scope: frozenset[str]) -> ReferralRow:
    """A referral that a stop has held."""
    row = made(runtime, family)
    assert row is not None
    with runtime.sessions.begin() as session:
        number = numbers.lock(session, family.number_id)
        stop(session, runtime, number=number, family_ids=[family.id], scope=scope, by="family", now=runtime.now())
    return row


def test_a_stop_between_the_yes_and_the_referral_holds_it_from_the_first(either_runtime: Runtime) -> None:
    family = agreed(either_runtime)
    with either_runtime.sessions.begin() as session:
        stop(
            session, either_runtime, number=numbers.lock(session, family.number_id), family_ids=[family.id],
            scope=frozenset({"text"}), by="family", now=either_runtime.now(),
        )  # fmt: skip
    row = made(either_runtime, family)
    assert row is not None
    assert state(either_runtime, row) == State.HELD


def test_a_held_one_goes_after_all_where_only_texts_were_stopped(either_runtime: Runtime) -> None:
    row = held(either_runtime, agreed(either_runtime), scope=frozenset({"text"}))
    assert referrals.release_held(either_runtime, BEN, referral_id=row.id) is None
    assert state(either_runtime, row) == State.SENT


def test_after_a_stop_of_everything_it_goes_only_when_they_asked_us_again(either_runtime: Runtime) -> None:
    runtime, family = either_runtime, agreed(either_runtime)
    row = held(runtime, family, scope=EVERYTHING)
    assert isinstance(referrals.release_held(runtime, BEN, referral_id=row.id), referrals.NotMoved)
    assert state(runtime, row) == State.HELD
    with runtime.sessions.begin() as session:
        record_consent(
            session, runtime, family_id=family.id, purpose="contact", channel="call", value="reopened", by="cora",
            how="voice", now=runtime.now(),
        )  # fmt: skip
    assert referrals.release_held(runtime, BEN, referral_id=row.id) is None
    assert state(runtime, row) == State.SENT


def test_a_held_one_is_withdrawn_like_any_other_and_never_goes_again(either_runtime: Runtime) -> None:
    runtime, family = either_runtime, agreed(either_runtime)
    row = held(runtime, family, scope=frozenset({"text"}))
    assert referrals.withdraw(runtime, BEN, family_id=family.id, partner_id=LANTERN, how="letter") is None
    assert isinstance(referrals.release_held(runtime, BEN, referral_id=row.id), referrals.NotMoved)
    assert state(runtime, row) == State.WITHDRAWN


def test_a_withdrawal_says_how_and_is_written_down_once(either_runtime: Runtime) -> None:
    runtime, family = either_runtime, agreed(either_runtime)
    guess = referrals.withdraw(runtime, BEN, family_id=family.id, partner_id=LANTERN, how="a hunch")
    assert isinstance(guess, referrals.NotMoved)
    for _ in range(2):
        referrals.withdraw(runtime, BEN, family_id=family.id, partner_id=LANTERN, how="voice")
    with runtime.sessions.read() as session:
        assert len(session.scalars(select(ConsentRow.id).where(ConsentRow.value == "withdrawn")).all()) == 1


def test_a_withdrawal_closes_it_at_once_whatever_its_state(either_runtime: Runtime) -> None:
    runtime = either_runtime
    family = agreed(runtime)
    row = made(runtime, family)
    assert row is not None
    referrals.open_referral(runtime, EVE, referral_id=row.id)
    referrals.accept(runtime, EVE, referral_id=row.id)
    referrals.withdraw(runtime, BEN, family_id=family.id, partner_id=LANTERN, how="voice")
    assert state(runtime, row) == State.WITHDRAWN
    with pytest.raises(NotAllowed):
        referrals.contacted(runtime, EVE, referral_id=row.id)
    with runtime.sessions.read() as session:
        assert session.scalars(select(ReferralRow.partner_id)).all() == [LANTERN]
