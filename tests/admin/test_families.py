from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import select

from outreach.domain.access import Actor
from outreach.domain.hold import Kind
from outreach.engine.end_offer import asked_offer, end_offer
from outreach.engine.enrol import rest_enrolment
from outreach.engine.holds import set_hold
from outreach.engine.record_consent import record_consent
from outreach.engine.refer import refer
from outreach.engine.run_cadences import run_cadences
from outreach.engine.stops import EVERYTHING, stop
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import numbers
from outreach.store.consents import ConsentRow, last_word_on_contact, standing_of
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow
from outreach.store.holds import HoldRow, open_holds
from outreach.store.numbers import NumberRow
from outreach.store.offers import OfferRow
from outreach.store.referrals import ReferralRow
from outreach.store.sealing import destroy_key, seal
from outreach.store.texts import ReadingRow, TextRow
from outreach.views.family_page import family_page
from tests.browsing import Visitor, words
from tests.cast import ANA, BEN, CORA, DEV, EVE, LANTERN, Family, a_family, an_open_offer

Be = Callable[[Actor | None], Visitor]
NOWHERE = "00000000-0000-7000-8000-999999999999"


def write(runtime: Runtime, family: Family, body: str, *, direction: str = "in", action: str = "ask_person") -> None:
    text_id = runtime.new_id()
    with runtime.sessions.begin() as session:
        session.add(
            TextRow(
                id=text_id,
                direction=direction,
                number_id=family.number_id,
                family_id=family.id,
                purpose="reply" if direction == "in" else "offer",
                key_id=family.id,
                body=seal(session, body, key_id=family.id, table="text", column="body", row_id=text_id),
                state="received" if direction == "in" else "delivered",
                at=runtime.now(),
            )
        )
        session.flush()
        if direction == "in":
            session.add(
                ReadingRow(text_id=text_id, family_id=family.id, intent="later", action=action, needs_person=True)
            )


def hold(runtime: Runtime, family: Family, kind: Kind, **more: object) -> str:
    with runtime.sessions.begin() as session:
        row = set_hold(session, runtime, family_id=family.id, kind=kind, by="import", now=runtime.now(), **more)  # type: ignore[arg-type]
        return row.id


