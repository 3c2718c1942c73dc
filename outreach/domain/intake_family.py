"""All the rows of one family as one record.

Rules
* The strictest ``hold``, ``checks`` and ``open_to`` wins, and ``released`` over any other custody of a parent.
* Any other disagreement warns, and holds the family until the file agrees or a person lifts the hold. An empty
  cell disagrees with nothing. The first value is taken; of two dates of imprisonment the later, of two births
  of which one is more precise the more precise.
* Where a child's help is not said: none, once the checks are complete; else unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date
from operator import attrgetter, itemgetter
from typing import Any

from outreach.domain.import_plan import MentionedFamily, Problem
from outreach.domain.intake_columns import BY_NAME
from outreach.domain.intake_holds import CAREFUL
from outreach.domain.intake_record import (
    OPEN_TO_STRICTNESS,
    CarerRecord,
    ChildRecord,
    FamilyRecord,
    ParentRecord,
)
from outreach.domain.intake_row import OF_A_CHILD, IntakeRow


def make_record(
    rows: Sequence[IntakeRow], *, today: date, mentioned: MentionedFamily | None = None
) -> tuple[FamilyRecord, list[Problem]]:
    """One family's accepted rows, in the order of the file, as its record; and what is to be warned of.

    ``mentioned``: what its rejected rows say of safety, where there are any.
    """
    if mentioned is None and (len(rows) == 1 or _one_child_a_row(rows)):
        return _agreed(rows, today=today), []
    return _settled(rows, today=today, mentioned=mentioned)


_OF_A_CHILD = OF_A_CHILD | {"number"}
_shared = itemgetter(*(place for place, name in enumerate(IntakeRow._fields) if name not in _OF_A_CHILD))
_child_ref = attrgetter("child_ref")


def _one_child_a_row(rows: Sequence[IntakeRow]) -> bool:
    """Whether they say the same but for their children, of whom each stands in one row: so it mostly is."""
    return len({_shared(row) for row in rows}) == 1 and len({row.child_ref for row in rows}) == len(rows)


def _agreed(rows: Sequence[IntakeRow], *, today: date) -> FamilyRecord:
    """The record of rows that agree, with a child each: what ``_settled`` makes of them, without looking for more."""
    row = rows[0]
    pending = row.checks == "pending"
    carer = CarerRecord(
        row.carer_ref,
        row.carer_name,
        row.carer_relationship,
        phones=tuple(dict.fromkeys(filter(None, (row.carer_phone, row.carer_phone_2)))),
        language=row.carer_language or "en",
        interpreter=bool(row.interpreter),
        postcode=row.postcode,
    )
    parent = ParentRecord(
        row.parent_ref,
        row.imprisoned_on,
        row.custody,
        row.custody_as_of or today,
        sex=row.parent_sex,
        phones=(row.parent_phone,) if row.parent_phone else (),
    )
    parent_refs = (row.parent_ref,)
    children = [
        ChildRecord(
            each.child_ref,
            each.child_born_on,
            each.child_first_name,
            each.child_sex,
            each.open_to or ("unknown" if pending else "none"),
            *each.social_worker,
            parent_refs,
        )
        for each in (rows if len(rows) == 1 else sorted(rows, key=_child_ref))
    ]
    return FamilyRecord(
        row.family_ref,
        row.area,
        carer,
        tuple(children),
        (parent,),
        "pending" if pending else "complete",
        holds=tuple(code for code in row.hold if code not in CAREFUL) if row.hold else (),
        careful=tuple(code for code in row.hold if code in CAREFUL) if row.hold else (),
        deceased=row.deceased,
        supported_before=row.supported_before,
    )


def _settled(
    rows: Sequence[IntakeRow], *, today: date, mentioned: MentionedFamily | None
) -> tuple[FamilyRecord, list[Problem]]:
    """The record of any rows, whatever they say of each other."""
    also = mentioned or MentionedFamily(rows[0].family_ref)
    look = _Agreement(rows)
    pending = also.pending or any(row.checks == "pending" for row in rows)
    holds = strictest("hold", also.holds, *(row.hold for row in rows))
    deceased = strictest("deceased", also.deceased, *(row.deceased for row in rows))
    area = look.one(rows, "area")
    carer = _carer(rows, look)
    children = tuple(_child(of_child, look, pending=pending) for of_child in _by(rows, lambda row: row.child_ref))
    parents = tuple(_parent(of_parent, look, today=today) for of_parent in _by(rows, lambda row: row.parent_ref))
    supported = look.one(rows, "supported_before")
    return FamilyRecord(
        ref=rows[0].family_ref,
        area=area,
        carer=carer,
        children=children,
        parents=parents,
        checks="pending" if pending else "complete",
        holds=tuple(code for code in holds if code not in CAREFUL),
        careful=tuple(code for code in holds if code in CAREFUL),
        deceased=deceased,
        supported_before=supported,
        rejected_rows=mentioned is not None,
        to_mend=tuple(sorted(also.rows)),
        disagreements=tuple(sorted(look.columns)),
    ), look.warnings


def strictest(column: str, *several: tuple[str, ...]) -> tuple[str, ...]:
    """Every code that any of them has, in the order of the column's list."""
    if not any(several):
        return ()  # almost always
    return tuple(code for code in BY_NAME[column].values if any(code in codes for codes in several))


