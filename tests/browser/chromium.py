"""Finds a Chromium, and looks at a page with it: barriers that axe finds, what runs over the edge, complaints."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, expect, sync_playwright

AXE = Path(__file__).resolve().parents[1] / "npm" / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_IT = (
    "no Chromium was found, so no page was looked at in a browser. Get one with: "
    ".venv/bin/playwright install chromium  (or set OUTREACH_CHROMIUM to yours)"
)
TRIES = 5
PATIENCE = 60_000
"""Milliseconds that anything in a browser may take on a machine that is busy. Whoever waits goes on at once."""
QUIETLY = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


expect.set_options(timeout=PATIENCE)


@cache
def _axe() -> str:
    return AXE.read_text("utf-8")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running Chromium: ``OUTREACH_CHROMIUM``, Playwright's own, or one on the PATH; else skips, saying how."""
    with sync_playwright() as playwright:
        places = [os.environ.get("OUTREACH_CHROMIUM"), playwright.chromium.executable_path, *map(shutil.which, NAMES)]
        found = next((place for place in places if place and Path(place).exists()), None)
        if found is None:
            if os.environ.get("OUTREACH_TEST_EVERYTHING"):
                pytest.fail(HOW_TO_GET_IT)
            pytest.skip(HOW_TO_GET_IT)
        browser = playwright.chromium.launch(executable_path=found, args=QUIETLY)
        yield browser
        browser.close()


@dataclass
class Looker:
    """One person's browser window. ``complaints``: what the browser itself objected to (a blocked script, an error)."""

    context: BrowserContext
    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str, *, width: int = 1280) -> None:
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.goto(self.base + path)

    def next_page(self) -> AbstractContextManager[object]:
        """``with ben.next_page(): ...``: what is done in it leads to a next page, and ends when that one has loaded.

        Nothing may be looked at before: a click returns while the browser still shows the page before, or half of the
        next one.
        """
        return self.page.expect_navigation()

    def follow(self, what: Locator) -> None:
        """Click what leads to a next page, and wait for that page."""
        with self.next_page():
            what.click()

    def press(self, *keys: str) -> None:
        """Press keys, each on the page that the one before led to."""
        for key in keys:
            with self.next_page():
                self.page.keyboard.press(key)

    def barriers(self) -> list[str]:
        """What axe finds on the page as it is now. Only with scripts: without them its promise is never kept."""
        if not AXE.exists():
            pytest.fail("axe-core is missing: run make setup")
        run = (
            "axe.run().then(r => JSON.stringify(r.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 120))])))"
        )
        return [f"{rule}: {nodes[0]}" for rule, nodes in json.loads(self._ask(f"{_axe()}\n;{run}"))]

    def runs_over(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self._ask("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def _ask(self, question: str) -> Any:
        """What a page that has loaded answers. A page that was replaced meanwhile is asked again, a few times.

        Through the debugger, not the page: the page's own policy forbids such scripts, and is to stay in force; and a
        browser without scripts is asked as well.
        """
        heard: object = None
        for _ in range(TRIES):
            self.page.wait_for_load_state("load")
            session = self.context.new_cdp_session(self.page)
            try:
                heard = answer = session.send(
                    "Runtime.evaluate",
                    {"expression": question, "awaitPromise": True, "returnByValue": True},
                    timeout=PATIENCE,
                )
                if "value" in answer["result"]:
                    return answer["result"]["value"]
            except Error as replaced:
                heard = replaced
            finally:
                with suppress(Error):
                    session.detach()
        raise AssertionError(f"the page at {self.page.url} never stood still to be looked at: {heard}")


@contextmanager
def window(browser: Browser, base: str, *, token: str | None = None, scripts: bool = True) -> Iterator[Looker]:
    """A fresh window on the console at ``base``, signed in by ``token`` where there is one."""
    context = browser.new_context(java_script_enabled=scripts)
    context.set_default_timeout(PATIENCE)
    if token:
        context.add_cookies([{"name": "outreach", "value": token, "url": base}])
    looker = Looker(context, context.new_page(), base)
    looker.page.on(
        "console",
        lambda message: looker.complaints.append(message.text) if message.type in ("error", "warning") else None,
    )
    looker.page.on("pageerror", lambda error: looker.complaints.append(str(error)))
    try:
        yield looker
    finally:
        context.close()