def test_one_sentence_says_what_comes_next_and_why(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    run_cadences(runtime)
    assert "Next: a call today at 10am" in words(be(BEN).get(f"/families/{family.id}"))
    assert "because nobody has offered yet" in words(be(BEN).get(f"/families/{family.id}"))


def test_a_promised_time_is_said_with_its_window_and_that_they_asked(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    thursday = runtime.now() + timedelta(days=2)
    with runtime.sessions.begin() as session:
        asked_offer(
            session,
            runtime,
            family_id=family.id,
            due_at=thursday,
            due_until=thursday + timedelta(hours=1),
            now=runtime.now(),
        )
    page = words(be(BEN).get(f"/families/{family.id}"))
    assert "Next: a call on Thursday, 10 to 11" in page
    assert "because they asked" in page


def test_a_hold_is_said_with_its_reason_and_its_end(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    an_open_offer(runtime, family)
    hold(runtime, family, Kind.SOCIAL_WORKER_FIRST, until=runtime.now() + timedelta(days=3))
    page = words(be(BEN).get(f"/families/{family.id}"))
    assert "Nothing will be sent: the social worker is to be told first , until Friday 16 January 2026" in page.replace(
        "first,", "first ,"
    )


def test_after_a_stop_nothing_will_be_sent(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        record_consent(
            session, runtime, family_id=family.id, purpose="contact", value="withdrawn", by="carer", how="text",
            now=runtime.now(),
        )  # fmt: skip
    page = words(be(BEN).get(f"/families/{family.id}"))
    assert "Nothing will be sent: they asked us to stop." in page
    assert "They asked us to stop contacting them" in page


def test_the_line_of_time_has_everything_newest_first_and_today_in_between(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    offer_id = an_open_offer(runtime, family)
    write(runtime, family, "Hello, this is the Willow team.", direction="out")
    write(runtime, family, "maybe after half term??")
    with runtime.sessions.begin() as session:
        end_offer(session, runtime, session.get_one(OfferRow, offer_id), outcome="O3", now=runtime.now())
    hold(runtime, family, Kind.REPLY)
    page = words(be(BEN).get(f"/families/{family.id}"))
    for said in (
        "Recognised: came with a file",
        "We wrote",
        "Hello, this is the Willow team.",
        "Arrived",
        "They wrote",
        "maybe after half term??",
        "Read as: later; a person is to look",
        "An offer by call ended: not now",
        "Held: they wrote something a person should read first",
    ):
        assert said in page, said
    assert page.index("Planned: a call") < page.index("Today, Tuesday 13 January 2026") < page.index("We wrote")


def test_words_of_a_family_are_never_taken_for_markup(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001", name="<b>Amina</b>")
    write(runtime, family, "<script>alert(1)</script>")
    page = be(BEN).get(f"/families/{family.id}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<b>Amina" not in page


def test_a_text_of_sixteen_hundred_letters_is_shown_whole(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    write(runtime, family, "x" * 1600)
    assert "x" * 1600 in be(BEN).get(f"/families/{family.id}").text


def test_destroyed_words_are_said_to_be_gone(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    write(runtime, family, "maybe after half term??")
    with runtime.sessions.begin() as session:
        destroy_key(session, family.id, now=runtime.now())
    page = words(be(BEN).get(f"/families/{family.id}"))
    assert "These words were destroyed" in page
    assert "half term" not in page


def test_a_family_outside_ones_areas_is_not_shown(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    assert be(DEV).get(f"/families/{family.id}").status_code == 403
    assert be(EVE).get(f"/families/{family.id}").status_code == 403
    assert be(BEN).get(f"/families/{NOWHERE}").status_code == 404
    with runtime.sessions.read() as session:
        assert session.scalars(select(EventRow).where(EventRow.name == "page_seen")).all() == []


def test_seeing_a_family_is_noted(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    be(CORA).get(f"/families/{family.id}")
    with runtime.sessions.read() as session:
        seen = session.scalars(select(EventRow).where(EventRow.name == "page_seen")).one()
    assert (seen.actor_id, seen.family_id, seen.data["page"]) == ("cora", family.id, "family")


def test_a_waiting_hold_is_lifted_by_one_person_with_a_reason(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    hold_id = hold(runtime, family, Kind.REPLY)
    refused = be(BEN).post(f"/families/{family.id}/holds/{hold_id}/lift", {"why": " "})
    assert refused.status_code == 400
    assert "Say why the hold can be lifted" in words(refused)
    be(BEN).post(f"/families/{family.id}/holds/{hold_id}/lift", {"why": "I rang, all is well"})
    with runtime.sessions.read() as session:
        assert open_holds(session, family.id) == []
    assert "I rang, all is well" in words(be(BEN).get(f"/families/{family.id}"))


def test_a_safety_hold_needs_the_supervisor_as_second_person(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    hold_id = hold(runtime, family, Kind.NO_CONTACT_ORDER)
    lift = f"/families/{family.id}/holds/{hold_id}/lift"
    assert be(BEN).post(lift, {"why": "it is fine"}).status_code == 403
    assert "A supervisor is to agree" in be(ANA).post(lift, {"why": "the order ended"}, follow=True).text
    assert "Agree to lift it" in be(CORA).get(f"/families/{family.id}").text
    be(CORA).post(lift, {"why": "I saw the paper"})
    with runtime.sessions.read() as session:
        assert session.get_one(HoldRow, hold_id).lifted_by == "cora"


def test_asking_everybody_to_wait_needs_a_reason_and_holds(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    assert be(BEN).post(f"/families/{family.id}/hold").status_code == 400
    be(BEN).post(f"/families/{family.id}/hold", {"why": "Her mother is dying"})
    page = family_page(runtime, BEN, family.id)
    assert page
    assert page.next.kind == "held"
    assert page.next.because == "a colleague asked to wait"
    assert "Her mother is dying" in words(be(BEN).get(f"/families/{family.id}"))


def test_an_excluded_family_says_which_way_it_goes(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        session.get_one(FamilyRow, family.id).excluded_why = "foster_carer"
    assert "it goes through the local authority" in words(be(BEN).get(f"/families/{family.id}"))


def test_a_rest_is_said_with_the_day_it_ends_and_why(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001", next_step=1)
    with runtime.sessions.begin() as session:
        rest_enrolment(session, runtime, family_id=family.id, why="later", until=date(2026, 5, 11), now=runtime.now())
    page = words(be(BEN).get(f"/families/{family.id}"))
    assert "Next: a text on 11 May at 9.30am" in page
    assert "because they asked for later" in page


def test_a_cadence_that_is_over_says_why(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001", next_step=1)
    with runtime.sessions.begin() as session:
        rest_enrolment(session, runtime, family_id=family.id, why="accepted", now=runtime.now())
    page = words(be(BEN).get(f"/families/{family.id}"))
    assert "Nothing more is planned: they said yes, and the charity takes it from here." in page
    assert "Planned:" not in page


def referred(runtime: Runtime, family: Family) -> str:
    """Agreed, and handed to Lantern Families, who have not looked yet."""
    with runtime.sessions.begin() as session:
        for purpose in ("refer", "share.name_number"):
            record_consent(
                session, runtime, family_id=family.id, purpose=purpose, value="given", by="ben", how="voice",
                now=runtime.now(), partner_id=LANTERN, authority="informal", wording="May we?",
            )  # fmt: skip
        row = refer(
            session, runtime, family_id=family.id, partner_id=LANTERN, conversation_id=None, by="ben", now=runtime.now()
        )
        assert row
        return row.id


def stopped(runtime: Runtime, family: Family, *ways: str) -> str:
    """Returns what the supervisor's page carries: the last word on contact."""
    with runtime.sessions.begin() as session:
        number = numbers.lock(session, family.number_id)
        scope = frozenset(ways) or EVERYTHING
        stop(session, runtime, number=number, family_ids=[family.id], scope=scope, by="family", now=runtime.now())
        return last_word_on_contact(session, family.id)


def state(runtime: Runtime, referral_id: str) -> str:
    with runtime.sessions.read() as session:
        return session.get_one(ReferralRow, referral_id).state


def test_they_have_changed_their_mind_and_the_partners_view_ends_at_once(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    referral_id = referred(runtime, family)
    withdraw = f"/families/{family.id}/partners/{LANTERN}/withdraw"
    assert "They have changed their mind about Lantern Families" in words(be(BEN).get(f"/families/{family.id}"))
    assert be(EVE).get(f"/referrals/{referral_id}").status_code == 200
    refused = be(BEN).post(withdraw)
    assert refused.status_code == 400
    assert "Say how they told us" in words(refused)
    for _ in range(2):
        assert be(BEN).post(withdraw, {"told": "letter"}).status_code == 303
    assert be(EVE).get(f"/referrals/{referral_id}").status_code in (403, 404)
    with runtime.sessions.read() as session:
        entry = session.scalars(select(ConsentRow).where(ConsentRow.value == "withdrawn")).one()
    assert (entry.partner_id, entry.how, entry.recorded_by) == (LANTERN, "letter", "ben")
    page = words(be(BEN).get(f"/families/{family.id}"))
    assert "Does not want a referral to Lantern Families" in page
    assert "changed their mind" not in page


def test_nobody_outside_the_area_or_of_the_partner_withdraws_a_consent(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    referral_id = referred(runtime, family)
    for who in (DEV, EVE):
        answer = be(who).post(f"/families/{family.id}/partners/{LANTERN}/withdraw", {"told": "voice"})
        assert answer.status_code == 403
    assert state(runtime, referral_id) == "sent"


def test_a_referral_held_by_a_stop_of_texts_can_be_let_go_after_all(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    referral_id = referred(runtime, family)
    stopped(runtime, family, "text")
    assert "The referral to Lantern Families is held" in words(be(BEN).get(f"/families/{family.id}"))
    release = f"/families/{family.id}/referrals/{referral_id}/release"
    assert be(DEV).post(release).status_code == 403
    assert "The referral is with the partner." in be(BEN).post(release, follow=True).text
    assert be(BEN).post(release).status_code == 303
    assert state(runtime, referral_id) == "sent"


def test_after_a_stop_of_everything_a_held_referral_stays_held(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    referral_id = referred(runtime, family)
    stopped(runtime, family)
    page = words(be(BEN).get(f"/families/{family.id}"))
    assert "have not asked us to be in touch again" in page
    assert "Let it go after all" not in page
    be(BEN).post(f"/families/{family.id}/referrals/{referral_id}/release")
    assert state(runtime, referral_id) == "held"


def test_the_supervisor_alone_opens_contact_again_and_nothing_is_planned(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    seen = stopped(runtime, family)
    path, page = f"/families/{family.id}/reopen", f"/families/{family.id}"
    form: dict[str, object] = {
        "seen": seen, "number": family.number_id, "ways": ["call"], "who": "carer", "known": "voice",
        "asked-why": "She rang the front desk",
    }  # fmt: skip
    assert "asked us to be in touch again" not in words(be(ANA).get(page))
    assert be(ANA).post(path, form).status_code == 403
    assert f'value="{seen}"' in be(CORA).get(page).text
    refused = be(CORA).post(path, {**form, "asked-why": " "})
    assert refused.status_code == 400
    assert "Say in a few words why" in words(refused)
    for _ in range(2):
        assert be(CORA).post(path, form).status_code == 303
    with runtime.sessions.read() as session:
        assert standing_of(session, family.id).stopped == {"text"}
        assert len(session.scalars(select(ConsentRow).where(ConsentRow.value == "reopened")).all()) == 1
        assert session.scalars(select(OfferRow).where(OfferRow.state == "open")).all() == []
    said = words(be(BEN).get(page))
    assert "They asked that we be in touch again, by call" in said
    assert "She rang the front desk" in said
    assert "Nothing more is planned: they asked us to be in touch again, and somebody is to book the call." in said


def test_a_number_to_decide_about_is_one_step_away(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        open_task(
            session, runtime, kind="decide_number", subject_id=family.number_id, family_id=family.id, now=runtime.now()
        )
    link = f'href="/inbox/numbers/{family.number_id}"'
    assert link in be(CORA).get(f"/families/{family.id}").text
    assert link in be(CORA).get("/overview/").text


def test_a_number_that_a_file_took_for_the_parents_is_decided_about_by_a_supervisor(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    with runtime.sessions.begin() as session:
        session.get_one(NumberRow, family.number_id).is_parents = True
    path = f"/inbox/numbers/{family.number_id}"
    assert path in be(CORA).get(f"/families/{family.id}").text
    page = words(be(CORA).get(path))
    assert "A file said that this is the imprisoned parent's number" in page
    assert "May it be used?" in page
    assert "Nothing goes to this number until a supervisor has decided" in words(be(ANA).get(path))
    assert be(CORA).post(path, {"choice": "again", "how": "record"}).status_code == 303
    assert "This number may be used" in words(be(CORA).get(path))
