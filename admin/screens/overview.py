"""Overview: whether every promise is kept, and what stands in the way."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, disclose, discloses, runtime
from admin.status import tell
from outreach.domain.access import Permission
from outreach.engine.tasks import finish_task
from outreach.views.overview import overview

screen = Blueprint("overview", __name__, url_prefix="/overview")


@screen.get("/")
@allow(Permission.OVERVIEW_READ)
@discloses("family")
def show() -> str:
    page = overview(runtime(), actor())
    disclose("overview", page.family_ids)
    return render_template("console/overview.html", page=page)


@screen.post("/tasks/<task_id>/done")
@allow(Permission.HOLD_SET)
def task_done(task_id: str) -> Response:
    finish_task(runtime(), actor(), task_id=task_id)
    tell("Done. It is off the list.")
    return redirect(url_for("overview.show") + "#tasks", 303)
