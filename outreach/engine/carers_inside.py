"""Holds families of areas that whoever imports does not work in, because the file says that their carer is imprisoned.

Rules
* What a plan shows is of one's own areas alone; danger does not wait until the other area imports its file.
* Once: where such a hold was set before, people have decided; but for one that an undone import had set.
* Undoing the import lifts them, where nobody who is inside has that carer's reference any more.
"""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from outreach.domain.hold import Kind
from outreach.engine.family_rows import IMPORT, Importing
from outreach.engine.holds import hold_rows
from outreach.engine.refer import hold_unopened
from outreach.runtime import Runtime
from outreach.store.bulk import Rows
from outreach.store.families import CarerRow, FamilyRow, ParentRow
from outreach.store.holds import HoldRow


def hold_carers_inside(session: Session, runtime: Runtime, of: Importing) -> list[str]:
    """Once everything else is written; the families, whose texts are to be locked."""
    if not of.elsewhere:
        return []
    undone = HoldRow.lifted_by.is_not_distinct_from(IMPORT)
    once = exists().where(HoldRow.family_id == FamilyRow.id, HoldRow.kind == Kind.CARER_IMPRISONED, ~undone)
    inside = (
        select(FamilyRow.id)
        .join(CarerRow, CarerRow.family_id == FamilyRow.id)
        .join(ParentRow, ParentRow.ref == CarerRow.ref)
        .where(FamilyRow.area_code.in_(of.elsewhere), FamilyRow.merged_into.is_(None), ~once)
        .where(ParentRow.custody != "released")
        .order_by(FamilyRow.id)
    )
    rows, found = Rows(session), list(dict.fromkeys(session.scalars(inside)))
    for family_id in found:
        rows.add(hold_rows(Kind.CARER_IMPRISONED, family_id=family_id, by=IMPORT, new_id=of.new_id, now=of.now))
        hold_unopened(session, runtime, family_id=family_id, by=IMPORT, now=of.now)
    rows.write(session)
    return found
