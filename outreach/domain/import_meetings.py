"""What a family of the file has in common with others, and what is to be said of it.

Rules
* A number that stands in another family too is never texted automatically; one of an imprisoned parent is never
  contacted.
* A family that may be one with another is named beside it, unless a person has told the two apart already.
* A family of an area that whoever imports does not work in is never named: only that there is one.
* A number that said stop stops the family, and so does the same carer who stopped under another reference, though a
  person told the two families apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from outreach.domain.hold import Kind
from outreach.domain.import_changes import phone_written
from outreach.domain.import_matches import Matches
from outreach.domain.import_plan import AreaFacts, FiledFamily, KnownFamily, Problem
from outreach.domain.import_sentences import no_usable_number
from outreach.domain.intake_holds import MERGED
from outreach.domain.intake_record import FamilyRecord

SHARED = "This number stands in {} too. It is never texted automatically."
OF_A_PARENT = "This is the number of an imprisoned parent. It is never contacted."
DUPLICATE = "This may be the same family as {}. It is held until a person has compared them."
NOT_LIVE = "{} goes live on {}. Nobody there is contacted before."
NO_NUMBER = "No number of this family can be used. A first offer needs another way."
CHILD_TWICE = (
    "This child also stands in {}. Both are taken, and neither is told of the other. Look whether one of them is wrong."
)
ELSEWHERE = "of another area"
MOST_NAMED = 5
"""References in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meetings:
    """``matches`` has every family; ``warnings`` gets what is said, and ``lesser`` what nobody is in danger by. The
    rest is what a plan is made against."""

    matches: Matches
    known: Mapping[str, KnownFamily]
    areas: Mapping[str, AreaFacts]
    apart: frozenset[tuple[str, str]]
    stopped_numbers: frozenset[str]
    today: date
    warnings: list[Problem] = field(default_factory=list)
    lesser: list[Problem] = field(default_factory=list)
    told_of: set[str] = field(default_factory=set)
    """The areas of known families that were named: who reads it works there."""

    def met(self, record: FamilyRecord) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The carer's numbers that are an imprisoned parent's, and those that stand in another family."""
        if not self.matches.meets(record.ref):
            return (), ()
        phones = record.carer.phones
        return (
            tuple(phone for phone in phones if self.matches.is_parents(phone)),
            tuple(phone for phone in phones if self._sharing(phone, record.ref)),
        )

    def _sharing(self, phone: str, ref: str) -> tuple[str, ...]:
        """Other families of this number; one that a person merged into another is none of its own."""
        known = self.known
        return tuple(
            other for other in self.matches.sharing(phone, ref) if other not in known or known[other].excluded != MERGED
        )

    def likely_the_same(self, ref: str) -> tuple[str, ...]:
        """But for those that a person has told apart already."""
        alike = self.matches.likely_the_same(ref)
        return tuple(other for other in alike if (min(ref, other), max(ref, other)) not in self.apart)

    def alike_now(self, ref: str) -> tuple[str, ...]:
        """Whom a known family may be one with, now that its carer, a number or a name is another: other known ones, of
        which nobody is asked yet."""
        known = self.known
        if known[ref].excluded == MERGED:
            return ()
        return tuple(
            other
            for other in self.likely_the_same(ref)
            if other in known and known[other].excluded != MERGED and Kind.LIKELY_DUPLICATE not in known[other].holds
        )

    def has_stopped(self, record: FamilyRecord) -> bool:
        return any(phone in self.stopped_numbers for phone in record.carer.phones) or self.carer_stopped(record.ref)

    def carer_stopped(self, ref: str) -> bool:
        """Whether the same carer said stop under another reference."""
        same, known = self.matches.same_carer(ref), self.known
        return bool(same) and any(known[other].stopped for other in same if other in known)

    def warn(
        self, filed: FiledFamily, record: FamilyRecord, *, never: tuple[str, ...], shared: tuple[str, ...]
    ) -> None:
        if not filed.rows or not self.matches.meets(record.ref):
            return
        row = filed.rows[0]
        for phone in record.carer.phones:
            if phone in never:
                self.warnings.append(Problem(row, "carer_phone", phone_written(phone), OF_A_PARENT))
            elif phone in shared:
                others = self.families(self._sharing(phone, record.ref))
                self.warnings.append(Problem(row, "carer_phone", phone_written(phone), SHARED.format(others)))
        for child in record.children:
            if elsewhere := self.matches.families_of_child(child.ref, record.ref):
                self.warnings.append(Problem(row, "child_ref", child.ref, CHILD_TWICE.format(self.families(elsewhere))))

    def warn_of_new(
        self, filed: FiledFamily, record: FamilyRecord, *, never: tuple[str, ...], same_as: tuple[str, ...]
    ) -> None:
        row = filed.rows[0]
        self.warn_of_alike(filed, record, same_as)
        if no_usable_number(record, never):
            self.lesser.append(Problem(row, "carer_phone", "", NO_NUMBER))
        area = self.areas[record.area]
        if area.live_on > self.today:
            day = f"{area.live_on.day} {area.live_on:%B %Y}"
            self.lesser.append(Problem(row, "area", record.area, NOT_LIVE.format(area.name, day)))

    def in_order(self, of_file: Iterable[Problem]) -> list[Problem]:
        """All that is to be remarked, the gravest first: of the file as a whole, of numbers and families that meet,
        of single rows, and what only says who waits."""
        said = list(of_file)
        whole = [each for each in (*self.warnings, *said) if each.row == 1]
        met = [each for each in self.warnings if each.row != 1]
        met.sort(key=lambda each: each.problem != OF_A_PARENT)
        return [*whole, *met, *(each for each in said if each.row != 1), *self.lesser]

    def warn_of_alike(self, filed: FiledFamily, record: FamilyRecord, same_as: tuple[str, ...]) -> None:
        if same_as and filed.rows:
            said = DUPLICATE.format(self.same_family(same_as))
            self.warnings.append(Problem(filed.rows[0], "family_ref", record.ref, said))

    def families(self, refs: tuple[str, ...]) -> str:
        """These families, named or not: *family F001*, *a family of another area*."""
        named, others = self._named(refs)
        return _both(f"family {named}" if named else "", f"a family {ELSEWHERE}" if others else "")

    def same_family(self, refs: tuple[str, ...]) -> str:
        """Behind *the same family as*: *F001*, *one of another area*."""
        named, others = self._named(refs)
        return _both(named, f"one {ELSEWHERE}" if others else "")

    def _named(self, refs: tuple[str, ...]) -> tuple[str, bool]:
        """The references that may be named, and whether there are others that may not."""
        own = [ref for ref in refs if ref not in self.known or self.known[ref].area in self.areas]
        self.told_of.update(self.known[ref].area for ref in own if ref in self.known)
        return ", ".join(own[:MOST_NAMED]) + (" and others" if len(own) > MOST_NAMED else ""), len(own) < len(refs)


def _both(named: str, others: str) -> str:
    return " and ".join(filter(None, (named, others)))
