"""The plan of an import: what the file says, what that means for each family, and what will be done.

Rules
* Nothing is written until a person accepts the plan, and the plan that was shown is the one committed.
  It therefore goes to JSON and back without a loss, and names the state it was made against by a digest.
* A family stands in exactly one ``Status``; ``stopped`` and ``held`` are counted beside it.
* A plan holds names and numbers: it is stored sealed only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from outreach.domain.intake_holds import blocks
from outreach.domain.intake_record import FamilyRecord


class Status(StrEnum):
    NEW = "new"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    RELEASED = "released"
    NO_LONGER_LISTED = "no_longer_listed"


class Seen(StrEnum):
    """Whether these very bytes were committed before; ``earlier``: and another file since."""

    NEVER = "never"
    LAST = "last"
    EARLIER = "earlier"


@dataclass(frozen=True, slots=True)
class Problem:
    """``row`` is the spreadsheet's, the header being 1. ``problem`` says what is wrong and what to do."""

    row: int
    column: str
    value: str
    problem: str

    def as_json(self) -> dict[str, Any]:
        return {"row": self.row, "column": self.column, "value": self.value, "problem": self.problem}


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A row that could not be taken, as it stood, to be downloaded and mended."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FiledFamily:
    """One family as the file has it, and the rows it stood in."""

    record: FamilyRecord
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MentionedFamily:
    """A family of which a row was rejected, and what that row says of safety all the same."""

    ref: str
    holds: tuple[str, ...] = ()
    """Codes of the column ``hold``, careful contact among them."""
    deceased: tuple[str, ...] = ()
    pending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """All that a file says. ``today`` is the day of the import, in London."""

    file_digest: str
    today: date
    columns: tuple[str, ...]
    rows_read: int
    rows_accepted: int
    families: tuple[FiledFamily, ...]
    mentioned: tuple[MentionedFamily, ...]
    areas: tuple[str, ...]
    """Codes of the areas that stand in the file, in rejected rows too."""
    releases_only: bool
    """Every row says ``released``: such a file can come on any day."""
    mended: bool = False
    """Rows that failed before, mended and sent again: a part of a month."""
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    failed: tuple[FailedRow, ...] = ()

    @property
    def partial(self) -> bool:
        """The file says nothing of who is missing from it."""
        return self.releases_only or self.mended

    @property
    def rows_rejected(self) -> int:
        return self.rows_read - self.rows_accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFamily:
    """What the store knows of a family, as far as a plan depends on it.

    ``record`` is the family as last imported. ``holds`` are the codes of ``hold.Kind`` in force, careful
    contact among them. ``stopped``: any of its numbers or the family itself has said stop.
    ``sent_anything``: an attempt was made.
    """

    ref: str
    fingerprint: str
    record: FamilyRecord
    stopped: bool = False
    holds: tuple[str, ...] = ()
    listed: bool = True
    enrolled: bool = False
    sent_anything: bool = False

    @property
    def held(self) -> bool:
        return blocks(self.holds)


@dataclass(frozen=True, slots=True)
class AreaFacts:
    code: str
    name: str
    live_on: date


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field in words (*carer's phone*), what it said and what it says now; empty: nothing."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFamily:
    """What the import will do with one family.

    ``record`` is what will be stored, or None where nothing but ``custody_as_of`` is. ``set_holds`` and
    ``lift_holds`` are codes of ``hold.Kind``. ``never_contact`` are the carer's numbers that are an
    imprisoned parent's; ``shared_numbers`` stand in another family too and are never texted automatically.
    """

    ref: str
    area: str
    status: Status
    sentence: str
    rows: tuple[int, ...] = ()
    record: FamilyRecord | None = None
    fingerprint: str = ""
    changes: tuple[FieldChange, ...] = ()
    custody_as_of: date | None = None
    set_holds: tuple[str, ...] = ()
    lift_holds: tuple[str, ...] = ()
    held: bool = False
    stopped: bool = False
    careful: bool = False
    excluded: str | None = None
    late: bool = False
    shared_numbers: tuple[str, ...] = ()
    never_contact: tuple[str, ...] = ()
    duplicate_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    intake: Intake
    known_digest: str
    families: tuple[PlannedFamily, ...]
    warnings: tuple[Problem, ...] = ()
    """The file's own and those that only the comparison shows."""
    seen: Seen = Seen.NEVER

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.intake.problems

    @property
    def needs_choice(self) -> bool:
        """Late-found families need ``now`` or ``next`` before the plan can be committed."""
        return any(family.late for family in self.families)

    def with_status(self, status: Status) -> tuple[PlannedFamily, ...]:
        return tuple(family for family in self.families if family.status is status)

    def counts(self) -> dict[str, int]:
        """The five statuses, then ``stopped`` and ``held`` beside them."""
        counts = {status.value: len(self.with_status(status)) for status in Status}
        counts["stopped"] = sum(family.stopped for family in self.families)
        counts["held"] = sum(family.held for family in self.families)
        return counts


_JSON: TypeAdapter[Plan] = TypeAdapter(Plan)


def plan_to_json(plan: Plan) -> str:
    return _JSON.dump_json(plan).decode()


def plan_from_json(text: str) -> Plan:
    return _JSON.validate_json(text)


def known_digest(
    known: Iterable[KnownFamily],
    *,
    stopped_numbers: Iterable[str],
    areas: Mapping[str, AreaFacts],
    seen: Seen,
) -> str:
    """SHA-256 in hex of all that a plan depends on beside the file: equal digests, equal plans."""
    digest = hashlib.sha256()
    for family in sorted(known, key=lambda each: each.ref):
        facts = [family.ref, family.fingerprint, family.stopped, sorted(family.holds), family.listed]
        digest.update(json.dumps(facts).encode())
    rest = [
        sorted(stopped_numbers),
        sorted((area.code, area.live_on.isoformat()) for area in areas.values()),
        seen.value,
    ]
    digest.update(json.dumps(rest).encode())
    return digest.hexdigest()


def import_answer(plan: Plan, batch_id: str | None) -> dict[str, Any]:
    """What ``outreach import --json`` prints: one object."""
    intake = plan.intake
    return {
        "batch": batch_id,
        "families": plan.counts(),
        "rows": {
            "read": intake.rows_read,
            "accepted": intake.rows_accepted,
            "rejected": intake.rows_rejected,
        },
        "problems": [problem.as_json() for problem in plan.problems],
        "warnings": [warning.as_json() for warning in plan.warnings],
    }
