"""Going live: what is still to be done, what is confirmed by hand, and what software may do by itself."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, discloses, runtime
from admin.status import tell
from outreach.domain.access import Permission
from outreach.engine import go_live, set_switches
from outreach.views.going_live import going_live
from outreach.views.switches import switches

screen = Blueprint("going_live", __name__, url_prefix="/going-live")


@screen.get("/")
@allow(Permission.SETTING_EDIT)
@discloses()
def show() -> str:
    page = going_live(runtime(), actor(), go_live.readiness(runtime()))
    return render_template("console/going_live/show.html", page=page)


@screen.post("/confirm/<what>")
@allow(Permission.SETTING_EDIT)
def confirm(what: str) -> Response:
    refused = go_live.confirm_here(runtime(), actor(), what=what)
    tell(refused or "Written down, with your name and today's date.", warning=refused is not None)
    return redirect(url_for("going_live.show"), 303)


@screen.get("/switches")
@allow(Permission.SETTING_EDIT)
@discloses()
def by_itself() -> str:
    return render_template("console/going_live/switches.html", page=switches(runtime(), actor()))


@screen.post("/switches/<area>")
@allow(Permission.SETTING_EDIT)
def switch_readings(area: str) -> Response:
    changed = set_switches.switch_readings(runtime(), actor(), area=area, by_itself=request.form.getlist("by-itself"))
    tell("Switched. It counts for every text that comes from now on." if changed else "That stood so already.")
    return redirect(url_for("going_live.by_itself", _anchor=area), 303)


@screen.post("/switches/<area>/texts")
@allow(Permission.SETTING_EDIT)
def switch_texts(area: str) -> Response:
    chosen = request.form.getlist("texts")
    refused = set_switches.switch_texts(
        runtime(), actor(), area=area, l0_texts="l0" in chosen, text_consent="consent" in chosen
    )
    tell(refused or "Switched, under your name.", warning=refused is not None)
    return redirect(url_for("going_live.by_itself", _anchor=area), 303)
