"""What the archive of an XLSX file would unpack to, measured before anything reads it.

Rules
* Nothing is believed of what the archive says of itself: it is unpacked in pieces, and none is kept.
* The reader holds a sheet as a full rectangle: its extent is what counts, however few cells there are. A cell or a
  row without a number of its own follows the one before; a far-off number alone makes a sheet of endless rows.
* One long text that many cells point at is held once for each of them: the texts are counted as they are pointed at.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from outreach.domain.recognition_table import MOST_COLUMNS, FileProblem

MOST_UNPACKED = 400_000_000
MOST_CELLS = 10_000_000
MOST_TEXT = 300_000_000
"""Letters in the cells of a sheet, all in all."""

_PIECE = 1 << 20
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,9})([0-9]{1,20})["']""")
_TAG = re.compile(rb"<(?:\w+:)?(row|c)[\s/>]")
_TEXT = re.compile(rb"<(?:\w+:)?si[\s/>]")
_POINTS_AT = re.compile(rb"<(?:\w+:)?v[^>]*>\s*([0-9]{1,9})\s*<")

_BROKEN = FileProblem(("The Excel file is damaged and cannot be opened. Save it again, or save it as CSV UTF-8.",))
_NOT_EXCEL = FileProblem(("This is an archive, not a table. Unpack it and send the CSV or XLSX in it.",))
_OTHER_SHEET = FileProblem(("This spreadsheet is not an XLSX. Save it as XLSX or as CSV UTF-8.",))
_OTHER_MARKS = frozenset({"xl/workbook.bin", "content.xml"})
_TOO_LARGE = FileProblem(
    ("The Excel file unpacks to more than any recognition file has. Save it as CSV UTF-8 and send that.",)
)
_FAULTS = (
    zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, RuntimeError, ValueError, NotImplementedError,
    zlib.error,
)  # fmt: skip


def measured(data: bytes) -> FileProblem | None:
    """Why the archive cannot be read; None where it can. Never raises."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "xl/workbook.xml" not in names:
                return _OTHER_SHEET if names & _OTHER_MARKS else _NOT_EXCEL
            return None if _fits(archive) else _TOO_LARGE
    except _FAULTS:
        return _BROKEN


def _fits(archive: zipfile.ZipFile) -> bool:
    unpacked, longest, cells = 0, 0, 0
    for entry in archive.infolist():
        extent, texts = _Extent(), _Texts()
        for piece, start in _pieces(archive, entry):
            texts.see(piece, start)
            extent.see(piece)
            if unpacked + texts.seen > MOST_UNPACKED or extent.cells > MOST_CELLS or extent.widest > 10 * MOST_COLUMNS:
                return False
        unpacked += texts.seen
        longest, cells = max(longest, *texts.lengths, 0), max(cells, extent.cells)
    return longest * cells <= MOST_TEXT or _text_pointed_at(archive) <= MOST_TEXT


def _text_pointed_at(archive: zipfile.ZipFile) -> int:
    """Letters that the cells of the worst sheet hold, each text counted as often as it is pointed at."""
    texts, pointed = _Texts(), []
    for entry in archive.infolist():
        in_this: Counter[bytes] = Counter()
        for piece, start in _pieces(archive, entry):
            if entry.filename.lower().endswith("sharedstrings.xml"):
                texts.see(piece, start)
            else:
                in_this.update(_POINTS_AT.findall(piece))
        pointed.append(in_this)
    lengths = texts.lengths
    return max(
        sum(lengths[int(place)] * times for place, times in each.items() if int(place) < len(lengths))
        for each in pointed
    )


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[tuple[bytes, int]]:
    """A part in pieces that end with a tag, and where in the part each begins. Of an endless text, the end."""
    left, read = b"", 0
    with archive.open(entry) as part:
        while chunk := part.read(_PIECE):
            whole = left + chunk
            read += len(chunk)
            end = whole.rfind(b">") + 1
            yield whole[:end], read - len(whole)
            left = whole[end:][-_PIECE:]
    yield left, read - len(left)


@dataclass(slots=True)
class _Extent:
    """The rectangle that a sheet's cells span, at least; at most twice that."""

    lowest: int = 0
    widest: int = 0
    rows: int = 0
    numbered_rows: int = 0
    run: int = 0

    def see(self, piece: bytes) -> None:
        places = _PLACE.findall(piece)
        self.numbered_rows += sum(not letters for letters, _ in places)
        for letters in {letters for letters, _ in places}:
            self.widest = max(self.widest, _column_number(letters))
        self.lowest = max(self.lowest, *(int(digits) for digits in {digits for _, digits in places}), 0)
        first, *others = b"".join(tag[:1] for tag in _TAG.findall(piece)).split(b"r")
        self.rows += len(others)
        self.widest = max(self.widest, self.run + len(first), *map(len, others), 0)
        self.run = len(others[-1]) if others else self.run + len(first)

    @property
    def cells(self) -> int:
        return (max(self.lowest, self.rows) + max(0, self.rows - self.numbered_rows)) * self.widest


@dataclass(slots=True)
class _Texts:
    """Where the texts that cells point at begin, in their order; and how much of the part was seen."""

    begin: list[int] = field(default_factory=list)
    seen: int = 0

    def see(self, piece: bytes, start: int) -> None:
        self.begin.extend(start + found.start() for found in _TEXT.finditer(piece))
        self.seen = start + len(piece)

    @property
    def lengths(self) -> list[int]:
        return [end - start for start, end in pairwise([*self.begin, self.seen])]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
