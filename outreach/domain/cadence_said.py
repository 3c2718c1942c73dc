"""A cadence read aloud: sentences a colleague would say, one for each step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time

from outreach.domain.cadence import Cadence, Step
from outreach.domain.cadence_proposal import WEEKDAYS
from outreach.domain.quiet_hours import Window

OFFERS = {"first_call": "First offer", "reoffer_call": "Offer again", "offer_again": "Offer again"}
TIMES = ("never", "once", "twice", "three times", "four times", "five times", "six times")


def said_steps(cadence: Cadence) -> tuple[str, ...]:
    return tuple(
        said_step(step, cadence, last=place == len(cadence.steps)) for place, step in enumerate(cadence.steps, start=1)
    )


def said_step(step: Step, cadence: Cadence, *, last: bool) -> str:
    """*6 weeks after the imprisonment, by text, Offer again, Monday to Thursday 9.30 to 15; if no reply in …*"""
    when, offer = _when(step), OFFERS.get(step.script, step.script.replace("_", " ").capitalize())
    follows = "nothing more" if last else "the next step"
    if step.channel == "text":
        hours = ", ".join(said_week(cadence.hours.week, shut=False))
        if step.silence == "call":
            follows = "a call"
        days = "1 day" if step.patience_days == 1 else f"{step.patience_days} days"
        return f"{when}, by text, {offer}, {hours}; if no reply in {days}, {follows}"
    by = "a visit" if step.channel == "visit" else f"by {step.channel}"
    if step.attempts == 1:
        return f"{when}, {by}, {offer}, tried once; if nobody is reached, {follows}"
    tried = TIMES[step.attempts] if step.attempts < len(TIMES) else f"{step.attempts} times"
    return (
        f"{when}, {by}, {offer}, tried up to {tried}, on different days and at different times of the day; "
        f"if nobody is reached, {follows}"
    )


def _when(step: Step) -> str:
    if step.after.count == 0 and step.after.since == "anchor":
        return "At once"
    unit = step.after.unit if step.after.count != 1 else step.after.unit[:-1]
    since = "the last contact" if step.after.since == "last_contact" else "the imprisonment"
    return f"{step.after.count} {unit} after {since}"


def said_week(week: Iterable[tuple[Window, ...]], *, shut: bool = True) -> list[str]:
    """The hours, days with the same hours together. ``shut``: days without hours are said too."""
    groups: list[tuple[list[str], tuple[Window, ...]]] = []
    for name, windows in zip(WEEKDAYS, week, strict=True):
        if groups and groups[-1][1] == windows:
            groups[-1][0].append(name)
        else:
            groups.append(([name], windows))
    said = []
    for days, windows in groups:
        spans = " and ".join(f"{hour_said(each.starts)} to {hour_said(each.ends)}" for each in windows)
        if spans or shut:
            said.append(f"{days[0] if len(days) == 1 else f'{days[0]} to {days[-1]}'} {spans or 'nothing goes out'}")
    return said


def hour_said(moment: time) -> str:
    return f"{moment.hour}.{moment.minute:02}" if moment.minute else str(moment.hour)
