"""The guided call, from the worklist to what became true."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest
from sqlalchemy import select

from outreach.domain.access import NotAllowed
from outreach.domain.hold import Kind
from outreach.engine import dial_call, guide_call, pinned
from outreach.engine.dial_call import Dialled
from outreach.engine.finish_call import Finished, finish
from outreach.engine.guide_call import Answered, Opened, Refusal
from outreach.engine.holds import set_hold
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow, TaskRow
from outreach.store.cadences import EnrolmentRow
from outreach.store.consents import ConsentRow, standing_of
from outreach.store.conversations import AnswerRow, ConversationRow
from outreach.store.families import FamilyRow
from outreach.store.numbers import NumberRow
from outreach.store.offers import AttemptRow, OfferRow, open_offer
from outreach.store.referrals import NeedRow, ReferralRow
from outreach.store.sealing import unseal
from outreach.views.call import call_page
from tests.cast import ANA, BEN, DEV, EVE, LANTERN, STAFF_PHONES, Family, a_family, an_open_offer
from tests.fakes import Clock, FakeLine

TO_SAFE = ["yes", "yes"]
TO_CONSENT = [*TO_SAFE, "next", "said", "next", "child", "feelings,school", "some", "carer"]
YES_TO_ALL = ["yes", "parent", "yes", "yes", "yes", "yes"]
CLOSE = ["named", "neutral", "next", "next"]


def began(runtime: Runtime, family: Family) -> str:
    opened = guide_call.open_call(runtime, BEN, offer_id=an_open_offer(runtime, family))
    assert isinstance(opened, Opened), opened
    return opened.conversation_id


def say(runtime: Runtime, conversation_id: str, *answers: str, words: str = "") -> None:
    """Give answers one after another, each to the question that stands."""
    for one in answers:
        page = call_page(runtime, BEN, conversation_id=conversation_id)
        assert page.step is not None
        given = guide_call.answer(
            runtime, BEN, conversation_id=conversation_id, step=page.step.address, visit=page.step.visit, answer=one,
            words=words,
        )  # fmt: skip
        assert isinstance(given, Answered), (page.step.address, one, given)


def accepted(runtime: Runtime, family: Family) -> str:
    conversation_id = began(runtime, family)
    say(runtime, conversation_id, *TO_CONSENT, *YES_TO_ALL, *CLOSE)
    return conversation_id


def test_a_yes_becomes_consent_part_by_part_needs_and_one_referral(either_runtime: Runtime) -> None:
    runtime = either_runtime
    family = a_family(runtime, "F001")
    conversation_id = accepted(runtime, family)
    done = finish(runtime, BEN, conversation_id=conversation_id)
    assert isinstance(done, Finished)
    assert done.outcome == "O1"
    with runtime.sessions.read() as session:
        referral = session.scalars(select(ReferralRow)).one()
        assert (referral.id, referral.partner_id, referral.state) == (done.referral_id, LANTERN, "sent")
        consents = session.scalars(select(ConsentRow).order_by(ConsentRow.id)).all()
        assert [(row.purpose, row.value) for row in consents] == [
            (purpose, "given")
            for purpose in (
                "refer", "share.name_number", "share.children", "share.needs", "share.safe_contact", "feedback"
            )
        ]  # fmt: skip
        asked = consents[0]
        words = unseal(session, asked.wording, key_id=family.id, table="consent", column="wording", row_id=asked.id)
        assert words is not None
        assert "Lantern Families" in words
        assert (asked.how, asked.authority, asked.wording_name) == ("voice", "parental_responsibility", "consent/refer")
        assert consents[2].for_whom == ["F001-child"]
        needs = session.scalars(select(NeedRow).order_by(NeedRow.id)).all()
        assert [(row.kind, row.detail, row.primary) for row in needs] == [
            ("child", "feelings", True), ("child", "school", False), ("carer", None, False),
        ]  # fmt: skip
        number = session.get_one(NumberRow, family.number_id)
        assert (number.standing, number.level, number.shared, number.voicemail) == ("verified", 2, "no", "neutral")
        offer = session.scalars(select(OfferRow)).one()
        assert (offer.state, offer.outcome, offer.tries) == ("ended", "O1", 1)
        assert session.scalars(select(AttemptRow)).one().code == "A01"


def test_closing_twice_refers_once(runtime: Runtime) -> None:
    conversation_id = accepted(runtime, a_family(runtime, "F001"))
    for _ in range(2):
        assert isinstance(finish(runtime, BEN, conversation_id=conversation_id), Finished)
    with runtime.sessions.read() as session:
        assert len(session.scalars(select(ReferralRow)).all()) == 1
        assert len(session.scalars(select(AttemptRow)).all()) == 1
        assert len(session.scalars(select(ConsentRow)).all()) == 6


def test_without_authority_only_the_own_name_and_number_may_go(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    conversation_id = began(runtime, family)
    say(runtime, conversation_id, *TO_SAFE, "next", "said", "next", "carer", "", "", "yes", "unsure", "next", *CLOSE)
    assert isinstance(finish(runtime, BEN, conversation_id=conversation_id), Finished)
    with runtime.sessions.read() as session:
        standing = standing_of(session, family.id)
        assert standing.parts == {(LANTERN, "share.name_number")}
        assert standing.authority == "unsure"


def test_a_call_that_broke_off_has_given_no_consent(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    conversation_id = began(runtime, family)
    say(runtime, conversation_id, *TO_CONSENT, "yes", "parent", "no", "exit_dropped")
    assert isinstance(finish(runtime, BEN, conversation_id=conversation_id), Finished)
    with runtime.sessions.read() as session:
        rows = session.scalars(select(ConsentRow)).all()
        assert [(row.purpose, row.value) for row in rows] == [("share.children", "refused")]
        assert session.scalars(select(ReferralRow)).all() == []
        assert session.scalars(select(OfferRow.state)).one() == "open"


@pytest.mark.parametrize(("close", "standing"), [(["next"] * 4, "compromised"), (CLOSE, "verified")])
def test_a_phone_that_somebody_else_answered_is_hers_only_if_she_says_so(
    runtime: Runtime, close: list[str], standing: str
) -> None:
    family = a_family(runtime, "F001")
    conversation_id = began(runtime, family)
    say(runtime, conversation_id, "fetched", "yes", "next", "said", "next", "later", *close)
    assert isinstance(finish(runtime, BEN, conversation_id=conversation_id), Finished)
    with runtime.sessions.read() as session:
        assert session.get_one(NumberRow, family.number_id).standing == standing


def test_the_same_answer_twice_is_one_answer(runtime: Runtime) -> None:
    conversation_id = began(runtime, a_family(runtime, "F001"))
    for _ in range(2):
        given = guide_call.answer(
            runtime, BEN, conversation_id=conversation_id, step="opening/is_it_them", visit=1, answer="yes"
        )
        assert given == Answered(ended=False)
    with runtime.sessions.read() as session:
        assert len(session.scalars(select(AnswerRow)).all()) == 1


def test_an_answer_to_an_old_page_is_refused_and_changes_nothing(runtime: Runtime) -> None:
    conversation_id = began(runtime, a_family(runtime, "F001"))
    say(runtime, conversation_id, "yes")
    late = guide_call.answer(
        runtime, BEN, conversation_id=conversation_id, step="opening/is_it_them", visit=1, answer="other"
    )
    ahead = guide_call.answer(
        runtime, BEN, conversation_id=conversation_id, step="consent/refer", visit=1, answer="yes"
    )
    assert isinstance(late, Refusal)
    assert isinstance(ahead, Refusal)
    page = call_page(runtime, BEN, conversation_id=conversation_id)
    assert page.step is not None
    assert page.step.address == "opening/safe_to_talk"


def test_changing_an_answer_keeps_what_still_fits_and_drops_the_rest(runtime: Runtime) -> None:
    conversation_id = began(runtime, a_family(runtime, "F001"))
    say(runtime, conversation_id, *TO_CONSENT, "yes", "parent", "yes")
    changed = guide_call.change_answer(
        runtime, BEN, conversation_id=conversation_id, step="consent/authority", visit=1, answer="guardian"
    )
    assert changed == Answered(ended=False)
    page = call_page(runtime, BEN, conversation_id=conversation_id)
    assert page.step is not None
    assert page.step.address == "consent/needs"
    guide_call.change_answer(
        runtime, BEN, conversation_id=conversation_id, step="consent/authority", visit=1, answer="unsure"
    )
    page = call_page(runtime, BEN, conversation_id=conversation_id)
    assert page.step is not None
    assert page.step.address == "consent/only_theirs"
    with runtime.sessions.read() as session:
        standing = session.scalars(
            select(AnswerRow.address).where(AnswerRow.replaced.is_(False)).order_by(AnswerRow.seq)
        ).all()
        assert "consent/children" not in standing
        assert session.scalars(select(AnswerRow.answer).where(AnswerRow.address == "consent/authority")).all() == [
            "parent", "guardian", "unsure",
        ]  # fmt: skip


def test_nothing_that_discloses_is_on_the_page_before_it_is_safe(runtime: Runtime) -> None:
    conversation_id = began(runtime, a_family(runtime, "F001"))
    say(runtime, conversation_id, "yes")
    before = repr(call_page(runtime, BEN, conversation_id=conversation_id))
    say(runtime, conversation_id, "yes")
    after = repr(call_page(runtime, BEN, conversation_id=conversation_id))
    for word in ("prison", "police", "Lantern", "Robin", "children.ages"):
        assert word not in before
    assert "prison" in after


def test_what_was_shown_is_hidden_again_once_it_is_not_safe(runtime: Runtime) -> None:
    conversation_id = began(runtime, a_family(runtime, "F001"))
    say(runtime, conversation_id, *TO_SAFE, "next", "said", "exit_unsafe")
    assert "prison" not in repr(call_page(runtime, BEN, conversation_id=conversation_id))


@pytest.mark.parametrize(
    "answers", [["other"], ["child"], ["yes", "unsafe", "phrase"], [*TO_SAFE, "exit_unsafe", "hold"]]
)
def test_somebody_else_or_not_safe_compromises_the_number(runtime: Runtime, answers: list[str]) -> None:
    family = a_family(runtime, "F001")
    conversation_id = began(runtime, family)
    say(runtime, conversation_id, *answers)
    assert isinstance(finish(runtime, BEN, conversation_id=conversation_id), Finished)
    with runtime.sessions.read() as session:
        assert session.get_one(NumberRow, family.number_id).standing == "compromised"
        assert session.scalars(select(TaskRow.kind)).all() == ["decide_number"]
    again = open_again(runtime, family)
    assert isinstance(again, Refusal)


def open_again(runtime: Runtime, family: Family) -> Opened | Refusal:
    with runtime.sessions.read() as session:
        offer = open_offer(session, family.id)
        offer_id = offer.id if offer else None
    return guide_call.open_call(runtime, BEN, offer_id=offer_id or an_open_offer(runtime, family, step=1))


def test_an_exit_phrase_and_a_stranger_are_told_apart(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    conversation_id = began(runtime, family)
    say(runtime, conversation_id, "wrong")
    assert isinstance(finish(runtime, BEN, conversation_id=conversation_id), Finished)
    with runtime.sessions.read() as session:
        assert session.get_one(NumberRow, family.number_id).standing == "lost"
        assert session.scalars(select(TaskRow.kind)).all() == ["find_number"]


def test_no_answer_leaves_the_offer_open_for_another_day_until_its_tries_are_used(
    runtime: Runtime, clock: Clock
) -> None:
    family = a_family(runtime, "F001")
    offer_id = an_open_offer(runtime, family)
    for left in (2, 1, 0):
        opened = guide_call.open_call(runtime, BEN, offer_id=offer_id)
        assert isinstance(opened, Opened)
        say(runtime, opened.conversation_id, "none")
        finish(runtime, BEN, conversation_id=opened.conversation_id)
        with runtime.sessions.read() as session:
            offer = session.get_one(OfferRow, offer_id)
            assert offer.state == ("open" if left else "ended")
            if left:
                assert offer.due_at.date() > clock().date()
                clock.moment = offer.due_at
    assert offer.outcome == "no_reply"
    assert offer.tries == 3


def test_a_stop_on_a_call_ends_everything(either_runtime: Runtime) -> None:
    runtime = either_runtime
    family = a_family(runtime, "F001")
    conversation_id = began(runtime, family)
    say(runtime, conversation_id, *TO_SAFE, "exit_stop")
    assert isinstance(finish(runtime, BEN, conversation_id=conversation_id), Finished)
    with runtime.sessions.read() as session:
        assert standing_of(session, family.id).stopped == {"text", "call"}
        assert session.scalars(select(OfferRow.outcome)).one() == "stopped"
        assert session.scalars(select(EnrolmentRow.state)).one() == "ended"


def test_danger_is_told_at_once_and_once(runtime: Runtime) -> None:
    conversation_id = began(runtime, a_family(runtime, "F001"))
    say(runtime, conversation_id, *TO_SAFE, "exit_distress", "worried", "yes", "today")
    with runtime.sessions.read() as session:
        alert = session.scalars(select(AlertRow)).one()
        assert (alert.kind, alert.area_code, alert.taken_at) == ("self_harm", "OXF", None)
    done = finish(runtime, BEN, conversation_id=conversation_id)
    assert isinstance(done, Finished)
    assert done.hard
    with runtime.sessions.read() as session:
        assert len(session.scalars(select(AlertRow)).all()) == 1


def test_a_hold_keeps_a_call_from_being_started(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    offer_id = an_open_offer(runtime, family)
    with runtime.sessions.begin() as session:
        set_hold(session, runtime, family_id=family.id, kind=Kind.LIVE_SAFEGUARDING, by="ana", now=runtime.now())
    refused = guide_call.open_call(runtime, BEN, offer_id=offer_id)
    assert isinstance(refused, Refusal)
    assert "children's services" in refused.why
    with runtime.sessions.read() as session:
        assert session.scalars(select(ConversationRow)).all() == []


def test_careful_contact_is_for_the_named_and_trained_practitioner_alone(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    offer_id = an_open_offer(runtime, family)
    with runtime.sessions.begin() as session:
        set_hold(session, runtime, family_id=family.id, kind=Kind.CARER_IS_VICTIM, by="ana", now=runtime.now())
    assert isinstance(guide_call.open_call(runtime, BEN, offer_id=offer_id), Refusal)
    with runtime.sessions.begin() as session:
        session.get_one(FamilyRow, family.id).assigned_to = "ben"
    assert isinstance(guide_call.open_call(runtime, BEN, offer_id=offer_id), Opened)


@pytest.mark.parametrize("actor", [DEV, EVE])
def test_nobody_from_elsewhere_opens_or_sees_a_call(runtime: Runtime, actor: object) -> None:
    family = a_family(runtime, "F001")
    conversation_id = began(runtime, family)
    with pytest.raises(NotAllowed):
        call_page(runtime, actor, conversation_id=conversation_id)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        finish(runtime, actor, conversation_id=conversation_id)  # type: ignore[arg-type]


def test_a_call_that_was_left_goes_on_where_it_stood_also_by_a_colleague(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    offer_id = an_open_offer(runtime, family)
    opened = guide_call.open_call(runtime, BEN, offer_id=offer_id)
    assert isinstance(opened, Opened)
    say(runtime, opened.conversation_id, *TO_SAFE)
    guide_call.leave(runtime, BEN, conversation_id=opened.conversation_id)
    assert guide_call.open_call(runtime, ANA, offer_id=offer_id) == replace(opened, begun=True)
    page = call_page(runtime, BEN, conversation_id=opened.conversation_id)
    assert page.step is not None
    assert (page.state, page.step.address) == ("open", "first_offer/why")


def test_a_call_keeps_the_words_it_began_with_and_says_quietly_that_there_are_newer_ones(runtime: Runtime) -> None:
    conversation_id = began(runtime, a_family(runtime, "F001"))
    with runtime.sessions.read() as session:
        bundle, stands = pinned.walked(session, session.get_one(ConversationRow, conversation_id))
    assert bundle == runtime.library.bundle("first_call")
    assert stands.position == "opening/is_it_them"
    before = call_page(runtime, BEN, conversation_id=conversation_id)
    opening = runtime.library.scripts["opening", "en"]
    edited = replace(opening.steps["is_it_them"], say="Good day, who is there?")
    newer = replace(opening, steps={**opening.steps, "is_it_them": edited}, version="another")
    library = replace(runtime.library, scripts={**runtime.library.scripts, ("opening", "en"): newer})
    after = call_page(replace(runtime, library=library), BEN, conversation_id=conversation_id)
    assert (before.newer_words, after.newer_words) == (False, True)
    assert before.step is not None
    assert after.step == before.step


def test_a_dial_rings_the_practitioner_and_is_asked_for_once(runtime: Runtime, line: FakeLine) -> None:
    conversation_id = began(runtime, a_family(runtime, "F001"))
    dialled = dial_call.dial(runtime, BEN, conversation_id=conversation_id)
    assert isinstance(dialled, Dialled)
    assert isinstance(dial_call.dial(runtime, BEN, conversation_id=conversation_id), Refusal)
    assert line.dials == [{"first": "+447700900801", "reference": dialled.attempt_id}]
    say(runtime, conversation_id, "none")
    finish(runtime, BEN, conversation_id=conversation_id)
    with runtime.sessions.read() as session:
        attempt = session.scalars(select(AttemptRow)).one()
        assert (attempt.id, attempt.code, attempt.band, attempt.caller_id) == (
            dialled.attempt_id, "A04", "morning", "presented",
        )  # fmt: skip


def test_a_time_is_promised_only_where_somebody_is_on_duty(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    conversation_id = began(runtime, family)
    say(runtime, conversation_id, "yes", "later")
    sunday = finish(runtime, BEN, conversation_id=conversation_id, next_on=date(2026, 1, 18), next_time=time(11))
    assert isinstance(sunday, Refusal)
    done = finish(runtime, BEN, conversation_id=conversation_id, next_on=date(2026, 1, 15), next_time=time(11))
    assert isinstance(done, Finished)
    with runtime.sessions.read() as session:
        offer = session.scalars(select(OfferRow)).one()
        assert (offer.state, offer.promised, offer.due_at.isoformat()) == ("open", True, "2026-01-15T11:00:00+00:00")


def test_a_second_no_ends_the_cadence(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    for step in (0, 1):
        opened = guide_call.open_call(runtime, BEN, offer_id=an_open_offer(runtime, family, step=step))
        assert isinstance(opened, Opened)
        say(runtime, opened.conversation_id, *TO_SAFE, "next", "said", "next", "no", "next", "yes")
        assert isinstance(finish(runtime, BEN, conversation_id=opened.conversation_id), Finished)
        with runtime.sessions.read() as session:
            enrolment = session.scalars(select(EnrolmentRow)).one()
            assert enrolment.state == ("rested" if step == 0 else "ended")


def test_a_foster_carer_goes_to_the_local_authority_and_nothing_is_referred(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    conversation_id = began(runtime, family)
    say(runtime, conversation_id, *TO_CONSENT, "yes", "foster")
    done = finish(runtime, BEN, conversation_id=conversation_id)
    assert isinstance(done, Finished)
    assert (done.outcome, done.referral_id) == ("O8", None)
    with runtime.sessions.read() as session:
        assert session.get_one(FamilyRow, family.id).excluded_why == "foster_carer"
        assert standing_of(session, family.id).referred_to == frozenset()
        assert session.scalars(select(ConsentRow.value)).all() == ["refused", "refused"]


def test_the_next_call_opens_with_what_was_said_last_time(runtime: Runtime, clock: Clock) -> None:
    family = a_family(runtime, "F001")
    conversation_id = began(runtime, family)
    say(runtime, conversation_id, *TO_SAFE, "next", "said", "next", "later", "next", "next", "next", "next")
    finish(runtime, BEN, conversation_id=conversation_id)
    clock.move(days=60)
    opened = guide_call.open_call(runtime, BEN, offer_id=an_open_offer(runtime, family, step=1))
    assert isinstance(opened, Opened)
    say(runtime, opened.conversation_id, *TO_SAFE)
    page = call_page(runtime, BEN, conversation_id=opened.conversation_id)
    assert page.step is not None
    assert page.step.say.startswith("We last spoke in January, and you said not just now.")


@pytest.mark.parametrize(
    ("answers", "kinds"),
    [
        (["exit_abuse", "exit_dropped"], ["violence"]),
        (["exit_abuse", "yes", "later"], ["violence"]),
        (["exit_child", "exit_dropped"], ["child_harm"]),
        (["exit_distress", "worried", "yes", "exit_dropped"], ["self_harm"]),
        (["exit_distress", "worried", "unclear", "exit_dropped"], ["self_harm"]),
        (["exit_distress", "exit_dropped"], ["distress"]),
        (["exit_distress", "worried", "exit_dropped"], ["distress"]),
        (["exit_distress", "steady", "later"], []),
        (["exit_distress", "steady", "exit_dropped"], []),
    ],
)
def test_what_was_disclosed_is_told_also_where_the_call_breaks_off(
    runtime: Runtime, line: FakeLine, answers: list[str], kinds: list[str]
) -> None:
    conversation_id = began(runtime, a_family(runtime, "F001"))
    say(runtime, conversation_id, *TO_SAFE, *answers)
    with runtime.sessions.read() as session:
        assert session.scalars(select(AlertRow.kind)).all() == kinds
    assert bool(line.texts) is bool(kinds)
    done = finish(runtime, BEN, conversation_id=conversation_id)
    assert isinstance(done, Finished)
    assert done.hard
    page = call_page(runtime, BEN, conversation_id=conversation_id)
    assert (page.hard, page.told) == (True, bool(kinds))


def test_danger_in_a_call_is_told_to_the_others_first(runtime: Runtime, line: FakeLine) -> None:
    conversation_id = began(runtime, a_family(runtime, "F001"))
    say(runtime, conversation_id, *TO_SAFE, "exit_abuse")
    assert STAFF_PHONES["ben"] not in [text["to"] for text in line.texts]
    assert [text["to"] for text in line.texts] == [STAFF_PHONES["cora"]]
