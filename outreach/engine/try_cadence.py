"""The time machine as a job: tries a proposed cadence on every live family, and saves exactly what was shown.

Rules
* A trial is a row; the work is done by whoever comes first, at once where there are few families, else by a worker.
  It tells how far it is. One whose worker died is taken up again when its lease is over.
* Saving works everything out again and saves only where nothing differs from what was shown; else the new picture is
  shown, and nothing is saved.
* Only who asked for a trial sees it. What it shows is thrown away after a day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from outreach.domain.access import Actor, Permission, require
from outreach.domain.cadence_proposal import Proposal, proposal_from_json, proposal_to_json
from outreach.engine.edit_cadence import ChangedMeanwhileError, NotSaved, Saved, named, problems_with, save
from outreach.engine.forecast import Forecast, forecast
from outreach.runtime import Runtime, real_time
from outreach.store.cadences import in_use
from outreach.store.conflicts import hidden_from
from outreach.store.staff import StaffRow, actor_of
from outreach.store.standings import count_live
from outreach.store.trials import PAGE, TrialPageRow, TrialRow, forget_pages, next_to_work, pack

AT_ONCE = 2_000
"""So many families are tried within the request: well under a second."""
LEASE = timedelta(minutes=2)
KEPT = timedelta(days=1)
TOLD_EVERY = timedelta(seconds=1)
OVERTAKEN = "Somebody saved another version meanwhile. Look at it, then begin the edit again."


@dataclass(frozen=True, slots=True)
class Tried:
    trial_id: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Not saved: it would do something else now. What it would do is shown anew."""


@dataclass(frozen=True, slots=True)
class Saving:
    """A worker saves it."""


def try_cadence(runtime: Runtime, actor: Actor, proposal: Proposal) -> Tried | NotSaved:
    """Ask what saving ``proposal`` would do."""
    problems = problems_with(runtime, actor, proposal)
    if problems:
        return NotSaved(problems)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        trial = TrialRow(
            id=runtime.new_id(), state="waiting", proposal=proposal_to_json(named(session, proposal)),
            made_by=actor.id, made_at=now, total=count_live(session),
        )  # fmt: skip
        session.add(trial)
    if trial.total <= AT_ONCE:
        _work(runtime, trial.id)
    return Tried(trial.id)


def save_trial(
    runtime: Runtime, actor: Actor, *, trial_id: str, digest: str, why: str
) -> Saved | Shown | Saving | NotSaved:
    """Save what was shown under ``digest``."""
    require(actor, Permission.CADENCE_EDIT)
    with runtime.sessions.begin() as session:
        trial = session.get(TrialRow, trial_id, with_for_update=True)
        if trial is None or trial.made_by != actor.id or trial.state not in ("ready", "to_save"):
            return NotSaved(("This trial is over. Begin the edit again.",))
        if trial.digest != digest:
            return Shown()
        trial.state, trial.why, trial.lease_until, trial.shown_again = "to_save", why[:200] or None, None, False
    if trial.total > AT_ONCE:
        return Saving()
    return _save(runtime, trial_id)


def drop_trial(runtime: Runtime, actor: Actor, *, trial_id: str) -> None:
    """Go on changing: what was shown is forgotten."""
    require(actor, Permission.CADENCE_EDIT)
    with runtime.sessions.begin() as session:
        trial = session.get(TrialRow, trial_id, with_for_update=True)
        if trial is not None and trial.made_by == actor.id and trial.state in ("waiting", "ready"):
            trial.state = "dropped"
            forget_pages(session, trial_id)


def work_trials(runtime: Runtime) -> int:
    """A worker's part: the trial that waits longest, and throwing away old ones. Returns how many were worked on."""
    now, real = runtime.now(), real_time(runtime)
    with runtime.sessions.read() as session:
        old = session.scalars(select(TrialRow.id).where(TrialRow.made_at < now - KEPT).limit(50)).all()
        waiting = session.scalars(select(TrialRow.id).where(TrialRow.state.in_(("waiting", "working", "to_save"))))
        anything = bool(waiting.first())
    if old:
        with runtime.sessions.begin() as session:
            session.execute(delete(TrialPageRow).where(TrialPageRow.trial_id.in_(old)))
            session.execute(delete(TrialRow).where(TrialRow.id.in_(old)))
    if not anything:
        return 0
    with runtime.sessions.begin() as session:
        trial = next_to_work(session)
        if trial is None or (trial.lease_until is not None and trial.lease_until > real):
            return 0
        trial.lease_until = real + LEASE
        to_save = trial.state == "to_save"
    if to_save:
        _save(runtime, trial.id)
    else:
        _work(runtime, trial.id)
    return 1


