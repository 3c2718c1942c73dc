"""The gate: who waits is seen with why, since when and on whom; a safety hold takes two people."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select

from outreach.domain.access import Actor
from outreach.domain.hold import Kind
from outreach.engine.holds import set_hold
from outreach.runtime import Runtime
from outreach.store.events import EventRow
from outreach.store.families import FamilyRow
from outreach.store.holds import HoldRow
from outreach.store.numbers import NumberRow
from outreach.store.offers import OfferRow
from tests.browsing import Visitor, words
from tests.cast import ANA, BEN, CORA, Family, a_family, an_open_offer
from tests.domain.recognition_rows import a_file, a_row

Be = Callable[[Actor | None], Visitor]


@pytest.fixture
def held(runtime: Runtime) -> tuple[Family, str]:
    return a_held_family(runtime, Kind.NO_CONTACT_ORDER)


def a_held_family(runtime: Runtime, kind: Kind, ref: str = "F001") -> tuple[Family, str]:
    family = a_family(runtime, ref, e164=f"+447700900{ref[-3:]}")
    with runtime.sessions.begin() as session:
        row = set_hold(session, runtime, family_id=family.id, kind=kind, by="import", now=runtime.now())
    return family, row.id


def hold(runtime: Runtime, hold_id: str) -> HoldRow:
    with runtime.sessions.read() as session:
        return session.get_one(HoldRow, hold_id)


def change(runtime: Runtime, family: Family, **facts: object) -> None:
    with runtime.sessions.begin() as session:
        for name, value in facts.items():
            setattr(session.get_one(FamilyRow, family.id), name, value)


def test_each_family_stands_in_one_place_and_every_reason_says_on_whom_it_waits(be: Be, runtime: Runtime) -> None:
    a_held_family(runtime, Kind.WITNESS_IN_CASE, "F001")
    a_held_family(runtime, Kind.CARER_IS_VICTIM, "F002")
    a_family(runtime, "F003", e164="+447700900003")
    foster, _ = a_held_family(runtime, Kind.SOCIAL_WORKER_FIRST, "F004")
    change(runtime, foster, excluded_why="foster_carer")
    change(runtime, a_family(runtime, "F005", e164="+447700900005"), checks="pending")
    lost = a_family(runtime, "F006", e164="+447700900006")
    with runtime.sessions.begin() as session:
        session.get_one(NumberRow, lost.number_id).standing = "lost"
    ana = be(ANA)
    page = words(ana.get("/gate/"))
    assert "3 families wait." in page
    assert "1 family is in careful contact" in page
    assert "Nobody is named for 1" in page
    assert "1 family is not contacted by this service." in page
    assert "1 family has passed." in page
    assert "The officer in the case is asked first" in page
    waiting = words(ana.get("/gate/held"))
    assert "Somebody in the family is a witness in the case" in waiting
    assert "The checks are not complete" in waiting
    assert "There is no number that can be used" in waiting
    assert all(ref in waiting for ref in ("F001", "F005", "F006"))
    assert not any(ref in waiting for ref in ("F002", "F003", "F004"))
    assert "F005" in words(ana.get("/gate/held?why=checks_pending"))
    assert "F001" not in words(ana.get("/gate/held?why=checks_pending"))


def test_a_safety_hold_is_lifted_by_two_people_with_a_reason(
    be: Be, runtime: Runtime, held: tuple[Family, str]
) -> None:
    family, hold_id = held
    ana, cora, path = be(ANA), be(CORA), f"/gate/families/{family.id}"
    assert ana.post(f"{path}/holds/{hold_id}/lift", {"why": " "}).status_code == 400
    answer = ana.post(f"{path}/holds/{hold_id}/lift", {"why": "The order has ended"}, follow=True)
    assert "It stands until a supervisor agrees." in answer.text
    assert "You asked to lift it." in words(answer)
    ana.post(f"{path}/holds/{hold_id}/lift", {"why": "Again"})
    assert hold(runtime, hold_id).lifted_at is None
    assert "A second person is to agree" in words(cora.get("/gate/"))
    seen = words(cora.get(path))
    assert "Ana Coordinator asked to lift it." in seen
    assert "Agree to lift it" in seen
    cora.post(f"{path}/holds/{hold_id}/lift", {"why": "Seen the letter of the court"})
    assert hold(runtime, hold_id).lifted_by == "cora"
    assert "Nothing holds contact back." in words(ana.get(path))


def test_a_supervisor_alone_lifts_no_safety_hold(be: Be, runtime: Runtime, held: tuple[Family, str]) -> None:
    family, hold_id = held
    for _ in range(2):
        be(CORA).post(f"/gate/families/{family.id}/holds/{hold_id}/lift", {"why": "It is over"})
    assert hold(runtime, hold_id).lifted_at is None


def test_who_looks_and_keeps_a_hold_says_why_and_the_day_moves_on(
    be: Be, runtime: Runtime, held: tuple[Family, str]
) -> None:
    family, hold_id = held
    with runtime.sessions.begin() as session:
        session.get_one(HoldRow, hold_id).look_again_on = date(2026, 1, 12)
    ana = be(ANA)
    assert "There is a no-contact order" in words(ana.get("/gate/"))
    keep = f"/gate/families/{family.id}/holds/{hold_id}/keep"
    assert ana.post(keep, {"why": ""}).status_code == 400
    ana.post(keep, {"why": "The order runs until May"})
    assert hold(runtime, hold_id).look_again_on == date(2026, 2, 10)
    assert "Nothing is due to be looked at again today." in words(ana.get("/gate/"))
    assert "The order runs until May" in words(ana.get(f"/gate/families/{family.id}"))


def test_careful_contact_goes_to_who_is_trained_for_it(be: Be, runtime: Runtime) -> None:
    family, _ = a_held_family(runtime, Kind.CARER_IS_VICTIM)
    offer_id, ana, path = an_open_offer(runtime, family), be(ANA), f"/gate/families/{family.id}"
    page = ana.get(path).text
    assert '<option value="ben"' in page
    assert '<option value="cora"' not in page
    refused = ana.post(f"{path}/assign", {"staff": "cora"})
    assert refused.status_code == 400
    assert "Careful contact: choose somebody who is trained for it." in words(refused)
    assert "Choose somebody who works in this area." in words(ana.post(f"{path}/assign", {"staff": "dev"}))
    assert ana.post(f"{path}/assign", {"staff": "ben"}).status_code == 303
    with runtime.sessions.read() as session:
        assert session.get_one(FamilyRow, family.id).assigned_to == "ben"
        assert session.get_one(OfferRow, offer_id).assigned_to == "ben"
        assert session.scalars(select(EventRow.name).where(EventRow.name == "family_assigned")).all() != []
    assert "Nobody is named" not in words(ana.get("/gate/"))


def test_the_gate_is_of_coordinators_and_supervisors_in_their_areas(be: Be, runtime: Runtime) -> None:
    elsewhere = a_family(runtime, "F009", area="WOK", e164="+447700900009")
    assert be(BEN).get("/gate/").status_code == 403
    assert be(ANA).get(f"/gate/families/{elsewhere.id}").status_code == 403
    assert "F009" not in words(be(ANA).get("/gate/ready"))
    assert "Gate" in be(CORA).get("/gate/").text
    assert be(CORA).post(f"/gate/families/{elsewhere.id}/assign", {"staff": "ben"}).status_code == 403


def test_a_gate_of_many_families_is_read_page_by_page(be: Be, runtime: Runtime) -> None:
    for place in range(31):
        a_held_family(runtime, Kind.BY_HAND, f"F1{place:02}")
    ana = be(ANA)
    assert "Held: 31 families" in words(ana.get("/gate/held"))
    assert "F130" not in words(ana.get("/gate/held"))
    assert "F130" in words(ana.get("/gate/held?page=2"))
    assert ana.get("/gate/nowhere").status_code == 404
    assert ana.get("/gate/held?why=luck").status_code == 404


def test_a_notice_is_read_approved_sent_and_answered_on_its_page(be: Be, runtime: Runtime) -> None:
    row = a_row(open_to="child_protection", social_worker="Jo Example <jo@council.example>", imprisoned_on="2026-01-05")
    ana = be(ANA)
    plan = ana.post("/imports", {"file": (io.BytesIO(a_file(row)), "january.csv")}).location
    ana.post(f"{plan}/accept")
    assert "1 to be approved" in words(ana.get("/gate/"))
    assert "Notices to social workers: 1 to be approved." in words(ana.get("/gate/"))
    listed = ana.get("/gate/notices")
    assert re.search(r'aria-current="[a-z]+"[^>]*>\s*Gate', listed.text), "it is a page of the gate"
    assert "The family waits for the answer" in words(listed)
    found = re.search(r'href="(/gate/notices/[^"?]+)"', listed.text)
    assert found
    page = ana.get(found[1])
    assert "Dear Jo Example," in page.text
    assert "Personal data may not go to this address." in words(page)
    assert ana.post(f"{found[1]}/approve", {"words": " "}).status_code == 400
    assert be(CORA).post(f"{found[1]}/approve", {"words": "Dear Jo"}).status_code == 403
    ana.post(f"{found[1]}/approve", {"words": "Dear Jo Example, about a child."})
    assert "Sent by e-mail without personal data" in ana.post(f"{found[1]}/send", follow=True).text
    assert ana.post(f"{found[1]}/answer", {"answer": ""}).status_code == 400
    ana.post(f"{found[1]}/answer", {"answer": "go_ahead", "their_words": "fine by us"})
    assert "fine by us" in words(ana.get(found[1]))
    assert "1 family has passed." in words(ana.get("/gate/"))
    family = re.search(r'href="(/gate/families/[^"]+)"', ana.get("/gate/ready").text)
    assert family
    assert "A notice to Jo Example" in words(ana.get(family[1]))
