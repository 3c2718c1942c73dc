"""The pages of the import: the months so far, a plan that waits with every line of it, and what came of it.

Rules
* A plan is shown only to people who work in every area it touches: it holds names and numbers of all of them.
* Of a plan that is gone only its counts remain.
* What stands of each family of a plan: ``plan_lines``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, NotAllowed, Permission, require
from outreach.domain.import_plan import Intake, Plan, Problem, Status, read_plan
from outreach.domain.import_sentences import CountSentence, count_sentences
from outreach.domain.import_undo import UNDO_LASTS
from outreach.runtime import Runtime
from outreach.store.batches import BESIDE_THE_PLAN, BatchRow, in_the_way_of_undo, parts_of
from outreach.store.conflicts import refs_of
from outreach.store.families import FamilyRow
from outreach.store.sealing import SERVICE, unseal
from outreach.store.staff import StaffRow
from outreach.views.plan_lines import TITLES, GroupOfPlan, group_of_plan, ids_on

MOST_BATCHES = 50
PROBLEMS_SHOWN = 100
REMARKS = {"failed": "problems", "warnings": "warnings"}
"""What a plan has to say about the file, and where in the plan it stands."""


@dataclass(frozen=True, slots=True)
class BatchLine:
    id: str
    file_name: str
    state: str
    made_by: str
    made_at: datetime
    committed_at: datetime | None
    expires_at: datetime
    sentences: tuple[CountSentence, ...]


@dataclass(frozen=True, slots=True)
class ImportsPage:
    waiting: tuple[BatchLine, ...]
    past: tuple[BatchLine, ...]


@dataclass(frozen=True, slots=True)
class PlanPage:
    """``groups`` is empty once the plan is gone; ``family_ids`` are the known families that the page names.

    ``of_file``: what is to be remarked of the file as a whole; it stands where nobody can accept the plan without
    passing it. ``warnings`` are the others.
    """

    batch: BatchLine
    groups: tuple[GroupOfPlan, ...]
    problems: tuple[Problem, ...]
    problems_in_all: int
    of_file: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    warnings_in_all: int
    failed_rows: int
    late: int
    family_ids: tuple[str, ...]
    older: bool = False
    """It is asked whether a list that is older than the newest one is meant."""
    undo: UndoOutlook | None = None
    """What undoing a committed import would do; None where it cannot be undone any more."""


@dataclass(frozen=True, slots=True)
class RemarksPage:
    """``kind`` is a key of ``REMARKS``."""

    kind: str
    remarks: tuple[Problem, ...]
    in_all: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class UndoOutlook:
    """``busy``: families for whom something was sent, said or decided since; then the import stays."""

    removed: int
    went_back: int
    busy: int
    until: datetime


def imports_page(runtime: Runtime, actor: Actor) -> ImportsPage:
    require(actor, Permission.IMPORT_READ)
    with runtime.sessions.read(actor.hides) as session:
        query = select(BatchRow).order_by(BatchRow.made_at.desc(), BatchRow.id.desc()).limit(MOST_BATCHES)
        lines = [_batch_line(session, row, runtime.now()) for row in session.scalars(query)]
    return ImportsPage(
        waiting=tuple(line for line in lines if line.state == "planned"),
        past=tuple(line for line in lines if line.state != "planned"),
    )


def plan_page(runtime: Runtime, actor: Actor, batch_id: str) -> PlanPage | None:
    """A batch with its plan while that waits; None where there is no such batch."""
    require(actor, Permission.IMPORT_READ)
    with runtime.sessions.read(actor.hides) as session:
        row = session.get(BatchRow, batch_id)
        if row is None:
            return None
        batch = _batch_line(session, row, runtime.now())
        plan = _plan(session, row, actor) if batch.state == "planned" else None
        if plan is None:
            failed = row.counts.get("rows", {}).get("rejected", 0)
            return PlanPage(batch, (), (), 0, (), (), 0, failed, 0, (), undo=_undo(session, row, runtime.now()))
        groups = tuple(group_of_plan(session, plan, status, 1, actor) for status in TITLES if plan.with_status(status))
        problems, warnings = _said(session, plan, plan.problems, actor), _said(session, plan, plan.warnings, actor)
        of_file = tuple(takewhile(lambda each: each.row == 1, warnings))
        return PlanPage(
            batch=batch,
            groups=groups,
            problems=tuple(problems[:PROBLEMS_SHOWN]),
            problems_in_all=len(problems),
            of_file=of_file,
            warnings=tuple(warnings[len(of_file) : len(of_file) + PROBLEMS_SHOWN]),
            warnings_in_all=len(warnings) - len(of_file),
            failed_rows=plan.intake.rows_rejected,
            late=plan.late,
            older=plan.older,
            family_ids=ids_on(groups),
        )


def group_page(
    runtime: Runtime, actor: Actor, batch_id: str, status: Status, page: int
) -> tuple[GroupOfPlan, tuple[str, ...]] | None:
    """One page of the families of one status, and the ids of the known ones; None where no such plan waits."""
    require(actor, Permission.IMPORT_READ)
    with runtime.sessions.read(actor.hides) as session:
        plan = waiting_plan(session, runtime, actor, batch_id)
        if plan is None:
            return None
        group = group_of_plan(session, plan, status, page, actor)
        return group, ids_on((group,))


def remarks_page(runtime: Runtime, actor: Actor, batch_id: str, kind: str, page: int) -> RemarksPage | None:
    """One page of all that is wrong (``problems``) or worth a look (``warnings``); None where no such plan waits."""
    require(actor, Permission.IMPORT_READ)
    with runtime.sessions.read(actor.hides) as session:
        plan = waiting_plan(session, runtime, actor, batch_id)
        if plan is None:
            return None
        remarks = _said(session, plan, getattr(plan, REMARKS[kind]), actor)
        pages = max(1, -(-len(remarks) // PROBLEMS_SHOWN))
        page = min(max(page, 1), pages)
        shown = tuple(remarks[(page - 1) * PROBLEMS_SHOWN : page * PROBLEMS_SHOWN])
        return RemarksPage(kind, shown, len(remarks), page, pages)


def rows_of_batch(runtime: Runtime, actor: Actor, batch_id: str) -> int:
    """How many rows its file had; 0 where there is no such batch."""
    require(actor, Permission.IMPORT_READ)
    with runtime.sessions.read(actor.hides) as session:
        row = session.get(BatchRow, batch_id)
        return 0 if row is None else int(row.counts.get("rows", {}).get("read", 0))


def failed_rows(runtime: Runtime, actor: Actor, batch_id: str) -> tuple[Intake, tuple[str, ...]] | None:
    """The file's rows that failed, and the ids of the families they name; None where no such plan waits."""
    require(actor, Permission.IMPORT_COMMIT)
    with runtime.sessions.read(actor.hides) as session:
        plan = waiting_plan(session, runtime, actor, batch_id)
        return None if plan is None else (plan.intake, _ids_of_failed(session, plan))


