"""Writes the known families of an accepted plan, a part at a time: what changed of them, and what that means.

Rules
* What people learnt on calls stays: authority, words, safe-contact facts, consents, that she is a foster carer. Only
  another carer begins anew, behind a hold; her predecessor's unopened referrals wait for a person.
* A family that moves area leaves its owner; nobody is assigned until somebody is, and the area it left is told.
* What it means for the cadence: ``keep_enrolment``; for the notices: ``redraft_notices``.
* Where a family is excluded, a person is told of it once for a reason, an imprisonment and an area.
* What did not change is not written again. What stood before is handed back, so that the import can be undone.
* Numbers are locked before texts: what waits of families that get a hold is locked, and held, last (``finish``).
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from outreach.domain.hold import RULES, Kind, Weight
from outreach.domain.import_plan import PlannedFamily
from outreach.domain.intake_holds import excluded_why, still_excluded
from outreach.domain.intake_record import FamilyRecord, record_to_json
from outreach.domain.referral import State
from outreach.engine.assign import pass_on, tell_who_lost_it
from outreach.engine.enrol import end_enrolment
from outreach.engine.family_rows import (
    CARER,
    CHILD,
    IMPORT,
    PARENT,
    TASK_OF_HOLD,
    Importing,
    carer_values,
    child_values,
    family_values,
    interpreter_rows,
    name_index,
    named,
    parent_values,
    rows_beside,
    rung,
)
from outreach.engine.holds import lift_kinds
from outreach.engine.keep_enrolment import keep_enrolment, keep_stopped
from outreach.engine.keep_numbers import Numbers, link_numbers, parts
from outreach.engine.known_families import records_of
from outreach.engine.merge_families import tell_who_stays
from outreach.engine.redraft_notices import redrafted
from outreach.engine.refer import hold_unopened
from outreach.runtime import Runtime
from outreach.store import offers
from outreach.store.alerts import TaskRow
from outreach.store.base import Base, among, table_of
from outreach.store.bulk import Formed, Row, Rows, read_where, set_where
from outreach.store.cadences import EnrolmentRow
from outreach.store.families import CarerRow, ChildRow, FamilyRow, NameIndexRow, ParentRow
from outreach.store.holds import HoldRow
from outreach.store.notices import NoticeRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import OfferRow
from outreach.store.referrals import ReferralRow
from outreach.store.sealing import Cipher, cipher_of, forget_keys, load_keys
from outreach.store.texts import TextRow


@dataclass(frozen=True, slots=True)
class _Stands:
    """What stands of the families of one part, read by a few statements."""

    families: Mapping[str, FamilyRow]
    carers: Mapping[str, CarerRow]
    enrolments: Mapping[str, EnrolmentRow]
    holds: Mapping[tuple[str, str], HoldRow]
    tasks: frozenset[tuple[str, str]]
    records: Mapping[str, FamilyRecord]
    numbers: Mapping[str, str]
    links: Mapping[str, Sequence[FamilyNumberRow]]
    """The numbers of the families whose numbers change; ``children`` and ``parents`` likewise."""
    children: Mapping[str, Sequence[ChildRow]]
    parents: Mapping[str, Sequence[ParentRow]]
    notices: Mapping[str, Sequence[NoticeRow]]
    linked: Sequence[NumberRow]
    """Held, so that the session need not ask for them again."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """One commit in the caller's transaction; ``finish`` it. ``held`` are the families that got a hold, ``doubted``
    those whose referrals that nobody has opened wait for a person."""

    session: Session
    runtime: Runtime
    numbers: Numbers
    of: Importing
    held: set[str] = field(default_factory=set)
    doubted: set[str] = field(default_factory=set)

    def changed(self, planned: Sequence[PlannedFamily]) -> list[dict[str, Any]]:
        """Families whose record is another now, or that were released; what stood of each before."""
        with self.session.no_autoflush:
            stands = self._stands(planned, records=[each.record for each in planned if each.record is not None])
            before = [self._before(each, stands) for each in planned]
            rows = Rows(self.session)
            for each in planned:
                rows.add(self._one(each, stands))
            rows.write(self.session)
        forget_keys(self.session, stands.families)
        return before

    def gone(self, planned: Sequence[PlannedFamily]) -> list[dict[str, Any]]:
        """Families that are no longer listed; what stood of each before."""
        with self.session.no_autoflush:
            stands = self._stands(planned, records=())
            before = [self._before(each, stands) for each in planned]
            rows = Rows(self.session)
            for each in planned:
                family = stands.families[each.id]
                family.listed, family.last_batch_id = False, self.of.batch_id
                rows.add(self._beside(each, None, stands, excluded=None, told=False))
            rows.write(self.session)
        forget_keys(self.session, stands.families)
        return before

    def unchanged(self, planned: Sequence[PlannedFamily]) -> dict[str, list[str]]:
        """The date of knowledge of many families, by as few statements as there are dates; the families by the date
        they had before."""
        wanted = {each.id: each.custody_as_of for each in planned if each.custody_as_of is not None}
        by_date: dict[date, list[str]] = {}
        had: dict[str, list[str]] = {}
        for family_id, as_of in read_where(
            self.session, FamilyRow, ("id", "custody_as_of"), key="id", among=list(wanted)
        ):  # fmt: skip
            day = wanted[family_id]
            if str(as_of) != day.isoformat():
                by_date.setdefault(day, []).append(family_id)
                had.setdefault(str(as_of), []).append(family_id)
        for day, ids in by_date.items():
            set_where(self.session, FamilyRow, "custody_as_of", day, key="id", among=ids)
        anew = [{"id": each.id, "as_filed": each.as_filed} for each in planned if each.as_filed]
        if anew:  # their cells stand otherwise than they did, and say the same
            self.session.execute(update(FamilyRow), anew)
        return had

    def finish(self) -> None:
        """What is done for many families at once. A claim of one of their texts, on whichever number, locks its row: it
        commits before the holds of this import, or sees them. Numbers come first, here as everywhere."""
        for part in parts(sorted(self.held)):
            offers.lock_open(self.session, part)
            theirs = select(TextRow.id).where(TextRow.family_id.in_(part), TextRow.state == "waiting")
            self.session.execute(theirs.order_by(TextRow.id).with_for_update())
        for part in parts(sorted(self.doubted)):
            sent = select(ReferralRow.family_id).where(ReferralRow.family_id.in_(part), ReferralRow.state == State.SENT)
            for family_id in self.session.scalars(sent.distinct().order_by(ReferralRow.family_id)).all():
                hold_unopened(self.session, self.runtime, family_id=family_id, by=IMPORT, now=self.of.now)

    def _stands(self, planned: Sequence[PlannedFamily], *, records: Sequence[FamilyRecord]) -> _Stands:
        session, ids = self.session, [each.id for each in planned]
        load_keys(session, ids)
        before = records_of(session, ids)
        numbers, made = self.numbers.ids_of(session, records)
        rows = Rows(session)
        rows.add(made)
        rows.write(session)

        def of(table: type[Base], *where: Any, ids: Sequence[str] = ids, key: str = "family_id") -> list[Any]:
            return list(session.scalars(select(table).where(among(session, table_of(table).c[key], ids), *where)))

        def of_changed(table: type[Base], facts: Callable[[FamilyRecord], object]) -> dict[str, list[Any]]:
            changed = [
                each.id for each in planned if each.record is not None and facts(before[each.ref]) != facts(each.record)
            ]
            found: dict[str, list[Any]] = {family_id: [] for family_id in changed}
            for row in of(table, ids=changed) if changed else ():
                found[row.family_id].append(row)
            return found

        notices: dict[str, list[NoticeRow]] = defaultdict(list)
        for notice in of(NoticeRow):
            notices[notice.family_id].append(notice)
        links = of_changed(FamilyNumberRow, lambda record: (record.carer.ref, record.carer.phones))
        linked = sorted({link.number_id for of_family in links.values() for link in of_family})
        return _Stands(
            families={row.id: row for row in of(FamilyRow, key="id")},
            carers={row.family_id: row for row in of(CarerRow)},
            enrolments={row.family_id: row for row in of(EnrolmentRow, EnrolmentRow.state != "ended")},
            holds={(row.family_id, row.kind): row for row in of(HoldRow, HoldRow.lifted_at.is_(None))},
            tasks=frozenset((row.subject_id, row.kind) for row in of(TaskRow, TaskRow.done_at.is_(None))),
            records=before,
            numbers=numbers,
            links=links,
            children=of_changed(ChildRow, lambda record: record.children),
            parents=of_changed(ParentRow, lambda record: record.parents),
            notices=notices,
            linked=of(NumberRow, ids=linked, key="id") if linked else [],
        )

    def _before(self, planned: PlannedFamily, stands: _Stands) -> dict[str, Any]:
        family, carer = stands.families[planned.id], stands.carers[planned.id]
        return {
            "id": family.id,
            "as_of": family.custody_as_of.isoformat(),
            "record": record_to_json(stands.records[planned.ref]),
            "listed": family.listed,
            "assigned_to": family.assigned_to,
            "last_batch_id": family.last_batch_id,
            "excluded_why": family.excluded_why,
            "authority": carer.authority,
            "cannot_use_voice": carer.cannot_use_voice,
            "words": base64.b64encode(carer.words_for_it).decode() if carer.words_for_it else None,
            "set_holds": planned.set_holds,
            "lift_holds": planned.lift_holds,
            "enrolled": planned.id in stands.enrolments,
        }

    def _one(self, planned: PlannedFamily, stands: _Stands) -> list[Row | Formed]:
        session, runtime, family_id, record = self.session, self.runtime, planned.id, planned.record
        assert record is not None
        before, family, carer = stands.records[planned.ref], stands.families[family_id], stands.carers[family_id]
        cipher = cipher_of(session, family_id)
        another_carer = before.carer.ref != record.carer.ref
        if another_carer:
            carer.authority, carer.words_for_it, carer.cannot_use_voice = None, None, False
            self.doubted.add(family_id)
        left, moved = family.area_code, family.area_code != record.area
        if family.checks == "pending" and record.checks == "complete":
            self._look_again(family_id)
        was_excluded, as_of = family.excluded_why, family.custody_as_of
        _set(family, family_values(planned, record, family_id, cipher, self.of))
        if planned.custody_as_of is None:
            family.custody_as_of = as_of
        self.of.alike.extend((planned.ref, other) for other in planned.duplicate_of)
        family.excluded_why = still_excluded(was_excluded, before, record)
        if moved:
            session.flush()
            pass_on(session, family, now=self.of.now)
            tell_who_lost_it(session, runtime, family, left=left, now=self.of.now)
        rows = list(self._people(record, before, family_id, carer, cipher, stands))
        if not family.merged_into and family_id in stands.links:
            link_numbers(
                session, family_id, record, stands.numbers, stands.links[family_id], another_carer=another_carer,
                now=self.of.now,
            )  # fmt: skip
        if family.excluded_why:
            self.doubted.add(family_id)
            end_enrolment(session, self.runtime, family_id=family_id, why=family.excluded_why, now=self.of.now)
        elif planned.stopped:
            keep_stopped(session, runtime, self.of, family_id)
        else:
            live = stands.enrolments.get(family_id)
            keep_enrolment(session, runtime, self.of, family, record=record, before=before, enrolment=live)
        same = (before.area, before.imprisoned_on) == (record.area, record.imprisoned_on)
        told = same and family.excluded_why == was_excluded
        rows += self._beside(planned, record, stands, excluded=family.excluded_why, told=told)
        asked = (family_id, "book_interpreter") in stands.tasks or (before.carer.interpreter and not another_carer)
        rings = rung(record, excluded=family.excluded_why, stopped=planned.stopped)
        if record.carer.interpreter and rings and not asked:
            rows += interpreter_rows(family_id, record.area, self.of)
        tell_who_stays(
            session, runtime, family, kinds=map(Kind, planned.set_holds), excluded=excluded_why(record), by=IMPORT,
            now=self.of.now,
        )  # fmt: skip
        return [*rows, *redrafted(
            session, record, before, self.of.areas[record.area], stands.notices.get(family_id, ()),
            family_id=family_id, batch_id=self.of.batch_id, cipher=cipher, new_id=self.of.new_id, now=self.of.now,
        )]  # fmt: skip

    def _people(
        self,
        record: FamilyRecord,
        before: FamilyRecord,
        family_id: str,
        carer: CarerRow,
        cipher: Cipher,
        stands: _Stands,
    ) -> list[Row | Formed]:
        session, rows = self.session, list[Row | Formed]()
        if before.carer != record.carer:
            _set(carer, named(CARER, carer_values(record.carer, carer.id, cipher)))
        if before.carer.name != record.carer.name:
            session.execute(delete(NameIndexRow).where(NameIndexRow.family_id == family_id))
            rows += name_index(record.carer.name, family_id, self.of)
        if family_id in stands.children:
            standing = {row.ref: row for row in stands.children[family_id]}
            for child in record.children:
                row = standing.pop(child.ref, None) or ChildRow(id=self.of.new_id(), family_id=family_id)
                _set(row, named(CHILD, child_values(child, row.id, cipher)))
                session.add(row)
            for left in standing.values():
                session.delete(left)
        if family_id in stands.parents:
            inside = {row.ref: row for row in stands.parents[family_id]}
            for parent in record.parents:
                parent_row = inside.pop(parent.ref, None) or ParentRow(id=self.of.new_id(), family_id=family_id)
                _set(parent_row, named(PARENT, parent_values(parent)))
                session.add(parent_row)
            for gone in inside.values():
                session.delete(gone)
        return rows

    def _beside(
        self, planned: PlannedFamily, record: FamilyRecord | None, stands: _Stands, *, excluded: str | None, told: bool
    ) -> list[Row | Formed]:
        """Holds, tasks and the event; a hold or task that stands already is not doubled."""
        lifted = {Kind(code) for code in planned.lift_holds}
        if lifted:
            now = self.of.now
            lift_kinds(self.session, self.runtime, family_id=planned.id, kinds=lifted, by=IMPORT, now=now)
            self._done({TASK_OF_HOLD[kind] for kind in lifted if kind in TASK_OF_HOLD}, planned.id)
        if planned.set_holds:
            self.held.add(planned.id)
        if any(RULES[Kind(code)].weight is Weight.SAFETY for code in planned.set_holds):
            self.doubted.add(planned.id)
        doubled: set[str] = set()
        rows: list[Any] = []
        for table, values in rows_beside(planned, record, planned.id, self.of, excluded=excluded, told=told):
            if isinstance(values, tuple):
                rows.append((table, values))
                continue
            key = planned.id, values.get("kind", "")
            if table is HoldRow and key in stands.holds:
                stands.holds[key].until = None  # it was to end by itself; now it stands until somebody lifts it
                doubled.add(values["id"])
            elif table is TaskRow and key in stands.tasks:
                doubled.add(values["id"])
            elif doubled.isdisjoint(values.get("subjects", ())):
                rows.append((table, values))
        return rows

    def _done(self, kinds: set[str], family_id: str) -> None:
        self.session.execute(
            update(TaskRow)
            .where(TaskRow.kind.in_(kinds), TaskRow.subject_id == family_id, TaskRow.done_at.is_(None))
            .values(done_at=self.of.now, done_by=IMPORT)
        )

    def _look_again(self, family_id: str) -> None:
        """The checks are complete: what waited for them is due from now on."""
        waited = or_(OfferRow.waits_for == "checks_pending", OfferRow.channel == "call")
        self.session.execute(
            update(OfferRow)
            .where(OfferRow.family_id == family_id, OfferRow.state == "open", OfferRow.promised.is_(False), waited)
            .where(or_(OfferRow.waits_for == "checks_pending", OfferRow.due_at < self.of.now))
            .values(due_at=self.of.now, waits_for=None)
        )


def _set(row: Base, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
