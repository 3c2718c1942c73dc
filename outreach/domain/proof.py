"""What a proof says: each rule by name, as a sentence, and what breaks it by id, never by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Checked:
    """One rule on the data as it is. ``broken``: how many break it; ``examples``: the ids of the first of them."""

    rule: str
    says: str
    broken: int
    examples: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return self.broken == 0


@dataclass(frozen=True, slots=True)
class Proof:
    at: datetime
    rules: tuple[Checked, ...]

    @property
    def clean(self) -> bool:
        return all(rule.holds for rule in self.rules)

    @property
    def findings(self) -> tuple[Checked, ...]:
        return tuple(rule for rule in self.rules if not rule.holds)
