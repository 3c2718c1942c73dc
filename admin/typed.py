"""What people type into a field, as values: times of day and days. ``None`` for what cannot be read."""

from __future__ import annotations

import re
from datetime import date, time


def read_time(words: str) -> time | None:
    """``9``, ``9:30``, ``9.30`` or ``17:00``; ``None`` for anything else."""
    found = re.fullmatch(r"\s*(\d{1,2})(?:[:.](\d{2}))?\s*", words)
    if not found or int(found[1]) > 23 or int(found[2] or 0) > 59:
        return None
    return time(int(found[1]), int(found[2] or 0))


def read_day(words: str) -> date | None:
    """``28 11 2026``, ``28/11/2026`` or, as browsers send it, ``2026-11-28``; ``None`` for anything else."""
    found = re.fullmatch(r"(\d{1,2})[ /.](\d{1,2})[ /.](\d{4})", words.strip())
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else date.fromisoformat(words.strip())
    except ValueError:
        return None
