"""The plan of an import: what the file says, what that means for each family, and what will be done.

Rules
* Nothing is written until a person accepts the plan, and the plan that was shown is the one committed.
  It therefore goes to storage and back without a loss, and names the state it was made against by a digest.
* A family stands in exactly one ``Status``; ``stopped`` and ``held`` are counted beside it.
* A plan holds names and numbers: it is stored sealed only.
* What grows with the file is packed (``packed.py``): a plan of 180,000 families fits in memory and is read in parts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from outreach.domain.intake_holds import blocks
from outreach.domain.intake_record import FamilyRecord
from outreach.domain.packed import Packed, Part


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


class FiledFamily(NamedTuple):
    """One family as the file has it, and the rows it stood in.

    ``record`` is None where the cells stand as they stood when the family was last imported. ``as_filed`` is the
    digest of the cells, empty where anything was remarked; ``keys`` are what it can be compared by.
    """

    ref: str
    rows: tuple[int, ...]
    record: FamilyRecord | None = None
    custody_as_of: date | None = None
    as_filed: str = ""
    keys: str = ""


@dataclass(frozen=True, slots=True)
class MentionedFamily:
    """A family of which a row was rejected, and what that row says of safety all the same."""

    ref: str
    holds: tuple[str, ...] = ()
    """Codes of the column ``hold``, careful contact among them."""
    deceased: tuple[str, ...] = ()
    pending: bool = False
    rows: tuple[str, ...] = ()
    """The rejected rows by child and parent (``FamilyRecord.to_mend``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """All that a file says. ``today`` is the day of the import, in London."""

    file_digest: str
    today: date
    columns: tuple[str, ...]
    rows_read: int
    rows_accepted: int
    families: Packed[FiledFamily]
    mentioned: tuple[MentionedFamily, ...]
    areas: tuple[str, ...]
    """Codes of the areas that stand in the file, in rejected rows too."""
    releases_only: bool
    """Every row says ``released``: such a file can come on any day."""
    mended: bool = False
    """Rows that failed before, mended and sent again: a part of a month."""
    newest: date | None = None
    """The latest day of knowledge (``custody_as_of``) in it."""
    problems: Packed[Problem] = field(default_factory=lambda: Packed(Problem))
    warnings: Packed[Problem] = field(default_factory=lambda: Packed(Problem))
    failed: Packed[FailedRow] = field(default_factory=lambda: Packed(FailedRow))

    @property
    def partial(self) -> bool:
        """The file says nothing of who is missing from it."""
        return self.releases_only or self.mended

    @property
    def rows_rejected(self) -> int:
        return self.rows_read - self.rows_accepted


class KnownFamily(NamedTuple):
    """What the store knows of a family, as far as a plan depends on it, with its record closed.

    ``holds`` are the codes of ``hold.Kind`` in force, careful contact among them. ``stopped``: any of its numbers or
    the family itself has said stop. ``as_filed``: the digest of its cells in the file it was last imported from.
    """

    id: str
    ref: str
    area: str
    imprisoned_on: date
    pending: bool = False
    excluded: str | None = None
    stopped: bool = False
    holds: tuple[str, ...] = ()
    listed: bool = True
    as_filed: str = ""

    @property
    def held(self) -> bool:
        return blocks(self.holds)


@dataclass(frozen=True, slots=True)
class AreaFacts:
    code: str
    name: str
    live_on: date


class FieldChange(NamedTuple):
    """One field in words (*carer's phone*), what it said and what it says now; empty: nothing."""

    field: str
    before: str
    after: str


class PlannedFamily(NamedTuple):
    """What the import will do with one family.

    ``record`` is what will be stored, or None where nothing but ``custody_as_of`` is. ``set_holds`` and
    ``lift_holds`` are codes of ``hold.Kind``. ``never_contact`` are the carer's numbers that are an
    imprisoned parent's; ``shared_numbers`` stand in another family too and are never texted automatically.
    """

    ref: str
    area: str
    status: Status
    sentence: str
    id: str = ""
    """Of a family that is known."""
    rows: tuple[int, ...] = ()
    record: FamilyRecord | None = None
    as_filed: str = ""
    keys: str = ""
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

    @property
    def remarkable(self) -> bool:
        """Something a person should look at first."""
        aside = self.held or self.stopped or self.careful or self.late
        return aside or self.excluded is not None or bool(self.duplicate_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``families`` stand by status, and within one the remarkable ones first; ``counted`` by what they are.

    ``areas``: every area that a family of the plan is of, or one that is named in it.
    """

    intake: Intake
    known_digest: str
    families: Packed[PlannedFamily]
    counted: Mapping[str, int]
    areas: tuple[str, ...]
    warnings: Packed[Problem]
    """The file's own and those that only the comparison shows."""
    seen: Seen = Seen.NEVER
    older: bool = False
    """The list is older than what is known of most of the families in its areas."""

    @property
    def problems(self) -> Packed[Problem]:
        return self.intake.problems

    @property
    def late(self) -> int:
        return self.counted.get("late", 0)

    @property
    def needs_choice(self) -> bool:
        """Late-found families need ``now`` or ``next`` before the plan can be committed."""
        return self.late > 0

    def with_status(self, status: Status) -> Packed[PlannedFamily]:
        return self.families.labelled(status)

    def counts(self) -> dict[str, int]:
        """The five statuses, then ``stopped`` and ``held`` beside them."""
        return {key: self.counted.get(key, 0) for key in (*Status, "stopped", "held")}


def count_family(counted: Counter[str], family: PlannedFamily) -> None:
    counted[family.status] += 1
    counted["stopped"] += family.stopped
    counted["held"] += family.held
    counted["late"] += family.late


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What of a plan does not grow with the file."""

    file_digest: str
    today: date
    columns: tuple[str, ...]
    rows_read: int
    rows_accepted: int
    mentioned: tuple[MentionedFamily, ...]
    areas: tuple[str, ...]
    releases_only: bool
    mended: bool
    newest: date | None
    known_digest: str
    counted: dict[str, int]
    touched: tuple[str, ...]
    seen: Seen
    older: bool


_HEAD: TypeAdapter[_Head] = TypeAdapter(_Head)
_OF_INTAKE = tuple(_Head.__dataclass_fields__)[:10]
_PACKED = {"problem": Problem, "warning": Problem, "failed": FailedRow}


def written_plan(plan: Plan) -> tuple[str, list[Part]]:
    """The plan to be stored: its head, and its parts. What the file said of each family alone is left out."""
    facts = {name: getattr(plan.intake, name) for name in _OF_INTAKE}
    head = _Head(
        **facts,
        known_digest=plan.known_digest,
        counted=dict(plan.counted),
        touched=plan.areas,
        seen=plan.seen,
        older=plan.older,
    )
    lists = {"problem": plan.intake.problems, "warning": plan.warnings, "failed": plan.intake.failed}
    rest = [Part(label, part.count, part.data) for label, each in lists.items() for part in each.parts]  # type: ignore[attr-defined]
    return _HEAD.dump_json(head).decode(), [*plan.families.parts, *rest]


def read_plan(head: str, parts: Sequence[Part]) -> Plan:
    """The plan that was written, but for what the file said of each family alone."""
    facts = _HEAD.validate_json(head)
    lists: dict[str, Any] = {
        label: Packed(kind, [part for part in parts if part.label == label]) for label, kind in _PACKED.items()
    }
    intake = Intake(
        **{name: getattr(facts, name) for name in _OF_INTAKE},
        families=Packed(FiledFamily),
        problems=lists["problem"],
        failed=lists["failed"],
    )
    return Plan(
        intake=intake,
        known_digest=facts.known_digest,
        families=Packed(PlannedFamily, [part for part in parts if part.label not in _PACKED]),
        counted=facts.counted,
        areas=facts.touched,
        warnings=lists["warning"],
        seen=facts.seen,
        older=facts.older,
    )


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
