"""The gate before first contact: where a family stands, and for each reason who can lift it and when it is looked at.

Rules
* A family is *excluded*, *held*, in *careful contact* or *ready*: the first that is true, in that order.
* What only makes contact another (no text by itself, an interpreter) is said too, and holds nobody.
* Every reason says on whom it waits. What a person must lift has a day on which somebody looks at it again.
* A day that has come lifts nothing: somebody looks, and lifts it or says why it stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from outreach.domain.hold import RULES, Kind, Weight
from outreach.domain.intake_holds import MENDED_BY_FILE


class Stands(StrEnum):
    READY = "ready"
    CAREFUL = "careful"
    HELD = "held"
    EXCLUDED = "excluded"


SAYS_OF: dict[Stands, str] = {
    Stands.READY: "Ready",
    Stands.CAREFUL: "Careful contact",
    Stands.HELD: "Held",
    Stands.EXCLUDED: "No contact by this service",
}

TWO_PEOPLE = "two people: one asks with a reason, a supervisor agrees"
ONE_PERSON = "anybody at work, with a reason"
_LIFTED_BY: dict[Kind, str] = {
    Kind.WITNESS_IN_CASE: f"the officer in the case is asked first; then {TWO_PEOPLE}",
    Kind.SOCIAL_WORKER_FIRST: f"the social worker's answer; or {TWO_PEOPLE}",
    Kind.RELEASED: f"the supervisor's review; {TWO_PEOPLE}",
    Kind.REPLY: "whoever answers what they wrote, in the inbox",
    Kind.READ_FIRST: "whoever reads what they wrote, in the inbox",
    Kind.ALERT: "whoever takes the alert and settles it",
}
_DAYS: dict[Kind, int] = {
    Kind.LIVE_SAFEGUARDING: 14,
    Kind.SOCIAL_WORKER_FIRST: 7,
    Kind.RELEASED: 1,
    Kind.EXCLUSION_ENDED: 7,
    Kind.LIKELY_DUPLICATE: 7,
    Kind.REPLY: 1,
    Kind.READ_FIRST: 1,
    Kind.ALERT: 1,
    Kind.UNSAFE: 7,
    Kind.BY_HAND: 7,
    Kind.DECEASED: 7,
}
_DAYS_OTHERWISE: dict[Weight, int] = {Weight.SAFETY: 28, Weight.CAREFUL: 90, Weight.WAITING: 14}


@dataclass(frozen=True, slots=True)
class Other:
    """What keeps a family waiting without being a hold: nobody lifts it, something has to come.

    ``holds``: false for what only makes contact another: by call alone, or with an interpreter.
    """

    says: str
    waits_on: str
    holds: bool = True


OTHERS: dict[str, Other] = {
    "checks_pending": Other("the checks are not complete", "the next file of the matching core"),
    "area_not_live": Other("the area is not live yet", "the day it goes live"),
    "supported_already": Other("they had support already, so nothing is offered until they ask", "the family"),
    "stopped": Other("they said stop", "them alone: only they can ask us to be in touch again"),
    "number_compromised": Other(
        "somebody else was on their number", "a supervisor, who decides whether it may be used again"
    ),
    "no_number": Other("there is no number that can be used", "whoever finds another way to reach them"),
    "interpreter": Other("a call needs an interpreter: book one first", "whoever books one", holds=False),
    "other_language": Other(
        "they read another language, so no text goes by itself", "nobody: they are rung", holds=False
    ),
    "custody_old": Other(
        "what is known of the custody is too old, so no text goes by itself",
        "the next file of the matching core",
        holds=False,
    ),
}

ROUTED: dict[str, str] = {
    "foster_carer": "the carer is a foster carer",
    "child_we_care_for": "a child is cared for by the local authority",
    "deceased": "somebody in the family has died",
    "merged": "it is one with another family, which goes on in its stead",
}


def lifted_by(kind: Kind) -> str:
    """On whom a hold waits, as a sentence goes on: *It waits on* …"""
    if kind in _LIFTED_BY:
        return _LIFTED_BY[kind]
    if RULES[kind].weight is not Weight.WAITING:
        return TWO_PEOPLE
    return f"a later file that is whole; or {ONE_PERSON}" if kind in MENDED_BY_FILE else ONE_PERSON


def look_again_after(kind: Kind) -> int:
    """Days until somebody looks at a hold again."""
    return _DAYS.get(kind, _DAYS_OTHERWISE[RULES[kind].weight])


def says(code: str) -> str:
    """A reason, hold or other, as a sentence goes on."""
    return OTHERS[code].says if code in OTHERS else RULES[Kind(code)].says
