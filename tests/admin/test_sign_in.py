from __future__ import annotations

import dataclasses
import json
import re

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select

from admin.web import create_app
from outreach.domain.access import Role
from outreach.engine import sign_in
from outreach.engine.change_access import let_go, reset_sign_in
from outreach.engine.manage_staff import Added, add_person
from outreach.engine.sign_in_tries import MOST
from outreach.runtime import Runtime
from outreach.settings import Settings
from outreach.store import areas
from outreach.store.events import EventRow
from outreach.store.offers import OfferRow
from outreach.store.staff import StaffRow, WebSessionRow
from tests.browsing import Visitor, mark_as_demo, visitor, words
from tests.cast import BEN, a_family, an_open_offer
from tests.fakes import Clock

EMAIL, OWN = "hana@paramount.example", "turnip window seven"


@pytest.fixture
def real(runtime: Runtime) -> Runtime:
    """The same house outside the demo: people sign in for real."""
    settings = Settings(home=runtime.settings.home, database_url=runtime.settings.database_url, _env_file=None)
    return dataclasses.replace(runtime, settings=settings)


@pytest.fixture
def app(real: Runtime) -> Flask:
    return create_app(real)


@pytest.fixture
def first_password(real: Runtime) -> str:
    answer = add_person(
        real,
        email=EMAIL,
        name="Hana Newcomer",
        role=Role.PRACTITIONER,
        organisation="Thames Valley",
        kind="police",
        areas=["OXF"],
    )
    assert isinstance(answer, Added)
    return answer.first_password


@pytest.fixture
def secret(app: Flask, real: Runtime, first_password: str, clock: Clock) -> str:
    """Hana has set up her sign-in, and signed out; this is what her authenticator holds."""
    hana = Visitor(app.test_client())
    hana.post("/sign-in", {"email": EMAIL, "password": first_password})
    secret = shown_secret(hana)
    answer = hana.post("/sign-in/set-up", {"password": OWN, "again": OWN, "code": code(secret, clock)})
    assert answer.headers["Location"] == "/"
    hana.post("/sign-out")
    clock.move(minutes=2)
    return secret


def shown_secret(hana: Visitor) -> str:
    page = hana.get("/sign-in/set-up").text
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert found
    return found[1].replace(" ", "")


def code(secret: str, clock: Clock) -> str:
    return pyotp.TOTP(secret).at(for_time=clock())


def password_given(app: Flask, password: str = OWN) -> Visitor:
    hana = Visitor(app.test_client())
    hana.post("/sign-in", {"email": EMAIL, "password": password})
    return hana


def signed_in(app: Flask, secret: str, clock: Clock) -> Visitor:
    hana = password_given(app)
    assert hana.post("/sign-in/code", {"code": code(secret, clock)}).status_code == 303
    return hana


def test_the_first_sign_in_asks_for_an_own_password_and_an_authenticator(app: Flask, first_password: str) -> None:
    hana = Visitor(app.test_client())
    answer = hana.post("/sign-in", {"email": EMAIL.upper(), "password": first_password})
    assert answer.headers["Location"] == "/sign-in/set-up"
    page = hana.get("/sign-in/set-up").text
    assert "<svg" in page
    assert hana.get("/today").headers["Location"] == "/sign-in/set-up"


def test_password_then_code_opens_the_console(app: Flask, secret: str, clock: Clock) -> None:
    hana = password_given(app)
    assert hana.get("/today").headers["Location"] == "/sign-in/code"
    assert hana.post("/sign-in/code", {"code": code(secret, clock)}).headers["Location"] == "/"
    assert "Hana Newcomer" in hana.get("/today").text


def test_the_first_password_is_worth_nothing_once_replaced(app: Flask, secret: str, first_password: str) -> None:
    assert "do not belong together" in words(
        Visitor(app.test_client()).post("/sign-in", {"email": EMAIL, "password": first_password})
    )


@pytest.mark.parametrize(
    ("password", "again", "says"),
    [
        ("short", "short", "at least 12 characters"),
        ("password1234", "password1234", "Many people use this password"),
        (EMAIL, EMAIL, "Do not use your own name"),
        (OWN, "another thing", "not the same"),
    ],
)
def test_an_unfit_password_is_refused_with_what_to_do(
    app: Flask, first_password: str, clock: Clock, password: str, again: str, says: str
) -> None:
    hana = password_given(app, first_password)
    right = code(shown_secret(hana), clock)
    answer = hana.post("/sign-in/set-up", {"password": password, "again": again, "code": right})
    assert answer.status_code == 400
    assert says in words(answer)
    assert hana.get("/today").status_code == 303


def test_the_password_that_was_handed_over_cannot_be_kept(app: Flask, first_password: str, clock: Clock) -> None:
    hana = password_given(app, first_password)
    right = code(shown_secret(hana), clock)
    answer = hana.post("/sign-in/set-up", {"password": first_password, "again": first_password, "code": right})
    assert "a password of your own" in words(answer)


