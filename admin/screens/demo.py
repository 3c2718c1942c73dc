"""The demo's own pages: choose whom to be, move the clock. They do not exist outside the demo (``admin.web``)."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, asking, keep_token, open_to_all, runtime, safe_next, token
from admin.saying import clock
from admin.status import tell
from outreach.domain.access import Permission
from outreach.engine import sign_in
from outreach.engine.move_clock import move_clock

screen = Blueprint("demo", __name__)

ABOUT = {
    "practitioner": "Makes today's calls",
    "coordinator": "Runs the pathway: imports the month, sets the rhythm, keeps every promise",
    "supervisor": "Answers for safety: lifts holds, approves wordings, can pause everything",
    "partner": "The charity: receives the referrals that families agreed to",
    "analyst": "Learns what works, from counts alone",
    "auditor": "Checks who saw, changed and disclosed what",
}
MOVES = {"hour": timedelta(hours=1), "day": timedelta(days=1), "next": None}


@screen.get("/demo")
@open_to_all
def people() -> str:
    wanted = safe_next(request.args.get("next", ""))
    return render_template("console/demo/people.html", people=sign_in.personas(runtime()), about=ABOUT, next=wanted)


@screen.post("/demo/be/<staff_id>")
@open_to_all
def be(staff_id: str) -> Response:
    answer = sign_in.begin_as(runtime(), staff_id)
    if isinstance(answer, sign_in.Refused):
        abort(404)
    if asking() is not None:
        sign_in.end(runtime(), token())
    return keep_token(redirect(safe_next(request.form.get("next", "")) or url_for("home"), 303), answer.token)


@screen.post("/demo/clock")
@allow(Permission.SELF)
def move() -> Response:
    by = request.form.get("by", "")
    if by not in MOVES:
        abort(400)
    then = move_clock(runtime(), actor(), by=MOVES[by])
    tell(f"It is {clock(then)} now. What fell due is being done; look again in a few seconds.")
    return redirect(safe_next(request.form.get("back", "")) or url_for("home"), 303)
