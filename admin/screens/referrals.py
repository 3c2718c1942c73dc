"""Referrals, as the partner receives them: open, accept or decline, say how it went."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, disclose, discloses, runtime
from admin.status import tell
from outreach.domain.access import Permission
from outreach.domain.referral import DECLINE_REASONS
from outreach.engine import refer
from outreach.views.referrals import referral_list, referral_page

screen = Blueprint("referrals", __name__, url_prefix="/referrals")

MOVES: dict[str, tuple[Callable[..., refer.NotMoved | None], str]] = {
    "accept": (refer.accept, "Accepted. Please make the first contact in the way they said is safe."),
    "contacted": (refer.contacted, "Noted: the first contact was made."),
    "engaged": (refer.engaged, "Noted: they are taking part."),
    "ended": (refer.ended, "Noted: your work with them has ended."),
}


@screen.get("/")
@allow(Permission.REFERRAL_READ)
@discloses("referral")
def show() -> str:
    lines = referral_list(runtime(), actor())
    disclose("referrals", [line.family_id for line in lines if line.who])
    return render_template("console/referrals/list.html", lines=lines)


@screen.get("/<referral_id>")
@allow(Permission.REFERRAL_READ)
@discloses("referral")
def one(referral_id: str) -> str:
    return _page(referral_id, [])


@screen.post("/<referral_id>/open")
@allow(Permission.REFERRAL_ANSWER)
def open_it(referral_id: str) -> Response:
    refer.open_referral(runtime(), actor(), referral_id=referral_id)
    return redirect(url_for("referrals.one", referral_id=referral_id), 303)


@screen.post("/<referral_id>/decline")
@allow(Permission.REFERRAL_ANSWER)
def decline(referral_id: str) -> Response | tuple[str, int]:
    answer = refer.decline(runtime(), actor(), referral_id=referral_id, reason=request.form.get("reason", ""))
    if answer is not None:
        return _page(referral_id, [("reason", answer.why)]), 400
    tell("Declined. The team is told why and takes care of the family.")
    return redirect(url_for("referrals.show"), 303)


@screen.post("/<referral_id>/<move>")
@allow(Permission.REFERRAL_ANSWER)
def move(referral_id: str, move: str) -> Response:
    if move not in MOVES:
        abort(404)
    command, words = MOVES[move]
    answer = command(runtime(), actor(), referral_id=referral_id)
    tell(answer.why if answer is not None else words, warning=answer is not None)
    return redirect(url_for("referrals.one", referral_id=referral_id), 303)


def _page(referral_id: str, errors: list[tuple[str, str]]) -> str:
    page = referral_page(runtime(), actor(), referral_id)
    if page is None:
        abort(404)
    disclose("referral", [page.family_id])
    return render_template(
        "console/referrals/one.html", page=page, errors=errors, reasons=list(DECLINE_REASONS.items())
    )
