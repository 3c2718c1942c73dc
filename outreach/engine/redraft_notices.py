"""The notices of a family that a later file has changed: whoever was told is told again only of something new.

Rules
* A draft that nobody approved is made anew. A child is told of once for an imprisonment, unless it weighs more now.
* A date of imprisonment that is put right is the same imprisonment: what was told of it counts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain import notice
from outreach.domain.intake_holds import imprisoned_anew
from outreach.domain.intake_record import FamilyRecord
from outreach.engine.notice_rows import notice_rows
from outreach.store.areas import AreaRow
from outreach.store.bulk import Row
from outreach.store.notices import NoticeRow
from outreach.store.sealing import Cipher


def redrafted(
    session: Session,
    record: FamilyRecord,
    before: FamilyRecord,
    area: AreaRow,
    *,
    family_id: str,
    batch_id: str,
    cipher: Cipher,
    new_id: Callable[[], str],
    now: datetime,
) -> list[Row]:
    """What a changed family's record gives that nobody was told of yet, as rows."""
    drafts = notice.drafts_for(record, area.notice_thresholds)
    same = (before.area, before.imprisoned_on) == (record.area, record.imprisoned_on)
    if same and drafts == notice.drafts_for(before, area.notice_thresholds):
        return []
    put_right = not imprisoned_anew(before, record)
    told: dict[str, str] = {}
    for row in session.scalars(select(NoticeRow).where(NoticeRow.family_id == family_id)):
        if row.state == "drafted":
            session.delete(row)
            continue
        if put_right and row.imprisoned_on == before.imprisoned_on:
            row.imprisoned_on = record.imprisoned_on
        if row.imprisoned_on == record.imprisoned_on:
            for child in row.children:
                if child not in told or notice.stricter(row.why, told[child]):
                    told[child] = row.why
    fresh = [
        draft
        for draft in drafts
        if any(each.ref not in told or notice.stricter(draft.why, told[each.ref]) for each in draft.children)
    ]
    return list(
        notice_rows(
            fresh, record, area, family_id=family_id, batch_id=batch_id, cipher=cipher, new_id=new_id, now=now
        )
    )  # fmt: skip
