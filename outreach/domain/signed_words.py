"""The words that are signed, line by line, and what changed in them since they were signed last.

Rules
* A text is a line a sentence. A script is a line for each thing said, shown or answered, in the order of its steps,
  each behind the name of its step.
* What changed is a list of lines taken out, put in, and a line on each side that stayed, to know the place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from outreach.domain.script import Script

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
AROUND = 1


@dataclass(frozen=True, slots=True)
class Change:
    """``kind``: ``out`` (was signed, is gone), ``in`` (is new), ``same`` (stayed, beside a change)."""

    kind: str
    words: str


def lines_of_text(source: str) -> list[str]:
    return [part for part in _SENTENCE_END.split(source.strip()) if part]


def lines_of_script(script: Script) -> list[str]:
    found = []
    for step in script.steps.values():
        said = [step.say, f"(seen only) {step.guide}" if step.guide else ""]
        said += [f"[{answer.label}]" for answer in step.answers]
        found += [f"{step.id}: {line}" for words in said for line in words.splitlines() if line.strip()]
    return found


def changes(before: list[str], after: list[str]) -> tuple[Change, ...]:
    """What is different, in the order of the words; empty where nothing is."""
    found: list[Change] = []
    for group in SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(AROUND):
        for kind, old_from, old_to, new_from, new_to in group:
            if kind == "equal":
                found += [Change("same", line) for line in after[new_from:new_to]]
                continue
            found += [Change("out", line) for line in before[old_from:old_to]]
            found += [Change("in", line) for line in after[new_from:new_to]]
    return tuple(found)
