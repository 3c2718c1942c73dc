"""Finds a Chromium, and looks at a page with it: barriers that axe finds, what runs over the edge, complaints."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

AXE = Path(__file__).resolve().parents[1] / "npm" / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_IT = (
    "no Chromium was found, so no page was looked at in a browser. Get one with: "
    ".venv/bin/playwright install chromium  (or set OUTREACH_CHROMIUM to yours)"
)
QUIETLY = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


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
        self.page.wait_for_load_state("load")

    def barriers(self) -> list[str]:
        """What axe finds on the page as it is now."""
        if not AXE.exists():
            pytest.fail("axe-core is missing: run make setup")
        # Through the debugger, not the page: the page's own policy forbids such scripts, and is to stay in force.
        session = self.context.new_cdp_session(self.page)
        session.send("Runtime.evaluate", {"expression": AXE.read_text("utf-8")})
        run = (
            "axe.run().then(r => JSON.stringify(r.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 120))])))"
        )
        answer = session.send("Runtime.evaluate", {"expression": run, "awaitPromise": True, "returnByValue": True})
        return [f"{rule}: {nodes[0]}" for rule, nodes in json.loads(answer["result"]["value"])]

    def runs_over(self) -> int:
        """By how many pixels the page is wider than the window."""
        root = "document.documentElement"
        session = self.context.new_cdp_session(self.page)
        wider = {"expression": f"{root}.scrollWidth - {root}.clientWidth", "returnByValue": True}
        return int(session.send("Runtime.evaluate", wider)["result"]["value"])


@contextmanager
def window(browser: Browser, base: str, *, token: str | None = None, scripts: bool = True) -> Iterator[Looker]:
    """A fresh window on the console at ``base``, signed in by ``token`` where there is one."""
    context = browser.new_context(java_script_enabled=scripts)
    if token:
        context.add_cookies([{"name": "outreach", "value": token, "url": base}])
    looker = Looker(context, context.new_page(), base)
    looker.page.on(
        "console",
        lambda message: looker.complaints.append(message.text) if message.type in ("error", "warning") else None,
    )
    looker.page.on("pageerror", lambda error: looker.complaints.append(str(error)))
    yield looker
    context.close()
