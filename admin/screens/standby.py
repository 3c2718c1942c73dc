"""When a partner's worker stands by to be joined to a call: their own hours, on a page of their own."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, discloses, runtime
from admin.reading_forms import hour_of
from admin.status import tell
from outreach.domain.access import Permission
from outreach.engine.set_standby import WEEKDAYS, add_standby, end_standby
from outreach.views.handover import standby_page

screen = Blueprint("standby", __name__, url_prefix="/standby")


@screen.get("/")
@allow(Permission.REFERRAL_ANSWER)
@discloses()
def show() -> str:
    return _page([])


@screen.post("/")
@allow(Permission.REFERRAL_ANSWER)
def add() -> Response | tuple[str, int]:
    problems: list[tuple[str, str]] = []
    starts, ends = hour_of(request.form, "starts", problems), hour_of(request.form, "ends", problems)
    if not problems:
        refused = add_standby(
            runtime(), actor(), weekday=request.form.get("weekday", type=int), starts=starts, ends=ends,
            phone=request.form.get("phone", "").strip()[:40],
        )  # fmt: skip
        if refused is None:
            tell("Kept. You may be rung then, when a family has just agreed to hear from you.")
            return redirect(url_for("standby.show"), 303)
        problems.append((refused.field, refused.why))
    return _page(problems), 400


@screen.post("/<standby_id>/end")
@allow(Permission.REFERRAL_ANSWER)
def end(standby_id: str) -> Response:
    end_standby(runtime(), actor(), standby_id=standby_id)
    tell("Taken back.")
    return redirect(url_for("standby.show"), 303)


def _page(errors: list[tuple[str, str]]) -> str:
    page = standby_page(runtime(), actor())
    days = [(str(number), name) for number, name in enumerate(WEEKDAYS)]
    return render_template(
        "console/standby.html", page=page, days=days, weekdays=WEEKDAYS, errors=errors, given=request.form
    )
