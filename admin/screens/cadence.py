"""The cadence: read aloud, edited, tried on every family before it is saved as a new version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from admin.access import actor, allow, disclose, discloses, runtime
from admin.screens.rota import read_time
from admin.status import tell
from outreach.domain.access import Permission
from outreach.domain.cadence import After, Cadence, Step
from outreach.domain.quiet_hours import Hours, Window, london
from outreach.engine.edit_cadence import NotSaved, new_version, problems_of
from outreach.engine.set_rota import WEEKDAYS
from outreach.views.cadence_page import cadence_change, cadence_page

screen = Blueprint("cadence", __name__, url_prefix="/cadence")

MOST_STEPS = 12
SPARE_ROWS = 2
YEARS_DRAWN = 2
WIDTH, MARGIN = 900, 20
Errors = list[tuple[str, str]]


@screen.get("/")
@allow(Permission.CADENCE_READ)
@discloses()
def show() -> str:
    page = cadence_page(runtime(), actor())
    start = london(page.now).date()
    return render_template(
        "console/cadence/show.html",
        page=page,
        week=said_week(page.cadence),
        picture=draw(page.preview, start=start, holidays=page.holidays, winter=page.cadence.winter_rest),
    )


@screen.get("/edit")
@allow(Permission.CADENCE_EDIT)
@discloses()
def edit() -> str:
    page = cadence_page(runtime(), actor())
    return _form(written(page.cadence), [])


@screen.post("/check")
@allow(Permission.CADENCE_EDIT)
@discloses("family")
def check() -> str | tuple[str, int]:
    cadence, errors = read(request.form)
    if cadence is None:
        return _form(request.form, errors), 400
    change = cadence_change(runtime(), actor(), cadence)
    disclose("cadence_change", [each.family.id for each in change.families])
    return render_template(
        "console/cadence/change.html", change=change, given=_kept(request.form), page=cadence_page(runtime(), actor())
    )


@screen.post("/save")
@allow(Permission.CADENCE_EDIT)
def save() -> Response | tuple[str, int]:
    cadence, errors = read(request.form)
    if cadence is None or request.form.get("back"):
        return _form(request.form, errors), 200 if cadence else 400
    page = cadence_page(runtime(), actor())
    if str(page.versions[0].number) != request.form.get("on"):
        return _form(
            request.form, [("", "Somebody saved another version meanwhile. Look at it, then check again")]
        ), 409
    answer = new_version(runtime(), actor(), cadence_id=page.id, cadence=cadence, why=request.form.get("why", ""))
    if isinstance(answer, NotSaved):
        return _form(request.form, [("", words) for words in answer.problems]), 400
    tell(f"Saved as version {answer.number}. What was planned and not begun is planned anew within a minute.")
    return redirect(url_for("cadence.show"), 303)


def written(cadence: Cadence) -> MultiDict[str, str]:
    """The cadence as the fields of the form."""
    fields: MultiDict[str, str] = MultiDict()
    for place, step in enumerate(cadence.steps):
        fields[f"after-{place}"], fields[f"unit-{place}"] = str(step.after.count), step.after.unit
        fields[f"channel-{place}"] = step.channel
        fields[f"attempts-{place}"], fields[f"patience-{place}"] = str(step.attempts), str(step.patience_days)
    for day, windows in enumerate(cadence.hours.week):
        fields[f"hours-{day}"] = ", ".join(f"{w.starts:%H:%M} to {w.ends:%H:%M}" for w in windows)
    fields["gap_days"], fields["most_offers"] = str(cadence.gap_days), str(cadence.most_offers)
    fields["later_default_weeks"] = str(cadence.later_default_weeks)
    if cadence.winter_rest:
        fields["winter_rest"] = "yes"
    return fields


def read(form: Mapping[str, str]) -> tuple[Cadence | None, Errors]:
    """The cadence that the fields say, or every problem with its field."""
    errors: Errors = []

    def number(name: str, what: str) -> int:
        words = form.get(name, "").strip()
        if not re.fullmatch(r"\d{1,3}", words):
            errors.append((name, f"{what}: write a whole number"))
            return 1
        return int(words)

    steps: list[Step] = []
    for place in range(MOST_STEPS):
        if not form.get(f"after-{place}", "").strip():
            continue
        channel = form.get(f"channel-{place}", "")
        steps.append(
            Step(
                after=After(number(f"after-{place}", f"Step {place + 1}"), form.get(f"unit-{place}", "")),
                channel=channel,
                script="offer_again" if channel == "text" else "first_call" if not steps else "reoffer_call",
                attempts=number(f"attempts-{place}", f"Step {place + 1}, attempts") if channel != "text" else 1,
                patience_days=number(f"patience-{place}", f"Step {place + 1}, days to wait")
                if channel == "text"
                else 14,
            )
        )
    week = []
    for day, name in enumerate(WEEKDAYS):
        windows = read_hours(form.get(f"hours-{day}", ""))
        if windows is None:
            errors.append((f"hours-{day}", f"{name}: write hours like 9:30 to 15:00, or leave it empty"))
        week.append(windows or ())
    cadence = Cadence(
        steps=tuple(steps),
        hours=Hours(tuple(week)),
        gap_days=number("gap_days", "Days between two contacts"),
        most_offers=number("most_offers", "Most offers"),
        winter_rest=form.get("winter_rest") == "yes",
        later_default_weeks=number("later_default_weeks", "Weeks after a later"),
    )
    errors += [(_place(words), words) for words in problems_of(cadence)] if not errors else []
    return (None, errors) if errors else (cadence, [])


def read_hours(words: str) -> tuple[Window, ...] | None:
    """``9:30 to 12:00, 13:00 to 15:00`` as windows; nothing for no hours; ``None`` for what cannot be read."""
    windows = []
    for part in filter(str.strip, words.split(",")):
        ends = [read_time(each) for each in re.split(r"\s*(?:to|-|–)\s*", part.strip())]
        if len(ends) != 2 or ends[0] is None or ends[1] is None:
            return None
        windows.append(Window(ends[0], ends[1]))
    return tuple(sorted(windows))


def said_week(cadence: Cadence) -> list[str]:
    """The hours as sentences, days with the same hours together."""
    groups: list[tuple[list[str], tuple[Window, ...]]] = []
    for name, windows in zip(WEEKDAYS, cadence.hours.week, strict=True):
        if groups and groups[-1][1] == windows:
            groups[-1][0].append(name)
        else:
            groups.append(([name], windows))
    return [
        f"{days[0] if len(days) == 1 else f'{days[0]} to {days[-1]}'}: "
        + (" and ".join(f"{_hour(w.starts)} to {_hour(w.ends)}" for w in windows) or "nothing goes out")
        for days, windows in groups
    ]


@dataclass(frozen=True, slots=True)
class Picture:
    """Two years as a line: ``months`` (x, name), ``shaded`` (x, width) tender days, ``marks`` (x, channel, day)."""

    months: tuple[tuple[float, str], ...]
    shaded: tuple[tuple[float, float], ...]
    marks: tuple[tuple[float, str, date], ...]
    width: int = WIDTH


def draw(
    preview: tuple[tuple[Step, datetime], ...], *, start: date, holidays: tuple[date, ...], winter: bool
) -> Picture:
    days = 366 * YEARS_DRAWN
    scale = (WIDTH - 2 * MARGIN) / days

    def x(day: date) -> float:
        return round(MARGIN + (day - start).days * scale, 1)

    end = start + timedelta(days=days)
    months = [date(start.year + (start.month + n) // 12, (start.month + n) % 12 + 1, 1) for n in range(0, 24, 2)]
    rests = [(date(year, 12, 20), 14) for year in range(start.year - 1, end.year + 1)] if winter else []
    rests += [(day, 1) for day in holidays]
    return Picture(
        months=tuple((x(day), f"{day:%b}" + (f" {day.year}" if day.month < 3 else "")) for day in months if day < end),
        shaded=tuple((x(day), max(round(length * scale, 1), 1.5)) for day, length in rests if start <= day < end),
        marks=tuple(
            (x(london(at).date()), step.channel, london(at).date()) for step, at in preview if london(at).date() < end
        ),
    )


def _place(words: str) -> str:
    found = re.match(r"Step (\d+)", words)
    if found:
        return f"after-{int(found[1]) - 1}"
    return next((f"hours-{day}" for day, name in enumerate(WEEKDAYS) if words.startswith(name)), "after-0")


def _hour(moment: time) -> str:
    return f"{moment.hour}.{moment.minute:02}" if moment.minute else str(moment.hour)


def _kept(form: MultiDict[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in form.items() if name not in ("csrf_token", "on", "why", "back")]


def _form(given: Mapping[str, str], errors: Errors) -> str:
    filled = [place for place in range(MOST_STEPS) if given.get(f"after-{place}", "").strip()]
    rows = min((max(filled) + 1 if filled else 0) + SPARE_ROWS, MOST_STEPS)
    return render_template(
        "console/cadence/edit.html", given=given, errors=errors, rows=rows, weekdays=list(enumerate(WEEKDAYS))
    )
