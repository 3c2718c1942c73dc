"""What in a family's record keeps it from being contacted, and what of that a later file can mend by itself.

Rules
* A hold of the column ``hold``, a release, a death and a change of carer are lifted by people only.
* A hold that only says *the file is not complete* ends when a later file completes it (``MENDED_BY_FILE``).
* Holds come from the record alone, so that a hold lifted by a person is not set again by the same record. What was
  decided for one imprisonment does not stand for the next: then every hold of the file is set again.
* Pending checks are no hold of their own: the gate reads them off the family.
* Who has had support already is held by nothing; nothing is offered either, until the family asks.
* A foster carer or a child we care for: no family contact at all; the local authority is told. After a death
  all automation ends and a person decides.
* What people learnt of this, on a call or when two references were found to be one family, outlives every file, as a
  death does. A foster carer they learnt of goes with her: of another carer, the file is believed.
* What a file said of it and a later one takes back ends behind a hold: a person decides. Another carer is held anyway.
"""

from __future__ import annotations

from collections.abc import Iterable

from outreach.domain.hold import RULES, Kind, Weight
from outreach.domain.intake_record import FamilyRecord

CAREFUL: frozenset[str] = frozenset(kind.value for kind, rule in RULES.items() if rule.weight is Weight.CAREFUL)

MENDED_BY_FILE: frozenset[Kind] = frozenset(
    {Kind.ROW_TO_MEND, Kind.ROWS_DISAGREE, Kind.NO_LONGER_LISTED, Kind.OPEN_TO_UNKNOWN}
)

MERGED = "merged"
"""A person found it to be one with another family."""
EXCLUDED: dict[str, str] = {
    "foster_carer": "the carer is a foster carer; tell the local authority",
    "child_we_care_for": "a child is cared for by the local authority; tell them instead",
    "deceased": "somebody in the family has died; a person decides",
    "merged": "it was merged with another family, which goes on in its stead",
}
"""Why there is no family contact at all, as a sentence goes on."""


def holds_of(record: FamilyRecord) -> tuple[Kind, ...]:
    """The holds that this record gives by itself, careful contact among them, in the order of ``Kind``."""
    helped = {child.open_to for child in record.children}
    found: set[str] = {*record.holds, *record.careful}
    if "child_protection" in helped or "live_safeguarding" in record.holds:
        found.add(Kind.SOCIAL_WORKER_FIRST)
    if record.released:
        found.add(Kind.RELEASED)
    if record.deceased:
        found.add(Kind.DECEASED)
    if record.rejected_rows:
        found.add(Kind.ROW_TO_MEND)
    if record.disagreements:
        found.add(Kind.ROWS_DISAGREE)
    if "unknown" in helped and record.checks == "complete":
        found.add(Kind.OPEN_TO_UNKNOWN)
    if any(parent.ref == record.carer.ref for parent in record.parents):
        found.add(Kind.CARER_IMPRISONED)
    return tuple(kind for kind in Kind if kind in found) if found else ()


def imprisoned_anew(before: FamilyRecord, record: FamilyRecord) -> bool:
    """Whether somebody went in since, later than anybody before: a parent we had not heard of, one who was released,
    or one who went in after the day on which we knew them inside. Any other new date is a date put right."""
    last, known = before.imprisoned_on, {parent.ref: parent for parent in before.parents}
    for parent in record.parents:
        if parent.imprisoned_on > last and not parent.released:
            then = known.get(parent.ref)
            if then is None or then.released or parent.imprisoned_on > then.custody_as_of:
                return True
    return False


def given_anew(before: FamilyRecord, record: FamilyRecord) -> list[Kind]:
    """The holds that ``record`` gives and ``before`` did not, of this imprisonment, or of this child."""
    after = holds_of(record)
    if imprisoned_anew(before, record):
        return list(after)
    already = set(holds_of(before))
    if _waiting_for(record) - _waiting_for(before):
        already.discard(Kind.SOCIAL_WORKER_FIRST)
    return [kind for kind in after if kind not in already]


def _waiting_for(record: FamilyRecord) -> set[str]:
    """The children whose social worker answers before the family is contacted."""
    all_of_them = "live_safeguarding" in record.holds
    return {child.ref for child in record.children if all_of_them or child.open_to == "child_protection"}


def excluded_why(record: FamilyRecord) -> str | None:
    """Why the family is not contacted at all: a key of ``EXCLUDED``, or None."""
    if record.deceased:
        return "deceased"
    if record.carer.relationship == "foster_carer":
        return "foster_carer"
    if "child_we_care_for" in [child.open_to for child in record.children]:
        return "child_we_care_for"
    return None


def still_excluded(standing: str | None, before: FamilyRecord, record: FamilyRecord) -> str | None:
    """Why a known family is not contacted after ``record``, where ``standing`` was why after ``before``."""
    said = excluded_why(record)
    learnt = standing if standing in ("deceased", MERGED) or standing != excluded_why(before) else None
    if learnt == "foster_carer" and record.carer.ref != before.carer.ref:
        learnt = None
    if said == "deceased" and learnt != MERGED:
        return said
    return learnt or said


def taken_back(standing: str | None, before: FamilyRecord, record: FamilyRecord) -> bool:
    """Whether ``record`` ends why a family was not contacted, by saying less than ``before`` about the same people."""
    if standing is None or still_excluded(standing, before, record) is not None:
        return False
    return standing != "foster_carer" or record.carer.ref == before.carer.ref


def supported_already(record: FamilyRecord) -> bool:
    """The family has had support, through whomever: nothing is offered to it by itself."""
    return record.supported_before not in ("", "no")


def blocks(holds: Iterable[str]) -> bool:
    """Whether any of these holds forbids contact for now; careful contact by itself does not."""
    return any(code not in CAREFUL for code in holds)
