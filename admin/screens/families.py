"""One family: who they are, what comes next, everything that happened; its holds, to set and to lift; and what was
agreed or stopped, where they have changed their mind."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, disclose, discloses, runtime
from admin.reading_forms import day_of, hour_of
from admin.saying import VOICE_SAID
from admin.status import tell
from admin.typed import read_day
from outreach.domain.access import Permission
from outreach.engine import refer
from outreach.engine.book_call import NotBooked, book_call
from outreach.engine.hold_by_hand import hold_by_hand
from outreach.engine.holds import NotLifted, lift_hold
from outreach.engine.keep_apart import ENDS, KNOWS, end_conflict, keep_apart
from outreach.engine.maybe_out import maybe_out
from outreach.engine.other_way import say_voice
from outreach.engine.reopen import HOW, WHO, reopen
from outreach.engine.set_exception import end_exception as end_exception_of
from outreach.engine.set_exception import set_exception as set_exception_of
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


@screen.post("/<family_id>/exceptions")
@allow(Permission.HOLD_SET)
def set_exception(family_id: str) -> Response | tuple[str, int]:
    form = request.form
    refused = set_exception_of(
        runtime(), actor(), family_id=family_id, kind=form.get("exception-kind", ""),
        day=read_day(form.get("exception-day", "")), channel=form.get("exception-channel", ""),
        why=form.get("exception-why", ""),
    )  # fmt: skip
    if refused is not None:
        return _page(family_id, [(refused.field, refused.why)]), 400
    tell("Written down. What was planned and not begun is planned anew within a minute.")
    return redirect(url_for("families.show", family_id=family_id), 303)


@screen.post("/<family_id>/exceptions/<exception_id>/end")
@allow(Permission.HOLD_SET)
def end_exception(family_id: str, exception_id: str) -> Response:
    done = end_exception_of(runtime(), actor(), exception_id=exception_id)
    tell("Taken back. The cadence says again when." if done else "It was over already.", warning=not done)
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


@screen.post("/<family_id>/partners/<partner_id>/withdraw")
@allow(Permission.CONSENT_RECORD)
def withdraw_consent(family_id: str, partner_id: str) -> Response | tuple[str, int]:
    how = request.form.get("told", "")
    refused = refer.withdraw(runtime(), actor(), family_id=family_id, partner_id=partner_id, how=how)
    if refused is not None:
        return _page(family_id, [(f"told-{partner_id}", refused.why)]), 400
    tell("The consent is withdrawn. The partner sees nothing of this family any more.")
    return redirect(url_for("families.show", family_id=family_id), 303)


@screen.post("/<family_id>/referrals/<referral_id>/release")
@allow(Permission.REFERRAL_MAKE)
def release(family_id: str, referral_id: str) -> Response:
    refused = refer.release_held(runtime(), actor(), referral_id=referral_id)
    tell(refused.why if refused else "The referral is with the partner.", warning=refused is not None)
    return redirect(url_for("families.show", family_id=family_id), 303)


@screen.post("/<family_id>/reopen")
@allow(Permission.CONSENT_RECORD)
def open_again(family_id: str) -> Response | tuple[str, int]:
    form = request.form
    refused = reopen(
        runtime(), actor(), family_id=family_id, number_id=form.get("number", ""), seen=form.get("seen", ""),
        ways=form.getlist("ways"), who=form.get("who", ""), how=form.get("known", ""), why=form.get("asked-why", ""),
    )  # fmt: skip
    if refused is not None and refused.field:
        return _page(family_id, [(refused.field, refused.why)]), 400
    done = "The stop is over for what you chose. Nothing is planned: book the call they asked for."
    tell(refused.why if refused else done, warning=refused is not None)
    return redirect(url_for("families.show", family_id=family_id), 303)


@screen.post("/<family_id>/call")
@allow(Permission.CALL_MAKE)
def book(family_id: str) -> Response | tuple[str, int]:
    problems: list[tuple[str, str]] = []
    on, at = day_of(request.form, "call-on", problems), hour_of(request.form, "call-at", problems)
    if not problems:
        booked = book_call(runtime(), actor(), family_id=family_id, on=on, at=at)
        if not isinstance(booked, NotBooked):
            said = f"A call is booked {booked.said(runtime().now())}."
            late = " Nobody is on duty at that time, so it is no promise: it stands on that day's list."
            tell(said + ("" if booked.promised else late), warning=not booked.promised)
            return redirect(url_for("families.show", family_id=family_id), 303)
        problems.append(("call-on", booked.why))
    return _page(family_id, problems), 400


@screen.post("/<family_id>/voice")
@allow(Permission.CONSENT_RECORD)
def voice(family_id: str) -> Response:
    possible = request.form.get("possible") == "yes"
    way = say_voice(runtime(), actor(), family_id=family_id, possible=possible)
    tell(VOICE_SAID["can" if possible else way])
    return redirect(url_for("families.show", family_id=family_id), 303)


@screen.post("/<family_id>/apart")
@allow(Permission.FAMILY_ASSIGN)
def apart(family_id: str) -> Response | tuple[str, int]:
    form = request.form
    staff_id = form.get("knows", "")
    refused = keep_apart(
        runtime(), actor(), family_id=family_id, staff_id=staff_id, kind=form.get("how-known", ""),
        why=form.get("apart-why", ""),
    )  # fmt: skip
    if refused is not None:
        return _page(family_id, [(refused.field, refused.why)]), 400
    if staff_id == actor().id:
        tell("Kept. You will not see this family any more; another coordinator keeps its list.")
        return redirect(url_for("today.show"), 303)
    tell("Kept. They do not see this family any more, on any page.")
    return redirect(url_for("families.show", family_id=family_id), 303)


@screen.post("/<family_id>/apart/<staff_id>/end")
@allow(Permission.FAMILY_ASSIGN)
def end_apart(family_id: str, staff_id: str) -> Response | tuple[str, int]:
    refused = end_conflict(runtime(), actor(), family_id=family_id, staff_id=staff_id, why=request.form.get("why", ""))
    if refused is not None:
        return _page(family_id, [(refused.field, refused.why)]), 400
    tell("They may see this family again.")
    return redirect(url_for("families.show", family_id=family_id), 303)


def _page(family_id: str, errors: list[tuple[str, str]]) -> str:
    page = family_page(runtime(), actor(), family_id)
    if page is None:
        abort(404)
    disclose("family", [page.family_id])
    return render_template(
        "console/family.html",
        page=page,
        errors=errors,
        given=request.form,
        ways_to_withdraw=list(refer.HOW_WITHDRAWN.items()),
        who_asked=list(WHO.items()),
        how_known=list(HOW.items()),
        how_acquainted=list(KNOWS.items()),
        why_over=list(ENDS.items()),
    )
