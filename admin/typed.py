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
    """``2026-11-28`` as browsers send it, or ``28 11 2026``, ``28/11/2026``; ``None`` for anything else."""
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", words.strip())
    parts = [int(each) for each in found.groups()] if found else []
    if not parts and (found := re.fullmatch(r"(\d{1,2})[ ./-](\d{1,2})[ ./-](\d{4})", words.strip())):
        parts = [int(each) for each in reversed(found.groups())]
    try:
        return date(*parts) if parts else None
    except ValueError:
        return None
