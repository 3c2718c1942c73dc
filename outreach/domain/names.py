"""What to call somebody in a text or on a call: the first of their names, as a person would write it."""

from __future__ import annotations


def given_name(full: str) -> str:
    """The first word of a name. A file that shouts (ELAINE) or whispers (elaine) is written as names are."""
    first = full.split()[0] if full.split() else ""
    if len(first) > 1 and (first.isupper() or first.islower()):
        return "-".join(part[:1].upper() + part[1:].lower() for part in first.split("-"))
    return first
