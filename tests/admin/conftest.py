from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from admin.web import create_app
from outreach.domain.access import Actor
from outreach.runtime import Runtime
from tests.browsing import Visitor, mark_as_demo, visitor


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    """The console of the demo, on the cast's database."""
    mark_as_demo(runtime)
    return create_app(runtime)


@pytest.fixture
def be(app: Flask, runtime: Runtime) -> Callable[[Actor | None], Visitor]:
    """``be(BEN).get("/today")``: somebody of the cast at the console."""
    return lambda who: visitor(app, runtime, who)
