"""The phones in a real Chromium: no barrier that axe finds, nothing wider than the screen, news without reloading."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from outreach.gateway.twilio import TwilioLine
from outreach.simulator.network import TextOrder
from outreach.simulator.server import Simulator
from tests.browser.chromium import AXE, Chromium, chromium
from tests.simulator.conftest import ANNA, LANDLINE, PRACTITIONER

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
LONG_NAME = "Bogdana Przykladowa-Kowalska de Montmorency the Younger Esq."


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Chromium, simulator: Simulator) -> Iterator[Page]:
    with browser.page() as own:
        yield own


@pytest.fixture
def full(simulator: Simulator, line: TwilioLine) -> Simulator:
    """Texts of every kind, a long name, a landline, a call that rings."""
    for number, name in ((ANNA, LONG_NAME), (LANDLINE, "Dee"), (PRACTITIONER, "Ben")):
        simulator.name_phone(number, name)
        simulator.post_office.send(TextOrder(to=number, sender=simulator.number, body="Reply CALL, LATER or STOP."))
    simulator.text_from(ANNA, "word " * 320)
    line.dial(first=PRACTITIONER, reference="ref-1")
    assert simulator.settle()
    return simulator


@pytest.mark.parametrize("width", [1280, 768, 320])
@pytest.mark.parametrize("path", ["/", f"/phones/{ANNA}", f"/phones/{PRACTITIONER}", "/journal", "/faults", "/?q=Zoe"])
def test_a_page_has_no_barrier_and_fits_the_screen(page: Page, full: Simulator, path: str, width: int) -> None:
    if not AXE.exists():
        pytest.fail("axe-core is missing: run make setup.")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(full.url + path)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_text_shows_up_without_reloading_and_leaves_what_is_being_typed(page: Page, full: Simulator) -> None:
    page.goto(full.url + f"/phones/{ANNA}")
    box = page.get_by_label(f"Text from {LONG_NAME}")
    box.fill("I am still wri")
    full.post_office.send(TextOrder(to=ANNA, sender=full.number, body="We will ring you on Thursday."))
    page.locator("#thread").get_by_text("We will ring you on Thursday.").wait_for()
    assert box.input_value() == "I am still wri"


def test_a_call_is_answered_and_ended_with_the_keyboard_alone(page: Page, full: Simulator) -> None:
    page.goto(full.url + f"/phones/{PRACTITIONER}")
    page.get_by_role("button", name="Answer").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Call ended").wait_for()
