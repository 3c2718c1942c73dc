"""Which cadence a family is in, where there are several.

Rules
* A cadence may name areas, languages and needs. It fits a family where each thing that it names is true of the family;
  one that names nothing fits every family.
* Of those that fit, the one that names most of the three applies. Where two name equally many it is a tie: the one that
  was there first applies, and the coordinator is told.
* A language is compared without its region: a cadence for ``en`` is for ``en-GB`` too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

NEEDS = ("child", "carer", "legal")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a family that a cadence may name."""

    area: str
    language: str
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class For:
    """Whom a cadence is for. An empty set names nothing, so it fits everybody."""

    areas: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()

    def fits(self, facts: Facts) -> bool:
        return (
            (not self.areas or facts.area in self.areas)
            and (not self.languages or facts.language.split("-")[0] in self.languages)
            and (not self.needs or bool(self.needs & facts.needs))
        )

    @property
    def names(self) -> int:
        """How many of the three it names."""
        return sum(bool(each) for each in (self.areas, self.languages, self.needs))

    def may_tie_with(self, other: For) -> bool:
        """Whether some family fits both, with neither going before the other."""
        pairs = ((self.areas, other.areas), (self.languages, other.languages))  # a family may have several needs
        return self.names == other.names and all(not one or not two or one & two for one, two in pairs)


EVERYBODY = For()


@dataclass(frozen=True, slots=True)
class Chosen:
    """``tied``: others that fit as well."""

    id: str
    tied: tuple[str, ...] = ()


def choose(cadences: Iterable[tuple[str, For]], facts: Facts) -> Chosen | None:
    """``cadences``: id and whom each is for, the oldest first. ``None`` where none fits."""
    fitting = [(cadence_id, whom) for cadence_id, whom in cadences if whom.fits(facts)]
    most = max((whom.names for _, whom in fitting), default=0)
    best = [cadence_id for cadence_id, whom in fitting if whom.names == most]
    return Chosen(best[0], tuple(best[1:])) if best else None
