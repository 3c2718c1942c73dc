"""The inbox: threads that wait for a person, and one thread with everything a person can do about it.

Rules
* Every form works without scripts, carries the last text its sender saw, and does once what is sent twice.
* Words of families and to them travel in forms and pages only: never in an address, a title, a status line or a log.
* The parts that are asked for every five seconds write no note of access and answer 304 while nothing changed.
"""

from __future__ import annotations

import re
from hashlib import sha256

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, disclose, discloses, discloses_again, runtime
from admin.saying import capfirst, local, said
from admin.status import tell
from admin.typed import read_day, read_time
from outreach.domain.access import Permission
from outreach.domain.free_text import Looked
from outreach.domain.plain_words import INTENTS, number_said
from outreach.engine import alerts, answer_inbox, do_as_read, write_answer
from outreach.engine.answer_inbox import NotDone
from outreach.engine.book_contact import book_contact
from outreach.engine.decide_number import HOW, decide_number
from outreach.engine.write_answer import Sent
from outreach.views.corrected_readings import labelled
from outreach.views.inbox import inbox, where_alert_is
from outreach.views.number_page import number_page
from outreach.views.thread import ThreadPage, thread_page

screen = Blueprint("inbox", __name__, url_prefix="/inbox")

SHOWS = (
    ("needs", "Needs a person"), ("danger", "Danger"), ("mine", "Mine"), ("waiting", "Waiting"), ("all", "All")
)  # fmt: skip
SCOPES = (
    ("everything", "Everything: texts and calls"),
    ("texts", "Texts only; calls may go on"),
    ("calls", "Calls only; texts may go on"),
    ("charity", "The charity only: what was agreed with it ends; we may still text and ring"),
)


@screen.get("/")
@allow(Permission.INBOX_READ)
@discloses("thread")
def show() -> str:
    page = inbox(runtime(), actor(), show=request.args.get("show", "needs"))
    disclose("inbox", page.family_ids)
    return render_template("console/inbox/list.html", page=page, shows=SHOWS, tag="")


@screen.get("/list")
@allow(Permission.INBOX_READ)
@discloses_again
def lines() -> Response:
    page = inbox(runtime(), actor(), show=request.args.get("show", "needs"))
    return _part("console/inbox/lines.html", page=page)


@screen.get("/corrected.jsonl")
@allow(Permission.SETTING_EDIT)
@discloses("thread")
def corrected() -> Response:
    """The readings people put right, as a labelled set for ``outreach replies score``."""
    found = labelled(runtime(), actor())
    disclose("corrected_readings", found.family_ids)
    response = make_response(found.jsonl)
    response.headers["Content-Type"] = "application/jsonl; charset=utf-8"
    response.headers["Content-Disposition"] = "attachment; filename=corrected.jsonl"
    return response


@screen.get("/<number_id>")
@allow(Permission.INBOX_READ)
@discloses("thread")
def thread(number_id: str) -> str:
    page = _thread(number_id)
    disclose("thread", page.family_ids)
    return _page(page, [])


@screen.get("/<number_id>/talk")
@allow(Permission.INBOX_READ)
@discloses_again
def talk(number_id: str) -> Response:
    page = _thread(number_id)
    return _part("console/inbox/talk.html", page=page, seen=request.args.get("seen", ""))


@screen.post("/<number_id>/claim")
@allow(Permission.INBOX_ANSWER)
def claim(number_id: str) -> Response:
    take_over = request.form.get("take_over") == "yes"
    return _said(number_id, answer_inbox.claim(runtime(), actor(), number_id=number_id, take_over=take_over),
                 "You have this thread. Your colleagues see that.")  # fmt: skip


@screen.post("/<number_id>/give-back")
@allow(Permission.INBOX_ANSWER)
def give_back(number_id: str) -> Response:
    answer_inbox.give_back(runtime(), actor(), number_id=number_id)
    tell("Given back. Anybody may answer this thread now.")
    return _back(number_id)


@screen.post("/<number_id>/do")
@allow(Permission.INBOX_ANSWER)
def do_it(number_id: str) -> Response:
    done = do_as_read.do_as_read(runtime(), actor(), number_id=number_id, seen=_seen())
    return _said(number_id, done, "Done, and the thread is settled. What waited for it is looked at again.")


