"""A planned family as rows: everything that is written of a new one, and what every import leaves beside a family.

Rules
* Pure: it asks the database nothing. What it needs of it was read before (``Importing``), so that rows can be made
  before anything is locked, and one family and 180,000 go the same way.
* Every fact of a person is sealed under the family's own, new key.
* Into the cadence go families that may be contacted; a stop said elsewhere is written down instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pydantic_core import to_json

from outreach.domain import notice
from outreach.domain.hold import Kind
from outreach.domain.import_matches import keys_of, name_words
from outreach.domain.import_plan import FieldChange, PlannedFamily, Status
from outreach.domain.import_sentences import no_usable_number
from outreach.domain.intake_holds import MERGED, excluded_why, supported_already
from outreach.domain.intake_record import (
    CarerRecord,
    ChildRecord,
    FamilyRecord,
    ParentRecord,
    fingerprint,
    record_to_json,
)
from outreach.engine.enrol import Joining, enrolment_rows, joining
from outreach.engine.holds import hold_rows
from outreach.engine.known_families import cadence_for
from outreach.engine.notice_rows import notice_rows
from outreach.engine.tasks import task_rows
from outreach.store.areas import AreaRow
from outreach.store.bulk import Form, Formed, Row
from outreach.store.cadences import InUse
from outreach.store.consents import ConsentRow
from outreach.store.events import EventRow
from outreach.store.families import CarerRow, ChildRow, FamilyRow, NameIndexRow, ParentRow
from outreach.store.numbers import FamilyNumberRow
from outreach.store.sealing import Cipher, DataKeyRow, NewKeys

IMPORT = "import"
"""Who sets and lifts the holds that come from a file."""

CARER = Form(CarerRow, ("id", "family_id", "ref", "relationship", "name"))
CHILD = Form(ChildRow, ("id", "family_id", "ref", "born_on", "sex", "open_to", "first_name"))
PARENT = Form(ParentRow, ("id", "family_id", "ref", "sex", "imprisoned_on", "custody"))
NAME_INDEX = Form(NameIndexRow, ("word", "family_id"))
FAMILY_NUMBER = Form(FamilyNumberRow, ("family_id", "number_id", "position"))
EVENT = Form(EventRow, ("id", "at", "name", "actor_id", "family_id", "subjects", "data"))

_EVENTS = {
    Status.NEW: "family_imported",
    Status.CHANGED: "family_changed",
    Status.RELEASED: "family_released",
    Status.NO_LONGER_LISTED: "family_no_longer_listed",
}
TASK_OF_HOLD = {
    Kind.ROW_TO_MEND: "mend_row",
    Kind.NO_LONGER_LISTED: "no_longer_listed",
    Kind.LIKELY_DUPLICATE: "duplicate",
    Kind.RELEASED: "release_review",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Importing:
    """What the families of one commit have in common."""

    batch_id: str
    by: str
    late: str | None
    now: datetime
    new_id: Callable[[], str]
    blind: Callable[[str, str], str]
    keys: NewKeys
    areas: Mapping[str, AreaRow]
    cadences: Mapping[str, InUse]
    elsewhere: frozenset[str] = frozenset()
    """Areas that whoever imports does not work in."""
    ties: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """Cadences that fit new families of an area equally well: the area and the oldest of them -> the others."""
    alike: list[tuple[str, str]] = field(default_factory=list)
    """The references of new families, each with one that it may be one with."""
    _fitting: dict[tuple[str, str], InUse] = field(default_factory=dict)
    _joining: dict[tuple[str, date, str | None], Joining] = field(default_factory=dict)

    def cadence_for(self, record: FamilyRecord) -> InUse:
        key = record.area, record.carer.language
        if key not in self._fitting:
            self._fitting[key], tied = cadence_for(self.cadences, *key)
            if tied:
                self.ties[record.area, self._fitting[key].id] = tied
        return self._fitting[key]

    def joining(self, record: FamilyRecord, *, late: bool) -> Joining:
        """How a family joins its cadence; the same for all that were imprisoned on one day."""
        fitting = self.cadence_for(record)
        key = fitting.id, record.imprisoned_on, self.late if late else None
        if key not in self._joining:
            # The plan is as old as its file: who has become late since then joins at the next step.
            chosen = self.late if late else "next"
            self._joining[key] = joining(fitting, imprisoned_on=record.imprisoned_on, late=chosen, now=self.now)
        return self._joining[key]


def rows_of_new(planned: PlannedFamily, numbers: Mapping[str, str], of: Importing) -> list[Row | Formed]:
    """Everything of a new family. ``numbers``: the id of each of its numbers."""
    record, new_id = planned.record, of.new_id
    assert record is not None
    family_id, carer_id = new_id(), new_id()
    key, cipher = of.keys.make(family_id)
    excluded = excluded_why(record)
    family = family_values(planned, record, family_id, cipher, of)
    family.update(
        id=family_id, ref=record.ref, first_batch_id=of.batch_id, made_at=of.now, excluded_why=excluded
    )  # fmt: skip
    rows: list[Row | Formed] = [
        (DataKeyRow, key),
        (FamilyRow, family),
        (CARER, (carer_id, family_id, *carer_values(record.carer, carer_id, cipher))),
        *name_index(record.carer.name, family_id, of),
    ]
    for place, phone in enumerate(record.carer.phones, 1):
        rows.append((FAMILY_NUMBER, (family_id, numbers[phone], place)))
    for child in record.children:
        child_id = new_id()
        rows.append((CHILD, (child_id, family_id, *child_values(child, child_id, cipher))))
    for parent in record.parents:
        rows.append((PARENT, (new_id(), family_id, *parent_values(parent))))
    if planned.stopped:
        rows += _stop(family_id, of)
    elif not excluded and not record.released and not supported_already(record):
        joins = of.joining(record, late=planned.late)
        rows += enrolment_rows(joins, family_id=family_id, by=of.by, new_id=new_id, now=of.now)
    rows += rows_beside(planned, record, family_id, of, excluded=excluded, told=False)
    if record.carer.interpreter and rung(record, excluded=excluded, stopped=planned.stopped):
        rows += interpreter_rows(family_id, record.area, of)
    area = of.areas[record.area]
    drafts = notice.drafts_for(record, area.notice_thresholds)
    if drafts:
        rows += notice_rows(
            drafts, record, area, family_id=family_id, batch_id=of.batch_id, cipher=cipher, new_id=new_id, now=of.now,
        )  # fmt: skip
    return rows


def family_values(
    planned: PlannedFamily, record: FamilyRecord, family_id: str, cipher: Cipher, of: Importing
) -> dict[str, Any]:
    """What the file says of a family: set when it is new, and again when it changed."""

    def sealed(value: str, column: str) -> bytes | None:
        return cipher.seal(value, "family", column, family_id) if value else None

    text = record_to_json(record)
    return {
        "area_code": record.area,
        "imprisoned_on": record.imprisoned_on,
        "custody": record.custody,
        "custody_as_of": record.custody_as_of,
        "checks": record.checks,
        "open_to": record.open_to,
        "language": record.carer.language,
        "interpreter": record.carer.interpreter,
        "supported_before": record.supported_before or "no",
        "social_worker": sealed(_social_workers(record.children), "social_worker"),
        "postcode": sealed(record.carer.postcode, "postcode"),
        "record": sealed(text, "record"),
        "fingerprint": fingerprint(text),
        "as_filed": planned.as_filed,
        "match_keys": bytes.fromhex(planned.keys or keys_of(record, of.blind)),
        "listed": True,
        "last_batch_id": of.batch_id,
    }


def carer_values(carer: CarerRecord, row_id: str, cipher: Cipher) -> tuple[Any, ...]:
    """What the file says of a carer, in the order of ``CARER``; so it is of a child and of a parent."""
    return carer.ref, carer.relationship, cipher.seal(carer.name, "carer", "name", row_id)


def child_values(child: ChildRecord, row_id: str, cipher: Cipher) -> tuple[Any, ...]:
    name = cipher.seal(child.first_name, "child", "first_name", row_id) if child.first_name else None
    return child.ref, child.born_on, child.sex, child.open_to, name


def parent_values(parent: ParentRecord) -> tuple[Any, ...]:
    return parent.ref, parent.sex, parent.imprisoned_on, parent.custody


def named(form: Form, values: tuple[Any, ...]) -> dict[str, Any]:
    """The values by their names: those of the form's last columns."""
    return dict(zip(form.names[-len(values) :], values, strict=True))


