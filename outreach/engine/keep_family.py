"""Writes one family of an accepted plan: its people, numbers, holds, tasks and enrolment, in one transaction.

Rules
* What people learnt on calls stays: authority, words, safe-contact facts, consents. Only another carer begins anew,
  behind a hold; her predecessor's unopened referrals wait for a person.
* A family that moves area leaves its owner; nobody is assigned until somebody is.
* A moved date of imprisonment moves what was planned from it, unless something was tried already. Imprisoned again
  after a release: the old enrolment ends and a new one begins, behind the hold of the release.
* A stop is never undone: nobody who stopped is enrolled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from outreach.domain.hold import Kind
from outreach.domain.import_matches import name_words
from outreach.domain.import_plan import PlannedFamily, Status
from outreach.domain.import_sentences import no_usable_number
from outreach.domain.intake_holds import excluded_why
from outreach.domain.intake_record import ChildRecord, FamilyRecord, ParentRecord, record_to_json
from outreach.engine.end_offer import end_offer
from outreach.engine.enrol import end_enrolment, enrol
from outreach.engine.holds import lift_kinds, set_hold
from outreach.engine.keep_numbers import Numbers
from outreach.engine.notices import draft_notices
from outreach.engine.record_consent import record_consent
from outreach.engine.refer import hold_unopened
from outreach.engine.stops import EVERYTHING
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.alerts import TaskRow
from outreach.store.areas import AreaRow
from outreach.store.base import Base
from outreach.store.cadences import CadenceRow, CadenceVersionRow, EnrolmentRow, live_enrolment
from outreach.store.consents import standing_of
from outreach.store.families import CarerRow, ChildRow, FamilyRow, NameIndexRow, ParentRow, carer_of, children_of
from outreach.store.numbers import FamilyNumberRow
from outreach.store.offers import OfferRow, open_offer
from outreach.store.sealing import blind, seal

IMPORT = "import"
"""Who sets and lifts the holds that come from a file."""

_EVENTS = {
    Status.NEW: "family_imported",
    Status.CHANGED: "family_changed",
    Status.RELEASED: "family_released",
    Status.NO_LONGER_LISTED: "family_no_longer_listed",
}
_TASK_OF_HOLD = {
    Kind.ROW_TO_MEND: "mend_row",
    Kind.NO_LONGER_LISTED: "no_longer_listed",
    Kind.LIKELY_DUPLICATE: "duplicate",
    Kind.RELEASED: "release_review",
}


@dataclass(frozen=True, slots=True)
class Keeping:
    """One commit: who, when, which batch, and what was chosen for late-found families."""

    session: Session
    runtime: Runtime
    numbers: Numbers
    batch_id: str
    by: str
    late: str | None
    now: datetime

    def new(self, fresh: Sequence[tuple[PlannedFamily, FamilyRecord, str]]) -> None:
        """Many new families by few statements: each table is written at once, what it points at before it."""
        rows = {}
        for planned, record, family_id in fresh:
            rows[family_id] = FamilyRow(id=family_id, ref=record.ref, first_batch_id=self.batch_id, made_at=self.now)
            self._facts(rows[family_id], record, planned.fingerprint)
        self._write(rows.values())
        people: dict[type[Base], list[dict[str, Any]]] = defaultdict(list)
        for _, record, family_id in fresh:
            people[CarerRow].append(self._carer(self.runtime.new_id(), family_id, record))
            people[NameIndexRow] += self._name_index(family_id, record)
            people[FamilyNumberRow] += self.numbers.of_new(family_id, record)
            people[ChildRow] += [self._child(child, self.runtime.new_id(), family_id) for child in record.children]
            people[ParentRow] += [self._parent(parent, self.runtime.new_id(), family_id) for parent in record.parents]
        for table, values in people.items():
            if values:
                self.session.execute(insert(table), values)
        # A session holds rows weakly: kept here, enrolling finds them again without asking the database each time.
        kept = [self.session.scalars(select(kind)).all() for kind in (AreaRow, CadenceRow, CadenceVersionRow)]
        with self.session.no_autoflush:
            for planned, record, family_id in fresh:
                self._begin(planned, record, rows[family_id])
            self.session.flush()
            for planned, record, family_id in fresh:
                self._after(planned, rows[family_id], record)
        self.session.flush()
        del kept

    def _write(self, rows: Iterable[Base]) -> None:
        self.session.add_all(rows)
        self.session.flush()

    def _begin(self, planned: PlannedFamily, record: FamilyRecord, row: FamilyRow) -> None:
        """Into the cadence; or a stop that others of the family's numbers or references said is written down."""
        if planned.stopped:
            self._stopped(row.id)
        elif not record.released:
            late = self.late if planned.late else None
            enrol(self.session, self.runtime, family=row, late=late, now=self.now, by=self.by)

    def changed(self, planned: PlannedFamily, record: FamilyRecord, family_id: str, before: FamilyRecord) -> None:
        row = self.session.get_one(FamilyRow, family_id)
        carer = carer_of(self.session, family_id)
        another_carer = before.carer.ref != record.carer.ref
        if another_carer:
            carer.authority, carer.words_for_it, carer.cannot_use_voice = None, None, False
            hold_unopened(self.session, self.runtime, family_id=family_id, by=IMPORT, now=self.now)
        if row.area_code != record.area:
            row.assigned_to = None
            self.session.execute(
                update(OfferRow)
                .where(OfferRow.family_id == family_id, OfferRow.state == "open")
                .values(assigned_to=None)
            )
        if row.checks == "pending" and record.checks == "complete":
            self._look_again(family_id)
        self._facts(row, record, planned.fingerprint)
        _set(carer, self._carer(carer.id, family_id, record))
        self.session.execute(delete(NameIndexRow).where(NameIndexRow.family_id == family_id))
        self._write(NameIndexRow(**values) for values in self._name_index(family_id, record))
        self._people(family_id, record)
        self.numbers.link(family_id, record, another_carer=another_carer, now=self.now)
        if row.excluded_why:
            hold_unopened(self.session, self.runtime, family_id=family_id, by=IMPORT, now=self.now)
            end_enrolment(self.session, self.runtime, family_id=family_id, why=row.excluded_why, now=self.now)
        elif planned.stopped:
            self._stopped(family_id)
        else:
            self._enrolment(row, record, before)
        self._after(planned, row, record)

    def _stopped(self, family_id: str) -> None:
        """A number of theirs that others stopped stops them too, whatever was planned."""
        if standing_of(self.session, family_id).stopped >= EVERYTHING:
            return
        record_consent(
            self.session, self.runtime, family_id=family_id, purpose="contact", value="withdrawn", by=IMPORT,
            how=IMPORT, now=self.now,
        )  # fmt: skip
        hold_unopened(self.session, self.runtime, family_id=family_id, by=IMPORT, now=self.now)
        end_enrolment(self.session, self.runtime, family_id=family_id, why="stopped", outcome="stopped", now=self.now)

    def gone(self, planned: PlannedFamily, family_id: str) -> None:
        row = self.session.get_one(FamilyRow, family_id)
        row.listed, row.last_batch_id = False, self.batch_id
        self._after(planned, row, None)

    def unchanged(self, planned: Sequence[tuple[PlannedFamily, str]]) -> None:
        """The date of knowledge of many families, by as few statements as there are dates."""
        by_date: dict[date, list[str]] = {}
        for family, family_id in planned:
            if family.custody_as_of is not None:
                by_date.setdefault(family.custody_as_of, []).append(family_id)
        for day, ids in by_date.items():
            for start in range(0, len(ids), 500):
                part = ids[start : start + 500]
                self.session.execute(update(FamilyRow).where(FamilyRow.id.in_(part)).values(custody_as_of=day))

    def _facts(self, row: FamilyRow, record: FamilyRecord, fingerprint: str) -> None:
        died = row.excluded_why == "deceased"  # a person decides, not the next file
        row.area_code, row.imprisoned_on = record.area, record.imprisoned_on
        row.custody, row.custody_as_of = record.custody, record.custody_as_of
        row.checks, row.open_to = record.checks, record.open_to
        row.language, row.interpreter = record.carer.language, record.carer.interpreter
        row.supported_before = record.supported_before or "no"
        row.social_worker = self._sealed(_social_workers(record), row.id, "family", "social_worker", row.id)
        row.postcode = self._sealed(record.carer.postcode, row.id, "family", "postcode", row.id)
        row.record = seal(
            self.session, record_to_json(record), key_id=row.id, table="family", column="record", row_id=row.id
        )
        row.fingerprint, row.listed, row.last_batch_id = fingerprint, True, self.batch_id
        row.excluded_why = "deceased" if died else excluded_why(record)

    def _carer(self, row_id: str, family_id: str, record: FamilyRecord) -> dict[str, Any]:
        carer = record.carer
        return {
            "id": row_id,
            "family_id": family_id,
            "ref": carer.ref,
            "relationship": carer.relationship,
            "name": self._sealed(carer.name, family_id, "carer", "name", row_id),
        }

    def _name_index(self, family_id: str, record: FamilyRecord) -> list[dict[str, Any]]:
        words = {blind(self.session, "name", word) for word in name_words(record.carer.name)}
        return [{"word": word, "family_id": family_id} for word in sorted(words)]

    def _people(self, family_id: str, record: FamilyRecord) -> None:
        children = {row.ref: row for row in children_of(self.session, family_id)}
        standing = select(ParentRow).where(ParentRow.family_id == family_id)
        parents = {row.ref: row for row in self.session.scalars(standing)}
        for child in record.children:
            child_row = children.pop(child.ref, None) or ChildRow(id=self.runtime.new_id())
            _set(child_row, self._child(child, child_row.id, family_id))
            self.session.add(child_row)
        for parent in record.parents:
            parent_row = parents.pop(parent.ref, None) or ParentRow(id=self.runtime.new_id())
            _set(parent_row, self._parent(parent, parent_row.id, family_id))
            self.session.add(parent_row)
        for left in (*children.values(), *parents.values()):
            self.session.delete(left)
        self.session.flush()

    def _child(self, child: ChildRecord, row_id: str, family_id: str) -> dict[str, Any]:
        return {
            "id": row_id,
            "family_id": family_id,
            "ref": child.ref,
            "born_on": child.born_on,
            "sex": child.sex,
            "open_to": child.open_to,
            "first_name": self._sealed(child.first_name, family_id, "child", "first_name", row_id),
        }

    def _parent(self, parent: ParentRecord, row_id: str, family_id: str) -> dict[str, Any]:
        return {
            "id": row_id,
            "family_id": family_id,
            "ref": parent.ref,
            "sex": parent.sex,
            "imprisoned_on": parent.imprisoned_on,
            "custody": parent.custody,
        }

    def _enrolment(self, row: FamilyRow, record: FamilyRecord, before: FamilyRecord) -> None:
        if record.released:
            return
        enrolment = live_enrolment(self.session, row.id)
        again = before.released and record.imprisoned_on > before.imprisoned_on
        if again:
            end_enrolment(self.session, self.runtime, family_id=row.id, why="imprisoned_again", now=self.now)
        never = enrolment is None and not self._was_ever_enrolled(row.id)
        if again or never or (enrolment is None and excluded_why(before)):
            enrol(self.session, self.runtime, family=row, late=self.late or "next", now=self.now, by=self.by)
            return
        if enrolment is None or enrolment.imprisoned_on == record.imprisoned_on:
            return
        if enrolment.anchor_on == enrolment.imprisoned_on:
            enrolment.anchor_on = record.imprisoned_on
        enrolment.imprisoned_on = record.imprisoned_on
        offer = open_offer(self.session, row.id)
        if offer is not None and offer.step >= 0 and offer.tries == 0 and not offer.promised:
            end_offer(self.session, self.runtime, offer, outcome="superseded", why="date_changed", now=self.now)
            enrolment.next_step = offer.step

    def _was_ever_enrolled(self, family_id: str) -> bool:
        """A family that stood as released in its first file was not; a later file may put that right."""
        query = select(EnrolmentRow.id).where(EnrolmentRow.family_id == family_id).limit(1)
        return self.session.scalars(query).first() is not None

    def _after(self, planned: PlannedFamily, row: FamilyRow, record: FamilyRecord | None) -> None:
        """Holds, tasks and the event."""
        for code in planned.set_holds:
            kind = Kind(code)
            set_hold(self.session, self.runtime, family_id=row.id, kind=kind, by=IMPORT, now=self.now)
            if kind in _TASK_OF_HOLD:
                self._task(_TASK_OF_HOLD[kind], row.id)
        lifted = {Kind(code) for code in planned.lift_holds}
        if lifted:
            lift_kinds(self.session, self.runtime, family_id=row.id, kinds=lifted, by=IMPORT, now=self.now)
            self._done({_TASK_OF_HOLD[kind] for kind in lifted if kind in _TASK_OF_HOLD}, row.id)
        if record is not None:
            if row.excluded_why:
                self._task("deceased" if row.excluded_why == "deceased" else "local_authority", row.id)
            elif no_usable_number(record, planned.never_contact):
                self._task("find_number", row.id)
            draft_notices(
                self.session, self.runtime, family=row, record=record, batch_id=self.batch_id,
                new=planned.status is Status.NEW, now=self.now,
            )  # fmt: skip
        events.note(
            self.session, _EVENTS[planned.status], id=self.runtime.new_id(), at=self.now, actor_id=self.by,
            family_id=row.id, subjects=[self.batch_id],
            data={"fields": sorted({_generic(change.field) for change in planned.changes})},
        )  # fmt: skip

    def _task(self, kind: str, family_id: str) -> None:
        open_task(
            self.session, self.runtime, kind=kind, subject_id=family_id, family_id=family_id, now=self.now,
            for_role="supervisor" if kind in ("release_review", "deceased") else "coordinator",
        )  # fmt: skip

    def _done(self, kinds: set[str], family_id: str) -> None:
        self.session.execute(
            update(TaskRow)
            .where(TaskRow.kind.in_(kinds), TaskRow.subject_id == family_id, TaskRow.done_at.is_(None))
            .values(done_at=self.now, done_by=IMPORT)
        )

    def _look_again(self, family_id: str) -> None:
        self.session.execute(
            update(OfferRow)
            .where(OfferRow.family_id == family_id, OfferRow.state == "open", OfferRow.waits_for == "checks_pending")
            .values(due_at=self.now, waits_for=None)
        )

    def _sealed(self, value: str, family_id: str, table: str, column: str, row_id: str) -> bytes | None:
        if not value:
            return None
        return seal(self.session, value, key_id=family_id, table=table, column=column, row_id=row_id)


def _set(row: Base, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _social_workers(record: FamilyRecord) -> str:
    """``Name <address>`` of each, a line each."""
    found = [
        f"{child.social_worker} <{child.social_worker_email}>" if child.social_worker_email else child.social_worker
        for child in record.children
        if child.social_worker or child.social_worker_email
    ]
    return "\n".join(dict.fromkeys(found))


def _generic(field: str) -> str:
    """A field without whose it is: events hold no references of people."""
    if not field.startswith(("child ", "parent ")):
        return field
    return field.split(": ", 1)[1] if ": " in field else field.split(" ", 1)[0]
