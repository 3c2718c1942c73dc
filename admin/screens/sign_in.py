"""The way in: address and password, then the one-time code; at the first time, setting both up."""

from __future__ import annotations

import ipaddress
import re

import segno
from flask import Blueprint, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from admin.access import asking, forget_token, keep_token, open_to_all, runtime, safe_next, token
from admin.saying import clock
from admin.status import tell
from outreach.domain.sign_in import MOST_FAILURES, REST
from outreach.engine import sign_in
from outreach.engine.sign_in_tries import WITHIN

screen = Blueprint("sign_in", __name__)

Page = str | Response | tuple[str, int]
WRONG = (
    "That address and password do not belong together, or the account rests. Try again. "
    f"After {MOST_FAILURES} wrong tries an account rests for {REST.seconds // 60} minutes, also for the right password."
)
TOO_MANY = f"Too many wrong tries came from where you are. Wait {WITHIN.seconds // 60} minutes, then try again."


@screen.get("/sign-in")
@open_to_all
def show() -> Page:
    whose = asking()
    if whose is not None and not whose.needs:
        return redirect(_after(), 303)
    return _page()


@screen.post("/sign-in")
@open_to_all
def begin() -> Page:
    email, password = request.form.get("email", "").strip(), request.form.get("password", "")
    errors = []
    if not email:
        errors.append(("email", "Enter your e-mail address"))
    if not password:
        errors.append(("password", "Enter your password"))
    if errors:
        return _page(errors), 400
    answer = sign_in.begin(runtime(), email=email, password=password, client=_client())
    if isinstance(answer, sign_in.Refused):
        return _page([("email", _said(answer, WRONG))]), 400
    where = "sign_in.code" if answer.needs == "code" else "sign_in.set_up"
    return keep_token(redirect(url_for(where, next=_next()), 303), answer.token)


@screen.get("/sign-in/code")
@open_to_all
def code() -> Page:
    whose = asking()
    if whose is None or whose.needs != "code":
        return redirect(url_for("sign_in.show", next=_next()), 303)
    return render_template("console/sign_in/code.html", errors=[], next=_next())


@screen.post("/sign-in/code")
@open_to_all
def give_code() -> Page:
    answer = sign_in.give_code(runtime(), token(), request.form.get("code", ""))
    if isinstance(answer, sign_in.SignedIn):
        return keep_token(redirect(_after(), 303), answer.token)
    if answer.reason == "session_over":
        return _start_again()
    words = "This code is not right, or it was used before. Wait for the next one and enter its 6 digits"
    return render_template("console/sign_in/code.html", errors=[("code", _said(answer, words))], next=_next()), 400


@screen.get("/sign-in/set-up")
@open_to_all
def set_up() -> Page:
    return _set_up_page([])


@screen.post("/sign-in/set-up")
@open_to_all
def finish_set_up() -> Page:
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        return _set_up_page([("again", "The two passwords are not the same. Type them again")])
    answer = sign_in.finish_enrolment(runtime(), token(), password=password, code=request.form.get("code", ""))
    if isinstance(answer, sign_in.SignedIn):
        tell("You are set up. From now on you sign in with your own password and a code from your app.")
        return keep_token(redirect(_after(), 303), answer.token)
    if answer.reason == "session_over":
        return _start_again()
    if answer.reason == "unfit":
        return _set_up_page([("password", answer.words)])
    words = "This code is not right. Check that the phone shows the right time, and enter the newest 6 digits"
    return _set_up_page([("code", _said(answer, words))])


@screen.post("/sign-out")
@open_to_all
def sign_out() -> Page:
    if token():
        sign_in.end(runtime(), token())
    tell("You have signed out.")
    return forget_token(redirect(url_for("sign_in.show"), 303))


def _page(errors: list[tuple[str, str]] | None = None) -> str:
    return render_template(
        "console/sign_in/sign_in.html",
        errors=errors or [],
        next=_next(),
        email=request.form.get("email", ""),
        demo=runtime().settings.demo,
    )


def _set_up_page(errors: list[tuple[str, str]]) -> Page:
    answer = sign_in.start_enrolment(runtime(), token())
    if isinstance(answer, sign_in.Refused):
        return _start_again()
    page = render_template(
        "console/sign_in/set_up.html",
        errors=errors,
        next=_next(),
        picture=picture(answer.uri),
        secret=" ".join(re.findall(".{1,4}", answer.secret)),
    )
    return page if not errors else (page, 400)


def picture(uri: str) -> Markup:
    """The square that a phone's camera reads, as SVG inside the page."""
    drawn = segno.make(uri, error="m").svg_inline(svgclass="po-qr", lineclass=None, omitsize=True)
    return Markup(drawn)  # noqa: S704 - drawn by segno from our own address


def _client() -> str:
    """Who asks. A proxy on this machine or network says for whom in the last entry of X-Forwarded-For."""
    near = request.remote_addr or ""
    try:
        behind_proxy = ipaddress.ip_address(near).is_private
    except ValueError:
        return near
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return forwarded or near if behind_proxy else near


def _said(refused: sign_in.Refused, words: str) -> str:
    if refused.reason == "too_many":
        return TOO_MANY
    if refused.reason == "resting" and refused.until is not None:
        return f"Too many wrong tries. You can try again from {clock(refused.until)}. Nothing is lost."
    return words


def _start_again() -> Response:
    whose = asking()
    if whose is not None and not whose.needs:
        return redirect(_after(), 303)  # signed in already, here or in another tab
    tell("Signing in took too long, or was finished elsewhere. Start again.", warning=True)
    return forget_token(redirect(url_for("sign_in.show", next=_next()), 303))


def _next() -> str | None:
    return safe_next(request.values.get("next", ""))


def _after() -> str:
    return _next() or url_for("home")
