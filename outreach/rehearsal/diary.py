"""The script of what happened, written down as it happens, beside the simulated network's own journal.

Nothing in it comes from the product's tables: what a family wrote and meant, what stood in a file, who rang whom.
``n`` is how long the journal was at that moment, so that both can be read as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from outreach.simulator.network import Network
from outreach.simulator.records import Entry


@dataclass(frozen=True, slots=True)
class Note:
    """``ref`` is empty where it concerns everybody."""

    n: int
    at: datetime
    ref: str
    what: str
    detail: dict[str, Any] = field(default_factory=dict)


class Diary:
    def __init__(self, network: Network) -> None:
        self._network = network
        self.entries: list[Entry] = []
        self.notes: list[Note] = []

    def catch_up(self) -> list[Entry]:
        """What the network noted since the last time."""
        new = self._network.journal(after=len(self.entries))
        self.entries += new
        return new

    def note(self, what: str, ref: str = "", **detail: Any) -> None:
        self.catch_up()
        self.notes.append(Note(len(self.entries), self._network.now(), ref, what, detail))

    def together(self) -> Iterator[Entry | Note]:
        """Both, in the order in which they happened."""
        self.catch_up()
        notes = iter(self.notes)
        note = next(notes, None)
        for entry in self.entries:
            while note is not None and note.n < entry.n:
                yield note
                note = next(notes, None)
            yield entry
        while note is not None:
            yield note
            note = next(notes, None)
