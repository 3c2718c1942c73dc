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

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.domain.intake_record import FamilyRecord
from outreach.domain.phone import Phone, parse_phone
from outreach.store.bulk import Row
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.sealing import SERVICE, blind, cipher_of

NOT_IN_FILE = "not_in_file"


class Numbers:
    """The numbers of one import: found, or made. Nothing is written here but by ``mark_parents``."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._made: dict[str, str] = {}
        self._parents: set[str] = set()

    def ids_of(self, session: Session, records: Iterable[FamilyRecord]) -> tuple[dict[str, str], list[Row]]:
        """The id of each number of these families, and the rows of those that nobody had yet."""
        parents: set[str] = set()
        phones: dict[str, None] = {}
        for record in records:
            phones |= dict.fromkeys((*record.carer.phones, *sorted(record.parent_phones)))
            parents |= record.parent_phones
        index_of = {phone: blind(session, "e164", phone) for phone in phones}
        known = _found(session, [index for index in index_of.values() if index not in self._made])
        ids: dict[str, str] = {}
        rows: list[Row] = []
        for phone, index in index_of.items():
            found = known.get(index) or self._made.get(index)
            if found is None:
                found = self._made[index] = self._new_id()
                rows.append((NumberRow, _number(session, found, phone, index) | {"is_parents": phone in parents}))
            elif phone in parents:
                self._parents.add(found)
            ids[phone] = found
        return ids, rows

    def mark_parents(self, session: Session) -> None:
        """Numbers that were there already, and are an imprisoned parent's."""
        for part in parts(sorted(self._parents)):
            of_parents = update(NumberRow).where(NumberRow.id.in_(part), NumberRow.is_parents.is_(False))
            session.execute(of_parents.values(is_parents=True))


def _found(session: Session, indexes: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in parts(sorted(indexes)):
        query = select(NumberRow.e164_index, NumberRow.id).where(NumberRow.e164_index.in_(part))
        found.update((index, number_id) for index, number_id in session.execute(query))
    return found


def _number(session: Session, number_id: str, e164: str, index: str) -> dict[str, object]:
    phone = parse_phone(e164, fictional_allowed=True)
    return {
        "id": number_id,
        "e164": cipher_of(session, SERVICE).seal(e164, "number", "e164", number_id),
        "e164_index": index,
        "last4_index": blind(session, "last4", e164[-4:]),
        "kind": phone.kind.value if isinstance(phone, Phone) else "other",
    }


def link_numbers(
    session: Session,
    family_id: str,
    record: FamilyRecord,
    ids: Mapping[str, str],
    standing: Iterable[FamilyNumberRow],
    *,
    another_carer: bool,
    now: datetime,
) -> None:
    """Bring the numbers of a known family, which are ``standing``, to what ``record`` says."""
    links = {row.number_id: row for row in standing}
    listed = [ids[phone] for phone in record.carer.phones]
    for position, number_id in enumerate(listed, 1):
        link = links.get(number_id)
        if link is None:
            session.add(FamilyNumberRow(family_id=family_id, number_id=number_id, position=position))
        elif link.off_why in (None, NOT_IN_FILE):
            link.position, link.off_at, link.off_why = position, None, None
        if another_carer:
            _begin_anew(session.get_one(NumberRow, number_id))
    rest = [link for number_id, link in links.items() if number_id not in listed and link.off_at is None]
    for place, link in enumerate(sorted(rest, key=lambda each: each.position), len(listed) + 1):
        number = session.get_one(NumberRow, link.number_id)
        if another_carer or number.standing != "verified":
            link.off_at, link.off_why = now, NOT_IN_FILE
        else:
            link.position = place


def _begin_anew(number: NumberRow) -> None:
    if number.standing == "verified":
        number.standing, number.level, number.verified_at, number.verified_by = "unverified", 0, None, None
    number.shared, number.voicemail = "unknown", "unknown"
    number.private_times, number.exit_phrase = None, None


def parts(ids: list[str], size: int = 500) -> Iterator[list[str]]:
    """As many at a time as one statement takes well."""
    return (ids[start : start + size] for start in range(0, len(ids), size))
