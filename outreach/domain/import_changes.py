"""What changed in a family between two files, field by field, in words.

Rules
* A date of knowledge (``custody_as_of``) is no change.
* Children and parents are named one by one. One who came or went is one change; where nothing was, it is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from outreach.domain.import_plan import FieldChange
from outreach.domain.intake_columns import BY_NAME
from outreach.domain.intake_languages import language_name
from outreach.domain.intake_record import ChildRecord, FamilyRecord, ParentRecord
from outreach.domain.phone import Phone, parse_phone
from outreach.domain.plain_words import birth_said


def changes_between(before: FamilyRecord, after: FamilyRecord) -> tuple[FieldChange, ...]:
    in_both = _refs(before) & _refs(after)
    # To write a number as people write it costs more than all the rest; where none changed, none is shown.
    written = str if _phones(before) == _phones(after) else phone_written
    old, new = dict(_fields(before, in_both, written)), dict(_fields(after, in_both, written))
    names = [*old, *(name for name in new if name not in old)]
    return tuple(
        FieldChange(name, old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name, "") != new.get(name, "")
    )


def _refs(record: FamilyRecord) -> set[str]:
    return {child.ref for child in record.children} | {parent.ref for parent in record.parents}


def phone_written(e164: str) -> str:
    """As people write it."""
    phone = parse_phone(e164, fictional_allowed=True)
    return phone.written if isinstance(phone, Phone) else e164


def _phones(record: FamilyRecord) -> list[tuple[str, ...]]:
    return [record.carer.phones, *(parent.phones for parent in record.parents)]


def _fields(record: FamilyRecord, in_both: set[str], written: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    carer = record.carer
    yield "area", record.area
    yield "carer", carer.ref
    yield BY_NAME["carer_name"].title, carer.name
    yield BY_NAME["carer_relationship"].title, _words(carer.relationship)
    yield BY_NAME["carer_phone"].title, ", ".join(map(written, carer.phones))
    yield BY_NAME["carer_language"].title, language_name(carer.language)
    yield "interpreter", "needed" if carer.interpreter else "not needed"
    yield "postcode", carer.postcode
    yield "checks", record.checks
    yield "hold", ", ".join(map(_words, (*record.holds, *record.careful)))
    yield "deceased", ", ".join(record.deceased)
    yield BY_NAME["supported_before"].title, _words(record.supported_before)
    for child in record.children:
        yield from _child(child) if child.ref in in_both else [(f"child {child.ref}", _who(child))]
    for parent in record.parents:
        yield from _parent(parent, written) if parent.ref in in_both else [(f"parent {parent.ref}", parent.custody)]
    yield "rows that cannot be read", ", ".join(record.to_mend) or ("yes" if record.rejected_rows else "none")
    yield "rows that disagree", ", ".join(BY_NAME[name].title for name in record.disagreements) or "none"


def _child(child: ChildRecord) -> Iterator[tuple[str, str]]:
    who = f"child {child.ref}"
    worker = " ".join(part for part in (child.social_worker, child.social_worker_email) if part)
    yield f"{who}: first name", child.first_name
    yield f"{who}: date of birth", birth_said(child.born_on)
    yield f"{who}: sex", child.sex
    yield f"{who}: {BY_NAME['open_to'].title}", _words(child.open_to)
    yield f"{who}: social worker", worker
    yield f"{who}: imprisoned parent", ", ".join(child.parent_refs)


def _parent(parent: ParentRecord, written: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    who = f"parent {parent.ref}"
    yield f"{who}: date of imprisonment", f"{parent.imprisoned_on.day} {parent.imprisoned_on:%B %Y}"
    yield f"{who}: custody", parent.custody
    yield f"{who}: sex", parent.sex
    yield f"{who}: phone", ", ".join(map(written, parent.phones))


def _who(child: ChildRecord) -> str:
    return f"{child.first_name or 'a child'}, born {birth_said(child.born_on)}"


def _words(code: str) -> str:
    return code.replace("_", " ")
