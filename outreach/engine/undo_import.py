"""Takes the last import back, as long as nothing was sent, said or decided because of it.

Rules
* Only the last import that changed anything, for seven days, and only as a whole.
* Families that it made are removed with everything of theirs, but one on which a stop was written down: ledgers only
  grow, so it stays, not listed and in no cadence.
* Families that it changed go back to the record before, with the holds, the practitioner and the carer's words they
  had, and into the cadence where they were, with every *no*, rest and promise. What it gave people to do is done. A
  number that counts as unverified since stays so; an imprisoned parent's number stays known as such.
* Holds that it set on families it did not write (a carer who is inside, in another area; the family that another one
  was merged into) are lifted, and the likely duplicates that it found are forgotten, where nobody has decided.
* A referral that it held back goes on only when a person lets it: it would be disclosed anew.
* Everything in one transaction. The events of the import stay, and one says that it was undone.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, require
from outreach.domain.hold import Kind
from outreach.domain.import_plan import PlannedFamily, Status
from outreach.domain.import_undo import UNDO_LASTS
from outreach.domain.intake import Progress
from outreach.domain.intake_record import FamilyRecord, record_from_json
from outreach.domain.referral import State
from outreach.engine.enrol import end_enrolment
from outreach.engine.family_rows import IMPORT, Importing
from outreach.engine.holds import lift
from outreach.engine.keep_family import Keeping
from outreach.engine.keep_numbers import Numbers, parts
from outreach.engine.merge_families import forget_pairs
from outreach.engine.resume_enrolment import take_up_again
from outreach.runtime import Runtime
from outreach.store import events
from outreach.store.alerts import TaskRow
from outreach.store.areas import areas
from outreach.store.base import Base, locks_rows
from outreach.store.batches import (
    BatchRow,
    drop_parts,
    in_the_way_of_undo,
    lock_imports,
    parts_of,
)
from outreach.store.cadences import EnrolmentRow, in_use
from outreach.store.conflicts import ConflictRow
from outreach.store.consents import ConsentRow
from outreach.store.events import EventRow
from outreach.store.families import CarerRow, ChildRow, FamilyRow, NameIndexRow, ParentRow, carer_of
from outreach.store.holds import HoldRow
from outreach.store.notices import NoticeRow
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.offers import OfferRow
from outreach.store.referrals import ReferralRow
from outreach.store.sealing import SERVICE, DataKeyRow, NewKeys, blinder, unseal
from outreach.store.texts import TextRow


@dataclass(frozen=True, slots=True)
class Undone:
    """``kept``: families that the import made and that stay, because a stop was written down on them. ``referrals``:
    those that it held back, and that a person lets go."""

    removed: int
    went_back: int
    kept: int
    referrals: int = 0

    @property
    def said(self) -> str:
        but = ["Families with a stop stay, out of every list: what is in the ledger stays in it."] if self.kept else []
        if self.referrals:
            said = "A referral that it held back waits" if self.referrals == 1 else "Referrals that it held back wait"
            but.append(f"{said} for a person, on the page of the family.")
        return " ".join(("Undone.", *(but or ["Everything is as it was before this file."])))


@dataclass(frozen=True, slots=True)
class NotUndone:
    why: str


def undo_import(
    runtime: Runtime, actor: Actor, *, batch_id: str, progress: Progress | None = None
) -> Undone | NotUndone:
    """Take the import back, or say why it cannot be. ``progress`` is told of the families done and of all."""
    require(actor, Permission.IMPORT_COMMIT)
    now = runtime.now()
    with runtime.sessions.begin() as session:
        lock_imports(session)
        row = session.get(BatchRow, batch_id, with_for_update=True)
        if row is None or row.state != "committed" or row.committed_at is None:
            return NotUndone("There is nothing to undo: the import was undone already, or never accepted.")
        if now - row.committed_at > UNDO_LASTS:
            return NotUndone("An import can be undone for seven days. This one is older.")
        text = unseal(session, row.undo, key_id=SERVICE, table="batch", column="undo", row_id=row.id)
        if text is None and not _changed_anything(row):
            return NotUndone("There is nothing to undo: this file changed nothing.")
        if text is None:
            return NotUndone("Another file was imported since. Only the last import can be undone.")
        mine = select(FamilyRow.area_code).where(FamilyRow.last_batch_id == batch_id).distinct()
        if actor.id != "system" and not all(actor.works_in(code) for code in session.scalars(mine)):
            return NotUndone("It has families of an area you do not work in. Somebody who does must undo it.")
        _lock_numbers(session, batch_id)
        busy = in_the_way_of_undo(session, row)
        if busy:
            said = "1 family" if busy == 1 else f"{busy} families"
            return NotUndone(f"Something was sent, said or decided for {said} since. The import stays.")
        changed = parts_of(session, batch_id, only=("undo",))
        new = _new_ones(session, batch_id)
        went_back, tell = 0, _Telling(progress, len(new) + sum(part.count for part in changed))
        removed, kept = _remove_new(session, runtime, new, tell, now=now)
        for part in changed:
            _put_back(session, runtime, row, json.loads(zlib.decompress(part.data)), actor=actor, now=now)
            went_back += part.count
            tell.more(part.count)
        _lift_beside(session, runtime, row, now=now)
        forget_pairs(session, found_at=row.committed_at)
        for day, ids in json.loads(text).items():
            for some in parts(ids):
                _dated(session, some, day)
        drop_parts(session, [row.id])
        same_bytes = (BatchRow.file_digest == row.file_digest, BatchRow.committed_at > row.committed_at)
        session.execute(update(BatchRow).where(BatchRow.state == "committed", *same_bytes).values(state="undone"))
        row.state, row.undo, row.undone_at, row.undone_by = "undone", None, now, actor.id
        referrals = _held_back(session, row)
        events.note(
            session, "import_undone", id=runtime.new_id(), at=now, actor_id=actor.id, subjects=[row.id],
            data={"removed": removed, "went_back": went_back, "kept": kept},
        )  # fmt: skip
    return Undone(removed, went_back, kept, referrals)


def _changed_anything(row: BatchRow) -> bool:
    counts = row.counts.get("families", {})
    return any(counts.get(status.value) for status in Status if status is not Status.UNCHANGED)


_OF_A_FAMILY: tuple[type[Base], ...] = (
    NoticeRow, TaskRow, HoldRow, ConflictRow, NameIndexRow, FamilyNumberRow, ChildRow, ParentRow, CarerRow, OfferRow,
    EnrolmentRow,
)  # fmt: skip
"""In the order in which they can go."""


class _Telling:
    """Counts what is done, and tells of it."""

    def __init__(self, progress: Progress | None, in_all: int) -> None:
        self._progress, self._in_all, self._done = progress, in_all, 0

    def more(self, families: int) -> None:
        self._done += families
        if self._progress is not None:
            self._progress(self._done, self._in_all)


def _new_ones(session: Session, batch_id: str) -> list[str]:
    return list(
        session.scalars(select(FamilyRow.id).where(FamilyRow.first_batch_id == batch_id).order_by(FamilyRow.id))
    )


def _remove_new(
    session: Session, runtime: Runtime, made: list[str], tell: _Telling, *, now: datetime
) -> tuple[int, int]:
    in_ledger = set[str]()
    for part in parts(made):
        in_ledger |= set(session.scalars(select(ConsentRow.family_id).where(ConsentRow.family_id.in_(part)).distinct()))
    ids = [each for each in made if each not in in_ledger]
    for family_id in sorted(in_ledger):
        end_enrolment(session, runtime, family_id=family_id, why="import_undone", now=now)
        session.get_one(FamilyRow, family_id).listed = False
    for part in parts(ids):
        numbers = set(
            session.scalars(select(FamilyNumberRow.number_id).where(FamilyNumberRow.family_id.in_(part)).distinct())
        )
        for table in _OF_A_FAMILY:
            session.execute(delete(table).where(table.__table__.c.family_id.in_(part)))
        session.execute(delete(FamilyRow).where(FamilyRow.id.in_(part)))
        session.execute(delete(DataKeyRow).where(DataKeyRow.id.in_(part)))
        _forget_numbers(session, numbers)
        tell.more(len(part))
    return len(ids), len(in_ledger)


def _lock_numbers(session: Session, batch_id: str) -> None:
    """A text that is being taken in is in the way, and is waited for; one that comes now is a stranger's."""
    on_them = (
        exists()
        .where(FamilyNumberRow.number_id == NumberRow.id, FamilyNumberRow.family_id == FamilyRow.id)
        .where(FamilyRow.last_batch_id == batch_id)
    )
    if locks_rows(session):
        session.execute(select(NumberRow.id).where(on_them).order_by(NumberRow.id).with_for_update()).all()


