"""The notices that a family's record asks for, as rows: pure, for one family or very many.

What is said is sealed under the family's key; the event beside each holds codes only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from outreach.domain import notice
from outreach.domain.intake_record import FamilyRecord
from outreach.gateway.mail import domain_of
from outreach.store.areas import AreaRow
from outreach.store.bulk import Row
from outreach.store.events import EventRow
from outreach.store.notices import NoticeRow
from outreach.store.sealing import Cipher


def notice_rows(
    drafts: Sequence[notice.Draft],
    record: FamilyRecord,
    area: AreaRow,
    *,
    family_id: str,
    batch_id: str,
    cipher: Cipher,
    new_id: Callable[[], str],
    now: datetime,
) -> Iterator[Row]:
    for draft in drafts:
        row_id = new_id()
        address = draft.address
        if draft.front_door and area.front_door and domain_of(area.front_door):
            address = area.front_door
        words = notice.body(draft, team=area.team_name, area=area.name, imprisoned_on=record.imprisoned_on)
        yield (
            NoticeRow,
            {
                "id": row_id,
                "family_id": family_id,
                "area_code": record.area,
                "imprisoned_on": record.imprisoned_on,
                "children": [child.ref for child in draft.children],
                "why": draft.why,
                "waits": draft.waits,
                "front_door": draft.front_door,
                "recipient": cipher.seal(draft.worker, "notice", "recipient", row_id) if draft.worker else None,
                "address": cipher.seal(address, "notice", "address", row_id) if address else None,
                "body": cipher.seal(words, "notice", "body", row_id),
                "state": "drafted",
                "batch_id": batch_id,
                "made_at": now,
            },
        )
        yield (
            EventRow,
            {
                "id": new_id(),
                "at": now,
                "name": "notice_drafted",
                "actor_id": "import",
                "family_id": family_id,
                "subjects": [row_id],
                "data": {"why": draft.why, "front_door": draft.front_door},
            },
        )
