"""The cadences: read aloud, edited, tried on every family before one is saved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from admin.access import actor, allow, disclose, discloses, runtime
from admin.cadence_form import Errors, place_of, read_proposal, written_proposal
from admin.status import tell
from outreach.domain.access import Permission
from outreach.domain.cadence import Planned
from outreach.domain.cadence_choice import EVERYBODY
from outreach.domain.cadence_proposal import MOST_STEPS, WEEKDAYS, Proposal
from outreach.domain.cadence_said import said_week
from outreach.domain.intake_languages import language_name
from outreach.domain.quiet_hours import london
from outreach.engine import try_cadence
from outreach.engine.edit_cadence import NotSaved, Saved
from outreach.views.cadence_page import CadencePage, cadence_page
from outreach.views.trial_page import trial_page, trial_progress

screen = Blueprint("cadence", __name__, url_prefix="/cadence")

SPARE_ROWS = 2
YEARS_DRAWN = 2
WIDTH, MARGIN = 900, 20
NEEDS = [("child", "for the child"), ("carer", "for themselves"), ("legal", "with the law")]


@screen.get("/")
@allow(Permission.CADENCE_READ)
@discloses()
def show() -> str:
    page = _page(request.args.get("cadence"))
    start = london(page.now).date()
    return render_template(
        "console/cadence/show.html",
        page=page,
        week=said_week(page.cadence.hours.week),
        picture=draw(page.preview, start=start, holidays=page.holidays, winter=page.cadence.winter_rest),
    )


@screen.get("/edit")
@allow(Permission.CADENCE_EDIT)
@discloses()
def edit() -> str:
    """An edit of ``cadence``; or a new one, which begins as a copy of ``copy``."""
    copied = request.args.get("copy")
    page = _page(copied or request.args.get("cadence"))
    proposal = Proposal(
        cadence_id=None if copied else page.id,
        based_on=page.version_id,
        name="" if copied else page.name,
        whom=EVERYBODY if copied else page.whom,
        cadence=page.cadence,
    )
    return _form(written_proposal(proposal), [])


@screen.post("/check")
@allow(Permission.CADENCE_EDIT)
def check() -> Response | tuple[str, int]:
    proposal, errors = read_proposal(request.form)
    if proposal is None:
        return _form(request.form, errors), 400
    return _try(proposal, request.form)


@screen.post("/<cadence_id>/retire")
@allow(Permission.CADENCE_EDIT)
def retire(cadence_id: str) -> Response | tuple[str, int]:
    page = _page(cadence_id)
    proposal = Proposal(
        cadence_id=page.id, based_on=page.version_id, name=page.name, whom=page.whom, cadence=page.cadence, retired=True
    )
    return _try(proposal, written_proposal(proposal))


@screen.get("/trials/<trial_id>")
@allow(Permission.CADENCE_EDIT)
@discloses("family")
def trial(trial_id: str) -> str:
    page = trial_page(
        runtime(), actor(), trial_id, month=request.args.get("month"), page=request.args.get("page", 1, type=int)
    )
    if page is None:
        abort(404)
    disclose("cadence_trial", [each.family.id for each in page.families])
    return render_template("console/cadence/trial.html", page=page)


@screen.get("/trials/<trial_id>/progress")
@allow(Permission.CADENCE_EDIT)
@discloses()
def progress(trial_id: str) -> str | tuple[str, int, dict[str, str]]:
    """How far it is; once it is done, the whole page is asked for again."""
    found = trial_progress(runtime(), actor(), trial_id)
    if found is None:
        abort(404)
    state, done, total = found
    if state in ("ready", "saved", "dropped"):
        return "", 200, {"HX-Refresh": "true"}
    return render_template("console/cadence/progress.html", trial_id=trial_id, state=state, done=done, total=total)


@screen.post("/trials/<trial_id>/save")
@allow(Permission.CADENCE_EDIT)
def save(trial_id: str) -> Response | tuple[str, int]:
    if request.form.get("back"):
        return _go_on(trial_id)
    answer = try_cadence.save_trial(
        runtime(), actor(), trial_id=trial_id, digest=request.form.get("digest", ""), why=request.form.get("why", "")
    )
    if isinstance(answer, Saved):
        tell(f"Saved as version {answer.number}. What was planned and not begun is planned anew within a minute.")
        return redirect(url_for("cadence.show", cadence=answer.cadence_id), 303)
    if isinstance(answer, NotSaved):
        tell(answer.problems[0], warning=True)
        return redirect(url_for("cadence.show"), 303)
    return redirect(url_for("cadence.trial", trial_id=trial_id), 303)


def _go_on(trial_id: str) -> tuple[str, int]:
    page = trial_page(runtime(), actor(), trial_id)
    if page is None:
        abort(404)
    try_cadence.drop_trial(runtime(), actor(), trial_id=trial_id)
    return _form(written_proposal(page.proposal), []), 200


def _try(proposal: Proposal, given: MultiDict[str, str]) -> Response | tuple[str, int]:
    answer = try_cadence.try_cadence(runtime(), actor(), proposal)
    if isinstance(answer, NotSaved):
        return _form(given, [(place_of(words), words) for words in answer.problems]), 400
    return redirect(url_for("cadence.trial", trial_id=answer.trial_id), 303)


def _page(cadence_id: str | None) -> CadencePage:
    page = cadence_page(runtime(), actor(), cadence_id)
    if page is None:
        abort(404)
    return page


@dataclass(frozen=True, slots=True)
class Picture:
    """Two years as a line: ``months`` (x, name), ``shaded`` (x, width) tender days, ``marks`` (x, channel, day)."""

    months: tuple[tuple[float, str], ...]
    shaded: tuple[tuple[float, float], ...]
    marks: tuple[tuple[float, str, date], ...]
    width: int = WIDTH


def draw(preview: Iterable[Planned], *, start: date, holidays: tuple[date, ...], winter: bool) -> Picture:
    days = 366 * YEARS_DRAWN
    scale = (WIDTH - 2 * MARGIN) / days

    def x(day: date) -> float:
        return round(MARGIN + (day - start).days * scale, 1)

    end = start + timedelta(days=days)
    months = [date(start.year + (start.month + n) // 12, (start.month + n) % 12 + 1, 1) for n in range(0, 24, 2)]
    rests = [(date(year, 12, 20), 14) for year in range(start.year - 1, end.year + 1)] if winter else []
    rests += [(day, 1) for day in holidays]
    marks = [(london(each.due_at).date(), each.channel) for each in preview]
    return Picture(
        months=tuple((x(day), f"{day:%b}" + (f" {day.year}" if day.month < 3 else "")) for day in months if day < end),
        shaded=tuple((x(day), max(round(length * scale, 1), 1.5)) for day, length in rests if start <= day < end),
        marks=tuple((x(day), channel, day) for day, channel in marks if day < end),
    )


def _form(given: MultiDict[str, str], errors: Errors) -> str:
    filled = [place for place in range(MOST_STEPS) if given.get(f"after-{place}", "").strip()]
    page = _page(given.get("cadence_id") or None)
    return render_template(
        "console/cadence/edit.html",
        given=given,
        errors=errors,
        rows=min((max(filled) + 1 if filled else 0) + SPARE_ROWS, MOST_STEPS),
        weekdays=list(enumerate(WEEKDAYS)),
        page=page,
        areas=list(page.areas),
        languages=[(code, language_name(code)) for code in page.languages],
        needs=NEEDS,
    )
