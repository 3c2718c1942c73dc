"""Danger that shows in the answers of a call: who has to be told of it, and whether the call was a hard one.

Rules (DESIGN 4.6 rule 4)
* Somebody tells of being hurt, or of a child being hurt: that alone is told, whatever they say next, and also where
  the line drops before they say more. So is a thought of suicide, from the first answer that does not deny it.
* Whoever was very upset when the line dropped is told about too: nobody could ask how near it was.
* Hard is every call with one of the exits for distress, abuse or a child.
"""

from __future__ import annotations

from collections.abc import Mapping

from outreach.domain.script import YES

DANGER = {
    ("distress.thoughts", "yes"): "self_harm",
    ("distress.thoughts", "unclear"): "self_harm",
    ("distress.level", "D-IMMINENT"): "self_harm",
    ("distress.level", "D-HIGH"): "self_harm",
    ("abuse.told", YES): "violence",
    ("abuse.safe_now", "no"): "violence",
    ("abuse.safe_now", "unclear"): "violence",
    ("child_harm.told", YES): "child_harm",
    ("child_harm.now", "yes"): "child_harm",
    ("child_harm.now", "no"): "child_harm",
}
"""Facts that are told to the person on duty the moment they are marked, and the kind of alert."""
LINE_DROPPED = "A09"
HARD = frozenset(
    {"distress.told", "distress.level", "abuse.told", "abuse.safe_now", "child_harm.told", "child_harm.now"}
)


def danger_in(facts: Mapping[str, str], ended: str | None) -> frozenset[str]:
    """The kinds of alert that the answers so far are reason for."""
    kinds = {kind for (key, value), kind in DANGER.items() if facts.get(key) == value}
    upset = facts.get("distress.told") == YES and facts.get("distress.level") in (None, "worried")
    if ended == LINE_DROPPED and upset and "distress.thoughts" not in facts:
        kinds.add("distress")
    return frozenset(kinds)


def is_hard(facts: Mapping[str, str]) -> bool:
    """Was this a call after which nobody should have to take the next one at once?"""
    return not HARD.isdisjoint(facts)
