"""Notices to social workers: who is told of which children, why, and in which words.

Rules
* Children open to a threshold of the area give one notice to each allocated social worker; where none is named,
  to the area's front door.
* A child who has another social worker than the one who was told gives a notice to the new one: whoever is allocated
  is to be aware of the imprisonment (SARA, the threshold rule), and a coordinator decides whether a colleague has told
  them. Where the one before said that we may go on, the family does not wait again.
* A child under protection, or safeguarding that goes on now: the family *waits* for the answer.
* A foster carer or a child we care for: this service does not contact the family, and the notice says so.
* After a death or a release there is none: a person decides. What was approved before does not go then either.
* The least that is needed: the child's first name and date of birth, that a parent was imprisoned and when, and what
  we mean to do. Never the parent's name, the offence, the carer's number or an address.
* The words without personal data say that there is something to read, and whom to ask.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from outreach.domain.intake_holds import excluded_why
from outreach.domain.intake_record import ChildRecord, FamilyRecord
from outreach.domain.plain_words import birth_said

DEFAULT_THRESHOLDS = ("early_help", "child_in_need", "child_protection")
THRESHOLDS: dict[str, str] = {
    "early_help": "early help",
    "child_in_need": "a child in need plan",
    "child_protection": "a child protection plan",
}
"""What an area may agree on with its local authority, in words."""
CHASE_AFTER_DAYS = 3
"""Working days."""
MOST_CHASES = 2
"""By e-mail; afterwards a person rings."""

WHY_SAID: dict[str, str] = {
    "early_help": "early help",
    "child_in_need": "a child in need plan",
    "child_protection": "a child protection plan",
    "live_safeguarding": "safeguarding work that is going on now",
    "child_we_care_for": "being cared for by the local authority",
    "foster_carer": "living with a foster carer",
}
ROUTED = frozenset({"child_we_care_for", "foster_carer"})
ANSWERS: dict[str, str] = {
    "go_ahead": "You may contact the family",
    "wait": "Wait for now",
    "no_contact": "Do not contact the family",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """``why`` is a key of ``WHY_SAID``. ``address`` is empty for the front door, and where only a name is known."""

    children: tuple[ChildRecord, ...]
    why: str
    waits: bool
    worker: str = ""
    address: str = ""

    @property
    def front_door(self) -> bool:
        return not self.worker and not self.address


def drafts_for(record: FamilyRecord, thresholds: Collection[str]) -> tuple[Draft, ...]:
    """The notices that a family's record gives: one for each social worker, the front door last."""
    excluded = excluded_why(record)
    if excluded == "deceased" or record.released:
        return ()
    groups: dict[tuple[str, str], list[ChildRecord]] = {}
    for child in record.children:
        if _why(record, child, thresholds, excluded):
            groups.setdefault((child.social_worker, child.social_worker_email), []).append(child)
    drafts = []
    for (worker, address), children in sorted(groups.items(), key=lambda each: (each[0] == ("", ""), each[0])):
        reasons = [_why(record, child, thresholds, excluded) for child in children]
        why = max((each for each in reasons if each), key=list(WHY_SAID).index)
        waits = why in ("child_protection", "live_safeguarding")
        drafts.append(Draft(tuple(children), why, waits, worker, address))
    return tuple(drafts)


def _why(record: FamilyRecord, child: ChildRecord, thresholds: Collection[str], excluded: str | None) -> str | None:
    if excluded in ROUTED:
        return excluded
    if "live_safeguarding" in record.holds:
        return "live_safeguarding"
    return child.open_to if child.open_to in thresholds else None


def stricter(why: str, than: str) -> bool:
    """Whether ``why`` is a new thing to tell after ``than`` was told: the family waits now, or goes elsewhere."""
    weight = {"child_protection": 1, "live_safeguarding": 1, **dict.fromkeys(ROUTED, 2)}
    return weight.get(why, 0) > weight.get(than, 0)


@dataclass(frozen=True, slots=True)
class Told:
    """Who a notice is to; nothing where it goes to the front door."""

    worker: str = ""
    address: str = ""

    def is_to(self, draft: Draft) -> bool:
        """Whether it is the same person. A name that is written anew, or another address, is nobody new."""
        both = ((self.worker, draft.worker), (self.address, draft.address))
        return any(mine and mine.casefold() == theirs.casefold() for mine, theirs in both)


def still_so(
    record: FamilyRecord, thresholds: Collection[str], *, children: Collection[str], why: str, to: Told
) -> bool:
    """Whether a notice about these children says what is so by now, and not less, to whoever it is for."""
    now = {child.ref: draft for draft in drafts_for(record, thresholds) for child in draft.children}
    return all(
        ref in now and not stricter(now[ref].why, why) and (now[ref].front_door or to.is_to(now[ref]))
        for ref in children
    )


def body(draft: Draft, *, team: str, area: str, imprisoned_on: date) -> str:
    """The least that is needed, for an address where personal data may go, or to be read out."""
    unnamed = "a child whose first name we do not have"
    children = "\n".join(
        f"  {child.first_name or unnamed}, born {birth_said(child.born_on)} (ref {child.ref})"
        for child in draft.children
    )
    day = f"{imprisoned_on.day} {imprisoned_on:%B %Y}"
    to = f"Dear {draft.worker}," if draft.worker else f"To the front door of {area},"
    return (
        f"{to}\n\nA parent of\n{children}\nwas imprisoned on {day}. "
        f"We understand that you know the family through {WHY_SAID[draft.why]}.\n\n"
        f"{_plan(draft, team)}\n\n{team}, {area}"
    )


def bare(*, team: str, area: str) -> str:
    """Without personal data: for every other address."""
    return (
        f"Hello,\n\nThe {team} ({area}) has a notice for you about a family you work with. "
        "It cannot be sent this way. Please ring us, or answer with a secure address.\n\n"
        f"{team}, {area}"
    )


def reminder(*, team: str, area: str) -> str:
    """Without personal data, to whoever has not answered."""
    asks = f"The {team} ({area}) waits for your answer to a notice. Please answer it or ring us."
    return f"Hello,\n\n{asks}\n\n{team}, {area}"


def goes_whole(domain: str | None, allowed: Collection[str]) -> bool:
    """Whether personal data may go to an address of this domain."""
    return domain is not None and domain.lower() in {each.lower() for each in allowed}


SUBJECT = "A notice from the team that supports families"


def _plan(draft: Draft, team: str) -> str:
    if draft.why in ROUTED:
        return (
            f"The {team} does not contact this family. Support for the child goes through you: "
            "please tell us that you have this, and who takes it up."
        )
    if draft.waits:
        return (
            f"The {team} offers voluntary support to the family. We do not contact them before you have told us "
            "that we may. Please tell us: may we, shall we wait, or should we not?"
        )
    return (
        f"The {team} offers voluntary support to the family, first by a call to the carer. "
        "Please tell us that you have this, and of anything that should make us wait."
    )
