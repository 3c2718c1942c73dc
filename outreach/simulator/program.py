"""What a leg of a call has been told to do: TwiML, read into verbs and worked off one by one."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

Verb = ElementTree.Element
_LONGEST = 64_000


@dataclass(slots=True)
class Program:
    """What a leg has still to do. `base` is where it came from: relative addresses start there."""

    base: str
    verbs: list[Verb] = field(default_factory=list)
    key_goes_to: str | None = None
    after_dial: str | None = None
    """Whom to ask what comes next, once the number that was dialled on has been rung."""


def verbs_of(words: str) -> list[Verb] | None:
    """The verbs of an answer; None where it is no TwiML."""
    if len(words) > _LONGEST or "<!" in words:
        return None
    try:
        root = ElementTree.fromstring(words)  # noqa: S314 - our own product's answer, short and without a DTD
    except ElementTree.ParseError:
        return None
    return list(root) if root.tag == "Response" else None
