"""Consent: what the entries of the ledger add up to.

Rules
* The ledger only grows. A *standing* is the fold of its entries, in the order of time.
* Purposes: ``contact`` (may we text or call at all), ``refer`` (may we hand over to this partner) and its parts
  ``share.name_number``, ``share.children``, ``share.needs``, ``share.safe_contact``, and ``feedback``.
* A stop on ``contact`` is final: no later *given* takes it back. Only ``reopened``, which a person records with
  who asked and why, does (DESIGN 4.6 rule 7).
* ``refer`` names one partner. It holds from *given* until *withdrawn* or *refused*; the parts hold only with it.
  Given anew it begins anew: parts and authority are those of that conversation, not of an earlier one.
* Without authority for the child (parental responsibility, special guardianship, a child arrangements order)
  only the adult's own name and number may go (rule 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

CONTACT = "contact"
REFER = "refer"
PARTS = ("share.name_number", "share.children", "share.needs", "share.safe_contact", "feedback")
AUTHORITIES = (
    "parental_responsibility",
    "special_guardianship",
    "child_arrangements_order",
    "informal",
    "unsure",
)
SPEAKS_FOR_THE_CHILD = frozenset({"parental_responsibility", "special_guardianship", "child_arrangements_order"})
VALUES = ("given", "refused", "withdrawn", "reopened")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One answer. ``channel`` is ``text``, ``call`` or ``any`` and matters for ``contact`` only."""

    id: str
    purpose: str
    value: str
    at: datetime
    channel: str = "any"
    partner_id: str | None = None
    authority: str | None = None
    scope: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """``stopped``: channels that contact was stopped on (``text``, ``call``). ``referred_to``: partners agreed to."""

    stopped: frozenset[str] = frozenset()
    referred_to: frozenset[str] = frozenset()
    parts: frozenset[tuple[str, str]] = frozenset()
    """``(partner, part)`` that may be shared."""
    refused: frozenset[str] = frozenset()
    """Partners that a referral to was refused or withdrawn."""
    authority: str | None = None

    @property
    def speaks_for_the_child(self) -> bool:
        return self.authority in SPEAKS_FOR_THE_CHILD

    def may_share(self, partner_id: str, part: str) -> bool:
        """Whether ``part`` may go to ``partner_id`` now."""
        if partner_id not in self.referred_to or (partner_id, part) not in self.parts:
            return False
        return self.speaks_for_the_child or part in ("share.name_number", "feedback")


def fold(entries: Iterable[Entry]) -> Standing:
    """What ``entries`` add up to. Order of time decides, and the id among those of one moment."""
    stopped: set[str] = set()
    agreed: set[str] = set()
    refused: set[str] = set()
    parts: set[tuple[str, str]] = set()
    authority: str | None = None
    for entry in sorted(entries, key=lambda each: (each.at, each.id)):
        authority = entry.authority or authority
        if entry.purpose == CONTACT:
            channels = {"text", "call"} if entry.channel == "any" else {entry.channel}
            if entry.value in ("refused", "withdrawn"):
                stopped |= channels
            elif entry.value == "reopened":
                stopped -= channels
        elif entry.partner_id is None:
            continue
        elif entry.purpose == REFER:
            agreed.discard(entry.partner_id)
            refused.discard(entry.partner_id)
            parts = {each for each in parts if each[0] != entry.partner_id}
            if entry.value == "given":
                agreed.add(entry.partner_id)
                authority = entry.authority
            else:
                refused.add(entry.partner_id)
        elif entry.value == "given":
            parts.add((entry.partner_id, entry.purpose))
        else:
            parts.discard((entry.partner_id, entry.purpose))
    return Standing(
        stopped=frozenset(stopped),
        referred_to=frozenset(agreed),
        parts=frozenset(parts),
        refused=frozenset(refused),
        authority=authority,
    )


def stopped_since(entries: Iterable[Entry], partner_id: str) -> bool:
    """Whether contact was stopped, by whichever way, after they last agreed to this partner, and not opened again."""
    stopped = False
    for entry in sorted(entries, key=lambda each: (each.at, each.id)):
        if entry.purpose == REFER and entry.partner_id == partner_id and entry.value == "given":
            stopped = False
        elif entry.purpose == CONTACT:
            stopped = entry.value in ("refused", "withdrawn") or (stopped and entry.value != "reopened")
    return stopped
