"""Who is ringing? Asked by POST, so that no number or name stands in an address or a log."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, disclose, discloses, runtime
from admin.status import tell
from outreach.domain.access import Permission
from outreach.engine.answer_ring import answer_ring
from outreach.engine.guide_call import NotPractised, Refusal
from outreach.views.ringing import who_is_ringing

screen = Blueprint("ringing", __name__)
LONGEST = 80
ASK_FIRST = (
    "This call was begun before. Ask anew who is speaking and which town they live in, and whether it is safe, "
    "before you read on. Say no name first."
)


REASONS = {
    "covering": "I am covering for that area",
    "moved": "They may have moved",
    "wrong_team": "They rang the wrong team",
}


@screen.get("/ringing")
@allow(Permission.FAMILY_READ)
@discloses()
def ask() -> str:
    return render_template("console/ringing.html", found=None, asked="", reasons=REASONS, beyond=False)


@screen.post("/ringing")
@allow(Permission.FAMILY_READ)
@discloses("family")
def search() -> str:
    asked, reason = request.form.get("asked", "")[:LONGEST], request.form.get("reason", "")
    beyond = reason in REASONS
    found = who_is_ringing(runtime(), actor(), asked, beyond=beyond)
    disclose("ringing", [line.id for line in found.families], reason=reason if beyond else None)
    return render_template("console/ringing.html", found=found, asked=asked, reasons=REASONS, beyond=beyond)


@screen.post("/ringing/<family_id>")
@allow(Permission.CALL_MAKE)
def answer(family_id: str) -> Response:
    opened = answer_ring(runtime(), actor(), family_id=family_id)
    if isinstance(opened, Refusal):
        tell(opened.why, warning=True)
        return redirect(url_for("practice.show" if isinstance(opened, NotPractised) else "ringing.ask"), 303)
    if opened.begun:
        tell(ASK_FIRST, warning=True)
    return redirect(url_for("call.show", conversation_id=opened.conversation_id), 303)
