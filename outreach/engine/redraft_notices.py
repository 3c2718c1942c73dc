"""The notices of a family that a later file has changed: whoever was told is told again only of something new.

Rules
* A draft that nobody approved is made anew. A child is told of once for an imprisonment, unless it weighs more now, or
  has a social worker by name who was not told. Nobody new is told where a coordinator dropped the notice.
* A date of imprisonment that is put right is the same imprisonment: what was told of it counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

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
    standing: Iterable[NoticeRow],
    *,
    family_id: str,
    batch_id: str,
    cipher: Cipher,
    new_id: Callable[[], str],
    now: datetime,
) -> list[Row]:
    """What a changed family's record gives that nobody was told of yet, as rows. ``standing``: its notices so far."""
    drafts = notice.drafts_for(record, area.notice_thresholds)
    same = (before.area, before.imprisoned_on) == (record.area, record.imprisoned_on)
    if same and drafts == notice.drafts_for(before, area.notice_thresholds):
        return []
    put_right = not imprisoned_anew(before, record)
    told: dict[str, list[_Notice]] = defaultdict(list)
    for row in standing:
        if row.state == "drafted":
            session.delete(row)
            continue
        if put_right and row.imprisoned_on == before.imprisoned_on:
            row.imprisoned_on = record.imprisoned_on
        if row.imprisoned_on == record.imprisoned_on:
            to = notice.Told(_opened(cipher, row, "recipient"), _opened(cipher, row, "address"))
            for child in row.children:
                told[child].append(_Notice(row.why, row.state, row.answer, to))
    return list(
        notice_rows(
            list(_fresh(drafts, told)), record, area, family_id=family_id, batch_id=batch_id, cipher=cipher,
            new_id=new_id, now=now,
        )
    )  # fmt: skip


class _Notice(NamedTuple):
    """A notice about a child, of the same imprisonment, which was approved or dropped."""

    why: str
    state: str
    answer: str | None
    to: notice.Told


def _fresh(drafts: Iterable[notice.Draft], told: Mapping[str, Sequence[_Notice]]) -> Iterator[notice.Draft]:
    for draft in drafts:
        before = [told.get(child.ref, ()) for child in draft.children]
        if any(_is_news(draft, of_child) for of_child in before):
            yield draft
        elif any(_is_somebody_new(draft, of_child) for of_child in before):
            agreed = all(each.answer == "go_ahead" for of_child in before for each in of_child)
            yield replace(draft, waits=draft.waits and not agreed)


def _is_news(draft: notice.Draft, of_child: Sequence[_Notice]) -> bool:
    return all(notice.stricter(draft.why, each.why) for each in of_child)


def _is_somebody_new(draft: notice.Draft, of_child: Sequence[_Notice]) -> bool:
    known = any(each.state == "dropped" or each.to.is_to(draft) for each in of_child)
    return not draft.front_door and not known


def _opened(cipher: Cipher, row: NoticeRow, column: str) -> str:
    sealed = getattr(row, column)
    return cipher.unseal_bytes(sealed, "notice", column, row.id).decode() if sealed else ""
