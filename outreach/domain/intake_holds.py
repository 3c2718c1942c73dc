"""What in a family's record keeps it from being contacted, and what of that a later file can mend by itself.

Rules
* A hold of the column ``hold``, a release, a death and a change of carer are lifted by people only.
* A hold that only says *the file is not complete* ends when a later file completes it.
* Holds come from the record alone, so that a hold lifted by a person is not set again by the same record.
* A foster carer or a child we care for: no family contact at all; the local authority is told (``EXCLUDED``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from outreach.domain.intake_dates import may_be_under
from outreach.domain.intake_record import FamilyRecord


@dataclass(frozen=True, slots=True)
class ImportHold:
    """``why`` reads on after *Held: *. ``file_mends``: a later file may end it."""

    why: str
    file_mends: bool = False
    excludes: bool = False


HOLDS: dict[str, ImportHold] = {
    "no_contact_order": ImportHold("a no-contact order is on record"),
    "officer_safety": ImportHold("there is an officer safety marker"),
    "shared_household": ImportHold("the imprisoned parent's household is shared"),
    "live_safeguarding": ImportHold("safeguarding work is under way"),
    "witness_in_case": ImportHold("the carer is a witness in the case, and the officer in the case decides"),
    "checks_pending": ImportHold("the checks are not complete", file_mends=True),
    "open_to_unknown": ImportHold("nobody knows yet what help is open", file_mends=True),
    "child_protection": ImportHold("a child is on a protection plan, and the social worker is asked first"),
    "row_rejected": ImportHold("a row of this family could not be read", file_mends=True),
    "rows_disagree": ImportHold("the rows of this family contradict each other", file_mends=True),
    "no_child_under_18": ImportHold(
        "every child was 18 or older when the parent was imprisoned", file_mends=True
    ),
    "carer_imprisoned": ImportHold("the carer stands in the file as an imprisoned parent"),
    "carer_changed": ImportHold("the carer has changed, and nothing agreed with the last one carries over"),
    "likely_duplicate": ImportHold("this may be a family we already know, and a person compares them"),
    "released": ImportHold("the parent has been released, and the supervisor reviews the risk"),
    "no_longer_listed": ImportHold("the family is not in the newest file", file_mends=True),
    "foster_carer": ImportHold("a foster carer is told by the local authority, not by us", excludes=True),
    "child_we_care_for": ImportHold(
        "the local authority cares for a child, and is told instead", excludes=True
    ),
    "deceased": ImportHold(
        "somebody has died; nothing automatic is sent and a person decides", excludes=True
    ),
}

FILE_HOLDS: tuple[str, ...] = (
    "no_contact_order",
    "officer_safety",
    "shared_household",
    "live_safeguarding",
    "witness_in_case",
)
CAREFUL: tuple[str, ...] = ("carer_is_victim", "confidential_address")


def holds_of(record: FamilyRecord) -> tuple[str, ...]:
    """The codes of ``HOLDS`` that this record gives by itself, in the order of the table."""
    open_to = {child.open_to for child in record.children}
    found = {
        "checks_pending": record.checks == "pending",
        "open_to_unknown": "unknown" in open_to,
        "child_protection": "child_protection" in open_to,
        "child_we_care_for": "child_we_care_for" in open_to,
        "foster_carer": record.carer.relationship == "foster_carer",
        "row_rejected": record.rejected_rows,
        "rows_disagree": bool(record.disagreements),
        "carer_imprisoned": record.carer.ref in {parent.ref for parent in record.parents},
        "no_child_under_18": not any(
            may_be_under(18, child.born_on, record.imprisoned_on) for child in record.children
        ),
        "released": record.released,
        "deceased": bool(record.deceased),
    }
    return tuple(code for code in HOLDS if found.get(code) or code in record.holds)


def excluded_why(holds: Iterable[str]) -> str | None:
    """Why there is no family contact at all, or None."""
    return next((code for code in HOLDS if code in set(holds) and HOLDS[code].excludes), None)
