"""Reads `scripts_library/debrief.yaml`: the words for the practitioner after a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from outreach.library.scripts import LibraryError, read_yaml


@dataclass(frozen=True, slots=True)
class Debrief:
    """``how`` a call was, as one may say; the ``words`` for each; ``pauses`` in minutes. ``hard`` is one of ``how``."""

    how: Mapping[str, str]
    words: Mapping[str, tuple[str, ...]]
    pauses: Mapping[int, str]


def load_debrief(path: Path) -> Debrief:
    """``LibraryError`` where a way a call may have been has no words."""
    read = read_yaml(path)
    how, words = dict(read["how"]), {key: tuple(lines) for key, lines in read["words"].items()}
    if "hard" not in how or set(how) != set(words) or not all(words.values()):
        raise LibraryError([f"{path}: every way a call may have been has its words, and one of them is hard"])
    return Debrief(how, words, {int(minutes): said for minutes, said in read["pauses"].items()})
