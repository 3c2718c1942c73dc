"""What a carer may say apart from the offer: contact with the imprisoned parent, and research. All of it optional.

Rules
* Codes as in the published study (DOMAIN 6, Fig 6): has contact ``yes no``; seen as ``positive negative mixed``; wants
  contact ``yes no unsure``; an order in place on release ``yes no``. Research: may somebody ring, ``yes no``.
* None of these is asked for a referral, counted among its questions, or handed to a partner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Aside:
    """``fact`` is what scripts record under; ``column`` what the store keeps it as."""

    fact: str
    column: str
    what: str
    says: Mapping[str, str]


ASIDES: tuple[Aside, ...] = (
    Aside(
        "contact.has", "has_contact", "In touch with the parent who is away",
        MappingProxyType({"yes": "Yes", "no": "No"}),
    ),
    Aside(
        "contact.seen", "seen_as", "They see that as",
        MappingProxyType({"positive": "Good", "negative": "Bad", "mixed": "Mixed"}),
    ),
    Aside(
        "contact.wants", "wants_contact", "They want contact",
        MappingProxyType({"yes": "Yes", "no": "No", "unsure": "Not sure"}),
    ),
    Aside(
        "contact.order", "order_in_place", "An order will hold on release",
        MappingProxyType({"yes": "Yes", "no": "No"}),
    ),
    Aside(
        "research.contact", "research", "A researcher may ring them",
        MappingProxyType({"yes": "Yes", "no": "No"}),
    ),
)  # fmt: skip


def asides_of(facts: Mapping[str, str]) -> dict[str, str]:
    """What was said, as codes, by the store's names."""
    return {one.column: facts[one.fact] for one in ASIDES if facts.get(one.fact) in one.says}


def asides_said(facts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What was said, in words, for a read-back. ``facts`` by the script's names."""
    return tuple((one.what, one.says[facts[one.fact]]) for one in ASIDES if facts.get(one.fact) in one.says)


def kept_said(codes: Mapping[str, str | None]) -> tuple[tuple[str, str], ...]:
    """The same from what the store keeps."""
    found = ((one, codes.get(one.column)) for one in ASIDES)
    return tuple((one.what, one.says[code]) for one, code in found if code is not None and code in one.says)
