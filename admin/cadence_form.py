"""A cadence as the fields of a form, and back: every problem with its field.

Rules
* A step without a number of its own is new; an emptied step is left out. Steps are put in the order of their times
  (as they stand, where one counts from the last contact).
* What is typed is kept as it was typed, whatever is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from werkzeug.datastructures import MultiDict

from admin.typed import read_time
from outreach.domain.cadence import NEW, After, Cadence, Step
from outreach.domain.cadence_choice import For
from outreach.domain.cadence_proposal import MOST_STEPS, WEEKDAYS, Proposal, without_the_school_run
from outreach.domain.quiet_hours import Hours, Window

Errors = list[tuple[str, str]]


def written(cadence: Cadence) -> MultiDict[str, str]:
    """The cadence as the fields of the form."""
    fields: MultiDict[str, str] = MultiDict()
    for place, step in enumerate(cadence.steps):
        fields[f"id-{place}"] = "" if step.id == NEW else str(step.id)
        fields[f"after-{place}"], fields[f"unit-{place}"] = str(step.after.count), step.after.unit
        fields[f"since-{place}"], fields[f"channel-{place}"] = step.after.since, step.channel
        fields[f"attempts-{place}"], fields[f"patience-{place}"] = str(step.attempts), str(step.patience_days)
        fields[f"silence-{place}"] = step.silence
    for day, windows in enumerate(cadence.hours.week):
        fields[f"hours-{day}"] = ", ".join(f"{w.starts:%H:%M} to {w.ends:%H:%M}" for w in windows)
    fields["gap_days"], fields["most_offers"] = str(cadence.gap_days), str(cadence.most_offers)
    fields["later_default_weeks"] = str(cadence.later_default_weeks)
    if cadence.winter_rest:
        fields["winter_rest"] = "yes"
    return fields


def written_proposal(proposal: Proposal) -> MultiDict[str, str]:
    fields = written(proposal.cadence)
    fields["name"], fields["based_on"] = proposal.name, proposal.based_on
    fields["cadence_id"] = proposal.cadence_id or ""
    for name, values in (
        ("areas", proposal.whom.areas),
        ("languages", proposal.whom.languages),
        ("needs", proposal.whom.needs),
    ):
        if values:
            fields.setlist(name, sorted(values))
    return fields


def read_proposal(form: MultiDict[str, str]) -> tuple[Proposal | None, Errors]:
    cadence, errors = read(form)
    if cadence is None:
        return None, errors
    proposal = Proposal(
        cadence_id=form.get("cadence_id") or None,
        based_on=form.get("based_on", ""),
        name=form.get("name", "").strip(),
        cadence=cadence,
        whom=For(
            frozenset(form.getlist("areas")), frozenset(form.getlist("languages")), frozenset(form.getlist("needs"))
        ),
    )
    return proposal, []


def read(form: Mapping[str, str]) -> tuple[Cadence | None, Errors]:
    """The cadence that the fields say, or every problem with its field. What it means is judged elsewhere."""
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
        channel, own = form.get(f"channel-{place}", ""), form.get(f"id-{place}", "")
        text = channel == "text"
        steps.append(
            Step(
                id=int(own) if own.isdecimal() else NEW,
                after=After(
                    number(f"after-{place}", f"Step {place + 1}"),
                    form.get(f"unit-{place}", ""),
                    form.get(f"since-{place}", "anchor"),
                ),
                channel=channel,
                script="offer_again" if text else "reoffer_call",
                attempts=1 if text else number(f"attempts-{place}", f"Step {place + 1}, attempts"),
                patience_days=number(f"patience-{place}", f"Step {place + 1}, days to wait") if text else 14,
                silence=form.get(f"silence-{place}", "next") if text else "next",
            )
        )
    week: list[tuple[Window, ...]] = []
    for day, name in enumerate(WEEKDAYS):
        windows = read_hours(form.get(f"hours-{day}", ""))
        if windows is None:
            errors.append((f"hours-{day}", f"{name}: write hours like 9:30 to 15:00, or leave it empty"))
        week.append(windows or ())
    hours = tuple(week)
    cadence = Cadence(
        steps=tuple(steps),
        hours=Hours(without_the_school_run(hours) if form.get("school_run") == "yes" else hours),
        gap_days=number("gap_days", "Days between two contacts"),
        most_offers=number("most_offers", "Most offers"),
        winter_rest=form.get("winter_rest") == "yes",
        later_default_weeks=number("later_default_weeks", "Weeks after a later"),
    )
    return (None, errors) if errors else (_in_order(cadence), [])


def read_hours(words: str) -> tuple[Window, ...] | None:
    """``9:30 to 12:00, 13:00 to 15:00`` as windows; nothing for no hours; ``None`` for what cannot be read."""
    windows = []
    for part in filter(str.strip, words.split(",")):
        ends = [read_time(each) for each in re.split(r"\s*(?:to|-|–)\s*", part.strip())]
        if len(ends) != 2 or ends[0] is None or ends[1] is None:
            return None
        windows.append(Window(ends[0], ends[1]))
    return tuple(sorted(windows))


def place_of(problem: str) -> str:
    """The field that a problem is about."""
    found = re.match(r"Step (\d+)", problem)
    if found:
        return f"after-{int(found[1]) - 1}"
    names = {"Name": "name", "Areas": "areas", "Needs": "needs", "At most between": "most_offers"}
    names |= {"Between two contacts": "gap_days"} | {name: f"hours-{day}" for day, name in enumerate(WEEKDAYS)}
    return next((field for start, field in names.items() if problem.startswith(start)), "after-0")


def _in_order(cadence: Cadence) -> Cadence:
    steps = cadence.steps
    if all(step.after.since == "anchor" for step in steps):
        steps = tuple(sorted(steps, key=lambda step: step.after.about_days))
    first = [replace(step, script="first_call") if step.channel != "text" else step for step in steps[:1]]
    return replace(cadence, steps=(*first, *steps[1:]))