def _forget_numbers(session: Session, number_ids: set[str]) -> None:
    """Numbers that nobody has any more, that nobody wrote from, and on which no stop stands."""
    for part in parts(sorted(number_ids)):
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
    live = areas(session)
    of = Importing(
        batch_id=row.id, by=actor.id, late="next", now=now, new_id=runtime.new_id,
        blind=blinder(session), keys=NewKeys(session, now=now), areas=live,
        cadences=in_use(session),
    )  # fmt: skip
    keeping = Keeping(session, runtime, Numbers(runtime.new_id), of)
    _tasks_done(session, row, [each["id"] for each in changed], now=now)
    back = [(each, record_from_json(each["record"])) for each in changed]
    back = [(each, record) for each, record in back if record.area in live]
    keeping.changed([_planned_back(record, each) for each, record in back])
    keeping.finish()
    for each, _ in back:
        family = session.get_one(FamilyRow, each["id"])
        family.custody_as_of = date.fromisoformat(each["as_of"])
        family.listed, family.assigned_to = each["listed"], each["assigned_to"]
        family.last_batch_id, family.excluded_why = each["last_batch_id"], each["excluded_why"]
        carer = carer_of(session, family.id)
        carer.authority, carer.cannot_use_voice = each["authority"], each["cannot_use_voice"]
        carer.words_for_it = base64.b64decode(each["words"]) if each["words"] else None
        if not each["enrolled"]:
            end_enrolment(session, runtime, family_id=family.id, why="import_undone", now=now)
    session.flush()
    _go_on(session, runtime, row, {each["id"]: each["assigned_to"] for each in changed}, now=now)