def _undo(session: Session, row: BatchRow, now: datetime) -> UndoOutlook | None:
    if row.state != "committed" or row.undo is None or row.committed_at is None:
        return None
    until = row.committed_at + UNDO_LASTS
    if now > until:
        return None
    counts = row.counts.get("families", {})
    back = sum(counts.get(status.value, 0) for status in (Status.CHANGED, Status.RELEASED, Status.NO_LONGER_LISTED))
    return UndoOutlook(counts.get("new", 0), back, in_the_way_of_undo(session, row), until)


def waiting_plan(session: Session, runtime: Runtime, actor: Actor, batch_id: str) -> Plan | None:
    row = session.get(BatchRow, batch_id)
    if row is None or _state(row, runtime.now()) != "planned":
        return None
    return _plan(session, row, actor)


def _plan(session: Session, row: BatchRow, actor: Actor) -> Plan | None:
    text = unseal(session, row.plan, key_id=SERVICE, table="batch", column="plan", row_id=row.id)
    if text is None:
        return None
    plan = read_plan(text, parts_of(session, row.id, but=BESIDE_THE_PLAN))
    if not all(actor.works_in(area) for area in {*plan.intake.areas, *plan.areas}):
        raise NotAllowed
    return plan


def _state(row: BatchRow, now: datetime) -> str:
    return "expired" if row.state == "planned" and row.expires_at <= now else row.state


def _batch_line(session: Session, row: BatchRow, now: datetime) -> BatchLine:
    maker = session.get(StaffRow, row.made_by)
    counts = row.counts
    return BatchLine(
        id=row.id,
        file_name=row.file_name,
        state=_state(row, now),
        made_by=maker.name if maker else "the command line",
        made_at=row.made_at,
        committed_at=row.committed_at,
        expires_at=row.expires_at,
        sentences=count_sentences(counts.get("families", {}), rejected=counts.get("rows", {}).get("rejected", 0)),
    )


def _ids_of_failed(session: Session, plan: Plan) -> tuple[str, ...]:
    """Known families of which a row failed."""
    refs = [each.ref for each in plan.intake.mentioned]
    found: list[str] = []
    for start in range(0, len(refs), 500):
        part = refs[start : start + 500]
        found.extend(session.scalars(select(FamilyRow.id).where(FamilyRow.ref.in_(part))))
    return tuple(sorted(found))


def _said(session: Session, plan: Plan, said: Sequence[Problem], actor: Actor) -> Sequence[Problem]:
    """What is wrong with the file, without the rows of a family that this colleague knows, or may know."""
    if not actor.hides:
        return said
    hidden = refs_of(session, actor.hides)
    theirs = {
        row
        for status in Status
        for family in plan.with_status(status)
        if hidden & {family.ref, *family.duplicate_of}
        for row in family.rows
    }
    named = re.compile("|".join(rf"(?<!\w){re.escape(ref)}(?!\w)" for ref in sorted(hidden)) or r"(?!)")
    return [each for each in said if each.row not in theirs and not named.search(f"{each.value} {each.problem}")]