@screen.post("/<number_id>/correct")
@allow(Permission.INBOX_ANSWER)
def correct(number_id: str) -> Response:
    form = request.form
    done = do_as_read.correct(
        runtime(), actor(), number_id=number_id, text_id=form.get("text", ""), intent=form.get("intent", "")
    )
    if done is None and _thread(number_id).asks_stop is not None:
        tell("Put right. Nothing goes out by itself now. Say what is to stop.", warning=True)
        return redirect(url_for("inbox.thread", number_id=number_id, _anchor="stop"), 303)
    return _said(number_id, done, "Put right. The reader's own word is kept beside it, to learn from.")


@screen.post("/<number_id>/stop")
@allow(Permission.INBOX_ANSWER)
def obey(number_id: str) -> Response:
    scope = request.form.get("scope", "everything")
    done = do_as_read.obey_stop(runtime(), actor(), number_id=number_id, seen=_seen(), scope=scope)
    goes_on = " What was agreed with the charity has ended." if scope == "charity" else ""
    return _said(number_id, done, f"Stopped.{goes_on} No software will ever take that back.")


@screen.post("/<number_id>/look")
@allow(Permission.INBOX_ANSWER)
def look(number_id: str) -> Response | str | tuple[str, int]:
    wording, words = request.form.get("wording", ""), request.form.get("words", "")
    looked = write_answer.look_at_answer(runtime(), actor(), number_id=number_id, wording=wording, words=words)
    if isinstance(looked, NotDone):
        return _said(number_id, looked, "")
    return _looked(number_id, looked, wording)


@screen.post("/<number_id>/send")
@allow(Permission.INBOX_ANSWER)
def send(number_id: str) -> Response | str | tuple[str, int]:
    form = request.form
    wording = form.get("wording", "")
    answer = write_answer.send_answer(
        runtime(), actor(), number_id=number_id, seen=_seen(), wording=wording, words=form.get("words", ""),
        sure=form.get("sure") == "yes", settle=form.get("settle") == "yes",
    )  # fmt: skip
    if isinstance(answer, Looked):
        return _looked(number_id, answer, wording)
    if isinstance(answer, Sent):
        goes = "On its way."
        if answer.waits_until is not None:
            goes = f"It goes {said(answer.waits_until, local(runtime().now()).date())}, at a kind hour."
        tell(f"{goes} The thread is {'settled' if answer.settled else 'still yours'}.")
        return _back(number_id)
    return _said(number_id, answer, "")


@screen.post("/<number_id>/book")
@allow(Permission.INBOX_ANSWER)
def book(number_id: str) -> Response | tuple[str, int]:
    hour = request.form.get("at", "").strip()
    at = read_time(hour)
    if hour and at is None:
        return _page(_thread(number_id), [("at", "Write the time like 14:30, or leave it empty for any time")]), 400
    done = book_contact(
        runtime(), actor(), number_id=number_id, seen=_seen(), on=read_day(request.form.get("on", "")), at=at
    )
    if isinstance(done, NotDone):
        return _page(_thread(number_id), [("on", done.why)]), 400
    when = said(done.due_at, local(runtime().now()).date(), done.until)
    if done.until is not None:
        tell(f"Booked: a call {when}. It is a promise; tell them if they do not know it yet.")
    elif at is not None:
        tell(f"Nobody is on duty at that hour. The call is on the list {when}, without a promised hour.", warning=True)
    else:
        tell(f"Booked: a call, on the list {when}.")
    return _back(number_id)


@screen.post("/<number_id>/settle")
@allow(Permission.INBOX_ANSWER)
def settle(number_id: str) -> Response:
    done = answer_inbox.settle(runtime(), actor(), number_id=number_id, seen=_seen())
    return _said(number_id, done, "Settled. What waited for this thread is looked at again.")


@screen.post("/<number_id>/whose")
@allow(Permission.INBOX_ANSWER)
def whose(number_id: str) -> Response | tuple[str, int]:
    family_id, ref = request.form.get("family", ""), request.form.get("ref", "").strip()
    if not family_id and not ref:
        return _page(_thread(number_id), [("whose", "Say whose it is")]), 400
    done = answer_inbox.choose_family(
        runtime(), actor(), number_id=number_id, seen=_seen(), family_id=family_id, ref=ref
    )
    if isinstance(done, NotDone):
        return _page(_thread(number_id), [("whose", done.why)]), 400
    tell("Noted whose it is. It stands on the family's line of time too.")
    return _back(number_id)


@screen.get("/numbers/<number_id>")
@allow(Permission.FAMILY_READ)
@discloses("family")
def number(number_id: str) -> str:
    return _number(number_id, [])


