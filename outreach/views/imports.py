"""The pages of the import: the months so far, a plan that waits with every line of it, and what came of it.

Rules
* A plan is shown only to people who work in every area it touches: it holds names and numbers of all of them.
* Of a plan that is gone only its counts remain.
* Of a family that a file brings from an area this person does not work in, only that it moves is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, NotAllowed, Permission, require
from outreach.domain.import_changes import phone_written
from outreach.domain.import_plan import FieldChange, Intake, Plan, PlannedFamily, Problem, Status, read_plan
from outreach.domain.import_sentences import CountSentence, count_sentences
from outreach.domain.import_undo import UNDO_LASTS
from outreach.domain.intake_languages import language_name
from outreach.domain.intake_record import FamilyRecord, record_from_json
from outreach.runtime import Runtime
from outreach.store.areas import areas
from outreach.store.batches import BESIDE_THE_PLAN, BatchRow, in_the_way_of_undo, parts_of
from outreach.store.conflicts import refs_of
from outreach.store.families import FamilyRow
from outreach.store.sealing import SERVICE, load_keys, unseal
from outreach.store.staff import StaffRow

MOST_BATCHES = 50
LINES_A_PAGE = 50
PROBLEMS_SHOWN = 100
REMARKS = {"failed": "problems", "warnings": "warnings"}
"""What a plan has to say about the file, and where in the plan it stands."""
OF_ANOTHER_AREA = (
    "Known in an area you do not work in. If you accept, it moves here, and colleagues there are told. If the area in "
    "the file is wrong, cancel, and have it put right first."
)
TITLES: dict[Status, str] = {
    Status.NEW: "New",
    Status.CHANGED: "Changed",
    Status.RELEASED: "Released",
    Status.NO_LONGER_LISTED: "No longer listed",
    Status.UNCHANGED: "Unchanged",
}


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
class LineOfPlan:
    """One family of a plan, as it can be opened. ``marks``: held, stopped, careful, late in plain words.

    ``family_id`` is empty for a new one.
    """

    ref: str
    family_id: str
    who: str
    area: str
    sentence: str
    rows: tuple[int, ...]
    marks: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class GroupOfPlan:
    status: Status
    title: str
    count: int
    lines: tuple[LineOfPlan, ...]
    page: int
    pages: int


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
        groups = tuple(_group(session, plan, status, 1, actor) for status in TITLES if plan.with_status(status))
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
            family_ids=_ids_on(groups),
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
        group = _group(session, plan, status, page, actor)
        return group, _ids_on((group,))


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


def _ids_on(groups: Iterable[GroupOfPlan]) -> tuple[str, ...]:
    return tuple(sorted(line.family_id for group in groups for line in group.lines if line.family_id))


def _group(session: Session, plan: Plan, status: Status, page: int, actor: Actor) -> GroupOfPlan:
    """Those with a mark first. Lines of families that this colleague knows, or may know, are left out."""
    families: Sequence[PlannedFamily] = plan.with_status(status)
    if actor.hides:
        hidden = refs_of(session, actor.hides)
        families = [family for family in families if not hidden & {family.ref, *family.duplicate_of}]
    pages = max(1, -(-len(families) // LINES_A_PAGE))
    page = min(max(page, 1), pages)
    shown = families[(page - 1) * LINES_A_PAGE : page * LINES_A_PAGE]
    names = {code: area.name for code, area in areas(session).items()}
    known = _records(session, [family.id for family in shown if family.record is None])
    theirs = _of_others(session, actor, [family.id for family in shown if family.id])
    lines = tuple(
        _others_line(family, names)
        if family.id in theirs
        else _line(family, family.record or known.get(family.id), names)
        for family in shown
    )
    return GroupOfPlan(status, TITLES[status], len(families), lines, page, pages)


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


def _records(session: Session, family_ids: Sequence[str]) -> dict[str, FamilyRecord]:
    """Known families of which nothing changes, as last imported."""
    load_keys(session, family_ids)
    rows = session.execute(select(FamilyRow.id, FamilyRow.record).where(FamilyRow.id.in_(family_ids)))
    texts = {
        family_id: unseal(session, sealed, key_id=family_id, table="family", column="record", row_id=family_id)
        for family_id, sealed in rows
    }
    return {family_id: record_from_json(text) for family_id, text in texts.items() if text}


def _of_others(session: Session, actor: Actor, family_ids: Sequence[str]) -> frozenset[str]:
    """Known families that are, until the plan is committed, of areas this person does not work in."""
    query = select(FamilyRow.id).where(FamilyRow.id.in_(family_ids), FamilyRow.area_code.not_in(actor.areas))
    return frozenset(session.scalars(query))


def _others_line(family: PlannedFamily, area_names: dict[str, str]) -> LineOfPlan:
    """What is known of it is its own area's; only what the file says itself may be told."""
    area = area_names.get(family.area, family.area)
    return LineOfPlan(
        ref=family.ref,
        family_id="",
        who="",
        area=area,
        sentence=OF_ANOTHER_AREA,
        rows=family.rows,
        marks=(),
        facts=(),
        changes=(FieldChange("area", "one that you do not work in", area),),
    )


def _line(family: PlannedFamily, record: FamilyRecord | None, area_names: dict[str, str]) -> LineOfPlan:
    return LineOfPlan(
        ref=family.ref,
        family_id=family.id,
        who=record.carer.name if record else "",
        area=area_names.get(family.area, family.area),
        sentence=family.sentence,
        rows=family.rows,
        marks=_marks(family),
        facts=_facts(family, record) if record else (),
        changes=family.changes,
    )


def _marks(family: PlannedFamily) -> tuple[str, ...]:
    return tuple(
        word
        for word, there in (
            ("has said stop", family.stopped),
            ("no contact by us", family.excluded is not None),
            ("held", family.held and family.excluded is None),
            ("careful contact", family.careful),
            ("found late", family.late),
            ("maybe a duplicate", bool(family.duplicate_of)),
        )
        if there
    )


def _facts(family: PlannedFamily, record: FamilyRecord) -> tuple[tuple[str, str], ...]:
    carer = record.carer
    phones = [
        phone_written(phone)
        + (" (an imprisoned parent's: never contacted)" if phone in family.never_contact else "")
        + (" (in two families: never texted automatically)" if phone in family.shared_numbers else "")
        for phone in carer.phones
    ]
    facts = [
        ("Carer", f"{carer.name}, {carer.relationship.replace('_', ' ')}"),
        ("Phone", ", ".join(phones) or "none that can be used"),
        ("Language", language_name(carer.language) + (", with an interpreter" if carer.interpreter else "")),
        ("Imprisoned", f"{record.imprisoned_on.day} {record.imprisoned_on:%B %Y}, {record.custody}"),
        ("Checks", record.checks),
    ]
    facts += [
        (f"Child {child.ref}", f"{child.first_name or 'no name given'}, born {child.born_on}, "
         f"open to: {child.open_to.replace('_', ' ')}")
        for child in record.children
    ]  # fmt: skip
    holds = [code.replace("_", " ") for code in (*record.holds, *record.careful)]
    return (*facts, *((("Holds in the file", ", ".join(holds)),) if holds else ()))
