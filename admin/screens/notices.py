"""Notices to social workers, under the gate: read, mend, approve, send, write down the answer."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin.access import actor, allow, disclose, discloses, runtime
from admin.status import tell
from outreach.domain.access import Permission
from outreach.domain.notice import ANSWERS
from outreach.engine import notices
from outreach.engine.notices import NotDone
from outreach.views.notices import GROUPS, notice_counts, notice_page, notices_page

screen = Blueprint("notices", __name__, url_prefix="/gate/notices")
SENT = {
    "mail": "Sent by e-mail. It is chased by itself until somebody answers.",
    "bare": "Sent by e-mail without personal data, since the address is not one where it may go.",
}


@screen.get("")
@allow(Permission.HOLD_LIFT)
@discloses("family")
def show() -> str:
    group = request.args.get("group", "drafted")
    if group not in GROUPS:
        abort(404)
    page = notices_page(runtime(), actor(), group=group, page=request.args.get("page", 1, type=int))
    disclose("notices", sorted({line.family.id for line in page.lines}))
    counts = notice_counts(runtime(), actor())
    return render_template("console/gate/notices.html", page=page, groups=GROUPS, counts=counts)


@screen.get("/<notice_id>")
@allow(Permission.HOLD_LIFT)
@discloses("family")
def one(notice_id: str) -> str:
    return _one(notice_id, [])


@screen.post("/<notice_id>/approve")
@allow(Permission.NOTICE_APPROVE)
def approve(notice_id: str) -> Response | tuple[str, int]:
    answer = notices.approve_notice(runtime(), actor(), notice_id=notice_id, words=request.form.get("words", ""))
    return _after(notice_id, answer, "words", "Approved. Nothing has left yet: send it, or ring them.")


@screen.post("/<notice_id>/send")
@allow(Permission.NOTICE_APPROVE)
def send(notice_id: str) -> Response | tuple[str, int]:
    answer = notices.send_notice(runtime(), actor(), notice_id=notice_id)
    if isinstance(answer, NotDone):
        return _one(notice_id, [("send", answer.why)]), 400
    return _after(notice_id, None, "send", SENT[answer.how])


@screen.post("/<notice_id>/by-hand")
@allow(Permission.NOTICE_APPROVE)
def by_hand(notice_id: str) -> Response | tuple[str, int]:
    answer = notices.sent_by_hand(runtime(), actor(), notice_id=notice_id)
    return _after(notice_id, answer, "send", "Marked as sent by hand.")


@screen.post("/<notice_id>/answer")
@allow(Permission.HOLD_LIFT)
def answered(notice_id: str) -> Response | tuple[str, int]:
    answer = notices.answer_notice(
        runtime(),
        actor(),
        notice_id=notice_id,
        answer=request.form.get("answer", ""),
        words=request.form.get("their_words", ""),
    )
    return _after(notice_id, answer, "answer", "Written down. The gate goes by it.")


@screen.post("/<notice_id>/drop")
@allow(Permission.NOTICE_APPROVE)
def drop(notice_id: str) -> Response | tuple[str, int]:
    answer = notices.drop_notice(runtime(), actor(), notice_id=notice_id, why=request.form.get("why", ""))
    return _after(notice_id, answer, "why", "Dropped. What holds the family stays as it is.")


def _after(notice_id: str, answer: NotDone | None, field: str, done: str) -> Response | tuple[str, int]:
    if answer is not None:
        return _one(notice_id, [(field, answer.why)]), 400
    tell(done)
    return redirect(url_for("notices.one", notice_id=notice_id), 303)


def _one(notice_id: str, errors: list[tuple[str, str]]) -> str:
    page = notice_page(runtime(), actor(), notice_id)
    if page is None:
        abort(404)
    disclose("notice", [page.family_id])
    return render_template(
        "console/gate/notice.html", page=page, errors=errors, answers=list(ANSWERS.items()), given=request.form
    )
