"""One family: who they are, what comes next, everything that happened; and its holds, to set and to lift."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, disclose, discloses, runtime
from admin.status import tell
from outreach.domain.access import Permission
from outreach.engine.hold_by_hand import hold_by_hand
from outreach.engine.holds import NotLifted, lift_hold
from outreach.engine.maybe_out import maybe_out
from outreach.views.family_page import family_page

screen = Blueprint("families", __name__, url_prefix="/families")

NO_REASON = "Say in a few words why, so that a colleague can understand it later"


@screen.get("/<family_id>")
@allow(Permission.FAMILY_READ)
@discloses("family")
def show(family_id: str) -> str:
    return _page(family_id, [])


@screen.post("/<family_id>/hold")
@allow(Permission.HOLD_SET)
def hold(family_id: str) -> Response | tuple[str, int]:
    if not hold_by_hand(runtime(), actor(), family_id=family_id, why=request.form.get("why", "")):
        return _page(family_id, [("why", NO_REASON)]), 400
    tell("Held. Nothing automatic goes to this family until somebody lifts it.")
    return redirect(url_for("families.show", family_id=family_id), 303)


@screen.post("/<family_id>/maybe-out")
@allow(Permission.HOLD_SET)
def may_be_out(family_id: str) -> Response:
    maybe_out(runtime(), actor(), family_id=family_id)
    tell("Held. A supervisor is to look at it today, before anybody is in touch again.")
    return redirect(url_for("families.show", family_id=family_id), 303)


@screen.post("/<family_id>/holds/<hold_id>/lift")
@allow(Permission.HOLD_SET)
def lift(family_id: str, hold_id: str) -> Response | tuple[str, int]:
    answer = lift_hold(runtime(), actor(), hold_id=hold_id, why=request.form.get("why", ""))
    if isinstance(answer, NotLifted):
        return _page(family_id, [(f"lift-{hold_id}", answer.why)]), 400
    if answer.second_person:
        tell("Asked. A supervisor is to agree before the hold is lifted; until then nothing changes.")
    else:
        tell("The hold is lifted. What waited for it is looked at again now.")
    return redirect(url_for("families.show", family_id=family_id), 303)


def _page(family_id: str, errors: list[tuple[str, str]]) -> str:
    page = family_page(runtime(), actor(), family_id)
    if page is None:
        abort(404)
    disclose("family", [page.family_id])
    return render_template("console/family.html", page=page, errors=errors)
