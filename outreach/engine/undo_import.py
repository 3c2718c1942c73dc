"""Takes the last import back, as long as nothing was sent, said or decided because of it.

Rules
* Only the last import, for seven days, and only as a whole.
* Families that it made are removed with everything of theirs, but one on which a stop was written down: ledgers only
  grow, so it stays, not listed and in no cadence.
* Families that it changed go back to the record before, with the holds, the practitioner and the carer's words they
  had. A number that counts as unverified since stays so; an imprisoned parent's number stays known as such.
* Everything in one transaction. The events of the import stay, and one says that it was undone.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, require
from outreach.domain.import_plan import Plan, PlannedFamily, Status
from outreach.domain.import_undo import UNDO_LASTS
from outreach.domain.intake_record import FamilyRecord, fingerprint, record_from_json, record_to_json
from outreach.engine.enrol import end_enrolment
from outreach.engine.keep_family import Keeping
from outreach.engine.keep_numbers import Numbers
from outreach.engine.known_families import Known
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.alerts import TaskRow
from outreach.store.areas import areas
from outreach.store.base import Base
from outreach.store.batches import BatchRow, in_the_way_of_undo, last_committed, lock_imports
from outreach.store.cadences import EnrolmentRow, live_enrolment
from outreach.store.conflicts import ConflictRow
from outreach.store.consents import ConsentRow
from outreach.store.families import CarerRow, ChildRow, FamilyRow, NameIndexRow, ParentRow, carer_of
from outreach.store.holds import HoldRow
from outreach.store.notices import NoticeRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import OfferRow
from outreach.store.sealing import SERVICE, DataKeyRow, load_keys, seal, unseal
from outreach.store.texts import TextRow


@dataclass(frozen=True, slots=True)
class Undone:
    """``kept``: families that the import made and that stay, because a stop was written down on them."""

    removed: int
    went_back: int
    kept: int


@dataclass(frozen=True, slots=True)
class NotUndone:
    why: str


def keep_for_undo(session: Session, row: BatchRow, plan: Plan, known: Known) -> None:
    """Before a plan is written: what it will change, sealed on its batch. Nothing of an older batch is kept."""
    session.execute(update(BatchRow).where(BatchRow.undo.is_not(None)).values(undo=None))
    dates = dict(session.execute(select(FamilyRow.id, FamilyRow.custody_as_of)).all()) if known.ids else {}
    back = []
    for family in plan.families:
        if family.status is Status.NEW:
            continue
        family_id = known.ids[family.ref]
        before: dict[str, Any] = {"id": family_id, "as_of": dates[family_id].isoformat()}
        if family.status is not Status.UNCHANGED:
            stored = session.get_one(FamilyRow, family_id)
            carer = carer_of(session, family_id)
            before |= {
                "record": record_to_json(known.families[family.ref].record),
                "listed": stored.listed,
                "assigned_to": stored.assigned_to,
                "last_batch_id": stored.last_batch_id,
                "excluded_why": stored.excluded_why,
                "authority": carer.authority,
                "cannot_use_voice": carer.cannot_use_voice,
                "words": base64.b64encode(carer.words_for_it).decode() if carer.words_for_it else None,
                "set_holds": family.set_holds,
                "lift_holds": family.lift_holds,
                "enrolled": live_enrolment(session, family_id) is not None,
            }
        back.append(before)
    text = json.dumps(back)
    row.undo = seal(session, text, key_id=SERVICE, table="batch", column="undo", row_id=row.id)


def undo_import(runtime: Runtime, actor: Actor, *, batch_id: str) -> Undone | NotUndone:
    """Take the import back, or say why it cannot be."""
    require(actor, Permission.IMPORT_COMMIT)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        lock_imports(session)
        row = session.get(BatchRow, batch_id, with_for_update=True)
        if row is None or row.state != "committed" or row.committed_at is None:
            return NotUndone("There is nothing to undo: the import was undone already, or never accepted.")
        if last_committed(session) != batch_id:
            return NotUndone("Another file was imported since. Only the last import can be undone.")
        text = unseal(session, row.undo, key_id=SERVICE, table="batch", column="undo", row_id=row.id)
        if text is None or now - row.committed_at > UNDO_LASTS:
            return NotUndone("An import can be undone for seven days. This one is older.")
        mine = select(FamilyRow.area_code).where(FamilyRow.last_batch_id == batch_id).distinct()
        if actor.id != "system" and not all(actor.works_in(code) for code in session.scalars(mine)):
            return NotUndone("It has families of an area you do not work in. Somebody who does must undo it.")
        busy = in_the_way_of_undo(session, row)
        if busy:
            said = "1 family" if busy == 1 else f"{busy} families"
            return NotUndone(f"Something was sent, said or decided for {said} since. The import stays.")
        back = json.loads(text)
        removed, kept = _remove_new(session, runtime, batch_id, now=now)
        changed = [each for each in back if "record" in each]
        _put_back(session, runtime, row, changed, actor=actor, now=now)
        for each in back:
            session.execute(
                update(FamilyRow)
                .where(FamilyRow.id == each["id"])
                .values(custody_as_of=date.fromisoformat(each["as_of"]))
            )
        row.state, row.undo, row.undone_at, row.undone_by = "undone", None, now, actor.id
        events.note(
            session, "import_undone", id=runtime.new_id(), at=now, actor_id=actor.id, subjects=[row.id],
            data={"removed": removed, "went_back": len(changed), "kept": kept},
        )  # fmt: skip
    return Undone(removed, len(changed), kept)


_OF_A_FAMILY: tuple[type[Base], ...] = (
    NoticeRow, TaskRow, HoldRow, ConflictRow, NameIndexRow, FamilyNumberRow, ChildRow, ParentRow, CarerRow, OfferRow,
    EnrolmentRow,
)  # fmt: skip
"""In the order in which they can go."""


def _remove_new(session: Session, runtime: Runtime, batch_id: str, *, now: datetime) -> tuple[int, int]:
    made = select(FamilyRow.id).where(FamilyRow.first_batch_id == batch_id)
    in_ledger = set(session.scalars(select(ConsentRow.family_id).where(ConsentRow.family_id.in_(made)).distinct()))
    ids = [each for each in session.scalars(made.order_by(FamilyRow.id)) if each not in in_ledger]
    for family_id in sorted(in_ledger):
        end_enrolment(session, runtime, family_id=family_id, why="import_undone", now=now)
        session.get_one(FamilyRow, family_id).listed = False
    for part in _parts(ids):
        numbers = set(
            session.scalars(select(FamilyNumberRow.number_id).where(FamilyNumberRow.family_id.in_(part)).distinct())
        )
        for table in _OF_A_FAMILY:
            session.execute(delete(table).where(table.__table__.c.family_id.in_(part)))
        session.execute(delete(FamilyRow).where(FamilyRow.id.in_(part)))
        session.execute(delete(DataKeyRow).where(DataKeyRow.id.in_(part)))
        _forget_numbers(session, numbers)
    return len(ids), len(in_ledger)


def _forget_numbers(session: Session, number_ids: set[str]) -> None:
    """Numbers that nobody has any more, that nobody wrote from, and on which no stop stands."""
    for part in _parts(sorted(number_ids)):
        session.execute(
            delete(NumberRow).where(
                NumberRow.id.in_(part),
                NumberRow.is_parents.is_(False),
                NumberRow.texts_stopped_at.is_(None),
                NumberRow.calls_stopped_at.is_(None),
                NumberRow.id.not_in(select(FamilyNumberRow.number_id)),
                NumberRow.id.not_in(select(TextRow.number_id)),
            )
        )


def _put_back(
    session: Session, runtime: Runtime, row: BatchRow, changed: list[dict[str, Any]], *, actor: Actor, now: datetime
) -> None:
    load_keys(session, [each["id"] for each in changed])
    records = {each["id"]: record_from_json(each["record"]) for each in changed}
    numbers = Numbers(session, runtime, records.values())
    keeping = Keeping(session, runtime, numbers, row.id, actor.id, "next", now)
    live = areas(session)
    for each in changed:
        record, family = records[each["id"]], session.get_one(FamilyRow, each["id"])
        if record.area not in live:
            continue
        keeping.changed(_planned_back(record, each), record, family.id, _record_of(session, family))
        family.listed, family.assigned_to = each["listed"], each["assigned_to"]
        family.last_batch_id, family.excluded_why = each["last_batch_id"], each["excluded_why"]
        carer = carer_of(session, family.id)
        carer.authority, carer.cannot_use_voice = each["authority"], each["cannot_use_voice"]
        carer.words_for_it = base64.b64decode(each["words"]) if each["words"] else None
        if not each["enrolled"]:
            end_enrolment(session, runtime, family_id=family.id, why="import_undone", now=now)
    session.flush()


def _planned_back(record: FamilyRecord, each: dict[str, Any]) -> PlannedFamily:
    return PlannedFamily(
        ref=record.ref,
        area=record.area,
        status=Status.CHANGED,
        sentence="",
        record=record,
        fingerprint=fingerprint(record),
        set_holds=tuple(each["lift_holds"]),
        lift_holds=tuple(each["set_holds"]),
    )


def _record_of(session: Session, family: FamilyRow) -> FamilyRecord:
    text = unseal(session, family.record, key_id=family.id, table="family", column="record", row_id=family.id)
    return record_from_json(text or "")


def _parts(ids: list[str]) -> Iterable[list[str]]:
    return (ids[start : start + 500] for start in range(0, len(ids), 500))
