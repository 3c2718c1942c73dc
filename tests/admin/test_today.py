from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from outreach.domain.access import Actor
from outreach.domain.hold import Kind
from outreach.engine.deal_calls import deal_calls
from outreach.engine.end_offer import end_offer
from outreach.engine.holds import set_hold
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow
from outreach.store.numbers import NumberRow
from outreach.store.offers import AttemptRow, OfferRow
from outreach.store.sealing import SERVICE, seal
from outreach.views.worklist import Worklist, worklist
from tests.browsing import Visitor, words
from tests.cast import ANA, BEN, CORA, DEV, Family, a_family, an_open_offer
from tests.fakes import Clock

Be = Callable[[Actor | None], Visitor]


def todays(runtime: Runtime, who: Actor = BEN) -> Worklist:
    deal_calls(runtime)
    return worklist(runtime, who)


def refs(runtime: Runtime, who: Actor = BEN) -> list[str]:
    page = todays(runtime, who)
    return [each.family.ref for each in (*page.promised, *page.calls)]


def change(runtime: Runtime, offer_id: str, **values: object) -> None:
    with runtime.sessions.begin() as session:
        offer = session.get_one(OfferRow, offer_id)
        for name, value in values.items():
            setattr(offer, name, value)


def promise(runtime: Runtime, family: Family, offer_id: str, their_words: str) -> None:
    with runtime.sessions.begin() as session:
        offer = session.get_one(OfferRow, offer_id)
        offer.promised, offer.why, offer.due_until = True, "asked", offer.due_at + timedelta(hours=1)
        offer.their_words = seal(
            session, their_words, key_id=family.id, table="offer", column="their_words", row_id=offer_id
        )


def test_an_empty_list_says_so_in_words(be: Be) -> None:
    page = words(be(BEN).get("/today"))
    assert "Nothing is urgent" in page
    assert "No more calls are due today" in page
    assert "No text is waiting for an answer" in page


