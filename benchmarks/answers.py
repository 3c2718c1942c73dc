"""How long the server takes for one answer of a call: `python benchmarks/answers.py [calls]`.

An answer is what the practitioner waits for: the POST that keeps it and the page that follows, through the whole
application as a server meets it (WSGI: session, rights, form token, note of access, words, template). Beside it, in
turns and on the same database: a bare view that writes one row and renders the same page from values it holds ready.
Fails above three times the bare view's median, or a 95th percentile of 50 ms.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from html import unescape
from pathlib import Path
from typing import Any

from flask import Flask, redirect, template_rendered
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from admin.access import open_to_all
from admin.web import create_app
from outreach.bootstrap import ROOT, set_up
from outreach.engine import guide_call, sign_in
from outreach.engine.guide_call import Opened
from outreach.library.contents import load_library
from outreach.runtime import Runtime
from outreach.store.conversations import AnswerRow
from outreach.store.keyring import make_keyring
from tests import cast
from tests.browsing import mark_as_demo
from tests.conftest import make_runtime
from tests.fakes import Clock

TIMES, LIMIT_MS = 3.0, 50.0
WAY = (
    "yes", "yes", "next", "said", "next", "child", "feelings,school", "some", "carer",
    "yes", "parent", "yes", "yes", "yes", "yes", "named", "neutral", "next", "next",
)  # fmt: skip
"""From *Hello* to a referral: every answer of a first call in which everything is asked."""


def main() -> int:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory() as folder:
        runtime = _house(Path(folder))
        app = create_app(runtime)
        bare = _Bare(app, runtime)
        signed_in = sign_in.begin_as(runtime, cast.BEN.id)
        assert isinstance(signed_in, sign_in.SignedIn)
        client = app.test_client()
        client.set_cookie("outreach", signed_in.token)
        token = _token(client.get("/ringing").text)
        ours: list[float] = []
        theirs: list[float] = []
        for place in range(calls):
            _one_call(runtime, client, token, place, bare, ours if place else [], theirs if place else [])
        runtime.sessions.close()
    return _say(ours, theirs)


def _house(folder: Path) -> Runtime:
    runtime = make_runtime(
        f"sqlite:///{folder}/answers.sqlite", home=folder, library=load_library(ROOT), keyring=make_keyring()
    )
    set_up(runtime)
    cast.people_the_house(runtime)
    mark_as_demo(runtime)
    return runtime


def _one_call(
    runtime: Runtime, client: FlaskClient, token: str, place: int, bare: _Bare, ours: list[float], theirs: list[float]
) -> None:
    path = f"/calls/{_opened(runtime, f'OXF-{place:04}', f'+447700900{place:03}')}"
    shown = client.get(path).text
    clock = runtime.now
    assert isinstance(clock, Clock)
    for answer in WAY:
        clock.move(seconds=20)  # an answer takes a while to be given, and the call notes when
        step, visit = _standing(shown)
        form = {"csrf_token": token, "step": step, "visit": visit, "answer": answer, "words": "It has been hard."}
        began = time.perf_counter()
        said = client.post(f"{path}/answer", data=form)
        page = client.get(said.headers["Location"])
        ours.append((time.perf_counter() - began) * 1000)
        assert page.status_code == 200
        assert _standing(page.text) != (step, visit), "the answer was not taken"
        shown = page.text
        began = time.perf_counter()
        said = client.post("/bare", data={"csrf_token": token})
        page = client.get(said.headers["Location"])
        theirs.append((time.perf_counter() - began) * 1000)
        assert page.status_code == 200
        assert abs(len(page.text) - len(shown)) < 40, "the bare page is another one"


def _opened(runtime: Runtime, ref: str, e164: str) -> str:
    """A family, its offer, and the call that was opened on it."""
    offer_id = cast.an_open_offer(runtime, cast.a_family(runtime, ref, e164=e164))
    opened = guide_call.open_call(runtime, cast.BEN, offer_id=offer_id)
    assert isinstance(opened, Opened), opened
    return opened.conversation_id


def _standing(page: str) -> tuple[str, str]:
    found = re.search(r'name="step" value="([^"]*)">\s*<input type="hidden" name="visit" value="(\d+)"', page)
    return (unescape(found[1]), found[2]) if found else ("", "")


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


class _Bare:
    """One row and the page, with nothing asked, checked, walked or unsealed."""

    def __init__(self, app: Flask, runtime: Runtime) -> None:
        opened = _opened(runtime, "OXF-BARE", "+447700900999")
        self.runtime, self.conversation_id, self.seq = runtime, opened, 0
        self.template: Any = None
        self.context: dict[str, Any] = {}
        template_rendered.connect(self._keep, app)
        app.add_url_rule("/bare", "bare_write", open_to_all(self._write), methods=["POST"])
        app.add_url_rule("/bare/page", "bare_page", open_to_all(self._page))

    def _keep(self, _app: Flask, template: Any, context: dict[str, Any], **_more: Any) -> None:
        self.template, self.context = template, context

    def _write(self) -> Response:
        self.seq += 1
        with self.runtime.sessions.begin() as session:
            session.add(
                AnswerRow(
                    id=self.runtime.new_id(), conversation_id=self.conversation_id, seq=self.seq, address="bare/bare",
                    visit=1, answer="yes", replaced=True, at=self.runtime.now(),
                )
            )  # fmt: skip
        return redirect("/bare/page", 303)

    def _page(self) -> str:
        return str(self.template.render(self.context))


def _say(ours: list[float], theirs: list[float]) -> int:
    def of(taken: list[float]) -> tuple[float, float]:
        return statistics.median(taken), statistics.quantiles(taken, n=20)[18]

    (our_median, our_95), (bare_median, bare_95) = of(ours), of(theirs)
    print(f"{len(ours)} answers, each the POST and the page that follows; SQLite, one process")
    print(f"  an answer:   median {our_median:.1f} ms, 95th percentile {our_95:.1f} ms")
    print(f"  a bare view: median {bare_median:.1f} ms, 95th percentile {bare_95:.1f} ms")
    print(f"  {our_median / bare_median:.2f} times the bare view (at most {TIMES:.0f})")
    return 0 if our_median <= TIMES * bare_median and our_95 < LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
