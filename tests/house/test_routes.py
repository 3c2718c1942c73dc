"""Every route of the console, as every role: who may, may; who may not, may not; nothing falls over."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from admin import screens
from admin.web import SCREENS, create_app
from outreach.domain.access import Permission
from outreach.runtime import Runtime
from tests.browsing import mark_as_demo, visitor
from tests.cast import ANA, BEN, CORA, EVE, FINN, GUS

NOWHERE = "00000000-0000-7000-8000-999999999999"
ROLES = (ANA, BEN, CORA, EVE, FINN, GUS)


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    mark_as_demo(runtime)
    return create_app(runtime)


def ways(app: Flask) -> Iterator[tuple[Rule, str, Permission | None, str]]:
    """Each rule with each of its methods, the permission it asks for, and an address with ids of nothing."""
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<int:[^>]+>", "1", rule.rule)
        path = re.sub(r"<[^>]+>", NOWHERE, path)
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
            yield rule, method, app.view_functions[rule.endpoint].allows, path  # type: ignore[attr-defined]


def test_who_may_gets_in_who_may_not_gets_403_and_nothing_falls_over(app: Flask, runtime: Runtime) -> None:
    wrong = []
    for who in ROLES:
        person = visitor(app, runtime, who)
        for rule, method, needed, path in ways(app):
            if rule.endpoint in ("sign_in.sign_out", "account.sign_out_everywhere", "demo.be", "static"):
                continue
            answer = person.get(path) if method == "GET" else person.post(path)
            barred = needed is not None and not who.may(needed)
            if (barred and answer.status_code != 403) or (answer.status_code >= 500 and rule.endpoint != "health.show"):
                wrong.append(f"{who.role} {method} {rule.rule}: {answer.status_code}, needs {needed}")
            if not barred and method == "GET" and answer.status_code == 403 and "<" not in rule.rule and needed:
                wrong.append(f"{who.role} {method} {rule.rule}: 403 although {needed} is granted")
    assert wrong == []


def test_nobody_gets_in_without_saying_who_they_are(app: Flask, runtime: Runtime) -> None:
    wrong = []
    stranger = visitor(app, runtime)
    for rule, method, needed, path in ways(app):
        if needed is None:
            continue
        answer = stranger.get(path) if method == "GET" else stranger.post(path)
        if answer.status_code != 303 or not answer.headers["Location"].startswith("/demo"):
            wrong.append(f"{method} {rule.rule}: {answer.status_code}")
    assert wrong == []


def test_what_changes_something_is_never_a_get(app: Flask) -> None:
    """A GET may be followed by a browser that only means to look ahead."""
    changing = (
        "accept",
        "decline",
        "delete",
        "hold",
        "lift",
        "move",
        "pause.stop",
        "go_on",
        "take",
        "send",
        "sign_out",
    )
    for rule in app.url_map.iter_rules():
        verb = rule.endpoint.rpartition(".")[2]
        if verb in changing or rule.endpoint in changing:
            assert "GET" not in (rule.methods or set()), rule.endpoint


def test_every_screen_is_on_the_list_of_screens() -> None:
    assert {module.name for module in pkgutil.iter_modules(screens.__path__)} == set(SCREENS)


def test_only_the_known_doors_are_open_to_all(app: Flask) -> None:
    doors = {rule.endpoint for rule, _, needed, _ in ways(app) if needed is None}
    known = {"static", "health.show", "health.ready", "health.metrics", "demo.people", "demo.be"}
    assert {each for each in doors if not each.startswith(("sign_in.", "hooks."))} == known
