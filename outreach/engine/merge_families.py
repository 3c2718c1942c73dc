"""Decides a likely duplicate: two references are one family, or two families; once, and remembered.

Rules
* Merging never loses a no. Whatever either family stopped, refused or had held counts for the one that stays: the
  strictest standing wins, and what they asked for goes with them (``merge_wishes``). What was agreed to does not
  move: a yes was said by whoever was asked, under that reference.
* The family that goes is closed, not deleted: its offers end as *superseded*, its history stays on its own page, and
  what a later file says of its safety goes to the family that stays.
* Its numbers come along with all that is known of them; one that was taken off by people stays off. Whoever the one
  is hidden from does not see the other either.
* Where one of the two is not contacted at all, that one stays.
* Nobody merges over an open call, an alert that nobody has settled, or an area they do not work in.
* Until somebody has decided, whoever knows the one sees nothing of the other either.
* *Two families* is remembered for the two references, whatever later files say. Neither is told of the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from outreach.domain.access import Actor, Permission, require
from outreach.domain.hold import Kind
from outreach.domain.intake_holds import MERGED
from outreach.engine import converse
from outreach.engine.enrol import end_enrolment
from outreach.engine.holds import lift_kinds, set_hold
from outreach.engine.merge_wishes import carry_wishes, wishes_of
from outreach.engine.record_consent import record_consent
from outreach.engine.refer import hold_unopened
from outreach.engine.stops import EVERYTHING
from outreach.runtime import Runtime
from outreach.store import events, numbers
from outreach.store.alerts import AlertRow, TaskRow
from outreach.store.conflicts import ConflictRow, conflicts_of
from outreach.store.consents import standing_of
from outreach.store.conversations import ConversationRow
from outreach.store.duplicates import DuplicateRow, pair_of, pairs_with
from outreach.store.families import LOCKED, FamilyRow
from outreach.store.holds import open_holds
from outreach.store.numbers import FamilyNumberRow
from outreach.store.sealing import unseal
from outreach.store.texts import TextRow

_LEFT_BEHIND = frozenset({Kind.LIKELY_DUPLICATE, Kind.NO_LONGER_LISTED})
"""Holds of the one reference alone."""
ALIKE = "import"
"""Who hid a family that only may be one that a colleague knows."""


@dataclass(frozen=True, slots=True)
class NotDecided:
    why: str


def note_pairs(session: Session, pairs: Iterable[tuple[str, str]], *, now: datetime) -> None:
    """An import found these references alike. A pair that is known already stays as it is."""
    for ref, other in sorted({pair_of(*each) for each in pairs}):
        if session.get(DuplicateRow, (ref, other)) is None:
            session.add(DuplicateRow(ref=ref, other_ref=other, found_at=now))
            session.flush()
            hide_alike(session, ref, now=now)
    session.flush()


def forget_pairs(session: Session, *, found_at: datetime) -> None:
    """The import of that moment is undone: what it found alike, and nobody has decided, it has not found."""
    found = select(DuplicateRow).where(DuplicateRow.found_at == found_at, DuplicateRow.decided.is_(None))
    for pair in session.scalars(found).all():
        session.delete(pair)
        session.flush()
        for family in session.scalars(select(FamilyRow).where(FamilyRow.ref.in_((pair.ref, pair.other_ref)))).all():
            _show_again(session, family)


def hide_alike(session: Session, ref: str, *, now: datetime) -> list[tuple[FamilyRow, str]]:
    """Until somebody has decided, whoever knows the one of a pair does not see the other: who was hidden, from whom."""
    hidden: list[tuple[FamilyRow, str]] = []
    for pair in pairs_with(session, ref):
        both = session.scalars(select(FamilyRow).where(FamilyRow.ref.in_((pair.ref, pair.other_ref)))).all()
        if pair.decided is not None or len(both) != 2:
            continue
        for family, other in (both, reversed(both)):
            for row, _ in conflicts_of(session, family.id):
                if session.get(ConflictRow, (row.staff_id, other.id)) is None:
                    session.add(
                        ConflictRow(
                            staff_id=row.staff_id, family_id=other.id, kind=row.kind, set_by=ALIKE, set_at=now
                        )
                    )  # fmt: skip
                    hidden.append((other, row.staff_id))
        session.flush()
    return hidden


def _show_again(session: Session, family: FamilyRow) -> None:
    """It is a family of its own: who was kept from it only because it was alike sees it again."""
    if any(pair.decided is None for pair in pairs_with(session, family.ref)):
        return
    only_alike = (ConflictRow.family_id == family.id, ConflictRow.set_by == ALIKE)
    session.execute(delete(ConflictRow).where(*only_alike))


def tell_apart(runtime: Runtime, actor: Actor, *, family_id: str, other_id: str) -> NotDecided | None:
    """Two families, and never asked again."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        found = _both(session, actor, family_id, other_id)
        if isinstance(found, NotDecided):
            return found
        _decide(session, found, "different", by=actor.id, now=now)
        for family in found:
            _show_again(session, family)
            _ask_no_more(session, runtime, family, by=actor.id, now=now)
            _note(session, runtime, "families_told_apart", family, found, by=actor.id, now=now)
    return None


