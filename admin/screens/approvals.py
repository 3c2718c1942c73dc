"""Approvals: the words as families will meet them, and the two signatures that let them go live."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from admin.access import actor, allow, discloses, runtime
from admin.status import tell
from outreach.domain.access import Permission
from outreach.domain.plain_words import number_said
from outreach.engine import approve_wording
from outreach.engine.approve_wording import NotSigned
from outreach.views.approvals import all_words, one_wording

screen = Blueprint("approvals", __name__)
WHERE = "/approvals/<kind>/<language>/<name>"


@screen.get("/approvals")
@allow(Permission.WORDING_READ)
@discloses()
def show() -> str:
    return render_template("console/approvals/all.html", words=all_words(runtime(), actor()))


@screen.get(WHERE)
@allow(Permission.WORDING_READ)
@discloses()
def read(kind: str, language: str, name: str) -> str:
    try:
        page = one_wording(runtime(), actor(), kind=kind, name=name, language=language)
    except LookupError:
        abort(404)
    picture = Markup(page.picture)  # noqa: S704  drawn by us, every word of it escaped
    return render_template(
        "console/approvals/one.html",
        page=page,
        words=page.words,
        picture=picture,
        sender=number_said(runtime().phone.number),
    )


@screen.post(WHERE + "/approve")
@allow(Permission.WORDING_APPROVE)
def approve(kind: str, language: str, name: str) -> Response:
    said = approve_wording.approve(
        runtime(), actor(), kind=kind, name=name, language=language, version=request.form.get("version", "")
    )
    if isinstance(said, NotSigned):
        tell(said.why, warning=True)
    else:
        tell("Approved, in your name and for this version.", undo_url=_at("withdraw", kind, language, name))
    return redirect(_at("read", kind, language, name), 303)


@screen.post(WHERE + "/withdraw")
@allow(Permission.WORDING_APPROVE)
def withdraw(kind: str, language: str, name: str) -> Response:
    taken = approve_wording.withdraw(runtime(), actor(), kind=kind, name=name, language=language)
    tell(
        "Taken back. These words are not used with families until both have approved them again."
        if taken
        else "Nobody had approved these words.",
        warning=not taken,
    )
    return redirect(_at("read", kind, language, name), 303)


def _at(endpoint: str, kind: str, language: str, name: str) -> str:
    return url_for(f"approvals.{endpoint}", kind=kind, language=language, name=name)
