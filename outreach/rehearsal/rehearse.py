"""Rehearses: plays so many days with so many families, then proves what was promised, and counts.

The proof has three parts, each on its own: what the network saw against the script of what happened (``judge``), what
should have happened and did not (``forgotten``, promises), and the invariants on the data (``engine.prove``).
"""

from __future__ import annotations

import time as wall
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import select

from outreach.engine.prove import prove
from outreach.rehearsal.dates_given import unkept
from outreach.rehearsal.diary import Diary
from outreach.rehearsal.family_known import CounterExample
from outreach.rehearsal.forgotten import forgotten
from outreach.rehearsal.house import House
from outreach.rehearsal.households import Town
from outreach.rehearsal.judge import Judge
from outreach.rehearsal.kind_days import at
from outreach.rehearsal.play import MONTH, Play
from outreach.rehearsal.story import tell
from outreach.rehearsal.wordings import kind_of
from outreach.runtime import Runtime
from outreach.store.alerts import AlertRow
from outreach.store.cadences import EnrolmentRow
from outreach.store.families import FamilyRow
from outreach.store.offers import OfferRow
from outreach.store.referrals import ReferralRow
from outreach.store.texts import TextRow

BEGINS = date(2026, 9, 7)
"""A Monday. Eight months from here have both changes of the clock, Christmas and Easter."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """``broken``: the first counter-example of every promise that was not kept, each with its family's story."""

    figures: dict[str, int | float]
    broken: tuple[CounterExample, ...]

    @property
    def kept(self) -> bool:
        return not self.broken


def rehearse(
    *,
    families: int,
    days: int,
    seed: int,
    home: Path,
    workers: int = 1,
    database_url: str = "",
    said: Callable[[str], None] = lambda _: None,
    plot: Callable[[Town], None] = lambda _: None,
    turn: Callable[[Runtime, bool], dict[str, int]] | None = None,
) -> Rehearsed:
    """``plot`` may change the families before they begin; ``turn`` is what a worker does, tidying or not (the proof's
    own tests put a faulty one in). Raises ``NotEmpty``."""
    began = wall.monotonic()
    house = House(home=home, database_url=database_url, begins=at(BEGINS, time(8)), workers=workers)
    try:
        house.open()
        diary = Diary(house.simulator.network)
        town = Town(families=families, months=max(1, int(days / MONTH)), seed=seed, begins=BEGINS)
        plot(town)
        play = Play(house, town, diary, begins=BEGINS, days=days, seed=seed, turn=turn)
        play.run(said)
        played = wall.monotonic() - began
        broken = _judged(house, town, diary, play, days=days)
        return Rehearsed(_figures(house, diary, play, played=played, proved=wall.monotonic() - began - played), broken)
    finally:
        house.close()


def _judged(house: House, town: Town, diary: Diary, play: Play, *, days: int) -> tuple[CounterExample, ...]:
    ends = BEGINS + timedelta(days=days)
    judge = Judge(diary, means=play.means)
    found = list(judge.read())
    found += unkept(judge.families.values(), listed=play.caller.listed(), ends=at(ends, time(0)))
    found += forgotten(town.households.values(), judge.families, ends=ends, begins=BEGINS)
    firsts: dict[str, CounterExample] = {}
    for one in sorted(found, key=lambda each: each.at):
        firsts.setdefault(one.promise, one)
    told = [replace(one, story=tell(diary, one)) for one in firsts.values()]
    proof = prove(house.runtime)
    for rule in proof.findings:
        one = CounterExample(rule.says, _whose(house.runtime, rule.examples[0]), proof.at)
        facts = f"{rule.broken} times; the first: {', '.join(rule.examples)}"
        told.append(replace(one, story=(facts, *tell(diary, one))))
    return (*told, *_faults(diary, play, ends=at(ends, time(0))))


def _faults(diary: Diary, play: Play, *, ends: datetime) -> Iterator[CounterExample]:
    """What failed and was tried again: the promises may stand, and something is wrong all the same."""
    if play.counts.failed_parts:
        facts = (f"{name}: {count} times" for name, count in play.counts.failed_parts.items())
        yield CounterExample("no part of a worker's work fails", "", ends, tuple(facts))
    refused = [one for one in diary.entries if one.what == "webhook" and one.detail["status"] not in (200, None)]
    if refused:  # None is no answer in time: a machine that stands still for a while does that, and is forgiven
        facts = (f"{one.at:%d %b %Y %H.%M} {one.detail['about']}: {one.detail['status']}" for one in refused[:10])
        yield CounterExample("no webhook is answered with an error", "", refused[0].at, tuple(facts))


def _whose(runtime: Runtime, row_id: str) -> str:
    """The reference of the family that an offer, text, enrolment, alert or referral is about; else the id itself."""
    with runtime.sessions.read() as session:
        for family_id, own in (
            (OfferRow.family_id, OfferRow.id),
            (TextRow.family_id, TextRow.id),
            (EnrolmentRow.family_id, EnrolmentRow.id),
            (AlertRow.family_id, AlertRow.id),
            (ReferralRow.family_id, ReferralRow.id),
        ):
            found = session.scalar(select(family_id).where(own == row_id))
            if found:
                return session.get_one(FamilyRow, found).ref
    return row_id


def _figures(house: House, diary: Diary, play: Play, *, played: float, proved: float) -> dict[str, int | float]:
    kinds = Counter(kind_of(one.detail["body"]) for one in diary.entries if one.what == "handed over")
    notes = Counter(note.what for note in diary.notes)
    figures: dict[str, int | float] = {
        "families": len({ref for note in diary.notes if note.what == "file" for ref in note.detail["families"]}),
        "files_imported": notes["file"],
        "turns_of_the_workers": play.counts.turns,
        "offers_by_text": kinds["offer"],
        "other_texts_to_families": sum(kinds.values()) - kinds["offer"] - kinds["staff"],
        "confirmations_of_a_stop": kinds["stop"],
        "texts_to_staff": kinds["staff"],
        "texts_from_families": play.counts.replies,
        "calls": play.caller.calls,
        "calls_not_allowed": play.caller.refused,
        "dates_given": notes["promised"],
        "holds_lifted": notes["lifted"],
        "cadence_edits": notes["edited"],
        "faults_of_the_network": play.counts.faults,
        **{f"workers_killed_{point.value}": count for point, count in house.deaths.items()},
        "webhooks_not_answered": sum(one.what == "webhook" and one.detail["status"] != 200 for one in diary.entries),
        "parts_that_failed": sum(play.counts.failed_parts.values()),
        "seconds_played": round(played, 1),
        "seconds_proved": round(proved, 1),
    }
    return figures
