"""A referral's states, who moves it, and what it may carry.

Rules
* ``sent`` -> ``opened`` -> ``accepted`` -> ``contacted`` -> ``engaged`` -> ``ended``; ``declined`` (with a reason)
  until the first contact was made.
* Any stop or doubt after consent *holds* an unopened referral; lifting puts it back where it was.
* A withdrawal of consent closes it, whatever its state; the partner's view ends at once.
* It carries only what was consented to (DOMAIN 6): never the offence, intelligence or an address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    SENT = "sent"
    OPENED = "opened"
    ACCEPTED = "accepted"
    CONTACTED = "contacted"
    ENGAGED = "engaged"
    ENDED = "ended"
    DECLINED = "declined"
    HELD = "held"
    WITHDRAWN = "withdrawn"


_S = State
MOVES: frozenset[tuple[State, State]] = frozenset(
    {
        (_S.SENT, _S.OPENED), (_S.OPENED, _S.ACCEPTED), (_S.OPENED, _S.DECLINED), (_S.ACCEPTED, _S.DECLINED),
        (_S.ACCEPTED, _S.CONTACTED), (_S.CONTACTED, _S.ENGAGED), (_S.CONTACTED, _S.ENDED), (_S.ENGAGED, _S.ENDED),
        (_S.SENT, _S.HELD), (_S.HELD, _S.SENT),
    }
) | {(each, _S.WITHDRAWN) for each in _S if each is not _S.WITHDRAWN}  # fmt: skip

PARTNER_SEES = frozenset({_S.SENT, _S.OPENED, _S.ACCEPTED, _S.CONTACTED, _S.ENGAGED, _S.ENDED, _S.DECLINED})
DECLINE_REASONS = {
    "no_capacity": "We have no room at the moment",
    "out_of_area": "They live outside our area",
    "other_service": "Another service fits better",
    "already_with_us": "They are with us already",
}


def may_move(old: State, new: State) -> bool:
    return (old, new) in MOVES


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What the partner gets: every field but the first two only where its part was consented to."""

    carer_name: str
    numbers: tuple[str, ...]
    relationship: str = ""
    language: str = "en"
    interpreter: bool = False
    safe_contact: tuple[str, ...] = ()
    """Sentences: when she may be rung, voicemail, texts, the words to say."""
    children: tuple[str, ...] = ()
    """First name and age, or age alone."""
    needs: tuple[str, ...] = ()
    words_for_it: str | None = None
    consented_parts: tuple[str, ...] = field(default=())
