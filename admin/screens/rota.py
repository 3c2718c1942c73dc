"""The duty rota: this week's people and gaps; putting on and taking off."""

from __future__ import annotations

import re
from datetime import time

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, discloses, runtime
from admin.status import tell
from outreach.domain.access import Permission
from outreach.engine import set_rota
from outreach.engine.set_rota import WEEKDAYS
from outreach.views.rota import rota_page

screen = Blueprint("rota", __name__, url_prefix="/rota")


@screen.get("/")
@allow(Permission.ROTA_READ)
@discloses()
def show() -> str:
    return _page([])


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


def read_time(words: str) -> time | None:
    """``9``, ``9:30``, ``9.30`` or ``17:00``; ``None`` for anything else."""
    found = re.fullmatch(r"\s*(\d{1,2})(?:[:.](\d{2}))?\s*", words)
    if not found or int(found[1]) > 23 or int(found[2] or 0) > 59:
        return None
    return time(int(found[1]), int(found[2] or 0))


def _page(errors: list[tuple[str, str]]) -> str:
    return render_template(
        "console/rota.html",
        page=rota_page(runtime(), actor()),
        errors=errors,
        weekdays=list(enumerate(WEEKDAYS)),
        given=request.form,
    )
