"""Today: the practitioner's home. Whom to ring now, and why."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, disclose, discloses, runtime
from admin.status import tell
from outreach.domain.access import Permission
from outreach.engine import deal_calls
from outreach.engine.hand_back import hand_back
from outreach.views.paper_list import paper_list
from outreach.views.worklist import worklist

screen = Blueprint("today", __name__)


@screen.get("/today")
@allow(Permission.WORKLIST_READ)
@discloses("family")
def show() -> str:
    deal_calls.deal_calls(runtime(), codes=actor().areas)
    page = worklist(runtime(), actor())
    disclose("today", page.family_ids)
    return render_template("console/today.html", page=page)


@screen.get("/today/paper")
@allow(Permission.CALL_MAKE)
@discloses("family")
def on_paper() -> str:
    page = paper_list(runtime(), actor())
    disclose("today_on_paper", [one.family_id for one in page.calls])
    return render_template("console/paper.html", page=page)


@screen.post("/today/<offer_id>/hand-back")
@allow(Permission.WORKLIST_READ)
def give_back(offer_id: str) -> Response:
    if hand_back(runtime(), actor(), offer_id=offer_id):
        tell("Handed back. The call goes to somebody else, or stands on nobody's list until somebody takes it.")
    else:
        tell("Nothing to hand back: this call was not yours any more.", warning=True)
    return redirect(url_for("today.show"), 303)


@screen.post("/today/<offer_id>/take")
@allow(Permission.CALL_MAKE)
def take(offer_id: str) -> Response:
    refused = deal_calls.take_over(runtime(), actor(), offer_id=offer_id)
    tell(refused.why if refused else "It is on your list now, and on nobody else's.", warning=refused is not None)
    return redirect(url_for("today.show"), 303)