class _Agreement:
    """Picks one value of several rows, and notes where they disagree."""

    def __init__(self, rows: Sequence[IntakeRow]) -> None:
        self.family_ref = rows[0].family_ref
        self.columns: set[str] = set()
        self.warnings: list[Problem] = []
        self._alike = _alike(rows)

    def one(
        self,
        rows: Sequence[IntakeRow],
        column: str,
        *,
        same: Callable[[Any], Any] = lambda value: value,
        pick: Callable[[Any, Any], Any] = lambda first, other: first,
        nothing: Any = "",
        holds: bool = True,
    ) -> Any:
        """``same``: values with equal ``same`` agree. ``pick``: which of two that disagree is taken."""
        if len(rows) == 1 or column in self._alike:
            first = getattr(rows[0], column)
            return nothing if first is None else first
        taken, taken_from = nothing, 0
        for row in rows:
            value = getattr(row, column)
            if value == nothing or value is None:
                continue
            if not taken_from:
                taken, taken_from = value, row.number
            elif same(value) != same(taken):
                if holds:
                    self._note(row, column, value, taken, taken_from)
                taken = pick(taken, value)
        return taken

    def _note(self, row: IntakeRow, column: str, value: Any, taken: Any, taken_from: int) -> None:
        self.columns.add(column)
        written = " ".join(part for part in value if part) if isinstance(value, tuple) else str(value)
        self.warnings.append(
            Problem(row.number, column, written,
                    f"Family {self.family_ref} has another {BY_NAME[column].title} in row {taken_from}. It is held "
                    "until the rows agree or a person lifts the hold. Make both rows say the same.")
        )  # fmt: skip


def _alike(rows: Sequence[IntakeRow]) -> Collection[str]:
    """The columns in which all of these rows say the same."""
    if len(rows) == 1:
        return IntakeRow._fields
    by_column = zip(IntakeRow._fields, zip(*rows, strict=True), strict=True)
    return {name for name, said in by_column if said.count(said[0]) == len(said)}


def _carer(rows: Sequence[IntakeRow], look: _Agreement) -> CarerRecord:
    numbers = [(row.carer_phone, row.carer_phone_2) for row in rows]
    phones = tuple(dict.fromkeys(phone for both in dict.fromkeys(numbers) for phone in both if phone))
    if numbers.count(numbers[0]) < len(numbers):
        given = [{*both} - {""} for both in numbers]
        first = next(filter(None, given), set())
        differing = [row for row, said in zip(rows, given, strict=True) if said and said != first]
        if differing:
            look.one([rows[0], *differing], "carer_phone")
            look.one([rows[0], *differing], "carer_phone_2")
    interpreter = look.one(rows, "interpreter", nothing=None)
    return CarerRecord(
        ref=look.one(rows, "carer_ref"),
        name=look.one(rows, "carer_name", same=str.casefold),
        relationship=look.one(rows, "carer_relationship", pick=_strictest_relationship),
        phones=phones,
        language=look.one(rows, "carer_language") or "en",
        interpreter=bool(interpreter),
        postcode=look.one(rows, "postcode"),
    )


def _child(rows: Sequence[IntakeRow], look: _Agreement, *, pending: bool) -> ChildRecord:
    stated = [row.open_to for row in rows if row.open_to]
    open_to = max(stated, key=OPEN_TO_STRICTNESS.index) if stated else "unknown" if pending else "none"
    worker, email = look.one(rows, "social_worker", nothing=("", ""))
    return ChildRecord(
        ref=rows[0].child_ref,
        born_on=_born_on(rows, look),
        first_name=look.one(rows, "child_first_name", same=str.casefold),
        sex=look.one(rows, "child_sex"),
        open_to=open_to,
        social_worker=worker,
        social_worker_email=email,
        parent_refs=tuple(sorted({row.parent_ref for row in rows})),
    )


def _born_on(rows: Sequence[IntakeRow], look: _Agreement) -> str:
    longest = max((row.child_born_on for row in rows), key=len)
    if all(longest.startswith(row.child_born_on) for row in rows):
        return longest
    born_on: str = look.one(rows, "child_born_on")
    return born_on


def _parent(rows: Sequence[IntakeRow], look: _Agreement, *, today: date) -> ParentRecord:
    return ParentRecord(
        ref=rows[0].parent_ref,
        imprisoned_on=look.one(rows, "imprisoned_on", pick=max, nothing=None),
        custody=look.one(rows, "custody", pick=lambda one, other: "released" if "released" in (one, other) else one),
        custody_as_of=min(row.custody_as_of or today for row in rows),
        sex=look.one(rows, "parent_sex"),
        phones=tuple(sorted({row.parent_phone for row in rows if row.parent_phone})),
    )


def _strictest_relationship(first: str, other: str) -> str:
    return "foster_carer" if "foster_carer" in (first, other) else first


def _by(rows: Sequence[IntakeRow], key: Callable[[IntakeRow], str]) -> Sequence[Sequence[IntakeRow]]:
    if len(rows) == 1:
        return (rows,)
    groups: dict[str, list[IntakeRow]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return [groups[ref] for ref in sorted(groups)]
