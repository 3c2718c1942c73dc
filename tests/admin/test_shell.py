from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from admin import access
from admin.status import tell
from admin.web import create_app
from outreach.domain.access import Actor, Permission
from outreach.runtime import Runtime
from outreach.settings import Settings
from outreach.store import areas
from tests.browsing import Visitor, words
from tests.cast import ANA, BEN, EVE, FINN

Be = Callable[[Actor | None], Visitor]


def live_settings(runtime: Runtime, **more: object) -> Settings:
    return Settings(home=runtime.settings.home, database_url=runtime.settings.database_url, _env_file=None, **more)  # type: ignore[arg-type]


def test_every_answer_forbids_scripts_from_elsewhere_and_keeping_a_copy(be: Be) -> None:
    for path in ("/sign-in", "/nothing-here", "/static/console.js"):
        headers = be(None).get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert "Strict-Transport-Security" not in headers


def test_each_page_has_its_own_nonce_and_no_inline_style(be: Be) -> None:
    ben = be(BEN)
    pages = [ben.get("/today") for _ in range(2)]
    nonces = [re.search(r"'nonce-([^']+)'", page.headers["Content-Security-Policy"]) for page in pages]
    assert nonces[0]
    assert nonces[1]
    assert nonces[0][1] != nonces[1][1]
    for page, nonce in zip(pages, nonces, strict=True):
        assert nonce
        assert f'<script nonce="{nonce[1]}">' in page.text
        assert " style=" not in page.text
        assert "<style" not in page.text
        assert not re.search(r"<script(?![^>]*(src|nonce)=)", page.text)


def test_over_https_cookies_are_secure_and_only_https_follows(runtime: Runtime) -> None:
    app = create_app(dataclasses.replace(runtime, settings=live_settings(runtime, public_url="https://o.example")))
    answer = app.test_client().get("/sign-in")
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-forms=")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_form_without_its_token_changes_nothing_and_says_what_to_do(be: Be) -> None:
    answer = be(ANA).client.post("/pause")
    assert answer.status_code == 400
    assert "load the page again" in words(answer)
    assert "Automatic texts go out as planned" in be(ANA).get("/pause").text


def test_a_missing_page_and_a_forbidden_one_are_told_apart_and_plain(be: Be) -> None:
    assert be(BEN).get("/nowhere").status_code == 404
    forbidden = be(EVE).get("/today")
    assert forbidden.status_code == 403
    assert "Your role does not include it" in words(forbidden)
    assert be(BEN).client.delete("/today").status_code == 405


def test_an_address_typed_with_or_without_its_last_stroke_is_the_same_page(be: Be) -> None:
    ana = be(ANA)
    for path in ("/approvals", "/overview", "/rota"):
        assert {ana.get(path).status_code, ana.get(path + "/").status_code} == {200}


def test_what_is_too_large_is_refused_with_the_limit(app: Flask, be: Be) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 500
    answer = be(ANA).post("/pause", {"area": "x" * 1000})
    assert answer.status_code == 413
    assert "20 MB" in words(answer)


@pytest.mark.parametrize(
    ("cause", "title"),
    [
        ("database is locked", "The database is busy"),
        ("unable to open database file", "The database cannot be reached"),
    ],
)
def test_a_busy_or_missing_database_is_said_so_and_the_log_names_nobody(
    app: Flask, be: Be, caplog: pytest.LogCaptureFixture, cause: str, title: str
) -> None:
    ben = be(BEN)

    def broken() -> str:
        raise OperationalError("SELECT 'Amina Rivera'", {"name": "Amina Rivera"}, Exception(cause))

    broken.allows = Permission.WORKLIST_READ  # type: ignore[attr-defined]
    app.view_functions["today.show"] = broken
    with caplog.at_level(logging.ERROR):
        answer = ben.get("/today")
    assert answer.status_code == 503
    assert title in answer.text
    assert "Nothing was saved" in words(answer)
    assert answer.headers["Retry-After"] == "10"
    assert "OperationalError in today.show answered 503" in caplog.text
    assert "Rivera" not in caplog.text
    assert "SELECT" not in answer.text


