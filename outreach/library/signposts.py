"""Reads `scripts_library/signposts.yaml` and `tips.yaml`: where else to turn, and how to talk with children.

Rules
- A signpost has the day on which somebody last checked it. After 180 days, or
  where nobody ever did, it is stale, and the console says so.
- A tip belongs to a topic, the name that scripts use, and an age band (`under_5`, `5_to_11`, `teens`, `any`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from outreach.library.scripts import LibraryError, read_yaml

STALE_AFTER = timedelta(days=180)
BANDS = ("under_5", "5_to_11", "teens", "any")


@dataclass(frozen=True, slots=True)
class Signpost:
    """One helpline or service. ``last_checked`` is the day its number was last looked up."""

    key: str
    name: str
    phone: str
    web: str
    what: str
    hours: str
    last_checked: date | None

    def is_stale(self, today: date) -> bool:
        return self.last_checked is None or today - self.last_checked > STALE_AFTER


@dataclass(frozen=True, slots=True)
class Tip:
    topic: str
    band: str
    text: str


def load_signposts(path: Path) -> dict[str, Signpost]:
    """The signposts by key."""
    read = read_yaml(path)
    return {
        key: Signpost(
            key=key,
            name=one["name"],
            phone=one.get("phone", ""),
            web=one.get("web", ""),
            what=one["what"],
            hours=one.get("hours", ""),
            last_checked=one["last_checked"],
        )
        for key, one in read["signposts"].items()
    }


def load_tips(path: Path) -> tuple[Tip, ...]:
    """The tips in the order of the file."""
    tips = tuple(
        Tip(topic, band, text)
        for topic, bands in read_yaml(path)["tips"].items()
        for band, texts in bands.items()
        for text in texts
    )
    wrong = sorted({tip.band for tip in tips} - set(BANDS))
    if wrong:
        raise LibraryError([f"{path}: {band} is not an age band" for band in wrong])
    return tips


def band_of(age: int) -> str:
    """The age band of a child, in completed years."""
    return "under_5" if age < 5 else "5_to_11" if age < 12 else "teens"
