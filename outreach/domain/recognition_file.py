"""From the bytes of a recognition file to a table.

Rules
* CSV in UTF-8 (with or without BOM) or Windows-1252, parted by commas, semicolons or tabs; XLSX; JSON Lines.
  What it is, the bytes say: the name of the file counts for nothing.
* Anything else is named for what it is, with what to do. No bytes make this raise.
"""

from __future__ import annotations

import hashlib
import re

from outreach.domain.column_map import Meanings, Recall
from outreach.domain.recognition_csv import read_csv
from outreach.domain.recognition_json import read_json_lines
from outreach.domain.recognition_lines import encoding_of
from outreach.domain.recognition_sheet import read_sheet
from outreach.domain.recognition_table import FileProblem, StrangeHeader, Table

MOST_BYTES = 200_000_000


def read_table(data: bytes, meanings: Meanings | Recall | None = None) -> Table | FileProblem:
    """Read ``data`` as the rules above say. Never raises. ``meanings``: what a person said column names mean, or who
    knows it once the names are known."""
    recall = meanings if callable(meanings) else lambda names: meanings or {}
    if _SOMETHING.search(data) is None:
        return FileProblem((EMPTY,))
    if len(data) > MOST_BYTES:
        return FileProblem((f"The file is larger than {MOST_BYTES // 1_000_000} MB. Send it area by area.",))
    for magic, problem in _OTHER_FORMATS:
        if data.startswith(magic):
            return FileProblem((problem,))
    digest = hashlib.sha256(data).hexdigest()
    if data.startswith(b"PK"):
        return read_sheet(data, digest=digest, recall=recall)
    encoding = encoding_of(data)
    if isinstance(encoding, FileProblem):
        return encoding
    read = read_json_lines if _AN_OBJECT.match(data) else read_csv
    return read(data, encoding=encoding, digest=digest, recall=recall)


def header_of(data: bytes) -> tuple[str, ...]:
    """The names in the header of a file, as they stand there; none where it cannot be read at all."""
    read = read_table(data)
    return read.names if isinstance(read, StrangeHeader | Table) else ()


EMPTY = "The file is empty. Export it again from the matching core."
_SOMETHING = re.compile(rb"[^ \t\r\n\x00\xef\xbb\xbf]")
_AN_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{")

_OTHER_FORMATS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "This is a PDF, not a table. Save the list as CSV or XLSX."),
    (b"\xd0\xcf\x11\xe0", "This is an old or a locked Excel file. Save it as XLSX without a password."),
    (b"{\\rtf", "This is a word processor's document, not a table. Save the list as CSV or XLSX."),
    (b"<", "This is a web page or an XML file, not a table. Save the list as CSV or XLSX."),
    (b"\x89PNG", "This is a picture, not a table. Save the list as CSV or XLSX."),
    (b"\xff\xd8\xff", "This is a picture, not a table. Save the list as CSV or XLSX."),
    (b"\x1f\x8b", "This file is compressed. Unpack it first."),
    (b"\xff\xfe", "The file is saved as UTF-16 (Unicode text). Save it as CSV UTF-8."),
    (b"\xfe\xff", "The file is saved as UTF-16 (Unicode text). Save it as CSV UTF-8."),
    (b"[", "This is JSON, but not JSON Lines. Write one object a line, without brackets around them."),
)