def name_index(name: str, family_id: str, of: Importing) -> list[Row | Formed]:
    words = sorted({of.blind("name", word) for word in name_words(name)})
    return [(NAME_INDEX, (word, family_id)) for word in words]


def rows_beside(
    planned: PlannedFamily,
    record: FamilyRecord | None,
    family_id: str,
    of: Importing,
    *,
    excluded: str | None,
    told: bool,
) -> list[Row | Formed]:
    """The holds that the file sets, the tasks they make, and the event of the family itself.

    A known family's standing holds and tasks are the caller's to leave out. ``told``: a person was told before why the
    family is ``excluded``.
    """
    rows: list[Row | Formed] = []
    for code in planned.set_holds:
        kind = Kind(code)
        rows += hold_rows(kind, family_id=family_id, by=IMPORT, new_id=of.new_id, now=of.now)
        if kind in TASK_OF_HOLD:
            rows += _task(TASK_OF_HOLD[kind], planned.area, family_id, of)
    if excluded:
        if not told and excluded != MERGED:
            rows += _task("deceased" if excluded == "deceased" else "local_authority", planned.area, family_id, of)
    elif record is not None and no_usable_number(record, planned.never_contact):
        rows += _task("find_number", planned.area, family_id, of)
    rows.append(_event(_EVENTS[planned.status], of, family_id, of.batch_id, _fields_of(planned.changes)))
    return rows


