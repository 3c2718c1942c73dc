"""What an import will do, as a colleague would say it: one sentence for a family, a few for the whole plan."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from outreach.domain.hold import RULES, Kind
from outreach.domain.import_plan import FieldChange, Plan, Status
from outreach.domain.intake_holds import CAREFUL, EXCLUDED, blocks
from outreach.domain.intake_record import FamilyRecord


class Outlook(NamedTuple):
    """What a sentence about one family is made from. ``holds`` are those in force after the import."""

    status: Status
    changes: tuple[FieldChange, ...] = ()
    holds: tuple[str, ...] = ()
    checks_pending: bool = False
    excluded: str | None = None
    stopped: bool = False
    late: bool = False
    duplicate_of: tuple[str, ...] = ()
    same_as: str = ""
    """Those families, as they may be named."""
    no_number: bool = False
    supported: bool = False
    """They have had support already."""


GOES_ON = "The family goes on as planned."
_BEGIN = {
    Status.NEW: "New.",
    Status.UNCHANGED: "Nothing has changed.",
    Status.RELEASED: "The parent has been released.",
    Status.NO_LONGER_LISTED: "Not in this file.",
}


def sentence_for(outlook: Outlook) -> str:
    """What it is, then what will happen; the weightiest reason alone decides the second."""
    begin = _BEGIN.get(outlook.status) or _changed(outlook.changes)
    return f"{begin} {_then(outlook)}"


def _changed(changes: tuple[FieldChange, ...]) -> str:
    names = list(dict.fromkeys(change.field for change in changes))
    if not names:
        return "Listed again."
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"Changed: {', '.join(names[:3])}{more}."


def _then(outlook: Outlook) -> str:
    if outlook.stopped:
        return "Has said stop and will not be contacted."
    if outlook.excluded:
        return f"No contact by this service: {EXCLUDED[outlook.excluded]}."
    if outlook.status is Status.NO_LONGER_LISTED:
        if Kind.RELEASED in outlook.holds:
            return "The parent has been released; the family stays held, and nothing is closed."
        return "Held until somebody knows why; nothing is closed."
    if outlook.status is Status.RELEASED:
        return "Offers pause, and the supervisor has a review to make today."
    if Kind.LIKELY_DUPLICATE in outlook.holds and outlook.duplicate_of:
        return f"May be the same family as {outlook.same_as}: held until a person has compared them."
    if blocks(outlook.holds):
        return f"Held: {'; '.join(_says(code) for code in outlook.holds if code not in CAREFUL)}."
    if outlook.checks_pending:
        return "Waits until the checks are complete."
    if outlook.supported:
        return "Had support already, so nothing is offered until they ask."
    if outlook.status is not Status.NEW:
        return "No number that can be used, so they need another way." if outlook.no_number else GOES_ON
    first = "A named, trained practitioner may call; nothing else is sent." if outlook.holds else ""
    if outlook.late:
        found = "Found late: the second offer's date has passed, so you choose: offer now, or join at the next step."
        return f"{first} {found}".strip()
    if outlook.no_number:
        return "No number that can be used, so a first offer needs another way."
    return first or "A first call will be planned."


def _says(code: str) -> str:
    return RULES[Kind(code)].says


@dataclass(frozen=True, slots=True)
class CountSentence:
    """``key`` names what is counted: a ``Status``, or ``stopped``, ``held``, ``late``, ``rejected``."""

    key: str
    count: int
    sentence: str


_COUNTED: tuple[tuple[str, str, str], ...] = (
    ("new", "{} new family", "{} new families"),
    ("changed", "{} family has changed", "{} families have changed"),
    ("released", "{} family's parent has been released; offers pause and the supervisor is told",
     "{} families' parents have been released; offers pause and the supervisor is told"),
    ("no_longer_listed", "{} family is no longer listed; it is held, not closed",
     "{} families are no longer listed; they are held, not closed"),
    ("unchanged", "{} family is unchanged", "{} families are unchanged"),
    ("rejected", "{} row cannot be read", "{} rows cannot be read"),
    ("stopped", "{} has said stop and will not be contacted", "{} have said stop and will not be contacted"),
    ("held", "{} family is held and will not be contacted for now",
     "{} families are held and will not be contacted for now"),
    ("late", "{} family was found late, and you choose when to offer",
     "{} families were found late, and you choose when to offer"),
)  # fmt: skip


def plan_sentences(plan: Plan) -> tuple[CountSentence, ...]:
    """The plan in sentences with counts; what there is none of is not mentioned."""
    return count_sentences(plan.counts(), rejected=plan.intake.rows_rejected, late=plan.late)


def count_sentences(families: Mapping[str, int], *, rejected: int, late: int = 0) -> tuple[CountSentence, ...]:
    """The same from the counts alone, which are what remains of a committed plan."""
    counts = {**families, "rejected": rejected, "late": late}
    return tuple(
        CountSentence(key, counts[key], (one if counts[key] == 1 else many).format(counts[key]) + ".")
        for key, one, many in _COUNTED
        if counts.get(key)
    )


Elsewhere = Callable[[Collection[str]], Collection[str]]
"""Of some references, those that are known in an area which whoever asks does not work in."""
CHANGED_ELSEWHERE = "something of it has changed in an area you do not work in."
NOW_OLDER = "A newer list was imported: this one is older than that now."
CHANGED_UNSEEN = "Something has changed that is not for you to see."


def differences(
    shown: Plan, now: Plan, *, elsewhere: Elsewhere = lambda refs: (), hidden: Collection[str] = ()
) -> tuple[str, ...]:
    """What changed between the plan that was shown and the one that would be made now, in sentences.

    What was said of a family of another area is its own area's, and is not quoted; ``hidden`` ones are not named.
    """
    before = {family.ref: (hash(family), sys.intern(family.sentence)) for family in shown.families}
    said = {}
    for family in now.families:
        then = before.pop(family.ref, None)
        if then is None:
            said[family.ref] = "is affected too."
        elif then[1] != family.sentence:
            said[family.ref] = f"it said “{then[1]}” and now says “{family.sentence}”"
        elif then[0] != hash(family):
            said[family.ref] = "what would be written has changed."
    said |= dict.fromkeys(before, "would not be touched any more.")
    said |= dict.fromkeys(elsewhere(said), CHANGED_ELSEWHERE)
    lines = tuple(f"{ref}: {said[ref]}" for ref in sorted(said) if ref not in hidden)
    if now.older and not shown.older:
        lines = (NOW_OLDER, *lines)
    return lines if lines or not said else (CHANGED_UNSEEN,)


def no_usable_number(record: FamilyRecord, never: tuple[str, ...]) -> bool:
    return not set(record.carer.phones) - set(never)
