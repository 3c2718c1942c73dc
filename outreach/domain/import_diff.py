"""The file against what is known: what the import will do with each family.

Rules
* *New*, *changed* field by field, *released* (every parent, and not so before), *unchanged*, *no longer listed*.
* No longer listed is judged only in areas that stand in the file, never of a file of releases or of mended rows,
  and never of a family of which a row could not be read.
* The same bytes change nothing and refresh nothing. If another file came since, they take nothing back: known
  families are left as they are.
* A stop always survives: of the family, of a number, of the same carer under another reference.
* A hold is set when the record first gives it, and never again while the record says the same; what only said
  *the file is not complete* is lifted when the file completes it.
* A late-found family needs a choice, unless nothing is planned for it at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from outreach.domain.hold import Kind
from outreach.domain.import_changes import changes_between, completed, phone_written, with_rejected_rows
from outreach.domain.import_matches import Matches
from outreach.domain.import_plan import (
    AreaFacts,
    FiledFamily,
    Intake,
    KnownFamily,
    Plan,
    PlannedFamily,
    Problem,
    Seen,
    Status,
    known_digest,
)
from outreach.domain.import_sentences import Outlook, no_usable_number, sentence_for
from outreach.domain.intake_holds import CAREFUL, MENDED_BY_FILE, blocks, excluded_why, holds_of
from outreach.domain.intake_record import FamilyRecord, fingerprint

IsLate = Callable[[str, date], bool]
"""Of an area's cadence and an anchor: whether the second step's date has passed on the day of the import."""

SHARED = "This number stands in family {} too. It is never texted automatically."
OF_A_PARENT = "This is the number of an imprisoned parent. It is never contacted."
DUPLICATE = "This may be the same family as {}. It is held until a person has compared them."
NOT_LIVE = "{} goes live on {}. Nobody there is contacted before."
NO_NUMBER = "No number of this family can be used. A first offer needs another way."
OLD_FILE = (
    "This very file was imported before, and another one since. The families we know are left as they are; "
    "import the newest file instead."
)
MANY_GONE = "{} of {} families that we know in {} are not in this file. Look whether it is whole."


def make_plan(
    intake: Intake,
    *,
    known: Mapping[str, KnownFamily],
    areas: Mapping[str, AreaFacts],
    is_late: IsLate,
    seen: Seen = Seen.NEVER,
    stopped_numbers: frozenset[str] = frozenset(),
) -> Plan:
    return _Planning(intake, known, areas, is_late, seen, stopped_numbers).plan()


class _Planning:
    def __init__(
        self,
        intake: Intake,
        known: Mapping[str, KnownFamily],
        areas: Mapping[str, AreaFacts],
        is_late: IsLate,
        seen: Seen,
        stopped_numbers: frozenset[str],
    ) -> None:
        self.intake, self.known, self.areas = intake, known, areas
        self.is_late, self.seen, self.stopped_numbers = is_late, seen, stopped_numbers
        self.filed = self._filed()
        everybody = {ref: family.record for ref, family in known.items()}
        self.matches = Matches((everybody | {ref: each.record for ref, each in self.filed.items()}).values())
        self.warnings: list[Problem] = []

    def plan(self) -> Plan:
        if self.seen is Seen.EARLIER:
            self.warnings.append(Problem(1, "", "", OLD_FILE))
        families = [self._listed(filed) for filed in self.filed.values()]
        families.extend(self._missing())
        return Plan(
            intake=self.intake,
            known_digest=known_digest(
                self.known.values(), stopped_numbers=self.stopped_numbers, areas=self.areas, seen=self.seen
            ),
            families=tuple(families),
            warnings=(*self.intake.warnings, *self.warnings),
            seen=self.seen,
        )

    def _filed(self) -> dict[str, FiledFamily]:
        """Each family of the file as it would be stored."""
        filed = {}
        for family in self.intake.families:
            known = self.known.get(family.record.ref)
            partial = self.intake.partial or family.record.rejected_rows
            if known is not None and partial:
                family = replace(family, record=completed(family.record, known.record))
            if known is not None and self.seen is Seen.EARLIER:
                family = replace(family, record=known.record)
            filed[family.record.ref] = family
        for mentioned in self.intake.mentioned:
            if mentioned.ref in self.known and mentioned.ref not in filed:
                kept = with_rejected_rows(self.known[mentioned.ref].record, mentioned)
                filed[mentioned.ref] = FiledFamily(kept, ())
        return filed

    def _listed(self, filed: FiledFamily) -> PlannedFamily:
        record, known = filed.record, self.known.get(filed.record.ref)
        never = tuple(phone for phone in record.carer.phones if self.matches.is_parents(phone))
        shared = tuple(phone for phone in record.carer.phones if self.matches.sharing(phone, record.ref))
        same_as = self.matches.likely_the_same(record) if known is None else ()
        self._warn(filed, never=never, shared=shared, same_as=same_as, new=known is None)
        if known is None:
            return self._new(filed, never=never, shared=shared, same_as=same_as)
        return self._known(filed, known, never=never, shared=shared)

    def _new(
        self, filed: FiledFamily, *, never: tuple[str, ...], shared: tuple[str, ...], same_as: tuple[str, ...]
    ) -> PlannedFamily:
        record = filed.record
        holds = (*holds_of(record), *((Kind.LIKELY_DUPLICATE,) if same_as else ()))
        excluded = excluded_why(record)
        stopped = self._has_stopped(record, same_as)
        nothing_planned = bool(stopped or excluded or record.released)
        late = not nothing_planned and self.is_late(record.area, record.imprisoned_on)
        outlook = Outlook(
            status=Status.NEW,
            holds=tuple(holds),
            checks_pending=record.checks == "pending",
            excluded=excluded,
            stopped=stopped,
            late=late,
            duplicate_of=same_as,
            no_number=no_usable_number(record, never),
        )
        return _planned(filed, outlook, set_holds=tuple(holds), never=never, shared=shared)

    def _known(
        self, filed: FiledFamily, known: KnownFamily, *, never: tuple[str, ...], shared: tuple[str, ...]
    ) -> PlannedFamily:
        record = filed.record
        changes = changes_between(known.record, record)
        before, after = holds_of(known.record), holds_of(record)
        fresh = [kind for kind in after if kind not in before]
        if record.carer.ref != known.record.carer.ref:
            fresh.append(Kind.CARER_CHANGED)
        back = not known.listed and self.seen is not Seen.EARLIER
        lifted = [
            kind
            for kind in MENDED_BY_FILE
            if kind in known.holds and kind not in after and self.seen is not Seen.EARLIER
        ]
        if record.released and not known.record.released:
            status = Status.RELEASED
        else:
            status = Status.CHANGED if changes or back else Status.UNCHANGED
        outlook = Outlook(
            status=status,
            changes=changes,
            holds=tuple(code for code in dict.fromkeys((*known.holds, *fresh)) if code not in lifted),
            checks_pending=record.checks == "pending",
            excluded=excluded_why(record),
            stopped=known.stopped or self._has_stopped(record, ()),
        )
        planned = _planned(
            filed,
            outlook,
            set_holds=tuple(kind for kind in fresh if kind not in known.holds),
            lift_holds=tuple(sorted(lifted)),
            never=never,
            shared=shared,
        )
        as_of = record.custody_as_of if filed.rows and self.seen is Seen.NEVER else None
        if status is Status.UNCHANGED:
            return replace(planned, record=None, custody_as_of=as_of)
        return replace(planned, custody_as_of=as_of)

    def _missing(self) -> Iterator[PlannedFamily]:
        if self.intake.partial or self.seen is Seen.EARLIER:
            return
        for area in self.intake.areas:
            listed = [each for each in self.known.values() if each.listed and each.record.area == area]
            gone = [each for each in listed if each.ref not in self.filed]
            if len(gone) >= 5 and len(gone) * 2 > len(listed):
                name = self.areas[area].name
                self.warnings.append(Problem(1, "", "", MANY_GONE.format(len(gone), len(listed), name)))
            for family in sorted(gone, key=lambda each: each.ref):
                yield self._gone(family)

    def _gone(self, known: KnownFamily) -> PlannedFamily:
        new = () if Kind.NO_LONGER_LISTED in known.holds else (Kind.NO_LONGER_LISTED,)
        outlook = Outlook(
            status=Status.NO_LONGER_LISTED,
            holds=(*known.holds, *new),
            excluded=excluded_why(known.record),
            stopped=known.stopped,
        )
        planned = _planned(FiledFamily(known.record, ()), outlook, set_holds=new)
        return replace(planned, record=None, late=False)

    def _has_stopped(self, record: FamilyRecord, same_as: tuple[str, ...]) -> bool:
        if any(phone in self.stopped_numbers for phone in record.carer.phones):
            return True
        others = (self.known[ref] for ref in same_as if ref in self.known)
        return any(other.stopped and other.record.carer.ref == record.carer.ref for other in others)

    def _warn(
        self,
        filed: FiledFamily,
        *,
        never: tuple[str, ...],
        shared: tuple[str, ...],
        same_as: tuple[str, ...],
        new: bool,
    ) -> None:
        if not filed.rows:
            return
        record, row = filed.record, filed.rows[0]
        for phone in record.carer.phones:
            if phone in never:
                self.warnings.append(Problem(row, "carer_phone", phone_written(phone), OF_A_PARENT))
            elif phone in shared:
                others = ", ".join(self.matches.sharing(phone, record.ref))
                self.warnings.append(Problem(row, "carer_phone", phone_written(phone), SHARED.format(others)))
        if same_as:
            self.warnings.append(Problem(row, "family_ref", record.ref, DUPLICATE.format(", ".join(same_as))))
        if not new:
            return
        if no_usable_number(record, never):
            self.warnings.append(Problem(row, "carer_phone", "", NO_NUMBER))
        area = self.areas[record.area]
        if area.live_on > self.intake.today:
            day = f"{area.live_on.day} {area.live_on:%B %Y}"
            self.warnings.append(Problem(row, "area", record.area, NOT_LIVE.format(area.name, day)))


def _planned(
    filed: FiledFamily,
    outlook: Outlook,
    *,
    set_holds: tuple[str, ...] = (),
    lift_holds: tuple[str, ...] = (),
    never: tuple[str, ...] = (),
    shared: tuple[str, ...] = (),
) -> PlannedFamily:
    record = filed.record
    return PlannedFamily(
        ref=record.ref,
        area=record.area,
        status=outlook.status,
        sentence=sentence_for(outlook),
        rows=filed.rows,
        record=record,
        fingerprint=fingerprint(record),
        changes=outlook.changes,
        custody_as_of=record.custody_as_of,
        set_holds=tuple(str(code) for code in set_holds),
        lift_holds=tuple(str(code) for code in lift_holds),
        held=blocks(outlook.holds) or outlook.checks_pending or outlook.excluded is not None,
        stopped=outlook.stopped,
        careful=any(code in CAREFUL for code in outlook.holds),
        excluded=outlook.excluded,
        late=outlook.late,
        shared_numbers=shared,
        never_contact=never,
        duplicate_of=outlook.duplicate_of,
    )