def _fields_of(changes: Sequence[FieldChange]) -> str:
    return to_json({"fields": sorted({_generic(change.field) for change in changes})}).decode() if changes else _NONE


_NONE = '{"fields":[]}'


def rung(record: FamilyRecord, *, excluded: str | None, stopped: bool) -> bool:
    """Whether the family is to be rung at some time, by what the file says."""
    return not (excluded or stopped or record.released or supported_already(record))


def interpreter_rows(family_id: str, area: str, of: Importing) -> Iterator[Row]:
    """Somebody books an interpreter before the next call."""
    yield from _task("book_interpreter", area, family_id, of)


def _task(kind: str, area: str, family_id: str, of: Importing) -> Iterable[Row]:
    for_role = "supervisor" if kind in ("release_review", "deceased") else "coordinator"
    return task_rows(
        kind, subject_id=family_id, family_id=family_id, area_code=area, for_role=for_role, new_id=of.new_id,
        now=of.now,
    )  # fmt: skip


def _stop(family_id: str, of: Importing) -> Iterator[Row | Formed]:
    """A stop that others of the family's numbers or references said."""
    entry_id = of.new_id()
    said = {"purpose": "contact", "value": "withdrawn", "how": IMPORT, "channel": "any"}
    yield ConsentRow, {
        "id": entry_id, "family_id": family_id, "given_by": "carer", "recorded_by": IMPORT, "at": of.now, **said,
    }  # fmt: skip
    yield _event("consent_recorded", of, family_id, entry_id, to_json(said).decode(), by=IMPORT)


def _event(name: str, of: Importing, family_id: str, subject: str, data: str, by: str | None = None) -> Formed:
    """``data``: JSON already."""
    return EVENT, (of.new_id(), of.now, name, by or of.by, family_id, f'["{subject}"]', data)


def _social_workers(children: Sequence[ChildRecord]) -> str:
    """``Name <address>`` of each, a line each."""
    found = [
        f"{child.social_worker} <{child.social_worker_email}>" if child.social_worker_email else child.social_worker
        for child in children
        if child.social_worker or child.social_worker_email
    ]
    return "\n".join(dict.fromkeys(found))


def _generic(field: str) -> str:
    """A field without whose it is: events hold no references of people."""
    if not field.startswith(("child ", "parent ")):
        return field
    return field.split(": ", 1)[1] if ": " in field else field.split(" ", 1)[0]
