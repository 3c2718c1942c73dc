"""Going live by keyboard in a narrow Chromium: what is confirmed, and what software may do by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from outreach.domain.going_live import CONFIRMED_BY_HAND
from outreach.runtime import Runtime
from outreach.store import areas
from outreach.store.areas import AreaRow
from tests.browser.chromium import Looker
from tests.browser.conftest import Look
from tests.cast import CORA

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
LIMIT = 60
"""So many times Tab is pressed at most to get to a control: more would be no way by keyboard."""


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_each_step_that_is_done_by_hand_is_confirmed_by_keyboard(look: Look, runtime: Runtime, scripts: bool) -> None:
    with look(CORA, scripts=scripts) as cora:
        cora.open("/going-live/", width=320)
        for _ in CONFIRMED_BY_HAND:
            tab_to(cora, "button:focus", "I tried it, and it is so")
            cora.press("Enter")
            expect(cora.page.get_by_text("Written down, with your name and today's date.")).to_be_visible()
        assert not scripts or cora.barriers() == []
        expect(cora.page.get_by_role("button", name="I tried it, and it is so")).to_have_count(0)
    with runtime.sessions.read() as session:
        confirmed = areas.service(session).live_confirmed
    assert {what: one["by"] for what, one in confirmed.items()} == dict.fromkeys(CONFIRMED_BY_HAND, CORA.id)


def test_a_reading_is_switched_on_by_keyboard_for_one_area_only(look: Look, runtime: Runtime) -> None:
    with look(CORA) as cora:
        cora.open("/going-live/", width=320)
        tab_to(cora, "a:focus", "Look at the switches")
        cora.press("Enter")
        tab_to(cora, "#OXF-later:focus")
        cora.page.keyboard.press("Space")
        tab_to(cora, "button:focus", "Keep this")
        cora.press("Enter")
        expect(cora.page.get_by_text("Switched. It counts for every text that comes from now on.")).to_be_visible()
        assert cora.barriers() == []
        assert cora.runs_over() == 0
    with runtime.sessions.read() as session:
        on = {area.code: area.self_acting for area in session.query(AreaRow) if area.self_acting}
    assert on == {"OXF": ["later"]}


def tab_to(looker: Looker, what: str, words: str = "") -> None:
    """Presses Tab until what is in focus is ``what`` and says ``words``."""
    for _ in range(LIMIT):
        looker.page.keyboard.press("Tab")
        found = looker.page.locator(what)
        if found.count() and words in found.inner_text():
            return
    raise AssertionError(f"{what} is not reached with {LIMIT} presses of Tab")
