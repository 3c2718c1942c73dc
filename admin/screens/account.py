"""Your account: who you are here, what your role opens, and the way out everywhere."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, discloses, forget_token, runtime
from admin.status import tell
from outreach.domain.access import Permission
from outreach.engine import sign_in

screen = Blueprint("account", __name__)


@screen.get("/account")
@allow(Permission.SELF)
@discloses()
def show() -> str:
    return render_template("console/account.html", me=actor())


@screen.post("/account/sign-out-everywhere")
@allow(Permission.SELF)
def sign_out_everywhere() -> Response:
    sign_in.end_everywhere(runtime(), actor())
    tell("You are signed out on every device.")
    return forget_token(redirect(url_for("sign_in.show"), 303))
