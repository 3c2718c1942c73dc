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
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Locator, Page, expect, sync_playwright

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


@dataclass
class Chromium:
    """A running browser. What it does for a first page costs more than most tests do on it, so who comes gets the
    page of somebody who has gone: an empty one, of the usual size, without their cookies."""

    browser: Browser
    _swept: dict[bool, list[Page]] = field(default_factory=lambda: {False: [], True: []})

    @contextmanager
    def page(self, *, scripts: bool = True) -> Iterator[Page]:
        """A page of one's own: no other that is open shares its cookies."""
        page = self._swept[scripts].pop() if self._swept[scripts] else self._first_page(scripts=scripts)
        page.set_viewport_size({"width": 1280, "height": 720})
        try:
            yield page
        finally:
            self._sweep(page, scripts=scripts)

    def _first_page(self, *, scripts: bool) -> Page:
        context = self.browser.new_context(java_script_enabled=scripts)
        context.set_default_timeout(PATIENCE)
        return context.new_page()

    def _sweep(self, page: Page, *, scripts: bool) -> None:
        """The console and the phones keep nothing in a browser but cookies."""
        try:
            page.goto("about:blank")  # what was under way ends with it, and so do its complaints
            page.context.clear_cookies()
        except Error:  # it was on its way to somewhere else: nobody is given that page
            page.context.close()
        else:
            self._swept[scripts].append(page)


@contextmanager
def chromium() -> Iterator[Chromium]:
    """A running Chromium: ``OUTREACH_CHROMIUM``, Playwright's own, or one on the PATH; else skips, saying how."""
    with sync_playwright() as playwright:
        places = [os.environ.get("OUTREACH_CHROMIUM"), playwright.chromium.executable_path, *map(shutil.which, NAMES)]
        found = next((place for place in places if place and Path(place).exists()), None)
        if found is None:
            if os.environ.get("OUTREACH_TEST_EVERYTHING"):
                pytest.fail(HOW_TO_GET_IT)
            pytest.skip(HOW_TO_GET_IT)
        browser = playwright.chromium.launch(executable_path=found, args=QUIETLY)
        yield Chromium(browser)
        browser.close()


@dataclass
class Looker:
    """One person's browser window. ``complaints``: what the browser itself objected to (a blocked script, an error)."""

    context: BrowserContext
    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def hear_error(self, error: Error) -> None:
        self.complaints.append(str(error))

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
def window(browser: Chromium, base: str, *, token: str | None = None, scripts: bool = True) -> Iterator[Looker]:
    """A window on the console at ``base``, signed in by ``token`` where there is one."""
    with browser.page(scripts=scripts) as page:
        looker = Looker(page.context, page, base)
        if token:
            looker.context.add_cookies([{"name": "outreach", "value": token, "url": base}])
        page.on("console", looker.hear)
        page.on("pageerror", looker.hear_error)
        try:
            yield looker
        finally:
            page.remove_listener("console", looker.hear)
            page.remove_listener("pageerror", looker.hear_error)
