"""The phone numbers of an imported family: rows of their own, found again by their blind index.

Rules
* A number is never doubled, never loses a stop, and what people learnt about it on a call outlives the file.
* A number that the file no longer has is taken off the family, unless somebody was spoken to on it.
* A number taken off by people or replies (lost, compromised) does not come back because a file still has it.
* Another carer: numbers that the new file lacks are taken off, the others count as unverified, and what the last
  carer said of them (voicemail, safe times, whether shared) is forgotten.
* An imprisoned parent's number is kept only to be known as such.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.intake_record import FamilyRecord
from outreach.domain.phone import Phone, parse_phone
from outreach.runtime import Runtime
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.sealing import SERVICE, blind, load_keys, seal

NOT_IN_FILE = "not_in_file"


class Numbers:
    """The numbers of one import, by E.164: found or made at once, so that bulk work asks the database a few times."""

    def __init__(self, session: Session, runtime: Runtime, records: Iterable[FamilyRecord]) -> None:
        self._session = session
        self._rows: dict[str, NumberRow] = {}
        parents: set[str] = set()
        phones: dict[str, None] = {}
        for record in records:
            phones |= dict.fromkeys((*record.carer.phones, *sorted(record.parent_phones)))
            parents |= record.parent_phones
        load_keys(session, [SERVICE])
        wanted = {blind(session, "e164", phone): phone for phone in phones}
        indexes = sorted(wanted)
        for start in range(0, len(indexes), 500):
            part = indexes[start : start + 500]
            for row in session.scalars(select(NumberRow).where(NumberRow.e164_index.in_(part))):
                self._rows[wanted[row.e164_index]] = row
        for index, phone in wanted.items():
            if phone not in self._rows:
                self._rows[phone] = _made(session, phone, index=index, number_id=runtime.new_id())
        for phone in parents:
            self._rows[phone].is_parents = True
        session.add_all(self._rows.values())
        session.flush()

    def of_new(self, family_id: str, record: FamilyRecord) -> list[dict[str, Any]]:
        """The links of a family that has none yet, as values of ``FamilyNumberRow``."""
        return [
            {"family_id": family_id, "number_id": self._rows[phone].id, "position": position}
            for position, phone in enumerate(record.carer.phones, 1)
        ]

    def link(self, family_id: str, record: FamilyRecord, *, another_carer: bool, now: datetime) -> None:
        """Bring the numbers of a family to what ``record`` says."""
        links = {
            row.number_id: row
            for row in self._session.scalars(select(FamilyNumberRow).where(FamilyNumberRow.family_id == family_id))
        }
        listed = [self._rows[phone] for phone in record.carer.phones]
        for position, number in enumerate(listed, 1):
            link = links.get(number.id)
            if link is None:
                link = FamilyNumberRow(family_id=family_id, number_id=number.id, position=position)
                self._session.add(link)
            elif link.off_why in (None, NOT_IN_FILE):
                link.position, link.off_at, link.off_why = position, None, None
            if another_carer and number.standing == "verified":
                number.standing, number.level, number.verified_at, number.verified_by = "unverified", 0, None, None
            if another_carer:
                number.shared, number.voicemail = "unknown", "unknown"
                number.private_times, number.exit_phrase = None, None
        self._take_off(links, {number.id for number in listed}, another_carer=another_carer, now=now)
        self._session.flush()

    def _take_off(
        self, links: dict[str, FamilyNumberRow], listed: set[str], *, another_carer: bool, now: datetime
    ) -> None:
        rest = [link for number_id, link in links.items() if number_id not in listed and link.off_at is None]
        for place, link in enumerate(sorted(rest, key=lambda each: each.position), len(listed) + 1):
            number = self._session.get_one(NumberRow, link.number_id)
            if another_carer or number.standing != "verified":
                link.off_at, link.off_why = now, NOT_IN_FILE
            else:
                link.position = place


def _made(session: Session, e164: str, *, index: str, number_id: str) -> NumberRow:
    phone = parse_phone(e164, fictional_allowed=True)
    return NumberRow(
        id=number_id,
        e164=seal(session, e164, key_id=SERVICE, table="number", column="e164", row_id=number_id),
        e164_index=index,
        last4_index=blind(session, "last4", e164[-4:]),
        kind=phone.kind.value if isinstance(phone, Phone) else "other",
    )
