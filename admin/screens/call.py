"""The guided call: one question at a time, each answer saved as it is given, the exits always in one place."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, disclose, disclosed_before, discloses, runtime
from admin.reading_forms import day_of, hour_of
from admin.saying import VOICE_SAID
from admin.status import tell
from outreach.domain.access import Permission
from outreach.domain.quiet_hours import at_london
from outreach.engine import dial_call, finish_call, guide_call
from outreach.engine.guide_call import Answered, NotPractised, Refusal
from outreach.engine.hand_over import ask_partner
from outreach.engine.made_on_paper import made_on_paper
from outreach.engine.maybe_out import maybe_out as say_maybe_out
from outreach.engine.other_way import say_voice
from outreach.engine.wrap_up import wrap_up as close_for_oneself
from outreach.views.call import CallPage, call_page

screen = Blueprint("call", __name__)
LONGEST_WORDS = 2000


@screen.post("/calls/open/<offer_id>")
@allow(Permission.CALL_MAKE)
def open_call(offer_id: str) -> Response:
    opened = guide_call.open_call(runtime(), actor(), offer_id=offer_id)
    if isinstance(opened, Refusal):
        tell(opened.why, warning=True)
        return redirect(url_for("practice.show" if isinstance(opened, NotPractised) else "today.show"), 303)
    return _to(opened.conversation_id)


@screen.get("/calls/<conversation_id>")
@allow(Permission.CALL_MAKE)
@discloses("family")
def show(conversation_id: str) -> str:
    step, visit = request.args.get("change"), request.args.get("visit", type=int)
    page = call_page(
        runtime(), actor(), conversation_id=conversation_id, change=(step, visit) if step and visit else None
    )
    if page.noted:
        disclosed_before()
    else:
        disclose("call", [page.family.id])
    return render_template(_template(page), page=page, errors=[])


@screen.post("/calls/<conversation_id>/answer")
@allow(Permission.CALL_MAKE)
def answer(conversation_id: str) -> Response:
    return _give(conversation_id, change=False)


@screen.post("/calls/<conversation_id>/change")
@allow(Permission.CALL_MAKE)
def change(conversation_id: str) -> Response:
    return _give(conversation_id, change=True)


@screen.post("/calls/<conversation_id>/dial")
@allow(Permission.CALL_MAKE)
def dial(conversation_id: str) -> Response:
    said = dial_call.dial(runtime(), actor(), conversation_id=conversation_id)
    if isinstance(said, Refusal):
        tell(said.why, warning=True)
    else:
        tell("Your own phone rings first. Press a key when you answer, and we ring them.")
    return _to(conversation_id)


@screen.post("/calls/<conversation_id>/maybe-out")
@allow(Permission.CALL_MAKE)
def maybe_out(conversation_id: str) -> Response:
    page = call_page(runtime(), actor(), conversation_id=conversation_id)
    say_maybe_out(runtime(), actor(), family_id=page.family.id)
    tell("Held. A supervisor is to look at it today, before anybody is in touch again. Finish this call as it is safe.")
    return _to(conversation_id)


@screen.post("/calls/<conversation_id>/no-voice")
@allow(Permission.CALL_MAKE)
def no_voice(conversation_id: str) -> Response:
    page = call_page(runtime(), actor(), conversation_id=conversation_id)
    tell(VOICE_SAID[say_voice(runtime(), actor(), family_id=page.family.id, possible=False)])
    return _to(conversation_id)


@screen.post("/calls/<conversation_id>/partner")
@allow(Permission.CALL_MAKE)
def partner(conversation_id: str) -> Response:
    """Join the partner's worker to the call, where one stands by."""
    asked = ask_partner(runtime(), actor(), conversation_id=conversation_id)
    if isinstance(asked, Refusal):
        tell(asked.why, warning=True)
    else:
        tell(f"{asked.worker}'s phone rings. When they answer, yours rings with them: bring the two calls together.")
    return _to(conversation_id)


@screen.post("/calls/<conversation_id>/leave")
@allow(Permission.CALL_MAKE)
def leave(conversation_id: str) -> Response:
    _words_at_the_end(conversation_id)
    guide_call.leave(runtime(), actor(), conversation_id=conversation_id)
    return redirect(url_for("call.away", conversation_id=conversation_id), 303)


@screen.post("/calls/<conversation_id>/words")
@allow(Permission.CALL_MAKE)
def keep_words(conversation_id: str) -> Response:
    said = _words_at_the_end(conversation_id)
    if isinstance(said, Refusal):
        tell(said.why, warning=True)
    return _to(conversation_id)


@screen.get("/calls/<conversation_id>/away")
@allow(Permission.CALL_MAKE)
@discloses()
def away(conversation_id: str) -> str:
    return render_template("console/call/away.html", conversation_id=conversation_id)


