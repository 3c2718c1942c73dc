"""What a coordinator wants to save: a cadence, whom it is for, and where it began; and everything wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise
from typing import Any

from outreach.domain.cadence import CHANNELS, SILENCE, SINCE, UNITS, Cadence, read_cadence, written
from outreach.domain.cadence_choice import EVERYBODY, NEEDS, For
from outreach.domain.intake_languages import language_name
from outreach.domain.quiet_hours import SCHOOL_RUN, Window

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_STEPS = 12
_ANY_DAY = date(2026, 1, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """``cadence_id`` is empty for a new one; ``based_on`` is the version that was edited, or copied."""

    cadence_id: str | None
    based_on: str
    name: str
    cadence: Cadence
    whom: For = EVERYBODY
    retired: bool = False
    """Nobody is to be in it any more; its families go to the one that fits them next."""


def proposal_to_json(proposal: Proposal) -> dict[str, Any]:
    return {
        "cadence_id": proposal.cadence_id,
        "based_on": proposal.based_on,
        "name": proposal.name,
        "areas": sorted(proposal.whom.areas),
        "languages": sorted(proposal.whom.languages),
        "needs": sorted(proposal.whom.needs),
        "retired": proposal.retired,
        "cadence": written(proposal.cadence),
    }


def proposal_from_json(body: Mapping[str, Any]) -> Proposal:
    return Proposal(
        cadence_id=body["cadence_id"],
        based_on=body["based_on"],
        name=body["name"],
        whom=For(frozenset(body["areas"]), frozenset(body["languages"]), frozenset(body["needs"])),
        retired=body["retired"],
        cadence=read_cadence(body["cadence"]),
    )


def problems_of(cadence: Cadence) -> tuple[str, ...]:
    """Everything that is wrong with a cadence, in plain words, each with its place."""
    found: list[str] = []
    if not cadence.steps:
        found.append("Add at least one step.")
    if len(cadence.steps) > MOST_STEPS:
        found.append(f"At most {MOST_STEPS} steps.")
    for place, step in enumerate(cadence.steps, start=1):
        if step.after.unit not in UNITS or step.after.since not in SINCE or not 0 <= step.after.count <= 520:
            found.append(f"Step {place}: say after how many days, weeks or months, from 0 to 520.")
        if step.after.since == "last_contact" and (step.after.count == 0 or place == 1):
            found.append(f"Step {place}: only a later step, and after some time, can count from the last contact.")
        if step.channel not in CHANNELS:
            found.append(f"Step {place}: choose text, call or visit.")
        if step.channel == "letter":
            found.append(f"Step {place}: letters cannot be written down here yet; choose text, call or visit.")
        if not 1 <= step.attempts <= 6:
            found.append(f"Step {place}: between 1 and 6 attempts.")
        if not 1 <= step.patience_days <= 90 or step.silence not in SILENCE:
            found.append(f"Step {place}: wait between 1 and 90 days for an answer.")
    if not 1 <= cadence.most_offers <= 12:
        found.append("At most between 1 and 12 offers.")
    if not 1 <= cadence.gap_days <= 90:
        found.append("Between two contacts leave 1 to 90 days.")
    for name, day in zip(WEEKDAYS, cadence.hours.week, strict=True):
        for window in day:
            if window.starts >= window.ends:
                found.append(f"{name}: the hours must end after they begin.")
            if window.starts.hour < 8 or window.ends > time(20):
                found.append(f"{name}: hours lie between 8.00 and 20.00.")
        if any(first.ends > second.starts for first, second in pairwise(day)):
            found.append(f"{name}: the hours overlap.")
    if not any(cadence.hours.week):
        found.append("At least one day needs hours.")
    if not found:
        numbered = cadence.named()
        if len({step.id for step in numbered.steps}) != len(numbered.steps):
            found.append("Two steps have the same number: begin the edit again.")
        days = list(numbered.nominal_days().values())
        fixed = [step.after.from_day(_ANY_DAY) for step in numbered.steps if step.after.since == "anchor"]
        if days != sorted(days) or fixed != sorted(set(fixed)):
            found.append("Each step must come later than the one before it.")
    return tuple(found)


def problems_with_whom(proposal: Proposal, others: Collection[tuple[str, For]], areas: Collection[str]) -> list[str]:
    """``others``: name and whom each other cadence in use is for."""
    found = []
    if not proposal.name.strip() or len(proposal.name) > 80:
        found.append("Name: give the cadence a name, up to 80 letters.")
    elif proposal.name.strip().casefold() in {name.casefold() for name, _ in others}:
        found.append("Name: another cadence has this name.")
    if not proposal.whom.areas <= set(areas):
        found.append("Areas: choose areas that there are.")
    if not proposal.whom.needs <= set(NEEDS):
        found.append("Needs: choose from child, carer and legal.")
    left = [whom for _, whom in others] + ([] if proposal.retired else [proposal.whom])
    if not any(whom.names == 0 for whom in left):
        found.append("Areas: one cadence must be for everybody, so that no family is without.")
    return found


def warnings_about(proposal: Proposal, others: Collection[tuple[str, For]]) -> tuple[str, ...]:
    """What may be meant, but is worth a second look, as sentences."""
    cadence, found = proposal.cadence, []
    texts = [place for place, step in enumerate(cadence.steps, start=1) if step.channel == "text"]
    if texts and texts[0] == 1:
        found.append(
            "The first contact is a text. No text goes to a number that nobody has spoken on, unless the area has "
            "texts switched on; elsewhere it becomes a call."
        )
    if cadence.steps and len(texts) == len(cadence.steps):
        found.append("There is no call at all. The evidence for offering again comes from calls.")
    if len(cadence.steps) > cadence.most_offers:
        found.append(
            f"There are {len(cadence.steps)} steps, but at most {cadence.most_offers} offers are made to a family."
        )
    for name, day in zip(WEEKDAYS, cadence.hours.week, strict=True):
        if any(window.starts < gap.ends and gap.starts < window.ends for window in day for gap in SCHOOL_RUN[:1]):
            found.append(f"{name}: the hours reach into the school run in the morning, when children listen.")
        if any(window.ends > SCHOOL_RUN[1].ends for window in day):
            found.append(f"{name}: the hours go on after school, when children are at home.")
    for place, step in enumerate(cadence.steps, start=1):
        if step.channel == "text" and step.patience_days < 5:
            found.append(f"Step {place}: {step.patience_days} days are short for an answer.")
    if cadence.gap_days < 5:
        found.append(f"Only {cadence.gap_days} days between two contacts may feel like being pressed.")
    for name, whom in others:
        if whom.names and whom.may_tie_with(proposal.whom):
            found.append(f"It may fit the same families as {name}, equally well. Then the older one applies.")
    return tuple(found)


def whom_said(whom: For, areas: Mapping[str, str]) -> str:
    """``for families in Oxfordshire who speak Polish and would like help for the child``; or everybody else."""
    said = []
    if whom.areas:
        said.append("in " + _listed(sorted(areas.get(each, each) for each in whom.areas)))
    if whom.languages:
        said.append("who speak " + _listed(sorted(language_name(each) for each in whom.languages)))
    if whom.needs:
        wishes = {"child": "for the child", "carer": "for themselves", "legal": "with the law"}
        said.append("who would like help " + _listed([wishes[each] for each in sorted(whom.needs)]))
    return "for families " + " and ".join(said) if said else "for every family that no other one names"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def without_the_school_run(week: tuple[tuple[Window, ...], ...]) -> tuple[tuple[Window, ...], ...]:
    """The hours of Monday to Friday with the school run taken out; the weekend as it is."""
    return tuple(_without(day) if place < 5 else day for place, day in enumerate(week))


def _without(day: tuple[Window, ...]) -> tuple[Window, ...]:
    left = list(day)
    for gap in SCHOOL_RUN:
        parts = [
            part
            for window in left
            for part in (
                Window(window.starts, min(window.ends, gap.starts)),
                Window(max(window.starts, gap.ends), window.ends),
            )
            if part.starts < part.ends
        ]
        left = sorted(set(parts))
    return tuple(left)