def test_a_call_shows_initials_reference_why_and_how_to_reach_them_safely(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001", name="Amina Rivera")
    an_open_offer(runtime, family)
    with runtime.sessions.begin() as session:
        number = session.get_one(NumberRow, family.number_id)
        number.shared = "yes"
        number.private_times = seal(
            session, "not when he may be in", key_id=SERVICE, table="number", column="private_times", row_id=number.id
        )
    page = words(be(BEN).get("/today"))
    assert "A. R., F001" in page
    assert "First offer, due today" in page
    assert "shared phone; private: not when he may be in; no voicemail" in page
    assert "Amina" not in page
    assert "07700" not in page


def test_the_list_on_paper_has_the_number_and_what_is_safe_and_no_name(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001", name="Amina Rivera")
    an_open_offer(runtime, family)
    theirs = a_family(runtime, "F002", e164="+447700900102", name="Josie Okoro")
    offer_id = an_open_offer(runtime, theirs)
    with runtime.sessions.begin() as session:
        session.get_one(NumberRow, family.number_id).shared = "yes"
        session.get_one(OfferRow, offer_id).assigned_to = ANA.id
    ben = be(BEN)
    assert "/today/paper" in ben.get("/today").text
    page = words(ben.get("/today/paper"))
    assert "A. R., F001: 07700 900101" in page
    assert "shared phone; no voicemail" in page
    for kept_off in ("Amina", "Rivera", "First offer", "07700 900102"):
        assert kept_off not in page
    with runtime.sessions.read() as session:
        seen = session.scalars(
            select(EventRow).where(EventRow.name == "page_seen").order_by(EventRow.id.desc())
        ).first()
        assert seen is not None
        assert (seen.data["page"], seen.family_id) == ("today_on_paper", family.id)


def test_promised_times_stand_first_with_their_own_words(be: Be, runtime: Runtime) -> None:
    an_open_offer(runtime, a_family(runtime, "F001"))
    asked = a_family(runtime, "F002", e164="+447700900102", name="Josie Okoro")
    promise(runtime, asked, an_open_offer(runtime, asked), "can u ring after ten pls")
    page = words(be(BEN).get("/today"))
    assert refs(runtime) == ["F002", "F001"]
    assert "Today, 10 to 11" in page
    assert "They asked to be rung" in page
    assert "can u ring after ten pls" in page


def test_what_was_tried_in_this_part_of_the_day_goes_behind(runtime: Runtime) -> None:
    for place, band in enumerate(("morning", "afternoon")):
        family = a_family(runtime, f"F00{place}", e164=f"+44770090010{place}")
        offer_id = an_open_offer(runtime, family)
        change(runtime, offer_id, tries=1)
        with runtime.sessions.begin() as session:
            session.add(
                AttemptRow(
                    id=runtime.new_id(), offer_id=offer_id, family_id=family.id, number_of=1, channel="call",
                    code="A04", band=band, staff_id="dev", at=runtime.now() - timedelta(days=1),
                )
            )  # fmt: skip
    assert refs(runtime) == ["F001", "F000"]
    assert todays(runtime).calls[1].tried == "Tried once, last in the morning: no answer"


def test_a_call_they_asked_for_goes_before_those_that_we_planned(runtime: Runtime, clock: Clock) -> None:
    an_open_offer(runtime, a_family(runtime, "F001"))
    clock.move(minutes=5)
    asked_for = an_open_offer(runtime, a_family(runtime, "F002", e164="+447700900102"))
    with runtime.sessions.begin() as session:
        session.get_one(OfferRow, asked_for).why = "asked"
    assert [call.family.ref for call in todays(runtime).calls] == ["F002", "F001"]


def test_a_later_offer_counts_those_that_were_made_before(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    first = an_open_offer(runtime, family, step=0)
    with runtime.sessions.begin() as session:
        offer = session.get_one(OfferRow, first)
        offer.tries = 1
        end_offer(session, runtime, offer, outcome="O3", now=runtime.now())
    an_open_offer(runtime, family, step=2)
    assert todays(runtime).calls[0].why == "Offer again: the second time"


def test_only_ones_own_areas_and_nobody_elses_calls(runtime: Runtime) -> None:
    an_open_offer(runtime, a_family(runtime, "OXF1"))
    an_open_offer(runtime, a_family(runtime, "MKC1", area="MKC", e164="+447700900102"))
    taken = an_open_offer(runtime, a_family(runtime, "OXF2", e164="+447700900103"))
    change(runtime, taken, assigned_to="cora")
    assert refs(runtime, BEN) == ["OXF1"]
    assert refs(runtime, DEV) == ["MKC1"]
    assert refs(runtime, CORA) == ["OXF2"]
    assert [each.family.ref for each in todays(runtime, CORA).colleagues] == ["OXF1", "MKC1"]


def test_nobody_is_asked_to_ring_where_it_is_not_safe(runtime: Runtime) -> None:
    families = [a_family(runtime, f"F00{n}", e164=f"+44770090010{n}") for n in range(6)]
    for family in families:
        an_open_offer(runtime, family)
    with runtime.sessions.begin() as session:
        set_hold(session, runtime, family_id=families[0].id, kind=Kind.NO_CONTACT_ORDER, by="import", now=runtime.now())
        session.get_one(NumberRow, families[1].number_id).standing = "compromised"
        session.get_one(NumberRow, families[2].number_id).calls_stopped_at = runtime.now()
        session.get_one(FamilyRow, families[3].id).excluded_why = "foster_carer"
        set_hold(session, runtime, family_id=families[4].id, kind=Kind.REPLY, by="system", now=runtime.now())
    assert refs(runtime) == ["F004", "F005"], "a reply to be read does not stop a person from ringing"


def test_careful_contact_is_for_the_named_practitioner_only(runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    an_open_offer(runtime, family)
    with runtime.sessions.begin() as session:
        set_hold(session, runtime, family_id=family.id, kind=Kind.CARER_IS_VICTIM, by="import", now=runtime.now())
    assert refs(runtime) == []
    with runtime.sessions.begin() as session:
        session.get_one(FamilyRow, family.id).assigned_to = "ben"
    assert refs(runtime) == ["F001"]


def test_tomorrows_calls_wait_until_tomorrow(runtime: Runtime, clock: Clock) -> None:
    offer_id = an_open_offer(runtime, a_family(runtime, "F001"))
    change(runtime, offer_id, due_at=runtime.now() + timedelta(hours=14))
    assert refs(runtime) == []
    clock.move(hours=14)
    assert refs(runtime) == ["F001"]


def test_danger_stands_above_everything(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    an_open_offer(runtime, family)
    with runtime.sessions.begin() as session:
        session.add(
            AlertRow(id=runtime.new_id(), area_code="OXF", family_id=family.id, kind="watched", raised_at=runtime.now())
        )
    page = words(be(BEN).get("/today"))
    assert page.index("Somebody may be reading their phone") < page.index("Calls for today")
    assert "Nobody has taken it yet" in page
    assert "Somebody may be reading" not in words(be(DEV).get("/today"))


def test_one_hands_back_only_what_is_ones_own(be: Be, runtime: Runtime) -> None:
    mine = an_open_offer(runtime, a_family(runtime, "F001"))
    change(runtime, mine, assigned_to="ben")
    assert "not yours any more" in be(ANA).post(f"/today/{mine}/hand-back", follow=True).text
    assert refs(runtime, DEV) == []
    assert "Handed back" in be(BEN).post(f"/today/{mine}/hand-back", follow=True).text
    assert refs(runtime, BEN) == refs(runtime, CORA) == []
    assert [each.family.ref for each in todays(runtime, CORA).nobodys] == ["F001"]


def test_seeing_the_list_is_noted_with_the_families_on_it_once_a_page(be: Be, runtime: Runtime) -> None:
    family = a_family(runtime, "F001")
    an_open_offer(runtime, family)
    be(BEN).get("/today")
    with runtime.sessions.read() as session:
        seen = session.scalars(select(EventRow).where(EventRow.name == "page_seen")).all()
    assert [(row.actor_id, row.subjects, row.data["page"]) for row in seen] == [("ben", [family.id], "today")]


def test_three_hundred_calls_are_listed_whole(be: Be, runtime: Runtime) -> None:
    for place in range(300):
        e164 = f"+447700{900_000 + place}"
        an_open_offer(
            runtime, a_family(runtime, f"F{place:03}", e164=e164, name="Wilhelmina-Konstantina Featherstonehaugh")
        )
    assert words(be(BEN).get("/today")).count("W. F., F") == 300


def test_a_call_that_waits_to_be_read_first_says_so_and_leads_to_the_inbox(be: Be, runtime: Runtime) -> None:
    unread, paused = a_family(runtime, "F001"), a_family(runtime, "F002", e164="+447700900102")
    for family, kind in ((unread, Kind.READ_FIRST), (paused, Kind.BY_HAND)):
        an_open_offer(runtime, family)
        with runtime.sessions.begin() as session:
            set_hold(session, runtime, family_id=family.id, kind=kind, by="system", now=runtime.now())
    assert [each.unread for each in sorted(todays(runtime).not_now, key=lambda each: each.family.ref)] == [True, False]
    page = be(BEN).get("/today")
    assert words(page).count("Read it in the inbox") == 1
    assert "they may want us to stop or to wait; somebody reads what they wrote before anybody rings" in words(page)
