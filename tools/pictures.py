"""Takes the pictures that the README shows: starts the demo's house, plays a few steps, and photographs pages.

    .venv/bin/python tools/pictures.py                 the pictures of docs/pictures
    .venv/bin/python tools/pictures.py --all FOLDER    every page, at 1280 and 320 pixels, to look at

A Chromium is needed: ``OUTREACH_CHROMIUM``, Playwright's own, or one on the PATH. Everybody in the pictures is
invented.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import sys
import tempfile
from datetime import date, time
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from outreach.demo.house import House  # noqa: E402 - the project is found from here, wherever this is started
from outreach.demo.month import FILES  # noqa: E402
from outreach.demo.stage import PRIYA, Stage  # noqa: E402
from outreach.demo.story import NOT_NOW, THINKING, YES, month  # noqa: E402
from outreach.engine import guide_call  # noqa: E402
from outreach.store.offers import open_offer  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
WIDE, NARROW, HEIGHT = 1280, 320, 860


def play(stage: Stage) -> dict[str, str]:
    """January is imported, calls are made, offers go out and are answered. Returns addresses by what they show."""
    month(stage, 0)
    stage.go_to(date(2026, 1, 6))
    stage.ring("F001", YES)
    for ref in ("F014", "F025", "F026", "F027"):
        stage.ring(ref, NOT_NOW)
    stage.ring("F015", THINKING)
    stage.ring("F002", {}, picks_up=False)
    stage.go_to(date(2026, 2, 2), time(9, 40))
    month(stage, 1)
    stage.go_to(date(2026, 2, 18), time(10, 5))
    stage.text("F015", "Not at the moment, maybe in the summer holidays")
    stage.text("F014", "CALL")
    stage.text("F025", "STOP")
    stage.text("F026", "How did you get my number?")
    stage.text("F027", "who is this texting my mrs")
    return {"family": stage.someone("F001").family_id, "held": stage.someone("F026").family_id} | a_call(stage)


def a_call(stage: Stage) -> dict[str, str]:
    """A call that stands at the offer, with its first words said."""
    with stage.runtime.sessions.read() as session:
        offer = open_offer(session, stage.someone("F006").family_id)
    if offer is None:
        return {}
    opened = guide_call.open_call(stage.runtime, PRIYA, offer_id=offer.id)
    if isinstance(opened, guide_call.Refusal):
        raise SystemExit(opened.why)
    return {"call": opened.conversation_id}


def be(page: Page, house: House, name: str) -> None:
    page.goto(f"{house.console_url}/demo")
    page.get_by_role("button", name=re.compile(f"^{name}")).first.click()
    page.wait_for_load_state("load")


def shoot(page: Page, file: Path, *, width: int = WIDE, whole: bool = False) -> None:
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.wait_for_load_state("load")
    page.screenshot(path=file, full_page=whole, animations="disabled")
    print(f"{file.name}  {file.stat().st_size // 1000} kB")


def for_the_readme(browser: Browser, house: House, shown: dict[str, str]) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page = browser.new_context().new_page()
    be(page, house, "Priya Shah")
    shoot(page, PICTURES / "today.png")
    page.goto(f"{house.console_url}/calls/{shown['call']}")
    page.get_by_role("button", name="It is them").click()
    page.goto(page.url.partition("#")[0])
    shoot(page, PICTURES / "call.png")
    page.goto(f"{house.console_url}/families/{shown['family']}")
    shoot(page, PICTURES / "family.png")
    page.goto(f"{house.console_url}/inbox?show=all")
    shoot(page, PICTURES / "inbox.png")
    for ref, name in (("F026", "thread"), ("F027", "danger")):
        page.goto(f"{house.console_url}/inbox?show=all")
        page.get_by_role("link", name=re.compile(f"{ref}$")).click()
        shoot(page, PICTURES / f"{name}.png")


def every_page(browser: Browser, house: House, shown: dict[str, str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    family, held = f"/families/{shown['family']}", f"/families/{shown['held']}"
    rooms = {
        "Priya Shah": ["/today", family, held, "/inbox", f"/calls/{shown['call']}", "/rota/", "/account", "/ringing"],
        "Carys Bevan": ["/overview/", "/imports", "/imports/columns", "/cadence/", "/cadence/edit", "/rota/", "/inbox"],
        "Sam Adeyemi": ["/overview/", "/pause", "/approvals", held],
        "Lena Fox": ["/referrals/"],
        "Ned Wu": ["/"],
        "Olga Marsh": ["/"],
    }
    page = browser.new_context().new_page()
    for name, paths in rooms.items():
        be(page, house, name)
        for path in paths:
            page.goto(house.console_url + path)
            plain = re.sub(r"[0-9a-f-]{36}", "one", path).strip("/").replace("/", "-") or "home"
            for width in (WIDE, NARROW):
                shoot(page, folder / f"{name.split()[0].lower()}-{plain}-{width}.png", width=width, whole=True)
    be(page, house, "Carys Bevan")
    page.goto(f"{house.console_url}/imports")
    page.locator("#file").set_input_files(FILES[3])
    page.get_by_role("button", name="Show me the plan").click()
    for width in (WIDE, NARROW):
        shoot(page, folder / f"carys-plan-{width}.png", width=width, whole=True)
    be(page, house, "Lena Fox")
    page.get_by_role("button", name=re.compile("^Open")).first.click()
    for width in (WIDE, NARROW):
        shoot(page, folder / f"lena-referral-{width}.png", width=width, whole=True)


def chromium(playwright: Playwright) -> Browser:
    """A Chromium without a window. Leaves with what to do where none is found."""
    own = playwright.chromium.executable_path
    places = [os.environ.get("OUTREACH_CHROMIUM"), own, *map(shutil.which, ("chromium", "google-chrome"))]
    found = next((place for place in places if place and Path(place).exists()), None)
    if found is None:
        raise SystemExit("No Chromium was found. Get one with: .venv/bin/playwright install chromium")
    return playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])


def main() -> None:
    folder = Path(sys.argv[2]) if sys.argv[1:2] == ["--all"] else None
    with tempfile.TemporaryDirectory(prefix="outreach-pictures-") as home, sync_playwright() as playwright:
        house = House(home=Path(home))
        try:
            house.open()
            with contextlib.redirect_stdout(io.StringIO()):
                shown = play(Stage(house))
            browser = chromium(playwright)
            if folder is None:
                for_the_readme(browser, house, shown)
            else:
                every_page(browser, house, shown, folder)
            browser.close()
        finally:
            house.close()


if __name__ == "__main__":
    main()
