"""Every page in a real Chromium, empty and full, wide and narrow: no barrier, nothing over the edge, no complaint."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from outreach.domain.access import Actor
from outreach.domain.hold import Kind
from outreach.engine.holds import set_hold
from outreach.engine.record_consent import record_consent
from outreach.engine.refer import open_referral, refer
from outreach.engine.run_cadences import run_cadences
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow
from outreach.store.families import FamilyRow
from outreach.store.offers import OfferRow
from outreach.store.referrals import ReferralRow
from outreach.store.sealing import seal
from outreach.store.texts import ReadingRow, TextRow
from tests.browser.conftest import Look
from tests.cast import ANA, BEN, CORA, EVE, FINN, LANTERN, a_family, an_open_offer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
LONG_NAME = "Wilhelmina-Konstantina Featherstonehaugh-Cholmondeley of Ross"
PAGES: list[tuple[Actor | None, str]] = [
    (None, "/sign-in"),
    (None, "/demo"),
    (None, "/nothing-here"),
    (BEN, "/today"),
    (BEN, "/today/paper"),
    (BEN, "/ringing"),
    (BEN, "/families/FAMILY"),
    (BEN, "/rota/"),
    (BEN, "/practice"),
    (ANA, "/practice"),
    (BEN, "/scripts/"),
    (BEN, "/scripts/first_offer"),
    (EVE, "/standby/"),
    (BEN, "/account"),
    (BEN, "/imports"),  # not a practitioner's: the page that says so
    (ANA, "/overview/"),
    (ANA, "/imports"),
    (ANA, "/approvals"),
    (ANA, "/gate/"),
    (ANA, "/gate/held"),
    (ANA, "/gate/families/FAMILY"),
    (ANA, "/gate/notices"),
    (ANA, "/gate/duplicates"),
    (ANA, "/gate/areas"),
    (ANA, "/gate/areas/OXF"),
    (BEN, "/inbox/"),
    (ANA, "/cadence/"),
    (ANA, "/cadence/edit"),
    (ANA, "/rota/"),
    (CORA, "/pause"),
    (ANA, "/going-live/"),
    (CORA, "/going-live/switches"),
    (CORA, "/families/FAMILY"),
    (EVE, "/referrals/"),
    (EVE, "/referrals/REFERRAL"),
    (FINN, "/account"),
]
BUSY = [(who, path) for who, path in PAGES if who and path not in ("/account", "/imports")]


@pytest.fixture
def busy(runtime: Runtime) -> None:
    """A long name, a long message, danger, holds, a promise, a task, a referral, and thirty families more."""
    family = a_family(runtime, "OXF-0001", name=LONG_NAME, standing="verified", level=1)
    offer_id, text_id, now = an_open_offer(runtime, family, step=2), runtime.new_id(), runtime.now()
    body = "they wont stop asking me about it " * 47
    with runtime.sessions.begin() as session:
        offer = session.get_one(OfferRow, offer_id)
        offer.promised, offer.due_until, offer.why, offer.assigned_to = True, now + timedelta(hours=1), "asked", "ben"
        offer.their_words = seal(
            session, body[:200], key_id=family.id, table="offer", column="their_words", row_id=offer_id
        )
        sealed = seal(session, body, key_id=family.id, table="text", column="body", row_id=text_id)
        session.add(
            TextRow(
                id=text_id, direction="in", number_id=family.number_id, family_id=family.id, purpose="reply",
                key_id=family.id, body=sealed, state="received", at=now,
            )
        )  # fmt: skip
        session.flush()
        session.add(
            ReadingRow(
                text_id=text_id,
                family_id=family.id,
                area_code="OXF",
                intent="distress",
                action="alert",
                needs_person=True,
            )
        )
        session.add(AlertRow(id=runtime.new_id(), area_code="OXF", family_id=family.id, kind="violence", raised_at=now))
        set_hold(session, runtime, family_id=family.id, kind=Kind.CARER_IS_VICTIM, by="import", now=now)
        set_hold(session, runtime, family_id=family.id, kind=Kind.REPLY, by="system", now=now)
        open_task(session, runtime, kind="find_number", subject_id=family.id, family_id=family.id, now=now)
        session.get_one(FamilyRow, family.id).assigned_to = "ben"
        for purpose in ("refer", "share.name_number", "share.safe_contact"):
            record_consent(
                session, runtime, family_id=family.id, purpose=purpose, value="given", by="ben", how="voice", now=now,
                partner_id=LANTERN, authority="informal", wording="May we pass your name on?",
            )  # fmt: skip
        made = refer(session, runtime, family_id=family.id, partner_id=LANTERN, conversation_id=None, by="ben", now=now)
        assert made
    open_referral(runtime, EVE, referral_id=made.id)
    for place in range(30):
        a_family(runtime, f"OXF-1{place:03}", e164=f"+447700{900_200 + place}", name="Amina Rivera")
    run_cadences(runtime)


def address_of(path: str, runtime: Runtime) -> str:
    with runtime.sessions.read() as session:
        family = session.scalars(select(FamilyRow.id).where(FamilyRow.ref == "OXF-0001")).first()
        referral = session.scalars(select(ReferralRow.id)).first()
    return path.replace("FAMILY", family or "none").replace("REFERRAL", referral or "none")


@pytest.mark.parametrize(
    ("who", "path"), PAGES, ids=[f"{who.role.value if who else 'nobody'} {path}" for who, path in PAGES]
)
def test_an_empty_house_shows_every_page_without_a_barrier(
    look: Look, runtime: Runtime, who: Actor | None, path: str
) -> None:
    with look(who) as looker:
        looker.open(address_of(path, runtime), width=320)
        assert looker.runs_over() == 0
        assert looker.barriers() == []
        assert [each for each in looker.complaints if "status of 40" not in each] == []


@pytest.mark.parametrize(("who", "path"), BUSY, ids=[f"{who.role.value if who else ''} {path}" for who, path in BUSY])
def test_a_busy_house_fits_every_window_without_a_barrier(
    look: Look, runtime: Runtime, busy: None, who: Actor | None, path: str
) -> None:
    with look(who) as looker:
        for width in (1280, 768, 320):
            looker.open(address_of(path, runtime), width=width)
            assert looker.runs_over() == 0, width
        assert looker.barriers() == []
        assert looker.complaints == []


def test_the_first_stop_of_the_keyboard_leads_past_the_frame(look: Look) -> None:
    with look(BEN) as ben:
        ben.open("/today")
        ben.page.keyboard.press("Tab")
        assert ben.page.locator(":focus").inner_text() == "Skip to main content"
        ben.page.keyboard.press("Enter")
        ben.page.wait_for_url("**#main-content")


def test_the_frame_works_without_scripts(look: Look) -> None:
    with look(ANA, scripts=False) as ana:
        ana.open("/overview/")
        ana.follow(ana.page.get_by_role("link", name="Pause all texts"))
        ana.follow(ana.page.get_by_role("button", name="Pause all automatic texts"))
        assert "Automatic texts are paused" in ana.page.inner_text("body")
        ana.follow(ana.page.get_by_role("button", name="Undo"))
        assert "Automatic texts go out as planned" in ana.page.inner_text("body")
        ana.page.get_by_label("Who is ringing?").fill("0101")
        ana.follow(ana.page.get_by_role("button", name="Find").first)
        assert ana.page.get_by_role("heading", name="Nobody found").is_visible()


def test_a_button_pressed_twice_in_a_hurry_acts_once(look: Look, runtime: Runtime) -> None:
    with look(ANA) as ana:
        ana.open("/pause")
        with ana.next_page():
            ana.page.get_by_role("button", name="Pause all automatic texts").dblclick()
        expect(ana.page.get_by_role("button", name="Start texts again")).to_be_visible()
        expect(ana.page.get_by_role("status")).to_have_count(1)
