"""Imports a recognition file: a plan that waits, then the commit of that very plan in one transaction.

Rules
* ``plan_import`` writes nothing but the waiting plan and its file, sealed. They are gone on cancel, on commit, or after
  24 hours.
* ``commit_plan`` looks, inside the transaction that would write it, whether anything that the plan depends on has
  changed. If so, the plan is made anew from the file. Where that differs from the one that was shown nothing is
  written; what changed is said, and the new plan waits.
* Late-found families need a choice (``now`` or ``next``); without one nothing is written.
* Committing twice does it once: the second answer is the first one's.
* On SQLite, which has one writer at a time, the rows of new families are made before the lock is taken, and a file of
  more than 20,000 rows is refused. On PostgreSQL rows are made while those before are written, a part of the plan at
  a time, so that no number of them is held.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, require
from outreach.domain.column_map import ColumnAnswer, signature
from outreach.domain.import_diff import is_older
from outreach.domain.import_plan import Plan, read_plan, written_plan
from outreach.domain.import_sentences import differences
from outreach.domain.import_undo import UNDO_LASTS
from outreach.domain.intake import Progress, read_intake
from outreach.domain.packed import Part
from outreach.domain.quiet_hours import london
from outreach.domain.recognition_table import FileProblem
from outreach.engine.keep_numbers import Numbers
from outreach.engine.known_families import areas_of, digest_now, gather_known, known_elsewhere, newer_than
from outreach.engine.many_objects import many_objects
from outreach.engine.write_plan import importing, rows_of_all_new, write_plan
from outreach.runtime import Runtime, in_batches
from outreach.store import events
from outreach.store.batches import (
    BESIDE_THE_PLAN,
    BatchRow,
    drop_parts,
    file_of_batch,
    keep_parts,
    lock_imports,
    parts_of,
)
from outreach.store.bulk import NotWritten, Rows
from outreach.store.column_maps import answer_of, keep_answer, meanings_of
from outreach.store.conflicts import refs_of
from outreach.store.sealing import SERVICE, seal, unseal

PLAN_LASTS = timedelta(hours=24)
MOST_ROWS_ON_SQLITE = 20_000
LATE = ("now", "next")
TRIES = 3
"""How often a commit begins again because somebody else wrote at the same moment."""
FILE_PART = 8_000_000
TOO_MANY = (
    f"The file has more than {MOST_ROWS_ON_SQLITE:,} rows, and this database is SQLite. Move the service to "
    "PostgreSQL, which takes files of any size, or send the file area by area."
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A plan that waits to be accepted. ``changed`` says how it differs from one that was shown before."""

    batch_id: str
    plan: Plan
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Committed:
    """``plan`` is there the first time only: afterwards the plan is gone and ``counts`` remain."""

    batch_id: str
    counts: dict[str, dict[str, int]]
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class NeedsChoice:
    """Late-found families: offer them ``now``, or let them join at the ``next`` step."""

    families: int


@dataclass(frozen=True, slots=True)
class Gone:
    """There is no such plan any more: it was cancelled, or 24 hours have passed. Import the file again."""

    why: str


class _Stale(Exception):  # noqa: N818 - it says what the shown plan is
    """Something that the plan depends on has changed since it was made."""


def plan_import(
    runtime: Runtime,
    actor: Actor,
    *,
    data: bytes,
    file_name: str,
    progress: Progress | None = None,
    answer: ColumnAnswer | None = None,
) -> Waiting | FileProblem:
    """Read ``data`` and let its plan wait; or say why the file as a whole cannot be read. ``answer``: what somebody
    just said of its columns."""
    plan = draft_plan(runtime, actor, data=data, progress=progress, answer=answer)
    if isinstance(plan, FileProblem):
        return plan
    return let_wait(runtime, actor, plan=plan, data=data, file_name=file_name, answer=answer)


def draft_plan(
    runtime: Runtime,
    actor: Actor,
    *,
    data: bytes,
    progress: Progress | None = None,
    made_at: datetime | None = None,
    answer: ColumnAnswer | None = None,
) -> Plan | FileProblem:
    """What an import of ``data`` would do. Writes nothing. ``made_at``: the moment of the plan it stands in for.

    ``answer``: what its column names mean; where it is not given, what somebody said of such names before.
    """
    require(actor, Permission.IMPORT_COMMIT)
    now = runtime.now()
    with many_objects(), runtime.sessions.read() as session:
        facts = areas_of(session, actor)
        known = gather_known(session, facts=facts, now=now)
        intake = read_intake(
            data,
            today=london(made_at or now).date(),
            areas=facts,
            fictional_allowed=runtime.settings.fictional_numbers == "allow",
            known=known.families,
            matches=known.matches,
            progress=progress,
            meanings=answer.meanings if answer else lambda names: meanings_of(session, signature(names)),
        )
        if isinstance(intake, FileProblem):
            return intake
        if runtime.sessions.on_sqlite and intake.rows_read > MOST_ROWS_ON_SQLITE:
            return FileProblem((TOO_MANY,))
        return known.plan(session, intake)


