"""A whole call in a real Chromium: by the keyboard alone, killed and resumed, narrow and wide, without a barrier."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from outreach.runtime import Runtime
from outreach.store.offers import OfferRow
from outreach.store.referrals import ReferralRow
from tests.browser.chromium import Looker
from tests.browser.conftest import Look
from tests.cast import BEN, a_family, an_open_offer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def begin(looker: Looker, runtime: Runtime) -> None:
    an_open_offer(runtime, a_family(runtime, "OXF-0001"))
    looker.open("/today")
    looker.page.get_by_role("button", name="Start the call").press("Enter")
    looker.page.wait_for_url("**/calls/**")


def press(looker: Looker, *keys: str) -> None:
    """Press keys, each on the page that the one before led to."""
    for key in keys:
        with looker.page.expect_navigation():
            looker.page.keyboard.press(key)


def said(looker: Looker) -> str:
    return looker.page.locator(".po-say").inner_text()


def test_a_whole_call_by_the_number_keys_is_closed_with_a_referral(look: Look, runtime: Runtime) -> None:
    with look(BEN) as ben:
        begin(ben, runtime)
        press(ben, "1", "1", "1", "1")
        assert said(ben) == "How have things been for you and the children?"
        ben.page.get_by_label("In their own words").fill("We had 3 bad weeks")
        ben.page.keyboard.press("Tab")  # from the words to *Go on*
        press(ben, "Enter")
        press(ben, "2")
        ben.page.get_by_label("Someone to talk to").press("Space")
        with ben.page.expect_navigation():
            ben.page.get_by_role("button", name="Go on", exact=True).press("Enter")
        with ben.page.expect_navigation():
            ben.page.get_by_role("button", name="Go on", exact=True).press("Enter")
        press(ben, "1", "1", "1", "1", "1", "3", "5", "3", "1")
        assert "Is this right?" in ben.page.inner_text("main")
        with ben.page.expect_navigation():
            ben.page.get_by_role("button", name="Yes, close the call and make the referral").press("Enter")
        assert "The call is closed" in ben.page.inner_text("main")
        assert ben.complaints == []
    with runtime.sessions.read() as session:
        assert session.scalars(select(ReferralRow.state)).all() == ["sent"]
        assert session.scalars(select(OfferRow.outcome)).all() == ["O1"]


def test_a_digit_in_the_words_is_a_digit_and_the_keys_can_be_switched_off(look: Look, runtime: Runtime) -> None:
    with look(BEN) as ben:
        begin(ben, runtime)
        press(ben, "1", "1", "1", "1")
        box = ben.page.get_by_label("In their own words")
        box.press("1")
        assert box.input_value() == "1"
        assert "How have things been" in said(ben)
        toggle = ben.page.get_by_role("button", name="Number keys are on")
        toggle.click()
        ben.page.keyboard.press("1")
        ben.page.wait_for_timeout(200)
        assert "How have things been" in said(ben)
        ben.page.reload()
        assert ben.page.get_by_role("button", name="Number keys are off").is_visible()


def test_a_killed_browser_comes_back_to_the_same_question(look: Look, runtime: Runtime) -> None:
    with look(BEN) as ben:
        begin(ben, runtime)
        press(ben, "1", "1")
        where = ben.page.url.partition("#")[0].removeprefix(ben.base)
        before = said(ben)
    with look(BEN, scripts=False) as again:
        again.open(where)
        assert said(again) == before


@pytest.mark.parametrize("width", [1280, 320])
def test_no_page_of_a_call_has_a_barrier_or_runs_over_the_edge(look: Look, runtime: Runtime, width: int) -> None:
    with look(BEN) as ben:
        begin(ben, runtime)
        seen = []
        for keys in ([], ["1"], ["1"], ["1", "1"], ["2"], ["1", "1"]):
            for key in keys:
                with ben.page.expect_navigation():
                    buttons = ben.page.locator(".po-answers button")
                    if buttons.count() >= int(key):
                        buttons.nth(int(key) - 1).click()
                    else:
                        ben.page.get_by_role("button", name="Go on", exact=True).click()
            ben.page.set_viewport_size({"width": width, "height": 900})
            seen.append((ben.page.url, ben.barriers()))
            assert ben.runs_over() <= 0
        with ben.page.expect_navigation():
            ben.page.get_by_role("button", name="Does not want to talk").click()
        seen.append((ben.page.url, ben.barriers()))
        with ben.page.expect_navigation():
            ben.page.get_by_role("button", name="Yes, close the call").click()
        seen.append((ben.page.url, ben.barriers()))
        assert [found for _, found in seen if found] == []
        assert ben.complaints == []
