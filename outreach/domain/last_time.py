"""What to say of the last time, in a sentence that is true: the bridge from one call to the next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from outreach.domain.quiet_hours import london

_SAID: Mapping[str, str] = MappingProxyType(
    {
        "O1": "and you said yes to some help",
        "O2": "and you said yes to some help",
        "O3": "and you said not just now",
        "O4": "and you said no for then",
        "O6": "and you had support at the time",
        "O9": "and you took a number to ring yourself",
        "O10": "and you wanted to think about it",
    }
)
NEVER_SPOKE = "We have not spoken before."


def last_time_line(at: datetime | None, outcome: str | None, *, now: datetime) -> str:
    """*We last spoke in May, and you said not just now.* ``at``: when the last call with the carer ended."""
    if at is None:
        return NEVER_SPOKE
    then, today = london(at), london(now)
    when = f"in {then:%B}" if (today.date() - then.date()).days < 330 else f"in {then:%B %Y}"
    if then.date() == today.date():
        when = "earlier today"
    said = _SAID.get(outcome or "")
    return f"We last spoke {when}, {said}." if said else f"We last spoke {when}."


def age_on(born_on: str, day: datetime) -> int:
    """Completed years of a child born then, as precisely as the file was (``YYYY``, ``YYYY-MM``, ``YYYY-MM-DD``)."""
    today = london(day).date()
    year, month, dom = (int(part) for part in (born_on + "-01-01")[:10].split("-"))
    return today.year - year - ((today.month, today.day) < (month, dom))
