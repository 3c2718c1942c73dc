"""What a recognition file says about one family, whole: the value that one month is compared with the next.

Rules
* Everything here comes from the file and nothing else; what people or texts added lives in the store.
* Phones are E.164. A birth date is as precise as the file was: ``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``.
* An empty text means that the file did not say. Tuples are sorted, but the phones: those stand as the file
  ranks them.
* In JSON a record is the list of its fields, so that a month of them is written and read in a fraction of the time:
  a new field goes to the end, with a default, and none is ever moved.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import NamedTuple

from pydantic import TypeAdapter


class ParentRecord(NamedTuple):
    """An imprisoned parent: never a name. ``phones`` are kept only so that they are never contacted."""

    ref: str
    imprisoned_on: date
    custody: str
    """``remand``, ``sentenced`` or ``released``."""
    custody_as_of: date
    sex: str = ""
    phones: tuple[str, ...] = ()

    @property
    def released(self) -> bool:
        return self.custody == "released"


class ChildRecord(NamedTuple):
    ref: str
    born_on: str
    first_name: str = ""
    sex: str = ""
    open_to: str = "unknown"
    """One of ``intake_columns.OPEN_TO``; where the file said nothing, ``none`` if the checks are complete."""
    social_worker: str = ""
    social_worker_email: str = ""
    parent_refs: tuple[str, ...] = ()


class CarerRecord(NamedTuple):
    ref: str
    name: str
    relationship: str
    phones: tuple[str, ...] = ()
    language: str = "en"
    """BCP 47 tag."""
    interpreter: bool = False
    postcode: str = ""


class FamilyRecord(NamedTuple):
    """One household around one carer.

    ``holds`` and ``careful`` are the codes of the column ``hold``, parted by what they mean: no contact until
    lifted, or contact by a named, trained practitioner only. ``deceased`` holds any of ``parent``, ``carer``,
    ``child``. ``rejected_rows`` is true while a row of the family could not be read, and ``to_mend`` names those rows
    by child and parent (``K001 / P001``); ``disagreements`` names the columns in which its rows contradict each other.
    """

    ref: str
    area: str
    carer: CarerRecord
    children: tuple[ChildRecord, ...]
    parents: tuple[ParentRecord, ...]
    checks: str
    holds: tuple[str, ...] = ()
    careful: tuple[str, ...] = ()
    deceased: tuple[str, ...] = ()
    supported_before: str = ""
    rejected_rows: bool = False
    to_mend: tuple[str, ...] = ()
    disagreements: tuple[str, ...] = ()

    @property
    def imprisoned_on(self) -> date:
        """The anchor: with two imprisoned parents, the later imprisonment."""
        if len(self.parents) == 1:
            return self.parents[0].imprisoned_on
        return max(parent.imprisoned_on for parent in self.parents)

    @property
    def released(self) -> bool:
        """Only when every imprisoned parent is."""
        return {parent.custody for parent in self.parents} == {"released"}

    @property
    def custody(self) -> str:
        """``released`` only when all are; else that of the parent imprisoned last among those inside."""
        if len(self.parents) == 1:
            return self.parents[0].custody
        inside = [parent for parent in self.parents if not parent.released]
        return max(inside, key=lambda parent: (parent.imprisoned_on, parent.ref)).custody if inside else "released"

    @property
    def custody_as_of(self) -> date:
        """The oldest knowledge counts: texts wait when any of it is stale."""
        if len(self.parents) == 1:
            return self.parents[0].custody_as_of
        return min(parent.custody_as_of for parent in self.parents)

    @property
    def open_to(self) -> str:
        """The strictest of the children's."""
        return max([child.open_to for child in self.children], key=OPEN_TO_STRICTNESS.index)

    @property
    def parent_phones(self) -> frozenset[str]:
        return frozenset(phone for parent in self.parents for phone in parent.phones)


OPEN_TO_STRICTNESS: tuple[str, ...] = (
    "none",
    "unknown",
    "early_help",
    "child_in_need",
    "child_protection",
    "child_we_care_for",
)
"""From the least to the strictest. Knowing of help that is open beats not knowing."""

_JSON: TypeAdapter[FamilyRecord] = TypeAdapter(FamilyRecord)


def record_to_json(record: FamilyRecord) -> str:
    return _JSON.dump_json(record).decode()


def record_from_json(text: str) -> FamilyRecord:
    return _JSON.validate_json(text)


def fingerprint(text: str) -> str:
    """SHA-256 in hex of a record's JSON. Holds personal words in no readable form."""
    return hashlib.sha256(text.encode()).hexdigest()
