"""Before anything goes out for real: what has to be true, and what has to be confirmed by somebody (DESIGN 4.6 rule 9).

Rules
* Live sending does not start while anything here is missing; everything that is missing is named at once.
* The words: every text and script in English, as it stands now, is approved by coordinator and supervisor.
* The rota: in every live area with families somebody is on duty in the coming week, for as long as must follow a text.
* What software cannot see (``CONFIRMED_BY_HAND``) a named coordinator or supervisor has confirmed from a handset.
* A demo's database and a demo's sign-in never go live; keys and the network's settings are proved by ``settings``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CONFIRMED_BY_HAND: Mapping[str, str] = {
    "network-answers": "the network's own answers to STOP, HELP and START are off or reworded (text all three)",
    "greeting": "whoever rings the number hears a neutral greeting that names nobody (ring it from outside)",
}
"""What somebody confirms -> what they did, as a sentence goes on: *Nobody has confirmed that …*"""
MOST_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """``unapproved``: names of words; ``without_rota``: of areas; ``confirmed``: keys of ``CONFIRMED_BY_HAND``."""

    unapproved: Sequence[str] = ()
    without_rota: Sequence[str] = ()
    confirmed: frozenset[str] = frozenset()
    demo: bool = False


def missing(facts: Readiness) -> tuple[str, ...]:
    """Everything that keeps live sending from starting, in plain words; empty when it may start."""
    found = []
    if facts.demo:
        found.append("This database belongs to a demo. Make a new one for real use.")
    if facts.unapproved:
        found.append(f"Words that coordinator and supervisor have not approved: {_some(facts.unapproved)}.")
    if facts.without_rota:
        found.append(f"Areas where nobody is on duty long enough after a text: {_some(facts.without_rota)}.")
    found += [
        f"Nobody has confirmed that {words}. Then: outreach live confirm {key} --by ADDRESS"
        for key, words in CONFIRMED_BY_HAND.items()
        if key not in facts.confirmed
    ]
    return tuple(found)


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