def _work(runtime: Runtime, trial_id: str, *, again: bool = False) -> None:
    now = runtime.now()
    with runtime.sessions.begin() as session:
        trial = session.get_one(TrialRow, trial_id)
        trial.state, trial.lease_until = "working", real_time(runtime) + LEASE
        actor = _who(runtime, trial.made_by)
        proposal = proposal_from_json(trial.proposal)
    with runtime.sessions.read() as session:
        found = forecast(
            session, proposal, now=now, areas=actor.areas, hides=actor.hides, told=_teller(runtime, trial_id)
        )
    _show(runtime, trial_id, found, again=again, now=now)


def _teller(runtime: Runtime, trial_id: str) -> Callable[[int], None]:
    last = real_time(runtime)

    def tell(done: int) -> None:
        nonlocal last
        if real_time(runtime) - last < TOLD_EVERY:
            return
        last = real_time(runtime)
        with runtime.sessions.begin() as session:
            session.execute(
                update(TrialRow)
                .where(TrialRow.id == trial_id)
                .values(done=done, lease_until=real_time(runtime) + LEASE)
            )

    return tell


def _show(runtime: Runtime, trial_id: str, found: Forecast, *, again: bool, now: datetime) -> None:
    with runtime.sessions.begin() as session:
        trial = session.get_one(TrialRow, trial_id)
        if trial.state == "dropped":
            return
        forget_pages(session, trial_id)
        for number, start in enumerate(range(0, len(found.lines), PAGE)):
            session.add(TrialPageRow(trial_id=trial_id, number=number, content=pack(found.lines[start : start + PAGE])))
        trial.state, trial.lease_until, trial.worked_at = "ready", None, now
        trial.digest, trial.days, trial.shown_again = found.digest, found.days, again
        trial.done = trial.total = found.live
        trial.counts = {
            "live": found.live, "changed": found.changed, "elsewhere": found.elsewhere, "anew": found.anew,
            "ties": found.ties, "listed": len(found.lines), "moved": len(found.moves.elsewhere),
        }  # fmt: skip


def _still_current(runtime: Runtime, proposal: Proposal) -> bool:
    with runtime.sessions.read() as session:
        standing = in_use(session).get(proposal.cadence_id or "")
    return proposal.cadence_id is None or (standing is not None and standing.version_id == proposal.based_on)


def _save(runtime: Runtime, trial_id: str) -> Saved | Shown | NotSaved:
    with runtime.sessions.read() as session:
        trial = session.get_one(TrialRow, trial_id)
    actor, proposal = _who(runtime, trial.made_by), proposal_from_json(trial.proposal)
    if problems_with(runtime, actor, proposal) or not _still_current(runtime, proposal):
        with runtime.sessions.begin() as session:
            session.get_one(TrialRow, trial_id).state = "dropped"
        return NotSaved((OVERTAKEN,))
    try:
        saved = save(runtime, actor, proposal, why=trial.why or "", digest=trial.digest)
    except ChangedMeanwhileError:
        _work(runtime, trial_id, again=True)
        return Shown()
    with runtime.sessions.begin() as session:
        trial = session.get_one(TrialRow, trial_id)
        trial.state, trial.lease_until, trial.saved_number = "saved", None, saved.number
        trial.counts = {**trial.counts, "superseded": saved.superseded}
        forget_pages(session, trial_id)
    return saved


def _who(runtime: Runtime, staff_id: str) -> Actor:
    """Who asked, as the rules know them now: it is they who save, whichever process does the work."""
    with runtime.sessions.read() as session:
        actor = actor_of(session, session.get_one(StaffRow, staff_id))
        hides = hidden_from(session, staff_id)
    return Actor(
        id=actor.id, name=actor.name, role=actor.role, organisation_id=actor.organisation_id, areas=actor.areas,
        hides=hides, demo=actor.demo,
    )  # fmt: skip
