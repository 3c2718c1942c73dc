"""What is wrong with a script, in plain words, with the place and the way there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``rule`` is its short name; ``path`` is the shortest way there, one line an answer;
    ``breaks`` says that paths through this script cannot be walked until it is mended."""

    rule: str
    script: str
    language: str
    step: str | None
    problem: str
    path: tuple[str, ...] = ()
    breaks: bool = False

    def __str__(self) -> str:
        place = f"{self.script}/{self.language}" + (f", step {self.step}" if self.step else "")
        way = "".join(f"\n    {number}. {one}" for number, one in enumerate(self.path, 1))
        return f"{place}: {self.problem} [{self.rule}]" + (f"\n  The shortest way there:{way}" if way else "")