def test_a_code_works_once(app: Flask, secret: str, clock: Clock) -> None:
    right = code(secret, clock)
    assert password_given(app).post("/sign-in/code", {"code": right}).status_code == 303
    answer = password_given(app).post("/sign-in/code", {"code": right})
    assert answer.status_code == 400
    assert "used before" in words(answer)


@pytest.mark.parametrize(("seconds", "status"), [(-30, 303), (0, 303), (30, 303), (90, 400), (-90, 400)])
def test_a_code_counts_half_a_minute_either_side(
    app: Flask, secret: str, clock: Clock, seconds: int, status: int
) -> None:
    clock.move(minutes=5)
    other = pyotp.TOTP(secret).at(for_time=clock().timestamp() + seconds)
    assert password_given(app).post("/sign-in/code", {"code": other}).status_code == status


def test_five_wrong_passwords_rest_the_account_also_for_the_right_one(app: Flask, secret: str, clock: Clock) -> None:
    stranger = Visitor(app.test_client())
    for _ in range(4):
        assert "do not belong" in words(stranger.post("/sign-in", {"email": EMAIL, "password": "wrong guess here"}))
    rested = words(stranger.post("/sign-in", {"email": EMAIL, "password": "wrong guess here"}))
    assert "After 5 wrong tries an account rests for 15 minutes, also for the right password" in rested
    assert words(stranger.post("/sign-in", {"email": EMAIL, "password": OWN})) == rested
    clock.move(minutes=16)
    assert stranger.post("/sign-in", {"email": EMAIL, "password": OWN}).status_code == 303


def test_five_wrong_codes_rest_the_account_too(app: Flask, secret: str, clock: Clock) -> None:
    thief = password_given(app)
    for _ in range(5):
        answer = thief.post("/sign-in/code", {"code": "000000"})
    assert "Too many wrong tries" in words(answer)
    assert "Too many wrong tries" in words(thief.post("/sign-in/code", {"code": code(secret, clock)}))


def test_no_answer_tells_whether_somebody_has_an_address(app: Flask, secret: str) -> None:
    """The same words for an account, for none, and for one that rests, however often one tries."""
    for _ in range(7):
        pages = [
            words(Visitor(app.test_client()).post("/sign-in", {"email": email, "password": "wrong guess here"}))
            for email in (EMAIL, "nobody@paramount.example")
        ]
        assert pages[0] == pages[1]


def test_who_guesses_at_many_accounts_rests_and_others_do_not(
    app: Flask, secret: str, clock: Clock, real: Runtime
) -> None:
    def knock(client: str, email: str, password: str) -> str:
        guesser = Visitor(app.test_client())
        guesser.post("/sign-out")
        form = {"csrf_token": guesser.token, "email": email, "password": password}
        answer = guesser.client.post("/sign-in", data=form, headers={"X-Forwarded-For": f"198.51.100.7, {client}"})
        return answer.headers.get("Location") or words(answer)

    for place in range(MOST):
        assert "do not belong" in knock("203.0.113.9", f"guess{place}@paramount.example", "wrong guess here")
    assert "Too many wrong tries came from where you are" in knock("203.0.113.9", EMAIL, OWN)
    assert knock("203.0.113.10", EMAIL, OWN).startswith("/sign-in/code")
    clock.move(minutes=16)
    assert knock("203.0.113.9", EMAIL, OWN).startswith("/sign-in/code")
    with real.sessions.read() as session:
        kept = json.dumps([event.data for event in session.scalars(select(EventRow))])
    assert "203.0.113" not in kept


def test_the_session_token_changes_with_the_code_and_only_its_hash_is_kept(
    app: Flask, secret: str, clock: Clock, real: Runtime
) -> None:
    hana = password_given(app)
    before = hana.client.get_cookie("outreach")
    hana.post("/sign-in/code", {"code": code(secret, clock)})
    after = hana.client.get_cookie("outreach")
    assert before
    assert after
    assert before.value != after.value
    with real.sessions.read() as session:
        hashes = set(session.scalars(select(WebSessionRow.token_hash)))
    assert after.value not in hashes
    assert sign_in.who_is(real, before.value) is None


def test_an_idle_session_ends_after_half_an_hour_and_any_after_ten(app: Flask, secret: str, clock: Clock) -> None:
    hana = signed_in(app, secret, clock)
    for _ in range(24):
        clock.move(minutes=25)
        last = hana.get("/account")
    assert last.status_code == 303
    hana = signed_in(app, secret, clock)
    clock.move(minutes=29)
    assert hana.get("/account").status_code == 200
    clock.move(minutes=31)
    assert hana.get("/account").headers["Location"] == "/sign-in?next=/account"
    for path in ("answer", "leave"):
        sent = hana.post(f"/calls/the-call/{path}", {"answer": "yes"})
        assert sent.headers["Location"] == "/sign-in?next=/calls/the-call", "somebody may be on the line"


