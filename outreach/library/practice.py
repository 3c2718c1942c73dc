"""Reads `scripts_library/practice.yaml`: families to practise with, and what there is to handle in each call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from outreach.library.scripts import LibraryError, read_yaml

WAYS = frozenset({"answered", "ended", "never"})


@dataclass(frozen=True, slots=True)
class LookFor:
    """Exactly one of the three: any of these answers was given (`step=answer`, or `=exit` anywhere); the call ended
    in one of these codes; none of these steps was reached."""

    what: str
    answered: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PracticeFamily:
    """``hears`` is what the person says, by the address of the step."""

    id: str
    title: str
    name: str
    hears: Mapping[str, str]
    otherwise: str
    look_for: tuple[LookFor, ...]


def load_practice(path: Path) -> dict[str, PracticeFamily]:
    """The practice families by id. ``LibraryError`` where one looks for something in no way, or in two."""
    found = {}
    for key, one in read_yaml(path)["families"].items():
        for each in one["look_for"]:
            if len(each) != 2 or "what" not in each or not WAYS & set(each):
                raise LibraryError([f"practice family {key}: say what, and one of answered, ended or never"])
        found[key] = PracticeFamily(
            id=key,
            title=one["title"],
            name=one["name"],
            hears=one["hears"],
            otherwise=one["otherwise"],
            look_for=tuple(
                LookFor(each["what"], *(tuple(each.get(way, ())) for way in ("answered", "ended", "never")))
                for each in one["look_for"]
            ),
        )
    return found
