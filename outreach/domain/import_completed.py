"""A part of what the core knows, completed with what we know already.

Rules
* *A part*: a file of releases, one of mended rows, or a family of which a row could not be read. It says nothing of
  who is absent, and a blank cell of it takes nothing back: children and parents stay, and so does every hold. The
  strictest help and relationship win; *English* and *no interpreter* are what a blank cell says too, so they change
  nothing.
* Of a whole month a blank cell says *no longer*. A column that the file does not have says nothing: what is known
  stays.
* Another carer has nothing of the last one.
* A row that could not be read is owed until it comes, by its child and parent, or until a whole month has none such.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from outreach.domain.import_plan import MentionedFamily
from outreach.domain.intake_columns import COLUMNS
from outreach.domain.intake_family import strictest
from outreach.domain.intake_holds import CAREFUL
from outreach.domain.intake_record import OPEN_TO_STRICTNESS, CarerRecord, ChildRecord, FamilyRecord, ParentRecord

COMPARED_BY = frozenset({"carer_phone", "carer_phone_2", "parent_phone", "child_first_name"})
"""Columns that may be absent, and by which families are compared."""


def absent_from(columns: Collection[str]) -> frozenset[str]:
    return frozenset(each.name for each in COLUMNS if not each.required and each.name not in columns)


def completed_part(record: FamilyRecord, known: FamilyRecord, *, absent: Collection[str], month: bool) -> FamilyRecord:
    """``month``: of a whole month, in which a row of this family could not be read."""
    keep = _Keep(True, absent)
    children = {child.ref: child for child in (*known.children, *keep.children(record, known))}
    parents = {parent.ref: parent for parent in (*known.parents, *keep.parents(record, known))}
    owed = record.to_mend if month else tuple(sorted({*_owed_still(record, known), *record.to_mend}))
    return keep.family(record, known)._replace(
        children=tuple(children[ref] for ref in sorted(children)),
        parents=tuple(parents[ref] for ref in sorted(parents)),
        checks="pending" if "pending" in (record.checks, known.checks) else "complete",
        rejected_rows=record.rejected_rows or bool(owed),
        to_mend=owed,
        disagreements=tuple(sorted({*record.disagreements, *known.disagreements})),
    )


def completed_columns(record: FamilyRecord, known: FamilyRecord, *, absent: Collection[str]) -> FamilyRecord:
    """A family of a whole month whose file lacks some columns."""
    keep = _Keep(False, absent)
    return keep.family(record, known)._replace(
        children=keep.children(record, known), parents=keep.parents(record, known)
    )


def with_rejected_rows(known: FamilyRecord, mentioned: MentionedFamily) -> FamilyRecord:
    """A known family of which no row could be read."""
    careful = tuple(code for code in mentioned.holds if code in CAREFUL)
    return known._replace(
        rejected_rows=True,
        to_mend=tuple(sorted({*known.to_mend, *mentioned.rows})),
        checks="pending" if mentioned.pending else known.checks,
        holds=strictest("hold", known.holds, tuple(code for code in mentioned.holds if code not in CAREFUL)),
        careful=strictest("hold", known.careful, careful),
        deceased=strictest("deceased", known.deceased, mentioned.deceased),
    )


def _owed_still(record: FamilyRecord, known: FamilyRecord) -> list[str]:
    """Rows that could not be read and have not come. One that names no child, or no parent, is any that we did not
    know."""
    came = _rows_of(record)
    owed = [row for row in known.to_mend if row not in came]
    for row in sorted(came - {*known.to_mend} - _rows_of(known)):
        found = next((each for each in owed if _may_be(each, row)), None)
        if found is not None:
            owed.remove(found)
    return owed


def _rows_of(record: FamilyRecord) -> set[str]:
    return {f"{child.ref}{PARTED}{ref}" for child in record.children for ref in child.parent_refs}


PARTED = " / "
"""Between the child and the parent of a row to mend; what could not be read of them is left out."""


def _may_be(owed: str, came: str) -> bool:
    pairs = zip(owed.split(PARTED), came.split(PARTED), strict=False)
    return all(one in ("", other) for one, other in pairs)


@dataclass(frozen=True, slots=True)
class _Keep:
    """What is kept of what is known, cell by cell: wherever a ``part`` says nothing, or in ``absent`` columns."""

    part: bool
    absent: Collection[str]

    def of(self, column: str) -> bool:
        return self.part or column in self.absent

    def family(self, record: FamilyRecord, known: FamilyRecord) -> FamilyRecord:
        holds, deceased = self.of("hold"), self.of("deceased")
        return record._replace(
            carer=self._carer(record.carer, known.carer) if record.carer.ref == known.carer.ref else record.carer,
            holds=strictest("hold", record.holds, known.holds) if holds else record.holds,
            careful=strictest("hold", record.careful, known.careful) if holds else record.careful,
            deceased=strictest("deceased", record.deceased, known.deceased) if deceased else record.deceased,
            supported_before=self._said("supported_before", record.supported_before, known.supported_before),
        )

    def children(self, record: FamilyRecord, known: FamilyRecord) -> tuple[ChildRecord, ...]:
        before = {child.ref: child for child in known.children}
        return tuple(
            self._child(child, before[child.ref]) if child.ref in before else child for child in record.children
        )

    def parents(self, record: FamilyRecord, known: FamilyRecord) -> tuple[ParentRecord, ...]:
        before = {parent.ref: parent for parent in known.parents}
        return tuple(
            self._parent(parent, before[parent.ref]) if parent.ref in before else parent for parent in record.parents
        )

    def _said(self, column: str, said: str, before: str) -> str:
        return said or before if self.of(column) else said

    def _carer(self, said: CarerRecord, before: CarerRecord) -> CarerRecord:
        english = self.of("carer_language") and said.language == "en"
        return said._replace(
            relationship=_stricter(said.relationship, before.relationship) if self.part else said.relationship,
            phones=self._phones(said.phones, before.phones),
            language=before.language if english else said.language,
            interpreter=said.interpreter or (self.of("interpreter") and before.interpreter),
            postcode=self._said("postcode", said.postcode, before.postcode),
        )

    def _phones(self, said: tuple[str, ...], before: tuple[str, ...]) -> tuple[str, ...]:
        if self.part:
            return tuple(dict.fromkeys((*said, *before[len(said) :])))
        first = before[:1] if "carer_phone" in self.absent else ()
        rest = before[1:] if "carer_phone_2" in self.absent else ()
        return tuple(dict.fromkeys((*first, *said, *rest))) if first or rest else said

    def _child(self, said: ChildRecord, before: ChildRecord) -> ChildRecord:
        open_to = said.open_to
        if "open_to" in self.absent:
            open_to = before.open_to
        elif self.part:
            open_to = max(said.open_to, before.open_to, key=OPEN_TO_STRICTNESS.index)
        worker = said
        if self.of("social_worker") and not (said.social_worker or said.social_worker_email):
            worker = before
        precise = self.part and before.born_on.startswith(said.born_on)
        return said._replace(
            born_on=before.born_on if precise else said.born_on,
            first_name=self._said("child_first_name", said.first_name, before.first_name),
            sex=self._said("child_sex", said.sex, before.sex),
            open_to=open_to,
            social_worker=worker.social_worker,
            social_worker_email=worker.social_worker_email,
            parent_refs=tuple(sorted({*said.parent_refs, *before.parent_refs})) if self.part else said.parent_refs,
        )

    def _parent(self, said: ParentRecord, before: ParentRecord) -> ParentRecord:
        phones = {*said.phones, *before.phones} if self.of("parent_phone") else said.phones
        return said._replace(sex=self._said("parent_sex", said.sex, before.sex), phones=tuple(sorted(phones)))


def _stricter(said: str, before: str) -> str:
    if "foster_carer" in (said, before):
        return "foster_carer"
    return before if said == "unknown" else said
