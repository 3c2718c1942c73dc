"""Makes a first call in a browser as a practitioner would, times it, and photographs it for docs/calls.md.

    .venv/bin/python tools/first_call.py

Writes docs/pictures/calls/*.png and prints the table of times. A Chromium is needed, as for tools/pictures.py.
Everybody in the pictures is invented. The browser answers at once: the times are the machine's, not a person's.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tools"))

from pictures import be, chromium  # noqa: E402 - found from here, wherever this is started

from outreach.demo.house import House  # noqa: E402
from outreach.demo.stage import Stage  # noqa: E402
from outreach.demo.story import month  # noqa: E402

FOLDER = ROOT / "docs" / "pictures" / "calls"
WAY = (
    ("It is them", "hello"),
    ("Yes, safe to talk", ""),
    ("Go on", "why"),
    ("I have said this", ""),
    ("Go on", ""),
    ("For the children", "choice"),
    ("School", ""),
    ("Pass over", ""),
    ("Go on", ""),
    ("Yes", "consent"),
    ("Parent with responsibility", ""),
    ("Yes", ""),
    ("Yes", ""),
    ("Yes", ""),
    ("Yes", ""),
    ("Just theirs, may say support", ""),
    ("No voicemail", ""),
    ("Pass over", "apart"),
    ("Go on", ""),
    ("Yes, close the call and make the referral", "agreed"),
)
"""What is pressed, one after the other, and the picture that is taken before it."""
TO_TICK = frozenset({"School"})


def shoot(page: Page, name: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    page.evaluate("(document.querySelector('.po-call-top') || document.querySelector('h1')).scrollIntoView()")
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled", scale="css")


def line(page: Page) -> str:
    words = page.locator(".po-say")
    said = words.first.inner_text() if words.count() else page.locator("h1").inner_text()
    return " ".join(said.split())[:90]


def call(page: Page) -> list[tuple[str, str, float]]:
    """Presses the way through; returns what was said, what was pressed, and the milliseconds until the next page."""
    taken = []
    for label, picture in WAY:
        if picture:
            shoot(page, picture)
        said = line(page)
        if label in TO_TICK:
            page.get_by_label(label).check()
        button = page.get_by_role("button", name="Go on" if label in TO_TICK else label, exact=True).first
        began = time.perf_counter()
        with page.expect_navigation():
            button.click()
        taken.append((said, label, (time.perf_counter() - began) * 1000))
    shoot(page, "after")
    page.get_by_label("It was heavy").check()
    page.get_by_label("Five minutes").check()
    with page.expect_navigation():
        page.get_by_role("button", name="That is all").click()
    shoot(page, "rest")
    return taken


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="outreach-call-") as home, sync_playwright() as playwright:
        house = House(home=Path(home))
        try:
            house.open()
            with contextlib.redirect_stdout(io.StringIO()):
                stage = Stage(house)
                month(stage, 0)
                stage.go_to(date(2026, 1, 6))
            browser = chromium(playwright)
            page = browser.new_context(viewport={"width": 900, "height": 700}).new_page()
            be(page, house, "Priya Shah")
            page.get_by_role("button", name="Start the call").first.click()
            page.wait_for_url("**/calls/**")
            began = time.perf_counter()
            taken = call(page)
            whole = time.perf_counter() - began
            browser.close()
        finally:
            house.close()
    for said, label, ms in taken:
        print(f"| {said} | {label} | {ms:.0f} |")
    print(f"{len(taken)} answers, {whole:.1f} s from the first line to the closed call, pictures included")


if __name__ == "__main__":
    main()