@screen.post("/calls/<conversation_id>/resume")
@allow(Permission.CALL_MAKE)
def resume(conversation_id: str) -> Response:
    guide_call.resume(runtime(), actor(), conversation_id=conversation_id)
    return _to(conversation_id)


@screen.post("/calls/<conversation_id>/on-paper")
@allow(Permission.CALL_MAKE)
def on_paper(conversation_id: str) -> Response:
    problems: list[tuple[str, str]] = []
    day, hour = day_of(request.form, "made_on", problems), hour_of(request.form, "made_at", problems)
    if problems or day is None or hour is None:
        tell("Say the day and the time at which the call was made.", warning=True)
        return _to(conversation_id)
    said = made_on_paper(
        runtime(), actor(), conversation_id=conversation_id, at=at_london(day, hour), by=request.form.get("by", "")
    )
    if said is not None:
        tell(said.why, warning=True)
    else:
        tell("Kept: when the call was made, and by whom.")
    return _to(conversation_id)


@screen.post("/calls/<conversation_id>/finish")
@allow(Permission.CALL_MAKE)
def finish(conversation_id: str) -> Response | tuple[str, int]:
    problems: list[tuple[str, str]] = []
    next_on, next_time = day_of(request.form, "next_on", problems), hour_of(request.form, "next_time", problems)
    if next_time is not None and next_on is None and not problems:
        problems.append(("next_on", "Say which day the time is for."))
    _words_at_the_end(conversation_id)
    if not problems:
        said = finish_call.finish(
            runtime(),
            actor(),
            conversation_id=conversation_id,
            next_on=next_on,
            next_time=next_time,
            caller_id=request.form.get("caller_id"),
        )
        if not isinstance(said, Refusal):
            return redirect(url_for("call.after", conversation_id=conversation_id), 303)
        problems.append(("next_on", said.why))
    page = call_page(runtime(), actor(), conversation_id=conversation_id)
    disclose("call", [page.family.id])
    return render_template(_template(page), page=page, errors=problems), 400


@screen.get("/calls/<conversation_id>/after")
@allow(Permission.CALL_MAKE)
@discloses("family")
def after(conversation_id: str) -> str | Response:
    page = call_page(runtime(), actor(), conversation_id=conversation_id)
    if page.state != "ended":
        return _to(conversation_id)
    disclose("call", [page.family.id])
    return render_template("console/call/after.html", page=page, debrief=runtime().library.debrief)


@screen.post("/calls/<conversation_id>/wrap-up")
@allow(Permission.CALL_MAKE)
def wrap_up(conversation_id: str) -> str:
    """How it was is answered with a page and not kept."""
    close_for_oneself(runtime(), actor(), conversation_id=conversation_id, talk=bool(request.form.get("talk")))
    debrief = runtime().library.debrief
    how = request.form.get("was") if request.form.get("was") in debrief.how else "well"
    if request.form.get("hard"):
        how = "hard"
    minutes = request.form.get("pause", 0, type=int)
    return render_template(
        "console/call/rest.html",
        words=debrief.words[str(how)],
        hard=how == "hard",
        until=runtime().now() + timedelta(minutes=minutes) if minutes in debrief.pauses and minutes else None,
        talk=bool(request.form.get("talk")),
    )


def _give(conversation_id: str, *, change: bool) -> Response:
    chosen = request.form.getlist("answer")
    give = guide_call.change_answer if change else guide_call.answer
    said = give(
        runtime(),
        actor(),
        conversation_id=conversation_id,
        step=request.form.get("step", "")[:120],
        visit=request.form.get("visit", 1, type=int),
        answer=request.form.get("exit", ",".join(one for one in chosen if one))[:60],
        words=request.form.get("words", "")[:LONGEST_WORDS],
    )
    if isinstance(said, Refusal):
        tell(said.why, warning=True)
    return _to(conversation_id)


def _words_at_the_end(conversation_id: str) -> Answered | Refusal | None:
    """What stands in the words box of the read-back is kept by every button beneath it."""
    words = request.form.get("words", "").strip()[:LONGEST_WORDS]
    if not words:
        return None
    return guide_call.add_words(
        runtime(),
        actor(),
        conversation_id=conversation_id,
        step=request.form.get("last_step", "")[:120],
        visit=request.form.get("last_visit", 1, type=int),
        words=words,
    )


def _template(page: CallPage) -> str:
    if page.state == "ended":
        return "console/call/record.html"
    return "console/call/read_back.html" if page.read_back and not page.changing else "console/call/step.html"


def _to(conversation_id: str) -> Response:
    return redirect(url_for("call.show", conversation_id=conversation_id) + "#now", 303)