def test_between_password_and_code_lie_ten_minutes_at_most(app: Flask, secret: str, clock: Clock) -> None:
    hana = password_given(app)
    clock.move(minutes=11)
    answer = hana.post("/sign-in/code", {"code": code(secret, clock)}, follow=True)
    assert "took too long" in answer.text


def test_signing_out_everywhere_ends_every_browser(app: Flask, secret: str, clock: Clock) -> None:
    at_work = signed_in(app, secret, clock)
    clock.move(minutes=1)
    at_home = signed_in(app, secret, clock)
    at_home.post("/account/sign-out-everywhere")
    assert at_work.get("/account").status_code == 303
    assert at_home.get("/account").status_code == 303


def test_signing_out_here_leaves_the_other_browser(app: Flask, secret: str, clock: Clock) -> None:
    at_work = signed_in(app, secret, clock)
    clock.move(minutes=1)
    at_home = signed_in(app, secret, clock)
    at_home.post("/sign-out")
    assert at_home.get("/account").status_code == 303
    assert at_work.get("/account").status_code == 200


def test_a_reset_ends_every_session_and_asks_for_everything_anew(
    app: Flask, secret: str, clock: Clock, real: Runtime
) -> None:
    hana = signed_in(app, secret, clock)
    given = reset_sign_in(real, email=EMAIL.upper())
    assert given
    assert hana.get("/account").status_code == 303
    assert "do not belong" in words(Visitor(app.test_client()).post("/sign-in", {"email": EMAIL, "password": OWN}))
    again = password_given(app, given)
    assert shown_secret(again) != secret
    assert reset_sign_in(real, email="nobody@paramount.example") is None


def test_who_leaves_gives_open_calls_back(app: Flask, secret: str, real: Runtime) -> None:
    offer_id = an_open_offer(real, a_family(real, "F001"))
    with real.sessions.begin() as session:
        hana = session.scalars(select(StaffRow).where(StaffRow.email == EMAIL)).one()
        session.get_one(OfferRow, offer_id).assigned_to = hana.id
    assert let_go(real, email=EMAIL)
    assert not let_go(real, email=EMAIL)
    with real.sessions.read() as session:
        assert session.get_one(OfferRow, offer_id).assigned_to is None


def test_who_has_left_is_out_at_once(app: Flask, secret: str, clock: Clock, real: Runtime) -> None:
    hana = signed_in(app, secret, clock)
    let_go(real, email=EMAIL)
    assert hana.get("/account").status_code == 303
    assert "do not belong" in words(Visitor(app.test_client()).post("/sign-in", {"email": EMAIL, "password": OWN}))


@pytest.mark.parametrize(
    ("target", "lands"),
    [
        ("/account", "/account"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_back_to_this_console_only(
    app: Flask, secret: str, clock: Clock, target: str, lands: str
) -> None:
    hana = password_given(app)
    assert hana.post("/sign-in/code", {"code": code(secret, clock), "next": target}).headers["Location"] == lands


def test_the_events_of_signing_in_hold_no_address_password_or_code(
    app: Flask, secret: str, clock: Clock, real: Runtime
) -> None:
    Visitor(app.test_client()).post("/sign-in", {"email": EMAIL, "password": "wrong guess here"})
    signed_in(app, secret, clock)
    with real.sessions.read() as session:
        rows = session.scalars(select(EventRow).where(EventRow.name.like("sign%"))).all()
    assert {row.name for row in rows} >= {"sign_in_set_up", "signed_in", "sign_in_failed"}
    assert {key for row in rows for key in row.data} == {"client"}
    assert "127.0.0.1" not in json.dumps([row.data for row in rows])


def test_nobody_signs_in_without_a_password_outside_the_demo(app: Flask, real: Runtime, runtime: Runtime) -> None:
    """Settings and database must both say demo; a session made in a demo is worth nothing outside it."""
    assert isinstance(sign_in.begin_as(runtime, BEN.id), sign_in.Refused), "the database does not say demo"
    mark_as_demo(runtime)
    made = sign_in.begin_as(runtime, BEN.id)
    assert isinstance(made, sign_in.SignedIn)
    assert isinstance(sign_in.begin_as(real, BEN.id), sign_in.Refused), "the settings do not say demo"
    assert sign_in.who_is(real, made.token) is None
    assert sign_in.personas(real) == ()


def test_a_persona_of_the_demo_is_a_click_away(runtime: Runtime) -> None:
    mark_as_demo(runtime)
    app = create_app(runtime)
    guest = visitor(app, runtime)
    assert "Ben Practitioner" in guest.get("/demo").text
    guest.post("/demo/be/ben")
    assert "Ben Practitioner, practitioner" in guest.get("/today").text
    with runtime.sessions.read() as session:
        assert areas.service(session).demo
