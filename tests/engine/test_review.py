"""What an abuser, a tired colleague, a crash or a second phone would try: each a rule that must hold all the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from outreach.domain.access import NotAllowed, Role
from outreach.domain.cadence import DEFAULT, After, Step
from outreach.domain.delivery import Accepted, InboundText
from outreach.domain.hold import Kind
from outreach.engine import converse, guide_call, pinned, sign_in
from outreach.engine import refer as referrals
from outreach.engine.alerts import take_alert, watch_alerts
from outreach.engine.claim_texts import claim
from outreach.engine.dispatch import dispatch
from outreach.engine.do_as_read import obey_stop
from outreach.engine.edit_cadence import problems_of
from outreach.engine.end_offer import asked_offer, end_offer
from outreach.engine.finish_call import _Closing
from outreach.engine.holds import set_hold
from outreach.engine.import_families import Committed, Waiting, commit_plan, plan_import
from outreach.engine.manage_staff import NotAdded, add_person
from outreach.engine.pause import pause
from outreach.engine.queue_text import queue_text
from outreach.engine.receive import receive_text
from outreach.engine.record_consent import record_consent
from outreach.engine.record_texts import record
from outreach.engine.run_cadences import run_cadences
from outreach.engine.stops import EVERYTHING, stop
from outreach.engine.tick import tick
from outreach.runtime import Runtime
from outreach.store import numbers
from outreach.store.alerts import AlertRow, TaskRow
from outreach.store.areas import AreaRow, service
from outreach.store.cadences import EnrolmentRow, live_enrolment
from outreach.store.consents import standing_of
from outreach.store.conversations import ConversationRow
from outreach.store.families import FamilyRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import OfferRow, last_contact_at, open_offer
from outreach.store.referrals import ReferralRow
from outreach.store.staff import StaffRow
from outreach.store.texts import TextRow
from outreach.views.call import call_page
from outreach.views.referrals import referral_list, referral_page
from tests.cast import ANA, BEN, EVE, LANTERN, STAFF_PHONES, Family, a_family, an_open_offer, switch_on_texts
from tests.domain.recognition_rows import a_file, a_row
from tests.fakes import Clock, FakeLine

_SIDS = iter(range(10_000))


def came(runtime: Runtime, e164: str, words: str) -> None:
    sid = f"SMrev{next(_SIDS):06d}"
    receive_text(runtime, InboundText(sid=sid, sender=e164, recipient="+447700900999", body=words))


def sent(runtime: Runtime, line: FakeLine) -> list[str]:
    dispatch(runtime)
    return [str(each["body"]) for each in line.texts if each["to"] not in STAFF_PHONES.values()]


def an_offered_family(runtime: Runtime, line: FakeLine, *, level: int = 1) -> Family:
    """A verified family that has just had an offer by text."""
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified", level=level, next_step=2)
    an_open_offer(runtime, family, channel="text", step=1)
    run_cadences(runtime)
    dispatch(runtime)
    line.texts.clear()
    return family


def second_number(runtime: Runtime, family: Family, e164: str = "+447700900177") -> str:
    """Another verified number of the family."""
    other = a_family(runtime, f"{e164[-3:]}-other", e164=e164, standing="verified", level=1)
    with runtime.sessions.begin() as session:
        link = session.get_one(FamilyNumberRow, (other.id, other.number_id))
        session.delete(link)
        session.get_one(EnrolmentRow, other.enrolment_id).state = "ended"
        session.add(FamilyNumberRow(family_id=family.id, number_id=other.number_id, position=2))
    return other.number_id


def waiting(runtime: Runtime, family: Family, number_id: str, *, purpose: str = "answer", body: str = "Hello.") -> str:
    with runtime.sessions.begin() as session:
        row = queue_text(
            session, runtime, number_id=number_id, family_id=family.id, purpose=purpose, body=body, now=runtime.now()
        )
        return row.id


def state_of(runtime: Runtime, text_id: str) -> tuple[str, str | None]:
    with runtime.sessions.read() as session:
        row = session.get_one(TextRow, text_id)
        return row.state, row.waits_for


def open_one(runtime: Runtime, family: Family) -> OfferRow | None:
    with runtime.sessions.read() as session:
        return open_offer(session, family.id)


def stopped(runtime: Runtime, family: Family) -> frozenset[str]:
    with runtime.sessions.read() as session:
        return standing_of(session, family.id).stopped


def talking(runtime: Runtime, line: FakeLine) -> Family:
    """A family in the middle of the consent conversation by text."""
    family = an_offered_family(runtime, line, level=2)
    came(runtime, family.e164, "Yes please")
    with runtime.sessions.begin() as session:
        assert converse.open_with(session, family.number_id) is not None
    sent(runtime, line)
    line.texts.clear()
    return family


# -- stop ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["STOP he reads my phone", "stop or he will hit me"])
def test_a_stop_beside_danger_is_obeyed_in_silence_and_told(
    either_runtime: Runtime, line: FakeLine, words: str
) -> None:
    family = an_offered_family(either_runtime, line)
    came(either_runtime, family.e164, words)
    assert stopped(either_runtime, family) == {"text", "call"}
    assert sent(either_runtime, line) == []
    with either_runtime.sessions.read() as session:
        assert len(session.scalars(select(AlertRow)).all()) == 1
    assert open_one(either_runtime, family) is None


def test_a_stop_beside_self_harm_ends_texting_and_leaves_a_person_free_to_ring(
    either_runtime: Runtime, line: FakeLine
) -> None:
    family = an_offered_family(either_runtime, line)
    came(either_runtime, family.e164, "STOP texting me, I want to kill myself")
    assert stopped(either_runtime, family) == {"text"}
    assert sent(either_runtime, line) == []
    with either_runtime.sessions.read() as session:
        assert len(session.scalars(select(AlertRow)).all()) == 1


def test_a_stop_with_danger_on_a_number_of_two_families_is_kept_obeyed_and_told(
    either_runtime: Runtime, line: FakeLine
) -> None:
    family = an_offered_family(either_runtime, line)
    other = a_family(either_runtime, "F002", e164="+447700900102", name="Bo Sands")
    with either_runtime.sessions.begin() as session:
        session.add(FamilyNumberRow(family_id=other.id, number_id=family.number_id, position=2))
    came(either_runtime, family.e164, "STOP he reads my phone")
    assert stopped(either_runtime, family) == stopped(either_runtime, other) == {"text", "call"}
    with either_runtime.sessions.read() as session:
        assert len(session.scalars(select(AlertRow)).all()) == 1
        assert len(session.scalars(select(TextRow).where(TextRow.direction == "in")).all()) == 1


def test_a_stop_on_one_number_drops_what_waits_for_the_other(either_runtime: Runtime, line: FakeLine) -> None:
    family = an_offered_family(either_runtime, line)
    text_id = waiting(either_runtime, family, second_number(either_runtime, family))
    came(either_runtime, family.e164, "STOP")
    assert state_of(either_runtime, text_id) == ("dropped", "stopped")


@pytest.mark.parametrize("what", ["stop", "hold"])
def test_a_claim_on_the_other_number_that_meets_a_stop_or_a_hold_under_way_sends_nothing(
    either_runtime: Runtime, line: FakeLine, what: str
) -> None:
    family = an_offered_family(either_runtime, line)
    text_id = waiting(either_runtime, family, second_number(either_runtime, family))
    with ThreadPoolExecutor(1) as pool:
        with either_runtime.sessions.begin() as session:
            row = numbers.lock(session, family.number_id)
            if what == "stop":
                stop(
                    session, either_runtime, number=row, family_ids=[family.id], scope=EVERYTHING, by="ben",
                    now=either_runtime.now(),
                )  # fmt: skip
            else:
                set_hold(
                    session, either_runtime, family_id=family.id, kind=Kind.UNSAFE, by="ben", now=either_runtime.now()
                )
            claiming = pool.submit(dispatch, either_runtime)
            if not either_runtime.sessions.on_sqlite:
                assert claiming.result(timeout=60) == 0  # what somebody holds is passed over
        assert claiming.result(timeout=60) == 0
    assert dispatch(either_runtime) == 0
    assert line.texts == []
    assert state_of(either_runtime, text_id) in {("dropped", "stopped"), ("waiting", "unsafe")}


def test_a_yes_from_the_other_number_of_a_family_that_stopped_asks_a_person(
    either_runtime: Runtime, line: FakeLine
) -> None:
    family = an_offered_family(either_runtime, line)
    second_number(either_runtime, family, "+447700900177")
    came(either_runtime, family.e164, "STOP")
    sent(either_runtime, line)
    line.texts.clear()
    came(either_runtime, "+447700900177", "CALL")
    assert open_one(either_runtime, family) is None
    assert sent(either_runtime, line) == []
    with either_runtime.sessions.read() as session:
        assert "reopen" in set(session.scalars(select(TaskRow.kind)))


def test_no_texts_any_more_by_voice_ends_the_conversation_by_text(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    family = talking(either_runtime, line)
    with either_runtime.sessions.begin() as session:
        row = numbers.lock(session, family.number_id)
        stop(
            session, either_runtime, number=row, family_ids=[family.id], scope=EVERYTHING, by="ben",
            now=either_runtime.now(), how="voice",
        )  # fmt: skip
    for _ in range(10):
        clock.move(days=1)
        tick(either_runtime)
    assert open_one(either_runtime, family) is None
    assert sent(either_runtime, line) == []


def test_a_stop_of_calls_alone_leaves_an_answer_that_waits(either_runtime: Runtime, line: FakeLine) -> None:
    family = an_offered_family(either_runtime, line)
    text_id = waiting(either_runtime, family, family.number_id)
    with either_runtime.sessions.begin() as session:
        row = numbers.lock(session, family.number_id)
        stop(
            session, either_runtime, number=row, family_ids=[family.id], scope=frozenset({"call"}), by="family",
            now=either_runtime.now(),
        )  # fmt: skip
    assert state_of(either_runtime, text_id)[0] == "waiting"


# -- the number ---------------------------------------------------------------------------------------------------


def test_a_text_that_waits_does_not_go_to_a_number_that_was_taken_off_meanwhile(
    either_runtime: Runtime, line: FakeLine
) -> None:
    family = an_offered_family(either_runtime, line)
    text_id = waiting(either_runtime, family, family.number_id)
    with either_runtime.sessions.begin() as session:
        link = session.get_one(FamilyNumberRow, (family.id, family.number_id))
        link.off_at, link.off_why = either_runtime.now(), "not_in_file"
    assert sent(either_runtime, line) == []
    assert state_of(either_runtime, text_id) == ("dropped", "number_taken_off")


def test_what_comes_from_the_imprisoned_parents_number_is_never_acted_on(
    either_runtime: Runtime, line: FakeLine
) -> None:
    family = talking(either_runtime, line)
    with either_runtime.sessions.begin() as session:
        session.get_one(NumberRow, family.number_id).is_parents = True
    for _ in range(8):
        came(either_runtime, family.e164, "1")
    came(either_runtime, family.e164, "CALL")
    assert sent(either_runtime, line) == []
    with either_runtime.sessions.read() as session:
        assert not standing_of(session, family.id).referred_to
        conversation = session.scalars(select(ConversationRow)).one()
        assert conversation.outcome is None


# -- the queue ----------------------------------------------------------------------------------------------------


def test_an_urgent_text_does_not_stand_behind_a_mornings_answers(either_runtime: Runtime, line: FakeLine) -> None:
    family = an_offered_family(either_runtime, line)
    other = a_family(either_runtime, "F002", e164="+447700900102", standing="verified", level=1)
    for _ in range(3):
        waiting(either_runtime, other, other.number_id)
    with either_runtime.sessions.begin() as session:  # one a second is what a number may send
        service(session).sender_gap_ms = 60_000
    came(either_runtime, family.e164, "i dont want to be here any more")
    (first,) = sent(either_runtime, line)
    assert "999" in first


def test_a_text_whose_wording_is_gone_holds_up_nobody_else(either_runtime: Runtime, line: FakeLine) -> None:
    family = an_offered_family(either_runtime, line)
    poisoned = waiting(either_runtime, family, family.number_id)
    with either_runtime.sessions.begin() as session:
        session.get_one(TextRow, poisoned).wording = "of_an_older_version"
    waiting(either_runtime, family, family.number_id, body="Hello again.")
    assert sent(either_runtime, line) == ["Hello again."]
    assert state_of(either_runtime, poisoned) == ("waiting", "wording_not_approved")


def test_a_text_that_went_out_counts_for_the_gap_although_its_offer_ended_on_the_way(
    either_runtime: Runtime, line: FakeLine
) -> None:
    switch_on_texts(either_runtime)
    family = a_family(either_runtime, "F001", standing="verified", level=1, next_step=2)
    offer_id = an_open_offer(either_runtime, family, channel="text", step=1)
    run_cadences(either_runtime)
    (claimed,) = claim(either_runtime).texts
    with either_runtime.sessions.begin() as session:
        offer = session.get_one(OfferRow, offer_id)
        end_offer(session, either_runtime, offer, outcome="superseded", now=either_runtime.now())
    record(either_runtime, [(claimed, Accepted("SM" + "1" * 32))])
    with either_runtime.sessions.read() as session:
        assert last_contact_at(session, family.id) == either_runtime.now()


# -- what comes in ------------------------------------------------------------------------------------------------


def test_a_text_that_cannot_be_written_is_an_error_and_not_taken_for_a_repeat(
    either_runtime: Runtime, line: FakeLine
) -> None:
    family = an_offered_family(either_runtime, line)
    with either_runtime.sessions.read() as session:
        taken = session.scalars(select(TextRow.id)).first()

    class Broken:
        def __call__(self) -> str:
            return taken or ""

    with pytest.raises(IntegrityError):
        came(replace(either_runtime, new_id=Broken()), family.e164, "STOP")


def test_the_ten_minutes_of_a_crisis_text_count_from_when_it_was_written(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    family = an_offered_family(either_runtime, line)
    written_at = clock()
    clock.move(hours=14)  # the webhook never came; the poll finds it at midnight, and who holds the phone then?
    late = InboundText(
        sid="SMlate", sender=family.e164, recipient="+447700900999", body="I want to kill myself",
        received_at=written_at,
    )  # fmt: skip
    receive_text(either_runtime, late)
    assert sent(either_runtime, line) == []
    with either_runtime.sessions.read() as session:
        assert session.scalars(select(AlertRow.kind)).all() == ["self_harm"]


# -- consent ------------------------------------------------------------------------------------------------------


def agreed(runtime: Runtime, family: Family, value: str = "given", *parts: str, authority: str | None = None) -> None:
    with runtime.sessions.begin() as session:
        for purpose in parts or ("refer", "share.name_number", "share.children", "share.needs", "share.safe_contact"):
            record_consent(
                session, runtime, family_id=family.id, purpose=purpose, value=value, by="ben", how="voice",
                now=runtime.now(), partner_id=LANTERN, authority=authority or "parental_responsibility",
            )  # fmt: skip


def referred(runtime: Runtime, family: Family) -> str:
    agreed(runtime, family)
    with runtime.sessions.begin() as session:
        row = referrals.refer(
            session, runtime, family_id=family.id, partner_id=LANTERN, conversation_id=None, by="ben", now=runtime.now()
        )
    assert row is not None
    return row.id


def test_a_part_taken_back_later_is_gone_from_a_referral_that_was_opened(either_runtime: Runtime) -> None:
    family = a_family(either_runtime, "F001")
    referral_id = referred(either_runtime, family)
    referrals.open_referral(either_runtime, EVE, referral_id=referral_id)
    agreed(either_runtime, family, "refused", "share.children")
    page = referral_page(either_runtime, EVE, referral_id)
    assert page is not None
    assert (page.children, page.carer) == ((), "Amina Rivera")
    assert "the children's first names and ages" in page.not_agreed


def test_a_no_to_the_partner_in_a_later_conversation_ends_the_partners_view(either_runtime: Runtime) -> None:
    family = a_family(either_runtime, "F001")
    referral_id = referred(either_runtime, family)
    referrals.open_referral(either_runtime, EVE, referral_id=referral_id)
    agreed(either_runtime, family, "refused", "refer")
    assert referral_page(either_runtime, EVE, referral_id) is None
    assert referral_list(either_runtime, EVE) == ()
    with pytest.raises(NotAllowed):
        referrals.accept(either_runtime, EVE, referral_id=referral_id)


def test_a_yes_given_anew_does_not_bring_back_parts_of_an_earlier_one(either_runtime: Runtime, clock: Clock) -> None:
    family = a_family(either_runtime, "F001")
    agreed(either_runtime, family)
    clock.move(days=300)
    agreed(either_runtime, family, "given", "refer", "share.name_number", authority="informal")
    with either_runtime.sessions.read() as session:
        standing = standing_of(session, family.id)
    assert {part for _, part in standing.parts} == {"share.name_number"}
    assert standing.authority == "informal"


def test_without_authority_only_name_and_number_may_be_shared_whatever_else_was_said(either_runtime: Runtime) -> None:
    family = a_family(either_runtime, "F001")
    parts = ("refer", "share.name_number", "share.needs", "share.safe_contact")
    agreed(either_runtime, family, "given", *parts, authority="unsure")
    with either_runtime.sessions.read() as session:
        standing = standing_of(session, family.id)
    assert [part for part in parts[1:] if standing.may_share(LANTERN, part)] == ["share.name_number"]


def test_a_safety_hold_holds_a_referral_nobody_opened_until_it_is_lifted(either_runtime: Runtime) -> None:
    family = a_family(either_runtime, "F001")
    referral_id = referred(either_runtime, family)
    with either_runtime.sessions.begin() as session:
        set_hold(
            session, either_runtime, family_id=family.id, kind=Kind.RELEASED, by="import", now=either_runtime.now()
        )
    assert referral_list(either_runtime, EVE) == ()
    assert referrals.release_held(either_runtime, BEN, referral_id=referral_id) is not None


def test_a_referral_the_partner_cannot_take_comes_back_to_a_person(either_runtime: Runtime) -> None:
    family = a_family(either_runtime, "F001")
    referral_id = referred(either_runtime, family)
    referrals.open_referral(either_runtime, EVE, referral_id=referral_id)
    assert referrals.decline(either_runtime, EVE, referral_id=referral_id, reason="no_capacity") is None
    with either_runtime.sessions.read() as session:
        assert session.scalars(select(TaskRow.kind)).all() == ["referral_declined"]


def test_a_stop_while_the_partner_is_in_touch_asks_a_person_whether_it_is_meant_for_both(
    either_runtime: Runtime, line: FakeLine
) -> None:
    family = an_offered_family(either_runtime, line)
    referrals.open_referral(either_runtime, EVE, referral_id=referred(either_runtime, family))
    came(either_runtime, family.e164, "STOP")
    with either_runtime.sessions.read() as session:
        assert "ask_partner" in set(session.scalars(select(TaskRow.kind)))


def test_a_person_who_reads_not_the_charity_ends_the_partners_view(either_runtime: Runtime, line: FakeLine) -> None:
    family = an_offered_family(either_runtime, line)
    referral_id = referred(either_runtime, family)
    referrals.open_referral(either_runtime, EVE, referral_id=referral_id)
    came(either_runtime, family.e164, "hmm what would they do with it?")
    with either_runtime.sessions.read() as session:
        seen = session.scalars(select(TextRow.id).where(TextRow.direction == "in")).one()
    said = obey_stop(either_runtime, BEN, number_id=family.number_id, seen=seen, scope="charity")
    assert said is None
    assert referral_page(either_runtime, EVE, referral_id) is None


def test_an_excluded_family_is_never_referred(either_runtime: Runtime) -> None:
    family = a_family(either_runtime, "F001")
    agreed(either_runtime, family)
    with either_runtime.sessions.begin() as session:
        session.get_one(FamilyRow, family.id).excluded_why = "foster_carer"
        made = referrals.refer(
            session, either_runtime, family_id=family.id, partner_id=LANTERN, conversation_id=None, by="ben",
            now=either_runtime.now(),
        )  # fmt: skip
    assert made is None


def test_consent_by_text_is_not_taken_while_a_doubt_waits_for_a_person(either_runtime: Runtime, line: FakeLine) -> None:
    family = talking(either_runtime, line)
    came(either_runtime, family.e164, "hmm what would they do with it?")
    for _ in range(8):
        came(either_runtime, family.e164, "1")
    with either_runtime.sessions.read() as session:
        assert standing_of(session, family.id).referred_to == frozenset()
        assert session.scalars(select(ReferralRow)).all() == []
    assert referral_list(either_runtime, EVE) == ()


# -- offers that would be stuck -----------------------------------------------------------------------------------


def test_danger_in_the_middle_of_the_consent_conversation_leaves_a_call_and_no_stuck_text(
    either_runtime: Runtime, line: FakeLine
) -> None:
    family = talking(either_runtime, line)
    came(either_runtime, family.e164, "he hit me again")
    offer = open_one(either_runtime, family)
    assert offer is not None
    assert offer.channel == "call"


def test_a_contact_asked_for_after_the_cadence_was_over_does_not_rest_for_ever(
    either_runtime: Runtime, clock: Clock
) -> None:
    family = a_family(either_runtime, "F001", standing="verified")
    with either_runtime.sessions.begin() as session:
        row = session.get_one(EnrolmentRow, family.enrolment_id)
        row.state, row.ended_at = "ended", either_runtime.now()
    with either_runtime.sessions.begin() as session:
        offer = asked_offer(
            session, either_runtime, family_id=family.id, due_at=either_runtime.now(), now=either_runtime.now()
        )
        end_offer(session, either_runtime, offer, outcome="no_reply", now=either_runtime.now())
    run_cadences(either_runtime)
    with either_runtime.sessions.read() as session:
        states = {(row.state, row.rest_until) for row in session.scalars(select(EnrolmentRow))}
    assert states == {("ended", None)}


def test_the_one_call_after_a_no_by_text_is_the_last_when_nobody_answers(
    either_runtime: Runtime, line: FakeLine, clock: Clock
) -> None:
    family = an_offered_family(either_runtime, line)
    came(either_runtime, family.e164, "No thanks")
    offer = open_one(either_runtime, family)
    assert offer is not None
    assert offer.why == "after_no"
    with either_runtime.sessions.begin() as session:
        end_offer(
            session, either_runtime, session.get_one(OfferRow, offer.id), outcome="no_reply", now=either_runtime.now()
        )
    clock.move(days=200)
    run_cadences(either_runtime)
    with either_runtime.sessions.read() as session:
        assert session.get_one(EnrolmentRow, family.enrolment_id).state == "ended"


def test_after_a_no_by_text_no_later_step_is_a_text(either_runtime: Runtime, line: FakeLine, clock: Clock) -> None:
    family = an_offered_family(either_runtime, line)
    came(either_runtime, family.e164, "No thanks")
    with either_runtime.sessions.begin() as session:
        offer = open_offer(session, family.id)
        assert offer is not None
        end_offer(session, either_runtime, offer, outcome="O3", now=either_runtime.now())
        enrolment = session.get_one(EnrolmentRow, family.enrolment_id)
        enrolment.state, enrolment.rest_until, enrolment.behind = "active", None, (0, 1, 2)  # the text at six months
    run_cadences(either_runtime)
    planned = open_one(either_runtime, family)
    assert planned is not None
    assert planned.channel == "call"


def test_a_step_by_call_ends_as_stopped_where_calls_were_stopped(either_runtime: Runtime, line: FakeLine) -> None:
    family = an_offered_family(either_runtime, line)
    with either_runtime.sessions.begin() as session:
        row = numbers.lock(session, family.number_id)
        stop(
            session, either_runtime, number=row, family_ids=[family.id], scope=frozenset({"call"}), by="family",
            now=either_runtime.now(),
        )  # fmt: skip
        offer = open_offer(session, family.id)
        assert offer is not None
        end_offer(session, either_runtime, offer, outcome="no_reply", now=either_runtime.now())
        session.get_one(EnrolmentRow, family.enrolment_id).behind = (0, 1)
    run_cadences(either_runtime)
    run_cadences(either_runtime)
    with either_runtime.sessions.read() as session:
        rows = session.scalars(select(OfferRow).where(OfferRow.family_id == family.id).order_by(OfferRow.step)).all()
    assert [(row.step, row.channel, row.outcome) for row in rows] == [
        (1, "text", "no_reply"), (2, "call", "stopped"), (3, "text", None),
    ]  # fmt: skip


def test_an_excluded_family_that_writes_gets_a_person_and_no_call_nobody_may_make(
    either_runtime: Runtime, line: FakeLine
) -> None:
    family = a_family(either_runtime, "F001", standing="verified", level=1)
    switch_on_texts(either_runtime)
    with either_runtime.sessions.begin() as session:
        session.get_one(FamilyRow, family.id).excluded_why = "foster_carer"
    came(either_runtime, family.e164, "CALL")
    assert open_one(either_runtime, family) is None
    assert sent(either_runtime, line) == []


def test_a_pause_by_hand_outlasts_the_pause_of_an_alert(either_runtime: Runtime, line: FakeLine, clock: Clock) -> None:
    family = an_offered_family(either_runtime, line)
    came(either_runtime, family.e164, "he hit me again")
    clock.move(minutes=16)
    watch_alerts(either_runtime)
    pause(either_runtime, ANA, area="OXF")
    with either_runtime.sessions.read() as session:
        alert_id = session.scalars(select(AlertRow.id)).one()
    take_alert(either_runtime, BEN, alert_id=alert_id)
    with either_runtime.sessions.read() as session:
        assert session.get_one(AreaRow, "OXF").paused_why == "by_hand"


# -- time, and what errors say ------------------------------------------------------------------------------------


def test_moving_the_demos_clock_does_not_shorten_the_rest_after_wrong_passwords(runtime: Runtime) -> None:
    class DemoTime:
        def __init__(self) -> None:
            self.real, self.ahead = runtime.now, timedelta()

        def __call__(self) -> datetime:
            return self.real() + self.ahead

    clock = DemoTime()
    house = replace(runtime, now=clock)
    for _ in range(5):
        sign_in.begin(house, email="ben@paramount.example", password="wrong horse battery")
    clock.ahead = timedelta(days=1)
    said = sign_in.begin(house, email="ben@paramount.example", password="wrong horse battery")
    assert isinstance(said, sign_in.Refused)
    with runtime.sessions.read() as session:
        rests = session.get_one(StaffRow, "ben")
    assert (rests.locked_until, rests.failures) == (clock.real() + timedelta(minutes=15), 0)  # this try did not count


def test_an_error_of_the_database_carries_nothing_of_what_was_written(either_runtime: Runtime) -> None:
    family = a_family(either_runtime, "F001")
    wrong = update(FamilyRow).where(FamilyRow.id == family.id).values(area_code="VERY-PRIVATE")
    with pytest.raises(IntegrityError) as fault, either_runtime.sessions.begin() as session:  # noqa: PT012
        session.execute(wrong)
        session.flush()
    assert "VERY-PRIVATE" not in str(fault.value).partition("DETAIL")[0]


# -- the next file ------------------------------------------------------------------------------------------------


def imported(runtime: Runtime, *rows: dict[str, str], name: str) -> None:
    waiting = plan_import(runtime, ANA, data=a_file(*rows), file_name=name)
    assert isinstance(waiting, Waiting), waiting
    assert isinstance(commit_plan(runtime, ANA, batch_id=waiting.batch_id, late="now"), Committed)


def of_ref(runtime: Runtime, ref: str) -> str:
    with runtime.sessions.read() as session:
        return session.scalars(select(FamilyRow.id).where(FamilyRow.ref == ref)).one()


def test_a_phone_that_changes_to_a_stopped_number_stops_the_family(either_runtime: Runtime) -> None:
    imported(either_runtime, a_row(), a_row("F002"), name="january.csv")
    came(either_runtime, "+447700900002", "STOP")
    run_cadences(either_runtime)
    imported(either_runtime, a_row(carer_phone="07700 900002"), a_row("F002"), name="february.csv")
    run_cadences(either_runtime)
    with either_runtime.sessions.read() as session:
        family_id = of_ref(either_runtime, "F001")
        assert standing_of(session, family_id).stopped == EVERYTHING
        assert open_offer(session, family_id) is None
        assert live_enrolment(session, family_id) is None


def test_a_family_first_filed_as_released_by_mistake_is_not_lost(either_runtime: Runtime) -> None:
    imported(either_runtime, a_row(custody="released"), name="january.csv")
    imported(either_runtime, a_row(), name="february.csv")
    with either_runtime.sessions.read() as session:
        assert live_enrolment(session, of_ref(either_runtime, "F001")) is not None


def test_a_phone_that_becomes_the_imprisoned_parents_leaves_somebody_the_task_to_find_another(
    either_runtime: Runtime,
) -> None:
    imported(either_runtime, a_row(), name="january.csv")
    imported(either_runtime, a_row(parent_phone="07700 900001"), name="february.csv")
    with either_runtime.sessions.read() as session:
        assert "find_number" in set(session.scalars(select(TaskRow.kind)))
        assert session.scalars(select(NumberRow)).one().is_parents


def test_what_the_last_carer_said_of_her_phone_is_forgotten_with_another_carer(either_runtime: Runtime) -> None:
    imported(either_runtime, a_row(), name="january.csv")
    with either_runtime.sessions.begin() as session:
        number = session.scalars(select(NumberRow)).one()
        number.shared, number.voicemail, number.private_times = "no", "ok", b"sealed"
    imported(either_runtime, a_row(carer_ref="C900", carer_name="Nan Rivera"), name="february.csv")
    with either_runtime.sessions.read() as session:
        number = session.scalars(select(NumberRow)).one()
        assert (number.shared, number.voicemail, number.private_times) == ("unknown", "unknown", None)


# -- calls and visits ---------------------------------------------------------------------------------------------


def test_careful_contact_is_never_a_visit(either_runtime: Runtime) -> None:
    family = a_family(either_runtime, "F001", standing="verified")
    offer_id = an_open_offer(either_runtime, family, channel="visit")
    with either_runtime.sessions.begin() as session:
        set_hold(
            session, either_runtime, family_id=family.id, kind=Kind.CONFIDENTIAL_ADDRESS, by="import",
            now=either_runtime.now(),
        )  # fmt: skip
        session.get_one(FamilyRow, family.id).assigned_to = "ben"
    said = guide_call.open_call(either_runtime, BEN, offer_id=offer_id)
    assert isinstance(said, guide_call.Refusal)
    assert "careful contact" in said.why


def test_a_cadence_has_no_step_that_nobody_could_end(either_runtime: Runtime) -> None:
    letter = replace(DEFAULT, steps=(Step(after=After(0, "days"), channel="letter", script="first_call"),))
    assert any("letters" in each for each in problems_of(letter))


def test_a_level_that_has_lapsed_does_not_come_back_by_a_call_that_did_not_ask_for_it(
    either_runtime: Runtime, clock: Clock
) -> None:
    family = a_family(either_runtime, "F001", standing="verified", level=2)
    clock.move(days=100)
    opened = guide_call.open_call(either_runtime, BEN, offer_id=an_open_offer(either_runtime, family))
    assert isinstance(opened, guide_call.Opened)
    conversation_id, answers = opened.conversation_id, ["yes", "yes"]
    for one in answers:
        page = call_page(either_runtime, BEN, conversation_id=conversation_id)
        assert page.step is not None
        guide_call.answer(
            either_runtime, BEN, conversation_id=conversation_id, step=page.step.address, visit=page.step.visit,
            answer=one,
        )  # fmt: skip
    with either_runtime.sessions.begin() as session:
        conversation = session.get_one(ConversationRow, conversation_id)
        bundle, stands = pinned.walked(session, conversation)
        closing = _Closing(
            session, either_runtime, BEN, conversation, session.get_one(FamilyRow, family.id), bundle, stands, clock(),
            clock(), None, None,
        )  # fmt: skip
        row = numbers.lock(session, family.number_id)
        closing._number(row, "O3")
        assert (row.standing, row.level, row.verified_at) == ("verified", 0, clock())


def test_a_worker_of_the_charity_is_no_practitioner_without_an_agreement(either_runtime: Runtime) -> None:
    said = add_person(
        either_runtime, email="new@lantern.example", name="New Person", role=Role.PRACTITIONER,
        organisation="Lantern Families", kind="police", areas=["OXF"],
    )  # fmt: skip
    assert isinstance(said, NotAdded)
