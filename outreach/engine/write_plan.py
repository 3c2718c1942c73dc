"""Writes the families of an accepted plan: the new, the changed, the gone, and what is done for all of them at once.

Rules
* Rows of new families are made beside the transaction that writes them, of as many families at a time as stand in a
  part of the plan; those of known families in it (``keep_family``).
* What stood before is kept, so that the import can be undone (``keep_undo``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from outreach.domain.access import Actor
from outreach.domain.import_plan import Plan, Status
from outreach.domain.intake import Progress
from outreach.engine.assign import land_with_champions
from outreach.engine.carers_inside import hold_carers_inside
from outreach.engine.family_rows import Importing, rows_of_new
from outreach.engine.keep_enrolment import keep_stops_met
from outreach.engine.keep_family import Keeping
from outreach.engine.keep_numbers import Numbers
from outreach.engine.keep_undo import Undoing
from outreach.engine.known_families import areas_of
from outreach.engine.merge_families import note_pairs
from outreach.engine.remember_columns import remember_columns
from outreach.engine.tasks import open_task
from outreach.runtime import Runtime, in_batches
from outreach.store.areas import areas
from outreach.store.batches import BatchRow
from outreach.store.bulk import Rows, write_all
from outreach.store.cadences import in_use
from outreach.store.sealing import NewKeys, blinder


def importing(
    session: Session, runtime: Runtime, actor: Actor, *, batch_id: str, late: str | None, now: datetime
) -> Importing:
    """What the families of this commit have in common, read before anything is locked."""
    return Importing(
        batch_id=batch_id,
        by=actor.id,
        late=late,
        now=now,
        new_id=runtime.new_id,
        blind=blinder(session),
        keys=NewKeys(session, now=now),
        areas=areas(session),
        cadences=in_use(session),
        elsewhere=frozenset(areas(session)) - areas_of(session, actor).keys(),
    )


def rows_of_all_new(session: Session, plan: Plan, numbers: Numbers, of: Importing) -> Iterator[Rows]:
    """The rows of the new families, of as many at a time as stand in a part of the plan."""
    of = replace(of, new_id=in_batches(of.new_id))
    for chunk in plan.with_status(Status.NEW).chunks():
        ids, made = numbers.ids_of(session, [family.record for family in chunk if family.record is not None])
        rows = Rows(session)
        rows.add(made)
        for family in chunk:
            rows.add(rows_of_new(family, ids, of))
            of.alike.extend((family.ref, other) for other in family.duplicate_of)
        yield rows


def write_plan(
    session: Session,
    runtime: Runtime,
    row: BatchRow,
    plan: Plan,
    made: Iterable[Rows],
    numbers: Numbers,
    of: Importing,
    progress: Progress | None,
) -> None:
    """Write what a plan says of its families, in the caller's transaction. ``made`` are the rows of the new ones, which
    are written while the next are made."""
    done, in_all = 0, len(plan.families)

    def tell(families: int) -> None:
        nonlocal done
        done += families
        if progress is not None:
            progress(done, in_all)

    undoing = Undoing(session, row)
    keeping = Keeping(session, runtime, numbers, of)
    for part, _ in zip(plan.with_status(Status.NEW).parts, write_all(session, made), strict=True):
        tell(part.count)
    for status in (Status.CHANGED, Status.RELEASED):
        for chunk in plan.with_status(status).chunks():
            undoing.keep(keeping.changed(chunk))
            tell(len(chunk))
    for chunk in plan.with_status(Status.NO_LONGER_LISTED).chunks():
        undoing.keep(keeping.gone(chunk))
        tell(len(chunk))
    for chunk in plan.with_status(Status.UNCHANGED).chunks():
        undoing.keep_dates(keeping.unchanged(chunk))
        tell(len(chunk))
    numbers.mark_parents(session)
    keep_stops_met(session, runtime, of)
    keeping.held.update(hold_carers_inside(session, runtime, of))
    keeping.finish()
    note_pairs(session, of.alike, now=of.now)
    land_with_champions(session, runtime, batch_id=row.id, now=of.now)
    for (area, first), tied in of.ties.items():
        open_task(
            session, runtime, kind="cadence_tie", subject_id=min(first, *tied), family_id=None, area_code=area,
            now=of.now, data={"cadences": sorted((first, *tied))},
        )  # fmt: skip
    remember_columns(session, runtime, row.id, by=of.by, now=of.now)
    undoing.close(new=len(plan.with_status(Status.NEW)))