def test_a_real_lock_on_the_database_shows_the_clear_page(be: Be, runtime: Runtime) -> None:
    ana, engine = be(ANA), runtime.sessions.engine
    ana.post("/pause/go-on")
    engine.dispose()
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=50").close())
    with engine.begin():  # BEGIN IMMEDIATE: somebody else is writing, and does not stop
        answer = ana.post("/pause")
    assert answer.status_code == 503
    assert "The database is busy" in words(answer)
    assert "Automatic texts go out as planned" in ana.get("/pause").text


def test_a_route_without_its_rule_stops_the_console_from_starting(app: Flask) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    with pytest.raises(RuntimeError, match=r"/forgotten \(forgotten\) says neither @allow nor @open_to_all"):
        access.check_routes(app)


def test_a_page_that_does_not_say_what_it_discloses_stops_the_console_from_starting(app: Flask) -> None:
    app.add_url_rule("/vague", "vague", access.allow(Permission.SELF)(lambda: "names"))
    with pytest.raises(RuntimeError, match="does not say @discloses"):
        access.check_routes(app)


def test_a_page_that_discloses_without_noting_it_is_not_shown(app: Flask, be: Be) -> None:
    ben = be(BEN)

    @access.allow(Permission.SELF)
    @access.discloses("family")
    def careless() -> str:
        return "Amina Rivera"

    app.view_functions["account.show"] = careless
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = ben.get("/account")
    assert answer.status_code == 500
    assert "Amina" not in answer.text


def test_what_just_happened_is_said_once(app: Flask, be: Be) -> None:
    @access.allow(Permission.SELF)
    def say() -> str:
        tell("Kept.", undo_url="/pause/go-on")
        return ""

    app.view_functions["home"] = say
    ana = be(ANA)
    ana.get("/")
    first, second = ana.get("/account"), ana.get("/account")
    assert 'role="status"' in first.text
    assert "Kept." in first.text
    assert 'action="/pause/go-on"' in first.text
    assert 'role="status"' not in second.text


def test_the_pause_button_is_there_for_those_who_may_and_the_state_for_those_who_work(be: Be) -> None:
    assert "Pause all texts" in be(ANA).get("/today").text
    ben = be(BEN).get("/today").text
    assert "Pause all texts" not in ben
    assert "Automatic texts go out as planned" in ben
    assert "Automatic texts" not in be(EVE).get("/account").text


def test_pausing_shows_on_everybodys_page_until_undone(be: Be) -> None:
    ana = be(ANA)
    answer = ana.post("/pause", follow=True)
    assert "Automatic texts are paused" in answer.text
    assert "Undo" in answer.text
    assert "somebody pressed pause" in be(BEN).get("/today").text
    ana.post("/pause/go-on")
    assert "Automatic texts go out as planned" in be(BEN).get("/today").text


def test_an_area_can_be_paused_alone_and_only_ones_own(be: Be) -> None:
    ana = be(ANA)
    assert "Milton Keynes" in ana.post("/pause", {"area": "MKC"}, follow=True).text
    assert "Milton Keynes (somebody pressed pause)" in be(ANA).get("/account").text
    assert "Automatic texts go out as planned" in be(BEN).get("/today").text
    assert ana.post("/pause", {"area": "WOK"}).status_code == 403


def test_roles_without_pages_yet_are_told_so_honestly(be: Be) -> None:
    answer = be(FINN).get("/", follow=True)
    assert "no pages of its own in this version" in words(answer)


def test_the_demos_pages_do_not_exist_outside_the_demo(runtime: Runtime) -> None:
    app = create_app(dataclasses.replace(runtime, settings=live_settings(runtime)))
    client = app.test_client()
    assert client.get("/demo").status_code == 404
    assert client.post("/demo/be/ana").status_code == 404
    assert client.post("/demo/clock").status_code == 404
    assert "Demo." not in client.get("/sign-in").text


def test_the_clock_moves_on_in_the_demo_only_forward(be: Be, runtime: Runtime) -> None:
    ana = be(ANA)
    assert ana.post("/demo/clock", {"by": "day", "back": "//evil.example"}).headers["Location"] == "/"
    assert ana.post("/demo/clock", {"by": "-5"}).status_code == 400
    with runtime.sessions.read() as session:
        assert areas.service(session).clock_offset_seconds == 86_400


def test_health_says_whether_anybody_is_at_work(be: Be, app: Flask) -> None:
    answer = be(None).get("/health")
    assert answer.status_code == 503
    assert answer.json == {"database": True, "ok": False, "worker_seconds_ago": None}