def merge_families(runtime: Runtime, actor: Actor, *, stays_id: str, goes_id: str) -> NotDecided | None:
    """One family: ``stays_id`` goes on with everything that forbids, and ``goes_id`` is closed."""
    now = runtime.now()
    with runtime.sessions.begin() as session:
        found = _both(session, actor, stays_id, goes_id)
        if isinstance(found, NotDecided):
            return found
        stays, goes = found
        why_not = _in_the_way(session, stays, goes)
        if why_not is not None:
            return why_not
        for number_id in sorted(
            session.scalars(
                select(FamilyNumberRow.number_id).where(FamilyNumberRow.family_id.in_([stays.id, goes.id])).distinct()
            )
        ):
            numbers.lock(session, number_id)
        wishes = wishes_of(session, goes.id)
        _close(session, runtime, goes, into=stays, now=now)
        _carry_numbers(session, stays, goes, now=now)
        _carry_holds(session, runtime, stays, goes, now=now)
        _carry_noes(session, runtime, stays, goes, by=actor.id, now=now)
        carry_wishes(session, runtime, stays, goes, wishes, by=actor.id, now=now)
        _carry_conflicts(session, stays, goes, by=actor.id)
        _decide(session, found, "same", by=actor.id, now=now)
        for pair in pairs_with(session, goes.ref):
            if pair.decided is None:  # whoever else it was alike with is asked of the one that stays
                other = pair.other_ref if pair.ref == goes.ref else pair.ref
                pair.decided, pair.decided_by, pair.decided_at = "same", actor.id, now
                note_pairs(session, [(stays.ref, other)], now=now)
        for family in found:
            _ask_no_more(session, runtime, family, by=actor.id, now=now)
            _note(session, runtime, "families_merged", family, found, by=actor.id, now=now)
    return None


def tell_who_stays(
    session: Session,
    runtime: Runtime,
    family: FamilyRow,
    *,
    kinds: Iterable[Kind],
    excluded: str | None,
    by: str,
    now: datetime,
) -> None:
    """A later file says something of a merged reference: what forbids contact goes to the family that stays, in the
    same transaction."""
    if family.merged_into is None:
        return
    for kind in kinds:
        if kind not in _LEFT_BEHIND:
            set_hold(session, runtime, family_id=family.merged_into, kind=kind, by=by, now=now)
    stays = session.get_one(FamilyRow, family.merged_into)
    if excluded and not stays.excluded_why:
        stays.excluded_why = excluded
        hold_unopened(session, runtime, family_id=stays.id, by=by, now=now)
        end_enrolment(session, runtime, family_id=stays.id, why=excluded, now=now)


def _both(session: Session, actor: Actor, family_id: str, other_id: str) -> tuple[FamilyRow, FamilyRow] | NotDecided:
    found: dict[str, FamilyRow] = {}
    for each in sorted((family_id, other_id)):
        row = session.get(FamilyRow, each, with_for_update=LOCKED)
        if row is None:
            return NotDecided("There is no such family any more.")
        require(actor, Permission.FAMILY_ASSIGN, area=row.area_code, family=row.id)
        found[each] = row
    first, second = found[family_id], found[other_id]
    pair = session.get(DuplicateRow, pair_of(first.ref, second.ref), with_for_update=True)
    if pair is None:
        return NotDecided("Nothing says that these two may be one family.")
    if pair.decided is not None:
        return NotDecided("Somebody decided this already.")
    return first, second


def _in_the_way(session: Session, stays: FamilyRow, goes: FamilyRow) -> NotDecided | None:
    ids = [stays.id, goes.id]
    if stays.merged_into or goes.merged_into:
        return NotDecided("One of them was merged into another family already.")
    if goes.excluded_why and not stays.excluded_why:
        return NotDecided(f"This service does not contact {goes.ref}. Keep that one, so that it stays so.")
    open_call = select(ConversationRow.id).where(
        ConversationRow.family_id.in_(ids), ConversationRow.kind != "text", ConversationRow.state != "ended"
    )
    if session.scalars(open_call.limit(1)).first() is not None:
        return NotDecided("A call with one of them is not finished. Finish it first.")
    danger = select(AlertRow.id).where(AlertRow.family_id.in_(ids), AlertRow.settled_at.is_(None))
    if session.scalars(danger.limit(1)).first() is not None:
        return NotDecided("There is an alert about one of them that nobody has settled. Settle it first.")
    return None


def _close(session: Session, runtime: Runtime, goes: FamilyRow, *, into: FamilyRow, now: datetime) -> None:
    end_enrolment(session, runtime, family_id=goes.id, why=MERGED, now=now)
    converse.break_off_all(session, runtime, family_id=goes.id, why=MERGED, now=now)
    hold_unopened(session, runtime, family_id=goes.id, by="system", now=now)
    theirs = (TextRow.family_id == goes.id, TextRow.state == "waiting")
    session.execute(update(TextRow).where(*theirs).values(state="dropped", waits_for=MERGED))
    open_tasks = (TaskRow.family_id == goes.id, TaskRow.done_at.is_(None))
    session.execute(update(TaskRow).where(*open_tasks).values(done_at=now, done_by="system"))
    goes.excluded_why, goes.merged_into, goes.assigned_to, goes.assigned_at = MERGED, into.id, None, None


