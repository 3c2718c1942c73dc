from __future__ import annotations

from collections.abc import Callable

import pytest

from outreach.domain.access import Actor
from outreach.domain.import_matches import name_words
from outreach.runtime import Runtime
from outreach.store.families import NameIndexRow
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