def let_wait(
    runtime: Runtime, actor: Actor, *, plan: Plan, data: bytes, file_name: str, answer: ColumnAnswer | None = None
) -> Waiting:
    """Keep a plan and its file, sealed, until it is accepted, cancelled, or 24 hours old."""
    require(actor, Permission.IMPORT_COMMIT)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = BatchRow(
            id=runtime.new_id(),
            state="planned",
            file_name=file_name.replace("\\", "/").rsplit("/", 1)[-1][:200],
            file_digest=plan.intake.file_digest,
            known_digest="",
            made_by=actor.id,
            made_at=now,
            expires_at=now + PLAN_LASTS,
        )
        session.add(row)
        session.flush()
        _keep(session, row, plan)
        keep_parts(session, row.id, _of_file(data))
        if answer is not None:
            keep_answer(session, row.id, answer)
        _note(session, runtime, "import_planned", row, actor=actor.id, now=now)
    return Waiting(row.id, plan)


def commit_plan(
    runtime: Runtime, actor: Actor, *, batch_id: str, late: str | None = None, progress: Progress | None = None
) -> Committed | Waiting | NeedsChoice | Gone:
    """Write the plan that waits under ``batch_id``. ``Waiting``: something changed, and this is the new plan."""
    require(actor, Permission.IMPORT_COMMIT)
    if late is not None and late not in LATE:
        raise ValueError("late is now or next")
    tries = TRIES
    while True:
        with runtime.sessions.read() as session:
            shown = _shown(session, runtime, actor, batch_id)
        if not isinstance(shown, Plan):
            return shown
        try:
            with many_objects():
                return _commit(runtime, actor, shown, batch_id=batch_id, late=late, progress=progress)
        except _Stale:
            anew = _plan_anew(runtime, actor, shown, batch_id)
            if anew is not None:
                return anew
        except NotWritten:  # a number wrote to us for the first time, at this very moment
            tries -= 1
            if not tries:
                raise


def cancel_plan(runtime: Runtime, actor: Actor, *, batch_id: str) -> None:
    """Throw a waiting plan away; nothing of it stays but the note. Harmless where none waits."""
    require(actor, Permission.IMPORT_COMMIT)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = session.get(BatchRow, batch_id, with_for_update=True)
        if row is not None and row.state == "planned":
            row.state, row.plan = "cancelled", None
            drop_parts(session, [row.id])
            _note(session, runtime, "import_cancelled", row, actor=actor.id, now=now)


def file_that_waits(runtime: Runtime, actor: Actor, *, batch_id: str) -> tuple[str, bytes] | Gone:
    """The name and the bytes of the file whose plan waits."""
    require(actor, Permission.IMPORT_COMMIT)
    with runtime.sessions.read() as session:
        shown = _shown(session, runtime, actor, batch_id)
        if isinstance(shown, Committed):
            return Gone("committed")
        return (
            shown
            if isinstance(shown, Gone)
            else (
                session.get_one(BatchRow, batch_id).file_name,
                file_of_batch(session, batch_id),
            )
        )


