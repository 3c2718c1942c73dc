"""Whose numbers meet, and who may be one family under two references.

Rules
* A number of two families is never texted automatically; a number of an imprisoned parent, in whichever family,
  is never contacted.
* *Likely the same*: the same carer under two references, or two of three alike (the carer's name, a number, a
  child by birth date and first name). It is flagged for a person and never merged.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

from outreach.domain.intake_record import FamilyRecord

Key = tuple[str, ...]


class Matches:
    """All families that the file and the store know together."""

    def __init__(self, records: Iterable[FamilyRecord]) -> None:
        self._refs: dict[Key, set[str]] = defaultdict(set)
        self._of_parents: set[str] = set()
        for record in records:
            self._of_parents |= record.parent_phones
            for key in _keys(record):
                self._refs[key].add(record.ref)

    def sharing(self, phone: str, ref: str) -> tuple[str, ...]:
        """Other families that this number stands in."""
        return tuple(sorted(self._refs[("phone", phone)] - {ref}))

    def is_parents(self, phone: str) -> bool:
        return phone in self._of_parents

    def likely_the_same(self, record: FamilyRecord) -> tuple[str, ...]:
        same_carer: set[str] = set()
        alike: dict[str, set[str]] = defaultdict(set)
        for key in _keys(record):
            for ref in self._refs[key] - {record.ref}:
                if key[0] == "carer":
                    same_carer.add(ref)
                alike[ref].add(key[0])
        return tuple(sorted(same_carer | {ref for ref, kinds in alike.items() if len(kinds) > 1}))


def _keys(record: FamilyRecord) -> Iterator[Key]:
    yield "carer", record.carer.ref
    yield "name", *name_words(record.carer.name)
    for phone in record.carer.phones:
        yield "phone", phone
    for child in record.children:
        if child.first_name and len(child.born_on) == 10:
            yield "child", child.born_on, *name_words(child.first_name)


def name_words(name: str) -> list[str]:
    """The words of a name without case, accents or order."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return sorted("".join(letter for letter in plain if not unicodedata.combining(letter)).split())
