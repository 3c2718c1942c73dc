"""Holds: the kinds, what each forbids, and who may lift it.

Rules
* A *safety* hold forbids every contact until it is lifted with a reason and the supervisor as second person.
* *Careful contact* forbids texts, voicemail and letters; the named, trained practitioner may call.
* A *waiting* hold stops what software would do; a person may answer, and any practitioner may lift it.
* What they wrote holds in one of two ways. A yes, a question or a wish to be rung is answered by a call. What may be a
  wish to stop, to wait or not to be asked is read by a person before anybody rings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from outreach.domain.reply_values import Action, Intent


class Weight(StrEnum):
    SAFETY = "safety"
    CAREFUL = "careful"
    WAITING = "waiting"


class Kind(StrEnum):
    NO_CONTACT_ORDER = "no_contact_order"
    OFFICER_SAFETY = "officer_safety"
    SHARED_HOUSEHOLD = "shared_household"
    LIVE_SAFEGUARDING = "live_safeguarding"
    WITNESS_IN_CASE = "witness_in_case"
    CARER_IS_VICTIM = "carer_is_victim"
    CONFIDENTIAL_ADDRESS = "confidential_address"
    SOCIAL_WORKER_FIRST = "social_worker_first"
    RELEASED = "released"
    DECEASED = "deceased"
    NO_LONGER_LISTED = "no_longer_listed"
    ROW_TO_MEND = "row_to_mend"
    ROWS_DISAGREE = "rows_disagree"
    CARER_CHANGED = "carer_changed"
    CARER_IMPRISONED = "carer_imprisoned"
    EXCLUSION_ENDED = "exclusion_ended"
    LIKELY_DUPLICATE = "likely_duplicate"
    OPEN_TO_UNKNOWN = "open_to_unknown"
    REPLY = "reply"
    READ_FIRST = "read_first"
    ALERT = "alert"
    UNSAFE = "unsafe"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Rule:
    weight: Weight
    says: str
    """As a sentence goes on: *Nothing will be sent:* …"""


RULES: dict[Kind, Rule] = {
    Kind.NO_CONTACT_ORDER: Rule(Weight.SAFETY, "there is a no-contact order"),
    Kind.OFFICER_SAFETY: Rule(Weight.SAFETY, "the checks found a risk to staff"),
    Kind.SHARED_HOUSEHOLD: Rule(Weight.SAFETY, "the imprisoned parent's household is the same"),
    Kind.LIVE_SAFEGUARDING: Rule(Weight.SAFETY, "children's services are at work with the family now"),
    Kind.WITNESS_IN_CASE: Rule(Weight.SAFETY, "somebody in the family is a witness in the case"),
    Kind.CARER_IS_VICTIM: Rule(Weight.CAREFUL, "careful contact: by call only, by a named practitioner"),
    Kind.CONFIDENTIAL_ADDRESS: Rule(Weight.CAREFUL, "careful contact: the address is confidential"),
    Kind.SOCIAL_WORKER_FIRST: Rule(Weight.SAFETY, "the social worker is to be told first"),
    Kind.RELEASED: Rule(Weight.SAFETY, "a supervisor is to review the family first"),
    Kind.DECEASED: Rule(Weight.SAFETY, "somebody in the family has died; a person decides"),
    Kind.NO_LONGER_LISTED: Rule(Weight.WAITING, "the family was not in the last file of its area"),
    Kind.ROW_TO_MEND: Rule(Weight.WAITING, "a row of the family could not be read"),
    Kind.ROWS_DISAGREE: Rule(Weight.WAITING, "the family's rows say different things"),
    Kind.CARER_CHANGED: Rule(
        Weight.SAFETY, "the file names another carer; nothing agreed with the last one carries over"
    ),
    Kind.CARER_IMPRISONED: Rule(Weight.SAFETY, "the carer stands in the file as an imprisoned parent"),
    Kind.EXCLUSION_ENDED: Rule(
        Weight.SAFETY, "an earlier file routed them to the local authority, and this one does not; a person decides"
    ),
    Kind.LIKELY_DUPLICATE: Rule(Weight.WAITING, "this may be a family we know under another reference"),
    Kind.OPEN_TO_UNKNOWN: Rule(Weight.WAITING, "nobody knows yet what help the children are open to"),
    Kind.REPLY: Rule(Weight.WAITING, "they wrote something a person should read first"),
    Kind.READ_FIRST: Rule(
        Weight.WAITING, "they may want us to stop or to wait; somebody reads what they wrote before anybody rings"
    ),
    Kind.ALERT: Rule(Weight.WAITING, "they may be in danger; a person is on it"),
    Kind.UNSAFE: Rule(Weight.SAFETY, "it was not safe to talk; a person decides when it is"),
    Kind.BY_HAND: Rule(Weight.WAITING, "a colleague asked to wait"),
}


NO_CALL_ASKED = frozenset({Intent.STOP, Intent.DECLINE, Intent.LATER, Intent.WRONG_PERSON})


def of_reply(intent: Intent, action: Action | None) -> Kind:
    """How a text of theirs holds until a person has looked. ``action``: the reader's; ``None`` where a person has said
    what it means. What the reader held and could not read at all may be a stop in words that it does not know."""
    may_be_a_stop = intent in NO_CALL_ASKED or (intent is Intent.UNCLEAR and action is Action.HOLD)
    return Kind.READ_FIRST if may_be_a_stop else Kind.REPLY


@dataclass(frozen=True, slots=True)
class Hold:
    """``until``: the hold ends by itself then; empty: a person lifts it."""

    id: str
    kind: Kind
    set_at: datetime
    until: datetime | None = None

    @property
    def weight(self) -> Weight:
        return RULES[self.kind].weight


def in_force(holds: Iterable[Hold], now: datetime) -> tuple[Hold, ...]:
    """The holds that stand at ``now``, the heaviest first."""
    order = {Weight.SAFETY: 0, Weight.CAREFUL: 1, Weight.WAITING: 2}
    standing = (each for each in holds if each.until is None or each.until > now)
    return tuple(sorted(standing, key=lambda each: (order[each.weight], each.set_at)))
