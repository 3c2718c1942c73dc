"""The file against what is known: what the import will do with each family.

Rules
* *New*, *changed* field by field, *released* (every parent, and not so before), *unchanged*, *no longer listed*.
* No longer listed is judged only in areas that stand in the file, never of a file of releases or of mended rows,
  and never of a family of which a row could not be read.
* The same bytes change nothing and refresh nothing. If another file came since, they take nothing back: known
  families are left as they are.
* Other bytes of an older month are asked about: of most families something newer is known than the file says.
* A stop always survives: of the family, of a number, of the same carer under another reference.
* A carer who is an imprisoned parent, in whichever family, is held; once for as long as that parent is inside.
* A hold is set when the record first gives it, and never again while the record says the same of the same
  imprisonment; what only said *the file is not complete* is lifted when the file completes it.
* A late-found family needs a choice, unless nothing is planned for it at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from outreach.domain.hold import Kind
from outreach.domain.import_changes import changes_between
from outreach.domain.import_completed import (
    COMPARED_BY,
    absent_from,
    completed_columns,
    completed_part,
    with_rejected_rows,
)
from outreach.domain.import_matches import Matches
from outreach.domain.import_meetings import Meetings
from outreach.domain.import_plan import (
    AreaFacts,
    FieldChange,
    FiledFamily,
    Intake,
    KnownFamily,
    Plan,
    PlannedFamily,
    Problem,
    Seen,
    Status,
    count_family,
)
from outreach.domain.import_planned import planned_family, standing, standing_as_before
from outreach.domain.import_sentences import Outlook, no_usable_number
from outreach.domain.intake_holds import (
    MENDED_BY_FILE,
    MERGED,
    excluded_why,
    given_anew,
    holds_of,
    still_excluded,
    supported_already,
    taken_back,
)
from outreach.domain.intake_record import FamilyRecord
from outreach.domain.packed import Packing, packed


class Newer(NamedTuple):
    """Of the families listed in the areas of a file: how many there are, and of how many something newer is known than
    it says."""

    families: int = 0
    newer: int = 0


IsLate = Callable[[str, str, date], bool]
"""Of the cadence of an area and a language, and an anchor: whether the second step's date has passed on the day of
the import."""
Opened = Callable[[Sequence[str]], Mapping[str, FamilyRecord]]
"""The records of known families, as last imported, by their references."""

OLD_FILE = (
    "This very file was imported before, and another one since. The families we know are left as they are; "
    "import the newest file instead."
)
OLDER_LIST = (
    "This list is older than the newest one imported. Its latest date is {}, and of {} of the {} families listed in "
    "its areas something newer is known. If you accept it, they go back to what it says. Is that meant? If not, "
    "cancel, and import the newest list."
)
MANY_GONE = "{} of {} families that we know in {} are not in this file. Look whether it is whole."

NOW_INSIDE = FieldChange("carer", "", "stands as an imprisoned parent")
NOW_STOPPED = FieldChange("stop", "", "said by the same carer, under another reference")

_ORDER = (Status.NEW, Status.CHANGED, Status.RELEASED, Status.UNCHANGED, Status.NO_LONGER_LISTED)
_LABEL = {(status, first): f"{status}|{0 if first else 1}" for status in _ORDER for first in (True, False)}
"""Where a family stands in the plan, by its status and whether a person should look at it first."""


def make_plan(
    intake: Intake,
    *,
    known: Mapping[str, KnownFamily],
    matches: Matches,
    opened: Opened,
    areas: Mapping[str, AreaFacts],
    is_late: IsLate,
    seen: Seen = Seen.NEVER,
    stopped_numbers: frozenset[str] = frozenset(),
    apart: frozenset[tuple[str, str]] = frozenset(),
    held_inside: frozenset[str] = frozenset(),
    known_digest: str = "",
    newer: Newer | None = None,
) -> Plan:
    """``matches`` has the families that are known, first, and those of the file; ``apart`` the pairs of references,
    each in the order of the alphabet, that a person said are two families; ``held_inside`` the families that were
    held once because their carer was imprisoned, whoever lifted it; ``known_digest`` that of all this
    (``import_digest``)."""
    against = _Against(
        intake, known, opened, areas, is_late, seen, stopped_numbers, apart, held_inside, newer or Newer()
    )
    return _Planning(against, matches).plan(known_digest)


@dataclass(frozen=True, slots=True)
class _Against:
    intake: Intake
    known: Mapping[str, KnownFamily]
    opened: Opened
    areas: Mapping[str, AreaFacts]
    is_late: IsLate
    seen: Seen
    stopped_numbers: frozenset[str]
    apart: frozenset[tuple[str, str]]
    held_inside: frozenset[str]
    newer: Newer


def is_older(intake: Intake, newer: Newer, seen: Seen) -> bool:
    """Whether a whole list is older than the newest one: of most families we know something newer. A file of releases,
    which can come on any day, is newer for a few only."""
    return seen is Seen.NEVER and not intake.partial and 2 * newer.newer > newer.families


class _Planning:
    def __init__(self, against: _Against, matches: Matches) -> None:
        self.given, self.matches = against, matches
        self.meetings = Meetings(
            matches=matches,
            known=against.known,
            areas=against.areas,
            apart=against.apart,
            stopped_numbers=against.stopped_numbers,
            today=against.intake.today,
        )
        self.absent = absent_from(against.intake.columns)
        self.inside: frozenset[str] = frozenset()
        """Families whose carer is imprisoned, which nobody has looked at yet."""
        self.listed: set[str] = set()
        self.areas: set[str] = set()
        self.counted: Counter[str] = Counter()
        self.planned = Packing(PlannedFamily, [*_LABEL.values()])

    def plan(self, known_digest: str) -> Plan:
        given = self.given
        if given.seen is Seen.EARLIER:
            self.meetings.warnings.append(Problem(1, "", "", OLD_FILE))
        older = is_older(given.intake, given.newer, given.seen)
        if older and given.intake.newest is not None:
            day = f"{given.intake.newest.day} {given.intake.newest:%B %Y}"
            said = OLDER_LIST.format(day, given.newer.newer, given.newer.families)
            self.meetings.warnings.append(Problem(1, "", "", said))
        if given.intake.partial or not self.absent.isdisjoint(COMPARED_BY):
            for filed in given.intake.families:
                self.matches.keep_both(filed.ref)
        for mentioned in given.intake.mentioned:
            self.matches.keep_both(mentioned.ref)
        inside = self.matches.carers_inside(known=len(given.known))
        self.inside = frozenset(ref for ref, before in inside.items() if not before or ref not in given.held_inside)
        for chunk in given.intake.families.chunks():
            self._plan_chunk(chunk)
        rest = [each for each in given.intake.mentioned if each.ref in given.known and each.ref not in self.listed]
        records = given.opened([each.ref for each in rest])
        for mentioned in rest:
            kept = with_rejected_rows(records[mentioned.ref], mentioned)
            self._put(self._listed(FiledFamily(mentioned.ref, (), kept, kept.custody_as_of), records[mentioned.ref]))
        for family in self._missing():
            self._put(family)
        for family in self._elsewhere():
            self._put(family)
        return Plan(
            intake=given.intake,
            known_digest=known_digest,
            families=self.planned.packed(),
            counted=dict(self.counted),
            areas=tuple(sorted(self.areas | self.meetings.told_of)),
            warnings=packed(Problem, self.meetings.in_order(given.intake.warnings)),
            seen=given.seen,
            older=older,
        )

    def _plan_chunk(self, chunk: Sequence[FiledFamily]) -> None:
        """The records of known families are opened only where something of them is new, or meets another family."""
        ask = [each.ref for each in chunk if self._asks(each, self.given.known.get(each.ref))]
        before = self.given.opened(ask)
        for filed in chunk:
            self._put(self._listed(filed, before.get(filed.ref)))

    def _asks(self, filed: FiledFamily, known: KnownFamily | None) -> bool:
        if known is None:
            return False
        if filed.record is not None or _comes_back(known) or self.matches.meets(filed.ref):
            return True
        return self._newly_inside(known) or self._newly_stopped(known)

    def _newly_inside(self, known: KnownFamily) -> bool:
        return known.ref in self.inside and Kind.CARER_IMPRISONED not in known.holds and known.excluded != MERGED

    def _newly_stopped(self, known: KnownFamily) -> bool:
        return not known.stopped and known.excluded != MERGED and self.meetings.carer_stopped(known.ref)

    def _put(self, family: PlannedFamily) -> None:
        self.listed.add(family.ref)
        self.areas.add(family.area)
        count_family(self.counted, family)
        self.planned.add(family, _LABEL[family.status, family.remarkable])

    def _listed(self, filed: FiledFamily, before: FamilyRecord | None) -> PlannedFamily:
        known = self.given.known.get(filed.ref)
        if known is None:
            return self._new(filed)
        if filed.record is None:
            return self._as_before(filed, known, before)
        return self._known(self._whole(filed, filed.record, before), known, before or filed.record)

    def _whole(self, filed: FiledFamily, record: FamilyRecord, before: FamilyRecord | None) -> FiledFamily:
        """A known family as it would be stored."""
        if before is None or not filed.rows:
            return filed
        if self.given.seen is Seen.EARLIER:
            return filed._replace(record=before, as_filed="", keys="")
        if self.given.intake.partial or record.rejected_rows:
            month = not self.given.intake.partial
            record = completed_part(record, before, absent=self.absent, month=month)
            return filed._replace(record=record, as_filed="", keys="")
        if self.absent:
            return filed._replace(record=completed_columns(record, before, absent=self.absent), keys="")
        return filed

    def _new(self, filed: FiledFamily) -> PlannedFamily:
        record = filed.record
        assert record is not None
        never, shared = self.meetings.met(record)
        same_as = self.meetings.likely_the_same(record.ref)
        self.meetings.warn(filed, record, never=never, shared=shared)
        self.meetings.warn_of_new(filed, record, never=never, same_as=same_as)
        inside = {Kind.CARER_IMPRISONED} if record.ref in self.inside else set()
        holds = (*holds_of(record), *(inside - {*holds_of(record)}), *((Kind.LIKELY_DUPLICATE,) if same_as else ()))
        excluded = excluded_why(record)
        stopped = self.meetings.has_stopped(record)
        nothing_planned = bool(stopped or excluded or record.released or supported_already(record))
        late = not nothing_planned and self.given.is_late(record.area, record.carer.language, record.imprisoned_on)
        outlook = Outlook(
            status=Status.NEW,
            holds=tuple(holds),
            checks_pending=record.checks == "pending",
            excluded=excluded,
            stopped=stopped,
            late=late,
            duplicate_of=same_as,
            same_as=self.meetings.same_family(same_as),
            no_number=no_usable_number(record, never),
            supported=supported_already(record),
        )
        filed = filed._replace(as_filed="") if self.given.intake.partial else filed
        return planned_family(filed, record, outlook, set_holds=tuple(holds), never=never, shared=shared)

    def _known(self, filed: FiledFamily, known: KnownFamily, before: FamilyRecord) -> PlannedFamily:
        record, seen = filed.record or before, self.given.seen
        never, shared = self.meetings.met(record)
        self.meetings.warn(filed, record, never=never, shared=shared)
        changes = changes_between(before, record)
        after, fresh = holds_of(record), given_anew(before, record)
        if record.carer.ref != before.carer.ref:
            fresh.append(Kind.CARER_CHANGED)
        if taken_back(known.excluded, before, record):
            fresh.append(Kind.EXCLUSION_ENDED)
        if self._newly_inside(known):
            fresh.append(Kind.CARER_IMPRISONED)
            changes += () if Kind.CARER_IMPRISONED in after else (NOW_INSIDE,)
        if self._newly_stopped(known):
            changes += (NOW_STOPPED,)
        same_as = self.meetings.alike_now(known.ref) if _known_by(before) != _known_by(record) else ()
        if same_as:
            fresh.append(Kind.LIKELY_DUPLICATE)
            self.meetings.warn_of_alike(filed, record, same_as)
        back = not known.listed and seen is not Seen.EARLIER
        lifted = [
            kind for kind in MENDED_BY_FILE if kind in known.holds and kind not in after and seen is not Seen.EARLIER
        ]
        if record.released and not before.released:
            status = Status.RELEASED
        else:
            status = Status.CHANGED if changes or back else Status.UNCHANGED
        outlook = Outlook(
            status=status,
            changes=changes,
            holds=tuple(code for code in dict.fromkeys((*known.holds, *fresh)) if code not in lifted),
            checks_pending=record.checks == "pending",
            excluded=still_excluded(known.excluded, before, record),
            stopped=known.stopped or self.meetings.has_stopped(record),
            duplicate_of=same_as,
            same_as=self.meetings.same_family(same_as),
            no_number=status is Status.CHANGED and no_usable_number(record, never),
            supported=supported_already(record),
        )
        planned = planned_family(
            filed,
            record,
            outlook,
            set_holds=tuple(kind for kind in dict.fromkeys(fresh) if kind not in known.holds),
            lift_holds=tuple(sorted(lifted)),
            never=never,
            shared=shared,
        )
        as_of = record.custody_as_of if filed.rows and seen is Seen.NEVER else None
        if status is not Status.UNCHANGED:
            return planned._replace(id=known.id, custody_as_of=as_of)
        as_filed = planned.as_filed if planned.as_filed != known.as_filed else ""
        return planned._replace(id=known.id, custody_as_of=as_of, as_filed=as_filed, record=None, keys="")

    def _as_before(self, filed: FiledFamily, known: KnownFamily, before: FamilyRecord | None) -> PlannedFamily:
        """A family whose cells are those of last time: nothing of it changes but the date of knowledge.

        ``before`` is there where it meets another family, which may be new.
        """
        if before is not None and (_comes_back(known) or self._newly_inside(known) or self._newly_stopped(known)):
            record = _known_on(before, filed.custody_as_of)
            return self._known(filed._replace(record=record, as_filed=known.as_filed), known, before)
        never, shared = self.meetings.met(before) if before is not None else ((), ())
        stopped = known.stopped
        if before is not None:
            self.meetings.warn(filed, before, never=never, shared=shared)
            stopped = stopped or self.meetings.has_stopped(before)
        return PlannedFamily(
            ref=known.ref,
            area=known.area,
            id=known.id,
            rows=filed.rows,
            custody_as_of=filed.custody_as_of if self.given.seen is Seen.NEVER else None,
            shared_numbers=shared,
            never_contact=never,
            **standing_as_before(known, stopped=stopped),
        )

    def _missing(self) -> Iterator[PlannedFamily]:
        intake = self.given.intake
        if intake.partial or self.given.seen is Seen.EARLIER:
            return
        known = [each for each in self.given.known.values() if each.listed]
        missing = [each for each in known if each.ref not in self.listed]
        for area in intake.areas:
            gone = [each for each in missing if each.area == area]
            if len(gone) >= 5 and len(gone) * 2 > (listed := sum(each.area == area for each in known)):
                name = self.given.areas[area].name
                self.meetings.warnings.append(Problem(1, "", "", MANY_GONE.format(len(gone), listed, name)))
            for family in sorted(gone, key=lambda each: each.ref):
                yield self._gone(family)

    def _gone(self, known: KnownFamily) -> PlannedFamily:
        new: tuple[str, ...] = () if Kind.NO_LONGER_LISTED in known.holds else (Kind.NO_LONGER_LISTED.value,)
        if self._newly_inside(known):
            new = (Kind.CARER_IMPRISONED.value, *new)
        outlook = Outlook(
            status=Status.NO_LONGER_LISTED,
            holds=(*known.holds, *new),
            excluded=known.excluded,
            stopped=known.stopped,
        )
        return PlannedFamily(
            ref=known.ref,
            area=known.area,
            id=known.id,
            set_holds=new,
            **standing(outlook),
        )

    def _elsewhere(self) -> Iterator[PlannedFamily]:
        """Families of which the file says nothing, but that their carer is imprisoned."""
        known = self.given.known
        refs = [
            ref
            for ref in sorted(self.inside - self.listed)
            if ref in known and known[ref].listed and known[ref].area in self.given.areas
            if self._newly_inside(known[ref])
        ]
        for ref, record in self.given.opened(refs).items():
            yield self._known(FiledFamily(ref, (), record, as_filed=known[ref].as_filed), known[ref], record)


def _known_by(record: FamilyRecord) -> tuple[object, ...]:
    return record.carer.ref, record.carer.name, record.carer.phones


def _known_on(record: FamilyRecord, day: date | None) -> FamilyRecord:
    """The same, known on another day."""
    if day is None:
        return record
    return record._replace(parents=tuple(parent._replace(custody_as_of=day) for parent in record.parents))


def _comes_back(known: KnownFamily) -> bool:
    """Standing in the file is news by itself: the family was missing, or was held until a file completes it."""
    return not known.listed or any(kind in MENDED_BY_FILE for kind in known.holds)
