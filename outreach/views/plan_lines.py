"""The families of a plan, as each stands on its page: one line, what is known of it, and what changes.

Rules
* Those with a mark first. Lines of families that this colleague knows, or may know, are left out.
* Of a family that a file brings from an area this person does not work in, only that it moves is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.access import Actor
from outreach.domain.import_changes import phone_written
from outreach.domain.import_plan import FieldChange, Plan, PlannedFamily, Status
from outreach.domain.intake_languages import language_name
from outreach.domain.intake_record import FamilyRecord, record_from_json
from outreach.domain.plain_words import birth_said
from outreach.store.areas import areas
from outreach.store.conflicts import refs_of
from outreach.store.families import FamilyRow
from outreach.store.sealing import load_keys, unseal

LINES_A_PAGE = 50
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


def group_of_plan(session: Session, plan: Plan, status: Status, page: int, actor: Actor) -> GroupOfPlan:
    """One page of the families of one status."""
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


def ids_on(groups: Iterable[GroupOfPlan]) -> tuple[str, ...]:
    return tuple(sorted(line.family_id for group in groups for line in group.lines if line.family_id))


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
        (f"Child {child.ref}", f"{child.first_name or 'no name given'}, born {birth_said(child.born_on)}, "
         f"open to: {child.open_to.replace('_', ' ')}")
        for child in record.children
    ]  # fmt: skip
    holds = [code.replace("_", " ") for code in (*record.holds, *record.careful)]
    return (*facts, *((("Holds in the file", ", ".join(holds)),) if holds else ()))
