from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from outreach.domain.access import Actor
from outreach.domain.hold import Kind
from outreach.domain.import_matches import name_words
from outreach.engine.holds import set_hold
from outreach.runtime import Runtime
from outreach.store.conversations import ConversationRow
from outreach.store.events import EventRow
from outreach.store.families import NameIndexRow
from outreach.store.offers import OfferRow
from outreach.store.sealing import blind
from tests.browsing import Visitor, words
from tests.cast import BEN, DEV, EVE, a_family

Be = Callable[[Actor | None], Visitor]


@pytest.fixture
def amina(runtime: Runtime) -> str:
    family = a_family(runtime, "F001", name="Amína Rivera Cole", e164="+447700900101")
    with runtime.sessions.begin() as session:
        for word in set(name_words("Amína Rivera Cole")):
            session.add(NameIndexRow(word=blind(session, "name", word), family_id=family.id))
    return family.id


@pytest.mark.parametrize("asked", ["07700 900101", "+44 7700 900 101", "0101", "amina", "RIVERA amina", "F001"])
def test_a_number_its_last_digits_a_name_or_a_reference_finds_the_family(be: Be, amina: str, asked: str) -> None:
    page = be(BEN).post("/ringing", {"asked": asked})
    assert "A. C., F001" in words(page)
    assert f"/families/{amina}" in page.text


@pytest.mark.parametrize("asked", ["07700 900199", "9999", "amina khan", "", "101", "%"])
def test_what_does_not_fit_finds_nobody_and_says_what_to_do(be: Be, amina: str, asked: str) -> None:
    page = words(be(BEN).post("/ringing", {"asked": asked}))
    assert "Nobody found" in page
    assert "F001" not in page


def test_families_of_other_areas_are_not_found(be: Be, amina: str) -> None:
    assert "Nobody found" in words(be(DEV).post("/ringing", {"asked": "07700 900101"}))
    assert be(EVE).post("/ringing", {"asked": "0101"}).status_code == 403


def test_the_box_is_in_the_header_of_those_who_may_ask(be: Be) -> None:
    assert 'id="who-is-ringing"' in be(BEN).get("/today").text
    assert 'id="who-is-ringing"' not in be(EVE).get("/referrals/").text


def test_what_was_asked_for_stands_in_no_address(be: Be, amina: str) -> None:
    answer = be(BEN).post("/ringing", {"asked": "07700 900101"})
    assert answer.status_code == 200
    assert "Location" not in answer.headers


def test_beyond_ones_areas_a_reason_is_kept_and_the_area_alone_is_told(be: Be, amina: str, runtime: Runtime) -> None:
    dev = be(DEV)
    page = words(dev.post("/ringing", {"asked": "0101"}))
    assert "Oxfordshire" not in page
    page = words(dev.post("/ringing", {"asked": "0101", "reason": "because I want to"}))
    assert "Oxfordshire" not in page
    page = words(dev.post("/ringing", {"asked": "0101", "reason": "wrong_team"}))
    assert "Oxfordshire may know them" in page
    assert "F001" not in page
    assert "A. C." not in page
    with runtime.sessions.read() as session:
        rows = session.scalars(select(EventRow).where(EventRow.name == "page_seen").order_by(EventRow.id))
        seen = [row.data["reason"] for row in rows if row.data["page"] == "ringing"]
    assert seen == [None, None, "wrong_team"]


def test_who_rings_us_is_met_by_the_opening_and_nothing_else(be: Be, amina: str, runtime: Runtime) -> None:
    ben = be(BEN)
    for _ in range(2):
        page = ben.post(f"/ringing/{amina}", follow=True)
        assert page.request.path.startswith("/calls/")
        assert "Who am I speaking to, please?" in words(page)
        assert "Amína" not in words(page)
        for word in ("prison", "police", "Lantern", "Robin"):
            assert word not in words(page)
    with runtime.sessions.read() as session:
        assert len(session.scalars(select(ConversationRow)).all()) == 1
        assert session.scalars(select(OfferRow.why)).all() == ["asked"]


def test_who_rings_us_while_a_hold_stands_is_rung_back_after_somebody_looked(
    be: Be, amina: str, runtime: Runtime
) -> None:
    with runtime.sessions.begin() as session:
        set_hold(session, runtime, family_id=amina, kind=Kind.UNSAFE, by="ana", now=runtime.now())
    page = be(BEN).post(f"/ringing/{amina}", follow=True)
    assert "Say that a colleague will ring back" in page.text
    assert be(DEV).post(f"/ringing/{amina}").status_code == 403
    with runtime.sessions.read() as session:
        assert session.scalars(select(ConversationRow)).all() == []
        assert session.scalars(select(OfferRow)).all() == []
