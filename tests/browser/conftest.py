from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from werkzeug.serving import make_server

from admin.web import create_app
from outreach.domain.access import Actor
from outreach.engine import sign_in
from outreach.runtime import Runtime
from tests.browser.chromium import Chromium, Looker, chromium, window
from tests.browsing import mark_as_demo

Look = Callable[..., AbstractContextManager[Looker]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as found:
        yield found


@pytest.fixture
def address(runtime: Runtime) -> Iterator[str]:
    """The console, really served."""
    mark_as_demo(runtime)
    server = make_server("127.0.0.1", 0, create_app(runtime), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def look(browser: Chromium, address: str, runtime: Runtime) -> Look:
    """``with look(BEN) as ben: ben.open("/today")``; ``look(BEN, scripts=False)`` for a browser without JavaScript."""

    def as_somebody(who: Actor | None = None, *, scripts: bool = True) -> AbstractContextManager[Looker]:
        token = None
        if who is not None:
            answer = sign_in.begin_as(runtime, who.id)
            assert isinstance(answer, sign_in.SignedIn)
            token = answer.token
        return window(browser, address, token=token, scripts=scripts)

    return as_somebody
