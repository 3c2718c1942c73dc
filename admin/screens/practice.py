"""Practice calls: the same words and buttons, with families that are not there; and what comes before live calls."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, discloses, runtime
from admin.status import tell
from outreach.domain.access import Permission
from outreach.engine.practise import ask_for_practice, note_practice
from outreach.views.practice import practice_list, practice_page

screen = Blueprint("practice", __name__)
LONGEST = 6000


@screen.get("/practice")
@allow(Permission.CALL_MAKE)
@discloses()
def show() -> str:
    return render_template("console/practice/families.html", page=practice_list(runtime(), actor()))


@screen.post("/practice/areas/<area>")
@allow(Permission.SETTING_EDIT)
def ask(area: str) -> Response:
    ask_for_practice(runtime(), actor(), area=area, families=request.form.getlist(f"families-{area}"))
    tell("Kept. It holds from the next call on.")
    return redirect(url_for("practice.show"), 303)


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
    if page.over and not page.broken_off:
        note_practice(runtime(), actor(), family=family)
    return render_template("console/practice/call.html", page=page)
