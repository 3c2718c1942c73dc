"""Days and hours as people type them into a form: the value, or what is wrong with it and where."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time


def day_of(form: Mapping[str, str], field: str, problems: list[tuple[str, str]]) -> date | None:
    """A day; nothing where the field is empty or wrong."""
    text = form.get(field, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        problems.append((field, "Write the day as year, month, day, such as 2026-03-24."))
        return None


def hour_of(form: Mapping[str, str], field: str, problems: list[tuple[str, str]]) -> time | None:
    """An hour of the day; nothing where the field is empty or wrong."""
    text = form.get(field, "").strip().replace(".", ":")
    try:
        return time.fromisoformat(text) if text else None
    except ValueError:
        problems.append((field, "Write the time as hours and minutes, such as 10:30."))
        return None