def _carry_numbers(session: Session, stays: FamilyRow, goes: FamilyRow, *, now: datetime) -> None:
    links = {
        family.id: {
            row.number_id: row
            for row in session.scalars(select(FamilyNumberRow).where(FamilyNumberRow.family_id == family.id))
        }
        for family in (stays, goes)
    }
    last = max((row.position for row in links[stays.id].values()), default=0)
    for link in sorted(links[goes.id].values(), key=lambda each: each.position):
        theirs = links[stays.id].get(link.number_id)
        if theirs is None:
            last += 1
            session.add(
                FamilyNumberRow(
                    family_id=stays.id,
                    number_id=link.number_id,
                    position=last,
                    off_at=link.off_at,
                    off_why=link.off_why,
                )
            )
        elif theirs.off_at is None and link.off_at is not None and link.off_why != "not_in_file":
            theirs.off_at, theirs.off_why = link.off_at, link.off_why
        if link.off_at is None:
            link.off_at, link.off_why = now, MERGED
    session.flush()


def _carry_holds(session: Session, runtime: Runtime, stays: FamilyRow, goes: FamilyRow, *, now: datetime) -> None:
    for row in open_holds(session, goes.id):
        kind = Kind(row.kind)
        if kind in _LEFT_BEHIND or (row.until is not None and row.until <= now):
            continue
        why = unseal(session, row.why, key_id=goes.id, table="hold", column="why", row_id=row.id)
        set_hold(
            session, runtime, family_id=stays.id, kind=kind, by=row.set_by, now=now, why=why, until=row.until
        )  # fmt: skip


def _carry_noes(
    session: Session, runtime: Runtime, stays: FamilyRow, goes: FamilyRow, *, by: str, now: datetime
) -> None:
    ours, theirs = standing_of(session, stays.id), standing_of(session, goes.id)
    missing = theirs.stopped - ours.stopped
    said: list[tuple[str, str, str | None]] = [
        ("contact", channel, None) for channel in (["any"] if missing >= EVERYTHING else sorted(missing))
    ]
    said += [("refer", "any", partner) for partner in sorted(theirs.refused - ours.refused)]
    for purpose, channel, partner_id in said:
        record_consent(
            session, runtime, family_id=stays.id, purpose=purpose, channel=channel, value="withdrawn", by=by,
            how=MERGED, partner_id=partner_id, now=now,
        )  # fmt: skip
    if said:
        hold_unopened(session, runtime, family_id=stays.id, by=by, now=now)
    if standing_of(session, stays.id).stopped >= EVERYTHING:
        end_enrolment(session, runtime, family_id=stays.id, why="stopped", outcome="stopped", now=now)


def _carry_conflicts(session: Session, stays: FamilyRow, goes: FamilyRow, *, by: str) -> None:
    """Who knows the one knows the other: it is hidden from them too."""
    only_alike = (ConflictRow.family_id.in_([stays.id, goes.id]), ConflictRow.set_by == ALIKE)
    session.execute(update(ConflictRow).where(*only_alike).values(set_by=by))
    for row, _ in conflicts_of(session, goes.id):
        if session.get(ConflictRow, (row.staff_id, stays.id)) is None:
            session.add(
                ConflictRow(
                    staff_id=row.staff_id, family_id=stays.id, kind=row.kind, set_by=row.set_by, set_at=row.set_at
                )
            )
    session.flush()


def _decide(session: Session, found: tuple[FamilyRow, FamilyRow], decided: str, *, by: str, now: datetime) -> None:
    pair = session.get_one(DuplicateRow, pair_of(found[0].ref, found[1].ref))
    pair.decided, pair.decided_by, pair.decided_at = decided, by, now
    session.flush()


def _ask_no_more(session: Session, runtime: Runtime, family: FamilyRow, *, by: str, now: datetime) -> None:
    """Once no pair of a family waits, its hold ends and its task is done."""
    if any(pair.decided is None for pair in pairs_with(session, family.ref)):
        return
    lift_kinds(session, runtime, family_id=family.id, kinds={Kind.LIKELY_DUPLICATE}, by=by, now=now)
    asked = (TaskRow.kind == "duplicate", TaskRow.subject_id == family.id, TaskRow.done_at.is_(None))
    session.execute(update(TaskRow).where(*asked).values(done_at=now, done_by=by))


def _note(
    session: Session, runtime: Runtime, name: str, family: FamilyRow, found: tuple[FamilyRow, FamilyRow], *, by: str,
    now: datetime,
) -> None:  # fmt: skip
    events.note(
        session, name, id=runtime.new_id(), at=now, actor_id=by, family_id=family.id,
        subjects=[each.id for each in found],
    )  # fmt: skip
