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

from sqlalchemy import update
from sqlalchemy.orm import Session

from outreach.domain.intake_record import FamilyRecord
from outreach.domain.phone import kind_of
from outreach.store.bulk import Form, Formed, Row, read_where
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.sealing import SERVICE, blinder, cipher_of

NOT_IN_FILE = "not_in_file"
_NUMBER = Form(NumberRow, ("id", "e164", "e164_index", "last4_index", "kind", "is_parents"))


class Numbers:
    """The numbers of one import: found, or made. Nothing is written here but by ``mark_parents``."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._made: dict[str, str] = {}
        self._parents: set[str] = set()

    def ids_of(self, session: Session, records: Iterable[FamilyRecord]) -> tuple[dict[str, str], list[Row | Formed]]:
        """The id of each number of these families, and the rows of those that nobody had yet."""
        parents: set[str] = set()
        phones: dict[str, None] = {}
        for record in records:
            phones |= dict.fromkeys(record.carer.phones)
            theirs = [phone for parent in record.parents for phone in parent.phones]
            if theirs:
                phones |= dict.fromkeys(sorted(theirs))
                parents.update(theirs)
        blind = blinder(session)
        index_of = {phone: blind("e164", phone) for phone in phones}
        known = _found(session, [index for index in index_of.values() if index not in self._made])
        ids: dict[str, str] = {}
        rows: list[Row | Formed] = []
        service = cipher_of(session, SERVICE)
        for phone, index in index_of.items():
            found = known.get(index) or self._made.get(index)
            if found is None:
                found = self._made[index] = self._new_id()
                sealed, last4 = service.seal(phone, "number", "e164", found), blind("last4", phone[-4:])
                rows.append((_NUMBER, (found, sealed, index, last4, kind_of(phone).value, phone in parents)))
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
        found.update(read_where(session, NumberRow, ("e164_index", "id"), key="e164_index", among=part))
    return found


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
