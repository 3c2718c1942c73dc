"""Imports a recognition file: a plan that waits, then the commit of that very plan in one transaction.

Rules
* ``plan_import`` writes nothing but the waiting plan, sealed. It is gone on cancel, on commit, or after 24 hours.
* ``commit_plan`` makes the plan anew against what is known at that moment, inside the transaction that would write
  it. Where it differs from the one that was shown nothing is written; what changed is said, and the new plan waits.
* Late-found families need a choice (``now`` or ``next``); without one nothing is written.
* Committing twice does it once: the second answer is the first one's.
* On SQLite a file of more than 20,000 rows is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, require
from outreach.domain.import_plan import Plan, Status, import_answer, plan_from_json, plan_to_json
from outreach.domain.import_sentences import differences
from outreach.domain.import_undo import UNDO_LASTS
from outreach.domain.intake import read_intake
from outreach.domain.quiet_hours import london
from outreach.domain.recognition_table import FileProblem
from outreach.engine.keep_family import Keeping
from outreach.engine.keep_numbers import Numbers
from outreach.engine.known_families import Known, areas_of, gather_known
from outreach.engine.undo_import import keep_for_undo
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.batches import BatchRow, lock_imports
from outreach.store.sealing import SERVICE, make_keys, seal, unseal

PLAN_LASTS = timedelta(hours=24)
MOST_ROWS_ON_SQLITE = 20_000
LATE = ("now", "next")
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


def plan_import(runtime: Runtime, actor: Actor, *, data: bytes, file_name: str) -> Waiting | FileProblem:
    """Read ``data`` and let its plan wait; or say why the file as a whole cannot be read."""
    plan = draft_plan(runtime, actor, data=data)
    return plan if isinstance(plan, FileProblem) else let_wait(runtime, actor, plan=plan, file_name=file_name)


def draft_plan(runtime: Runtime, actor: Actor, *, data: bytes) -> Plan | FileProblem:
    """What an import of ``data`` would do. Writes nothing."""
    require(actor, Permission.IMPORT_COMMIT)
    now = runtime.now()
    with runtime.sessions.read() as session:
        facts = areas_of(session, actor)
    intake = read_intake(
        data,
        today=london(now).date(),
        areas=facts,
        fictional_allowed=runtime.settings.fictional_numbers == "allow",
    )
    if isinstance(intake, FileProblem):
        return intake
    if runtime.sessions.on_sqlite and intake.rows_read > MOST_ROWS_ON_SQLITE:
        return FileProblem((TOO_MANY,))
    with runtime.sessions.read() as session:
        return gather_known(session, facts=facts, file_digest=intake.file_digest, now=now).plan(intake)


def let_wait(runtime: Runtime, actor: Actor, *, plan: Plan, file_name: str) -> Waiting:
    """Keep a plan, sealed, until it is accepted, cancelled, or 24 hours old."""
    require(actor, Permission.IMPORT_COMMIT)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = BatchRow(
            id=runtime.new_id(),
            state="planned",
            file_name=file_name.replace("\\", "/").rsplit("/", 1)[-1][:200],
            file_digest=plan.intake.file_digest,
            made_by=actor.id,
            made_at=now,
            expires_at=now + PLAN_LASTS,
        )
        _seal_into(session, row, plan)
        session.add(row)
        _note(session, runtime, "import_planned", row, actor=actor.id, now=now)
    return Waiting(row.id, plan)


def commit_plan(
    runtime: Runtime, actor: Actor, *, batch_id: str, late: str | None = None
) -> Committed | Waiting | NeedsChoice | Gone:
    """Write the plan that waits under ``batch_id``. ``Waiting``: something changed, and this is the new plan."""
    require(actor, Permission.IMPORT_COMMIT)
    if late is not None and late not in LATE:
        raise ValueError("late is now or next")
    now = runtime.now()
    with runtime.sessions.begin() as session:
        lock_imports(session)
        row = session.get(BatchRow, batch_id, with_for_update=True)
        shown = _plan_of(session, row, now)
        if row is None or shown is None:
            if row is not None and row.state == "committed":
                return Committed(batch_id, row.counts)
            return Gone("expired" if row is None or row.state != "cancelled" else "cancelled")
        facts = areas_of(session, actor)
        if not {family.area for family in shown.families} <= facts.keys():
            return Gone("not_yours")
        known = gather_known(session, facts=facts, file_digest=row.file_digest, now=now)
        plan = known.plan(shown.intake)
        changed = differences(shown, plan)
        if changed:
            _seal_into(session, row, plan)
            return Waiting(batch_id, plan, changed)
        if plan.needs_choice and late is None:
            return NeedsChoice(sum(family.late for family in plan.families))
        _write(session, runtime, row, plan, known, actor=actor, late=late, now=now)
        counts = row.counts
    return Committed(batch_id, counts, plan)


def cancel_plan(runtime: Runtime, actor: Actor, *, batch_id: str) -> None:
    """Throw a waiting plan away; nothing of it stays but the note. Harmless where none waits."""
    require(actor, Permission.IMPORT_COMMIT)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        row = session.get(BatchRow, batch_id, with_for_update=True)
        if row is not None and row.state == "planned":
            row.state, row.plan = "cancelled", None
            _note(session, runtime, "import_cancelled", row, actor=actor.id, now=now)


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
        session.execute(update(BatchRow).where(*past).values(undo=None))
    return len(rows)


def _write(
    session: Session,
    runtime: Runtime,
    row: BatchRow,
    plan: Plan,
    known: Known,
    *,
    actor: Actor,
    late: str | None,
    now: datetime,
) -> None:
    keep_for_undo(session, row, plan, known)
    fresh = {family.ref: runtime.new_id() for family in plan.with_status(Status.NEW)}
    make_keys(session, fresh.values(), now=now)
    session.flush()
    records = [family.record for family in plan.families if family.record is not None]
    keeping = Keeping(session, runtime, Numbers(session, runtime, records), row.id, actor.id, late, now)
    keeping.new(
        [(each, each.record, fresh[each.ref]) for each in plan.with_status(Status.NEW) if each.record is not None]
    )
    for family in plan.families:
        if family.status is Status.NO_LONGER_LISTED:
            keeping.gone(family, known.ids[family.ref])
        elif family.status is not Status.NEW and family.record is not None:
            keeping.changed(family, family.record, known.ids[family.ref], known.families[family.ref].record)
    keeping.unchanged([(each, known.ids[each.ref]) for each in plan.with_status(Status.UNCHANGED)])
    row.state, row.plan, row.late, row.committed_at = "committed", None, late, now
    row.counts = _counts(plan)
    _note(session, runtime, "import_committed", row, actor=actor.id, now=now)


def _plan_of(session: Session, row: BatchRow | None, now: datetime) -> Plan | None:
    """The plan that waits; None where none does."""
    if row is None or row.state != "planned" or row.expires_at <= now:
        return None
    text = unseal(session, row.plan, key_id=SERVICE, table="batch", column="plan", row_id=row.id)
    return None if text is None else plan_from_json(text)


def _seal_into(session: Session, row: BatchRow, plan: Plan) -> None:
    row.plan = seal(session, plan_to_json(plan), key_id=SERVICE, table="batch", column="plan", row_id=row.id)
    row.known_digest, row.counts = plan.known_digest, _counts(plan)


def _counts(plan: Plan) -> dict[str, dict[str, int]]:
    answer = import_answer(plan, None)
    return {"families": answer["families"], "rows": answer["rows"]}


def _note(session: Session, runtime: Runtime, name: str, row: BatchRow, *, actor: str, now: datetime) -> None:
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id=actor, subjects=[row.id],
        data={"file_digest": row.file_digest, **row.counts},
    )  # fmt: skip
