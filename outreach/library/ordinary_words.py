"""Reads `scripts_library/ordinary_words.txt`: English words that are not taken for a name in somebody's own words."""

from __future__ import annotations

from pathlib import Path


def load_ordinary_words(path: Path) -> frozenset[str]:
    """The words, in small letters; a line that begins with `#` is a remark."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.lower().split())