def expire_plans(runtime: Runtime) -> int:
    """Throw away the plans that waited for longer than 24 hours, and what was kept to undo; returns how many plans."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        old = select(BatchRow).where(BatchRow.state == "planned", BatchRow.expires_at <= now).order_by(BatchRow.id)
        rows = session.scalars(old.with_for_update()).all()
        for row in rows:
            row.state, row.plan = "expired", None
            _note(session, runtime, "import_expired", row, actor="system", now=now)
        past = BatchRow.undo.is_not(None), BatchRow.committed_at <= now - UNDO_LASTS
        done = list(session.scalars(select(BatchRow.id).where(*past)))
        session.execute(update(BatchRow).where(BatchRow.id.in_(done)).values(undo=None))
        drop_parts(session, [*done, *(row.id for row in rows)])
    return len(rows)


def _shown(session: Session, runtime: Runtime, actor: Actor, batch_id: str) -> Plan | Committed | Gone:
    """The plan that waits, or what there is to say where none does."""
    row = session.get(BatchRow, batch_id)
    text = None
    if row is not None and row.state == "planned" and row.expires_at > runtime.now():
        text = unseal(session, row.plan, key_id=SERVICE, table="batch", column="plan", row_id=row.id)
    if row is None or text is None:
        if row is not None and row.state == "committed":
            return Committed(batch_id, row.counts)
        return Gone("expired" if row is None or row.state != "cancelled" else "cancelled")
    plan = read_plan(text, parts_of(session, batch_id, but=BESIDE_THE_PLAN))
    return plan if set(plan.areas) <= areas_of(session, actor).keys() else Gone("not_yours")


def _commit(
    runtime: Runtime, actor: Actor, plan: Plan, *, batch_id: str, late: str | None, progress: Progress | None
) -> Committed | NeedsChoice | Gone:
    now = runtime.now()
    choose = NeedsChoice(plan.late) if plan.needs_choice and late is None else None
    numbers = Numbers(in_batches(runtime.new_id))
    with runtime.sessions.read() as beside:
        of = importing(beside, runtime, actor, batch_id=batch_id, late=late, now=now)
        made: Iterable[Rows] = rows_of_all_new(beside, plan, numbers, of)
        if runtime.sessions.on_sqlite and choose is None:
            made = list(made)
        with runtime.sessions.begin() as session:
            lock_imports(session)
            row = session.get(BatchRow, batch_id, with_for_update=True)
            if row is None or row.state != "planned" or row.known_digest != plan.known_digest:
                raise _Stale
            facts = areas_of(session, actor)
            if digest_now(session, facts=facts, file_digest=row.file_digest, now=now) != plan.known_digest:
                raise _Stale
            if is_older(plan.intake, newer_than(session, plan.intake), plan.seen) != plan.older:
                raise _Stale
            if choose is not None:
                return choose
            write_plan(session, runtime, row, plan, made, numbers, of, progress)
            drop_parts(session, [row.id], but=("undo",))
            row.state, row.plan, row.late, row.committed_at = "committed", None, late, now
            counts = row.counts = _counts(plan)
            _note(session, runtime, "import_committed", row, actor=actor.id, now=now)
    return Committed(batch_id, counts, plan)


def _plan_anew(runtime: Runtime, actor: Actor, shown: Plan, batch_id: str) -> Waiting | None:
    """The plan as it would be now, in the place of the shown one; None where both say the same, or none waits."""
    with runtime.sessions.read() as session:
        row = session.get_one(BatchRow, batch_id)
        if row.state != "planned" or row.known_digest != shown.known_digest:
            return None
        made_at = row.made_at
        data, answer = file_of_batch(session, batch_id), answer_of(session, batch_id)
        hidden = refs_of(session, actor.hides)
    plan = draft_plan(runtime, actor, data=data, made_at=made_at, answer=answer)
    if isinstance(plan, FileProblem):
        raise RuntimeError("a file that could be read cannot be read any more")
    with runtime.sessions.begin() as session:
        changed = differences(shown, plan, elsewhere=lambda refs: known_elsewhere(session, actor, refs), hidden=hidden)
        lock_imports(session)
        row = session.get_one(BatchRow, batch_id, with_for_update=True)
        if row.state != "planned" or row.known_digest != shown.known_digest:
            return None
        drop_parts(session, [row.id], but=BESIDE_THE_PLAN)
        _keep(session, row, plan)
    return Waiting(batch_id, plan, changed) if changed else None


def _keep(session: Session, row: BatchRow, plan: Plan) -> None:
    head, parts = written_plan(plan)
    keep_parts(session, row.id, parts)
    row.plan = seal(session, head, key_id=SERVICE, table="batch", column="plan", row_id=row.id)
    row.known_digest, row.counts = plan.known_digest, _counts(plan)


def _of_file(data: bytes) -> Iterator[Part]:
    for start in range(0, len(data), FILE_PART):
        yield Part("file", 0, zlib.compress(data[start : start + FILE_PART], 1))


def _counts(plan: Plan) -> dict[str, dict[str, int]]:
    intake = plan.intake
    rows = {"read": intake.rows_read, "accepted": intake.rows_accepted, "rejected": intake.rows_rejected}
    return {"families": plan.counts(), "rows": rows}


def _note(session: Session, runtime: Runtime, name: str, row: BatchRow, *, actor: str, now: datetime) -> None:
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id=actor, subjects=[row.id],
        data={"file_digest": row.file_digest, **row.counts},
    )  # fmt: skip
