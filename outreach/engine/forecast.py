"""What a proposed cadence would do to every live family: counted by day, listed family by family, ready to be saved.

Rules
* One pass over plain rows; families that stand alike are worked out once (``domain/time_machine.py``).
* Each family goes to the cadence that fits it, of those that there would be.
* The digest is of the proposal, of the versions it rests on and of every difference, by day: where two forecasts have
  the same digest, the later one changes what the earlier one showed, and nothing else.
* Families outside ``areas``, and those hidden from who asks, are counted and not listed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.cadence_choice import Facts, For, choose
from outreach.domain.cadence_proposal import Proposal, proposal_to_json
from outreach.domain.quiet_hours import london
from outreach.domain.time_machine import Contact, Future, TimeMachine
from outreach.store.cadences import EnrolmentRow, InUse, in_use, read_numbers, version, written_numbers
from outreach.store.standings import MATTERS_FOR, Live, live_standings

PROPOSED = "proposed"
TELL_EVERY = 5_000
Progress = Callable[[int], None]


@dataclass(slots=True)
class Moves:
    """What saving writes: enrolments by where they stand and where they will, and the offers that are planned anew."""

    enrolments: dict[tuple[str, str, str, str], list[str]] = field(default_factory=dict)
    """(version, steps behind) now and then -> ids."""
    anew: list[tuple[str, str, int, str]] = field(default_factory=list)
    """Offer, family, step, channel."""
    elsewhere: list[tuple[str, str, str, str]] = field(default_factory=list)
    """Enrolment, family, from which cadence, to which, where it is another one."""


@dataclass(slots=True)
class Forecast:
    """``days``: by ISO day, calls and texts as it is, then by the new one. ``lines``: ``family|before|after``."""

    digest: str
    live: int
    changed: int
    elsewhere: int
    anew: int
    ties: int
    days: dict[str, list[int]]
    lines: list[str]
    moves: Moves


def forecast(
    session: Session,
    proposal: Proposal,
    *,
    now: datetime,
    areas: frozenset[str],
    hides: frozenset[str] = frozenset(),
    told: Progress = lambda done: None,
) -> Forecast:
    known = in_use(session)
    after = _those_there_would_be(known, proposal)
    targets = {
        each: (PROPOSED if each == (proposal.cadence_id or PROPOSED) else known[each].version_id) for each in after
    }
    versions = {each.version_id: each.cadence for each in known.values()} | {PROPOSED: proposal.cadence}
    met = select(EnrolmentRow.cadence_version_id).where(EnrolmentRow.state != "ended").distinct()
    versions |= {each: version(session, each) for each in session.scalars(met) if each not in versions}
    machine = TimeMachine(versions, now=now)
    counting = _Counting(proposal, known, now)
    chosen: dict[Facts, tuple[str, bool]] = {}
    far_back = any(
        step.after.since == "last_contact" or pattern.room_before(step.id) > MATTERS_FOR.days
        for pattern in versions.values()
        for step in pattern.steps
    )
    needs = any(whom.needs for whom in after.values())
    for live in live_standings(session, now=now, far_back=far_back, needs=needs):
        if live.facts not in chosen:
            found = choose(after.items(), live.facts)
            chosen[live.facts] = (found.id, bool(found.tied)) if found else (live.cadence_id, False)
        target, tied = chosen[live.facts]
        counting.ties += tied
        counting.add(live, targets.get(target, live.version_id), target, machine, live.facts.area in areas, hides)
        if counting.live % TELL_EVERY == 0:
            told(counting.live)
    told(counting.live)
    return counting.result()


def _those_there_would_be(known: dict[str, InUse], proposal: Proposal) -> dict[str, For]:
    after = {each.id: each.whom for each in known.values()}
    key = proposal.cadence_id or PROPOSED
    if proposal.retired:
        after.pop(key, None)
    else:
        after[key] = proposal.whom
    return after


@dataclass(slots=True)
class _Met:
    """A future, how many families have it, and how it is written where it is a difference."""

    future: Future
    count: int
    said: str


class _Counting:
    def __init__(self, proposal: Proposal, known: dict[str, InUse], now: datetime) -> None:
        self.live = self.changed = self.elsewhere = self.ties = 0
        self.today = london(now).date()
        self.lines: list[str] = []
        self.moves = Moves()
        self._met: dict[int, _Met] = {}
        self._written: dict[tuple[int, ...], str] = {}
        rests_on = [proposal_to_json(proposal), sorted((each.id, each.version_id) for each in known.values())]
        self._digest = hashlib.sha256(json.dumps(rests_on, sort_keys=True).encode())

    def add(
        self, live: Live, target_version: str, target: str, machine: TimeMachine, mine: bool, hides: frozenset[str]
    ) -> None:
        self.live += 1
        alike = machine.alike(
            old=live.version_id, new=target_version, nation=live.nation, imprisoned=live.imprisoned, anchor=live.anchor,
            behind=read_numbers(live.behind), made=live.made, last_contact=live.last_contact, own=live.own,
            rests_until=live.rests_until, offer=live.offer,
        )  # fmt: skip
        if not live.plans:
            behind = machine.carried(alike)
            self._move(live, target_version, target, behind)
            return
        future = machine.future(alike, live.birthdays, live.grown_on)
        met = self._met.get(id(future))
        if met is None:
            met = self._met[id(future)] = _Met(future, 0, self._said(future))
        met.count += 1
        self._move(live, target_version, target, future.behind)
        if future.anew and live.offer is not None:
            self.moves.anew.append((live.offer.id, live.family_id, live.offer.step, live.offer.channel))
        if not future.changed:
            return
        self.changed += 1
        line = f"{live.family_id}|{met.said}"
        self._digest.update(line.encode())
        if mine and live.family_id not in hides:
            self.lines.append(line)
        else:
            self.elsewhere += 1

    def _move(self, live: Live, target_version: str, target: str, behind: tuple[int, ...]) -> None:
        words = self._written.get(behind)
        if words is None:
            words = self._written[behind] = written_numbers(behind)
        if (live.version_id, live.behind) != (target_version, words):
            key = (live.version_id, live.behind, target_version, words)
            self.moves.enrolments.setdefault(key, []).append(live.enrolment_id)
        if live.cadence_id != target:
            self.moves.elsewhere.append((live.enrolment_id, live.family_id, live.cadence_id, target))

    def _said(self, future: Future) -> str:
        if not future.changed:
            return ""
        return "|".join(" ".join(self._one(each) for each in part) for part in (future.before, future.after))

    def _one(self, contact: Contact) -> str:
        return f"{contact.channel}:{max(london(contact.due_at).date(), self.today).isoformat()}"

    def result(self) -> Forecast:
        days: dict[str, list[int]] = {}
        for met in self._met.values():
            for place, part in ((0, met.future.before), (2, met.future.after)):
                for contact in part:
                    day = max(london(contact.due_at).date(), self.today).isoformat()
                    days.setdefault(day, [0, 0, 0, 0])[place + (contact.channel == "text")] += met.count
        return Forecast(
            digest=self._digest.hexdigest(), live=self.live, changed=self.changed, elsewhere=self.elsewhere,
            anew=len(self.moves.anew), ties=self.ties, days=dict(sorted(days.items())), lines=self.lines,
            moves=self.moves,
        )  # fmt: skip
