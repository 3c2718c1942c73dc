"""Before anything goes out for real: what has to be true, and what has to be confirmed by somebody (DESIGN 4.6 rule 9).

Rules
* Live sending does not start while anything here is missing; everything that is missing is named at once.
* The words: every text and script in English, as it stands now, is approved by coordinator and supervisor.
* The rota: in every live area with families somebody is on duty in the coming week, for as long as must follow a text;
  and somebody with a phone is named who is told of danger when nobody is on duty.
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
TITLES: Mapping[str, str] = {
    "network-answers": "STOP, HELP and START, tried from a handset",
    "greeting": "The greeting, rung from outside",
}
UNAPPROVED = "Words that coordinator and supervisor have not approved"
MOST_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """``unapproved``: names of words; ``without_rota``, ``without_answer``, ``without_partner``: of areas; ``unset``:
    of settings; ``confirmed``: keys of ``CONFIRMED_BY_HAND``."""

    unapproved: Sequence[str] = ()
    without_rota: Sequence[str] = ()
    without_answer: Sequence[str] = ()
    without_partner: Sequence[str] = ()
    unset: Sequence[str] = ()
    confirmed: frozenset[str] = frozenset()
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to be true: ``wrong`` says what is the matter, and is empty where nothing is.

    ``mend`` names where: a page (``approvals``, ``rota``, ``gate``), ``settings`` (who runs the service), or
    ``by_hand``.
    """

    key: str
    title: str
    wrong: str
    mend: str


def steps(facts: Readiness) -> tuple[Step, ...]:
    """Everything of rule 9, in the order one sees to it."""

    def step(key: str, title: str, names: Sequence[str], words: str, mend: str) -> Step:
        return Step(key, title, f"{words}: {_some(names)}." if names else "", mend)

    own = "This database belongs to a demo. Make a new one for real use." if facts.demo else ""
    by_hand = tuple(
        Step(key, TITLES[key], "" if key in facts.confirmed else f"Nobody has confirmed that {words}.", "by_hand")
        for key, words in CONFIRMED_BY_HAND.items()
    )
    return (
        Step("own-database", "A database and a way to sign in of your own", own, "settings"),
        step("settings", "The keys and the number", facts.unset, "Settings that are not there yet", "settings"),
        step("words", "The words", facts.unapproved, UNAPPROVED, "approvals"),
        step(
            "rota", "The rota", facts.without_rota, "Areas where nobody is on duty long enough after a text", "rota"
        ),
        step(
            "out-of-hours", "Who answers when nobody is on duty", facts.without_answer,
            "Areas where danger out of hours would ring nobody", "rota",
        ),
        step(
            "charity", "The charity", facts.without_partner,
            "Areas without a charity that a family could be referred to", "gate",
        ),
        *by_hand,
    )  # fmt: skip


def missing(facts: Readiness) -> tuple[str, ...]:
    """Everything that keeps live sending from starting, in plain words; empty when it may start."""
    then = " Then: outreach live confirm {key} --by ADDRESS"
    wrong = (each for each in steps(facts) if each.wrong)
    return tuple(each.wrong + (then.format(key=each.key) if each.mend == "by_hand" else "") for each in wrong)


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