@screen.post("/numbers/<number_id>")
@allow(Permission.HOLD_LIFT)
def decide(number_id: str) -> Response | tuple[str, int]:
    page = number_page(runtime(), actor(), number_id)
    if page is None:
        abort(404)
    choice = request.form.get("choice", "")
    done = decide_number(runtime(), actor(), number_id=number_id, choice=choice, how=request.form.get("how", ""))
    if isinstance(done, NotDone):
        return _number(number_id, [("how" if choice else "choice", done.why)]), 400
    tell(
        "Decided: the next contact on it is a call, and everything is asked anew."
        if choice == "again"
        else "Decided: the number is off the family for good."
    )
    return redirect(url_for("families.show", family_id=page.families[0].id), 303)


@screen.post("/alerts/<alert_id>/take")
@allow(Permission.INBOX_ANSWER)
def take_alert(alert_id: str) -> Response:
    number_id, family_id = where_alert_is(runtime(), actor(), alert_id)
    if not alerts.take_alert(runtime(), actor(), alert_id=alert_id):
        tell("A colleague has it already. Speak with them before you do anything.", warning=True)
    else:
        tell("You have it. Nobody else is called about it any more.")
        if number_id is not None:
            answer_inbox.claim(runtime(), actor(), number_id=number_id)
    return _to_alert(number_id, family_id)


@screen.post("/alerts/<alert_id>/settle")
@allow(Permission.INBOX_ANSWER)
def settle_alert(alert_id: str) -> Response:
    number_id, family_id = where_alert_is(runtime(), actor(), alert_id)
    alerts.settle_alert(runtime(), actor(), alert_id=alert_id)
    tell("The alert is settled. The hold stays until the thread is settled too.")
    return _to_alert(number_id, family_id)


def _seen() -> str:
    return request.form.get("seen", "")


def _thread(number_id: str) -> ThreadPage:
    page = thread_page(runtime(), actor(), number_id)
    if page is None:
        abort(404)
    return page


def _page(page: ThreadPage, errors: list[tuple[str, str]]) -> str:
    return render_template(
        "console/inbox/thread.html",
        page=page,
        seen=page.newest.text_id,
        tag="",
        ways=write_answer.ways_to_answer(runtime(), actor(), number_id=page.number_id),
        would=do_as_read.what_it_asks(runtime(), actor(), number_id=page.number_id),
        intents=list(INTENTS.items()),
        scopes=SCOPES,
        given=request.form,
        errors=errors,
    )


def _number(number_id: str, errors: list[tuple[str, str]]) -> str:
    page = number_page(runtime(), actor(), number_id)
    if page is None:
        abort(404)
    disclose("number", [line.id for line in page.families])
    ways = list(HOW.items())
    return render_template("console/inbox/number.html", page=page, ways=ways, given=request.form, errors=errors)


def _looked(number_id: str, looked: Looked, wording: str) -> str | tuple[str, int]:
    page = _thread(number_id)
    errors = [("words", f"This may not go out. {capfirst(fault)}") for fault in looked.faults]
    answer = render_template(
        "console/inbox/look.html",
        page=page,
        looked=looked,
        wording=wording,
        seen=_seen(),
        sender=number_said(runtime().phone.number),
        waits_until=None if errors else write_answer.waits_until(runtime(), actor(), number_id=number_id),
        errors=errors,
    )
    return (answer, 400) if errors else answer


def _part(template: str, **values: object) -> Response:
    """A part of a page with an ETag, which it sends back when it asks again: 304 and no words while nothing changed."""
    html = render_template(template, tag="", **values)
    same = re.sub(r'name="csrf_token" value="[^"]*"', "", html)  # signed anew each second
    tag = sha256(same.encode()).hexdigest()[:32]
    response = make_response(render_template(template, tag=f'"{tag}"', **values))
    response.set_etag(tag)
    return response.make_conditional(request)


def _said(number_id: str, refused: NotDone | None, done: str) -> Response:
    tell(refused.why if refused else done, warning=refused is not None)
    return _back(number_id)


def _back(number_id: str) -> Response:
    return redirect(url_for("inbox.thread", number_id=number_id), 303)


def _to_alert(number_id: str | None, family_id: str | None) -> Response:
    if number_id is not None:
        return _back(number_id)
    if family_id is not None:
        return redirect(url_for("families.show", family_id=family_id), 303)
    return redirect(url_for("inbox.show"), 303)
