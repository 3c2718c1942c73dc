"""Practice calls: the same words and buttons, with families that are not there. Nothing is stored."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from admin.access import actor, allow, discloses, runtime
from outreach.domain.access import Permission
from outreach.views.practice import practice_families, practice_page

screen = Blueprint("practice", __name__)
LONGEST = 6000


@screen.get("/practice")
@allow(Permission.CALL_MAKE)
@discloses()
def show() -> str:
    return render_template("console/practice/families.html", families=practice_families(runtime(), actor()))


@screen.get("/practice/<family>")
@allow(Permission.CALL_MAKE)
@discloses()
def begin(family: str) -> str:
    return _page(family, "", None)


@screen.post("/practice/<family>")
@allow(Permission.CALL_MAKE)
def answer(family: str) -> str:
    chosen = ",".join(one for one in request.form.getlist("answer") if one)[:60]
    return _page(family, request.form.get("so_far", "")[:LONGEST], chosen)


def _page(family: str, so_far: str, chosen: str | None) -> str:
    page = practice_page(runtime(), actor(), family=family, so_far=so_far, answer=chosen)
    if page is None:
        abort(404)
    return render_template("console/practice/call.html", page=page)
