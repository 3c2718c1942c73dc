"""Pause: stop every automatic text, of the service or of one area, and start again."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, discloses, runtime
from admin.frame import WHY
from admin.status import tell
from outreach.domain.access import Permission
from outreach.engine import pause
from outreach.views.pause_state import pause_state

screen = Blueprint("pause", __name__)


@screen.get("/pause")
@allow(Permission.PAUSE_SET)
@discloses()
def show() -> str:
    return render_template("console/pause.html", state=pause_state(runtime(), actor()), why=WHY)


@screen.post("/pause")
@allow(Permission.PAUSE_SET)
def stop() -> Response:
    area = request.form.get("area") or None
    pause.pause(runtime(), actor(), area=area)
    tell(
        "Automatic texts are paused. Replies from families still come in, and people can still ring.",
        undo_url=url_for("pause.go_on", area=area or ""),
    )
    return redirect(url_for("pause.show"), 303)


@screen.post("/pause/go-on")
@allow(Permission.PAUSE_LIFT)
def go_on() -> Response:
    area = request.values.get("area") or None
    pause.go_on(runtime(), actor(), area=area)
    tell("Automatic texts go out again as planned. What waited is asked again at the gate before it goes.")
    return redirect(url_for("pause.show"), 303)