def _lift_beside(session: Session, runtime: Runtime, row: BatchRow, *, now: datetime) -> None:
    """Holds of this import on families that are not of it."""
    inside = (
        exists()
        .where(CarerRow.family_id == HoldRow.family_id, ParentRow.ref == CarerRow.ref)
        .where(ParentRow.custody != "released", HoldRow.kind == Kind.CARER_IMPRISONED)
    )
    set_by_it = (HoldRow.set_by == IMPORT, HoldRow.set_at == row.committed_at, HoldRow.lifted_at.is_(None))
    kept = select(FamilyRow.id).where(FamilyRow.first_batch_id == row.id)
    beside = select(HoldRow).where(*set_by_it, HoldRow.family_id.not_in(kept), ~inside).order_by(HoldRow.id)
    for hold in session.scalars(beside).all():
        lift(session, runtime, hold, by=IMPORT, now=now)


def _held_back(session: Session, row: BatchRow) -> int:
    """How many referrals wait for a person since this import held them back."""
    by_it = exists().where(
        EventRow.family_id == ReferralRow.family_id, EventRow.at == row.committed_at,
        EventRow.name == "referral_held", EventRow.actor_id == IMPORT,
    )  # fmt: skip
    waiting = select(func.count()).select_from(ReferralRow).where(ReferralRow.state == State.HELD, by_it)
    return session.scalar(waiting) or 0


def _tasks_done(session: Session, row: BatchRow, family_ids: list[str], *, now: datetime) -> None:
    theirs = or_(TaskRow.family_id.in_(family_ids), TaskRow.subject_id.in_(family_ids))
    of_import = (theirs, TaskRow.made_at == row.committed_at, TaskRow.done_at.is_(None))
    session.execute(update(TaskRow).where(*of_import).values(done_at=now, done_by=IMPORT))


def _go_on(
    session: Session, runtime: Runtime, row: BatchRow, assigned: Mapping[str, str | None], *, now: datetime
) -> None:
    """Enrolments that the import ended go on, where going back has not seen to it already; the calls that are due are
    whose the families are."""
    ended = select(EnrolmentRow).where(
        EnrolmentRow.family_id.in_(assigned), EnrolmentRow.ended_at == row.committed_at,
        EnrolmentRow.state_why != "stopped",
    )  # fmt: skip
    for enrolment in session.scalars(ended.order_by(EnrolmentRow.id)).all():
        family_id = enrolment.family_id
        end_enrolment(session, runtime, family_id=family_id, why="import_undone", now=now)
        take_up_again(session, runtime, enrolment, assigned_to=assigned[family_id], now=now)
    made_now = select(OfferRow).where(OfferRow.family_id.in_(assigned), OfferRow.made_at == now)
    for offer in session.scalars(made_now.where(OfferRow.state == "open")):
        offer.assigned_to = assigned[offer.family_id]
    session.flush()


def _planned_back(record: FamilyRecord, each: dict[str, Any]) -> PlannedFamily:
    return PlannedFamily(
        id=each["id"],
        ref=record.ref,
        area=record.area,
        status=Status.CHANGED,
        sentence="",
        record=record,
        set_holds=tuple(each["lift_holds"]),
        lift_holds=tuple(each["set_holds"]),
    )


def _dated(session: Session, family_ids: list[str], day: str) -> None:
    theirs = update(FamilyRow).where(FamilyRow.id.in_(family_ids))
    session.execute(theirs.values(custody_as_of=date.fromisoformat(day)))
