"""The duty rota: this week's people and gaps; putting on and taking off."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, discloses, runtime
from admin.status import tell
from admin.typed import read_day, read_time
from outreach.domain.access import Permission
from outreach.engine import set_cover, set_rota
from outreach.engine.set_rota import WEEKDAYS
from outreach.views.rota import rota_page

screen = Blueprint("rota", __name__, url_prefix="/rota")


@screen.get("/")
@allow(Permission.ROTA_READ)
@discloses()
def show() -> str:
    return _page([], week=read_day(request.args.get("week", "")))


@screen.post("/")
@allow(Permission.ROTA_EDIT)
def put_on() -> Response | tuple[str, int]:
    answer = set_rota.put_on(
        runtime(),
        actor(),
        area=request.form.get("area", ""),
        staff_id=request.form.get("staff", ""),
        weekdays={int(each) for each in request.form.getlist("weekdays") if each.isdecimal()},
        starts=read_time(request.form.get("starts", "")),
        ends=read_time(request.form.get("ends", "")),
    )
    if answer is not None:
        return _page(list(answer.problems)), 400
    tell("Put on the rota, from today on.")
    return redirect(url_for("rota.show"), 303)


@screen.post("/<shift_id>/take-off")
@allow(Permission.ROTA_EDIT)
def take_off(shift_id: str) -> Response:
    if set_rota.take_off(runtime(), actor(), shift_id=shift_id):
        tell("Taken off the rota, from today on. Look whether a gap is left.")
    else:
        tell("That shift had ended already.", warning=True)
    return redirect(url_for("rota.show"), 303)


@screen.post("/cover")
@allow(Permission.ROTA_EDIT)
def cover() -> Response | tuple[str, int]:
    form, first = request.form, read_day(request.form.get("cover-first", ""))
    answer = set_cover.set_cover(
        runtime(), actor(), area=form.get("cover-area", ""), first=first,
        last=read_day(form["cover-last"]) if form.get("cover-last") else None,
        away=form.get("away") or None, covers=form.get("covers") or None,
        starts=read_time(form.get("cover-starts", "")), ends=read_time(form.get("cover-ends", "")),
    )  # fmt: skip
    if answer is not None:
        return _page(list(answer.problems), week=first), 400
    tell("Written down. Look whether a gap is left.")
    return redirect(url_for("rota.show", week=first.isoformat() if first else None), 303)


@screen.post("/cover/<cover_id>/end")
@allow(Permission.ROTA_EDIT)
def end_cover(cover_id: str) -> Response:
    done = set_cover.end_cover(runtime(), actor(), cover_id=cover_id)
    tell("Taken back. The week's rota counts again." if done else "That was over already.", warning=not done)
    return redirect(url_for("rota.show", week=request.form.get("week") or None), 303)


@screen.post("/<area>/out-of-hours")
@allow(Permission.ROTA_EDIT)
def out_of_hours(area: str) -> Response | tuple[str, int]:
    answer = set_cover.set_out_of_hours(runtime(), actor(), area=area, staff_id=request.form.get("staff", ""))
    if answer is not None:
        return _page(list(answer.problems)), 400
    tell("Kept. They are told of danger wherever nobody is on duty.")
    return redirect(url_for("rota.show") + f"#{area}", 303)


def _page(errors: list[tuple[str, str]], *, week: date | None = None) -> str:
    return render_template(
        "console/rota.html",
        page=rota_page(runtime(), actor(), week=week),
        errors=errors,
        weekdays=list(enumerate(WEEKDAYS)),
        given=request.form,
    )
