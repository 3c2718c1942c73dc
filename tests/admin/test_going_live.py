"""The page that walks through going live, and the switches of what software may do by itself."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from admin.web import create_app
from outreach.domain.access import NotAllowed
from outreach.domain.delivery import InboundText
from outreach.domain.going_live import CONFIRMED_BY_HAND
from outreach.engine import do_as_read, go_live, set_switches
from outreach.engine.answer_inbox import claim, settle
from outreach.engine.receive import receive_text
from outreach.runtime import Runtime
from outreach.store.areas import AreaRow
from outreach.store.events import EventRow
from outreach.store.texts import ReadingRow
from outreach.views.switches import Switch, switches
from tests.browsing import Visitor, mark_as_demo, visitor, words
from tests.cast import ANA, BEN, CORA, DEV, a_family, an_open_offer, switch_on_texts


@pytest.fixture
def ana(runtime: Runtime) -> Visitor:
    mark_as_demo(runtime)
    return visitor(create_app(runtime), runtime, ANA)


def test_every_step_says_what_is_the_matter_and_where_to_mend_it(ana: Visitor, runtime: Runtime) -> None:
    a_family(runtime, "F001")
    page = ana.get("/going-live/")
    said = words(page)
    for each in go_live.what_is_missing(runtime):
        assert each.split(" Then: ")[0] in said
    for place in ("/approvals", "/rota/", "/going-live/confirm/greeting", "/going-live/confirm/network-answers"):
        assert f'"{place}"' in page.text
    assert "Oxfordshire" in said  # nobody is named for danger out of hours


def test_who_confirmed_what_and_when_stands_on_the_page(ana: Visitor, runtime: Runtime) -> None:
    for what in CONFIRMED_BY_HAND:
        assert ana.post(f"/going-live/confirm/{what}").status_code == 303
    said = words(ana.get("/going-live/"))
    assert said.count("Ana Coordinator confirmed on Tuesday 13 January 2026") == len(CONFIRMED_BY_HAND)
    assert not [each for each in go_live.what_is_missing(runtime) if "confirmed" in each]
    with runtime.sessions.read() as session:
        events = session.scalars(select(EventRow).where(EventRow.name == "live_confirmed")).all()
    assert {(event.actor_id, event.data["what"]) for event in events} == {("ana", what) for what in CONFIRMED_BY_HAND}


def test_what_nobody_can_confirm_is_refused_in_words(ana: Visitor) -> None:
    assert "There is no such thing to confirm" in words_of_status(ana, "/going-live/confirm/everything")


def test_a_practitioner_does_not_find_the_page(runtime: Runtime) -> None:
    mark_as_demo(runtime)
    ben = visitor(create_app(runtime), runtime, BEN)
    assert ben.get("/going-live/").status_code == 403
    assert ben.post("/going-live/confirm/greeting").status_code == 403
    with pytest.raises(NotAllowed):
        go_live.confirm_here(runtime, BEN, what="greeting")


def test_a_coordinator_switches_readings_on_and_a_text_is_acted_on(ana: Visitor, runtime: Runtime) -> None:
    family = a_family(runtime, "F001", standing="verified")
    an_open_offer(runtime, family)
    wrote(runtime, "SM1", "CALL")
    assert ana.post("/going-live/switches/OXF", {"by-itself": ["call", "later", "stop"]}).status_code == 303
    wrote(runtime, "SM2", "ring me please")
    with runtime.sessions.read() as session:
        assert session.get_one(AreaRow, "OXF").self_acting == ["call", "later"]
        acted = list(session.scalars(select(ReadingRow.acted).order_by(ReadingRow.text_id)))
        event = session.scalars(select(EventRow).where(EventRow.name == "readings_switched")).one()
    assert acted == [False, True]
    assert (event.actor_id, event.data) == ("ana", {"area": "OXF", "was": [], "now_is": ["call", "later"]})


def test_a_switch_that_stands_already_is_not_written_again(runtime: Runtime) -> None:
    assert set_switches.switch_readings(runtime, ANA, area="OXF", by_itself=["call"])
    assert not set_switches.switch_readings(runtime, ANA, area="OXF", by_itself=["call"])


def test_only_people_of_the_area_switch_it(runtime: Runtime) -> None:
    for who in (BEN, DEV):
        with pytest.raises(NotAllowed):
            set_switches.switch_readings(runtime, who, area="OXF", by_itself=["call"])


def test_texts_to_unverified_numbers_stand_under_the_supervisors_name(ana: Visitor, runtime: Runtime) -> None:
    said = words_of_status(ana, "/going-live/switches/OXF/texts", texts=["l0"])
    assert set_switches.ONLY_A_SUPERVISOR in said
    assert set_switches.switch_texts(runtime, CORA, area="OXF", l0_texts=True, text_consent=True) is None
    with runtime.sessions.read() as session:
        area = session.get_one(AreaRow, "OXF")
    assert (area.l0_texts_by, area.text_consent) == ("cora", True)
    assert "under the name of Cora Supervisor" in words(ana.get("/going-live/switches"))
    set_switches.switch_texts(runtime, CORA, area="OXF", l0_texts=False, text_consent=False)
    with runtime.sessions.read() as session:
        assert session.get_one(AreaRow, "OXF").l0_texts_by is None


def test_the_record_counts_what_stood_as_read_and_what_was_put_right(ana: Visitor, runtime: Runtime) -> None:
    family = a_family(runtime, "F001", standing="verified")
    an_open_offer(runtime, family)
    wrote(runtime, "SM1", "CALL")
    seen = newest(runtime)
    claim(runtime, BEN, number_id=family.number_id)
    assert do_as_read.do_as_read(runtime, BEN, number_id=family.number_id, seen=seen) is None
    assert the_switch(runtime) == (1, 0)
    do_as_read.correct(runtime, BEN, number_id=family.number_id, text_id=seen, intent="later")
    assert the_switch(runtime) == (0, 1)
    said = words(ana.get("/going-live/switches"))
    assert re.search(r"Of 1 text read so and decided by a person, 0 stood as read and 1 was put right\.", said)
    assert "Ben" not in said


def test_a_text_that_was_only_looked_at_says_nothing_about_its_reading(runtime: Runtime) -> None:
    family = a_family(runtime, "F001", standing="verified")
    an_open_offer(runtime, family)
    wrote(runtime, "SM1", "CALL")
    assert settle(runtime, BEN, number_id=family.number_id, seen=newest(runtime)) is None
    assert the_switch(runtime) == (0, 0)


def test_what_software_did_by_itself_is_no_click(runtime: Runtime) -> None:
    switch_on_texts(runtime)
    family = a_family(runtime, "F001", standing="verified")
    an_open_offer(runtime, family)
    wrote(runtime, "SM1", "CALL")
    claim(runtime, BEN, number_id=family.number_id)
    assert settle(runtime, BEN, number_id=family.number_id, seen=newest(runtime)) is None
    assert the_switch(runtime) == (0, 0)
    do_as_read.correct(runtime, BEN, number_id=family.number_id, text_id=newest(runtime), intent="question")
    assert the_switch(runtime) == (0, 1)


def the_switch(runtime: Runtime) -> tuple[int, int]:
    (area,) = [each for each in switches(runtime, ANA).areas if each.code == "OXF"]
    found: Switch = next(each for each in area.switches if each.intent == "call")
    return found.as_read, found.put_right


def newest(runtime: Runtime) -> str:
    with runtime.sessions.read() as session:
        return str(session.scalars(select(ReadingRow.text_id).order_by(ReadingRow.text_id.desc())).first())


def wrote(runtime: Runtime, sid: str, body: str) -> None:
    receive_text(runtime, InboundText(sid=sid, sender="+447700900101", recipient="+447700900999", body=body))


def words_of_status(who: Visitor, path: str, **form: object) -> str:
    return re.sub(r"\s+", " ", who.post(path, form, follow=True).text)
